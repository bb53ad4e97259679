"""The arrays of an atlas.

On disk::

    <name>/atlas.json         what it is: model, dataset, populations, largest error, provenance
    <name>/genes.parquet      gene id -> name, chromosome, strand, tss (1-based), fold
    <name>/windows.npy        uint8 base codes, genes x length
    <name>/effects.zarr/      effects, scale, max_error, wild_type, done: first axis genes

An effect is ``effects * scale`` of its gene: float16 with the gene's largest |effect| as 1. All
genes together are one array, each gene one file of it, in pieces of 512 positions that are read
by themselves.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import zarr
from numpy.typing import NDArray

from scx_core.sequence.alphabet import BASES

FORMAT: Final = 2
ARRAYS: Final = "effects.zarr"
#: Positions that are read together: 41 kB for 10 populations.
_POSITIONS: Final = 512
#: Genes whose small values share a file.
_GENES: Final = 64


def create_arrays(folder: Path, n_genes: int, length: int, n_populations: int) -> None:
    """Make the empty arrays of an atlas."""
    group = zarr.open_group(folder / ARRAYS, mode="w")
    piece = min(_POSITIONS, length)
    whole = -(-length // piece) * piece
    group.create_array(
        "effects",
        shape=(n_genes, length, len(BASES), n_populations),
        dtype="float16",
        chunks=(1, piece, len(BASES), n_populations),
        shards=(1, whole, len(BASES), n_populations),
        fill_value=np.nan,
    )
    small = min(_GENES, n_genes)
    for name in ("scale", "max_error"):
        group.create_array(
            name, shape=(n_genes,), dtype="float32", chunks=(small,), fill_value=np.nan
        )
    group.create_array(
        "wild_type", shape=(n_genes, n_populations), dtype="float64",
        chunks=(small, n_populations), fill_value=np.nan,
    )  # fmt: skip
    group.create_array("done", shape=(n_genes,), dtype="bool", chunks=(small,), fill_value=False)


def open_arrays(folder: Path, mode: Any = "r") -> zarr.Group:
    """Open the arrays of an atlas."""
    return zarr.open_group(folder / ARRAYS, mode=mode)


def get_array(group: zarr.Group, name: str) -> zarr.Array:
    """Give one array of an atlas.

    Raises
    ------
    KeyError
        If it is missing.
    """
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise KeyError(name)
    return array


def pack(effects: NDArray[np.float32]) -> tuple[NDArray[np.float16], np.float32, np.float32]:
    """Scale the effects of one gene to float16; give the scale and the largest error, too.

    The error is at most 2⁻¹² of the scale, which is the largest |effect|.
    """
    largest = np.float32(np.abs(effects).max(initial=0))
    scale = largest if largest > 0 else np.float32(1)
    packed = (effects / scale).astype(np.float16)
    error = np.float32(np.abs(unpack(packed, scale) - effects).max(initial=0))
    return packed, scale, error


def unpack(packed: NDArray[np.float16], scale: np.floating) -> NDArray[np.float32]:
    """Undo `pack`."""
    return packed.astype(np.float32) * np.float32(scale)
