"""Opened datasets, models and computed effects, shared by all sessions of a server.

Objects are cached by path and time of writing, never by content: streamlit hashes a sample of a
large argument and then answers with another table's result (measured: 37 of 40 calls).
"""

from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.figures.dataset import population_correlation
from scx_core.figures.pooling import pool_populations
from scx_core.gene_search import GeneIndex
from scx_core.mutagenesis import Effects
from scx_core.ui.computing import ResultStore

_EFFECT_BYTES: Final = 400_000_000  # 9 genes of the worm: 10,500 x 4 x 130 populations
_VARIANT_BYTES: Final = 100_000_000
ResultKey = tuple[str, str, str]


def open_dataset(path: Path) -> Dataset:
    """Open a dataset, or take it from the cache.

    Raises
    ------
    ScxError
        If it was deleted or cannot be read.
    """
    return _dataset(str(path), _stamp(path / "dataset.json"))


def open_model(path: Path) -> Ensemble:
    """Open a model, or take it from the cache.

    Raises
    ------
    ScxError
        If it was deleted or cannot be read.
    """
    return _model(str(path), _stamp(path / "model.json"))


def is_loaded(dataset: Dataset) -> bool:
    """Whether a dataset's tables are in memory, so that using them takes no time."""
    return "_adata" in vars(dataset)


def gene_index(dataset: Dataset) -> GeneIndex:
    """Names of the dataset's genes, or take them from the cache.

    Raises
    ------
    ScxError
        If the dataset was deleted or is damaged.
    """
    return _gene_index(str(dataset.path), _stamp(dataset.path / "dataset.json"), dataset)


@st.cache_resource(max_entries=8, show_spinner=False)
def _gene_index(path: str, stamp: int, _dataset: Dataset) -> GeneIndex:  # noqa: ARG001
    return GeneIndex(_dataset.genes, _dataset.transcripts)


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError as error:
        raise ScxError(
            f"{path.parent.name!r} is no longer in the workspace; choose another in the sidebar."
        ) from error


@st.cache_resource(max_entries=8, show_spinner=False)
def _dataset(path: str, stamp: int) -> Dataset:  # noqa: ARG001 (stamp is part of the key)
    return Dataset.open(path)


@st.cache_resource(max_entries=16, show_spinner=False)
def _model(path: str, stamp: int) -> Ensemble:  # noqa: ARG001
    import torch

    # Many visitors, few cores: one thread for each. Two visitors' teams of threads would wait for
    # each other (measured: 0.1 s became 9 s). Training runs in processes of its own.
    torch.set_num_threads(1)
    return Ensemble.open(path)


@st.cache_resource(max_entries=1, show_spinner=False)
def effect_store() -> ResultStore[Effects]:
    """Give the effects of the last genes, shared by all sessions."""
    return ResultStore(
        _EFFECT_BYTES,
        lambda effects: int(effects.values.nbytes + effects.spread.nbytes),  # noqa: PD011
    )


@st.cache_resource(max_entries=1, show_spinner=False)
def variant_store() -> ResultStore[pd.DataFrame]:
    """Give the scores of the last lists of variants, shared by all sessions."""
    return ResultStore(_VARIANT_BYTES, lambda table: int(table.memory_usage().sum()))


def model_key(dataset: Dataset, model: Ensemble, what: str) -> ResultKey:
    """Name what a result is of: the model's folder and its time, the data, and the gene or list."""
    stamp = _stamp(model.path / "model.json")
    return f"{model.path}@{stamp}", dataset.digest, what


@st.cache_data(max_entries=64, show_spinner=False)
def pooled_effects(key: ResultKey, order: tuple[str, ...], _effects: Effects) -> pd.DataFrame:  # noqa: ARG001
    """Pool the effects of all populations for the overview; cached by what they are of."""
    return pool_populations(_effects.values, _effects.positions, _effects.populations, order)


@st.cache_data(max_entries=16, show_spinner=False)
def correlations(digest: str, names: tuple[str, ...], _dataset: Dataset) -> pd.DataFrame:  # noqa: ARG001
    """Clustered correlation between populations; cached by the dataset's digest."""
    return population_correlation(_dataset.expression[list(names)])
