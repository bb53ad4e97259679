"""All effects of a gene as arrays: compressed numpy, and HDF5."""

import io
import json
from collections.abc import Mapping
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from scx_core import __version__
from scx_core.mutagenesis.effects import Effects
from scx_core.sequence.alphabet import BASES, CODE_LETTERS

_UNIT: Final = "predicted(substituted) - predicted(wild type), log10 expression, mean over runs"


def cube_arrays(effects: Effects) -> dict[str, NDArray[Any]]:
    """Arrays of a gene's effects, by name.

    Returns
    -------
    dict
        ``values`` (float32, positions x letters x populations; log10, 0 for the wild type),
        ``spread`` (the same shape; standard deviation over runs), ``letters`` (bytes, ACGT on the
        gene's strand), ``positions`` (int64, relative to the TSS), ``genome_positions`` (int64,
        1-based), ``sequence`` (bytes, the wild type's letter at each position),
        ``populations`` (text), ``wild_type`` and ``wild_type_spread`` (float64, log10 prediction).
    """
    return {
        "values": effects.values,
        "spread": effects.spread,
        "letters": np.array(list(BASES), dtype="S1"),
        "positions": effects.positions.astype(np.int64),
        "genome_positions": effects.genome_positions.astype(np.int64),
        "sequence": np.array(list(CODE_LETTERS), dtype="S1")[effects.codes],
        "populations": np.array(effects.populations, dtype=np.str_),
        "wild_type": effects.wild_type,
        "wild_type_spread": effects.wild_type_spread,
    }


def cube_attributes(effects: Effects, header: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Say of what gene the effects are, and what made them."""
    return {
        **{str(name): str(value) for name, value in (header or {}).items()},
        "gene_id": effects.gene_id, "chromosome": effects.chromosome, "strand": effects.strand,
        "tss": int(effects.tss), "fold": int(effects.fold), "n_runs": int(effects.n_runs),
        "unit": _UNIT, "coordinates": "genome_positions 1-based; positions relative to the TSS",
        "made_by": f"scX Explorer {__version__}",
    }  # fmt: skip


def cube_npz(effects: Effects, header: Mapping[str, object] | None = None) -> bytes:
    """Write the effects as a compressed ``.npz``, to be read without pickle.

    Parameters
    ----------
    effects : Effects
    header : mapping, optional
        What made them; with the gene, as JSON text in the array ``provenance``.
    """
    file = io.BytesIO()
    made = json.dumps(cube_attributes(effects, header), ensure_ascii=False)
    arrays: dict[str, Any] = {**cube_arrays(effects), "provenance": np.array(made)}
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def cube_hdf5(effects: Effects, header: Mapping[str, object] | None = None) -> bytes:
    """Write the effects as HDF5, with what made them as attributes of the file.

    Parameters
    ----------
    effects : Effects
    header : mapping, optional
    """
    file = io.BytesIO()
    with h5py.File(file, "w", track_order=True) as store:
        for name, array in cube_arrays(effects).items():
            if array.dtype.kind == "U":
                store.create_dataset(name, data=array.astype(object), dtype=h5py.string_dtype())
            elif array.ndim == 3:
                store.create_dataset(name, data=array, compression="gzip", shuffle=True)
            else:
                store.create_dataset(name, data=array)
        store.attrs.update(cube_attributes(effects, header))
        for name in ("values", "spread"):
            store[name].attrs["dimensions"] = ["positions", "letters", "populations"]
            store[name].attrs["unit"] = "log10"
    return file.getvalue()
