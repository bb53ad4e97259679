"""Parts of the Mutagenesis page."""

import numpy as np
import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.figures.base_level import MAX_DETAIL
from scx_core.figures.exons import exons_in_window
from scx_core.figures.gene_track import TRACK_KINDS
from scx_core.figures.overview import overview_figure
from scx_core.figures.pooling import bin_size
from scx_core.figures.regions import in_lanes, regions_in_window
from scx_core.figures.style import Theme
from scx_core.mutagenesis import Effects
from scx_core.store import Workspace
from scx_core.ui.choose import gene_name
from scx_core.ui.computing import computed
from scx_core.ui.gone import fragment
from scx_core.ui.loading import effect_store, model_key, pooled_effects
from scx_core.ui.missing_part import learned_from, offer_missing_part
from scx_core.ui.mutagenesis_clicks import OVERVIEW
from scx_core.ui.mutagenesis_detail import REGION, letters_of_region, region_box, strongest_table
from scx_core.ui.mutagenesis_downloads import overview_downloads
from scx_core.ui.mutagenesis_options import choose_shown, legend, overview_caption
from scx_core.ui.mutagenesis_places import by_class, find_place
from scx_core.ui.mutagenesis_what_if import SHOWN_REGION
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.region_sets import choose_regions
from scx_core.ui.show import chart
from scx_core.ui.words import decimal, expression_unit, offset, signed, strongest_substitution

_DRAGGED = "dragged_region"
_GENE = "gene_of_region"


def effects_or_progress(dataset: Dataset, model: Ensemble, gene_id: str) -> Effects | None:
    """Take the effects from the store, or compute them; None where there are none to show.

    The person cancelled, or the model learned from the gene, which is said.
    """
    if learned_from(model, gene_id):
        offer_missing_part(dataset, model)
        return None
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
        effects.values[:, :, column],  # noqa: PD011, an array
        effects.codes,
    )
    spread = effects.wild_type_spread[column]
    around = f" ± {decimal(spread)} (s.d. over runs)" if np.isfinite(spread) else ""
    observed = float(dataset.expression[population].loc[effects.gene_id])
    name = gene_name(dataset, effects.gene_id)
    st.markdown(
        f"In **{plain(population)}**, {plain(name)} is predicted at **{decimal(effects.wild_type[column])}**"
        f"{around} {unit} and observed at {decimal(observed)}. The strongest single substitution "
        f"changes the prediction by **{signed(effect)}**: {reference}>{alternative} at "
        f"{offset(effects.positions[index])} bp from the start "
        f"({plain(effects.chromosome)}:{effects.genome_positions[index]:,})."
    )
    transcript = str(gene["transcript_id"]) or "not named"
    st.caption(
        f"{' · '.join(map(plain, dict.fromkeys((name, effects.gene_id))))} · "
        f"{plain(effects.chromosome)}:{effects.tss:,} ({_strand(effects)}) · "
        f"{plain(dataset.metadata.get('assembly', 'build not named'))} · transcript {plain(transcript)} "
        f"({plain(gene['transcript_rule'])}) · fold {effects.fold}, {counted(effects.n_runs, 'run')}, "
        "none of which saw this gene in training · letters on the gene's strand · genome "
        "positions 1-based"
    )


def _strand(effects: Effects) -> str:
    return "+" if effects.strand == "+" else "−"


def _box_drawn(start: int) -> None:
    """Take the dragged box as the region."""
    boxes = st.session_state[OVERVIEW].selection.box
    if boxes:
        ends = sorted(round(float(x)) for x in boxes[0]["x"])
        st.session_state[REGION] = f"{max(ends[0], start)}..{ends[1]}"
        st.session_state[_DRAGGED] = st.session_state[REGION]


def _forget_region(gene_id: str) -> None:
    """Leave out a place on the genome, or a cCRE, that was typed for another gene."""
    last = st.session_state.get(_GENE)
    st.session_state[_GENE] = gene_id
    text = str(st.session_state.get(REGION) or "")
    relative = not text.strip("0123456789+-−., ")
    if last not in (None, gene_id) and not relative:
        st.session_state[REGION] = ""


@fragment
def mutagenesis_view(
    workspace: Workspace,
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
    _forget_region(effects.gene_id)
    shown = choose_shown(effects, population, order)
    of_genome, source = choose_regions(workspace, dataset)
    regions = in_lanes(
        regions_in_window(
            of_genome, effects.chromosome, effects.positions, effects.genome_positions
        )
    )
    exons = exons_in_window(
        dataset.exons, effects.gene_id, effects.positions, effects.genome_positions
    )
    ordered, groups = by_class(dataset.populations, order)
    pooled = pooled_effects(model_key(dataset, model, effects.gene_id), tuple(ordered), effects)
    track, decreases = shown.tracks
    chart(
        overview_figure(
            track, effects.positions, effects.genome_positions, pooled, regions, theme,
            _typed_region(effects, regions), kind=shown.kind, spread=shown.spread,
            decreases=decreases, groups=groups, chromosome=effects.chromosome, label=shown.label, exons=exons,
        ), OVERVIEW,
        f"{TRACK_KINDS[shown.kind].capitalize()} of {len(effects.codes):,} around "
        f"{gene_name(dataset, effects.gene_id)} in {shown.whose}, regulatory regions, and all "
        f"{len(order)} populations",
        on_select=lambda: _box_drawn(int(effects.positions[0])), selection_mode="box",
    )  # fmt: skip
    legend(regions, theme, source)
    caption = overview_caption(shown, pooled, bin_size(len(effects.codes)), groups, theme, exons)
    st.caption(
        f"{plain_sentence(caption)} **Drag across the track** to read a region letter by "
        "letter; **click a row of the heat map** to choose its population."
    )
    on_paper = overview_caption(shown, pooled, bin_size(len(effects.codes)), groups, "light", exons)
    overview_downloads(dataset, model, effects, shown, pooled, regions, groups, on_paper, exons)
    place = region_box(effects, shown, regions)
    if place is not None:
        st.session_state[SHOWN_REGION] = tuple(int(effects.positions[index]) for index in place)
        letters_of_region(dataset, model, effects, shown, place, theme)
    strongest_table(dataset, model, effects, shown, of_genome, regions)


def _typed_region(effects: Effects, regions: pd.DataFrame) -> tuple[int, int] | None:
    """Region to mark on the track: a dragged one is marked by its box already."""
    text = st.session_state.get(REGION)
    if not text or text == st.session_state.get(_DRAGGED):
        return None
    try:
        first, last = find_place(text, effects, regions, MAX_DETAIL)
    except ScxError:
        return None  # said beside the box
    return int(effects.positions[first]), int(effects.positions[last])
