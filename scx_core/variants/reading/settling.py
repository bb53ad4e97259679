"""From texts of cells to the table of alleles, each part with its reason and note."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.variants.reading.values import (
    Cell,
    is_nothing,
    is_unknown_allele,
    read_allele,
    read_chromosome,
    read_each,
    read_numbers,
    read_positions,
)
from scx_core.variants.reading.variant_list import join_notes, make_alleles

_EMPTY: Final = "the row names no position and no rsID"

Texts = Mapping[str, Sequence[str]]
Ints = NDArray[np.int64]


class _Remarks:
    """Reasons and notes of parts while they are found."""

    def __init__(self, texts: Texts, n_parts: int) -> None:
        nothing = [""] * n_parts
        self.reason = list(texts.get("reason", nothing))
        self.kind = list(texts.get("reason_kind", nothing))
        self.note = list(texts.get("note", nothing))

    def add_note(self, place: int, note: str) -> None:
        self.note[place] = join_notes(self.note[place], note)

    def add_notes(self, notes: Mapping[int, str]) -> None:
        for place, note in notes.items():
            self.add_note(place, note)

    def refuse(self, place: int, reason: str, kind: str) -> None:
        """Give a reason to a part that has none yet."""
        if reason and not self.reason[place]:
            self.reason[place], self.kind[place] = reason, kind

    def add_cells(self, cells: Mapping[int, Cell]) -> None:
        for place, cell in cells.items():
            if cell.note:
                self.add_note(place, cell.note)
            self.refuse(place, cell.reason, cell.kind)


def settle(
    texts: Texts, rows: Ints, parts: Ints, names: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Read the cells of parts and make the table of alleles.

    Parameters
    ----------
    texts : mapping of str to sequence of str
        Cells by what they are: ``id``, ``chromosome``, ``position``, ``reference``,
        ``alternative``, ``effect_allele``, ``other_allele``, ``effect_size``, ``effect_kind``,
        ``p_value``, ``haplotype``, ``qualifier``, ``spelled_reference``, ``spelled_alternative``,
        ``ordered`` (``""`` where the list does not say which allele is the reference), ``reason``,
        ``reason_kind``, ``note``; what is not known may be left out. All are of the same length.
        ``genome`` is not empty where an N of the alleles is
        a letter of the genome (see `Variant.fill`) and not an unknown one.
    rows, parts : ndarray of int64
    names : mapping of str to str, optional
        How sentences call the alleles, by default ``reference allele`` and so on.

    Returns
    -------
    DataFrame
        See `VariantList.alleles`.
    """
    n_parts = len(rows)
    nothing = [""] * n_parts
    remarks = _Remarks(texts, n_parts)
    stripped = map(str.strip, texts.get("id", nothing))
    ids = ["" if text[:2] != "rs" and is_nothing(text) else text for text in stripped]
    chromosomes, odd_chromosomes = read_each(texts.get("chromosome", nothing), read_chromosome)
    positions, odd_positions = read_positions(texts.get("position", nothing))
    _leave_to_ids(ids, odd_positions)
    remarks.add_cells(odd_chromosomes)
    remarks.add_cells(odd_positions)
    _check_places(ids, chromosomes, positions, remarks)
    alleles = _read_alleles(texts, names or {}, n_parts, remarks)
    _refuse_unknown(texts, alleles, positions, remarks)
    _check_alleles(alleles, positions, remarks)
    effects, kinds = _read_effects(texts, n_parts, remarks)
    p_values = _read_p_values(texts, n_parts, remarks)
    more: dict[str, Sequence[str] | NDArray[np.bool_]] = {
        name: texts[name]
        for name in ("spelled_reference", "spelled_alternative", "haplotype", "qualifier")
        if name in texts
    }
    if "ordered" in texts:
        more["ordered"] = np.fromiter(map(bool, texts["ordered"]), bool, n_parts)
    return make_alleles(
        {
            "row": rows,
            "part": parts,
            "id": ids,
            "chromosome": chromosomes,
            "position": positions,
            **alleles,
            **more,
            "effect_size": effects,
            "effect_kind": kinds,
            "p_value": p_values,
            "reason": remarks.reason,
            "reason_kind": remarks.kind,
            "note": remarks.note,
        }
    )


