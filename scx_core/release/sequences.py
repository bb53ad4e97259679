"""The HDF5 file of a release: names, half-life features, and windows read a few rows at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from scx_core.errors import ScxError, counted
from scx_core.hdf5 import open_hdf5, refuse_claims
from scx_core.progress import Progress, no_progress
from scx_core.release.layout import ALPHABET, FEATURES, SEQUENCE_LENGTH, TSS_INDEX
from scx_core.sequence.alphabet import BASES, CODE_WEIGHTS, UNKNOWN

#: Of ours, in the release's order of letters and back: the exchange of G and T is its own inverse.
LETTER_ORDER: Final = tuple(ALPHABET.index(base) for base in BASES)
#: Rows read at once, unless the file's own chunks hold more: 64 x 10,500 x 4 float64 are 21 MB.
_ROWS: Final = 64
_MOST_ROWS: Final = 256
#: 1, ½, ⅓ and ¼ are whole twelfths.
_TWELFTHS: Final = 12
_TOLERANCE: Final = 0.02
_NO_CODE: Final = 255
_EMPTY: Final = 254


def _codes_by_weights() -> NDArray[np.uint8]:
    """Code by the number that four weights make in base 13, in the release's order."""
    table = np.full((_TWELFTHS + 1) ** 4, _NO_CODE, np.uint8)
    twelfths = np.rint(CODE_WEIGHTS[:, LETTER_ORDER] * _TWELFTHS).astype(np.int64)
    table[twelfths @ _PLACES] = np.arange(len(CODE_WEIGHTS), dtype=np.uint8)
    table[0] = _EMPTY
    return table


_PLACES: Final = (_TWELFTHS + 1) ** np.arange(4)
_CODE_OF: Final = _codes_by_weights()


@dataclass(frozen=True)
class ReleasedGenes:
    """Genes of a release, in the order of its rows.

    Attributes
    ----------
    names : tuple of str
        As released; not always unique.
    half_life : ndarray of float64, shape (genes, 5)
        z-scored, in the order of `layout.FEATURES`.
    """

    names: tuple[str, ...]
    half_life: NDArray[np.float64]


@contextmanager
def open_sequences(path: Path) -> Iterator[h5py.File]:
    """Open the HDF5 file of a release, after a look at its parts.

    Raises
    ------
    ScxError
        If it is no HDF5 file, lacks a part, or the parts have other shapes than released ones.
    """
    with open_hdf5(path) as file:
        missing = [
            name
            for name in ("promoter", "data", "geneName")
            if not isinstance(file.get(name), h5py.Dataset)
        ]
        if missing:
            raise ScxError(
                f"{path.name} has no {' and no '.join(missing)}; the sequences of a release hold "
                "promoter, data and geneName."
            )
        n_genes = len(file["geneName"])
        wanted = {
            "promoter": (n_genes, SEQUENCE_LENGTH, len(ALPHABET)),
            "data": (n_genes, len(FEATURES)),
            "geneName": (n_genes,),
        }
        for name, shape in wanted.items():
            if file[name].shape != shape:
                raise ScxError(
                    f"{name} of {path.name} has the shape {_shape(file[name].shape)}, not "
                    f"{_shape(shape)} as in the published layout; give the released file."
                )
        for name in ("data", "geneName"):  # read whole; the sequences are read row by row
            refuse_claims(file[name], path)
        yield file


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{size:,}" for size in shape)


def read_genes(path: Path) -> ReleasedGenes:
    """Read names and half-life features.

    Raises
    ------
    ScxError
        If a name is empty or no text, or a feature is not a number.
    """
    with open_sequences(path) as file:
        stored = file["geneName"][:]
        half_life = np.asarray(file["data"][:], dtype=np.float64)
    try:
        names = tuple(
            name.decode("utf-8") if isinstance(name, bytes) else str(name) for name in stored
        )
    except UnicodeDecodeError as error:
        raise ScxError(f"geneName of {path.name} is not text ({error}); get it again.") from error
    for row, name in enumerate(names):
        if not name.strip() or not name.isprintable():
            raise ScxError(
                f"geneName of {path.name}, row {row:,}: {name!r} is empty or holds control "
                "characters; mend the file."
            )
    wrong = np.argwhere(~np.isfinite(half_life))
    if len(wrong):
        row, column = wrong[0]
        raise ScxError(
            f"data of {path.name}, row {row:,} ({names[row]}), column {column}: not a number; mend "
            "the file."
        )
    return ReleasedGenes(names, half_life)


