"""Parts of the Mutagenesis page."""

import numpy as np
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.figures.base_level import MAX_DETAIL, detail_figure
from scx_core.figures.overview import overview_figure
from scx_core.figures.pooling import bin_size
from scx_core.figures.regions import regions_in_window
from scx_core.figures.style import Theme
from scx_core.mutagenesis import Effects
from scx_core.ui.choose import gene_name
from scx_core.ui.computing import computed
from scx_core.ui.loading import effect_store, model_key, pooled_effects
from scx_core.ui.show import chart, download, permalink, tsv
from scx_core.ui.words import (
    expression_unit,
    offset,
    parse_region,
    plain,
    signed,
    strongest_positions,
    strongest_substitution,
)

_OVERVIEW = "overview"
_REGION = "region"
_AROUND = 50  # bases on either side of the strongest position, shown at first


def effects_or_progress(dataset: Dataset, model: Ensemble, gene_id: str) -> Effects | None:
    """Take the effects from the store, or compute them; None where the person cancelled."""
    runs = model.runs_of(gene_id)  # refuses a gene without models before anything is drawn
    return computed(
        effect_store(),
        model_key(dataset, model, gene_id),
        "effects",
        f"Trying all {3 * dataset.windows.shape[1]:,} substitutions around "
        f"{gene_name(dataset, gene_id)} with {counted(runs, 'run')} of the model.",
        lambda progress: model.saturation_mutagenesis(dataset, gene_id, progress=progress),
    )


def sentence(dataset: Dataset, effects: Effects, population: str) -> None:
    """Say what gene this is, what is predicted for it and what matters most."""
    gene = dataset.genes.loc[effects.gene_id]
    column = effects.populations.index(population)
    unit = expression_unit(dataset.metadata)
    index, reference, alternative, effect = strongest_substitution(
        effects.values[:, :, column], effects.codes
    )
    spread = effects.wild_type_spread[column]
    around = f" ± {plain(spread)} (s.d. over runs)" if np.isfinite(spread) else ""
    observed = float(dataset.expression[population].loc[effects.gene_id])
    name = gene_name(dataset, effects.gene_id)
    st.markdown(
        f"In **{population}**, {name} is predicted at **{plain(effects.wild_type[column])}**"
        f"{around} {unit} and observed at {plain(observed)}. The strongest single substitution "
        f"changes the prediction by **{signed(effect)}**: {reference}>{alternative} at "
        f"{offset(effects.positions[index])} bp from the start "
        f"({effects.chromosome}:{effects.genome_positions[index]:,})."
    )
    transcript = str(gene["transcript_id"]) or "not named"
    st.caption(
        f"{name} · {effects.gene_id} · {effects.chromosome}:{effects.tss:,} ({_strand(effects)}) · "
        f"{dataset.metadata.get('assembly', 'build not named')} · transcript {transcript} "
        f"({gene['transcript_rule']}) · fold {effects.fold}, {counted(effects.n_runs, 'run')}, "
        "none of which saw this gene in training · letters on the gene's strand · genome "
        "positions 1-based"
    )


def _strand(effects: Effects) -> str:
    return "+" if effects.strand == "+" else "−"


def _box_drawn(start: int) -> None:
    """Take the dragged box as the region."""
    boxes = st.session_state[_OVERVIEW].selection.box
    if boxes:
        ends = sorted(round(float(x)) for x in boxes[0]["x"])
        st.session_state[_REGION] = f"{max(ends[0], start)}..{ends[1]}"


@st.fragment
def mutagenesis_view(
    dataset: Dataset,
    model: Ensemble,
    effects: Effects,
    population: str,
    order: tuple[str, ...],
    theme: Theme,
) -> None:
    """Draw the whole window, a region at base level, and the strongest positions.

    A fragment: a dragged box redraws this part alone, and the gene search is not sent again.
    """
    column = effects.populations.index(population)
    values = effects.values[:, :, column]
    regions = regions_in_window(
        dataset.regions, effects.chromosome, effects.positions, effects.genome_positions
    )
    pooled = pooled_effects(model_key(dataset, model, effects.gene_id), order, effects)
    figure = overview_figure(
        values, effects.positions, effects.genome_positions, pooled, regions, theme
    )
    name = gene_name(dataset, effects.gene_id)
    chart(
        figure, _OVERVIEW,
        f"Strongest substitution at each of {len(values):,} positions around {name} in "
        f"{population}, regulatory regions, and all {len(order)} populations",
        on_select=lambda: _box_drawn(int(effects.positions[0])), selection_mode="box",
    )  # fmt: skip
    size = bin_size(len(values))
    pooled_by = f"the strongest effect per {size} bp" if size > 1 else "the strongest effect"
    grey = " Grey: regulatory regions (cCREs) by class." if len(regions) else ""
    st.caption(
        f"Top: the substitution of largest effect at each position, in {population}; blue raises, "
        f"orange lowers the prediction.{grey} Bottom: {pooled_by} in every population, same "
        f"colours, strongest colour at ±{np.abs(pooled.to_numpy()).max():.2g} log10. **Drag across the track** to read a region letter by letter."
    )
    _detail(effects, values, population, theme)
    _strongest(dataset, model, effects, population, column)


