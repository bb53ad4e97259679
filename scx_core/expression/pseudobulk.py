"""From linear means to what the models are trained on."""

import numpy as np
import pandas as pd

from scx_core.errors import ScxError


def log10_pseudobulk(mean: pd.DataFrame, floor: float = -4.0, offset: float = 0.0) -> pd.DataFrame:
    """Take log10 of mean expression, without a pseudocount unless one is given.

    Parameters
    ----------
    mean : pandas.DataFrame
        Linear mean expression (any shape), not negative.
    floor : float
        The value of what is never expressed (mean exactly 0), log10 units. The paper uses −4, and
        −5 for deeper data. A mean that is not zero keeps its logarithm even where that lies below
        the floor: show `smallest_log10` beside the floor.
    offset : float
        Added to every mean before the logarithm, in the unit of the mean; then there is no floor.
        0.1 in Xpresso.

    Returns
    -------
    pandas.DataFrame
        Same shape and labels, float64.

    Raises
    ------
    ScxError
        When a mean is negative or not finite, the floor is not finite, or the offset is negative.

    Notes
    -----
    scXpresso (Michielsen, Reinders and Mahfouz, Front. Bioinform. 2024), Methods: log10 of the mean
    over the cells of a population, without pseudocount; what is never expressed is set to −4.
    Xpresso (Agarwal and Shendure, Cell Reports 2020), STAR Methods: log10(x + 0.1).
    """
    if not np.isfinite(floor):
        raise ScxError(f"The floor {floor} is not a finite number; −4 is usual.")
    if not (np.isfinite(offset) and offset >= 0):
        raise ScxError(f"The offset {offset} is not a number of at least 0; 0.1 is Xpresso's.")
    values = mean.to_numpy(dtype=np.float64)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ScxError(
            "Mean expression has negative or non-finite values, which have no logarithm; give "
            "linear means."
        )
    if offset:
        logs = np.log10(values + offset)
    else:
        logs = np.full(values.shape, float(floor))
        np.log10(values, where=values > 0, out=logs)
    return pd.DataFrame(logs, index=mean.index, columns=mean.columns)


def smallest_log10(mean: pd.DataFrame) -> float:
    """Find the log10 of the smallest mean that is not zero; NaN where all are zero.

    Parameters
    ----------
    mean : pandas.DataFrame
        Linear mean expression (any shape).
    """
    values = mean.to_numpy(dtype=np.float64)
    expressed = values[values > 0]
    return float(np.log10(expressed.min())) if expressed.size else float("nan")
