"""Letters of DNA as base codes, and base codes as one-hot input.

A base code is one byte. 0–3 are A, C, G, T; 4 is N; 5–14 are the other IUPAC letters. A code's
four weights say how much of each base it stands for: ambiguous letters share the weight
(N = ¼ each, R = ½ A + ½ G, B = ⅓ C + ⅓ G + ⅓ T), as scXpresso does.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from scx_core.errors import ScxError, join_some

BASES: Final = "ACGT"
CODE_LETTERS: Final = "ACGTNRYSWKMBDHV"
UNKNOWN: Final = CODE_LETTERS.index("N")

_STANDS_FOR: Final = {
    "A": "A", "C": "C", "G": "G", "T": "T", "N": "ACGT", "R": "AG", "Y": "CT", "S": "CG",
    "W": "AT", "K": "GT", "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG",
}  # fmt: skip
_COMPLEMENT_LETTER: Final = dict(zip(CODE_LETTERS, "TGCANYRSWMKVHDB", strict=True))

#: (15 codes, 4 bases) weights in ACGT order; each row sums to 1.
CODE_WEIGHTS: Final[NDArray[np.float32]] = np.array(
    [
        [(base in _STANDS_FOR[letter]) / len(_STANDS_FOR[letter]) for base in BASES]
        for letter in CODE_LETTERS
    ],
    dtype=np.float32,
)
#: How networks read letters other than A, C, G and T: by shared weights, or as nothing at all.
UNKNOWN_RULES: Final = ("shared", "zero")
#: Code of the complementary letter, indexed by code.
COMPLEMENT: Final[NDArray[np.uint8]] = np.array(
    [CODE_LETTERS.index(_COMPLEMENT_LETTER[letter]) for letter in CODE_LETTERS], dtype=np.uint8
)

_NOT_A_LETTER: Final = 255
_BYTE_TO_CODE: Final = np.full(256, _NOT_A_LETTER, dtype=np.uint8)
for _code, _letter in enumerate(CODE_LETTERS):
    _BYTE_TO_CODE[ord(_letter)] = _BYTE_TO_CODE[ord(_letter.lower())] = _code
_BYTE_TO_CODE[ord("U")] = _BYTE_TO_CODE[ord("u")] = BASES.index("T")
_CODE_TO_BYTE: Final = np.frombuffer(CODE_LETTERS.encode(), dtype=np.uint8)


def code_weights(unknown: str) -> NDArray[np.float32]:
    """Weights of the codes as a network reads them, shape (15, 4), in ACGT order.

    Parameters
    ----------
    unknown : {"shared", "zero"}
        ``"shared"``: `CODE_WEIGHTS`, as scXpresso. ``"zero"``: letters other than A, C, G and T weigh
        nothing, as in Xpresso (Agarwal & Shendure, Cell Reports 2020).
    """
    weights = CODE_WEIGHTS.copy()
    if unknown == "zero":
        weights[len(BASES) :] = 0.0
    return weights


def encode(sequence: str | bytes) -> NDArray[np.uint8]:
    """Turn letters into base codes; upper and lower case are the same, U is T.

    Parameters
    ----------
    sequence : str or bytes
        IUPAC letters of DNA.

    Returns
    -------
    ndarray of uint8, shape (length,)

    Raises
    ------
    ScxError
        If a letter is not an IUPAC letter; the message gives the letter and its 1-based position.
    """
    try:
        raw = sequence.encode("ascii") if isinstance(sequence, str) else sequence
    except UnicodeEncodeError as error:
        raise ScxError(
            f"The sequence holds the letter {sequence[error.start]!r} at position "
            f"{error.start + 1:,}, which is not DNA; use the letters {CODE_LETTERS}."
        ) from error
    codes = _BYTE_TO_CODE[np.frombuffer(raw, dtype=np.uint8)]
    wrong = np.flatnonzero(codes == _NOT_A_LETTER)
    if wrong.size:
        letters = sorted({chr(raw[index]) for index in wrong[:1000]})
        raise ScxError(
            f"The sequence holds letters that are not DNA ({join_some(map(repr, letters))}), first "
            f"at position {wrong[0] + 1:,}; use the letters {CODE_LETTERS}."
        )
    return codes


def decode(codes: NDArray[np.uint8]) -> str:
    """Turn base codes, shape (length,), back into upper-case letters."""
    return _CODE_TO_BYTE[codes].tobytes().decode("ascii")


def reverse_complement(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reverse complement of base codes along the last axis."""
    return COMPLEMENT[codes[..., ::-1]]