def read_windows(
    path: Path,
    upstream: int,
    downstream: int,
    out: NDArray[np.uint8],
    progress: Progress = no_progress,
) -> int:
    """Fill ``out`` with the base codes of all windows, reading a few rows at a time.

    Parameters
    ----------
    path : Path
    upstream, downstream : int
        Bases before the TSS, and bases from the TSS on.
    out : ndarray of uint8, shape (genes, upstream + downstream)
        May be a memory map.
    progress : Progress

    Returns
    -------
    int
        Genes of which no letter is known: all weights are 0. Their windows are N.

    Raises
    ------
    ScxError
        If the window is longer than the sequence, or the weights of a position are no letter's.
    """
    check_window(upstream, downstream)
    start, end = TSS_INDEX - upstream, TSS_INDEX + downstream
    n_empty = 0
    with open_sequences(path) as file:
        stored = file["promoter"]
        step = _rows_at_once(stored)
        for first in range(0, len(out), step):
            progress(first / len(out), f"Reading sequences: {first:,} of {len(out):,} genes")
            codes = _encode(_read(path, stored, first, step, start, end), path, first, start)
            is_empty = codes == _EMPTY
            n_empty += int(is_empty.all(axis=1).sum())
            codes[is_empty] = UNKNOWN
            out[first : first + step] = codes
    return n_empty


def check_window(upstream: int, downstream: int) -> None:
    """Refuse a window that a released sequence does not hold."""
    if not 0 <= upstream <= TSS_INDEX or not 1 <= downstream <= SEQUENCE_LENGTH - TSS_INDEX:
        raise ScxError(
            f"A released sequence holds {TSS_INDEX:,} bases before the TSS and "
            f"{SEQUENCE_LENGTH - TSS_INDEX:,} from it on; a window of {upstream:,} + {downstream:,} "
            "does not lie within."
        )


def _rows_at_once(stored: h5py.Dataset) -> int:
    """Whole chunks where that is not too much: a chunk is unpacked at each read that touches it."""
    in_chunk = stored.chunks[0] if stored.chunks else 1
    return min(max(_ROWS // in_chunk, 1) * in_chunk, _MOST_ROWS)


def _read(
    path: Path, stored: h5py.Dataset, first: int, step: int, start: int, end: int
) -> NDArray[np.floating]:
    try:
        return stored[first : first + step, start:end, :]
    except OSError as error:
        raise ScxError(
            f"promoter of {path.name} is damaged at rows {first:,} to {first + step:,} ({error}); "
            "copy it again."
        ) from error


def _encode(weights: NDArray[np.floating], path: Path, first: int, start: int) -> NDArray[np.uint8]:
    """Turn weights, shape (rows, positions, 4), into base codes; all zeros become `_EMPTY`."""
    scaled = weights.astype(np.float32, copy=False) * _TWELFTHS
    twelfths = np.rint(scaled)
    fits = (np.abs(scaled - twelfths) <= _TOLERANCE) & (twelfths >= 0) & (twelfths <= _TWELFTHS)
    keys = np.where(fits, twelfths, 0).astype(np.int64) @ _PLACES
    codes = _CODE_OF[keys]
    wrong = np.argwhere((codes == _NO_CODE) | ~fits.all(axis=-1))
    if len(wrong):
        row, position = wrong[0]
        values = ", ".join(f"{value:.3g}" for value in weights[row, position])
        raise ScxError(
            f"promoter of {path.name}, row {first + row:,}, position {start + position:,}: the weights "
            f"{values} are no letter's; the layout holds one-hot {ALPHABET}, shared where a letter is "
            "ambiguous."
        )
    return codes


def write_sequences(
    path: Path,
    names: tuple[str, ...],
    half_life: NDArray[np.float64],
    sequences: Iterator[NDArray[np.uint8]],
    progress: Progress = no_progress,
) -> None:
    """Write the HDF5 file of a release, gene by gene.

    Parameters
    ----------
    path : Path
    names : tuple of str
    half_life : ndarray of float64, shape (genes, 5)
        z-scored, in the order of `layout.FEATURES`.
    sequences : iterator of ndarray of uint8, shape (95,001,)
        Base codes of each gene, in its direction, the TSS at 70,000.
    progress : Progress
    """
    packed: dict[str, Any] = {"compression": "gzip", "compression_opts": 1}
    weights = CODE_WEIGHTS[:, LETTER_ORDER].astype(np.float64)
    encoded = [name.encode("utf-8") for name in names]
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=half_life)
        file.create_dataset("geneName", data=np.array(encoded))
        stored = file.create_dataset(
            "promoter",
            (len(names), SEQUENCE_LENGTH, len(ALPHABET)),
            np.float64,
            chunks=(1, SEQUENCE_LENGTH, len(ALPHABET)),
            **packed,
        )
        for row, codes in enumerate(sequences):
            stored[row] = weights[codes]
            if row % 50 == 0:
                progress(row / len(names), f"Writing {counted(len(names), 'sequence')}: {row:,}")
