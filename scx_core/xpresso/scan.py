"""Region scan: what would be expressed if a gene began here, every 100 bp, on both strands.

Source: Agarwal & Shendure, Cell Reports 2020, Figure 5.
"""

from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted, join_some
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import reverse_complement
from scx_core.sequence.chromosomes import match_names
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval
from scx_core.variants.genome import Letters
from scx_core.xpresso.published import PublishedModel

Codes = NDArray[np.uint8]

STEP: Final = 100
#: Positions worked out at a time: two strands of 10,500 bases are 5 MB.
_POSITIONS: Final = 256
_FIRST_UNKNOWN: Final = 4


class Predictor(Protocol):
    """What a scan asks: windows in, one number for each out."""

    @property
    def upstream(self) -> int:
        """Bases of the window before the TSS."""

    @property
    def downstream(self) -> int:
        """Bases from the TSS on."""

    @property
    def unit(self) -> str:
        """Unit of the predictions."""

    @property
    def source(self) -> dict[str, object]:
        """What made the predictions, for files."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What is worth knowing about them."""

    def predict(self, codes: Codes) -> NDArray[np.float64]:
        """Predict windows, shape (windows, length), as shape (windows,)."""


@dataclass(frozen=True)
class PublishedPredictor:
    """One output of a published model, half-life inputs at their mean.

    Attributes
    ----------
    model : PublishedModel
    output : str
        The first if empty.
    """

    model: PublishedModel
    output: str = ""
    _column: int = field(init=False, repr=False, default=0)

    def __post_init__(self) -> None:
        if self.output and self.output not in self.model.outputs:
            raise ScxError(
                f"The published model {self.model.name!r} has no output {self.output!r}; it has "
                f"{join_some(self.model.outputs)}."
            )
        column = self.model.outputs.index(self.output) if self.output else 0
        object.__setattr__(self, "_column", column)

    @property
    def upstream(self) -> int:
        """Bases of the window before the TSS."""
        return self.model.config.upstream

    @property
    def downstream(self) -> int:
        """Bases from the TSS on."""
        return self.model.config.downstream

    @property
    def unit(self) -> str:
        """Unit of the predictions."""
        return self.model.unit

    @property
    def source(self) -> dict[str, object]:
        """What made the predictions, for files."""
        return {
            "published model": self.model.name,
            "model digest": self.model.digest,
            "output": self.model.outputs[self._column],
            "half-life inputs": "all at their mean",
        }

    @property
    def notices(self) -> tuple[str, ...]:
        """What is worth knowing about them."""
        return self.model.notices

    def predict(self, codes: Codes) -> NDArray[np.float64]:
        """Predict windows, shape (windows, length), as shape (windows,)."""
        return self.model.predict(codes)[:, self._column]


@dataclass(frozen=True)
class FoldPredictor:
    """One population of one fold of a model of the workspace, half-life features at their mean.

    Attributes
    ----------
    model : Ensemble
    fold : int
    population : str
    """

    model: Ensemble
    fold: int
    population: str

    def __post_init__(self) -> None:
        if self.fold not in self.model.trained_folds:
            raise ScxError(
                f"The model {self.model.name!r} has no fold {self.fold}; it has "
                f"{join_some(self.model.trained_folds, 20)}."
            )
        if self.population not in self.model.populations:
            raise ScxError(
                f"The model {self.model.name!r} does not predict {self.population!r}; it predicts "
                f"{join_some(self.model.populations)}."
            )
        if not self.model.config.stages:
            raise ScxError(
                f"The model {self.model.name!r} reads half-life features alone: it gives the same "
                "everywhere; choose a model that reads sequence."
            )

    @property
    def upstream(self) -> int:
        """Bases of the window before the TSS."""
        return self.model.config.upstream

    @property
    def downstream(self) -> int:
        """Bases from the TSS on."""
        return self.model.config.downstream

    @property
    def unit(self) -> str:
        """Unit of the predictions."""
        return "predicted expression (log10)"

    @property
    def source(self) -> dict[str, object]:
        """What made the predictions, for files."""
        return {
            "model": self.model.name,
            "model digest": self.model.digest,
            "fold": self.fold,
            "population": self.population,
            "half-life features": "all at their mean",
        }

    @property
    def notices(self) -> tuple[str, ...]:
        """What is worth knowing about them."""
        return (
            f"Predicted by the models of fold {self.fold} alone: genes of all other folds were seen "
            "in their training, so what is predicted at their start sites is not out of fold.",
        )

    def predict(self, codes: Codes) -> NDArray[np.float64]:
        """Predict windows, shape (windows, length), as shape (windows,): mean over runs."""
        column = self.model.populations.index(self.population)
        half_life = np.full((len(codes), len(self.model.config.half_life)), np.nan)
        runs = self.model.load_fold(self.fold)
        return np.mean([run.predict(codes, half_life)[:, column] for run in runs], axis=0)


