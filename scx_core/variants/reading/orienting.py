"""Which cells of a row are its reference and which its alternative, from all columns of alleles."""

from collections.abc import Mapping, Sequence
from typing import Final

from scx_core.variants.reading.roles import PAIR_OF_ALLELES
from scx_core.variants.reading.values import is_unknown_allele
from scx_core.variants.reading.variant_list import EffectAllele

Texts = dict[str, list[str]]

_COMPLEMENT: Final = str.maketrans("ACGTNacgtn", "TGCANtgcan")
_NO_CALL: Final = frozenset({"--", "-", "00", "0", "nn"})


def orient(texts: Texts, effect: EffectAllele, roles: Mapping[str, str], n: int) -> dict[str, str]:
    """Say which allele is the reference and which the alternative, and where the list does not say it.

    Parameters
    ----------
    texts : dict of str to list of str
        Cells by role; the roles of pairs and genotypes are taken out, ``reference``,
        ``alternative``, ``effect_allele``, ``other_allele``, ``genome`` are set, and ``ordered``
        (``""`` where a row does not say which allele is the reference).
    effect : EffectAllele
        Which allele the effects belong to.
    roles : mapping of str to str
        Column by role, which sentences name.
    n : int
        Number of rows.

    Returns
    -------
    dict of str to str
        How sentences call the alleles, where that is not by their names.
    """
    texts["ordered"] = ["yes"] * n
    names: dict[str, str] = {}
    if "alleles" in texts:
        names["alternative"] = f"allele (column {roles['alleles']!r})"
        _turn_strand(texts, _take_pairs(texts, n))
    if "genotype" in texts:
        names = dict.fromkeys(
            ("reference", "alternative"), f"genotype (column {roles['genotype']!r})"
        )
        _take_genotypes(texts, n)
    if "reference_is" in texts:
        _take_stated_reference(texts)
    texts.pop("strand", None)
    if "first_allele" in texts:
        first = texts.pop("first_allele")
        second = texts.pop("second_allele", None)
        pair = (first, second) if second is not None else ([""] * n, first)
        names |= _fill(texts, *pair, ("first allele", "second allele"), ordered=False)
        _write_homozygous(texts)
    effects, others = texts.get("effect_allele"), texts.get("other_allele")
    if effects is not None and others is not None:
        names |= _fill(texts, others, effects, ("other allele", "effect allele"), ordered=False)
    elif effects is not None:
        _complete(texts, effects, n)
    if effect.basis not in ("", "split") and "effect_allele" not in texts:
        texts["effect_allele"] = list(texts.get("alternative", [""] * n))
        texts["other_allele"] = list(texts.get("reference", [""] * n))
    elif effects is not None and others is None and {"reference", "alternative"} <= set(texts):
        texts["other_allele"] = _others(texts, effects)
    return names


def refuse_puzzling(texts: Texts, column: str) -> None:
    """Refuse rows of a table that has a column of alleles which is not understood."""
    for place, reason in enumerate(texts["reason"]):
        if not reason:
            texts["reason"][place] = (
                f"the column {column!r} seems to hold alleles, which are not understood; say which "
                "column is what, or leave it out"
            )
            texts["reason_kind"][place] = "unreadable"


def _fill(
    texts: Texts,
    references: Sequence[str],
    alternatives: Sequence[str],
    names: tuple[str, str],
    *,
    ordered: bool,
) -> dict[str, str]:
    """Give a pair to the rows that have none yet; the names of both where all rows get it."""
    now = [texts.get("reference"), texts.get("alternative")]
    known = [column for column in now if column is not None]
    blank = [all(is_unknown_allele(column[place]) for column in known)
             for place in range(len(references))] if known else [True] * len(references)  # fmt: skip
    if not ordered and any(blank):
        texts["ordered"] = ["" if no else o for no, o in zip(blank, texts["ordered"], strict=True)]
    if all(blank):
        texts["reference"], texts["alternative"] = list(references), list(alternatives)
        return {"reference": names[0], "alternative": names[1]}
    both = zip(blank, references, alternatives, strict=True)
    for name, column in zip(("reference", "alternative"), now, strict=True):
        texts[name] = list(column) if column is not None else [""] * len(references)
    for place, (no, reference, alternative) in enumerate(both):
        if no:
            texts["reference"][place], texts["alternative"][place] = reference, alternative
        elif is_unknown_allele(texts["alternative"][place]):
            # Of two alleles the one that is not the reference is the alternative.
            mine = texts["reference"][place].strip().upper()
            texts["alternative"][place] = (
                alternative if alternative.strip().upper() != mine else reference
            )
    return {}


