"""From one of our models to a folder of the published layout."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted, join_some
from scx_core.models import CNNConfig, preset
from scx_core.progress import Progress, no_progress, part_of
from scx_core.release.checkpoints import to_published, write_checkpoint
from scx_core.release.folding import HalfLifeUnit, common_unit, fold_scaling
from scx_core.release.folds import ReleaseFolds, folds_as_table, published_folds
from scx_core.release.layout import (
    CHECKPOINT,
    FEATURES,
    FOLDS,
    GENES,
    SEQUENCE_LENGTH,
    TSS_INDEX,
)
from scx_core.release.model_folder import released_scaling
from scx_core.release.placing import OWN
from scx_core.release.sequences import check_window, write_sequences
from scx_core.sequence.alphabet import UNKNOWN
from scx_core.sequence.genome import Genome, match_chromosomes
from scx_core.sequence.windows import fetch_window
from scx_core.store import atomic_directory, require_space
from scx_core.training.data import Scaling
from scx_core.training.folds import FoldSplit, split_fold

SEQUENCES: Final = "seq_hl.h5"
LABELS: Final = "labels.csv"
_LONGEST_NAME: Final = 30
_LONGEST_LIST: Final = 60
#: Bytes of a gene: packed letters of a whole sequence, or of a window among N.
_PACKED: Final = 80_000
_PACKED_WINDOW: Final = 20_000


@dataclass(frozen=True)
class ExportedRelease:
    """A model in the published layout.

    Attributes
    ----------
    path : Path
        The folder.
    notices : tuple of str
    """

    path: Path
    notices: tuple[str, ...]


def export_release(
    ensemble: Ensemble,
    dataset: Dataset,
    target: Path,
    genome: Path | None = None,
    cache: Path | None = None,
    progress: Progress = no_progress,
) -> ExportedRelease:
    """Write a model and its dataset in the published layout.

    The published code z-scores half-life features once for all folds, and expression by the labels of
    its own training genes. Where ours were scaled otherwise, the difference is worked into the first
    dense layer and into the last.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one it was trained on.
    target : Path
        Folder to make.
    genome : Path, optional
        FASTA, for the letters outside the window; N if not given.
    cache : Path, optional
        Folder for unpacked genomes; beside the target if not given.
    progress : Progress

    Raises
    ------
    ScxError
        If the layout cannot hold the model, the genome has other letters than the windows, or the
        folder exists; nothing is written then.
    """
    ensemble.check_dataset(dataset)
    check_exportable(ensemble.config, ensemble.name)
    names = _names(dataset)
    opened = None
    if genome is not None:
        opened = Genome.open(genome, cache or target.parent, part_of(progress, 0.0, 0.1))
    n_bytes = len(names) * (_PACKED_WINDOW if opened is None else _PACKED)
    require_space(target, n_bytes)
    with atomic_directory(target) as folder:
        unit, notices = common_unit(ensemble, dataset)
        folds, fold_notices = _write_folds(folder, ensemble, names)
        _write_tables(folder, ensemble, dataset, names)
        _write_models(folder, ensemble, dataset, folds, unit, part_of(progress, 0.1, 0.2))
        write_sequences(
            folder / SEQUENCES,
            names,
            unit.scaled(dataset),
            _sequences(dataset, opened),
            part_of(progress, 0.2, 1.0),
        )
    if opened is None:
        notices += ("No genome was given, so the sequences hold N outside the window.",)
    else:
        opened.close()
    progress(1.0, f"Wrote {target.name}")
    columns = ",".join(map(str, range(len(ensemble.populations))))
    told = (
        f"{LABELS} has a column for each output; the published code leaves the first one out unless it "
        f"is told the columns (--cols {columns if len(columns) < _LONGEST_LIST else '0,1,…'}).",
    )
    return ExportedRelease(target, (*notices, *fold_notices, *told))


def check_exportable(config: CNNConfig, name: str) -> None:
    """Refuse a network that the published layout cannot hold.

    Raises
    ------
    ScxError
        It says what differs.
    """
    published = preset("tissue" if len(config.hidden) == 2 else "scxpresso", config.n_outputs)
    wrong = [
        what
        for what, differs in (
            ("its convolutions", config.stages != published.stages),
            ("its dense layers", config.hidden != published.hidden),
            ("how it reads unknown letters", config.unknown != published.unknown),
            (
                "more than one population after a hidden layer of 2",
                len(config.hidden) == 2 and config.n_outputs > 1,
            ),
            (
                f"the half-life features {join_some(sorted(set(config.half_life) - set(FEATURES)))}",
                not set(config.half_life) <= set(FEATURES),
            ),
        )
        if differs
    ]
    if wrong:
        raise ScxError(
            f"The model {name!r} does not fit the published layout, which holds scXpresso's multitask "
            f"or tissue model only: {', '.join(wrong)}; export it as an archive (scx models export)."
        )
    check_window(config.upstream, config.downstream)


def _names(dataset: Dataset) -> tuple[str, ...]:
    """Names in the release: those of an imported one, else the gene ids."""
    is_release = dataset.metadata.get("origin") == "release"
    column = dataset.genes["expression_name"] if is_release else dataset.genes.index.to_series()
    names = tuple(column.astype(str))
    long = [name for name in names if len(name) > _LONGEST_NAME]
    if long:
        raise ScxError(
            f"The published code reads {_LONGEST_NAME} letters of a gene's name; "
            f"{counted(len(long), 'gene has', 'genes have')} a longer one ({join_some(long, 2)}), so the "
            "model cannot be exported in this layout."
        )
    return names


def _write_folds(
    folder: Path, ensemble: Ensemble, names: tuple[str, ...]
) -> tuple[ReleaseFolds, tuple[str, ...]]:
    """Write a table of folds, unless they are the published ones."""
    table, n_validation = ensemble.fold_table, ensemble.settings.n_validation
    splits = {fold: split_fold(table, fold, n_validation) for fold in ensemble.trained_folds}
    try:
        published = published_folds(list(table.index))
    except ScxError:  # too few genes
        published = None
    if published is not None and _are_equal(published, table, splits):
        return published, ()
    rows = [(fold, split.validation) for fold, split in splits.items()]
    written = folds_as_table(names, table, rows)
    written.to_csv(folder / FOLDS, sep="\t", index=False)
    validation = tuple(
        frozenset(int(item) for item in text.split(",") if item) for text in written["validation"]
    )
    folds = ReleaseFolds(table, ensemble.settings.split, n_validation, validation)
    return folds, (
        f"The folds are not those of the published code; they are in {FOLDS}, which the import here "
        "reads and the published code does not.",
    )


def _are_equal(
    published: ReleaseFolds, table: pd.DataFrame, splits: Mapping[int, FoldSplit]
) -> bool:
    return bool((published.table["fold"].to_numpy() == table["fold"].to_numpy()).all()) and all(
        np.array_equal(published.of(fold).training, split.training)
        for fold, split in splits.items()
    )


def _write_tables(
    folder: Path, ensemble: Ensemble, dataset: Dataset, names: tuple[str, ...]
) -> None:
    labels = dataset.expression[list(ensemble.populations)].astype(np.float64)
    labels.set_axis(list(names)).to_csv(folder / LABELS)
    genes = dataset.genes
    places = pd.DataFrame(
        {
            "gene": list(names), "chromosome": genes["chromosome"].astype(str).to_numpy(),
            "tss": genes["tss"].to_numpy(), "strand": genes["strand"].astype(str).to_numpy(),
            "row": range(len(genes)),
        }
    )  # fmt: skip
    on_genome = ~places["chromosome"].str.endswith(OWN)
    if on_genome.any():
        places[on_genome].to_csv(folder / GENES, sep="\t", index=False)


def _write_models(
    folder: Path,
    ensemble: Ensemble,
    dataset: Dataset,
    folds: ReleaseFolds,
    unit: HalfLifeUnit,
    progress: Progress,
) -> None:
    kind = "tissue" if len(ensemble.config.hidden) == 2 else "multitask"
    targets = dataset.expression[list(ensemble.populations)].to_numpy(np.float64)
    for done, fold in enumerate(ensemble.trained_folds):
        progress(done / len(ensemble.trained_folds), f"Writing the models of fold {fold}")
        read: Scaling = released_scaling(targets, folds.of(fold).training, 0)
        for run, trained in zip(ensemble.runs_in(fold), ensemble.load_fold(fold), strict=True):
            state = fold_scaling(trained, ensemble.config, read, unit)
            path = folder / f"logmean_{kind}_{fold}" / f"ckpt_dir{run}" / CHECKPOINT
            write_checkpoint(
                path, to_published(state, ensemble.config), _epoch(ensemble, fold, run)
            )


def _epoch(ensemble: Ensemble, fold: int, run: int) -> int:
    """Epoch that was kept."""
    history = ensemble.history
    of_run = history[(history["fold"] == fold) & (history["run"] == run)]
    of_run = of_run[of_run["attempt"] == of_run["attempt"].max()]
    if of_run.empty:
        return 1
    losses = of_run["validation_loss"]
    row = of_run.index[-1] if losses.isna().all() else losses.idxmin()
    return int(of_run.loc[row, "epoch"])


def _sequences(dataset: Dataset, genome: Genome | None) -> Iterator[NDArray[np.uint8]]:
    """Give the base codes of each gene's whole sequence, with the dataset's own letters in the window."""
    genes = dataset.genes
    names = {}
    if genome is not None:
        on_genome = ~genes["chromosome"].astype(str).str.endswith(OWN)
        names = match_chromosomes(genes["chromosome"].astype(str)[on_genome], genome)
    start = TSS_INDEX - dataset.upstream
    end = TSS_INDEX + dataset.downstream
    columns = (genes["chromosome"].astype(str), genes["tss"], genes["strand"].astype(str))
    for row, (chromosome, tss, strand) in enumerate(zip(*columns, strict=True)):
        window = dataset.windows[row]
        sequence = np.full(SEQUENCE_LENGTH, UNKNOWN, np.uint8)
        if genome is not None and chromosome in names:
            sequence = fetch_window(
                genome, names[chromosome], int(tss), strand,
                TSS_INDEX, SEQUENCE_LENGTH - TSS_INDEX,
            )  # fmt: skip
            there = sequence[start:end]
            both = (there != UNKNOWN) & (window != UNKNOWN)
            if (there != window)[both].any():
                raise ScxError(
                    f"{genome.source.name} has other letters than the dataset in the window of "
                    f"{genes.index[row]}; give the genome that the dataset was made of."
                )
        sequence[start:end] = window
        yield sequence
