"""How much better would models be with more genes? Training on random parts of one fold's genes.

While it is made, a curve lies in ``learning-curves/.<name>.unfinished`` of the workspace, a file for
each model that is trained; models that are trained are never trained again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.evaluate import evaluate
from scx_core.progress import Progress, no_progress
from scx_core.provenance import provenance
from scx_core.resumable import resumable_directory, unfinished
from scx_core.store import (
    Workspace,
    check_name,
    damage_as_sentence,
    read_json,
    write_json,
)
from scx_core.trained import TrainedRun
from scx_core.training.architecture import architecture_for, settings_for
from scx_core.training.checkpoint import load_checkpoint, save_checkpoint
from scx_core.training.fit import fit_run
from scx_core.training.folds import FoldSplit
from scx_core.training.plan import Plan, make_plan
from scx_core.training.record import EpochRecord

CURVE: Final = "curve.json"
#: Shares of the training genes if no sizes are given.
SHARES: Final = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
#: With fewer genes than this, z-scores and batches mean little.
FEWEST: Final = 20
_SETTINGS: Final = frozenset(
    ("level", "split", "families", "n_folds", "epochs", "batch_size", "learning_rate", "patience",
     "learning_rate_factor", "loss", "alpha", "beta", "n_validation", "max_restarts", "seed",
     "device")
)  # fmt: skip


@dataclass(frozen=True)
class LearningCurveRequest:
    """What to train, on how many genes, how often.

    Attributes
    ----------
    dataset, name : str
        Names in the workspace; the curve is new.
    preset : str
        Architecture; see `scx_core.models.preset`.
    fold : int or str
        Its test genes test every model; its validation genes choose every model's best epoch.
    sizes : tuple of int
        Numbers of training genes; shares of all (`SHARES`) if empty.
    repeats : int
        Models of each size, on other genes and with another seed. Of a repeat, the genes of a
        smaller size are among those of a larger one.
    settings : mapping
        Fields of `TrainingSettings` that differ from the preset's own.
    """

    dataset: str
    name: str
    preset: str = "scxpresso"
    fold: int | str = 0
    sizes: tuple[int, ...] = ()
    repeats: int = 3
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name, "learning curve")
        if not isinstance(self.repeats, int) or self.repeats < 1:
            raise ScxError(f"Each size needs 1 model or more, not {self.repeats!r}.")
        if any(not isinstance(size, int) or size < FEWEST for size in self.sizes):
            raise ScxError(
                f"Sizes must be whole numbers of genes, {FEWEST} or more, not {self.sizes!r}."
            )
        unknown = sorted(set(self.settings) - _SETTINGS)
        if unknown:
            raise ScxError(f"{', '.join(unknown)} cannot be set for a learning curve.")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form: the parameters of a job of kind ``"learning-curve"``."""
        return {
            "dataset": self.dataset,
            "name": self.name,
            "preset": self.preset,
            "fold": self.fold,
            "sizes": list(self.sizes),
            "repeats": self.repeats,
            "settings": {name: value for name, value in self.settings.items() if value is not None},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read back `to_dict`.

        Raises
        ------
        ScxError
            If a field is missing, unknown or out of range.
        """
        try:
            return cls(**{**values, "sizes": tuple(values.get("sizes", ()))})
        except TypeError as error:
            raise ScxError(f"The request of a learning curve is damaged: {error}.") from error

    def plan(self, dataset: Dataset) -> Plan:
        """Work out folds and data; nothing is written.

        Raises
        ------
        ScxError
            If it cannot be done as asked.
        """
        settings = settings_for(self.preset, **{**self.to_dict()["settings"], "runs": 1})
        config = architecture_for(dataset, self.preset, settings.level)
        plan = make_plan(dataset, config, settings, (self.fold,))
        self.sizes_of(plan)
        return plan

    def sizes_of(self, plan: Plan) -> tuple[int, ...]:
        """Give the numbers of training genes, ascending.

        Raises
        ------
        ScxError
            If one is larger than the training genes there are.
        """
        n = len(plan.split(plan.settings.folds[0]).training)
        sizes = self.sizes or tuple(round(share * n) for share in SHARES if share * n >= FEWEST)
        too_many = [size for size in sizes if size > n]
        if too_many:
            raise ScxError(
                f"Fold {plan.settings.folds[0]} has {n:,} training genes, fewer than "
                f"{max(too_many):,}; choose smaller sizes."
            )
        if not sizes:
            raise ScxError(f"Fold {plan.settings.folds[0]} has {n:,} training genes, too few.")
        return tuple(sorted(set(sizes)))


class LearningCurve:
    """A curve, finished or not. Read-only.

    Attributes
    ----------
    name : str
    metadata : dict
        What was asked for; content of ``curve.json`` once it is finished.
    finished : bool
    by_population : DataFrame
        One row for each model and population: ``size, repeat, population, pearson, spearman, n``
        (test genes).
    """

    def __init__(self, name: str, folder: Path, metadata: dict[str, Any], finished: bool) -> None:
        self.name, self.metadata, self.finished = name, metadata, finished
        self.by_population = _read_models(folder)

    @classmethod
    def open(cls, path: Path) -> "LearningCurve":
        """Open a curve's folder, or the unfinished one beside its place.

        Raises
        ------
        ScxError
            If there is neither, or it is damaged.
        """
        finished = (path / CURVE).is_file()
        folder, file = (path, CURVE) if finished else (unfinished(path), "spec.json")
        if not (folder / file).is_file():
            raise ScxError(f"There is no learning curve {path.name!r}; check the name.")
        with damage_as_sentence(folder / file, "delete the folder and begin anew"):
            return cls(path.name, folder, dict(read_json(folder / file)), finished)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each size, of the medians over populations of its models.

        Columns: ``repeats`` (models), ``pearson, spearman`` (mean over the models), ``low, high``
        (lowest and highest Pearson correlation).
        """
        by_model = self.by_population.groupby(["size", "repeat"])[["pearson", "spearman"]].median()
        by_size = by_model.groupby("size")
        table = pd.DataFrame(
            {
                "repeats": by_size.size(),
                "pearson": by_size["pearson"].mean(),
                "low": by_size["pearson"].min(),
                "high": by_size["pearson"].max(),
                "spearman": by_size["spearman"].mean(),
            }
        )
        return table.rename_axis("size")


def curve_path(workspace: Workspace, name: str) -> Path:
    """Folder of a learning curve, there or not."""
    return workspace.root / "learning-curves" / check_name(name, "learning curve")


def list_curves(workspace: Workspace) -> list[str]:
    """Names of the learning curves, finished or begun, sorted."""
    folder = workspace.root / "learning-curves"
    begun = (
        path.parent.name[1:].removesuffix(".unfinished") for path in folder.glob(".*/spec.json")
    )
    return sorted({*begun, *(path.parent.name for path in folder.glob(f"[!.]*/{CURVE}"))})


def subset(training: NDArray[np.int64], size: int, seed: int, repeat: int) -> NDArray[np.int64]:
    """Draw training genes; of one repeat, fewer genes are always among the more.

    Parameters
    ----------
    training : ndarray of int
        Rows of the gene table.
    size, seed, repeat : int

    Returns
    -------
    ndarray of int, shape (size,)
        Ascending.
    """
    order = np.random.default_rng((seed, repeat)).permutation(training)
    return np.sort(order[:size])


def run_learning_curve(
    workspace: Workspace, request: LearningCurveRequest, progress: Progress = no_progress
) -> LearningCurve:
    """Train on ever more genes of one fold and test on the same genes; goes on where it stopped.

    The curve does not depend on how often the work was stopped.

    Parameters
    ----------
    workspace : Workspace
    request : LearningCurveRequest
    progress : Progress
        Called many times a second; may raise to cancel.

    Raises
    ------
    ScxError
        If the request does not fit the dataset, or the name is taken.
    """
    dataset = Dataset.open(workspace.dataset_path(request.dataset))
    plan = request.plan(dataset)
    sizes = request.sizes_of(plan)
    path = curve_path(workspace, request.name)
    spec = {**plan.spec(), "sizes": list(sizes), "repeats": request.repeats}
    # The large sizes take most of the time: progress counts genes.
    units = [(size, repeat) for size in sizes for repeat in range(request.repeats)]
    total, done = float(sum(size for size, _ in units)), 0.0
    with resumable_directory(path, "learning curve", spec) as work:
        for size, repeat in units:

            def tell(
                fraction: float, before: float = done, size: int = size, repeat: int = repeat
            ) -> None:
                progress(
                    (before + size * fraction) / total,
                    f"{size:,} genes, model {repeat + 1} of {request.repeats}",
                )

            if not _file(work, size, repeat).exists():
                _train(work, plan, size, repeat, tell)
            done += size
        write_json(work / CURVE, {**spec, "provenance": provenance({}, request.to_dict())})
    progress(1.0, "Finished")
    return LearningCurve.open(path)


def _file(work: Path, size: int, repeat: int) -> Path:
    return work / f"genes_{size}_repeat_{repeat}.json"


class _Keeper:
    """Keeps the state of a fit after each epoch."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notices: list[str] = []

    def load(self) -> dict[str, Any] | None:
        return load_checkpoint(self.path)

    def save(self, state: dict[str, Any]) -> None:
        save_checkpoint(self.path, state)

    def notice(self, sentence: str) -> None:
        self.notices.append(sentence)


def _train(work: Path, plan: Plan, size: int, repeat: int, tell: Any) -> None:
    """Train one model and write how well it predicts the test genes."""
    settings, fold = plan.settings, plan.settings.folds[0]
    whole = plan.split(fold)
    split = replace(whole, training=subset(whole.training, size, settings.seed, repeat))
    keeper = _Keeper(_file(work, size, repeat).with_suffix(".checkpoint"))

    def on_epoch(_record: EpochRecord) -> None:
        """Epochs are not told: the curve is of whole models."""

    fitted = fit_run(
        plan.config, plan.data, split, settings, (settings.seed, fold, repeat, size), on_epoch,
        lambda epoch, fraction: tell((epoch - 1 + fraction) / settings.epochs), keeper=keeper,
    )  # fmt: skip
    scores = _test(TrainedRun(fitted.model, fitted.scaling), plan, split)
    write_json(
        _file(work, size, repeat),
        {
            "size": size,
            "repeat": repeat,
            "collapsed": fitted.collapsed,
            "still_collapsed": fitted.still_collapsed,
            "epochs": len(fitted.history),
            "notices": keeper.notices,
            "scores": [
                {name: None if value != value else value for name, value in row.items()}
                for row in scores.reset_index().to_dict("records")
            ],
        },
    )
    keeper.path.unlink(missing_ok=True)


def _test(run: TrainedRun, plan: Plan, split: FoldSplit) -> pd.DataFrame:
    names = list(plan.data.populations)
    predicted = run.predict(plan.data.windows[split.test], plan.data.half_life[split.test])
    return evaluate(
        pd.DataFrame(plan.data.targets[split.test], columns=names),
        pd.DataFrame(predicted, columns=names),
    )


def _read_models(folder: Path) -> pd.DataFrame:
    columns = ["size", "repeat", "population", "pearson", "spearman", "n"]
    rows = []
    for file in sorted(folder.glob("genes_*_repeat_*.json")):
        entry = read_json(file)
        rows += [
            {"size": entry["size"], "repeat": entry["repeat"], **score} for score in entry["scores"]
        ]
    table = pd.DataFrame(rows, columns=columns)
    table = table.astype({"pearson": float, "spearman": float})
    return table.sort_values(["size", "repeat"], kind="stable", ignore_index=True)
