"""The published file layout, and what of it a folder holds.

A release is a folder with, at any depth of a few folders::

    <sequences>.h5          promoter  genes x 95,001 x 4: weights of the letters A, C, T, G
                            data      genes x 5: half-life features, z-scored over all genes
                            geneName  genes
    <labels>.csv            log10 pseudobulk: genes (first column) x populations
    <models>_<fold>/ckpt_dir<run>/model_best.pth.tar
    genes.tsv, folds.tsv    may be missing: where genes lie; folds other than the published ones

The TSS is position 70,000 (0-based) of the sequence, which runs in the direction of the gene. Source:
the code and the data of Michielsen, Reinders, Mahfouz, Front. Bioinform. 2024.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scx_core.errors import ScxError, counted, join_some

#: Order of the letters in the sequences and in the first convolution.
ALPHABET: Final = "ACTG"
#: Length of a released sequence, and the index of the TSS in it.
SEQUENCE_LENGTH: Final = 95_001
TSS_INDEX: Final = 70_000
#: Order of the half-life features in ``data``.
FEATURES: Final = ("orf_length", "utr5_length", "utr3_length", "intron_length", "exon_density")
N_FOLDS: Final = 20
N_VALIDATION: Final = 1000
CHECKPOINT: Final = "model_best.pth.tar"
GENES: Final = "genes.tsv"
FOLDS: Final = "folds.tsv"

_RUN: Final = re.compile(r"ckpt_dir(\d{1,4})")
_FOLD: Final = re.compile(r"(.*?)(\d{1,4})")
_DEEPEST: Final = 4
_MOST_FILES: Final = 20_000
_MOST_RELEASES: Final = 50
_MOST_FOLDERS: Final = 3000

#: Checkpoint by fold and run.
Checkpoints = Mapping[int, Mapping[int, Path]]


@dataclass(frozen=True)
class ReleaseLayout:
    """What a folder holds of a release.

    Attributes
    ----------
    folder : Path
    sequences : tuple of Path
        HDF5 files, sorted.
    labels : tuple of Path
        CSV files, sorted.
    models : mapping of str to mapping
        By the common beginning of the models' folders (such as ``logmean_multitask_``): the
        checkpoint by fold and run, ascending.
    genes, folds : Path or None
        Tables beside the sequences.
    """

    folder: Path
    sequences: tuple[Path, ...]
    labels: tuple[Path, ...]
    models: Mapping[str, Checkpoints]
    genes: Path | None
    folds: Path | None

    def choose_sequences(self, wanted: Path | None = None) -> Path:
        """Give the HDF5 file: the one wanted, or the only one there is.

        Raises
        ------
        ScxError
            If there is none, or more than one and none was named.
        """
        return _choose(self, self.sequences, wanted, "HDF5 file of sequences", "--sequences")

    def choose_models(self, wanted: str = "") -> Checkpoints:
        """Give the checkpoints of one model: the one wanted, or the only one there is.

        Raises
        ------
        ScxError
            If there is none, or more than one and none was named.
        """
        if not self.models:
            raise ScxError(
                f"{self.folder} holds no checkpoint; a release has files such as "
                f"logmean_multitask_9/ckpt_dir0/{CHECKPOINT}."
            )
        if wanted:
            for name, checkpoints in self.models.items():
                if name.rstrip("_") == wanted.rstrip("_"):
                    return checkpoints
            raise ScxError(
                f"{self.folder} holds no models {wanted!r}; it holds {join_some(self.models)}."
            )
        if len(self.models) > 1:
            raise ScxError(
                f"{self.folder} holds {len(self.models)} models: {join_some(self.models)}; choose "
                "one (--models)."
            )
        return next(iter(self.models.values()))

    def describe(self) -> list[str]:
        """Say what was found, a sentence for each part."""
        told = [
            _told(self, self.sequences, "file of sequences", "files of sequences"),
            _told(self, self.labels, "table of labels", "tables of labels"),
        ]
        for name, checkpoints in self.models.items():
            told.append(f"Models {name!r}: {describe_checkpoints(checkpoints)}.")
        if not self.models:
            told.append("No checkpoint.")
        if self.folds is not None:
            told.append(f"Folds are given in {self.folds.name}.")
        if self.genes is not None:
            told.append(f"Positions of genes are given in {self.genes.name}.")
        return told


def describe_checkpoints(checkpoints: Checkpoints) -> str:
    """Say which folds and runs there are."""
    numbers = [len(runs) for runs in checkpoints.values()]
    low, high = min(numbers), max(numbers)
    runs = counted(high, "run") if low == high else f"{low} to {high} runs"
    return f"{counted(len(checkpoints), 'fold')} ({join_some(checkpoints, N_FOLDS)}) x {runs}"


def _told(layout: ReleaseLayout, files: tuple[Path, ...], one: str, many: str) -> str:
    if not files:
        return f"No {one}."
    names = join_some([file.relative_to(layout.folder) for file in files], 4)
    return f"{counted(len(files), one, many)}: {names}."


def find_release(folder: Path) -> ReleaseLayout:
    """Look what a folder holds of a release; nothing but names is read.

    Raises
    ------
    ScxError
        If there is no such folder, or it holds more files than a release could.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ScxError(f"There is no folder {folder}; give the folder of the release.")
    folder = folder.resolve()
    sequences: list[Path] = []
    labels: list[Path] = []
    tables: dict[str, Path] = {}
    found: dict[str, dict[int, dict[int, Path]]] = {}
    for path in _files(folder):
        name = path.name.lower()
        if path.name == CHECKPOINT:
            _note_checkpoint(path, folder, found)
        elif name.endswith((".h5", ".hdf5")):
            sequences.append(path)
        elif name.endswith((".csv", ".csv.gz")):
            labels.append(path)
        elif name in (GENES, FOLDS):
            tables.setdefault(name, path)
    models = {
        name: {fold: dict(sorted(runs.items())) for fold, runs in sorted(folds.items())}
        for name, folds in sorted(found.items())
    }
    return ReleaseLayout(
        folder,
        tuple(sorted(sequences)),
        tuple(sorted(labels)),
        models,
        tables.get(GENES),
        tables.get(FOLDS),
    )


