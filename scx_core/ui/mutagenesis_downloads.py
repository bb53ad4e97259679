"""Downloads of the Mutagenesis page: its charts as figures for a paper, with the numbers drawn."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.export import (
    bedgraph_bytes,
    bigwig_bytes,
    cube_hdf5,
    cube_npz,
    file_name,
    overlaps_bed,
)
from scx_core.figures.base_level import base_contribution, detail_figure
from scx_core.figures.gene_track import make_track
from scx_core.figures.overview import overview_figure
from scx_core.figures.pooling import largest_effect
from scx_core.mutagenesis import Effects
from scx_core.sequence.alphabet import BASES, CODE_LETTERS
from scx_core.ui.choose import gene_name
from scx_core.ui.figure_files import figure_downloads
from scx_core.ui.mutagenesis_options import Shown
from scx_core.ui.plain import plain
from scx_core.ui.show import download


def header_of(dataset: Dataset, model: Ensemble, effects: Effects) -> dict[str, object]:
    """Say what the tables of a gene are of."""
    return {
        "gene": f"{gene_name(dataset, effects.gene_id)} ({effects.gene_id})",
        "model": f"{model.name}, fold {effects.fold}, {effects.n_runs} runs",
        "dataset": f"{dataset.name}, digest {dataset.digest}",
        "genome": dataset.metadata.get("assembly", ""),
        "effect": "predicted(alternative) - predicted(reference), log10 expression, mean over runs",
        "letters": "on the strand of the gene; genome positions 1-based",
    }


def overview_downloads(
    dataset: Dataset,
    model: Ensemble,
    effects: Effects,
    shown: Shown,
    pooled: pd.DataFrame,
    regions: pd.DataFrame,
    groups: Sequence[str],
    caption: str,
    exons: pd.DataFrame,
) -> None:
    """Offer the chart of the whole window."""

    def figure() -> go.Figure:
        track, decreases = shown.tracks
        return overview_figure(
            track, effects.positions, effects.genome_positions, pooled, regions, "light",
            kind=shown.kind, spread=shown.spread, decreases=decreases, groups=groups, chromosome=effects.chromosome,
            label=shown.label, exons=exons,
        )  # fmt: skip

    name = gene_name(dataset, effects.gene_id)
    figure_downloads(
        figure,
        key="overview_files",
        name=f"{name} {shown.whose} mutagenesis",
        table=lambda: track_table(effects, shown),
        header={**header_of(dataset, model, effects), **shown.header},
        caption=f"In-silico mutagenesis of {name}. {caption}",
        methods=lambda: shown.methods,
        label="Figure and data",
    )


def track_table(effects: Effects, shown: Shown) -> pd.DataFrame:
    """Tabulate what the chart of the whole window draws.

    Returns
    -------
    DataFrame
        One row per position: ``chromosome, position`` (1-based), ``relative_to_tss, reference``,
        the track (``track``, or ``track_1`` to ``track_3`` from the greatest to the smallest; of a
        comparison in which they are drawn apart, ``increases`` and ``decreases``), ``spread`` if there is a band, and ``strongest: NAME`` for each population (log10).
    """
    first, decreases = shown.tracks
    track = make_track(first, shown.kind, shown.spread)
    lines = _lines(track.effects, "track" if decreases is None else "increases")
    if decreases is not None:
        lines |= _lines(make_track(decreases, shown.kind).effects, "decreases")
    parts = {
        "chromosome": np.full(len(effects.codes), effects.chromosome, dtype=object),
        "position": effects.genome_positions,
        "relative_to_tss": effects.positions,
        "reference": np.array(list(CODE_LETTERS))[effects.codes],
        **lines,
    }
    if track.spread is not None:
        parts["spread"] = track.spread
    strongest = largest_effect(effects.values, axis=1)
    populations = [f"strongest: {name}" for name in effects.populations]
    return pd.concat([pd.DataFrame(parts), pd.DataFrame(strongest, columns=populations)], axis=1)


def _lines(track: NDArray[np.float32], name: str) -> dict[str, NDArray[np.float32]]:
    """Name the lines of a track."""
    if track.shape[1] == 1:
        return {name: track[:, 0]}
    return {f"{name}_{number}": line for number, line in enumerate(track.T, 1)}


def detail_downloads(
    dataset: Dataset,
    model: Ensemble,
    effects: Effects,
    shown: Shown,
    place: tuple[int, int],
    caption: str,
) -> None:
    """Offer the chart of a region at base level."""
    part = slice(place[0], place[1] + 1)
    values = shown.values[part]  # noqa: PD011, an array

    def figure() -> go.Figure:
        return detail_figure(
            values, effects.positions[part], effects.genome_positions[part], effects.codes[part],
            "light", chromosome=effects.chromosome, label=shown.label,
        )  # fmt: skip

    def table() -> pd.DataFrame:
        whole = pd.DataFrame(
            {
                "chromosome": effects.chromosome,
                "position": effects.genome_positions[part],
                "relative_to_tss": effects.positions[part],
                "reference": np.array(list(CODE_LETTERS))[effects.codes[part]],
                "contribution": base_contribution(values, effects.codes[part]),
            }
        )
        changed = pd.DataFrame(values, columns=[f"changed to {base}" for base in BASES])
        return pd.concat([whole, changed], axis=1)

    name = gene_name(dataset, effects.gene_id)
    figure_downloads(
        figure,
        key="detail_files",
        name=f"{name} {shown.whose} letters",
        table=table,
        header={**header_of(dataset, model, effects), **shown.header},
        caption=f"{name}, letter by letter. {caption} {shown.methods}".strip(),
        methods=lambda: shown.methods,
        label="Figure and data",
    )


def other_formats(
    dataset: Dataset,
    effects: Effects,
    population: str,
    regions: pd.DataFrame,
    header: dict[str, object],
) -> None:
    """Offer the effects for genome browsers and for programs."""
    told = {**header, "population": population}
    stem = file_name(f"{gene_name(dataset, effects.gene_id)} {population}")
    whole = file_name(f"{gene_name(dataset, effects.gene_id)} effects")
    with st.popover("For other programs", icon=":material/download:", type="tertiary"):
        st.caption(
            f"Strongest substitution per position in {plain(population)}, for genome browsers"
        )
        _file("bedGraph", lambda: bedgraph_bytes(effects, population, told), f"{stem}.bedgraph")
        _file("bigWig", lambda: bigwig_bytes(effects, population), f"{stem}.bw")
        if len(regions):
            _file(
                "cCREs with their strongest effects (BED)",
                lambda: overlaps_bed(effects, population, regions, told),
                f"{stem}_ccres.bed",
            )
        st.caption("All substitutions in all populations")
        _file("HDF5", lambda: cube_hdf5(effects, header), f"{whole}.h5")
        _file("NumPy (npz)", lambda: cube_npz(effects, header), f"{whole}.npz")


def _file(label: str, make: Callable[[], bytes], name: str) -> None:
    key = f"download_{name.rpartition('.')[2]}"
    download(label, make, name, key, mime="application/octet-stream")
