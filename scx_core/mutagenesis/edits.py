"""Edits of a window: replaced letters, insertions, deletions, several at once.

Window coordinates: index 0 is the base farthest upstream, and the index ``upstream`` is the TSS.
Letters are those of the gene's strand.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from scx_core.errors import ScxError, counted
from scx_core.mutagenesis.checks import check_codes, check_sites
from scx_core.sequence.alphabet import BASES, CODE_LETTERS, UNKNOWN, encode

Codes = NDArray[np.uint8]
Side = Literal["none", "upstream", "downstream", "both"]

_SIDES: Final[dict[tuple[bool, bool], Side]] = {
    (False, False): "none",
    (True, False): "upstream",
    (False, True): "downstream",
    (True, True): "both",
}


@dataclass(frozen=True)
class Edits:
    """Replacements of letters in one window, each on its own, none of which shifts anything.

    Attributes
    ----------
    starts : ndarray of int64, shape (edits,)
        Window index of the first replaced letter.
    spans : ndarray of int64, shape (edits,)
        Letters replaced, at least 1.
    letters : ndarray of uint8, shape (edits, longest span)
        New base codes; those beyond an edit's span are not read.
    """

    starts: NDArray[np.int64]
    spans: NDArray[np.int64]
    letters: Codes

    def __post_init__(self) -> None:
        n_edits, widest = self.letters.shape
        if self.starts.shape != (n_edits,) or self.spans.shape != (n_edits,):
            raise ScxError(
                f"Edits need a start, a span and letters each, not {self.starts.shape}, "
                f"{self.spans.shape} and {self.letters.shape}."
            )
        if not n_edits:
            return
        if self.starts.min() < 0 or self.spans.min() < 1 or self.spans.max() > widest:
            raise ScxError(
                "Each edit must begin at window index 0 or later and replace at least one letter, "
                "by as many new ones."
            )
        codes = self.letters if widest == 1 else self.letters[self.inside]
        if codes.max() >= len(CODE_LETTERS):
            raise ScxError(
                f"The base code {codes.max()} of an edit stands for no letter; codes go from 0 to "
                f"{len(CODE_LETTERS) - 1}."
            )

    @classmethod
    def substitutions(cls, indices: NDArray[np.int64], bases: Codes) -> "Edits":
        """Replace one letter each."""
        return cls(indices, np.ones_like(indices), bases[:, None])

    @classmethod
    def all_substitutions(cls, codes: Codes) -> "Edits":
        """Substitute every letter: three ways for a plain one, four for an ambiguous one."""
        indices = np.repeat(np.arange(len(codes)), len(BASES))
        bases = np.tile(np.arange(len(BASES), dtype=np.uint8), len(codes))
        changed = codes[indices] != bases
        return cls.substitutions(indices[changed], bases[changed])

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Which of ``letters`` lie within their edit's span, shape of ``letters``."""
        return np.arange(self.letters.shape[1]) < self.spans[:, None]

    def part(self, rows: "slice | NDArray[np.integer]") -> "Edits":
        """Take some of the edits."""
        return Edits(self.starts[rows], self.spans[rows], self.letters[rows])

    def as_kernels_want(self) -> "Edits":
        """Give the same in writable arrays of the exact types; copied only where need be."""
        return Edits(
            np.require(self.starts, np.int64, ["C", "W"]),
            np.require(self.spans, np.int64, ["C", "W"]),
            np.require(self.letters, np.uint8, ["C", "W"]),
        )

    def check_within(self, length: int) -> None:
        """Refuse edits that reach out of a window of so many letters.

        Raises
        ------
        ScxError
        """
        check_sites(self.starts, length)
        check_sites(self.starts + self.spans - 1, length)


