"""Parts of the Variants page."""

import hashlib
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.demo import DEMO_NAME
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.figures.style import Theme
from scx_core.figures.variants import ranked_figure, substitution_figure
from scx_core.sequence.alphabet import BASES, CODE_LETTERS, COMPLEMENT
from scx_core.sequence.windows import index_to_position
from scx_core.ui.computing import computed
from scx_core.ui.loading import model_key, variant_store
from scx_core.ui.show import chart, download, tsv
from scx_core.ui.words import signed
from scx_core.variants import EFFECT, SPREAD, read_variants

_MOST_ROWS: Final = 2000  # on the page; the command line has no limit
_MOST_RANKED: Final = 25
_UPLOAD_MB: Final = 20
_TEXT: Final = "variants"


def read_step(dataset: Dataset, model: Ensemble) -> pd.DataFrame | None:
    """Ask for variants, typed or as a file, and say what was read."""
    st.markdown(
        "Give single-letter variants on the genome of this dataset "
        f"(**{dataset.metadata.get('assembly', 'not named')}**, positions 1-based, alleles on the "
        "plus strand). All three substitutions at each place are scored."
    )
    typed, upload = st.columns([1.4, 1], gap="medium")
    with typed:
        text = st.text_area(
            "One variant a line, or a pasted table", key=_TEXT, bind="query-params", height=110,
            placeholder="chr22:39570542:A:C",
        )  # fmt: skip
        st.button(
            "Fill in an example", key="variants_example", type="tertiary",
            on_click=lambda: st.session_state.update({_TEXT: example(dataset, model)}),
        )  # fmt: skip
    with upload:
        file = st.file_uploader(
            "or a file (TSV, CSV, VCF)", type=["tsv", "csv", "txt", "vcf", "gz"],
            max_upload_size=_UPLOAD_MB, key="variants_file",
        )  # fmt: skip
    if file is not None:
        table = _read_upload(file.name, file.getvalue())
    elif text and text.strip():
        table = read_variants(text)
    else:
        return None
    if len(table) > _MOST_ROWS:
        raise ScxError(
            f"The list has {len(table):,} rows; this page scores up to {_MOST_ROWS:,} at once. "
            "Split it, or use the command line: python -m scx_core variants."
        )
    return table


