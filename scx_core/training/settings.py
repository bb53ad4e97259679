"""How models are trained, as data."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final, Self

from scx_core.errors import ScxError

SPLITS: Final = ("random", "chromosome", "family")
LOSSES: Final = ("mse", "hybrid")
COMBINATIONS: Final = ("mean", "best")


@dataclass(frozen=True)
class TrainingSettings:
    """Protocol of a training; the defaults are scXpresso's.

    Attributes
    ----------
    level : str
        Level of the populations to predict.
    split : str
        ``"random"``: `n_folds` folds as in the published code. ``"chromosome"``: one fold for each
        chromosome. ``"family"``: `n_folds` folds, no gene family in two of them.
    families : str
        Path of a table of gene families; empty to derive them from similar sequence. Only with the
        family split.
    n_folds : int
        Folds of the random and the family split; each gene is in exactly one test set.
    folds : tuple of int
        Folds to train now; empty for all.
    runs : int
        Models per fold, that differ in their seed.
    epochs, batch_size, learning_rate : int, int, float
        Of Adam.
    learning_rate_factor : float
        By which the learning rate is multiplied when the validation loss no longer improves.
    patience : int
        Epochs without improvement of the validation loss before that.
    loss : str
        ``"mse"`` of the z-scores, or ``"hybrid"``: ``alpha * (1 - r) + beta * mse``, where r is the
        Pearson correlation across populations (see `scx_core.training.loss`).
    alpha, beta : float
        Weights of the hybrid loss; at least one is above 0.
    combine : str
        ``"mean"``: the predictions of a fold's runs are averaged, as in scXpresso. ``"best"``: of each
        fold the run with the lowest validation loss alone is kept, as in Xpresso.
    n_validation : int
        Validation genes; 0 for 1,000, or a tenth of the non-test genes where that is fewer.
    max_restarts : int
        New seeds tried for a run that collapsed to constant predictions.
    seed : int
        Seed of initial weights, dropout and batches.
    device : str
        PyTorch device.

    Notes
    -----
    Source: Michielsen, Reinders, Mahfouz, Front. Bioinform. 2024, Methods ("Training").
    """

    level: str = "population"
    split: str = "random"
    families: str = ""
    n_folds: int = 20
    folds: tuple[int, ...] = ()
    runs: int = 5
    epochs: int = 40
    batch_size: int = 128
    learning_rate: float = 5e-4
    learning_rate_factor: float = 0.1
    patience: int = 5
    loss: str = "mse"
    alpha: float = 1.0
    beta: float = 1.0
    combine: str = "mean"
    n_validation: int = 0
    max_restarts: int = 3
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        self._check_split()
        self._check_numbers()
        self._check_loss()

    def _check_split(self) -> None:
        if self.split not in SPLITS:
            raise ScxError(f"Split {self.split!r} is unknown; choose one of {', '.join(SPLITS)}.")
        if not isinstance(self.families, str):
            raise ScxError(f"families must be the path of a table, not {self.families!r}.")
        if self.families and self.split != "family":
            raise ScxError(
                f"A table of gene families was given, but the split is {self.split!r}; choose the "
                "split 'family', or give no table."
            )

    def _check_numbers(self) -> None:
        for name, least in (
            ("n_folds", 2), ("runs", 1), ("epochs", 1), ("batch_size", 1), ("patience", 1),
            ("n_validation", 0), ("max_restarts", 0), ("seed", 0),
        ):  # fmt: skip
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise ScxError(f"{name} must be a whole number ≥ {least}, not {value!r}.")
        for name, shown in (
            ("learning_rate", "The learning rate"),
            ("learning_rate_factor", "The factor of the learning rate"),
        ):
            value = getattr(self, name)
            if not _is_number(value) or not 0 < value < 1:
                raise ScxError(f"{shown} must lie in (0, 1), not {value!r}.")

    def _check_loss(self) -> None:
        if self.combine not in COMBINATIONS:
            raise ScxError(
                f"The combination {self.combine!r} of runs is unknown; choose one of "
                f"{', '.join(COMBINATIONS)}."
            )
        if self.loss not in LOSSES:
            raise ScxError(f"Loss {self.loss!r} is unknown; choose one of {', '.join(LOSSES)}.")
        for name in ("alpha", "beta"):
            value = getattr(self, name)
            if not _is_number(value) or value < 0:
                raise ScxError(f"{name} must be a number ≥ 0, not {value!r}.")
        if self.alpha == 0 and self.beta == 0:
            raise ScxError("alpha and beta are both 0, which leaves no loss; raise one of them.")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read back `to_dict`.

        Raises
        ------
        ScxError
            If a field is unknown or out of range.
        """
        fields = dict(values)
        fields["folds"] = tuple(fields.get("folds", ()))
        try:
            return cls(**fields)
        except TypeError as error:
            raise ScxError(f"The training settings are damaged: {error}.") from error


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class PaperValue:
    """What the paper says about one of the `TrainingSettings`.

    Attributes
    ----------
    value : object
        The paper's; None where the paper has no such parameter.
    explanation : str
        One line for the person who may change it.
    """

    value: Any
    explanation: str


#: Of each field of `TrainingSettings`. Source: Michielsen, Reinders, Mahfouz, Front. Bioinform. 2024.
PAPER: Final[Mapping[str, PaperValue]] = MappingProxyType(
    {
        "level": PaperValue(
            "population", "Resolution of the cell populations; the paper trains one model for each."
        ),
        "split": PaperValue(
            "random",
            "How genes are divided into folds: at random, by chromosome, or by gene family, so that "
            "no paralogue of a test gene is seen in training.",
        ),
        "families": PaperValue(
            None, "Table of gene families; empty to derive them from similar sequence at the TSS."
        ),
        "n_folds": PaperValue(20, "Folds; each gene is tested in exactly one of them."),
        "folds": PaperValue((), "Folds to train now; empty for all."),
        "runs": PaperValue(5, "Models of each fold, which differ in their seed and are averaged."),
        "epochs": PaperValue(40, "Passes over the training genes; the best epoch is kept."),
        "batch_size": PaperValue(128, "Genes of one step of the optimiser."),
        "learning_rate": PaperValue(5e-4, "Step size of Adam at the start."),
        "learning_rate_factor": PaperValue(
            0.1, "The learning rate is multiplied by this when the validation loss stands still."
        ),
        "patience": PaperValue(
            5, "Epochs without a better validation loss before the learning rate falls."
        ),
        "loss": PaperValue(
            "mse",
            "Mean squared error of the z-scores, or the hybrid that also rewards the correlation "
            "across populations (Mittal 2025).",
        ),
        "alpha": PaperValue(None, "Weight of 1 − correlation across populations, hybrid loss."),
        "beta": PaperValue(None, "Weight of the mean squared error, hybrid loss."),
        "combine": PaperValue(
            "mean",
            "Average the runs of a fold (scXpresso), or keep the one with the lowest validation loss "
            "(Xpresso, with 10 runs).",
        ),
        "n_validation": PaperValue(
            1000,
            "Genes that choose the best epoch; 0 for 1,000, or a tenth of the non-test genes where "
            "that is fewer.",
        ),
        "max_restarts": PaperValue(
            None, "New seeds for a run that collapsed to constant predictions, at most."
        ),
        "seed": PaperValue(None, "Seed of initial weights, dropout and batches."),
        "device": PaperValue(None, "Where the network is trained: cpu or cuda."),
    }
)
