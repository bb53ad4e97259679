"""What if the gene began elsewhere, lived longer, or had other letters: the fold-out of the page."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.figures.gene_track import make_track
from scx_core.figures.gene_what_if import MAX_ROWS, compared_predictions, what_if_figure
from scx_core.figures.style import Theme
from scx_core.mutagenesis import Effects
from scx_core.ui.choose import gene_name
from scx_core.ui.computing import computed
from scx_core.ui.figure_files import figure_downloads
from scx_core.ui.gone import fragment
from scx_core.ui.loading import effect_store, model_key
from scx_core.ui.mutagenesis_choices import begin, choice_key, for_link, has_link, reset, take_link
from scx_core.ui.mutagenesis_downloads import header_of
from scx_core.ui.mutagenesis_half_life import half_life_sliders
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.show import chart, permalink
from scx_core.ui.words import decimal, expression_unit, signed
from scx_core.variants.genome import Letters, open_letters
from scx_core.what_if import (
    Scenario,
    apply_variant,
    original,
    predict,
    put_sequence,
    start_at,
    transcripts_of,
)

#: Session state: first and last position of the region shown letter by letter.
SHOWN_REGION: Final = "shown_region"
_AROUND: Final = 50  # bases on either side of the start, where no region is shown
_TRACKS: Final = (
    "The substitution of largest effect at each position, and the difference of the two tracks."
)
_RINGS: Final = "Prediction in each population. Ring: the gene as it is. Disc: changed."


@st.cache_resource(max_entries=4, show_spinner=False)
def _letters(path: str, digest: str, cache: str, _dataset: Dataset) -> Letters:  # noqa: ARG001
    """Open the genome's letters once for all sessions; by the dataset's path and digest."""
    return open_letters(_dataset, Path(cache))


@fragment
def what_if(
    dataset: Dataset,
    model: Ensemble,
    effects: Effects,
    population: str,
    cache: str,
    theme: Theme,
) -> None:
    """Draw the fold-out: choices, and what they do to prediction and track.

    Parameters
    ----------
    dataset : Dataset
    model : Ensemble
    effects : Effects
        Of the gene as it is.
    population : str
    cache : str
        Folder of the workspace for unpacked genomes.
    theme : "light" or "dark"
    """
    gene_id = effects.gene_id
    name = gene_name(dataset, gene_id)
    take_link()
    linked = has_link()
    with st.expander(
        f"What if {plain(name)} were different?", linked, key="what_if", icon=":material/science:"
    ):
        st.caption(
            "Change the start, the letters, or the half-life features; the models of the gene's own "
            f"test fold (fold {effects.fold}, {counted(effects.n_runs, 'run')}, which never saw "
            "it) predict it anew. All changes add up, in the order below."
        )
        as_it_is = original(dataset, model, gene_id)
        try:
            scenario = _choices(dataset, model, as_it_is, cache)
        except ScxError as error:
            st.error(plain_sentence(str(error)))
            return
        if not scenario.steps:
            return
        st.button(
            "Back to the gene as it is", key="what_if_reset", icon=":material/undo:",
            on_click=reset, args=(gene_id,),
        )  # fmt: skip
        changed = computed(
            effect_store(),
            model_key(dataset, model, f"{gene_id} {scenario.digest}"),
            "what_if",
            f"Trying all {3 * len(scenario.codes):,} substitutions of the changed {name}.",
            lambda progress: predict(model, dataset, scenario, progress),
        )
        if changed is not None:
            _compare(dataset, model, effects, changed, scenario, population, theme)


def _choices(dataset: Dataset, model: Ensemble, scenario: Scenario, cache: str) -> Scenario:
    """Draw the choices and give what they make of the gene."""
    gene_id = scenario.gene_id
    left, right = st.columns(2)
    with left:
        scenario = _transcript(dataset, model, scenario, cache)
        scenario = _sequence(scenario)
        text = st.text_input(
            "Apply a variant", key=begin("variant", gene_id, ""),
            placeholder=f"{scenario.chromosome}:{scenario.tss:,}:A:C",
            help="chromosome:position:reference:alternative on the plus strand, 1-based; "
            "insertions and deletions with the letter before, as in a VCF.",
        )  # fmt: skip
        if text.strip():
            scenario = apply_variant(scenario, text, _opened(dataset, cache))
    with right:
        return half_life_sliders(dataset, model, scenario)


def _opened(dataset: Dataset, cache: str) -> Letters:
    return _letters(str(dataset.path), dataset.digest, cache, dataset)


def _transcript(dataset: Dataset, model: Ensemble, scenario: Scenario, cache: str) -> Scenario:
    table = transcripts_of(dataset, scenario.gene_id)
    if len(table) < 2:
        st.caption("The annotation gives this gene one transcript.")
        return scenario
    starts = table["tss"].astype(int).tolist()
    names = table["transcript_id"].astype(str).tolist()
    labels = {
        name: f"{name} · TSS {tss:,} ({'in use' if used else _away(tss, scenario)})"
        for name, tss, used in zip(names, starts, table["chosen"], strict=True)
    }
    key = begin("transcript", scenario.gene_id, names[0])
    if st.session_state[key] not in labels:
        told = f"The link names the transcript {st.session_state[key][:80]!r}, which is not here."
        st.warning(plain_sentence(told))
        st.session_state[key] = names[0]
    chosen = names.index(
        st.selectbox(
            f"Transcript ({len(table)} in the annotation)", names, key=key,
            format_func=labels.__getitem__,
        )
    )  # fmt: skip
    row = table.iloc[chosen]
    if row["chosen"]:
        return scenario
    letters = _opened(dataset, cache) if starts[chosen] != scenario.tss else None
    moved = start_at(
        scenario, dataset, model, {str(name): row[name] for name in table.columns}, letters
    )
    if letters is not None and not letters.complete:
        st.caption(plain_sentence(letters.source))
    return moved


def _away(tss: int, scenario: Scenario) -> str:
    """Say how far a TSS is from the one in use, in the gene's direction."""
    shift = tss - scenario.tss if scenario.strand == "+" else scenario.tss - tss
    if not shift:
        return "same TSS"
    return f"{abs(shift):,} bp {'downstream' if shift > 0 else 'upstream'}"