@dataclass(frozen=True)
class Alteration:
    """Letters removed at one place of the window, and letters put there instead.

    A substitution removes as many as it inserts; an insertion removes none; a deletion inserts
    none. A reference allele of several letters with an alternative that shares some of them, as in
    a VCF, is fine: what is shared (first at the front, then at the back) counts as untouched.

    Attributes
    ----------
    start : int
        Window index of the first removed letter; an insertion goes before this letter.
    removed : int
        How many letters are removed.
    inserted : str
        IUPAC letters of DNA, on the gene's strand; kept in upper case.
    """

    start: int
    removed: int
    inserted: str = ""

    def __post_init__(self) -> None:
        if self.start < 0:
            raise ScxError(
                f"The edit begins at window index {self.start:,}, before the window; indices begin "
                "at 0."
            )
        if self.removed < 0:
            raise ScxError(f"An edit cannot remove {self.removed:,} letters; give 0 or more.")
        if not self.removed and not self.inserted:
            raise ScxError(
                f"The edit at window index {self.start:,} neither removes nor inserts a letter; "
                "leave it out."
            )
        encode(self.inserted)
        object.__setattr__(self, "inserted", self.inserted.upper().replace("U", "T"))

    @classmethod
    def substitution(cls, index: int, letter: str) -> "Alteration":
        """Replace one letter."""
        if len(letter) != 1:
            raise ScxError(f"A substitution puts one letter, not {letter!r}.")
        return cls(index, 1, letter)

    @classmethod
    def insertion(cls, before: int, letters: str) -> "Alteration":
        """Insert letters before the letter at one index."""
        return cls(before, 0, letters)

    @classmethod
    def deletion(cls, start: int, count: int) -> "Alteration":
        """Delete letters."""
        return cls(start, count)

    @property
    def end(self) -> int:
        """Window index after the last removed letter."""
        return self.start + self.removed


@dataclass(frozen=True)
class Surroundings:
    """A longer stretch of the genome that holds the window, to fill it up after a deletion.

    Attributes
    ----------
    codes : ndarray of uint8, shape (any,)
        Base codes in the direction of the gene.
    offset : int
        Where the window begins in it.
    """

    codes: Codes
    offset: int

    def __post_init__(self) -> None:
        check_codes(self.codes)
        if self.offset < 0 or self.offset > len(self.codes):
            raise ScxError(
                f"The window cannot begin at {self.offset:,} of surroundings of "
                f"{counted(len(self.codes), 'base')}."
            )


@dataclass(frozen=True)
class AlteredWindow:
    """A window after alterations, as long as before, with the TSS at the same index.

    Attributes
    ----------
    codes : ndarray of uint8, shape (length,)
    side : {"none", "upstream", "downstream", "both"}
        Which side of the TSS was shifted.
    upstream_shift, downstream_shift : int
        Letters pushed out of the window at that end; negative: letters that came in there.
    unknown : int
        How many of those that came in are N because the surroundings do not reach so far.
    """

    codes: Codes
    side: Side
    upstream_shift: int
    downstream_shift: int
    unknown: int

    def __post_init__(self) -> None:
        if self.side != _SIDES[bool(self.upstream_shift), bool(self.downstream_shift)]:
            raise ScxError(f"The side {self.side!r} does not fit the shifts of the window.")
        self.codes.flags.writeable = False


def indel(
    codes: Codes, upstream: int, alteration: Alteration, surroundings: Surroundings | None = None
) -> AlteredWindow:
    """Apply one insertion or deletion, so that the TSS stays put.

    Parameters
    ----------
    codes : ndarray of uint8, shape (length,)
        Wild type.
    upstream : int
        Window index of the TSS.
    alteration : Alteration
        Before the TSS (an insertion right before it, too) the upstream side shifts: letters leave
        or enter at the window's upstream end. After the TSS the downstream side does.
    surroundings : Surroundings, optional
        Where the letters that enter come from; N without them.

    Raises
    ------
    ScxError
        See `haplotype`.
    """
    return haplotype(codes, upstream, [alteration], surroundings)


def haplotype(
    codes: Codes,
    upstream: int,
    alterations: Sequence[Alteration],
    surroundings: Surroundings | None = None,
) -> AlteredWindow:
    """Apply several alterations of one copy of the genome, in whatever order they are given.

    Parameters
    ----------
    codes, upstream, surroundings
        As in `indel`.
    alterations : sequence of Alteration
        All in the coordinates of the wild type.

    Raises
    ------
    ScxError
        If an alteration lies outside the window, two overlap, one shifts letters by removing the
        TSS itself, or the surroundings do not hold the window.
    """
    _check_place(codes, upstream, surroundings)
    pieces = [
        piece
        for alteration in alterations
        for piece in _split(_trim(alteration, codes), upstream, codes)
    ]
    pieces.sort(key=lambda piece: (piece.start, piece.removed > 0))
    _check_apart(pieces)
    before = [piece for piece in pieces if _is_upstream(piece, upstream)]
    after = [piece for piece in pieces if not _is_upstream(piece, upstream)]
    up_shift, down_shift = _growth(before), _growth(after)
    left, left_unknown = _flank(codes, surroundings, -up_shift, at_start=True)
    right, right_unknown = _flank(codes, surroundings, -down_shift, at_start=False)
    upstream_side = np.concatenate([left, _rewrite(codes, 0, upstream, before)])
    downstream_side = np.concatenate([_rewrite(codes, upstream, len(codes), after), right])
    n_downstream = len(codes) - upstream
    edited = np.concatenate(
        [upstream_side[len(upstream_side) - upstream :], downstream_side[:n_downstream]]
    )
    side = _SIDES[bool(up_shift), bool(down_shift)]
    return AlteredWindow(edited, side, up_shift, down_shift, left_unknown + right_unknown)