def _complete(texts: Texts, effects: Sequence[str], n: int) -> None:
    """Take a lone effect allele for the alternative where a reference is given and is another."""
    references, alternatives = texts.get("reference"), texts.get("alternative")
    if references is None or alternatives is not None:
        return
    texts["alternative"] = [
        "" if effect.strip().upper() == reference.strip().upper() or is_unknown_allele(reference)
        else effect
        for effect, reference in zip(effects, references, strict=True)
    ]  # fmt: skip
    if not any(texts["alternative"]):
        texts["alternative"] = [""] * n


def _others(texts: Texts, effects: Sequence[str]) -> list[str]:
    rows = zip(effects, texts["reference"], texts["alternative"], strict=True)
    upper = [[cell.strip().upper() for cell in row] for row in rows]
    return [b if a == c else c if a == b else "" for a, b, c in upper]


def _take_pairs(texts: Texts, n: int) -> list[int]:
    """Read cells such as ``A/C``; the rows that had any."""
    pairs = texts.pop("alleles")
    # VEP's own format has the reference first, and so has A>C; of others nobody says it.
    stated = "strand" in texts
    references, alternatives = [""] * n, [""] * n
    rows = []
    for place, cell in enumerate(pairs):
        match = PAIR_OF_ALLELES.fullmatch(cell.strip())
        if match is None:
            alternatives[place] = cell
            continue
        rows.append(place)
        references[place] = match[1]
        alternatives[place] = ",".join(
            allele.strip('" ') for allele in match[3].replace("/", ",").replace("|", ",").split(",")
        )
        if match[2] != ">" and not stated:
            texts["ordered"][place] = ""
    _fill(texts, references, alternatives, ("", ""), ordered=True)
    return rows


def _turn_strand(texts: Texts, rows: Sequence[int]) -> None:
    strands = texts.pop("strand", None)
    if strands is None:
        return
    turned = [place for place in rows if strands[place].strip() in ("-", "-1")]
    for name in ("reference", "alternative") if turned else ():
        for place in turned:
            alleles = texts[name][place].split(",")
            texts[name][place] = ",".join(
                allele if allele == "-" else allele.translate(_COMPLEMENT)[::-1]
                for allele in alleles
            )
    if turned:
        texts["note"] = list(texts["note"])
        for place in turned:
            note = texts["note"][place]
            said = "alleles of the minus strand, as the list states, put on the plus strand"
            texts["note"][place] = f"{note}; {said}" if note else said


def _take_genotypes(texts: Texts, n: int) -> None:
    """Read genotypes of two bases, ``AC``: two alleles in no order."""
    genotypes = texts.pop("genotype")
    first, second = [""] * n, [""] * n
    for place, cell in enumerate(genotypes):
        text = cell.strip().upper()
        if text.lower() in _NO_CALL:
            if not texts["reason"][place]:
                texts["reason"][place] = f"no genotype was called ({text})"
                texts["reason_kind"][place] = "no alternative allele"
        elif len(text) == 3 and not text[1].isalpha():
            first[place], second[place] = text[0], text[2]
        elif len(text) <= 2 and text.isalpha():
            first[place], second[place] = text[0], text[-1]
        else:
            first[place] = second[place] = text
    _fill(texts, first, second, ("", ""), ordered=False)
    _write_homozygous(texts)


def _write_homozygous(texts: Texts) -> None:
    """Write two same alleles of an unordered pair as a change of the genome's base to it.

    Where it is the genome's base, nothing is changed: that is for the genome to say.
    """
    references, alternatives = texts["reference"], texts["alternative"]
    genome = list(texts.get("genome", [""] * len(references)))
    for place, (one, another) in enumerate(zip(references, alternatives, strict=True)):
        base = one.strip().upper()
        if base in {"A", "C", "G", "T"} and base == another.strip().upper():
            if texts["ordered"][place]:
                continue
            references[place], alternatives[place], genome[place] = "N", base, "N"
    texts["genome"] = genome


def _take_stated_reference(texts: Texts) -> None:
    """Read GWAS-SSF's ``ref_allele``, which says EA or OA: which of the two is the reference."""
    which = texts.pop("reference_is")
    effects, others = texts.get("effect_allele"), texts.get("other_allele")
    if effects is None or others is None:
        return
    references, alternatives = [], []
    for word, effect, other in zip(which, effects, others, strict=True):
        name = word.strip().upper()
        swapped = name in ("EA", "EFFECT_ALLELE") or name == effect.strip().upper()
        known = swapped or name in ("OA", "OTHER_ALLELE") or name == other.strip().upper()
        references.append((effect if swapped else other) if known else "")
        alternatives.append((other if swapped else effect) if known else "")
    if any(references):
        _fill(texts, references, alternatives, ("", ""), ordered=True)
