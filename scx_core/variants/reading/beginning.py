"""The beginning of a list of variants, as a page shows it, in one call that a process can do."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from scx_core.variants.reading.layout import find_layout
from scx_core.variants.reading.reader import open_variants
from scx_core.variants.reading.source import LIMIT_STREAMED, Source
from scx_core.variants.reading.variant_list import VariantList


def read_beginning(
    given: Path, roles: Mapping[str, str], n_rows: int, name: str
) -> tuple[VariantList, bool]:
    """Read at most so many rows of a list.

    Parameters
    ----------
    given : Path
    roles : mapping of str to str
        See `open_variants`.
    n_rows : int
    name : str
        How messages call the list.

    Returns
    -------
    variants : VariantList
        All rows, or the first ``n_rows + 1`` of a longer list.
    whole : bool
        Whether it is all of them.
    """
    reader = open_variants(given, roles=roles, chunk_rows=n_rows + 1, name=name)
    chunks = iter(reader)
    first = next(chunks)
    whole = len(first) <= n_rows and next(chunks, None) is None
    return replace(first, notices=reader.notices), whole


def read_header(given: Path | str, name: str) -> tuple[str, ...]:
    """Give the names of the columns of a list that is a table."""
    return tuple(find_layout(Source.of(given, name, LIMIT_STREAMED).head()).header)