def _detail(effects: Effects, values: np.ndarray, population: str, theme: Theme) -> None:
    best = int(np.abs(values).max(axis=1).argmax())
    center = int(effects.positions[best])
    title, box = st.columns([2, 1], vertical_alignment="bottom")
    with box:
        text = st.text_input(
            "Region", key=_REGION, bind="query-params",
            placeholder=f"{center - _AROUND}..{center + _AROUND}",
            help="Relative to the start of the gene, such as -250..-150, or on the genome, such "
            "as chr22:39570400-39570600.",
        )  # fmt: skip
    chosen = bool(text)
    text = text or f"{center - _AROUND}..{center + _AROUND}"
    try:
        first, last = parse_region(text, effects.positions, effects.genome_positions, MAX_DETAIL)
    except ScxError as error:
        st.error(str(error))
        return
    shown = slice(first, last + 1)
    low, high = sorted((effects.genome_positions[first], effects.genome_positions[last]))
    with title:
        st.subheader("Letter by letter" if chosen else "Letter by letter: the strongest position")
        st.caption(
            f"{offset(effects.positions[first])} to {offset(effects.positions[last])} bp from the start, "
            f"{effects.chromosome}:{low:,}–{high:,}, {counted(last - first + 1, 'base')}"
        )
    chart(
        detail_figure(
            values[shown], effects.positions[shown], effects.genome_positions[shown],
            effects.codes[shown], theme,
        ), "detail",
        f"Logo and heat map of the substitutions in {text} in {population}",
    )  # fmt: skip
    st.caption(
        "Logo: a tall letter above the line raises expression (losing it lowers the prediction, "
        "mean of its three substitutions); below the line it lowers expression. Heat map: the "
        "effect of each substitution; dots are the gene's own letters. Unit: log10 expression."
    )


def _strongest(
    dataset: Dataset, model: Ensemble, effects: Effects, population: str, column: int
) -> None:
    st.subheader("Strongest positions")
    table = strongest_positions(
        effects.values[:, :, column], effects.spread[:, :, column], effects.positions,
        effects.genome_positions, effects.codes,
    )  # fmt: skip
    if table["spread"].isna().all():
        table = table.drop(columns="spread")
    st.dataframe(
        table, hide_index=True, height=280,
        column_config={
            "rank": st.column_config.NumberColumn("Rank", width="small"),
            "position": st.column_config.NumberColumn("From start (bp)", format="localized"),
            "genome_position": st.column_config.NumberColumn(
                f"Genome, {effects.chromosome}", format="localized"
            ),
            "change": "Change",
            "effect": st.column_config.NumberColumn("Effect (log10)", format="%+.4f"),
            "spread": st.column_config.NumberColumn("s.d. over runs", format="%.4f"),
            "context": "Sequence (gene strand)",
        },
        alt=f"The {len(table)} positions with the largest effects in {population}",
    )  # fmt: skip
    name = gene_name(dataset, effects.gene_id)
    header = {
        "gene": f"{name} ({effects.gene_id})",
        "model": f"{model.name}, fold {effects.fold}, {effects.n_runs} runs",
        "dataset": f"{dataset.name}, digest {dataset.digest}",
        "genome": dataset.metadata.get("assembly", ""),
        "effect": "predicted(alternative) - predicted(reference), log10 expression, mean over runs",
        "letters": "on the strand of the gene; genome positions 1-based",
    }
    with st.container(horizontal=True):
        download(
            "Strongest positions (TSV)",
            lambda: tsv(table, {**header, "population": population}),
            f"{name}_{population}_strongest.tsv".replace(" ", "_"), "download_strongest",
        )  # fmt: skip
        download(
            "All substitutions, all populations (TSV)",
            lambda: tsv(effects.to_frame(), header), f"{name}_effects.tsv", "download_effects",
        )  # fmt: skip
        permalink(
            "gene",
            {
                "dataset": dataset.name,
                "model": model.name,
                "gene": effects.gene_id,
                "population": population,
                _REGION: st.session_state.get(_REGION) or None,
            },
        )
