"""Parts of the Predictions page."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import counted
from scx_core.figures.predictions import gene_figure, performance_figure, scatter_figure
from scx_core.figures.style import Theme
from scx_core.ui.choose import first_gene, gene_box, gene_name, population_box, set_gene
from scx_core.ui.show import chart, download, permalink, tsv
from scx_core.ui.words import expression_unit, plain

_SCATTER = "scatter"
_BASELINES = {
    "pearson": "this model",
    "pearson_kmer_ridge": "baseline: 5-letter words near the TSS",
    "pearson_half_life_ridge": "baseline: half-life features alone",
}


def headline(dataset: Dataset, model: Ensemble, order: Sequence[str]) -> tuple[str | None, str]:
    """Draw the choice of population and gene, and the answer in one sentence."""
    first, second = st.columns(2)
    with first:
        population = population_box(order)
    with second:
        gene_id = gene_box(dataset, default=first_gene(dataset, model))
    score = model.metrics.loc[[population]].iloc[0]
    folds = len(model.trained_folds)
    baselines = [
        f"{label.removeprefix('baseline: ')} {plain(score[column])}"
        for column, label in _BASELINES.items()
        if column != "pearson" and column in score.index and pd.notna(score[column])
    ]
    beside = (
        f" For comparison, simple baselines reach: {'; '.join(baselines)}." if baselines else ""
    )
    st.markdown(
        f"In **{population}**, predicted and observed expression correlate with Pearson "
        f"r = **{plain(score['pearson'])}** and Spearman ρ = {plain(score['spearman'])} over "
        f"n = {int(score['n']):,} genes, each predicted out of fold: by models that never saw it "
        f"({counted(folds, 'fold')} × {counted(model.settings.runs, 'run')}).{beside}"
    )
    return gene_id, population


def _clicked(dataset: Dataset) -> None:
    """Choose the gene whose point was clicked."""
    points = st.session_state[_SCATTER].selection.points
    if points:
        set_gene(_unambiguous_name(dataset, str(points[0]["customdata"][0])))


def _unambiguous_name(dataset: Dataset, gene_id: str) -> str:
    name = gene_name(dataset, gene_id)
    return gene_id if (dataset.genes["gene_name"] == name).sum() > 1 else name


def scatter(
    dataset: Dataset, model: Ensemble, population: str, gene_id: str | None, theme: Theme
) -> None:
    """Draw all genes of a population; a click chooses a gene."""
    st.subheader("All genes, one population")
    predicted = model.predictions[population]
    observed = dataset.expression.loc[predicted.index, population]
    names = dataset.genes["gene_name"].astype(str)
    unit = expression_unit(dataset.metadata)
    chart(
        scatter_figure(observed, predicted, names, unit, theme, gene_id), _SCATTER,
        f"Observed against predicted expression of {len(predicted):,} genes in {population}",
        on_select=lambda: _clicked(dataset), selection_mode="points",
    )  # fmt: skip
    st.caption(
        "One point is one gene, stronger in colour where many lie together; the dashed line is a perfect "
        "prediction. **Click a point** to see that gene on the right."
    )


def one_gene(
    dataset: Dataset,
    model: Ensemble,
    order: Sequence[str],
    population: str,
    gene_id: str | None,
    theme: Theme,
) -> None:
    """Draw one gene over all populations."""
    st.subheader("One gene, all populations")
    if gene_id is None:
        st.info("Click a point in the plot, or search a gene above.")
        return
    name = gene_name(dataset, gene_id)
    if gene_id not in model.predictions.index:
        st.info(
            f"{name} is in a fold that this model was not trained for, so there is no prediction "
            "by a model that never saw it; train the other folds to get one."
        )
        return
    observed = dataset.expression.loc[[gene_id], list(order)].iloc[0]
    predicted = model.predictions.loc[[gene_id]].iloc[0]
    correlation = observed.corr(predicted.reindex(observed.index))
    unit = expression_unit(dataset.metadata)
    chart(
        gene_figure(observed, predicted, order, unit, theme, population), "one_gene",
        f"Observed and predicted expression of {name} in {len(order)} populations",
    )  # fmt: skip
    told = "not defined (no variation)" if pd.isna(correlation) else plain(correlation)
    st.caption(
        f"{name}: Pearson r over its n = {len(order)} populations is {told}. Fold "
        f"{model.fold_of(gene_id)}, mean of {counted(model.runs_of(gene_id), 'run')}."
    )
    st.page_link(
        "pages/gene.py", label=f"Which letters matter for {name}?",
        icon=":material/arrow_forward:",
        query_params={
            "dataset": dataset.name, "model": model.name, "population": population,
            "gene": _unambiguous_name(dataset, gene_id),
        },
    )  # fmt: skip


def performance(model: Ensemble, order: Sequence[str], population: str, theme: Theme) -> None:
    """Compare model and baselines in every population."""
    with st.expander(f"All {len(order)} populations, beside the baselines"):
        columns = [column for column in _BASELINES if column in model.metrics.columns]
        scores = model.metrics[columns].rename(columns=_BASELINES)
        chart(
            performance_figure(scores, order, theme, population), "performance",
            "Pearson correlation of the model and of the baselines in every population",
        )  # fmt: skip
        st.caption(
            f"Out of fold, n = {int(model.metrics['n'].iloc[0]):,} genes. The baselines are ridge "
            "regressions on the same folds."
        )


def tables(dataset: Dataset, model: Ensemble, population: str, gene_id: str | None) -> None:
    """Offer the numbers behind the page."""
    header = {
        "dataset": dataset.name,
        "model": model.name,
        "model digest": model.digest,
        "unit": expression_unit(dataset.metadata),
        "split": "out of fold: each gene predicted by models that never saw it",
    }

    def both() -> bytes:
        predicted = model.predictions[population]
        table = pd.DataFrame(
            {
                "gene_name": dataset.genes.loc[predicted.index, "gene_name"].astype(str),
                "observed": dataset.expression.loc[predicted.index, population],
                "predicted": predicted,
                "fold": model.folds.loc[predicted.index],
            }
        )
        return tsv(table.reset_index(names="gene_id"), {**header, "population": population})

    stem = f"{model.name}_{population}".replace(" ", "_").replace("/", "_")
    with st.container(horizontal=True):
        download(f"Genes in {population} (TSV)", both, f"{stem}.tsv", "download_population")
        download(
            "All predictions (TSV)", lambda: tsv(model.predictions, header, index=True),
            f"{model.name}_predictions.tsv", "download_predictions",
        )  # fmt: skip
        download(
            "Correlations (TSV)", lambda: tsv(model.metrics, header, index=True),
            f"{model.name}_metrics.tsv", "download_metrics",
        )  # fmt: skip
        permalink(
            "predictions",
            {
                "dataset": dataset.name,
                "model": model.name,
                "population": population,
                "gene": gene_id,
            },
        )