def _read_alleles(
    texts: Texts, names: Mapping[str, str], n_parts: int, remarks: _Remarks
) -> dict[str, list[str]]:
    """Read the four columns of alleles; ``-`` is left in them."""
    nothing = [""] * n_parts
    filled = [place for place, genome in enumerate(texts.get("genome", ())) if genome]
    alleles = {}
    for name in ("reference", "alternative"):
        which = names.get(name, f"{name} allele")
        alleles[name], odd = read_each(texts.get(name, nothing), partial(read_allele, which=which))
        for place in filled:
            alleles[name][place] = texts[name][place]
            odd.pop(place, None)
        remarks.add_cells(odd)
    for name, same in (("effect_allele", "alternative"), ("other_allele", "reference")):
        which = name.replace("_", " ")
        alleles[name], odd = read_each(texts.get(name, nothing), partial(read_allele, which=which))
        if names.get(same) == which:
            continue  # It is the variant's own allele, of which this has been said.
        remarks.add_notes({place: cell.note or cell.reason for place, cell in odd.items()})
        for place, cell in odd.items():
            # Beside the variant's own alleles it takes nothing from them. Alone it was all that the
            # row says: what is not understood is not the same as an allele that was not given.
            if not (alleles["reference"][place] or alleles["alternative"][place]):
                remarks.refuse(place, cell.reason, cell.kind)
    _refuse_half_pairs(texts, names, alleles, remarks)
    return alleles


def _refuse_half_pairs(
    texts: Texts, names: Mapping[str, str], alleles: Mapping[str, Sequence[str]], remarks: _Remarks
) -> None:
    """Refuse a reference without an alternative: the row names no change.

    Only a list that names no alternatives at all (no such column) asks for every substitution, and
    so does an effect allele that is the reference, where no other is named.
    """
    if "alternative" not in texts:
        return
    _refuse_half_unordered(texts, alleles, remarks)
    if "" not in alleles["alternative"]:
        return
    which = names.get("alternative", "alternative allele").removesuffix(" allele")
    for place, (reference, alternative) in enumerate(
        zip(alleles["reference"], alleles["alternative"], strict=True)
    ):
        if alternative or not reference:
            continue
        cell = texts["alternative"][place].strip()
        if not cell and alleles["effect_allele"][place] == reference:
            continue
        given = f" ({cell})" if cell else ""
        remarks.refuse(place, f"the row gives no {which} allele{given}", "no alternative allele")


def _refuse_half_unordered(
    texts: Texts, alleles: Mapping[str, Sequence[str]], remarks: _Remarks
) -> None:
    """Refuse one of two alleles in no order whose other one is said to be unknown (PLINK's 0)."""
    ordered, references = texts.get("ordered"), texts.get("reference")
    if ordered is None or references is None or all(ordered):
        return
    for place, text in enumerate(references):
        half = not ordered[place] and text.strip() and is_unknown_allele(text)
        if half and alleles["alternative"][place] and not alleles["effect_allele"][place]:
            reason = f"the row gives only one of its two alleles ({text.strip()})"
            remarks.refuse(place, reason, "no alternative allele")


def _refuse_unknown(
    texts: Texts,
    alleles: Mapping[str, Sequence[str]],
    positions: pd.arrays.IntegerArray,
    remarks: _Remarks,
) -> None:
    """Refuse positions whose alleles are said to be unknown (``NA``, ``.``, ``0``).

    An empty cell gives no allele, and asks for every substitution; an unknown allele is another
    thing. Of an rsID without a position the alleles may still be found with it.
    """
    columns = [texts[name] for name in ("reference", "alternative") if name in texts]
    if len(columns) < len(("reference", "alternative")) or "" not in alleles["reference"]:
        return
    placed = ~np.asarray(positions.isna())
    for place, cells in enumerate(zip(*columns, strict=True)):
        if not placed[place] or not all(map(str.strip, cells)):
            continue
        if any(alleles[name][place] for name in alleles) or not all(map(is_unknown_allele, cells)):
            continue
        shown = "/".join(map(str.strip, cells))
        remarks.refuse(
            place, f"the alleles are unknown ({shown}); leave them empty for all substitutions",
            "no alternative allele",
        )  # fmt: skip


