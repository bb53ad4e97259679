"""Joining scores from elsewhere to scored variants, by place and alleles, safe as to strand."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from scx_core.errors import counted
from scx_core.mutagenesis.effects import EFFECT
from scx_core.sequence.chromosomes import match_names
from scx_core.variants.alleles import reverse_complement
from scx_core.variants.outside.comparing import KEY
from scx_core.variants.outside.tables import OutsideScores, core_names
from scx_core.variants.writing.columns import is_haplotype

#: How the alleles of the table are those of a scored change, best first, and the sign of the score.
_FORMS: Final = (
    ("same alleles", 1.0), ("swapped", -1.0), ("other strand", 1.0),
    ("other strand and swapped", -1.0),
)  # fmt: skip
NOT_JOINED: Final = "not joined"
_PLACE: Final = ["chromosome", "position", "reference", "alternative"]


@dataclass(frozen=True)
class OutsideJoin:
    """Scores from elsewhere beside scored changes.

    Attributes
    ----------
    scores : DataFrame
        ``row, part, gene_id, substitution`` of the scored change, ``outside_row`` (data row of the
        table), ``joined`` (how: ``"same alleles"``, ``"swapped"``, ``"other strand"``, ``"other
        strand and swapped"``), and ``effect: TRACK`` for each track: the table's score for
        substitution against the genome's letters, in its own unit; the sign is turned where the
        alleles are swapped.
    counts : Series of int
        Variants of the table by how they were joined, and ``"not joined"``; adds up to all.
    unmatched : DataFrame
        ``row, variant, reason`` of those that were not joined.
    notices : tuple of str
    """

    scores: pd.DataFrame
    counts: pd.Series
    unmatched: pd.DataFrame
    notices: tuple[str, ...]


def join_outside(outside: OutsideScores, scored: pd.DataFrame) -> OutsideJoin:
    """Find the scored change of each variant of a table.

    Alleles are compared with those of the genome at the place: the same; swapped, where the sign of
    the score is turned; on the other strand; or both. A variant whose alleles are each other's
    complement (A/T, C/G) looks the same on both strands, so it is joined only where its reference is
    the genome's. A table without positions is joined by the ids of the scored list.

    Parameters
    ----------
    outside : OutsideScores
    scored : DataFrame
        Results: at least ``row, part, gene_id, substitution, chromosome, position,
        genome_reference, reason``; ``gene_name`` and ``id`` are used where they are there.
    """
    single = (scored["reason"].fillna("") == "") & ~is_haplotype(scored)
    done = scored[single].reset_index(drop=True)
    changes, of_line = _changes(done)
    variants = _placed(outside.variants, done)
    forms = _forms(variants)
    met = forms.merge(changes, on=_PLACE).sort_values(["variant", "form"], kind="stable")
    met = met.drop_duplicates("variant").set_index("variant")
    ambiguous = met.index[_is_palindrome(variants.loc[met.index]) & (met["form"] > 0)]
    met = met.drop(ambiguous)
    reasons = _reasons(variants, changes, met.index, ambiguous)
    pairs, lost = _lines_of(met, variants, done, of_line)
    reasons |= lost
    how = met["form"].drop(list(lost)).map(lambda form: _FORMS[form][0])
    counts = how.value_counts().reindex([name for name, _ in _FORMS], fill_value=0)
    counts[NOT_JOINED] = len(reasons)
    named = _names(variants)
    rows = variants["row"].tolist()
    unmatched = pd.DataFrame(
        [(rows[at], named[at], reasons[at]) for at in sorted(reasons)],
        columns=["row", "variant", "reason"],
    )
    notices = []
    if len(variants) and not len(pairs):
        stated = f" (it states {outside.build})" if outside.build else ""
        notices.append(
            f"None of the {counted(len(variants), 'variant')} of {outside.name} was scored here; check "
            f"that its positions are 1-based and on the genome of the dataset{stated}."
        )
    return OutsideJoin(
        _score_table(outside, done, pairs), counts.rename("variants"), unmatched, tuple(notices)
    )


def _trim(position: int, reference: str, alternative: str) -> tuple[int, str, str]:
    """Take away what both alleles share, at the end first."""
    while len(reference) > 1 and len(alternative) > 1 and reference[-1] == alternative[-1]:
        reference, alternative = reference[:-1], alternative[:-1]
    while len(reference) > 1 and len(alternative) > 1 and reference[0] == alternative[0]:
        position, reference, alternative = position + 1, reference[1:], alternative[1:]
    return position, reference, alternative


def _changes(done: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Give the different changes that were scored, and the number of that of each line."""
    table = pd.DataFrame(
        {
            "chromosome": core_names(done["chromosome"]),
            "position": done["position"].astype("int64"),
            "reference": done["genome_reference"].astype(str),
            "alternative": done["substitution"].astype(str),
        }
    )
    table = _trimmed(table)
    number = table.groupby(_PLACE, sort=False).ngroup().to_numpy()
    changes = table.drop_duplicates(_PLACE, ignore_index=True)
    return changes.assign(change=np.arange(len(changes))), number


def _trimmed(table: pd.DataFrame) -> pd.DataFrame:
    """Trim longer alleles; single letters are left alone, which are nearly all."""
    longer = (table["reference"].str.len() > 1) & (table["alternative"].str.len() > 1)
    if not longer.any():
        return table
    names = ["position", "reference", "alternative"]
    trimmed = [_trim(*cells) for cells in table.loc[longer, names].itertuples(index=False)]
    table = table.copy()
    table.loc[longer, names] = pd.DataFrame(trimmed, table.index[longer], names)
    return table


def _placed(variants: pd.DataFrame, done: pd.DataFrame) -> pd.DataFrame:
    """Give variants that have only an id the place of the scored variant of that id."""
    # As the scored variants name it, so that 23 is X; chromosomes without one keep their own name.
    given = variants["chromosome"].astype(str)
    matched = match_names(given.unique(), done["chromosome"].astype(str).unique())
    variants = variants.assign(chromosome=core_names(given.replace(matched)))
    bare = variants["position"].isna() & (variants["id"] != "")
    if not bare.any() or "id" not in done:
        return variants
    known = done[["id", "chromosome", "position"]].astype({"id": str}).drop_duplicates()
    known = known[~known["id"].duplicated(keep=False) & (known["id"] != "")].set_index("id")
    names = variants["id"].where(bare)
    places = names.map(core_names(known["chromosome"]))
    found = places.notna()
    return variants.assign(
        chromosome=variants["chromosome"].mask(found, places),
        position=variants["position"].mask(found, names.map(known["position"]).astype("Int64")),
    )


def _forms(variants: pd.DataFrame) -> pd.DataFrame:
    """Write each variant in the ways in which a scored change could have its alleles."""
    whole = variants[variants["position"].notna()]
    whole = whole[(whole["reference"] != "") & (whole["alternative"] != "")]
    first, second = whole["reference"], whole["alternative"]
    level = first.str.len() == second.str.len()
    # On the other strand an insertion or deletion hangs on another letter.
    pairs = [(first, second), (second, first)]
    if level.any():
        turned = [side[level].map(reverse_complement) for side in (first, second)]
        pairs += [(turned[0], turned[1]), (turned[1], turned[0])]
    tables = [
        pd.DataFrame(
            {
                "chromosome": whole.loc[reference.index, "chromosome"],
                "position": whole.loc[reference.index, "position"].astype("int64"),
                "reference": reference,
                "alternative": alternative,
                "form": form,
                "variant": reference.index,
            }
        )
        for form, (reference, alternative) in enumerate(pairs)
    ]
    return _trimmed(pd.concat(tables, ignore_index=True))


def _is_palindrome(variants: pd.DataFrame) -> np.ndarray:
    turned = variants["reference"].map(reverse_complement)
    return (turned == variants["alternative"]).to_numpy(bool)


def _reasons(
    variants: pd.DataFrame, changes: pd.DataFrame, met: pd.Index, ambiguous: pd.Index
) -> dict[int, str]:
    """Say why variants have no scored change, by their index."""
    there: dict[tuple[str, int], list[str]] = {}
    for chromosome, position, *alleles in zip(*(changes[n].tolist() for n in _PLACE), strict=True):
        there.setdefault((chromosome, position), []).append(">".join(alleles))
    wanted = variants.drop(met)
    columns = [wanted[name].tolist() for name in _PLACE]
    unsure = set(ambiguous.tolist())
    reasons = {}
    for at, chromosome, position, first, second in zip(
        wanted.index.tolist(), *columns, strict=True
    ):
        pair = f"{first}/{second}"
        if position is pd.NA:
            reason = "it has no position, and its id was not scored"
        elif not first or not second:
            reason = "one allele is not given, so the direction of the score is unknown"
        elif at in unsure:
            reason = f"{pair} looks the same on both strands and its reference is not the genome's"
        elif (chromosome, position) in there:
            scored = ", ".join(there[chromosome, position])
            reason = f"{pair} does not fit what was scored there, {scored}"
        else:
            reason = "no variant was scored at this place"
        reasons[at] = reason
    return reasons


def _lines_of(
    met: pd.DataFrame, variants: pd.DataFrame, done: pd.DataFrame, of_line: np.ndarray
) -> tuple[pd.DataFrame, dict[int, str]]:
    """Give the lines of results of each variant (of its gene, where it names one).

    Returns
    -------
    DataFrame
        ``line, variant, form``; a line has one variant at most.
    dict of int to str
        Why variants have no line.
    """
    lines = pd.DataFrame({"change": of_line, "line": np.arange(len(of_line))})
    wanted = variants.loc[met.index, "gene"].astype(str)
    pairs = met.assign(gene=wanted, variant=met.index).merge(lines, on="change")
    symbols = done["gene_name"] if "gene_name" in done else done["gene_id"]
    ids, names = (
        values.astype(str).to_numpy()[pairs["line"]] for values in (done["gene_id"], symbols)
    )
    bare = pairs["gene"].str.replace(r"\.\d+$", "", regex=True)
    fits = (
        (pairs["gene"] == "")
        | (bare == ids)
        | (pairs["gene"].str.upper() == pd.Series(names).str.upper())
    )
    lost = {
        int(at): f"its gene {wanted[at]} was not scored for this variant"
        for at in np.setdiff1d(met.index, pairs.loc[fits, "variant"])
    }
    # What the table says about the gene goes before what it says about all genes.
    pairs = pairs[fits].assign(any_gene=pairs["gene"] == "")
    pairs = pairs.sort_values(["line", "any_gene", "form", "variant"], kind="stable")
    first = pairs.drop_duplicates("line")
    for at in np.setdiff1d(pairs["variant"], first["variant"]):
        lost[int(at)] = "another row of the table scores the same change"
    return first[["line", "variant", "form"]], lost


def _score_table(outside: OutsideScores, done: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    form = pairs["form"].to_numpy(int)
    sign = np.array([turn for _, turn in _FORMS])[form]
    values = outside.scores[pairs["variant"].to_numpy()]
    table = done.loc[pairs["line"], list(KEY)].reset_index(drop=True)
    table["outside_row"] = outside.variants["row"].to_numpy()[pairs["variant"].to_numpy()]
    table["joined"] = [_FORMS[number][0] for number in form]
    effects = pd.DataFrame(
        values * sign[:, None], columns=[EFFECT + name for name in outside.tracks]
    )
    return pd.concat([table, effects], axis=1)


def _names(variants: pd.DataFrame) -> list[str]:
    """Name variants for a list."""
    columns = [variants[name].tolist() for name in ("id", *_PLACE)]
    return [
        name if position is pd.NA else f"{chromosome}:{position}:{first or '?'}:{second or '?'}"
        for name, chromosome, position, first, second in zip(*columns, strict=True)
    ]
