"""The sorted file of ids and places that a source of rsIDs is (SQLite)."""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

from scx_core.errors import ScxError
from scx_core.variants.reading.variant_list import VariantList

#: Name of the file in the folder of a source.
IDS_FILE: Final = "ids.sqlite"
MEND: Final = "remove the source and register it again"

_RSID: Final = re.compile(r"rs([0-9]{1,18})", re.IGNORECASE)
_PLACE: Final = ("id", "chromosome", "position", "reference", "alternative")
_COLUMNS: Final = ", ".join(_PLACE)
#: Ids in one question: SQLite takes at least 999 values.
_AT_ONCE: Final = 900
#: Kilobytes of memory for sorting.
_MEMORY: Final = 64_000

Key = int | str
Place = tuple[str, int, str, str]


def key_of(text: str) -> Key:
    """Give the number of an rsID (a quarter of the size, and sorted as such), else the text."""
    match = _RSID.fullmatch(text.strip())
    return int(match[1]) if match else text.strip()


def text_of(key: Key) -> str:
    """Write a key as an id."""
    return f"rs{key}" if isinstance(key, int) else key


class Counts:
    """Rows read, and those without a place, by reason."""

    def __init__(self) -> None:
        self.rows = 0
        self.dropped: dict[str, int] = {}


@contextmanager
def open_for_writing(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for writing; unsorted rows lie in a second one that is deleted."""
    unsorted = file.with_name("unsorted.sqlite")
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        try:
            _make_tables(database, unsorted)
            yield database
        except sqlite3.Error as error:
            raise ScxError(
                f"{file.parent.parent.name}/{file.name} could not be written ({error}; nothing was "
                "kept); free some space and register again."
            ) from error
    unsorted.unlink()


def _make_tables(database: sqlite3.Connection, unsorted: Path) -> None:
    # The folder is thrown away if anything fails, so nothing need be safe on the way.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_MEMORY}"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("ATTACH ? AS unsorted", (str(unsorted),))
    database.execute("PRAGMA unsorted.journal_mode = OFF")
    # No types: an id is a number (of an rsID) or a text.
    database.execute(f"CREATE TABLE unsorted.places ({_COLUMNS})")
    database.execute(f"CREATE TABLE places ({_COLUMNS}, PRIMARY KEY ({_COLUMNS})) WITHOUT ROWID")
    database.execute("CREATE TABLE merged (id PRIMARY KEY, current) WITHOUT ROWID")


def insert(database: sqlite3.Connection, chunk: VariantList, counts: Counts) -> None:
    """Put the places of a chunk into the unsorted file; count the rows without one."""
    parts = chunk.alleles
    counts.rows += len(chunk)
    reason = parts["reason"].where(parts["id"] != "", "no id")
    reason = reason.where((reason != "") | parts["position"].notna(), "no position")
    for why, number in (
        reason[reason != ""].str.replace(r"'.*'", "…", regex=True).value_counts().items()
    ):
        counts.dropped[str(why)] = counts.dropped.get(str(why), 0) + int(number)
    good = parts[reason == ""]
    records = (
        (key_of(text), *place)
        for ids, *place in zip(*(good[name].tolist() for name in _PLACE), strict=True)
        for text in re.split(r"[;,]", ids)
        if text.strip()
    )
    database.execute("BEGIN")
    database.executemany("INSERT INTO unsorted.places VALUES (?, ?, ?, ?, ?)", records)
    database.executemany("INSERT OR REPLACE INTO merged VALUES (?, ?)", _merged_ids(chunk))
    database.execute("COMMIT")


def _merged_ids(chunk: VariantList) -> list[tuple[Key, Key]]:
    """Pairs of an id and what it was merged into, where the file has a column for it."""
    if "current_id" not in chunk.roles:
        return []
    now = chunk.rows[chunk.roles["current_id"]].str.strip().str.lower()
    now = now.str.removeprefix("rs").str.removesuffix(".0")
    first = chunk.alleles.drop_duplicates("row", keep=False)
    pairs = zip(first["id"], now.loc[first["row"]], strict=True)
    found = [(key_of(text), int(number)) for text, number in pairs if number.isdecimal()]
    return [(key, number) for key, number in found if key != number]


def sort_places(database: sqlite3.Connection) -> int:
    """Put the places in order, each once; SQLite sorts in files where memory is short."""
    database.execute("BEGIN")
    database.execute(
        f"INSERT INTO main.places SELECT DISTINCT {_COLUMNS} FROM unsorted.places ORDER BY {_COLUMNS}"  # noqa: S608
    )
    database.execute("COMMIT")
    database.execute("DETACH unsorted")
    return count_of(database, "SELECT count(*) FROM places")


def count_of(database: sqlite3.Connection, query: str) -> int:
    """Give the number that a question asks for."""
    return int(database.execute(query).fetchone()[0])


def ask_places(folder: Path, keys: Iterable[Key]) -> dict[Key, list[Place]]:
    """Look up chromosome, position, reference and alternative of keys; unknown ones are left out.

    Raises
    ------
    ScxError
        If the file is missing or damaged.
    """
    found: dict[Key, list[Place]] = {}
    for key, *place in _ask(folder, f"SELECT {_COLUMNS} FROM places", keys):  # noqa: S608
        found.setdefault(key, []).append((place[0], place[1], place[2], place[3]))
    return found


def ask_merged(folder: Path, keys: Iterable[Key]) -> dict[Key, Key]:
    """Look up what keys were merged into.

    Raises
    ------
    ScxError
        If the file is missing or damaged.
    """
    pairs = _ask(folder, "SELECT id, current FROM merged", keys)
    return {key: now for key, now in pairs}  # noqa: C416 - rows are of any length to mypy


def _ask(folder: Path, query: str, keys: Iterable[Key]) -> Iterator[tuple[Any, ...]]:
    file = folder / IDS_FILE
    waiting = iter(sorted(keys, key=lambda key: (isinstance(key, str), key)))
    try:
        # Immutable: nobody writes to it again, so that no lock is needed, also on shared disks.
        address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as database:
            while batch := list(islice(waiting, _AT_ONCE)):
                marks = ", ".join("?" * len(batch))
                yield from database.execute(f"{query} WHERE id IN ({marks})", batch)
    except sqlite3.Error as error:
        raise ScxError(
            f"{IDS_FILE} of {folder.name!r} is missing or damaged ({error}); {MEND}."
        ) from error
