"""Drawing random changes over the windows of a model's genes, and predicting them.

Genes are drawn from the trained folds, each as likely, and places so that each bin of distance from
the TSS gets as many. Drawn alike at each call.
"""

import itertools
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.mutagenesis import Alteration
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import BASES
from scx_core.variants.altered import Change, predict_changes
from scx_core.variants.background import (
    FIRST_SHIFT,
    SHIFTS,
    Background,
    bin_edges,
    bins_of,
    kinds_of,
)
from scx_core.variants.sites import Sites, find_folds, predict_sites

if TYPE_CHECKING:
    from scx_core.ensemble import Ensemble

#: Substitutions, and insertions and deletions, in all.
N_SUBSTITUTIONS: Final = 20_000
N_SHIFTS: Final = 4_800
#: Genes that they are drawn from: each costs a pass of its window.
N_GENES: Final = 4_000
_SEED: Final = 0
#: Draws for each place wanted: some hit an unknown letter, or a place drawn before.
_DRAWS: Final = 4

Ints = NDArray[np.int64]


def predict_random_substitutions(
    ensemble: "Ensemble",
    dataset: Dataset,
    progress: Progress = no_progress,
    *,
    count: int = N_SUBSTITUTIONS,
    most_genes: int = N_GENES,
) -> Background:
    """Predict random substitutions of known letters, one of the three at each place.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    progress : Progress
        May raise to cancel.
    count, most_genes : int
        At most so many substitutions and genes.
    """
    rng, edges = np.random.default_rng(_SEED), bin_edges(dataset.upstream, dataset.downstream)
    genes, fold_of_gene = _draw_genes(ensemble, dataset, most_genes, rng)
    rows, indices = _draw_places(dataset, genes, edges, count // (len(edges) - 1), rng)
    order = np.lexsort((indices, rows))
    rows, indices = rows[order], indices[order]
    here = dataset.windows[rows, indices].astype(np.int64)
    bases = (here + rng.integers(1, len(BASES), len(rows))) % len(BASES)
    wanted = np.zeros((len(rows), len(BASES)), bool)
    wanted[np.arange(len(rows)), bases] = True
    sites = Sites(rows, indices, np.arange(len(rows)))
    found = predict_sites(ensemble, dataset, sites, fold_of_gene, progress, wanted)
    letters = np.array(list(BASES))
    return Background(
        ensemble.populations,
        edges,
        bins_of(indices - dataset.upstream, edges),
        kinds_of(letters[here].tolist(), letters[bases].tolist()),
        np.abs(found.mean[np.arange(len(rows)), bases]),
    )


def predict_random_shifts(
    ensemble: "Ensemble",
    dataset: Dataset,
    progress: Progress = no_progress,
    *,
    count: int = N_SHIFTS,
    most_genes: int = N_GENES,
) -> Background:
    """Predict random insertions and deletions, as many of each, as many of each kind of length.

    Letters that enter the window after a deletion are N.

    Parameters
    ----------
    ensemble, dataset, progress, count, most_genes
        As in `predict_random_substitutions`.
    """
    rng, edges = np.random.default_rng(_SEED), bin_edges(dataset.upstream, dataset.downstream)
    genes, fold_of_gene = _draw_genes(ensemble, dataset, most_genes, rng)
    per_kind = count // ((len(edges) - 1) * len(SHIFTS))
    ids, length = dataset.genes.index, dataset.windows.shape[1]
    changes, kinds, places = [], [], []
    for number, (shortest, longest) in enumerate(SHIFTS):
        rows, indices = _draw_places(dataset, genes, edges, per_kind, rng)
        for row, index in zip(rows.tolist(), indices.tolist(), strict=True):
            shift = int(rng.integers(shortest, longest + 1))
            letters = "".join(BASES[base] for base in rng.integers(0, len(BASES), shift))
            alteration = Alteration.insertion(index, letters)
            if rng.random() < 0.5:
                alteration = Alteration.deletion(index, shift)
            # A deletion may reach out of the window, or over the TSS, which holds it in place.
            if alteration.end > length or alteration.start <= dataset.upstream < alteration.end:
                alteration = Alteration.insertion(index, letters)
            changes.append(Change(row, fold_of_gene[ids[row]], (alteration,)))
            kinds.append(FIRST_SHIFT + number)
            places.append(index - dataset.upstream)
    found = predict_changes(ensemble, dataset, changes, None, progress)
    return Background(
        ensemble.populations,
        edges,
        bins_of(np.array(places, np.int64), edges),
        np.array(kinds, np.int64),
        np.abs(found.summary.mean),
    )


def _draw_genes(
    ensemble: "Ensemble", dataset: Dataset, most: int, rng: np.random.Generator
) -> tuple[Ints, dict[str, int]]:
    """Draw rows of genes of the trained folds; give the fold of each, too."""
    ensemble.check_dataset(dataset)
    folds = ensemble.folds
    tested = folds.index[folds.isin(ensemble.trained_folds)].to_numpy(object)
    chosen = rng.permutation(tested)[:most]
    fold_of_gene, _ = find_folds(ensemble, chosen)
    return np.sort(dataset.genes.index.get_indexer(pd.Index(chosen))).astype(np.int64), fold_of_gene


def _draw_places(
    dataset: Dataset, genes: Ints, edges: Ints, per_bin: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Draw distinct places with a known letter: rows of genes, window indices."""
    windows = dataset.windows
    rows, indices = [], []
    for first, last in itertools.pairwise(edges.tolist()):
        row = rng.choice(genes, _DRAWS * per_bin)
        index = rng.integers(first, last, _DRAWS * per_bin) + dataset.upstream
        _, distinct = np.unique(row * windows.shape[1] + index, return_index=True)
        distinct.sort()
        known = windows[row[distinct], index[distinct]] < len(BASES)
        chosen = distinct[known][:per_bin]
        rows.append(row[chosen])
        indices.append(index[chosen])
    return np.concatenate(rows), np.concatenate(indices)
