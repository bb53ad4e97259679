"""Regions that a person registered once, such as the cCREs of a cell line, to see beside any dataset.

On disk, in the workspace::

    regions/<name>/regions.parquet      chromosome, start, end (0-based half-open), name, region_class
    regions/<name>/region_set.json      file, digest of its content, number of regions, assembly
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pandas as pd

from scx_core.annotation import read_regions
from scx_core.annotation.genes import refuse_mixed_names
from scx_core.dataset import Dataset
from scx_core.errors import ScxError, counted, join_some
from scx_core.sequence.chromosomes import require_names
from scx_core.store import (
    Workspace,
    atomic_directory,
    check_name,
    damage_as_sentence,
    discard,
    file_digest,
    read_json,
    write_json,
)
from scx_core.variants.genome import KNOWN_BUILDS, canonical_build

FORMAT: Final = 1
_FOLDER: Final = "regions"
_RECORD: Final = "region_set.json"
_TABLE: Final = "regions.parquet"
_MEND: Final = "remove the regions and add them again"


@dataclass(frozen=True)
class RegionSet:
    """Registered regions.

    Attributes
    ----------
    name : str
    path : Path
        Their folder.
    file : str
        Name of the file that was registered.
    sha256 : str
        Of its content.
    n_regions : int
    assembly : str
        Genome build they are on, as the person said; may be empty.
    """

    name: str
    path: Path
    file: str
    sha256: str
    n_regions: int
    assembly: str

    def read(self) -> pd.DataFrame:
        """Read the regions; see `scx_core.annotation.read_regions`."""
        with damage_as_sentence(self.path / _TABLE, _MEND):
            return pd.read_parquet(self.path / _TABLE)

    def __str__(self) -> str:
        build = f", {self.assembly}" if self.assembly else ""
        return f"{self.name} ({self.file}, {counted(self.n_regions, 'region')}{build})"


def add_region_set(workspace: Workspace, file: Path, name: str, assembly: str = "") -> RegionSet:
    """Read a BED file into the workspace.

    Parameters
    ----------
    workspace : Workspace
    file : Path
        BED, plain or gzip; see `scx_core.annotation.read_regions` for classes.
    name : str
        Of the regions; new.
    assembly : str
        Genome build they are on.

    Raises
    ------
    ScxError
        If a line is broken, chromosomes are named in two ways, or the name is taken; nothing is
        written then.
    """
    folder = _path(workspace, name)
    if folder.exists():
        raise ScxError(f"There are regions called {name!r} already; choose another name.")
    if not file.is_file():
        raise ScxError(f"There is no BED file at {file}; check the path.")
    regions = read_regions(file)
    refuse_mixed_names(regions["chromosome"], file.name)
    with atomic_directory(folder) as partial:
        regions.to_parquet(partial / _TABLE)
        record = {
            "format": FORMAT,
            "file": file.name,
            "sha256": file_digest(file),
            "n_regions": len(regions),
            "assembly": assembly,
            "registered": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_json(partial / _RECORD, record)
    return open_region_set(workspace, name)


def list_region_sets(workspace: Workspace) -> list[str]:
    """Names of the registered regions, sorted."""
    found = (workspace.root / _FOLDER).glob(f"[!.]*/{_RECORD}")
    return sorted(record.parent.name for record in found)


def open_region_set(workspace: Workspace, name: str) -> RegionSet:
    """Open registered regions.

    Raises
    ------
    ScxError
        If there are none of the name, or they are damaged.
    """
    folder = _path(workspace, name)
    if not (folder / _RECORD).is_file():
        known = list_region_sets(workspace)
        here = f"there are {join_some(known)}" if known else "none are registered"
        raise ScxError(f"There are no regions called {name!r}; {here}.")
    with damage_as_sentence(folder / _RECORD, _MEND):
        record = read_json(folder / _RECORD)
        return RegionSet(
            name,
            folder,
            str(record["file"]),
            str(record["sha256"]),
            int(record["n_regions"]),
            str(record["assembly"]),
        )


def remove_region_set(workspace: Workspace, name: str) -> None:
    """Delete registered regions.

    Raises
    ------
    ScxError
        If there are none of the name.
    """
    discard(open_region_set(workspace, name).path, "set of regions")


def regions_beside(dataset: Dataset, regions: RegionSet) -> pd.DataFrame:
    """Give registered regions the chromosome names of a dataset's genes.

    Returns
    -------
    DataFrame
        As `Dataset.regions`; regions on chromosomes without a gene of the dataset are left out.

    Raises
    ------
    ScxError
        If no chromosome has a gene of the dataset, or the builds are known to differ.
    """
    build, other = map(canonical_build, (regions.assembly, str(dataset.metadata["assembly"])))
    if build != other and {build, other} <= KNOWN_BUILDS:
        raise ScxError(
            f"The regions {regions.name!r} are on {build}, the dataset {dataset.name!r} on {other}; "
            f"register regions on {other}."
        )
    table = regions.read()
    known = dataset.genes["chromosome"].astype(str).unique()
    names = require_names(
        table["chromosome"].astype(str), known, f"the dataset {dataset.name!r}",
        f"BED file {regions.file}",
    )  # fmt: skip
    chromosomes = table["chromosome"].astype(str).map(names)
    return table.assign(chromosome=chromosomes)[chromosomes.notna()].reset_index(drop=True)


def _path(workspace: Workspace, name: str) -> Path:
    return workspace.root / _FOLDER / check_name(name, "set of regions")
