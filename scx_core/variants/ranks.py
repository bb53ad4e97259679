"""How strong a change is among all substitutions of its gene's window."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.errors import ScxError, counted
from scx_core.mutagenesis import Effects
from scx_core.mutagenesis.notices import Notify, log_notice
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import BASES, COMPLEMENT
from scx_core.store import Workspace

if TYPE_CHECKING:
    from scx_core.atlas import Atlas
    from scx_core.ensemble import Ensemble

#: Genes whose windows are mutated unless the caller says otherwise: 13 s with 5 models on 2 cores.
MOST_GENES: Final = 50
#: What `add_window_ranks` sets.
RANK_COLUMNS: Final = ("rank_in_window", "percentile_in_window")


_SHIFTING: Final = (
    "Insertions, deletions and haplotypes were ranked among the substitutions of the window, too; an "
    "insertion or deletion moves the letters beyond it, so that few substitutions are stronger."
)


class EffectsLike(Protocol):
    """Effects of all substitutions of one window, as `scx_core.mutagenesis.Effects` holds them."""

    @property
    def codes(self) -> NDArray[np.uint8]:
        """Wild type, shape (length,)."""

    @property
    def values(self) -> NDArray[np.float32]:
        """Effects, shape (length, 4, populations), log10 units, mean over runs."""


def sorted_sizes(effects: EffectsLike, population: int) -> NDArray[np.float32]:
    """Give |effect| of all substitutions in one population, smallest first.

    Substitutions are three for each letter A, C, G, T of the window; other letters (N) have none.

    Parameters
    ----------
    effects : EffectsLike
    population : int
        Column of the effects.
    """
    substituted = effects.codes[:, None] != np.arange(len(BASES))
    substituted &= effects.codes[:, None] < len(BASES)
    return np.sort(np.abs(effects.values[..., population])[substituted])  # noqa: PD011, an array


def rank_in_window(effects: EffectsLike, index: int, base: int, population: int) -> tuple[int, int]:
    """Rank one substitution among all of its window by |effect|.

    Parameters
    ----------
    effects : EffectsLike
    index : int
        Window index of the letter.
    base : int
        0 to 3 in ACGT order, on the gene's strand.
    population : int
        Column of the effects.

    Returns
    -------
    rank, n : int
        1 is the strongest; equally strong ones share the best rank. ``n`` substitutions in all.
    """
    sizes = sorted_sizes(effects, population)
    size = np.abs(effects.values[index, base, population])  # noqa: PD011, an array
    return int(rank_among(sizes, np.atleast_1d(size))[0]), len(sizes)


def rank_among(sizes: NDArray[np.floating], values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Rank values among sizes (sorted, smallest first): 1 + how many are larger."""
    return 1 + len(sizes) - np.searchsorted(sizes, values, side="right")


