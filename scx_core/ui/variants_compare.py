"""Models side by side for the same list, and scores from elsewhere beside them."""

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.export.tables import table_bytes
from scx_core.figures.style import Theme
from scx_core.figures.variant_models import (
    agreement_figure,
    rank_matrix_figure,
    side_by_side_figure,
)
from scx_core.isolation import run_isolated
from scx_core.store import Workspace
from scx_core.ui.gone import fragment
from scx_core.ui.loading import open_dataset, open_model
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.say import errors_as_sentences, notices
from scx_core.ui.show import chart, download
from scx_core.ui.uploads import UPLOAD_MB
from scx_core.ui.variants_files import figure_menu, provenance_header
from scx_core.ui.variants_scoring import ScoredList, place, score
from scx_core.ui.variants_words import allele_text
from scx_core.ui.words import decimal
from scx_core.variants.genome import canonical_build
from scx_core.variants.outside import (
    Agreement,
    EffectComparison,
    OutsideJoin,
    OutsideScores,
    compare_effects,
    join_outside,
    read_outside,
)
from scx_core.variants.uploads import keep_list
from scx_core.variants.writing.columns import given_changes

Track = tuple[str, str]
Table = tuple[str, pd.DataFrame]
_MOST_SIDE_BY_SIDE: Final = 40
_MOST_TRACKS: Final = 300
_OUTSIDE: Final = "variants_outside"
_TRACK: Final = ["model", "population"]


@dataclass(frozen=True)
class _Asked:
    """What is compared: names the results."""

    key: tuple[str, ...]
    tables: tuple[Table, ...]
    outside: tuple[str, ...]


def compare_view(
    workspace: Workspace,
    dataset: Dataset,
    model: Ensemble,
    scored: ScoredList,
    build: str,
    theme: Theme,
) -> None:
    """Offer the comparison in a fold-out; nothing is computed while it is closed."""
    box = st.expander(
        "Compare models, or scores from elsewhere", icon=":material/compare_arrows:",
        key="variants_compare", on_change="rerun", bind="query-params",
    )  # fmt: skip
    if not box.open:
        return
    with box, errors_as_sentences():
        _compare(workspace, dataset, model, scored, build, theme)


@fragment
def _compare(
    workspace: Workspace,
    dataset: Dataset,
    model: Ensemble,
    scored: ScoredList,
    build: str,
    theme: Theme,
) -> None:
    with errors_as_sentences():
        asked = _ask(workspace, dataset, model, scored, build)
        if asked is not None:
            _show(asked, dataset, model, scored, theme)


def _ask(
    workspace: Workspace, dataset: Dataset, model: Ensemble, scored: ScoredList, build: str
) -> _Asked | None:
    left, right = st.columns(2, gap="medium")
    names = left.multiselect(
        "Other models on this genome", _others(workspace, dataset, model), key="compared_models",
        placeholder="Choose models",
        help="The same list is scored with each of them.",
    )  # fmt: skip
    upload = right.file_uploader(
        "or a table of scores (TSV, CSV)", type=["tsv", "csv", "txt", "gz"], key=_OUTSIDE,
        max_upload_size=UPLOAD_MB,
        help="Chromosome, position and two alleles (or rsIDs and two alleles), then a column of "
        "scores for each track, or the columns track and score.",
    )  # fmt: skip
    if not names and upload is None:
        st.caption(
            f"Choose another model, or upload scores from elsewhere; {plain(model.name)} is held against it."
        )
        return None
    tables: list[Table] = [(model.name, given_changes(scored.table))]
    keys = [*scored.key]
    for name in names:
        other = _scored_by(workspace, name, scored, build)
        if other is None:
            return None
        tables.append((name, given_changes(other.table)))
        keys += other.key
    outside = []
    if upload is not None:
        joined, read = _outside(workspace, upload.name, upload.getvalue(), scored)
        tables.append((read.name, joined.scores))
        outside.append(read.name)
        keys.append(hashlib.sha256(upload.getvalue()).hexdigest())
        _tell_joined(read, joined)
    return _Asked(tuple(keys), tuple(tables), tuple(outside))


