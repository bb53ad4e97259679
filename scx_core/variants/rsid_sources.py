"""Sources of rsIDs that the user registers in the workspace.

A source is a dbSNP-style VCF, a table with ids and places, or a GWAS catalogue (places without
alleles). It is read once, into one sorted file that is searched where it lies, so that tens of
millions of ids cost no memory. ``workspace/rsids/<name>/`` holds ``ids.sqlite`` and ``source.json``.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scx_core.errors import ScxError, counted, join_some
from scx_core.progress import Progress, no_progress
from scx_core.provenance import provenance
from scx_core.store import (
    Workspace,
    atomic_directory,
    check_name,
    damage_as_sentence,
    discard,
    read_json,
    write_json,
)
from scx_core.variants.genome import canonical_build
from scx_core.variants.reading.reader import open_variants
from scx_core.variants.rsid_files import (
    IDS_FILE,
    MEND,
    Counts,
    count_of,
    insert,
    open_for_writing,
    sort_places,
)


@dataclass(frozen=True)
class RsidSource:
    """A registered source.

    Attributes
    ----------
    name : str
    path : Path
        Its folder.
    format : str
        Of the file it was made from, see `VariantList.format`.
    build : str
        Genome build of its positions.
    n_ids, n_places, n_merged : int
        Distinct ids; places with alleles; ids that were merged into others.
    with_alleles : bool
        Whether it knows reference and alternative.
    dropped : mapping of str to int
        Rows of the file that name no id with a place, by reason.
    """

    name: str
    path: Path
    format: str
    build: str
    n_ids: int
    n_places: int
    n_merged: int
    with_alleles: bool
    dropped: Mapping[str, int]


def register(
    workspace: Workspace,
    path: Path,
    name: str,
    *,
    build: str = "",
    roles: Mapping[str, str] | None = None,
    progress: Progress = no_progress,
) -> RsidSource:
    """Make a source of rsIDs from a file.

    Parameters
    ----------
    workspace : Workspace
    path : Path
        VCF, BCF, GWAS catalogue or table, as `open_variants` reads it.
    name : str
    build : str
        Genome build of the positions; may be left out where the file states it.
    roles : mapping of str to str, optional
        Corrects what columns of a table are; ``current_id`` is that of ids merged into others.
    progress : Progress

    Raises
    ------
    ScxError
        If the name is taken or impossible, the build is not known or another than the file says, or
        no row has an id with a place. Nothing is left behind then.
    """
    target = _folder(workspace, name)
    with atomic_directory(target) as folder:
        reader = open_variants(path, roles=roles)
        counts = Counts()
        with open_for_writing(folder / IDS_FILE) as database:
            for chunk in reader:
                insert(database, chunk, counts)
                progress(0.7 * reader.share_read, f"Reading {path.name}: {counts.rows:,} rows")
            # Only now: a list may name its build in any of its rows.
            stated = _settle_build(name, build, reader.build)
            progress(0.75, "Sorting ids")
            n_places = sort_places(database)
            n_ids = count_of(database, "SELECT count(DISTINCT id) FROM places")
            n_merged = count_of(database, "SELECT count(*) FROM merged")
            alleles = count_of(database, "SELECT count(*) FROM places WHERE alternative != ''")
        if not n_places:
            raise ScxError(
                f"{path.name} has no row with an id, a chromosome and a position; register a file "
                "that has."
            )
        made = RsidSource(
            name, target, reader.format, stated, n_ids, n_places, n_merged, alleles > 0,
            counts.dropped,
        )  # fmt: skip
        parameters = {"name": name, "build": stated, "roles": dict(reader.roles)}
        described = asdict(made) | {"dropped": dict(counts.dropped)}
        del described["path"]
        progress(0.95, "Writing")
        write_json(
            folder / "source.json",
            {**described, "provenance": provenance({"source": path}, parameters)},
        )
    return made


def registered(workspace: Workspace) -> list[RsidSource]:
    """List the sources in the order in which they are asked: those with alleles first, by name."""
    folders = sorted((workspace.root / "rsids").glob("[!.]*/source.json"))
    sources = [_open(file.parent) for file in folders]
    return sorted(sources, key=lambda source: (not source.with_alleles, source.name))


def remove(workspace: Workspace, name: str) -> None:
    """Delete a source.

    Raises
    ------
    ScxError
        If there is none of this name.
    """
    folder = _folder(workspace, name)
    if not folder.is_dir():
        names = join_some(source.name for source in registered(workspace)) or "none is registered"
        raise ScxError(f"There is no source of rsIDs {name!r} (there is: {names}).")
    discard(folder, "source of rsIDs")


def _folder(workspace: Workspace, name: str) -> Path:
    return workspace.root / "rsids" / check_name(name, "source of rsIDs")


def _open(folder: Path) -> RsidSource:
    with damage_as_sentence(folder / "source.json", MEND):
        stored: dict[str, Any] = read_json(folder / "source.json")
        stored.pop("provenance")
        return RsidSource(path=folder, **{**stored, "name": folder.name})


def _settle_build(name: str, given: str, stated: str) -> str:
    given = canonical_build(given)
    if given and stated and given != stated:
        raise ScxError(
            f"The file for {name!r} is on {stated} as it says itself, not on {given}; give the right "
            "genome build or file."
        )
    if not (given or stated):
        raise ScxError(
            f"The file for {name!r} does not say its genome build; say which it is, such as hg38."
        )
    return given or stated


def describe_source(source: RsidSource) -> str:
    """Say in one sentence what a source holds."""
    what = "with alleles" if source.with_alleles else "places only"
    return (
        f"{source.name}: {counted(source.n_ids, 'id')} on {source.build}, {what} ({source.format})."
    )
