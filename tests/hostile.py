"""Thirty names that try to be more than a name when a page draws them."""

import csv
import json
import re
from pathlib import Path
from typing import Final

import anndata
import pandas as pd
import workspace

from scx_core.dataset import Dataset
from scx_core.jobs.directory import SPEC, write_state

#: Nothing here may ask this host for anything.
ELSEWHERE: Final = "elsewhere.invalid"

NAMES: Final = (
    f"![x](http://{ELSEWHERE}/a.png)",
    f"[x](http://{ELSEWHERE}/b)",
    f"<http://{ELSEWHERE}/c>",
    f"http://{ELSEWHERE}/d",
    f"https://{ELSEWHERE}/e?x=1&y=2",
    f"HTTPS://{ELSEWHERE}/f",
    f"www.{ELSEWHERE}/g",
    f"someone@{ELSEWHERE}",
    f"mailto:someone@{ELSEWHERE}",
    f'<img src="http://{ELSEWHERE}/h.png">',
    f'<a href="http://{ELSEWHERE}/i">i</a>',
    f'"><img src=//{ELSEWHERE}/j onerror=alert(1)>',
    f"<script src=http://{ELSEWHERE}/k.js></script>",
    f"<style>@import '//{ELSEWHERE}/l.css';</style>",
    f"![x][y]\n\n[y]: http://{ELSEWHERE}/m.png",
    f"x\n\n![x](//{ELSEWHERE}/n.png)",
    rf"\![x](http://{ELSEWHERE}/o.png)",
    rf"\\![x](http://{ELSEWHERE}/p.png)",
    f"**x** _x_ ~~x~~ `![x](http://{ELSEWHERE}/q.png)`",
    f"`` ![x](http://{ELSEWHERE}/r.png)",
    f"[^1] [^1]: http://{ELSEWHERE}/s",
    rf"$\href{{http://{ELSEWHERE}/t}}{{x}}$ $x^2$",
    ":red[x] :blue-background[x] :small[x] :help :color[x]{foreground=red}",
    ":material/delete: :smile: :100: :streamlit:",
    f"&lt;img src=//{ELSEWHERE}/u&gt; &#60;b&#62;",
    f"# x | y\n|--|--|\n| ![x](http://{ELSEWHERE}/v.png) | |",
    f"x\u202egnp.w/{ELSEWHERE}//:ptth\u2066 \u200b\x00\x1b[31m \ud800",
    "%{customdata} %{x} %{y:.2f}<extra>x</extra>",
    f"javascript:alert(1) data:text/html,<img src=//{ELSEWHERE}/w>",
    "- x\n- y\n    1. " + "z" * 5000,
)

#: What no text that is read as Markdown may hold: names that were not escaped.
LIVE: Final = re.compile(
    rf"""!?\[[xy^1]*\][(\[:] | (?<!\\)<(a|img|script|style|http) | https?://{ELSEWHERE}
    | www\.{ELSEWHERE} | @{ELSEWHERE} | (?<!\\):(red|blue-background|small|help|color)\[[x\]]
    | :material/delete | :(smile|100|streamlit): | \*\*x\*\* | (?<!\\)`\s?! | (?<!\\)\$(x|\\href) | (?<!\\)&(lt|\#60);
    | [\x00-\x08\x1b\u202e\u2066\ud800] | z{{2000}}""",
    re.IGNORECASE | re.VERBOSE,
)
#: Such names as a table of tab-separated text can hold.
IN_TABLES: Final = tuple(
    re.sub(r'["\s\x00-\x1f\ud800]+', " ", name).strip()[:400] for name in NAMES
)
#: Such names as an import takes for populations.
IN_CELLS: Final = tuple(
    "".join(sign if sign.isprintable() else " " for sign in name)[:400].strip() for name in NAMES
)


def build_workspace(root: Path) -> Path:
    """Make a workspace whose populations, classes, genes, regions, genome and job have these names."""
    inputs = workspace.write_inputs(root / "inputs")
    genes = pd.read_csv(inputs["annotation"], sep="\t")
    genes.loc[: len(NAMES) - 1, "gene_name"] = IN_TABLES
    genes.to_csv(inputs["annotation"], sep="\t", index=False, quoting=csv.QUOTE_NONE)
    cells = anndata.read_h5ad(inputs["expression"])
    cells.obs["subclass_label"] = [*IN_CELLS, *IN_CELLS]
    cells.obs["class_label"] = [IN_CELLS[place // 10] for place in range(len(NAMES))] * 2
    cells.write_h5ad(inputs["expression"])
    regions = pd.read_csv(inputs["regions"], sep="\t", header=None)
    regions[3] = [IN_TABLES[place % len(NAMES)] for place in range(len(regions))]
    regions.to_csv(inputs["regions"], sep="\t", header=False, index=False, quoting=csv.QUOTE_NONE)
    dataset = Dataset.build(
        root / "datasets" / "toy",
        levels={"population": "subclass_label", "class": "class_label"},
        upstream=300,
        downstream=200,
        assembly=NAMES[0],
        **inputs,
    )
    workspace.train_toy(root, dataset)
    write_jobs(root)
    return root


def write_jobs(root: Path) -> None:
    """Write jobs that ended, of each kind, with such names, messages and errors."""
    for place, kind in enumerate(("train", "search", "import", "variants", NAMES[1])):
        path = root / "jobs" / f"2026010{place + 1}-000000-aaaaaaaa"
        path.mkdir(parents=True)
        name = NAMES[5 * place].replace("\ud800", "")
        spec = {
            "kind": kind, "user": name, "created": "2026-01-01T00:00:00+00:00",
            "parameters": {"model": name, "name": name, "dataset": "toy"},
        }  # fmt: skip
        (path / SPEC).write_text(json.dumps(spec))
        write_state(path, "failed", 0.5, name, f"The file {name} cannot be read; {NAMES[3]}.")