def _others(workspace: Workspace, dataset: Dataset, model: Ensemble) -> list[str]:
    """Names of the other models whose data are on the same genome build."""
    assembly = canonical_build(str(dataset.metadata.get("assembly", "")))
    fitting = []
    for name in workspace.models():
        if name == model.name:
            continue
        try:
            other = open_model(workspace.model_path(name))
            its = open_dataset(workspace.dataset_path(other.dataset_name))
            other.check_dataset(its)
        except ScxError:
            continue  # what cannot be opened cannot be compared; its own page says why
        same = its.digest == dataset.digest
        if same or canonical_build(str(its.metadata.get("assembly", ""))) == assembly:
            fitting.append(name)
    return fitting


def _scored_by(
    workspace: Workspace, name: str, scored: ScoredList, build: str
) -> ScoredList | None:
    other = open_model(workspace.model_path(name))
    dataset = open_dataset(workspace.dataset_path(other.dataset_name))
    placed = place(workspace, dataset, other, scored.reading, build)
    if placed is None:
        return None
    return score(workspace, dataset, other, scored.reading, placed, build)


def _outside(
    workspace: Workspace, name: str, content: bytes, scored: ScoredList
) -> tuple[OutsideJoin, OutsideScores]:
    label = name.split(".")[0] or "scores"
    try:
        path = keep_list(workspace, content)
        read = run_isolated(partial(read_outside, name=label), path)
    except ScxError as error:
        raise ScxError(str(error).replace(path.name, name)) from error
    return join_outside(read, scored.table), read


def _tell_joined(read: OutsideScores, joined: OutsideJoin) -> None:
    counts = ", ".join(f"{how} {int(n):,}" for how, n in joined.counts.items() if n)
    st.markdown(
        f"**{plain(read.name)}**: {counted(len(read.variants), 'variant')} with "
        f"{counted(len(read.tracks), 'track')}, by how they were joined: {counts}."
    )
    notices([*read.notices, *joined.notices], "What was noticed")
    left_out = len(joined.unmatched) + len(read.refused)
    if left_out:
        with st.expander(f"{counted(left_out, 'row')} not joined, with reasons"):
            parts = [part for part in (joined.unmatched, read.refused) if len(part)]
            st.dataframe(
                pd.concat(parts, ignore_index=True), hide_index=True, placeholder="",
                alt="Rows of scores that were not joined",
            )  # fmt: skip


@st.cache_data(max_entries=8, show_spinner=False)
def _compared(key: tuple[str, ...], _tables: tuple[Table, ...]) -> EffectComparison:  # noqa: ARG001
    return compare_effects(_tables)


@st.cache_data(max_entries=32, show_spinner=False)
def _agreement(
    key: tuple[str, ...],  # noqa: ARG001
    first: Track,
    second: Track,
    sizes: bool,
    _found: EffectComparison,
) -> Agreement:
    return _found.agreement(first, second, sizes=sizes)


def _show(
    asked: _Asked, dataset: Dataset, model: Ensemble, scored: ScoredList, theme: Theme
) -> None:
    found = _compared(asked.key, asked.tables)
    st.caption(" ".join(map(plain_sentence, found.statements)))
    first, second, sizes = _tracks(found, model, asked)
    agreement = _agreement(asked.key, first, second, sizes, found)
    st.markdown(_words(agreement, sizes=sizes))
    pair = found.pair(first, second, sizes=sizes)
    labels = scored.labels
    left, right = st.columns(2, gap="medium")
    same_unit = not {first[0], second[0]} & set(asked.outside)
    with left:

        def agreeing(theme: Theme) -> go.Figure:
            axes = _axis(first, asked), _axis(second, asked)
            return agreement_figure(pair, labels, *axes, theme, same_unit=same_unit)

        told = f"Effects of {len(pair)} changes by {first[0]} against those by {second[0]}"
        chart(agreeing(theme), "agreement", told)
        figure_menu(dataset, model, scored, "agreement", agreeing, lambda: _flat(pair), f"{told}.")
    with right:
        tracks = found.tracks()
        if len(tracks) <= _MOST_TRACKS:
            correlations, counts = found.rank_correlations(tracks)

            def ranking(theme: Theme) -> go.Figure:
                return rank_matrix_figure(correlations, counts, theme)

            told = f"Rank correlations of {len(tracks)} populations and tracks"
            chart(ranking(theme), "rank_matrix", told)
            figure_menu(
                dataset, model, scored, "rank_matrix", ranking, lambda: _flat(correlations),
                f"{told} (Spearman).",
            )  # fmt: skip
    effects = found.effects.dropna(subset=[first])
    strongest = effects.loc[effects[first].abs().nlargest(_MOST_SIDE_BY_SIDE).index]

    def side_by_side(theme: Theme) -> go.Figure:
        names = _names(strongest.index, scored, labels)
        return side_by_side_figure(strongest, names, theme, dict.fromkeys(asked.outside, "score"))

    told = f"The {len(strongest)} strongest changes in all models, side by side"
    chart(side_by_side(theme), "side_by_side", told)
    figure_menu(
        dataset, model, scored, "side_by_side", side_by_side, lambda: _flat(strongest),
        f"{told}; each model has its own scale.",
    )  # fmt: skip
    st.caption(
        f"The {len(strongest)} changes with the largest effect by {plain(first[0])} in "
        f"{plain(first[1])}; each model has its own scale."
    )
    header = {**provenance_header(dataset, model, scored), "models": ", ".join(found.names)}
    download(
        "All effects (TSV)", lambda: table_bytes(_flat(found.effects), header), "compared_effects.tsv",
        "download_compared",
    )  # fmt: skip


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """Give tracks names of one line, and what names the rows columns of their own."""
    flat = table.copy()
    if list(flat.columns.names) == _TRACK:
        flat.columns = pd.Index([": ".join(track) for track in flat.columns])
    if list(flat.index.names) == _TRACK:
        flat.index = pd.Index([": ".join(track) for track in flat.index], name="track")
    return flat.reset_index()


