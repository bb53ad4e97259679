"""Words and small decisions of the Training page; no streamlit here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from natsort import natsorted

from scx_core.dataset import Dataset
from scx_core.errors import ScxError, counted
from scx_core.jobs import Job, list_jobs
from scx_core.jobs.directory import METRICS, read_lines
from scx_core.store import Workspace
from scx_core.training.settings import TrainingSettings

QUICK, WHOLE, OWN = "quick", "whole", "own"
#: Amounts of training as a person chooses them.
AMOUNTS: Final[Mapping[str, str]] = {
    QUICK: "quick look",
    WHOLE: "whole protocol",
    OWN: "my own",
}
#: Names of architectures as a person chooses them.
ARCHITECTURES: Final[Mapping[str, str]] = {
    "scxpresso": "scXpresso: sequence and half-life",
    "tissue": "tissue model of scXpresso, with a second hidden layer",
    "xpresso": "Xpresso, 2020: GC contents too",
    "sequence": "sequence alone",
    "half-life": "half-life features alone",
    "small": "small: for few genes, as in the demonstration",
}
#: Cross-validations as a person chooses them, and what each is good for.
SPLITS: Final[Mapping[str, tuple[str, str]]] = {
    "published": (
        "20 random folds, as published",
        "The same folds as in the paper. Genes of one family may end up on both sides.",
    ),
    "random": (
        "random folds, as many as I say",
        "Fewer folds take less time and leave fewer genes to train on.",
    ),
    "chromosome": (
        "leave chromosomes out",
        "A fold for each chromosome: neighbours never end up on both sides.",
    ),
    "family": (
        "keep gene families together",
        "Paralogues never end up on both sides: random folds flatter a model that remembers them.",
    ),
}
PUBLISHED_FOLDS: Final = 20
_KEYS: Final = ("fold", "run", "attempt", "epoch")
_VALUES: Final = ("train_loss", "validation_loss", "learning_rate", "validation_pearson")


@dataclass(frozen=True)
class Amount:
    """How much to train.

    Attributes
    ----------
    folds : tuple of (int or str)
        Numbers or names; empty for all.
    runs, epochs : int
    """

    folds: tuple[int | str, ...]
    runs: int
    epochs: int

    def n_units(self, n_folds: int) -> int:
        """Models to train, of a dataset split into ``n_folds``."""
        return (len(self.folds) or n_folds) * self.runs

    def sentence(self, n_folds: int) -> str:
        """Say it in short."""
        return " × ".join(
            (
                counted(len(self.folds) or n_folds, "fold"),
                counted(self.runs, "run"),
                counted(self.epochs, "epoch"),
            )
        )


def quick_look(own: TrainingSettings) -> Amount:
    """Give the least that shows whether a model learns: one fold, one run, a few epochs."""
    return Amount((0,), 1, min(10, own.epochs))


def parse_folds(text: str) -> tuple[int | str, ...]:
    """Read numbers or names of folds, with commas between; none means all.

    Parameters
    ----------
    text : str
        ``0, 1`` or ``chrIV``.
    """
    parts = [part.strip() for part in text.replace(";", ",").split(",")]
    return tuple(int(part) if part.isdigit() else part for part in parts if part)


def parse_numbers(text: str, what: str, *, whole: bool) -> tuple[float, ...]:
    """Read numbers with commas between.

    Parameters
    ----------
    text : str
    what : str
        For the message.
    whole : bool
        Only whole numbers are right.

    Raises
    ------
    ScxError
        If something between the commas is no such number.
    """
    found = []
    for part in (part.strip() for part in text.split(",")):
        try:
            found.append(int(part) if whole else float(part))
        except ValueError as error:
            kind = "whole number" if whole else "number"
            raise ScxError(
                f"{what}: {part!r} is no {kind}; write {'64, 2' if whole else '0.001, 0.01'} for two "
                "layers."
            ) from error
    return tuple(found)


def fold_names(dataset: Dataset, settings: TrainingSettings) -> dict[int, str]:
    """Name the folds of a cross-validation: chromosomes, or numbers from 0."""
    if settings.split != "chromosome":
        return {number: str(number) for number in range(settings.n_folds)}
    names = natsorted(dataset.genes["chromosome"].astype(str).unique())
    return dict(enumerate(names))


def units_of(
    folds: Iterable[int | str], runs: int, names: Mapping[int, str]
) -> list[tuple[int, int]]:
    """List fold and run of every model that a job trains; folds that do not exist are left out."""
    numbers = {name: number for number, name in names.items()}
    chosen = [numbers.get(str(fold), fold) for fold in folds] or list(names)
    kept = [int(fold) for fold in dict.fromkeys(chosen) if fold in names]
    return [(fold, run) for fold in kept for run in range(runs)]


def suggest_name(base: str, suffixes: Sequence[str], taken: Collection[str]) -> str:
    """Find a name that is free, with each of the suffixes.

    Parameters
    ----------
    base : str
    suffixes : sequence of str
        What is added for each resolution; ``""`` for one alone.
    taken : collection of str
    """
    name, number = base, 1
    while any(name + suffix in taken for suffix in suffixes):
        number += 1
        name = f"{base}-{number}"
    return name


def name_suffixes(levels: Sequence[str]) -> list[str]:
    """Give the end of each level's model name: nothing where there is one level."""
    return [f"-{level}" for level in levels] if len(levels) > 1 else [""]