def find_releases(root: Path) -> list[Path]:
    """List the folders below a folder that look like releases: an HDF5 file and checkpoints' folders.

    Only names are looked at, a few folders deep, and in no more than some thousand folders.
    """
    found: list[Path] = []
    for seen, (place, folders, names) in enumerate(os.walk(root)):
        if seen >= _MOST_FOLDERS or len(found) >= _MOST_RELEASES:
            break
        here = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if len(here.relative_to(root).parts) >= _DEEPEST:
            folders.clear()
        has_sequences = any(name.lower().endswith((".h5", ".hdf5")) for name in names)
        if has_sequences and any(_has_runs(here / name) for name in folders):
            found.append(here)
            folders.clear()
    return found


def _has_runs(folder: Path) -> bool:
    if _FOLD.fullmatch(folder.name) is None:
        return False
    try:
        return any(_RUN.fullmatch(path.name) for path in folder.iterdir())
    except OSError:  # closed to us, or gone since it was listed
        return False


def _files(folder: Path) -> Iterator[Path]:
    """Files of a folder, the outer ones first; links are not followed."""
    seen = 0
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if len(here.relative_to(folder).parts) >= _DEEPEST:
            folders.clear()
        for name in sorted(names):
            path = here / name
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            seen += 1
            if seen > _MOST_FILES:
                raise ScxError(
                    f"{folder} holds more than {_MOST_FILES:,} files; give the folder of the release "
                    "itself."
                )
            yield path


def _note_checkpoint(
    path: Path, folder: Path, found: dict[str, dict[int, dict[int, Path]]]
) -> None:
    run = _RUN.fullmatch(path.parent.name)
    fold = _FOLD.fullmatch(path.parent.parent.name)
    if run is None or fold is None or not path.parent.parent.is_relative_to(folder):
        return
    above = path.parent.parent.parent
    name = fold[1] if above == folder else f"{above.relative_to(folder).as_posix()}/{fold[1]}"
    runs = found.setdefault(name, {}).setdefault(int(fold[2]), {})
    if int(run[1]) in runs:
        raise ScxError(
            f"Fold {int(fold[2])}, run {int(run[1])} of the models {name!r} is there twice: {path} and "
            f"{runs[int(run[1])]}; remove one."
        )
    runs[int(run[1])] = path


def _choose(
    layout: ReleaseLayout, files: tuple[Path, ...], wanted: Path | None, what: str, option: str
) -> Path:
    if wanted is not None:
        path = wanted if wanted.is_absolute() else layout.folder / wanted
        if not path.is_file():
            raise ScxError(f"There is no {what} at {path}; check the path.")
        return path
    if not files:
        raise ScxError(f"{layout.folder} holds no {what}; give the folder of a whole release.")
    if len(files) > 1:
        names = join_some([file.relative_to(layout.folder) for file in files])
        raise ScxError(
            f"{layout.folder} holds {len(files)} files that may be the {what}: {names}; choose one "
            f"({option})."
        )
    return files[0]