@dataclass(frozen=True)
class RegionScan:
    """Predictions along a region.

    Attributes
    ----------
    interval : Interval
        What was scanned, chromosome named as in the genome.
    step : int
        Bases between predictions.
    table : DataFrame
        One row for each position: ``chromosome``, ``tss`` (1-based: the base at which a gene would
        begin), ``plus`` and ``minus`` (prediction for a gene on that strand, in `unit`; NaN where
        too little of the window is known), ``unknown_plus`` and ``unknown_minus`` (share of unknown
        letters in the window).
    unit : str
    source : dict
        What made it, for files.
    notices : tuple of str
    chromosome_length : int or None
    """

    interval: Interval
    step: int
    table: pd.DataFrame
    unit: str
    source: dict[str, object]
    notices: tuple[str, ...]
    chromosome_length: int | None = None

    def track(self, strand: str) -> pd.DataFrame:
        """Give one strand as a track.

        Parameters
        ----------
        strand : str
            ``"+"`` or ``"-"``.

        Returns
        -------
        DataFrame
            ``chromosome``, ``start``, ``end`` (0-based half-open: from the position predicted for up
            to the next), ``value``; positions without a prediction are left out.
        """
        column = {"+": "plus", "-": "minus"}[strand]
        known = self.table[self.table[column].notna()]
        start = known["tss"].to_numpy(np.int64) - 1
        return pd.DataFrame(
            {
                "chromosome": self.interval.chromosome,
                "start": start,
                "end": np.minimum(start + self.step, self.interval.end),
                "value": known[column].to_numpy(np.float64),
            }
        )


def resolve_interval(interval: Interval, genome: Letters | Genome) -> Interval:
    """Name an interval's chromosome as the genome does, and keep it on the chromosome.

    Raises
    ------
    ScxError
        If the genome has no such chromosome, or the interval lies beyond its end or is empty.
    """
    names = match_names([interval.chromosome], genome.chromosomes)
    if interval.chromosome not in names:
        raise ScxError(
            f"The genome has no chromosome {interval.chromosome!r}; it has "
            f"{join_some(genome.chromosomes)}."
        )
    chromosome = names[interval.chromosome]
    length = genome.chromosomes[chromosome]
    if interval.start < 0:
        raise ScxError(f"{interval} begins before position 1; give positions from 1 on.")
    if len(interval) == 0:
        raise ScxError(f"{interval} is empty; give a stretch of the genome.")
    if length is not None and interval.end > length:
        raise ScxError(
            f"{interval} ends beyond the {length:,} bases of {chromosome}; give an end up to there."
        )
    return Interval(chromosome, interval.start, interval.end)


def scan_region(
    predictor: Predictor,
    genome: Letters | Genome,
    interval: Interval,
    step: int = STEP,
    *,
    max_unknown: float = 0.5,
    progress: Progress = no_progress,
) -> RegionScan:
    """Predict windows along an interval, on both strands.

    Parameters
    ----------
    predictor : Predictor
        `PublishedPredictor` or `FoldPredictor`.
    genome : Letters or Genome
    interval : Interval
        Where genes would begin; windows reach beyond it (N past the chromosome's ends).
    step : int
        Bases between predictions; the first is at the interval's first base.
    max_unknown : float
        Largest share of unknown letters in a window that is predicted.
    progress : Progress
        May raise to cancel.

    Returns
    -------
    RegionScan

    Raises
    ------
    ScxError
        If the interval is not on the genome, or the step is below 1.
    """
    if step < 1:
        raise ScxError(f"The step must be 1 base or more, not {step}.")
    place = resolve_interval(interval, genome)
    tables = []
    n_positions = -(-len(place) // step)
    for first in range(0, n_positions, _POSITIONS):
        last = min(first + _POSITIONS, n_positions)
        starts = place.start + step * np.arange(first, last)
        tables.append(_scan_part(predictor, genome, place.chromosome, starts, step, max_unknown))
        progress(last / n_positions, f"Predicted {last:,} of {n_positions:,} positions")
    table = pd.concat(tables, ignore_index=True)
    blank = int(table["plus"].isna().sum() + table["minus"].isna().sum())
    notices = [*predictor.notices]
    if blank:
        notices.append(
            f"{counted(blank, 'of the windows has', 'of the windows have')} more than "
            f"{max_unknown:.0%} unknown letters and no prediction ({2 * n_positions:,} windows)."
        )
    return RegionScan(
        place, step, table, predictor.unit, predictor.source, tuple(notices),
        genome.chromosomes[place.chromosome],
    )  # fmt: skip


def _scan_part(
    predictor: Predictor,
    genome: Letters | Genome,
    chromosome: str,
    starts: NDArray[np.int64],
    step: int,
    max_unknown: float,
) -> pd.DataFrame:
    """Predict at some positions (0-based): one stretch of the genome holds all their windows."""
    columns: dict[str, object] = {"chromosome": chromosome, "tss": starts + 1}
    for strand, column in (("+", "plus"), ("-", "minus")):
        windows = _windows(predictor, genome, chromosome, starts, step, strand)
        unknown = (windows >= _FIRST_UNKNOWN).mean(axis=1)
        known = unknown <= max_unknown
        values = np.full(len(starts), np.nan)
        if known.any():
            values[known] = predictor.predict(windows[known])
        columns[column] = values
        columns[f"unknown_{column}"] = unknown
    order = ["chromosome", "tss", "plus", "minus", "unknown_plus", "unknown_minus"]
    return pd.DataFrame(columns)[order]


def _windows(
    predictor: Predictor,
    genome: Letters | Genome,
    chromosome: str,
    starts: NDArray[np.int64],
    step: int,
    strand: str,
) -> Codes:
    """Windows of genes that begin at ``starts`` (0-based); see `scx_core.sequence.windows`."""
    length = predictor.upstream + predictor.downstream
    before = predictor.upstream if strand == "+" else predictor.downstream - 1
    first, last = int(starts[0]) - before, int(starts[-1]) - before + length
    stretch = genome.fetch(Interval(chromosome, first, last))
    windows = sliding_window_view(stretch, length)[::step]
    return reverse_complement(windows) if strand == "-" else np.ascontiguousarray(windows)
