"""The user's rows, and the alleles that they mean."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Columns of `VariantList.alleles`, with what stands where nothing is known.
ALLELE_COLUMNS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "row": 0,
        "part": 0,
        "id": "",
        "chromosome": "",
        "position": pd.NA,
        "reference": "",
        "alternative": "",
        "ordered": True,
        "effect_allele": "",
        "other_allele": "",
        "spelled_reference": "",
        "spelled_alternative": "",
        "effect_size": np.nan,
        "effect_kind": "",
        "p_value": np.nan,
        "haplotype": "",
        "qualifier": "",
        "reason": "",
        "reason_kind": "",
        "note": "",
    }
)
_TYPES: Final = {
    "row": "int64",
    "part": "int64",
    "position": "Int64",
    "ordered": "bool",
    "effect_size": "float64",
    "p_value": "float64",
}

#: What `reason_kind` of a part may be after reading; placing and scoring know more.
READING_REASONS: Final = ("", "unreadable", "no position", "symbolic allele", "unknown sequence",
                          "wrong build", "no alternative allele", "other test")  # fmt: skip

#: How a list says which allele its effects belong to; see `EffectAllele`.
Basis = Literal["", "given", "named", "format", "frequency", "convention", "split"]


@dataclass(frozen=True)
class EffectAllele:
    """Which allele of a list its effects belong to, as far as the list itself says so.

    Attributes
    ----------
    column, other : str
        Columns of the effect allele and of the other one; the same column twice where it spells
        whole variants; ``""`` where there is none.
    basis : str
        ``""``: nothing says it, or there are no effects; ``"given"``: the person; ``"named"``: the
        name of the column; ``"format"``: the description of the format; ``"frequency"``: a column
        of frequencies is named after the allele; ``"convention"``: the usual meaning of such a
        name, to which other evidence may object; ``"split"``: there are two candidates, ``column``
        and ``other``, and nothing decides, so that the effects belong to no allele.
    reason : str
        Why, as part of a sentence.
    supported : bool
        A column of frequencies, too, is named after the allele of a ``"format"``.
    """

    column: str = ""
    other: str = ""
    basis: Basis = ""
    reason: str = ""
    supported: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """Columns between which the person has to choose; none where that is not needed."""
        return (self.column, self.other) if self.basis == "split" else ()

    @property
    def sentence(self) -> str:
        """What is to be said on screen, ``""`` for nothing."""
        if not self.basis:
            return ""
        if self.basis == "split":
            return (
                f"The effects may belong to the allele of {self.column!r} or of {self.other!r}: "
                f"{self.reason}. Choose the column of the effect allele."
            )
        return f"The effects are taken to belong to the allele of {self.column!r}: {self.reason}."


#: Of a list that says nothing of effects.
NO_EFFECT: Final = EffectAllele()


def make_alleles(
    columns: Mapping[str, Sequence[Any] | NDArray[Any] | pd.api.extensions.ExtensionArray],
) -> pd.DataFrame:
    """Make a table of alleles from the columns that are known.

    Parameters
    ----------
    columns : mapping of str to sequence
        Of the same length; at least ``row``. See `ALLELE_COLUMNS`.
    """
    n_rows = len(columns["row"])
    made = {}
    for name, nothing in ALLELE_COLUMNS.items():
        values = columns.get(name)
        kind = _TYPES.get(name, "object")
        if values is None:
            made[name] = pd.Series(np.full(n_rows, nothing, dtype=object), dtype=kind)
        elif kind == "object":
            made[name] = pd.Series(as_objects(values), dtype=object)
        else:
            made[name] = pd.Series(values, dtype=kind)
    return pd.DataFrame(made, copy=False)


def as_objects(texts: Iterable[str]) -> NDArray[np.object_]:
    """Make an array of texts; numpy's own way looks into every text for more dimensions."""
    return np.fromiter(texts, dtype=object)


def join_notes(first: str, second: str) -> str:
    """Put two notes behind each other; either may be empty."""
    return f"{first}; {second}" if first and second else first or second


@dataclass(frozen=True)
class VariantList:
    """Variants as the user gave them, and as they are meant.

    Attributes
    ----------
    rows : DataFrame of str
        One row for each row of the input, in its order: the user's own columns as in the file. The
        index ``row`` counts the data rows from 1 (a chunk goes on where the last one ended).
    alleles : DataFrame
        One row for each thing to score, at least one for each of ``rows``, sorted by row:

        - ``row``; ``part`` (from 0: the alternative or the SNP within the row)
        - ``id`` (rsID, or ``""``)
        - ``chromosome`` (as given, ``""`` unknown), ``position`` (Int64, 1-based, NA unknown)
        - ``reference``, ``alternative`` (upper case, plus strand, ``""`` not given; N in both where
          the genome gives the letters, see `Variant.fill`)
        - ``ordered``: the list says which of the two is the reference. Where it does not, as in
          summary statistics, the effect allele (or the first of two) is the alternative, and either
          may be the genome's.
        - ``effect_allele``, ``other_allele`` (``""`` unknown)
        - ``spelled_reference``, ``spelled_alternative``: the alleles that the row's id spells
          (``22:5000:A:C``) beside its position; ``""`` for none
        - ``effect_size`` (float), ``effect_kind`` (``"beta"``, ``"or"``, ``"z"``, ``""``; a z-score
          has the sign of a beta), ``p_value``
        - ``haplotype``: parts with the same text are meant together; ``""`` for none
        - ``qualifier``: what the row is about beside its variant (trait, cohort, test, credible
          set), so that two such rows are not one; ``""`` for nothing
        - ``reason``: why the part cannot be used, without full stop; ``""`` if it can.
          ``reason_kind``: one of `READING_REASONS`
        - ``note``: what was mended or is worth knowing

        A part without position and without reason has an id, by which it may be found.
    format : str
        ``"VCF"``, ``"BCF"``, ``"GWAS catalogue"``, ``"summary statistics"``, ``"table"``,
        ``"typed variants"`` or ``"rsIDs"``.
    roles : mapping of str to str
        Column by what it was taken for; empty for lists without columns.
    build : str
        Genome build as stated by the list (``hg19`` and ``hg38`` by these names), ``""`` if not.
    notices : tuple of str
        Sentences about the whole list.
    effect : EffectAllele
        Which allele the effects belong to, and why.
    """

    rows: pd.DataFrame
    alleles: pd.DataFrame
    format: str
    roles: Mapping[str, str] = field(default_factory=dict)
    build: str = ""
    notices: tuple[str, ...] = ()
    effect: EffectAllele = NO_EFFECT

    def __post_init__(self) -> None:
        if list(self.alleles.columns) != list(ALLELE_COLUMNS):
            raise ValueError(f"columns {list(self.alleles.columns)} are not those of alleles")
        if self.rows.index.name != "row" or not self.rows.index.is_unique:
            raise ValueError("the index of rows must be unique and be named 'row'")
        with_parts = self.alleles["row"].unique()
        if len(with_parts) != len(self.rows) or not self.rows.index.isin(with_parts).all():
            raise ValueError("every row needs a part, and every part a row")
        object.__setattr__(self, "roles", MappingProxyType(dict(self.roles)))

    def __len__(self) -> int:
        """Rows of the input."""
        return len(self.rows)

    def count_reasons(self) -> pd.Series:
        """Count the rows by the ``reason_kind`` of their first part; ``""`` can be placed."""
        first = self.alleles.drop_duplicates("row")
        return first["reason_kind"].value_counts(sort=False).rename("rows")
