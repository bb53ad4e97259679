"""Placing and scoring a list inside the page: kept for all sessions, with progress and a way out."""

import json
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import counted
from scx_core.progress import Progress, part_of
from scx_core.store import Workspace
from scx_core.ui.computing import ResultStore, computed
from scx_core.ui.loading import ResultKey, model_key, variant_store
from scx_core.ui.variants_reading import Reading
from scx_core.ui.variants_words import labels_by_row
from scx_core.variants.liftover import list_chains
from scx_core.variants.pipeline import PlacedList, Scorer, ScoringOptions, count_outcomes
from scx_core.variants.rsid_sources import registered

_STORE_BYTES = 200_000_000


@dataclass(frozen=True)
class ScoredList:
    """A list with its effects.

    Attributes
    ----------
    reading : Reading
    placed : PlacedList
    table : DataFrame
        See `scx_core.variants.scoring.score_placed`; ranked and compared with random changes.
    outcomes : DataFrame
        ``outcome, rows``; adds up to the rows of the list.
    key : tuple of str
        Names all this: model, data, list, options, sources.
    """

    reading: Reading
    placed: PlacedList
    table: pd.DataFrame
    outcomes: pd.DataFrame
    key: ResultKey

    @cached_property
    def labels(self) -> dict[int, str]:
        """Name of each row, for figures."""
        return labels_by_row(self.table)


@st.cache_resource(max_entries=1, show_spinner=False)
def _placed_store() -> ResultStore[PlacedList]:
    """Give the last lists that were placed, shared by all sessions."""
    return ResultStore(_STORE_BYTES, lambda found: 8 * int(found.placed.memory_usage().sum()))


def _sources_stamp(workspace: Workspace) -> str:
    """Name the chains and rsIDs that are registered: with others, the same list has other results."""
    chains = [f"{chain}={chain.sha256}" for chain in list_chains(workspace)]
    ids = [f"{source.name}={source.build},{source.n_places}" for source in registered(workspace)]
    return json.dumps([chains, ids])


def _list_key(
    workspace: Workspace, dataset: Dataset, model: Ensemble, reading: Reading, build: str
) -> ResultKey:
    """Name the results of a list."""
    return model_key(dataset, model, f"{reading.key}|{build}|{_sources_stamp(workspace)}")


def place(
    workspace: Workspace, dataset: Dataset, model: Ensemble, reading: Reading, build: str
) -> PlacedList | None:
    """Find the windows of a list, or take them from the store; None where the person cancelled.

    Raises
    ------
    ScxError
        If the list is said to be on a build from which no chain leads here.
    """

    def compute(progress: Progress) -> PlacedList:
        with Scorer(workspace, model, dataset, _options(reading, build), progress) as scorer:
            return scorer.place(reading.variants)

    return computed(
        _placed_store(), _list_key(workspace, dataset, model, reading, build), "place",
        f"Looking for the windows of {counted(len(reading.variants), 'row')}.", compute,
    )  # fmt: skip


def score(
    workspace: Workspace,
    dataset: Dataset,
    model: Ensemble,
    reading: Reading,
    placed: PlacedList,
    build: str,
) -> ScoredList | None:
    """Score a list, or take the scores from the store; None where the person cancelled."""
    key = _list_key(workspace, dataset, model, reading, build)
    table = computed(
        variant_store(), key, f"variants_{model.name}",
        f"Scoring {counted(_scorable(placed), 'variant')} with {model.name}.",
        lambda progress: _score(workspace, dataset, model, reading, placed, build, progress),
    )  # fmt: skip
    if table is None:
        return None
    outcomes = count_outcomes(table, len(reading.variants))
    return ScoredList(reading, placed, table, outcomes, key)


def _score(
    workspace: Workspace,
    dataset: Dataset,
    model: Ensemble,
    reading: Reading,
    placed: PlacedList,
    build: str,
    progress: Progress,
) -> pd.DataFrame:
    """Score what was placed; sorted by row."""
    options = _options(reading, build)
    with Scorer(workspace, model, dataset, options, part_of(progress, 0, 0.02)) as scorer:
        return scorer.score(placed.placed, part_of(progress, 0.02, 1.0))


def _scorable(placed: PlacedList) -> int:
    done = placed.placed[placed.placed["reason"] == ""]
    return len(done.drop_duplicates(["row", "part"]))


def _options(reading: Reading, build: str) -> ScoringOptions:
    return ScoringOptions(roles=reading.roles, build=build)