def _check_place(codes: Codes, upstream: int, surroundings: Surroundings | None) -> None:
    check_codes(codes)
    if not 0 <= upstream <= len(codes):
        raise ScxError(
            f"The TSS cannot be at index {upstream:,} of a window of {counted(len(codes), 'base')}."
        )
    if surroundings is None:
        return
    held = surroundings.codes[surroundings.offset : surroundings.offset + len(codes)]
    if not np.array_equal(held, codes):
        raise ScxError(
            f"The surroundings do not hold the window at {surroundings.offset:,}; take both from "
            "the same genome, in the direction of the gene."
        )


def _trim(alteration: Alteration, codes: Codes) -> Alteration | None:
    """Leave out letters that are put where they were; None if nothing is left."""
    check_sites(np.array([alteration.start]), len(codes))
    if alteration.end > len(codes):
        raise ScxError(
            f"The edit of window indices {alteration.start:,} to {alteration.end - 1:,} reaches "
            f"out of the window of {counted(len(codes), 'base')}; leave it out, or cut it at the "
            "window's end."
        )
    old, new = codes[alteration.start : alteration.end], encode(alteration.inserted)
    shared = min(len(old), len(new))
    front = 0
    while front < shared and old[front] == new[front]:
        front += 1
    back = 0
    while back < shared - front and old[len(old) - 1 - back] == new[len(new) - 1 - back]:
        back += 1
    removed = len(old) - front - back
    inserted = alteration.inserted[front : len(new) - back]
    if not removed and not inserted:
        return None
    return Alteration(alteration.start + front, removed, inserted)


def _split(alteration: Alteration | None, upstream: int, codes: Codes) -> list[Alteration]:
    """Cut at the TSS what replaces letters on both sides of it; refuse what shifts there."""
    if alteration is None:
        return []
    start, end, letters = alteration.start, alteration.end, alteration.inserted
    takes_tss = start <= upstream < end
    if not takes_tss:
        return [alteration]
    if alteration.removed != len(letters):
        raise ScxError(
            f"The edit of window indices {start:,} to {end - 1:,} replaces the TSS itself (index "
            f"{upstream:,}) by another number of letters, so that the window of "
            f"{counted(len(codes), 'base')} has nothing to hold on to; leave it out."
        )
    if start == upstream:
        return [alteration]
    cut = upstream - start
    return [
        Alteration(start, cut, letters[:cut]),
        Alteration(upstream, end - upstream, letters[cut:]),
    ]


def _is_upstream(piece: Alteration, upstream: int) -> bool:
    """Tell the side: an insertion right before the TSS is upstream of it."""
    return piece.end <= upstream


def _check_apart(pieces: Sequence[Alteration]) -> None:
    for first, second in itertools.pairwise(pieces):
        same_gap = first.start == second.start and not second.removed
        if second.start < first.end or same_gap:
            raise ScxError(
                f"Two edits of the haplotype overlap at window index {second.start:,}; join them "
                "into one, or score them one by one."
            )


def _growth(pieces: Sequence[Alteration]) -> int:
    return sum(len(piece.inserted) - piece.removed for piece in pieces)


def _rewrite(codes: Codes, start: int, end: int, pieces: Sequence[Alteration]) -> Codes:
    """Apply sorted, separate alterations to the letters from ``start`` to ``end``."""
    parts, done = [], start
    for piece in pieces:
        parts += [codes[done : piece.start], encode(piece.inserted)]
        done = piece.end
    return np.concatenate([*parts, codes[done:end]])


def _flank(
    codes: Codes, surroundings: Surroundings | None, count: int, *, at_start: bool
) -> tuple[Codes, int]:
    """Letters that enter the window at one end, and how many of them are unknown."""
    if count <= 0:
        return np.empty(0, np.uint8), 0
    known = np.empty(0, np.uint8)
    if surroundings is not None and at_start:
        known = surroundings.codes[max(surroundings.offset - count, 0) : surroundings.offset]
    elif surroundings is not None:
        end = surroundings.offset + len(codes)
        known = surroundings.codes[end : end + count]
    filler = np.full(count - len(known), UNKNOWN, np.uint8)
    return np.concatenate([filler, known] if at_start else [known, filler]), len(filler)
