"""The space that is searched: Xpresso's, cut to the dataset's window; every bound can be changed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, Self

from scx_core.dataset import Dataset
from scx_core.errors import ScxError, join_some
from scx_core.models import CNNConfig, ConvStage

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

_STEP: Final = 500
#: Windows shorter than two published steps are cut in this many parts.
_PARTS: Final = 10
#: The published pools suit windows from this length on; shorter ones get narrower pools.
_LONG_WINDOW: Final = 3000
_RANGES: Final = ("upstream", "downstream", "pool")
_BOUNDS: Final = ("n_stages", "kernel", "dilation", "n_hidden")
_CHOICES: Final = ("batch_size", "filters", "units")
#: What a person is asked for, in the order of the form.
TITLES: Final[Mapping[str, str]] = {
    "batch_size": "Batch size: one of",
    "upstream": "Bases upstream of the TSS: from, to, step",
    "downstream": "Bases from the TSS on: from, to, step",
    "n_stages": "Convolutions: from, to",
    "filters": "Filters of each convolution: one of",
    "kernel": "Width of a filter: from, to",
    "dilation": "Dilation: from, to",
    "pool": "Width of each max-pool: from, to, step",
    "n_hidden": "Dense layers: from, to",
    "units": "Units of each dense layer: one of",
    "dropout": "Dropout after each dense layer: from, to",
}


@dataclass(frozen=True)
class SearchSpace:
    """What a search may choose; the defaults are the published ones.

    Attributes
    ----------
    batch_size : tuple of int
        Genes of one step: one of these.
    upstream, downstream : (int, int, int)
        Bases of the window before the TSS, and from the TSS on: lowest, highest, step.
    n_stages : (int, int)
        Convolutions, each with its pool.
    filters : tuple of int
        Of each convolution: one of these.
    kernel, dilation : (int, int)
        Of each convolution.
    pool : (int, int, int)
        Width and stride of each max-pool: lowest, highest, step.
    n_hidden : (int, int)
        Dense layers before the output.
    units : tuple of int
        Of each dense layer: one of these.
    dropout : (float, float)
        After each dense layer. The published space ends at 1, where nothing is left to learn from;
        ours ends below it.

    Notes
    -----
    Source: Agarwal & Shendure, Cell Reports 2020, Table 1, and the program published with it. There
    the window lies within 10,000 bases on both sides of the TSS.
    """

    batch_size: tuple[int, ...] = (32, 64, 128)
    upstream: tuple[int, int, int] = (0, 10_000, _STEP)
    downstream: tuple[int, int, int] = (_STEP, 10_000, _STEP)
    n_stages: tuple[int, int] = (1, 4)
    filters: tuple[int, ...] = (16, 32, 64, 128)
    kernel: tuple[int, int] = (1, 10)
    dilation: tuple[int, int] = (1, 4)
    pool: tuple[int, int, int] = (5, 100, 5)
    n_hidden: tuple[int, int] = (1, 2)
    units: tuple[int, ...] = (2, 4, 8, 16, 32, 64, 128, 256)
    dropout: tuple[float, float] = (0.0, 0.95)

    def __post_init__(self) -> None:
        for name in _CHOICES:
            values = getattr(self, name)
            if not values or any(not _whole(value) or value < 1 for value in values):
                raise ScxError(f"{name} of the space must be whole numbers ≥ 1, not {values!r}.")
        for name in (*_RANGES, *_BOUNDS):
            _check_range(name, getattr(self, name), 0 if name == "upstream" else 1)
        low, high = self.dropout if len(self.dropout) == 2 else (1.0, 0.0)
        if not 0 <= low <= high < 1:
            raise ScxError(
                f"dropout of the space must be two numbers in [0, 1), not {self.dropout!r}."
            )

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Give the published space, cut to what the dataset's window holds.

        The window's ends lie a whole number of steps within the dataset's, so that its full window
        is among them; of a short window the steps and the pools are smaller.
        """
        own = cls()
        length = dataset.upstream + dataset.downstream
        pool = own.pool
        if length < _LONG_WINDOW:
            pool = (2, max(length // 40, 4), 1)
        return replace(
            own,
            upstream=_within(dataset.upstream, own.upstream, 0),
            downstream=_within(dataset.downstream, own.downstream, 1),
            pool=pool,
        )

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Give the space with some bounds set otherwise.

        Parameters
        ----------
        changes : mapping
            Lists of numbers by field, as JSON has them.

        Raises
        ------
        ScxError
            If a field is unknown, or its numbers make no range.
        """
        unknown = changes.keys() - {field.name for field in fields(self)}
        if unknown:
            raise ScxError(
                f"The space has no {join_some(sorted(unknown))}; it has {join_some(TITLES, 20)}."
            )
        try:
            return replace(self, **{name: tuple(values) for name, values in changes.items()})
        except TypeError as error:
            raise ScxError(f"The bounds of the space are damaged: {error}.") from error

    def check(self, dataset: Dataset) -> None:
        """Refuse a space with windows that the dataset does not hold.

        Raises
        ------
        ScxError
            Names the bound.
        """
        for name in ("upstream", "downstream"):
            highest, held = getattr(self, name)[1], getattr(dataset, name)
            if highest > held:
                raise ScxError(
                    f"The space reaches {highest:,} bases {name}, the dataset {dataset.name!r} holds "
                    f"{held:,}; search up to that, or import the dataset with a longer window."
                )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {name: list(values) for name, values in asdict(self).items()}

    def draw(self, trial: "BaseTrial") -> "Candidate":
        """Let a trial choose; what one choice rules out is not asked."""
        batch_size = trial.suggest_categorical("batch_size", self.batch_size)
        upstream = _suggest(trial, "upstream", self.upstream)
        downstream = _suggest(trial, "downstream", self.downstream)
        stages = tuple(
            ConvStage(
                filters=int(trial.suggest_categorical(f"filters_{number}", self.filters)),
                kernel=_suggest(trial, f"kernel_{number}", self.kernel),
                pool=_suggest(trial, f"pool_{number}", self.pool),
                dilation=_suggest(trial, f"dilation_{number}", self.dilation),
                padding="same",  # as in Xpresso; fits every span and pool
            )
            for number in range(1, _suggest(trial, "n_stages", self.n_stages) + 1)
        )
        layers = range(1, _suggest(trial, "n_hidden", self.n_hidden) + 1)
        hidden = tuple(
            int(trial.suggest_categorical(f"units_{number}", self.units)) for number in layers
        )
        dropout = tuple(
            trial.suggest_float(f"dropout_{number}", *self.dropout) for number in layers
        )
        return Candidate(int(batch_size), upstream, downstream, stages, hidden, dropout)


@dataclass(frozen=True)
class Candidate:
    """One point of the space.

    Attributes
    ----------
    batch_size : int
    upstream, downstream : int
    stages : tuple of ConvStage
    hidden : tuple of int
    dropout : tuple of float
    """

    batch_size: int
    upstream: int
    downstream: int
    stages: tuple[ConvStage, ...]
    hidden: tuple[int, ...]
    dropout: tuple[float, ...]

    def config(self, base: CNNConfig) -> CNNConfig:
        """Give a network of this shape with the outputs and half-life features of another.

        Raises
        ------
        ScxError
            If it is impossible: nothing is left of the window after the pools.
        """
        return replace(
            base, upstream=self.upstream, downstream=self.downstream, stages=self.stages,
            hidden=self.hidden, dropout=self.dropout,
        )  # fmt: skip

    def architecture(self) -> dict[str, Any]:
        """Give the ``architecture`` of a `scx_core.training.request.TrainingRequest`."""
        return {
            "stages": [asdict(stage) for stage in self.stages],
            "hidden": list(self.hidden),
            "dropout": list(self.dropout),
        }

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "batch_size": self.batch_size,
            "upstream": self.upstream,
            "downstream": self.downstream,
            **self.architecture(),
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
            return cls(
                int(values["batch_size"]),
                int(values["upstream"]),
                int(values["downstream"]),
                tuple(ConvStage(**stage) for stage in values["stages"]),
                tuple(values["hidden"]),
                tuple(values["dropout"]),
            )
        except (KeyError, TypeError) as error:
            raise ScxError(f"A trial of the search is damaged: {error}.") from error

    @property
    def words(self) -> str:
        """The architecture in a line."""
        convolutions = ", ".join(
            f"{stage.filters} × {stage.kernel}"
            + (f" (dilation {stage.dilation})" if stage.dilation > 1 else "")
            + f" pool {stage.pool}"
            for stage in self.stages
        )
        dense = ", ".join(
            f"{units} (dropout {rate:.3g})"
            for units, rate in zip(self.hidden, self.dropout, strict=True)
        )
        return (
            f"{self.upstream:,} + {self.downstream:,} bases; {convolutions}; dense {dense}; batches "
            f"of {self.batch_size}"
        )


def _within(held: int, published: tuple[int, int, int], least: int) -> tuple[int, int, int]:
    """Cut a published range of one side of the window to the bases held."""
    highest = min(held, published[1])
    step = published[2] if highest >= 2 * published[2] else max(highest // _PARTS, 1)
    lowest = highest % step
    if lowest < least:
        lowest += step
    return min(lowest, highest), highest, step


def _suggest(trial: "BaseTrial", name: str, bounds: tuple[int, ...]) -> int:
    low, high, *step = bounds
    return trial.suggest_int(name, low, high, step=step[0] if step else 1)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_range(name: str, values: tuple[int, ...], least: int) -> None:
    wanted = 3 if name in _RANGES else 2
    if len(values) != wanted or not all(_whole(value) for value in values):
        what = "lowest, highest and step" if wanted == 3 else "lowest and highest"
        raise ScxError(f"{name} of the space must be whole numbers, {what}, not {values!r}.")
    low, high, *step = values
    if low < least or high < low or (step and (step[0] < 1 or (high - low) % step[0])):
        raise ScxError(
            f"{name} of the space cannot be {', '.join(map(str, values))}; it begins at {least} or "
            "above, does not fall, and takes whole steps."
        )