def _read_upload(name: str, content: bytes) -> pd.DataFrame:
    """Read an uploaded file; its name is shown in messages and used for nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        ending = ".gz" if content[:2] == b"\x1f\x8b" else ".tsv"
        path = Path(folder) / f"upload{ending}"
        path.write_bytes(content)
        try:
            return read_variants(path)
        except ScxError as error:
            raise ScxError(str(error).replace(path.name, name)) from error


def example(dataset: Dataset, model: Ensemble, count: int = 5) -> str:
    """Give variants for a first try.

    For the demonstration, those of its list with the smallest p-values; else changes shortly
    before the start of the best expressed genes.
    """
    listed = dataset.path.parents[1] / DEMO_NAME / "variants.tsv"
    if dataset.name == DEMO_NAME and listed.is_file():
        table = pd.read_csv(listed, sep="\t").sort_values("p_value").head(3 * count)
        return table.to_csv(sep="\t", index=False).strip()
    tested = dataset.expression.loc[model.predictions.index]
    best = tested.mean(axis=1).sort_values(ascending=False).index[:count]
    lines = []
    for number, gene_id in enumerate(best):
        gene = dataset.genes.loc[gene_id]
        index = max(dataset.upstream - 60 - 7 * number, 0)
        code = int(dataset.windows[dataset.row_of(str(gene_id)), index])
        strand = str(gene["strand"])
        letter = CODE_LETTERS[int(COMPLEMENT[code]) if strand == "-" else code]
        if letter not in BASES:
            continue
        position = index_to_position(index, int(gene["tss"]), strand, dataset.upstream)
        lines.append(
            f"{gene['chromosome']}:{position}:{letter}:{BASES[(BASES.index(letter) + 1) % 4]}"
        )
    return "\n".join(lines)


def score(dataset: Dataset, model: Ensemble, given: pd.DataFrame) -> pd.DataFrame | None:
    """Score the variants, or take the scores from the store; None where the person cancelled."""
    content = given.to_csv(index=False).encode()
    return computed(
        variant_store(),
        model_key(dataset, model, hashlib.sha256(content).hexdigest()),
        "variants",
        f"Scoring {counted(len(given), 'variant')}.",
        lambda progress: model.score_variants(dataset, given, progress),
    )


def label_of(row: pd.Series) -> str:
    """Name a variant: its id, else its place."""
    name = str(row.get("id", "") or "")
    if name not in ("", "nan", "."):
        return name
    alleles = [str(row[key]) for key in ("reference", "alternative")]
    place = f"{row['chromosome']}:{row['position']}"
    return f"{place} {'>'.join(alleles)}" if all(alleles) else place


def one_per_gene(results: pd.DataFrame) -> pd.DataFrame:
    """Keep one row for each variant and gene, strongest first.

    The substitution of the file where it has one, else the strongest of the three.
    """
    scored = results[results["reason"] == ""].copy()
    scored["given"] = scored["given"].eq(True)
    scored["size"] = scored["largest_effect"].astype(float).abs()
    scored = scored.sort_values(["given", "size"], ascending=False, kind="stable")
    kept = scored.drop_duplicates(["row", "gene_id"]).sort_values(
        "size", ascending=False, kind="stable"
    )
    return kept.drop(columns="size")


def results_table(results: pd.DataFrame) -> pd.Series | None:
    """Say what could be scored, tabulate it, and give the row chosen by the person."""
    best = one_per_gene(results)
    n_rows = results["row"].nunique()
    n_scored = best["row"].nunique()
    st.markdown(
        f"**{n_scored:,} of {counted(n_rows, 'variant')}** could be scored, on "
        f"{counted(best['gene_id'].nunique(), 'gene')}. Each effect is the change of predicted "
        "expression (log10), by models that never saw the gene."
    )
    if best.empty:
        return None
    shown = pd.DataFrame(
        {
            "Variant": [label_of(row) for _, row in best.iterrows()],
            "Gene": best["gene_name"].to_numpy(),
            "Change (+ strand)": (best["genome_reference"] + ">" + best["substitution"]).to_numpy(),
            "Effect": best["largest_effect"].to_numpy(float),
            "Strongest in": best["largest_population"].to_numpy(),
            "From start (bp)": best["relative_to_tss"].to_numpy(float),
            "cCRE": best["region"].to_numpy(),
        }
    )
    if not shown["cCRE"].any():
        shown = shown.drop(columns="cCRE")
    st.subheader("Strongest first")
    state = st.dataframe(
        shown, hide_index=True, key="variant_table", on_select="rerun",
        selection_mode="single-row-required",
        column_config={
            "Effect": st.column_config.NumberColumn(format="%+.4f"),
            "From start (bp)": st.column_config.NumberColumn(format="localized"),
        },
        alt=f"{len(shown)} variants and genes, strongest effect first",
    )  # fmt: skip
    picked = state.selection.rows
    place = picked[0] if picked and picked[0] < len(best) else 0
    return best.iloc[place]


def rejected_view(results: pd.DataFrame) -> None:
    """List the rows that could not be scored, with reasons."""
    rejected = results[results["reason"] != ""]
    if rejected.empty:
        return
    with st.expander(f"Not scored: {counted(len(rejected), 'row')}, with reasons"):
        columns = ["row", "chromosome", "position", "id", "reference", "alternative", "reason"]
        table = rejected[[name for name in columns if name in rejected]]
        st.dataframe(table, hide_index=True, alt="Variants that were not scored, with the reason")
        download(
            "These rows (TSV)", lambda: tsv(table, {}), "variants_not_scored.tsv",
            "download_rejected",
        )  # fmt: skip


def downloads(dataset: Dataset, model: Ensemble, results: pd.DataFrame) -> None:
    """Offer all results as a table."""
    header = {
        "dataset": f"{dataset.name}, digest {dataset.digest}",
        "genome": dataset.metadata.get("assembly", ""),
        "model": model.name,
        "effect": "predicted(alternative) - predicted(genome's letter), log10 expression, mean "
        "over runs; spread: standard deviation over runs",
        "positions": "1-based; alleles on the plus strand",
    }
    download(
        "All results (TSV)", lambda: tsv(results, header), "variant_effects.tsv",
        "download_variants",
    )  # fmt: skip


def one_variant(
    dataset: Dataset, model: Ensemble, results: pd.DataFrame, chosen: pd.Series, theme: Theme
) -> None:
    """Draw one variant over populations, and the strongest variants beside each other."""
    order = list(model.populations)
    left, right = st.columns(2, gap="medium")
    with left:
        _substitutions(dataset, model, results, chosen, order, theme)
    with right:
        _ranked(results, order, theme)


def _substitutions(
    dataset: Dataset,
    model: Ensemble,
    results: pd.DataFrame,
    chosen: pd.Series,
    order: list[str],
    theme: Theme,
) -> None:
    label, gene = label_of(chosen), str(chosen["gene_name"])
    st.subheader(f"{label} and {gene}")
    same = results[(results["row"] == chosen["row"]) & (results["gene_id"] == chosen["gene_id"])]
    effects = pd.DataFrame(
        {
            str(row["substitution"]): [float(row[EFFECT + name]) for name in order]
            for _, row in same.iterrows()
        },
        index=order,
    )
    effect = float(chosen["largest_effect"])
    spread = float(chosen[SPREAD + str(chosen["largest_population"])])
    around = f" ± {signed(spread).lstrip('+')} s.d." if np.isfinite(spread) else ""
    st.markdown(
        f"{chosen['genome_reference']}>{chosen['substitution']} "
        f"{'raises' if effect > 0 else 'lowers'} the prediction for {gene}, most in "
        f"**{chosen['largest_population']}**: **{signed(effect)}**{around} log10 "
        f"(mean of {counted(int(chosen['runs']), 'run')}, fold {int(chosen['fold'])})."
    )
    chart(
        substitution_figure(effects, str(chosen["substitution"]), order, theme, "plus strand"),
        "substitutions",
        f"Effects of the three substitutions at {label} on {gene} in {len(order)} populations",
    )  # fmt: skip
    start = int(chosen["relative_to_tss"])
    st.page_link(
        "pages/gene.py", label=f"See this place in the mutagenesis of {gene}",
        icon=":material/arrow_forward:",
        query_params={
            "dataset": dataset.name, "model": model.name, "gene": str(chosen["gene_id"]),
            "population": str(chosen["largest_population"]), "region": f"{start - 30}..{start + 30}",
        },
    )  # fmt: skip


def _ranked(results: pd.DataFrame, order: list[str], theme: Theme) -> None:
    best = one_per_gene(results).head(_MOST_RANKED)
    if len(best) < 2:
        return
    st.subheader("All populations")
    st.markdown(f"The {counted(len(best), 'strongest pair')} of variant and gene.")
    table = best[[EFFECT + name for name in order]].astype(float)
    table.columns = order
    table.index = [f"{label_of(row)} · {row['gene_name']}" for _, row in best.iterrows()]
    chart(
        ranked_figure(table, order, theme), "ranked",
        f"Effects of the {len(best)} strongest variants in {len(order)} populations",
    )  # fmt: skip