def percentile_among(
    sizes: NDArray[np.floating], values: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Share of sizes (sorted, smallest first) that are smaller than each value, in %."""
    if not len(sizes):
        return np.full(len(values), np.nan)
    return 100.0 * np.searchsorted(sizes, values, side="left") / len(sizes)


def add_window_ranks(
    ensemble: "Ensemble",
    dataset: Dataset,
    scored: pd.DataFrame,
    progress: Progress = no_progress,
    *,
    most_genes: int | None = MOST_GENES,
    notify: Notify = log_notice,
) -> pd.DataFrame:
    """Rank scored changes among all substitutions of their gene's window.

    Each ranked gene's window is mutated whole, or looked up in an atlas of the same model where
    the workspace has one. An atlas rounds effects (by at most 0.024 % of the gene's largest), so
    that close ones may share a rank there.

    Insertions, deletions, longer replacements and haplotypes are ranked among the same
    substitutions: 1 + how many are stronger. That says little of an insertion or deletion: it moves
    all letters between it and the window's end, and hardly any substitution is stronger. See
    `scx_core.variants.percentiles` for a comparison of like with like.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    scored : DataFrame
        From `scx_core.variants.scoring.score_placed`.
    progress : Progress
        May raise to cancel.
    most_genes : int, optional
        Rank the genes with the strongest given substitutions (any, where none is given), at most
        so many; all if None.
    notify : callable
        Told how many genes were ranked, what came from an atlas, and what ranks of insertions and
        deletions mean.

    Returns
    -------
    DataFrame
        The same with ``rank_in_window`` (1 = strongest, by |effect| in the row's largest
        population; equal ones share the best rank) and ``percentile_in_window`` (share of all
        substitutions of the window with a smaller |effect|, in %); <NA> and NaN for other genes.
    """
    genes = RankedGenes.choose([strengths(scored)], most_genes)
    return rank_genes(ensemble, dataset, scored, genes, progress, notify=notify)


def strengths(scored: pd.DataFrame) -> pd.DataFrame:
    """Give the strongest substitutions of each gene, by which genes are chosen for ranking.

    Parameters
    ----------
    scored : DataFrame
        A scored list, or a chunk of one: ``gene_id, reason, reference, substitution, haplotype,
        given, largest_effect`` are read.

    Returns
    -------
    DataFrame, index ``gene_id`` in order of appearance
        ``given``, ``any``: largest |effect| (log10) of the list's own substitutions, and of all;
        NaN where the gene has none.
    """
    done = scored[scored["reason"] == ""]
    size = done["largest_effect"].abs().where(_is_substitution(done))
    by_gene = {"gene_id": done["gene_id"], "given": size.where(done["given"]), "any": size}
    return pd.DataFrame(by_gene).groupby("gene_id", sort=False).max()


@dataclass(frozen=True)
class RankedGenes:
    """Which genes of a list have their changes ranked.

    Attributes
    ----------
    chosen : tuple of str
        Strongest first.
    total : int
        Genes of the list with a scored change.
    """

    chosen: tuple[str, ...]
    total: int

    @classmethod
    def choose(cls, parts: Iterable[pd.DataFrame], most_genes: int | None) -> "RankedGenes":
        """Choose the genes with the strongest given substitutions, any where a gene has none given.

        Each gene is judged by its own rows, wherever they lie in the list. Genes with other
        changes alone come last: those are strong without being remarkable.

        Parameters
        ----------
        parts : iterable of DataFrame
            `strengths` of the list, or of each of its chunks in order.
        most_genes : int, optional
            At most so many; all if None.
        """
        by_gene = pd.concat(parts).groupby(level=0, sort=False).max()
        strength = by_gene["given"].fillna(by_gene["any"])
        names = strength.sort_values(ascending=False, kind="stable").index
        return cls(tuple(map(str, names[:most_genes])), len(names))


def rank_genes(
    ensemble: "Ensemble",
    dataset: Dataset,
    scored: pd.DataFrame,
    genes: RankedGenes,
    progress: Progress = no_progress,
    *,
    notify: Notify = log_notice,
) -> pd.DataFrame:
    """Rank the scored changes of chosen genes; see `add_window_ranks`."""
    rank = pd.array([pd.NA] * len(scored), "Int64")
    share = np.full(len(scored), np.nan)
    rows = np.flatnonzero(scored["reason"] == "")
    chosen = genes.chosen
    atlases = _find_atlases(ensemble) if chosen else []
    by_gene = pd.Series(rows).groupby(scored["gene_id"].to_numpy()[rows]).indices
    looked_up = 0
    for done, gene_id in enumerate(chosen):
        progress(done / len(chosen), f"Ranking in windows: gene {done + 1:,} of {len(chosen):,}")
        members = rows[by_gene[gene_id]]
        part = scored.iloc[members]
        effects = _look_up(atlases, gene_id, part["largest_population"])
        looked_up += effects is not None
        if effects is None:
            effects = ensemble.saturation_mutagenesis(dataset, gene_id)
        rank[members], share[members] = _rank_rows(effects, part)
    progress(1.0, "Ranked")
    for sentence in _notices(len(chosen), genes.total, looked_up):
        notify(sentence)
    ranked = scored[~rank.isna()]
    if (ranked["substitution"].str.len() != ranked["reference"].str.len()).any():
        notify(_SHIFTING)
    return scored.assign(rank_in_window=rank, percentile_in_window=share)


def _is_substitution(scored: pd.DataFrame) -> pd.Series:
    lengths = [scored[name].str.len() == 1 for name in ("reference", "substitution")]
    return lengths[0] & lengths[1] & (scored["haplotype"] == "")


def _rank_rows(
    effects: Effects, part: pd.DataFrame
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rank all rows of one gene."""
    columns = pd.Index(effects.populations).get_indexer(pd.Index(part["largest_population"]))
    sizes = part["largest_effect"].abs().to_numpy(np.float32)
    # Substitutions are compared as the window's own: another way to the same number rounds it
    # differently, and would put a tie out of joint.
    single = np.flatnonzero(_is_substitution(part))
    base = part["substitution"].iloc[single].map(BASES.index).to_numpy(np.int64)
    if effects.strand == "-":
        base = COMPLEMENT[base]
    index = part["index"].iloc[single].to_numpy(np.int64)
    sizes[single] = np.abs(effects.values[index, base, columns[single]])  # noqa: PD011, an array
    rank, share = np.zeros(len(part), np.int64), np.zeros(len(part))
    for column in np.unique(columns):
        here = columns == column
        among = sorted_sizes(effects, int(column))
        rank[here] = rank_among(among, sizes[here])
        share[here] = percentile_among(among, sizes[here])
    return rank, share


def _find_atlases(ensemble: "Ensemble") -> "list[Atlas]":
    """Open the atlases of this very model in its workspace."""
    workspace = workspace_of(ensemble)
    found = sorted((workspace.root / "atlases").glob("[!.]*/atlas.json")) if workspace else []
    if not found:
        return []
    from scx_core.atlas import Atlas

    atlases = []
    for path in found:
        # An atlas is a short cut: one that cannot be read is not taken.
        with suppress(ScxError):
            atlases.append(Atlas.open(path.parent))
    return [atlas for atlas in atlases if atlas.metadata["model_digest"] == ensemble.digest]


def workspace_of(ensemble: "Ensemble") -> Workspace | None:
    """Give the workspace that a model lies in; None if it lies elsewhere."""
    folder = Path(ensemble.path).absolute().parent
    return Workspace(folder.parent) if folder.name == "models" else None


def _look_up(atlases: "Sequence[Atlas]", gene_id: str, populations: pd.Series) -> Effects | None:
    """Give the effects of a gene from an atlas that has all these populations."""
    for atlas in atlases:
        with suppress(ScxError):
            if gene_id in atlas.genes.index and set(populations) <= set(atlas.populations):
                return atlas.gene(gene_id)
    return None


def _notices(ranked: int, total: int, looked_up: int) -> list[str]:
    if not total:
        return []
    sentences = [
        f"Ranks within the window were computed for all {counted(total, 'gene')}."
        if ranked == total
        else f"Ranks within the window were computed for the {ranked:,} of "
        f"{counted(total, 'gene')} with the strongest effects; other rows have none."
    ]
    if looked_up:
        sentences.append(
            f"Those of {counted(looked_up, 'gene')} come from an atlas of the model, whose "
            "rounding (at most 0.024 % of a gene's largest effect) lets close effects share a rank."
        )
    return sentences