def _read_effects(
    texts: Texts, n_parts: int, remarks: _Remarks
) -> tuple[NDArray[np.float64], list[str]]:
    """Read the sizes of effects and their kinds, ``""`` where there is no size."""
    kinds = list(texts.get("effect_kind", [""] * n_parts))
    if "effect_size" not in texts:
        return np.full(n_parts, np.nan), kinds
    effects, notes = read_numbers(texts["effect_size"], "effect", _any)
    for place, kind in enumerate(kinds):
        if kind == "or" and effects[place] <= 0:
            notes[place] = f"odds ratio {effects[place]:g} is impossible, so left out"
            effects[place] = np.nan
        if np.isnan(effects[place]):
            kinds[place] = ""
    remarks.add_notes(notes)
    return effects, kinds


def _read_p_values(texts: Texts, n_parts: int, remarks: _Remarks) -> NDArray[np.float64]:
    if "p_value" not in texts:
        return np.full(n_parts, np.nan)
    p_values, notes = read_numbers(texts["p_value"], "p-value", _is_probability)
    remarks.add_notes(notes)
    return p_values


def _any(_: float) -> bool:
    return True


def _is_probability(value: float) -> bool:
    return 0 <= value <= 1


def _leave_to_ids(ids: Sequence[str], odd_positions: dict[int, Cell]) -> None:
    """Where a damaged position has an rsID beside it, that may still find it."""
    for place, cell in odd_positions.items():
        if cell.reason and ids[place].lower().startswith("rs"):
            odd_positions[place] = Cell("", note=f"{cell.reason}; the rsID is asked instead")


def _check_places(
    ids: Sequence[str],
    chromosomes: list[str],
    positions: pd.arrays.IntegerArray,
    remarks: _Remarks,
) -> None:
    """Refuse parts that nothing can find; a position without its chromosome is none."""
    unknown = np.asarray(positions.isna())
    named = np.fromiter(map(bool, chromosomes), bool, len(chromosomes))
    for place in np.flatnonzero(unknown | ~named).tolist():
        if not unknown[place]:
            note = f"position {positions[place]} has no chromosome"
            positions[place] = pd.NA
            if ids[place]:
                remarks.add_note(place, f"{note}; the rsID is asked instead")
            else:
                remarks.refuse(place, f"the {note}", "no position")
        elif not ids[place]:
            remarks.refuse(place, _EMPTY, "no position")


def _check_alleles(
    alleles: dict[str, list[str]], positions: pd.arrays.IntegerArray, remarks: _Remarks
) -> None:
    """Compare reference and alternative; write deletions given as ``-`` as VCF does."""
    references, alternatives = alleles["reference"], alleles["alternative"]
    for place, (reference, alternative) in enumerate(zip(references, alternatives, strict=True)):
        if reference and reference == alternative:
            remarks.refuse(
                place, f"reference and alternative allele are both {reference[:30]}", "unreadable"
            )
        if "-" in (reference, alternative):
            _write_deletion(alleles, place, positions, remarks)
    for name in ("effect_allele", "other_allele"):
        alleles[name] = ["" if allele == "-" else allele for allele in alleles[name]]


def _write_deletion(
    alleles: dict[str, list[str]],
    place: int,
    positions: pd.arrays.IntegerArray,
    remarks: _Remarks,
) -> None:
    reference, alternative = alleles["reference"][place], alleles["alternative"][place]
    if alternative == "-" and reference not in ("", "-") and not pd.isna(positions[place]):
        if positions[place] > 1:
            new = {reference: f"N{reference}", "-": "N"}
            positions[place] -= 1
            remarks.add_note(place, "deletion written with the base before it, as in VCF")
            for values in alleles.values():
                values[place] = new.get(values[place], values[place])
            return
        reason = "the deletion begins with the first letter of the chromosome"
    else:
        shown = f"{reference or '?'}/{alternative or '?'}"
        reason = f"{shown} does not say behind which letter it inserts; write it as in VCF"
    remarks.refuse(place, reason, "unreadable")
    for values in alleles.values():
        values[place] = ""
