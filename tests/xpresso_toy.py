"""A toy for Xpresso: genes with exons, bulk expression and its median, one model of the best runs."""

from pathlib import Path

import numpy as np
import pandas as pd
from annotation_rows import gtf_gene, gtf_transcript, write

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.training.architecture import architecture_for, settings_for
from scx_core.training.protocol import train

N_GENES = 48
SPACING = 1000


def write_inputs(folder: Path) -> dict[str, Path]:
    """Genes of three exons on both strands in turn; the 5'UTR of the fifth is empty."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    letters = rng.choice(list("ACGT"), size=SPACING * (N_GENES + 2))
    letters[rng.choice(len(letters), 200)] = "N"
    (folder / "toy.fa").write_text(">chr1\n" + "".join(letters) + "\n")
    rows = []
    for number in range(N_GENES):
        strand, base = "+-"[number % 2], SPACING * (number + 1)
        exons = [(base, base + 99), (base + 200, base + 299), (base + 400, base + 499)]
        utr = 0 if number == 5 else int(rng.integers(5, 60))
        cds = [(base + (0 if strand == "+" and number == 5 else utr), base + 99), exons[1]]
        cds.append((base + 400, base + 499 - (0 if number == 5 else int(rng.integers(5, 60)))))
        gene, transcript = f"ENSG{number:011d}", f"ENST{number:011d}"
        rows.append(gtf_gene(gene, (base, base + 499), strand))
        stop = [cds[-1]] if strand == "+" else [cds[0]]
        rows += gtf_transcript(gene, transcript, exons, cds, stop=stop, strand=strand)
        other = [(base + 40, base + 99), (base + 200, base + 299)]
        rows += gtf_transcript(gene, f"{transcript}B", other, [other[1]], strand=strand)
    names = [f"ENSG{number:011d}" for number in range(N_GENES)]
    values = pd.DataFrame(rng.gamma(0.5, 20.0, (N_GENES, 3)), index=names, columns=list("ABC"))
    values.where(values > 2, 0.0).rename_axis("gene").to_csv(folder / "bulk.tsv", sep="\t")
    return {
        "genome": folder / "toy.fa",
        "annotation": write(folder / "toy.gtf", rows),
        "expression": folder / "bulk.tsv",
    }


def build_workspace(root: Path) -> tuple[Dataset, Ensemble]:
    """Make ``root`` hold the dataset ``bulk`` and the model ``xpresso`` (folds 0 and 2 of 4)."""
    dataset = Dataset.build(
        root / "datasets" / "bulk", normalize="none", offset=0.1, median=True, upstream=300,
        downstream=200, synthetic=True, **write_inputs(root / "inputs"),
    )  # fmt: skip
    config = architecture_for(dataset, "xpresso", "median")
    settings = settings_for(
        "xpresso", level="median", n_folds=4, folds=(0, 2), runs=3, epochs=3, max_restarts=0,
        batch_size=16,
    )  # fmt: skip
    return dataset, train(dataset, root / "models" / "xpresso", config, settings)
