"""Effects of all substitutions in one gene's window."""

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.errors import ScxError
from scx_core.sequence.alphabet import BASES, CODE_LETTERS, UNKNOWN
from scx_core.sequence.windows import index_to_position

#: Before a population's name in the tables of effects: no name can hide another column.
EFFECT: Final = "effect: "

Real = TypeVar("Real", np.float32, np.float64)


@dataclass(frozen=True)
class Effects:
    """Effects of all substitutions in the window of one gene.

    Attributes
    ----------
    gene_id : str
    chromosome, strand : str
    tss : int
        1-based.
    upstream : int
        Window index of the TSS.
    codes : ndarray of uint8, shape (length,)
        Wild-type base codes in the direction of the gene.
    populations : tuple of str
    values : ndarray of float32, shape (length, 4, populations)
        predicted(substituted) − predicted(wild type), log10 units, mean over runs; bases in ACGT
        order on the gene's strand. The reference base has 0. Where the wild type is an ambiguous
        letter, each base is compared with that mixture.
    spread : ndarray of float32, same shape
        Standard deviation over runs (n − 1); NaN with one run.
    wild_type : ndarray of float64, shape (populations,)
        Prediction for the wild type, log10 units, mean over runs.
    wild_type_spread : ndarray of float64, shape (populations,)
    fold, n_runs : int
        Test fold of the gene, and how many models of it were averaged.
    """

    gene_id: str
    chromosome: str
    strand: str
    tss: int
    upstream: int
    codes: NDArray[np.uint8]
    populations: tuple[str, ...]
    values: NDArray[np.float32]
    spread: NDArray[np.float32]
    wild_type: NDArray[np.float64]
    wild_type_spread: NDArray[np.float64]
    fold: int
    n_runs: int

    def __post_init__(self) -> None:
        shape = (len(self.codes), len(BASES), len(self.populations))
        if self.values.shape != shape or self.spread.shape != shape:
            raise ScxError(f"Effects must have shape {shape}, not {self.values.shape}.")
        for array in (self.codes, self.values, self.spread, self.wild_type, self.wild_type_spread):
            array.flags.writeable = False

    @property
    def positions(self) -> NDArray[np.int64]:
        """Positions relative to the TSS, which is 0; negative is upstream of the gene."""
        return np.arange(len(self.codes)) - self.upstream

    @property
    def genome_positions(self) -> NDArray[np.int64]:
        """Genome positions, 1-based."""
        indices = np.arange(len(self.codes))
        return np.asarray(index_to_position(indices, self.tss, self.strand, self.upstream))

    def to_frame(self) -> pd.DataFrame:
        """One row for each substitution, one effect column for each population.

        Positions whose wild type is unknown (N, or past the chromosome's end) are left out.

        Returns
        -------
        DataFrame
            ``chromosome``, ``position`` (1-based), ``relative_to_tss``, ``reference``,
            ``alternative`` (both on the gene's strand), then ``effect: NAME`` for each population
            (log10).
        """
        length = len(self.codes)
        letters = np.array(list(CODE_LETTERS))[self.codes]
        reference = np.repeat(letters, len(BASES))
        alternative = np.tile(np.array(list(BASES)), length)
        frame = pd.DataFrame(
            self.values.reshape(length * len(BASES), -1),
            columns=[EFFECT + name for name in self.populations],
        )
        frame.insert(0, "alternative", alternative)
        frame.insert(0, "reference", reference)
        frame.insert(0, "relative_to_tss", np.repeat(self.positions, len(BASES)))
        frame.insert(0, "position", np.repeat(self.genome_positions, len(BASES)))
        frame.insert(0, "chromosome", self.chromosome)
        wanted = (reference != alternative) & (np.repeat(self.codes, len(BASES)) != UNKNOWN)
        return frame[wanted].reset_index(drop=True)


def spread_over_runs(values: NDArray[Real]) -> NDArray[Real]:
    """Give the standard deviation over runs (first axis, n − 1 in the denominator).

    One run has no spread: NaN.
    """
    if len(values) < 2:
        return np.full(values.shape[1:], np.nan, dtype=values.dtype)
    return values.std(axis=0, ddof=1)
