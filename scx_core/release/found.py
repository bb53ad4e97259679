"""A release as it was found: everything read but the sequences, checked before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from scx_core.errors import ScxError, counted, join_some
from scx_core.models import CNNConfig
from scx_core.release.checkpoints import check_shapes, read_checkpoint, recognise, to_ours
from scx_core.release.folds import ReleaseFolds, check_folds, published_folds, read_folds_table
from scx_core.release.labels import Labels, choose_labels, read_labels
from scx_core.release.layout import (
    Checkpoints,
    ReleaseLayout,
    describe_checkpoints,
    find_release,
)
from scx_core.release.places import gene_ids
from scx_core.release.request import ReleaseRequest
from scx_core.release.sequences import ReleasedGenes, read_genes


@dataclass(frozen=True)
class FoundRelease:
    """A release that fits together.

    Attributes
    ----------
    request : ReleaseRequest
    layout : ReleaseLayout
    sequences, labels_file : Path
    genes : ReleasedGenes
    gene_ids : tuple of str
    labels : Labels
    checkpoints : mapping of int to mapping
        By fold and run.
    config : CNNConfig
        Of all checkpoints.
    folds : ReleaseFolds
    notices : tuple of str
    """

    request: ReleaseRequest
    layout: ReleaseLayout
    sequences: Path
    labels_file: Path
    genes: ReleasedGenes
    gene_ids: tuple[str, ...]
    labels: Labels
    checkpoints: Checkpoints
    config: CNNConfig
    folds: ReleaseFolds
    notices: tuple[str, ...]

    @property
    def runs(self) -> dict[int, tuple[int, ...]]:
        """Numbers of the runs of each fold that has checkpoints."""
        return {fold: tuple(runs) for fold, runs in self.checkpoints.items()}

    def read(self, fold: int, run: int) -> tuple[dict[str, Tensor], int]:
        """Read one checkpoint as the weights of our network, and its epoch.

        Raises
        ------
        ScxError
            If it cannot be read, or is of another network.
        """
        path = self.checkpoints[fold][run]
        state, epoch = read_checkpoint(path)
        check_shapes(state, self.config, path)
        return to_ours(state, self.config), epoch

    def describe(self) -> list[str]:
        """Say what was found, a sentence for each part."""
        n_folds = len(self.folds.numbers)
        kind = "tissue model" if len(self.config.hidden) > 1 else "multitask model"
        inputs = "" if self.config.half_life else ", sequence alone"
        return [
            f"{self.sequences.name}: {counted(len(self.gene_ids), 'gene')}.",
            f"{self.labels_file.name}: {counted(len(self.labels.populations), 'population')} "
            f"({join_some(self.labels.populations, 4)}).",
            f"Checkpoints of the {kind}{inputs}: {describe_checkpoints(self.checkpoints)}, of "
            f"{n_folds} folds.",
            *self.notices,
        ]


def describe_release(request: ReleaseRequest) -> list[str]:
    """Say in sentences what `look_at_release` finds."""
    return look_at_release(request).describe()


def look_at_release(request: ReleaseRequest) -> FoundRelease:
    """Read all but the sequences and the weights, and see whether the parts fit.

    Of the checkpoints the first is read; `check_checkpoints` reads the others.

    Raises
    ------
    ScxError
        If something is missing, cannot be read or does not fit.
    """
    layout = find_release(request.folder)
    checkpoints = layout.choose_models(request.models)
    first = next(iter(next(iter(checkpoints.values())).values()))
    state, _ = read_checkpoint(first)
    config = recognise(state, first, request.upstream, request.downstream)
    sequences = layout.choose_sequences(request.sequences)
    genes = read_genes(sequences)
    labels_file = choose_labels(layout, request.labels, config.n_outputs)
    labels = read_labels(labels_file, genes.names, config.n_outputs, request.columns)
    ids, id_notices = gene_ids(genes.names)
    folds = (
        published_folds(ids)
        if layout.folds is None
        else read_folds_table(layout.folds, genes.names, ids)
    )
    check_folds(folds, checkpoints, layout.folder)
    return FoundRelease(
        request,
        layout,
        sequences,
        labels_file,
        genes,
        ids,
        labels,
        checkpoints,
        config,
        folds,
        (*id_notices, *labels.notices, *_missing(folds, checkpoints)),
    )


def _missing(folds: ReleaseFolds, checkpoints: Checkpoints) -> list[str]:
    told = []
    absent = [fold for fold in folds.numbers if fold not in checkpoints]
    if absent:
        n_genes = int(folds.table["fold"].isin(absent).sum())
        told.append(
            f"{len(absent)} of {len(folds.numbers)} folds have no checkpoint, so that "
            f"{counted(n_genes, 'gene')} of {len(folds.table):,} cannot be predicted: the other models "
            "saw them in training."
        )
    runs: Mapping[int, int] = {fold: len(of_fold) for fold, of_fold in checkpoints.items()}
    if len(set(runs.values())) > 1:
        few = [fold for fold, number in runs.items() if number < max(runs.values())]
        told.append(
            f"{'Fold' if len(few) == 1 else 'Folds'} {join_some(few)} "
            f"{'has' if len(few) == 1 else 'have'} fewer runs than the others."
        )
    return told


def check_checkpoints(found: FoundRelease) -> None:
    """Read every checkpoint once, so that a bad one is refused before anything is written.

    Raises
    ------
    ScxError
        If one cannot be read, or is of another network than the first.
    """
    for fold, runs in found.checkpoints.items():
        for run in runs:
            found.read(fold, run)


def check_level(level: str) -> None:
    """Refuse the name of a level that no table could hold."""
    if not level.strip() or not level.isprintable():
        raise ScxError(f"{level!r} cannot name a level of populations; use a word.")
