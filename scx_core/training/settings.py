"""How models are trained, as data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from scx_core.errors import ScxError

SPLITS: Final = ("random", "chromosome")


@dataclass(frozen=True)
class TrainingSettings:
    """Protocol of a training; the defaults are scXpresso's.

    Attributes
    ----------
    level : str
        Level of the populations to predict.
    split : str
        ``"random"``: `n_folds` folds as in the published code. ``"chromosome"``: one fold for each
        chromosome.
    n_folds : int
        Folds of the random split; each gene is in exactly one test set.
    folds : tuple of int
        Folds to train now; empty for all.
    runs : int
        Models per fold, that differ in their seed.
    epochs, batch_size, learning_rate : int, int, float
        Of Adam.
    patience : int
        Epochs without improvement of the validation loss before the learning rate is divided by 10.
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
    n_folds: int = 20
    folds: tuple[int, ...] = ()
    runs: int = 5
    epochs: int = 40
    batch_size: int = 128
    learning_rate: float = 5e-4
    patience: int = 5
    n_validation: int = 0
    max_restarts: int = 3
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise ScxError(f"Split {self.split!r} is unknown; choose one of {', '.join(SPLITS)}.")
        for name, least in (
            ("n_folds", 2), ("runs", 1), ("epochs", 1), ("batch_size", 1), ("patience", 1),
            ("n_validation", 0), ("max_restarts", 0), ("seed", 0),
        ):  # fmt: skip
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise ScxError(f"{name} must be a whole number ≥ {least}, not {value!r}.")
        if not 0 < self.learning_rate < 1:
            raise ScxError(f"The learning rate must lie in (0, 1), not {self.learning_rate!r}.")

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
