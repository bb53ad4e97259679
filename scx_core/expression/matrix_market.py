"""Matrix Market files, whose header says sizes that are checked before it is believed."""

from pathlib import Path
from typing import Final

from scipy import sparse

from scx_core.errors import ScxError, reason_of
from scx_core.unpacking import FREE_BYTES, LARGEST_RATIO, open_unpacked

#: Bytes of the shortest entry: row, column, end of line ("1 1\n"), as patterns write it.
_SHORTEST_ENTRY: Final = 4
#: Rows or columns that may be empty, all of them: 10x lists 6.8 million barcodes.
_FREE_LENGTH: Final = 20_000_000
_LONGEST_LINE: Final = 10_000
_GZIP: Final = b"\x1f\x8b"


def read_matrix_market(path: Path) -> sparse.csr_matrix:
    """Read a matrix, once its file can hold what its header claims.

    Parameters
    ----------
    path : Path
        ``.mtx``, plain or gzip.

    Raises
    ------
    ScxError
        If it claims more values, rows or columns than its bytes can hold, or is damaged.
    """
    from scipy.io import mmread

    shape, n_values = _claims(path)
    most = _most_bytes(path)
    if n_values > most // _SHORTEST_ENTRY or max(shape) > max(_FREE_LENGTH, most):
        raise ScxError(
            f"{path.name} claims {shape[0]:,} x {shape[1]:,} with {n_values:,} values, more than a file "
            f"of {path.stat().st_size / 1e6:,.1f} MB can hold; it is damaged or cut short, copy it again."
        )
    try:
        with open_unpacked(path) as file:
            return sparse.csr_matrix(mmread(file))
    except ScxError:
        raise
    except (ValueError, OverflowError, OSError) as error:
        raise ScxError(
            f"{path.name} is not a complete Matrix Market file ({reason_of(error)}); copy it again."
        ) from error


def _claims(path: Path) -> tuple[tuple[int, int], int]:
    """Read rows, columns and number of values from the header."""
    with open_unpacked(path) as file:
        words = file.readline(_LONGEST_LINE).lower().split()
        line = file.readline(_LONGEST_LINE)
        while line.startswith(b"%") or (line and not line.strip()):
            line = file.readline(_LONGEST_LINE)
    sizes = [int(word) for word in line.split()] if _are_numbers(line) else []
    expected = {b"coordinate": 3, b"array": 2}.get(words[2] if len(words) > 2 else b"", 0)
    if words[:2] != [b"%%matrixmarket", b"matrix"] or len(sizes) != expected or not expected:
        raise ScxError(
            f"{path.name} is not a complete Matrix Market file (it has no header with its sizes); copy "
            "it again."
        )
    # A value of a dense matrix takes two bytes at least, one of a sparse one four.
    n_values = sizes[2] if expected == 3 else sizes[0] * sizes[1] // 2
    return (sizes[0], sizes[1]), n_values


def _are_numbers(line: bytes) -> bool:
    return all(word.isdigit() and len(word) < 19 for word in line.split())


def _most_bytes(path: Path) -> int:
    """Bytes that the file may unpack to."""
    size = path.stat().st_size
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return max(FREE_BYTES, size * LARGEST_RATIO) if packed else size
