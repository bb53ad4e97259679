"""Finding a gene by whatever a person types: symbol, id, transcript, or something near one."""

import difflib
import re
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

#: Longer texts name no gene; near matches of them would only cost time.
LONGEST: Final = 60
_VERSION: Final = re.compile(r"\.\d+$")
#: Ids whose last number is a version: of ``ZK1073.1`` it is part of the name.
_ACCESSION: Final = re.compile(r"([A-Z]{2,}\d{6,})\.\d+")
_LENGTH_APART: Final = 2
_ALIKE: Final = 0.7

Way = Literal["symbol", "id", "transcript", "name in the expression file", "beginning", "similar"]


@dataclass(frozen=True)
class GeneMatch:
    """A gene that a text may mean.

    Attributes
    ----------
    gene_id : str
    text : str
        What of the gene the text resembles: its symbol, its id, one of its transcripts.
    way : Way
        How. ``"beginning"`` and ``"similar"`` are guesses, the others are exact in any case.
    """

    gene_id: str
    text: str
    way: Way

    @property
    def exact(self) -> bool:
        """Whether the text is a name of the gene, and no guess."""
        return self.way not in ("beginning", "similar")


class GeneIndex:
    """Names of all genes of a dataset.

    Parameters
    ----------
    genes : DataFrame
        Gene table by gene id, with ``gene_name``, and ``expression_name`` where that is known.
    transcripts : DataFrame
        With ``transcript_id`` and ``gene_id``.
    """

    def __init__(self, genes: pd.DataFrame, transcripts: pd.DataFrame) -> None:
        self._ways: list[tuple[Way, dict[str, list[tuple[str, str]]]]] = [
            ("symbol", _by_text(genes["gene_name"], genes.index)),
            ("id", _by_text(genes.index, genes.index)),
            ("transcript", _by_text(transcripts["transcript_id"], transcripts["gene_id"])),
        ]
        if "expression_name" in genes:
            aliases = _by_text(genes["expression_name"], genes.index)
            self._ways.append(("name in the expression file", aliases))
        self._guessed = self._ways[0][1] | self._ways[1][1]

    def find(self, text: str, limit: int = 8) -> tuple[GeneMatch, ...]:
        """Find the genes that a text names; if none, those it may mean.

        Parameters
        ----------
        text : str
            Symbol, id or transcript, with or without version, in any case.
        limit : int
            Matches at most.

        Returns
        -------
        tuple of GeneMatch
            All exact, or all guesses: first what begins with the text, then what resembles it.
            Empty if there is nothing, or the text is longer than any name.
        """
        wanted = text.strip().upper()
        if not wanted or len(wanted) > LONGEST:
            return ()
        # A dot and a number may be part of the name itself (ZK1073.1), so it is tried whole first.
        for form in dict.fromkeys((wanted, _VERSION.sub("", wanted))):
            for way, names in self._ways:
                found = names.get(form) or []
                if found:
                    return tuple(GeneMatch(gene, shown, way) for shown, gene in found[:limit])
        return self._guesses(wanted, limit)

    def _guesses(self, wanted: str, limit: int) -> tuple[GeneMatch, ...]:
        begins = sorted(
            (name for name in self._guessed if name.startswith(wanted)),
            key=lambda name: (len(name), name),
        )
        alike: list[str] = []
        if len(begins) < limit:
            close = [
                name for name in self._guessed if abs(len(name) - len(wanted)) <= _LENGTH_APART
            ]
            alike = difflib.get_close_matches(wanted, close, n=limit, cutoff=_ALIKE)
        matches: dict[str, GeneMatch] = {}
        ways: list[tuple[Way, list[str]]] = [("beginning", begins), ("similar", alike)]
        for way, names in ways:
            for name in names[:limit]:
                for shown, gene_id in self._guessed[name]:
                    matches.setdefault(gene_id, GeneMatch(gene_id, shown, way))
        return tuple(matches.values())[:limit]


def _by_text(
    names: pd.Series | pd.Index, gene_ids: pd.Series | pd.Index
) -> dict[str, list[tuple[str, str]]]:
    """Collect ``(name, gene id)`` by the name in capitals, and without its version."""
    by_text: dict[str, list[tuple[str, str]]] = {}
    for name, gene_id in zip(names.astype(str), gene_ids.astype(str), strict=True):
        if name in ("", "nan", "None"):
            continue
        capital = name.upper()
        versioned = _ACCESSION.fullmatch(capital)
        for text in (capital, versioned[1]) if versioned else (capital,):
            found = by_text.setdefault(text, [])
            if all(gene_id != other for _, other in found):
                found.append((name, gene_id))
    return by_text
