"""How strong a change is among random ones of the whole genome; these are predicted once per model."""

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scx_core.dataset import Dataset
from scx_core.progress import Progress, no_progress, part_of
from scx_core.store import quick_file
from scx_core.variants.background import FIRST_SHIFT, OTHER, Background, kinds_of
from scx_core.variants.random_changes import (
    N_GENES,
    N_SHIFTS,
    N_SUBSTITUTIONS,
    predict_random_shifts,
    predict_random_substitutions,
)
from scx_core.variants.ranks import workspace_of

if TYPE_CHECKING:
    from scx_core.ensemble import Ensemble

FORMAT: Final = 1


def add_genome_percentiles(
    ensemble: "Ensemble",
    dataset: Dataset,
    scored: pd.DataFrame,
    progress: Progress = no_progress,
    *,
    folder: Path | None = None,
) -> pd.DataFrame:
    """Compare scored changes with random ones of the same kind, about as far from a TSS.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    scored : DataFrame
        From `scx_core.variants.scoring.score_placed`.
    progress : Progress
        May raise to cancel.
    folder : Path, optional
        See `load_background`.

    Returns
    -------
    DataFrame
        The same with ``percentile_genome``: share of random changes with a smaller largest |effect|
        over populations, in %. A transition is compared with transitions, a transversion with
        transversions, an insertion or deletion with such of like length. NaN for longer
        replacements and haplotypes, and where nothing was scored.
    """
    rows = np.flatnonzero((scored["reason"] == "") & (scored["haplotype"] == ""))
    part = scored.iloc[rows]
    kinds = kinds_of(part["reference"].tolist(), part["substitution"].tolist())
    found = np.full(len(scored), np.nan)
    single, shifted = (kinds != OTHER) & (kinds < FIRST_SHIFT), kinds >= FIRST_SHIFT
    both = bool(single.any() and shifted.any())
    for chosen, shifts, start in ((single, False, 0.0), (shifted, True, 0.5 * both)):
        if not chosen.any():
            continue
        step = part_of(progress, start, 0.5 if both and not shifts else 1.0)
        background = load_background(ensemble, dataset, step, shifts=shifts, folder=folder)
        found[rows[chosen]] = background.percentiles(
            part["relative_to_tss"].to_numpy(np.int64)[chosen],
            kinds[chosen],
            part["largest_effect"].to_numpy(np.float64)[chosen],
        )
    return scored.assign(percentile_genome=found)


def load_background(
    ensemble: "Ensemble",
    dataset: Dataset,
    progress: Progress = no_progress,
    *,
    shifts: bool = False,
    folder: Path | None = None,
) -> Background:
    """Give the random changes of a model: from the cache, or predicted and kept there.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    progress : Progress
        May raise to cancel.
    shifts : bool
        Insertions and deletions instead of substitutions.
    folder : Path, optional
        Where they are kept; in the cache of the model's workspace if not given, nowhere if the
        model lies in none.
    """
    predict: Callable[..., Background] = predict_random_substitutions
    kind, count = "substitutions", N_SUBSTITUTIONS
    if shifts:
        predict, kind, count = predict_random_shifts, "shifts", N_SHIFTS
    if folder is None and (workspace := workspace_of(ensemble)) is not None:
        folder = workspace.cache_path / "random_changes"
    if folder is None:
        return predict(ensemble, dataset, progress)
    about = {
        "format": FORMAT,
        "model_digest": ensemble.digest,
        "populations": list(ensemble.populations),
        "count": count,
        "most_genes": N_GENES,
    }
    path = folder / f"{ensemble.digest[:32]}-{kind}.npz"
    known = _read(path, about)
    if known is not None:
        return known
    background = predict(ensemble, dataset, progress)
    _write(path, background, about)
    return background


def _read(path: Path, expected: Mapping[str, Any]) -> Background | None:
    """Read kept changes; None if there are none, or they are damaged or not those expected."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if json.loads(stored["about"].tobytes().decode()) != expected:
                return None
            return Background(
                tuple(expected["populations"]),
                stored["edges"],
                stored["bins"].astype(np.int64),
                stored["kinds"].astype(np.int64),
                stored["sizes"],
            )
    except (OSError, EOFError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile):
        return None  # the cache is ours: what cannot be read is made again


def _write(path: Path, background: Background, about: Mapping[str, Any]) -> None:
    """Write to a temporary name, then rename: readers see a whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with quick_file(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            about=np.frombuffer(json.dumps(about).encode(), np.uint8),
            edges=background.edges,
            bins=background.bins.astype(np.uint8),
            kinds=background.kinds.astype(np.uint8),
            sizes=background.sizes,
        )
