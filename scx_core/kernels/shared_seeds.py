"""Which genes share short words (*seeds*) of sequence, and how many.

A seed takes two letters and leaves out the third, six times, and two more: 14 letters within 20.
Related genes differ mostly in the third letter of a codon, so that such a seed survives where a
word of 14 letters in a row does not (Kent & Zahler, Genome Research 2000). It reads the same on
both strands, and a seed and its reverse complement are one.

A found seed is one number: the seed (28 bits), gene (22), position (13) and whether it was read
from the other strand (1), highest first, so that sorting brings the same seeds together.
"""

from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

PATTERN: Final = "11011011011011011011"
SPAN: Final = len(PATTERN)
MOST_GENES: Final = 1 << 22
LONGEST: Final = 1 << 13

_TAPS: Final = np.array([place for place, use in enumerate(PATTERN) if use == "1"], dtype=np.int64)
#: Genes after it with which a seed of many genes pairs each gene.
_NEXT: Final = 4
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)
_POSITION_AT, _GENE_AT, _SEED_AT = np.uint64(1), np.uint64(14), np.uint64(36)
_POSITION_MASK, _GENE_MASK = np.uint64(LONGEST - 1), np.uint64(MOST_GENES - 1)


def find_seeds(codes: NDArray[np.uint8]) -> Keys:
    """Find all seeds of all genes; those with a letter other than A, C, G, T do not count.

    Parameters
    ----------
    codes : ndarray of uint8, shape (genes, length)
        Base codes; at most `MOST_GENES` genes of `LONGEST` letters.

    Returns
    -------
    ndarray of uint64
        Sorted.
    """
    positions = max(codes.shape[1] - SPAN + 1, 0)
    keys = np.empty(len(codes) * positions, np.uint64)
    found = keys[: _collect(codes, _TAPS, keys)]
    found.sort()
    return found


@numba.njit(nogil=True, cache=True)
def _collect(codes: NDArray[np.uint8], taps: NDArray[np.int64], keys: Keys) -> int:
    n_taps, span = len(taps), taps[-1] + 1
    found = 0
    for gene in range(codes.shape[0]):
        letters = codes[gene]
        unknown = -1  # last place with another letter
        for end in range(len(letters)):
            if letters[end] > 3:
                unknown = end
            position = end - span + 1
            if position < 0 or unknown >= position:
                continue
            forward, backward = np.uint64(0), np.uint64(0)
            for tap in range(n_taps):
                forward = (forward << _TWO) | np.uint64(letters[position + taps[tap]])
                last = np.uint64(letters[position + taps[n_taps - 1 - tap]])
                backward = (backward << _TWO) | (_THREE - last)
            keys[found] = (
                (min(forward, backward) << _SEED_AT)
                | (np.uint64(gene) << _GENE_AT)
                | (np.uint64(position) << _POSITION_AT)
                | np.uint64(backward < forward)
            )
            found += 1
    return found


@numba.njit(nogil=True, cache=True)
def pair_genes(
    seeds: Keys,
    most_genes: int,
    few_genes: int,
    shift: int,
    in_place: NDArray[np.int64],
    anywhere: NDArray[np.int64],
) -> tuple[int, int]:
    """List the pairs of genes that share each seed: once for each seed.

    Parameters
    ----------
    seeds : ndarray of uint64
        From `find_seeds`.
    most_genes : int
        A seed of more genes, or of more than four times as many places, pairs each gene with the
        next few that have it, not with all.
    few_genes : int
        A seed of at most so many genes counts wherever it is.
    shift : int
        Places that differ by at most so many letters are the same place.
    in_place, anywhere : ndarray of int64
        Filled with pairs, ``gene << 32 | other``, as far as they reach: those that share a seed on
        the same strand at the same place, unless more than a fifth of its genes have it on the
        other strand (a repeat lands on either strand; a coding sequence stays on its own); and
        those that share a seed of few genes anywhere, on either strand.

    Returns
    -------
    n_in_place, n_anywhere : int
        How many pairs there are.
    """
    n_in_place, n_anywhere, first = 0, 0, 0
    while first < len(seeds):
        last, n_genes, n_minority = _describe(seeds, first)
        is_rare = n_genes <= most_genes and last - first <= 4 * most_genes
        counts_in_place = 5 * n_minority <= n_genes
        counts_anywhere = is_rare and n_genes <= few_genes
        # All pairs of a large family would be too many, and a chain of them links it as well.
        most_others = n_genes if is_rare else _NEXT
        one = first
        while one < last and (counts_in_place or counts_anywhere):
            one_end = _gene_end(seeds, one, last)
            other, n_others = one_end, 0
            while other < last and n_others < most_others:
                n_others += 1
                other_end = _gene_end(seeds, other, last)
                pair = (_gene(seeds[one]) << 32) | _gene(seeds[other])
                if counts_in_place and _same_place(seeds, one, one_end, other, other_end, shift):
                    if n_in_place < len(in_place):
                        in_place[n_in_place] = pair
                    n_in_place += 1
                if counts_anywhere:
                    if n_anywhere < len(anywhere):
                        anywhere[n_anywhere] = pair
                    n_anywhere += 1
                other = other_end
            one = one_end
        first = last
    return n_in_place, n_anywhere


@numba.njit(nogil=True, cache=True)
def _gene(key: np.uint64) -> np.int64:
    return np.int64((key >> _GENE_AT) & _GENE_MASK)


@numba.njit(nogil=True, cache=True)
def _describe(seeds: Keys, first: int) -> tuple[int, int, int]:
    """Where the run of one seed ends, its genes, and how many have it on the rarer strand."""
    seed = seeds[first] >> _SEED_AT
    last, n_genes, gene = first, 0, np.int64(-1)
    on_strand = np.zeros(2, np.int64)
    last_on_strand = np.full(2, -1, np.int64)
    while last < len(seeds) and seeds[last] >> _SEED_AT == seed:
        if _gene(seeds[last]) != gene:
            gene = _gene(seeds[last])
            n_genes += 1
        strand = np.int64(seeds[last] & _ONE)
        if last_on_strand[strand] != gene:
            last_on_strand[strand] = gene
            on_strand[strand] += 1
        last += 1
    return last, n_genes, min(on_strand[0], on_strand[1])


@numba.njit(nogil=True, cache=True)
def _gene_end(seeds: Keys, first: int, last: int) -> int:
    end = first + 1
    while end < last and _gene(seeds[end]) == _gene(seeds[first]):
        end += 1
    return end


@numba.njit(nogil=True, cache=True)
def _same_place(
    seeds: Keys, one: int, one_end: int, other: int, other_end: int, shift: int
) -> bool:
    for i in range(one, one_end):
        place = np.int64((seeds[i] >> _POSITION_AT) & _POSITION_MASK)
        for j in range(other, other_end):
            distance = place - np.int64((seeds[j] >> _POSITION_AT) & _POSITION_MASK)
            if abs(distance) <= shift and (seeds[i] & _ONE) == (seeds[j] & _ONE):
                return True
    return False