def _tracks(found: EffectComparison, model: Ensemble, asked: _Asked) -> tuple[Track, Track, bool]:
    """Ask which population of which model is held against which."""
    mine = found.tracks(model.name)
    others = [track for name in found.names if name != model.name for track in found.tracks(name)]
    left, right, how = st.columns([1, 1, 0.6], vertical_alignment="bottom")
    with left:
        first = st.selectbox(
            f"Of {plain(model.name)}", mine, format_func=lambda track: track[1], key="compared_first",
        )  # fmt: skip
    same = [place for place, track in enumerate(others) if track[1] == first[1]]
    with right:
        second = st.selectbox(
            "against", others, index=same[0] if same else 0, key=f"compared_second_{first[1]}",
            format_func=lambda track: f"{track[0]} · {track[1]}",
        )  # fmt: skip
    with how:
        sizes = st.toggle(
            "Sizes alone", key="compared_sizes", help="Compare |effect|, for scores without sign.",
            value=False, disabled=not asked.outside and len(asked.tables) < 2,
        )  # fmt: skip
    return first, second, sizes


def _axis(track: Track, asked: _Asked) -> str:
    unit = "score" if track[0] in asked.outside else "Δ log10"
    return f"{track[0]}, {track[1]} ({unit})"


def _words(found: Agreement, *, sizes: bool) -> str:
    """Say how far two lists of effects agree."""
    if not np.isfinite(found.spearman):
        return (
            f"{counted(found.n, 'change has', 'changes have')} an effect in both: too few to "
            "correlate, or all the same."
        )
    said = (
        f"Rank correlation ρ = **{decimal(found.spearman)}** (95 % {decimal(found.spearman_low)} to "
        f"{decimal(found.spearman_high)}), Pearson r = {decimal(found.pearson)}, over n = {found.n:,} "
        f"changes of {counted(found.n_rows, 'row')}"
    )
    if not sizes and found.n_signed:
        said += f"; the same sign in **{100 * found.same_sign:.0f} %** of {found.n_signed:,}"
    if found.top:
        said += (
            f"; of the {found.top} strongest, {100 * found.shared:.0f} % are shared "
            f"({100 * found.by_chance:.0f} % by chance)"
        )
    return f"{said}."


def _names(
    changes: pd.Index,
    scored: ScoredList,
    labels: dict[int, str],
) -> list[str]:
    genes = scored.table.drop_duplicates("gene_id").set_index("gene_id")["gene_name"].astype(str)
    levels = (changes.get_level_values(name) for name in ("row", "gene_id", "substitution"))
    return [
        f"{labels.get(int(row), f'row {row}')} {allele_text(to)} · {genes.get(gene, gene)}"
        for row, gene, to in zip(*levels, strict=True)
    ]
