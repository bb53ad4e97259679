"""Insertions, deletions, longer replacements and haplotypes: windows altered as a whole.

An edit that shifts letters changes a long stretch of the window, so that nothing is gained by
carrying it through the network: each altered window is predicted whole, windows of many genes
together, by the models of their fold.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.engines import cores
from scx_core.errors import ScxError, counted
from scx_core.kernels.threads import use_one_thread
from scx_core.mutagenesis import Alteration, AlteredWindow, Surroundings, haplotype
from scx_core.progress import Progress
from scx_core.sequence.alphabet import UNKNOWN, decode, encode, reverse_complement
from scx_core.sequence.interval import Interval
from scx_core.sequence.windows import window_interval
from scx_core.variants.sites import Summary

if TYPE_CHECKING:
    from scx_core.ensemble import Ensemble

#: Altered windows that share a pass: the look-up makes its table anew for each.
_WINDOWS_AT_ONCE: Final = 64

Codes = NDArray[np.uint8]
Ints = NDArray[np.int64]


class FetchesLetters(Protocol):
    """Letters of the genome, such as `scx_core.sequence.genome.Genome`."""

    def fetch(self, interval: Interval) -> Codes:
        """Give the base codes of an interval on the plus strand, N where unknown."""


@dataclass(frozen=True)
class Change:
    """What is altered together in the window of one gene.

    Attributes
    ----------
    gene : int
        Row in the dataset.
    fold : int
        Test fold of the gene.
    alterations : tuple of Alteration
        On the gene's strand, in coordinates of the wild type.
    """

    gene: int
    fold: int
    alterations: tuple[Alteration, ...]

    @property
    def entering(self) -> int:
        """How many letters may enter the window at one end."""
        return sum(max(part.removed - len(part.inserted), 0) for part in self.alterations)


@dataclass(frozen=True)
class ChangeEffects:
    """What changes do.

    Attributes
    ----------
    summary : Summary
        Shape (changes, populations); NaN where there is a reason.
    reasons : list of str
        Why a change cannot be predicted; ``""`` if it was.
    notes : list of str
        What is worth knowing of a change that was.
    """

    summary: Summary
    reasons: list[str]
    notes: list[str]


def alteration_on_gene(index: int, reference: str, alternative: str, minus: bool) -> Alteration:
    """Turn alleles of the plus strand into an alteration on the gene's.

    Parameters
    ----------
    index : int
        Window index of the first letter of the reference on the gene's strand.
    reference, alternative : str
        Plus strand.
    minus : bool
        The gene is on the minus strand.
    """
    inserted = decode(reverse_complement(encode(alternative))) if minus else alternative
    return Alteration(index, len(reference), inserted)


def predict_changes(
    ensemble: "Ensemble",
    dataset: Dataset,
    changes: Sequence[Change],
    letters: FetchesLetters | None,
    progress: Progress,
) -> ChangeEffects:
    """Predict altered windows with the models that never saw the gene.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
    changes : sequence of Change
    letters : FetchesLetters, optional
        Where letters come from that enter the window after a deletion; N without.
    progress : Progress
        May raise to cancel.
    """
    flanks = _fetch_flanks(dataset, changes, letters)
    summary = Summary.empty(len(changes), len(ensemble.populations))
    reasons, notes = [""] * len(changes), [""] * len(changes)
    half_life = dataset.half_life[list(ensemble.config.half_life)].to_numpy()

    def predict(rows: Ints) -> int:
        found: list[tuple[int, AlteredWindow]] = []
        for row in rows.tolist():
            try:
                found.append((row, _alter(dataset, changes[row], flanks)))
            except ScxError as error:
                reasons[row] = str(error).rstrip(".")
            else:
                notes[row] = _note(found[-1][1])
        if not found:
            return len(rows)
        kept = np.array([row for row, _ in found])
        genes, of_window = np.unique([changes[row].gene for row in kept], return_inverse=True)
        codes = np.concatenate([dataset.windows[genes], [window.codes for _, window in found]])
        features = half_life[np.concatenate([genes, genes[of_window]])]
        runs = ensemble.load_fold(changes[kept[0]].fold)
        predicted = np.stack([run.predict(codes, features) for run in runs])
        effects = predicted[:, len(genes) :] - predicted[:, of_window]
        summary.set(kept, effects.astype(np.float32))
        return len(rows)

    done = 0
    with ThreadPoolExecutor(cores(), initializer=use_one_thread) as pool:
        futures = [pool.submit(predict, rows) for rows in _tasks(changes)]
        try:
            for future in as_completed(futures):
                done += future.result()
                progress(done / len(changes), f"Scored {done:,} of {len(changes):,} longer changes")
        finally:
            for future in futures:
                future.cancel()
    refused = [row for row, reason in enumerate(reasons) if reason]
    summary.mean[refused] = summary.spread[refused] = np.nan
    return ChangeEffects(summary, reasons, notes)


def _tasks(changes: Sequence[Change]) -> Iterator[Ints]:
    """Divide the changes by fold; those of a gene stand together, so that its wild type is shared."""
    folds = np.array([change.fold for change in changes], np.int64)
    genes = np.array([change.gene for change in changes], np.int64)
    order = np.lexsort((genes, folds))
    for fold in np.unique(folds):
        rows = order[folds[order] == fold]
        for start in range(0, len(rows), _WINDOWS_AT_ONCE):
            yield rows[start : start + _WINDOWS_AT_ONCE]


def _fetch_flanks(
    dataset: Dataset, changes: Sequence[Change], letters: FetchesLetters | None
) -> dict[int, tuple[Codes, Codes]]:
    """Letters before and after the windows, on the gene's strand, as far as deletions need them.

    By the gene's row. Fetched by this one thread: a genome file is opened anew in each.
    """
    if letters is None:
        return {}
    widths: dict[int, int] = {}
    for change in changes:
        widths[change.gene] = max(widths.get(change.gene, 0), change.entering)
    flanks = {}
    for row, width in widths.items():
        if not width:
            continue
        gene = dataset.genes.iloc[row]
        minus = gene["strand"] == "-"
        chromosome = str(gene["chromosome"])
        window = window_interval(
            chromosome, int(gene["tss"]), gene["strand"], dataset.upstream, dataset.downstream
        )
        left = _fetch(letters, chromosome, window.start - width, window.start)
        right = _fetch(letters, chromosome, window.end, window.end + width)
        flanks[row] = (
            (reverse_complement(right), reverse_complement(left)) if minus else (left, right)
        )
    return flanks


def _fetch(letters: FetchesLetters, chromosome: str, start: int, end: int) -> Codes:
    return letters.fetch(Interval(chromosome, start, end))


def _alter(
    dataset: Dataset, change: Change, flanks: dict[int, tuple[Codes, Codes]]
) -> AlteredWindow:
    codes = np.asarray(dataset.windows[change.gene])
    surroundings = None
    if change.gene in flanks:
        before, after = flanks[change.gene]
        surroundings = Surroundings(np.concatenate([before, codes, after]), len(before))
    return haplotype(codes, dataset.upstream, change.alterations, surroundings)


def _note(window: AlteredWindow) -> str:
    """Say how much of what entered the window is not known."""
    entered_first, entered_last = max(-window.upstream_shift, 0), max(-window.downstream_shift, 0)
    entered = np.concatenate(
        [window.codes[:entered_first], window.codes[len(window.codes) - entered_last :]]
    )
    unknown = int((entered == UNKNOWN).sum())
    if not unknown:
        return ""
    return (
        f"{counted(unknown, 'letter')} that entered the window in place of deleted ones "
        f"{'is' if unknown == 1 else 'are'} unknown (N)"
    )
