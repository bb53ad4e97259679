"""Moving alleles to another genome build by chain files that a person registered.

A registered chain lies in ``chains/<source>-to-<target>/`` of the workspace: the file as it came,
and ``chain.json`` with its digest. Format of chain files: https://genome.ucsc.edu/goldenPath/help/chain.html
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from liftover import ChainFile

from scx_core.errors import ScxError, counted, join_some
from scx_core.sequence.chromosomes import match_names
from scx_core.store import (
    Workspace,
    atomic_directory,
    check_name,
    damage_as_sentence,
    discard,
    disk_full_as_sentence,
    file_digest,
    read_json,
    write_json,
)
from scx_core.unpacking import open_unpacked
from scx_core.variants.alleles import ALLELE_COLUMNS, are_ordered, reverse_complement
from scx_core.variants.assemblies import build_of_length
from scx_core.variants.genome import canonical_build

if TYPE_CHECKING:
    from liftover.chain_file import PyTarget

FORMAT: Final = 1
NOT_LIFTED: Final = "not lifted"
_FOLDER: Final = "chains"
_MEND: Final = "remove the chain and register it again"
#: Plain bytes that a chain file may hold; that of two mammals has about 0.3 GB.
_LARGEST: Final = 2_000_000_000
_LONGEST_LINE: Final = 10_000


@dataclass(frozen=True)
class Chain:
    """A registered chain file.

    Attributes
    ----------
    source, target : str
        Genome builds it leads from and to, by UCSC's names where they are known.
    path : Path
        The workspace's copy.
    file : str
        Name of the file that was registered.
    sha256 : str
        Of its content.
    """

    source: str
    target: str
    path: Path
    file: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.source} to {self.target}"


def register_chain(workspace: Workspace, path: Path, source_build: str, target_build: str) -> Chain:
    """Copy a chain file into the workspace, after checking it.

    Parameters
    ----------
    workspace : Workspace
    path : Path
        Chain file, plain or gzip.
    source_build, target_build : str
        Builds it leads from and to, such as ``"hg19"`` (or GRCh37) and ``"hg38"``.

    Raises
    ------
    ScxError
        If it is no whole chain file, leads elsewhere, or such a chain is registered.
    """
    source = check_name(canonical_build(source_build), "genome build")
    target = check_name(canonical_build(target_build), "genome build")
    if source == target:
        raise ScxError(
            f"A chain leads from one genome build to another, not from {source} to itself."
        )
    if not path.is_file():
        raise ScxError(f"There is no chain file at {path}; check the path.")
    _check_chain_file(path, source, target)
    folder = _folder(workspace, source, target)
    if folder.exists():
        raise ScxError(
            f"A chain from {source} to {target} is registered already; remove it first to replace it."
        )
    with atomic_directory(folder) as partial:
        copy = partial / _stored_name(path)
        with disk_full_as_sentence(folder):
            shutil.copyfile(path, copy)
        record = {
            "format": FORMAT,
            "source": source,
            "target": target,
            "file": path.name,
            "stored": copy.name,
            "sha256": file_digest(copy),
            "registered": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_json(partial / "chain.json", record)
    return _read_record(folder)


def list_chains(workspace: Workspace) -> list[Chain]:
    """List the registered chains, sorted by source and target."""
    records = (workspace.root / _FOLDER).glob("[!.]*/chain.json")
    return [_read_record(record.parent) for record in sorted(records)]


def chains_to(workspace: Workspace, assembly: str) -> list[Chain]:
    """List the registered chains that lead to a genome build, by any of its names."""
    target = canonical_build(assembly)
    return [chain for chain in list_chains(workspace) if chain.target == target]


def remove_chain(workspace: Workspace, source_build: str, target_build: str) -> None:
    """Delete a registered chain.

    Raises
    ------
    ScxError
        If there is none.
    """
    source = check_name(canonical_build(source_build), "genome build")
    target = check_name(canonical_build(target_build), "genome build")
    folder = _folder(workspace, source, target)
    if not folder.is_dir():
        registered = join_some(list_chains(workspace)) or "none"
        raise ScxError(
            f"No chain from {source} to {target} is registered; registered are: {registered}."
        )
    discard(folder, "chain")


def missing_chain(source: str, target: str) -> str:
    """Say in a sentence which chain file is missing, where it is to be had, and how to register it.

    Parameters
    ----------
    source, target : str
        Builds by UCSC's names.
    """
    name = f"{source}To{target[:1].upper()}{target[1:]}.over.chain.gz"
    return (
        f"To move positions from {source} to {target}, get {name} from UCSC "
        f"(https://hgdownload.soe.ucsc.edu/goldenPath/{source}/liftOver/{name}) and register it "
        f"(scx chains add {name} {source} {target})."
    )


def lift(alleles: pd.DataFrame, chain: Chain) -> pd.DataFrame:
    """Move alleles to the build that a chain leads to.

    Every letter of the reference must have its counterpart there, side by side; where the chain
    turns the strand, all alleles become their reverse complements.

    Parameters
    ----------
    alleles : DataFrame
        As in `scx_core.variants.placing.place_alleles`. Rows with a reason or without a position
        stay as they are.
    chain : Chain

    Returns
    -------
    DataFrame
        The same rows with ``lifted_from`` (``"chr22:123"``, 1-based, where the row was moved or
        could not be) and ``reason_kind``; rows that cannot be moved lose their position and get
        the reason kind ``"not lifted"``.

    Raises
    ------
    ScxError
        If the chain file was damaged since it was registered.
    """
    blocks = _open(chain)
    usable = ((alleles["reason"] == "") & alleles["position"].notna()).to_numpy()
    columns = ["chromosome", "position", "ordered", *ALLELE_COLUMNS]
    given = alleles.assign(ordered=are_ordered(alleles)).loc[usable, columns]
    names = match_names(given["chromosome"].astype(str).unique(), list(blocks))
    contigs = given["chromosome"].astype(str).replace(names)
    moves = [
        _move(blocks[contig], chain, *values)
        for contig, values in zip(contigs, given.itertuples(index=False), strict=True)
    ]
    turned = np.array([move.turned for move in moves], bool)
    changed = {
        "lifted_from": [
            f"{chromosome}:{position}"
            for chromosome, position in zip(given["chromosome"], given["position"], strict=True)
        ],
        "chromosome": [
            move.chromosome or name for move, name in zip(moves, given["chromosome"], strict=True)
        ],
        "position": [move.position for move in moves],
        "reason": [move.reason for move in moves],
        "reason_kind": [NOT_LIFTED if move.reason else "" for move in moves],
    }
    for name in ALLELE_COLUMNS:
        texts = given[name].to_numpy(object).copy()
        texts[turned] = [reverse_complement(text) for text in texts[turned]]
        changed[name] = texts.tolist()
    lifted = alleles.copy()
    for name, values in changed.items():
        column = alleles.get(name, pd.Series("", index=alleles.index)).to_numpy(object).copy()
        column[usable] = values
        lifted[name] = column
    return lifted.assign(position=pd.array(lifted["position"].tolist(), dtype="Int64"))


@dataclass(frozen=True, slots=True)
class _Move:
    chromosome: str = ""
    position: int | None = None
    turned: bool = False
    reason: str = ""


def _move(
    contig: "PyTarget",
    chain: Chain,
    chromosome: str,
    position: int,
    ordered: bool,
    *alleles: str,
) -> _Move:
    """Move one row; positions 1-based, alleles as in `ALLELE_COLUMNS`."""
    lengths = {len(allele) for allele in alleles if allele}
    ordered = ordered and bool(alleles[0])
    span = len(alleles[0]) if ordered else max(lengths, default=1)
    start = position - 1
    found = contig[start]
    place = f"{chromosome}:{position}"
    if not found:
        return _Move(reason=f"{place} has no counterpart in {chain.target}")
    if len(found) > 1:
        many = counted(len(found), "place")
        return _Move(reason=f"{place} has {many} in {chain.target}, so none is taken")
    name, first, strand = found[0]
    step = 1 if strand == "+" else -1
    for offset in range(1, span):
        if contig[start + offset] != [(name, first + step * offset, strand)]:
            return _Move(
                reason=f"the {span:,} letters from {place} are not side by side in {chain.target}"
            )
    if step > 0:
        return _Move(name, first + 1)
    if not ordered and len(lengths) > 1:
        # The pair shares its first letter, and it is not known where the reference ends.
        return _Move(
            reason=f"{place} is on the other strand of {chain.target}, and an insertion or deletion "
            "can be turned only if its reference is known"
        )
    return _Move(name, first + 1 - (span - 1), turned=True)


@lru_cache(maxsize=4)
def _open(chain: Chain) -> ChainFile:
    with damage_as_sentence(chain.path, _MEND):
        if file_digest(chain.path) != chain.sha256:
            raise ValueError("another SHA-256")
        return ChainFile(str(chain.path))


def _folder(workspace: Workspace, source: str, target: str) -> Path:
    return workspace.root / _FOLDER / f"{source}-to-{target}"


def _stored_name(path: Path) -> str:
    with path.open("rb") as file:
        return "over.chain.gz" if file.read(2) == b"\x1f\x8b" else "over.chain"


def _read_record(folder: Path) -> Chain:
    with damage_as_sentence(folder / "chain.json", _MEND):
        record: dict[str, Any] = read_json(folder / "chain.json")
        if record["format"] != FORMAT:
            raise ValueError(record["format"])
        stored = Path(record["stored"]).name
        return Chain(
            record["source"], record["target"], folder / stored, record["file"], record["sha256"]
        )


def _check_chain_file(path: Path, source: str, target: str) -> None:
    """Refuse what is no chain file, or leads elsewhere as the lengths of its chromosomes tell."""
    try:
        for header in _headers(path):
            _check_header(path, header, source, target)
        n_contigs = len(ChainFile(str(path)))
    except ScxError:
        raise
    except (OSError, ValueError, IndexError) as error:
        lines = str(error).replace(str(path), path.name).splitlines() or [""]
        what = lines[0][:80] if lines[0].isprintable() else "binary data"
        raise ScxError(f"{path.name} is not a whole chain file ({what}); get it again.") from error
    if not n_contigs:
        raise ScxError(
            f"{path.name} holds no chain: no line starts with 'chain'; give a chain file of UCSC's "
            "liftOver."
        )


def _headers(path: Path) -> Iterator[list[str]]:
    """Header lines of a chain file, split into fields; the whole file is read."""
    n_bytes = 0
    with open_unpacked(path) as file:
        while line := file.readline(_LONGEST_LINE + 1):
            n_bytes += len(line)
            if len(line) > _LONGEST_LINE or n_bytes > _LARGEST:
                raise ScxError(
                    f"{path.name} is not a chain file: it has a line of more than "
                    f"{_LONGEST_LINE:,} bytes, or more than {_LARGEST / 1e9:.0f} GB; give a chain "
                    "file of UCSC's liftOver."
                )
            if line.startswith(b"chain"):
                yield line.decode("ascii").split()


def _check_header(path: Path, header: list[str], source: str, target: str) -> None:
    """Compare the lengths of the two chromosomes with those of the builds, if they are human."""
    for name, length, end, build in (
        (header[2], header[3], header[6], source),
        (header[7], header[8], header[11], target),
    ):
        if int(end) > int(length):
            raise ValueError(f"a chain ends at {end} of {name}, which has {length} bases")
        known = build_of_length(name, int(length))
        if known and known != build:
            raise ScxError(
                f"{path.name} does not lead from {source} to {target}: its {name} has "
                f"{int(length):,} bases, as in {known}; name the builds as the file has them, or "
                "give another file."
            )