def taken_names(workspace: Workspace) -> set[str]:
    """Names of models that are there, half made, or will be made by a job."""
    half_made = (workspace.root / "models").glob(".*.unfinished")
    promised = (
        str(job.parameters.get("model"))
        for job in list_jobs(workspace)
        if job.kind == "train" and job.state != "finished"
    )
    return {
        *workspace.models(),
        *(path.name.removeprefix(".").removesuffix(".unfinished") for path in half_made),
        *promised,
    }


def size_text(n_bytes: float) -> str:
    """Write a number of bytes in the unit that a person would use."""
    for unit, amount in (("GB", 1e9), ("MB", 1e6)):
        if n_bytes >= amount:
            return f"{n_bytes / amount:.3g} {unit}"
    return f"{max(n_bytes / 1e3, 1):.0f} kB"


def shown_value(value: Any) -> str:
    """Write the value of a setting."""
    if isinstance(value, tuple):
        return ", ".join(shown_value(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def history_of(job: Job) -> pd.DataFrame:
    """Epochs of a training so far; of attempts that were given up as well.

    Returns
    -------
    DataFrame
        ``fold, run, attempt, epoch`` (int) and ``train_loss, validation_loss, learning_rate,
        validation_pearson`` (float; NaN where a line does not tell them). An epoch that was told
        again after a restart counts once.
    """
    table = pd.DataFrame(read_lines(job.path / METRICS)).reindex(columns=[*_KEYS, *_VALUES])
    table = table.apply(pd.to_numeric, errors="coerce")
    table["attempt"] = table["attempt"].fillna(0)
    table = table.dropna(subset=list(_KEYS)).astype(dict.fromkeys(_KEYS, int))
    return table.drop_duplicates(list(_KEYS), keep="last").reset_index(drop=True)


@dataclass(frozen=True)
class Newest:
    """The epoch that a job told last.

    Attributes
    ----------
    values : dict
        Pearson r by population, where it is defined.
    told : str
        Which epoch it is.
    """

    values: dict[str, float]
    told: str


def newest_of(job: Job, names: Mapping[int, str]) -> Newest:
    """Correlations of the newest epoch; empty where none is known."""
    found = job.populations or {}
    values = {
        str(name): float(value)
        for name, value in found.get("values", {}).items()
        if isinstance(value, int | float)
    }
    fold, run, epoch = (found.get(field) for field in ("fold", "run", "epoch"))
    if not (isinstance(fold, int) and isinstance(run, int)):
        return Newest(values, "the newest epoch")
    return Newest(values, f"fold {names.get(fold, fold)}, run {run + 1}, epoch {epoch}")


def job_name(parameters: Mapping[str, Any]) -> str:
    """Name what a job makes or works on."""
    for field in ("model", "atlas", "name", "dataset"):
        if isinstance(parameters.get(field), str):
            return str(parameters[field])
    return ""
