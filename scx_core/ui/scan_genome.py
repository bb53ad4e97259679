"""Whose letters are scanned, and where its CpG islands come from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.sequence.genome import Genome
from scx_core.ui.context import PageContext, import_folder
from scx_core.variants.genome import Letters, open_letters

GENOME: Final = "genome"
ISLANDS: Final = "islands"
STEP: Final = "step"
_OF_DATASET: Final = "(the dataset's)"


@dataclass(frozen=True)
class ScanInput:
    """What is scanned.

    Attributes
    ----------
    genome : Letters or Genome
    named : str
        What the genome is, in a few words.
    step : int
    islands : Path or None
        BED; None for the classical rule.
    """

    genome: Letters | Genome
    named: str
    step: int
    islands: Path | None

    @property
    def key(self) -> tuple[str, int, str]:
        """Name it, with the time of what is read, for the store of results."""
        stamp = "" if self.islands is None else f"{self.islands}@{_stamp(self.islands)}"
        return self.named, self.step, stamp


def choose_input(context: PageContext, dataset: Dataset | None) -> ScanInput:
    """Ask for genome, step and CpG islands, in a menu: each has a default.

    Raises
    ------
    ScxError
        If a file is not there, lies outside the import folder, or is no FASTA.
    """
    folder = import_folder()
    own = [_OF_DATASET] if dataset is not None else []
    with st.popover("More choices", icon=":material/tune:", key="scan_more"):
        step = st.number_input("Step (bp)", 10, 10_000, 100, step=10, key=STEP, bind="query-params")
        genome = st.selectbox(
            "Genome", [*own, *folder.files("genome")], key=GENOME,
            accept_new_options=True, placeholder="Choose a FASTA file, or type its path",
            index=0 if own else None,
        )  # fmt: skip
        islands = st.selectbox(
            "CpG islands", folder.files("regions"), key=ISLANDS, index=None,
            accept_new_options=True,
            placeholder="found in the letters; or choose a BED file",
            help="≥ 200 bp, G + C ≥ 50 %, observed to expected CpGs ≥ 0.6 "
            "(Gardiner-Garden & Frommer 1987), or the regions of a BED file.",
        )  # fmt: skip
    bed = folder.open(islands, "regions") if islands else None
    if genome == _OF_DATASET and dataset is not None:
        letters = _dataset_letters(
            str(dataset.path), dataset.digest, str(context.workspace.cache_path), dataset
        )
        if not letters.complete:
            raise ScxError(f"{letters.source} Choose the genome's FASTA file under More choices.")
        return ScanInput(letters, f"{dataset.metadata['assembly']}, {dataset.name}", int(step), bed)
    file = folder.open(genome or "", "genome")
    opened = _genome(str(file), _stamp(file), str(context.workspace.cache_path))
    return ScanInput(opened, file.name, int(step), bed)


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns


@st.cache_resource(max_entries=8, show_spinner="Opening the genome")
def _dataset_letters(path: str, digest: str, cache: str, _dataset: Dataset) -> Letters:  # noqa: ARG001
    return open_letters(_dataset, Path(cache))


@st.cache_resource(max_entries=4, show_spinner="Opening the genome")
def _genome(path: str, stamp: int, cache: str) -> Genome:  # noqa: ARG001
    return Genome.open(Path(path), Path(cache))
