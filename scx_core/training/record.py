"""What one epoch came to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from scx_core.errors import ScxError


@dataclass(frozen=True)
class EpochRecord:
    """One epoch, counted from 1.

    Attributes
    ----------
    epoch, attempt : int
        Attempts are counted from 0.
    train_loss, validation_loss : float
        In z-units; the training loss is the mean over the epoch's batches, while weights change.
    learning_rate : float
    seconds : float
    validation_pearson : float or None
        Pearson correlation over the validation genes, median over populations; None where no
        population varies.
    by_population : tuple of (float or None)
        The same for each population, in order; not stored with the history.
    """

    epoch: int
    train_loss: float
    validation_loss: float
    learning_rate: float
    seconds: float
    attempt: int
    validation_pearson: float | None = None
    by_population: tuple[float | None, ...] = ()

    @classmethod
    def of(
        cls,
        epoch: int,
        attempt: int,
        train_loss: float,
        validation_loss: float,
        learning_rate: float,
        seconds: float,
        pearson: NDArray[np.float64],
    ) -> Self:
        """Make a record; ``pearson``, shape (populations,), has NaN where one does not vary."""
        known = pearson[~np.isnan(pearson)]
        return cls(
            epoch,
            train_loss,
            validation_loss,
            learning_rate,
            seconds,
            attempt,
            float(np.median(known)) if len(known) else None,
            tuple(None if np.isnan(r) else round(float(r), 4) for r in pearson),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, without `by_population`."""
        values = asdict(self)
        del values["by_population"]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read back `to_dict`.

        Raises
        ------
        ScxError
            If a field is missing or unknown.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise ScxError(f"The record of an epoch is damaged: {error}.") from error
