"""One archive of a whole model, with the digest of each file and the methods in words."""

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import Final

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble, run_path
from scx_core.errors import ScxError, counted, join_some
from scx_core.model_files.manifest import (
    MANIFEST,
    PREFIX,
    README,
    TABLES,
    DatasetNote,
    FileNote,
    Manifest,
)
from scx_core.progress import Progress, no_progress
from scx_core.store import atomic_file, file_digest, require_space
from scx_core.training.methods import methods_paragraph

#: The earliest time a zip can hold: the same model gives the same bytes at any time.
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_PLAIN_FILE: Final = 0o100644 << 16
#: Bytes of the directory of a zip for each file, and some more.
_SLACK: Final = 500


def export_model(
    ensemble: Ensemble,
    target: Path,
    dataset: Dataset | None = None,
    progress: Progress = no_progress,
) -> Path:
    """Write a model into one zip archive; the same model gives the same bytes.

    Files are stored as they are: weights hardly shrink, and the bytes then do not depend on a
    compressor's version.

    Parameters
    ----------
    ensemble : Ensemble
    target : Path
        File to write; replaced if it exists.
    dataset : Dataset, optional
        The one the model was trained on: then the methods tell of it, too.
    progress : Progress
        May raise to cancel; nothing is left then.

    Returns
    -------
    Path
        ``target``.

    Raises
    ------
    ScxError
        If a file of the model is missing or there is no room.
    """
    if dataset is not None:
        ensemble.check_dataset(dataset)
    files = _files_of(ensemble)
    readme = _readme(ensemble, dataset, len(files)).encode()
    notes = {README: FileNote(len(readme), hashlib.sha256(readme).hexdigest())}
    for done, (name, path) in enumerate(files.items()):
        progress(0.4 * done / len(files), "Computing digests")
        notes[PREFIX + name] = FileNote(path.stat().st_size, file_digest(path))
    manifest = Manifest(ensemble.name, ensemble.digest, _dataset_note(ensemble, dataset), notes)
    require_space(target, manifest.n_bytes + _SLACK * (len(files) + 2))
    with atomic_file(target) as partial, zipfile.ZipFile(partial, "w") as archive:
        archive.writestr(_entry(MANIFEST), manifest.to_json())
        archive.writestr(_entry(README), readme)
        for done, (name, path) in enumerate(files.items()):
            progress(0.4 + 0.6 * done / len(files), f"Writing {target.name}")
            entry = _entry(PREFIX + name)
            entry.file_size = notes[PREFIX + name].size
            with path.open("rb") as source, archive.open(entry, "w") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
    progress(1.0, f"Wrote {target.name}")
    return target


def _files_of(ensemble: Ensemble) -> dict[str, Path]:
    """Files of a model by their path in its folder, in a fixed order."""
    paths = [ensemble.path / name for name in TABLES]
    for fold in ensemble.trained_folds:
        for run in ensemble.runs_in(fold):
            weights = run_path(ensemble.path, fold, run)
            paths.append(weights)
            record = weights.with_suffix(".json")
            paths += [record] if record.exists() else []
    missing = [path.relative_to(ensemble.path) for path in paths if not path.is_file()]
    if missing:
        raise ScxError(
            f"The model {ensemble.name!r} is not whole: {join_some(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing; train it again."
        )
    return {path.relative_to(ensemble.path).as_posix(): path for path in sorted(paths)}


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
    return entry


def _dataset_note(ensemble: Ensemble, dataset: Dataset | None) -> DatasetNote:
    return DatasetNote(
        ensemble.dataset_name,
        ensemble.dataset_digest,
        len(ensemble.fold_table),
        str(dataset.metadata["assembly"]) if dataset is not None else "",
    )


def _readme(ensemble: Ensemble, dataset: Dataset | None, n_files: int) -> str:
    note = _dataset_note(ensemble, dataset)
    assembly = f", assembly {note.assembly}" if note.assembly else ""
    return f"""# {ensemble.name}

A model of scX Explorer that predicts expression in {counted(len(ensemble.populations), "population")} from
genomic sequence, as one archive: `{PREFIX}` holds its {n_files:,} files, `{MANIFEST}` the size and
the SHA-256 of each.

- Use it: `scx models import FILE.zip`, or the import on the Training page.
- It was trained on the dataset {note.name} (digest {note.digest}, {note.n_genes:,} genes{assembly}).
  Predicting, mutating and scoring need that dataset; the stored predictions do not.
- Digest of the model: {ensemble.digest}

## Methods

{methods_paragraph(ensemble, dataset)}
"""
