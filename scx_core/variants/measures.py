"""What is said of a change's effects over the populations."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.mutagenesis import EFFECT

SPREAD: Final = "spread: "


def specificity(effects: NDArray[np.floating]) -> NDArray[np.float64]:
    """How far effects are those of one population alone: the tau index over |effect|.

    tau = Σ (1 − |effect| / largest |effect|) / (populations − 1), of Yanai et al. (Bioinformatics
    2005, 21:650), with |effect| in place of the expression level.

    Parameters
    ----------
    effects : ndarray, shape (changes, populations), log10 units

    Returns
    -------
    ndarray of float64, shape (changes,)
        0 = the same in all populations … 1 = in one population only. NaN where no population has an
        effect, or there is one population.
    """
    sizes = np.abs(effects).astype(np.float64)
    largest = sizes.max(axis=1, initial=0)
    known = (largest > 0) & (sizes.shape[1] > 1)
    tau = np.full(len(sizes), np.nan)
    scaled = sizes[known] / largest[known, None]
    tau[known] = (1 - scaled).sum(axis=1) / max(sizes.shape[1] - 1, 1)
    return tau


def describe_effects(
    effects: NDArray[np.float32], agreement: NDArray[np.int16], populations: tuple[str, ...]
) -> pd.DataFrame:
    """Describe effects, shape (changes, populations), by their largest.

    Parameters
    ----------
    effects : ndarray of float32, shape (changes, populations), log10 units
    agreement : ndarray of int16, shape (changes,)
        See `scx_core.variants.sites.Summary`.
    populations : tuple of str

    Returns
    -------
    DataFrame
        ``largest_effect`` (log10, with its sign), ``largest_population``, ``fold_change``
        (10 ** largest_effect), ``sign_agreement`` (runs), ``specificity``.
    """
    largest = np.abs(effects).argmax(axis=1)
    value = effects[np.arange(len(effects)), largest].astype(np.float64)
    return pd.DataFrame(
        {
            "largest_effect": value,
            "largest_population": np.array(populations, dtype=object)[largest],
            "fold_change": 10**value,
            "sign_agreement": pd.array(agreement, dtype="Int64"),
            "specificity": specificity(effects),
        }
    )


def effect_columns(populations: tuple[str, ...]) -> list[str]:
    """Names of the columns of effects and spreads."""
    return [EFFECT + name for name in populations] + [SPREAD + name for name in populations]