def _take_letters(scenario: Scenario) -> None:
    """Put the letters of the region shown into the box, to be edited."""
    low, high = (int(end) for end in scenario.positions[[0, -1]])
    first, last = st.session_state.get(SHOWN_REGION, (-_AROUND, _AROUND))
    first, last = max(first, low), min(last, high)
    st.session_state[choice_key("sequence", scenario.gene_id)] = scenario.letters(first, last)
    st.session_state[choice_key("place", scenario.gene_id)] = first


def _sequence(scenario: Scenario) -> Scenario:
    gene_id, length = scenario.gene_id, len(scenario.codes)
    low, high = (int(end) for end in scenario.positions[[0, -1]])
    text = st.text_area(
        "Edit or paste sequence", key=begin("sequence", gene_id, ""), height=96,
        placeholder=f"All {length:,} letters, or a part to put at a place",
        help="Letters of DNA on the gene's strand, plain or FASTA; they replace as many.",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = st.number_input(
            "From position (bp from start)", min_value=low, max_value=high,
            key=begin("place", gene_id, max(low, -_AROUND)), width=220,
        )  # fmt: skip
        st.button(
            "Take the letters shown", key=choice_key("take", gene_id), on_click=_take_letters,
            args=(scenario,), icon=":material/edit:",
            help="Copies the region shown letter by letter into the box, to be edited there.",
        )  # fmt: skip
    return put_sequence(scenario, text, int(place)) if text.strip() else scenario


def _compare(
    dataset: Dataset,
    model: Ensemble,
    effects: Effects,
    changed: Effects,
    scenario: Scenario,
    population: str,
    theme: Theme,
) -> None:
    """Show prediction and track beside those of the gene as it is."""
    column = effects.populations.index(population)
    unit = expression_unit(dataset.metadata)
    table = pd.DataFrame(
        {
            "as_it_is": effects.wild_type,
            "changed": changed.wild_type,
            "difference": changed.wild_type - effects.wild_type,
            "spread": changed.wild_type_spread,
        },
        index=pd.Index(effects.populations, name="population"),
    )
    here = table.iloc[column]
    steps = "; ".join(scenario.steps)
    told = plain_sentence(steps)
    spread = f" ± {decimal(here['spread'])} (s.d. over runs)" if np.isfinite(here["spread"]) else ""
    st.markdown(
        f"With {told}: in **{plain(population)}**, the prediction goes from {decimal(here['as_it_is'])} to "
        f"**{decimal(here['changed'])}**{spread} {unit}, by **{signed(float(here['difference']))}**."
    )
    same_start = changed.tss == effects.tss
    chart(
        what_if_figure(
            effects.values[:, :, column], changed.values[:, :, column],  # noqa: PD011, arrays
            changed.positions, changed.genome_positions, theme,
        ), "what_if_tracks",
        f"Strongest substitution per position in {population}: as it is, changed, and the difference",
    )  # fmt: skip
    st.caption(_TRACKS if same_start else f"{_TRACKS} Both are aligned at their own start.")
    cut = f" The {MAX_ROWS} that change most." if len(table) > MAX_ROWS else ""
    chart(
        compared_predictions(table, unit, theme), "what_if_populations",
        "Predicted expression in each population, as it is and changed",
    )  # fmt: skip
    st.caption(f"{_RINGS}{cut}")
    header = {**header_of(dataset, model, effects), "population": population, "what if": steps}
    link = {
        "dataset": dataset.name, "model": model.name, "gene": effects.gene_id,
        "population": population,
    }  # fmt: skip
    _downloads(effects, changed, table, unit, column, header, steps, link)


def _downloads(
    effects: Effects,
    changed: Effects,
    table: pd.DataFrame,
    unit: str,
    column: int,
    header: dict[str, object],
    steps: str,
    link: dict[str, str],
) -> None:
    """Offer both charts and the numbers behind them."""
    name = str(header["gene"]).split(" ")[0]
    before, after = effects.values[:, :, column], changed.values[:, :, column]  # noqa: PD011

    def tracks() -> pd.DataFrame:
        both = [make_track(values).effects[:, 0] for values in (before, after)]
        return pd.DataFrame(
            {
                "relative_to_tss": changed.positions, "position": changed.genome_positions,
                "as_it_is": both[0], "changed": both[1], "difference": both[1] - both[0],
            }
        )  # fmt: skip

    with st.container(horizontal=True):
        figure_downloads(
            lambda: what_if_figure(
                before, after, changed.positions, changed.genome_positions, "light"
            ),
            key="what_if_tracks_files", name=f"{name} what if", table=tracks, header=header,
            caption=f"{name} with {steps}: {_TRACKS}", label="Tracks: figure and data",
        )  # fmt: skip
        figure_downloads(
            lambda: compared_predictions(table, unit, "light"),
            key="what_if_populations_files", name=f"{name} what if, all populations",
            table=lambda: table, header=header, index=True,
            caption=f"{name} with {steps}: {_RINGS}", label="Predictions: figure and data",
        )  # fmt: skip
        permalink("gene", {**link, **for_link(effects.gene_id)})
