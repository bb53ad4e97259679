"""Opened datasets, models and computed effects, shared by all sessions of a server.

Objects are cached by path and time of writing, never by content: streamlit hashes a sample of a
large argument and then answers with another table's result (measured: 37 of 40 calls).
"""

from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Final

import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.figures.dataset import population_correlation
from scx_core.figures.pooling import pool_populations
from scx_core.mutagenesis import Effects
from scx_core.progress import Progress

_EFFECT_BYTES: Final = 400_000_000  # 24 genes of the worm's 130 populations
EffectKey = tuple[str, str, str]


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
    return Ensemble.open(path)


class EffectStore:
    """The last effects computed, up to a number of bytes; safe to share between threads."""

    def __init__(self, limit: int = _EFFECT_BYTES) -> None:
        self.limit = limit
        self._held: OrderedDict[EffectKey, Effects] = OrderedDict()
        self._lock = Lock()

    def get(self, key: EffectKey) -> Effects | None:
        """Return what was stored under the key, if it is still held."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: EffectKey, effects: Effects) -> None:
        """Store, and let go of the least recently used beyond the limit (the newest always stays)."""
        with self._lock:
            self._held[key] = effects
            self._held.move_to_end(key)
            while len(self._held) > 1 and sum(map(_bytes_of, self._held.values())) > self.limit:
                self._held.popitem(last=False)

    def __len__(self) -> int:
        return len(self._held)


def _bytes_of(effects: Effects) -> int:
    return int(effects.values.nbytes + effects.spread.nbytes)


@st.cache_resource(max_entries=1, show_spinner=False)
def effect_store() -> EffectStore:
    """The store shared by all sessions.

    `st.cache_data` cannot hold effects: a function that reports progress replays it, and a copy of
    40 MB would be made for every click.
    """
    return EffectStore()


def effect_key(dataset: Dataset, model: Ensemble, gene_id: str) -> EffectKey:
    """What effects are stored under."""
    stamp = _stamp(model.path / "model.json")
    return f"{model.path}@{stamp}", dataset.digest, gene_id


def compute_effects(dataset: Dataset, model: Ensemble, gene_id: str, progress: Progress) -> Effects:
    """Effects of every substitution of a gene's window, from the store where possible.

    ``progress`` may raise to cancel; nothing is stored then.
    """
    key = effect_key(dataset, model, gene_id)
    effects = effect_store().get(key)
    if effects is None:
        effects = model.saturation_mutagenesis(dataset, gene_id, progress=progress)
        effect_store().put(key, effects)
    return effects


@st.cache_data(max_entries=64, show_spinner=False)
def pooled_effects(key: EffectKey, order: tuple[str, ...], _effects: Effects) -> pd.DataFrame:
    """Pool the effects of all populations for the overview; cached by what they are of."""
    return pool_populations(_effects.values, _effects.positions, _effects.populations, order)


@st.cache_data(max_entries=16, show_spinner=False)
def correlations(digest: str, names: tuple[str, ...], _dataset: Dataset) -> pd.DataFrame:
    """Clustered correlation between populations; cached by the dataset's digest."""
    return population_correlation(_dataset.expression[list(names)])
