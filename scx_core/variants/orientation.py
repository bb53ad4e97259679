"""The risk allele: which way its effect goes, and how to say so."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

_RAISES: Final = "raises"
_LOWERS: Final = "lowers"
_NO_EFFECT: Final = "no effect"
_UNKNOWN: Final = "unknown"


def orient(scored: pd.DataFrame) -> pd.DataFrame:
    """Turn effects the way of the risk allele.

    The risk allele is the one that the list names: the risk allele of a GWAS catalogue, the effect
    allele of summary statistics. Nothing is assumed where the list names none.

    Parameters
    ----------
    scored : DataFrame
        Rows of `scx_core.variants.scoring.score_placed`: ``reference, alternative, substitution,
        given, largest_effect``, and where there ``effect_is`` (``"reference"``: the effect allele
        is the genome's; ``"alternative"``; ``""``), ``effect_size`` and ``effect_kind`` (of the
        effect allele on the trait: ``"beta"``, ``"or"`` or ``"z"``), ``other_allele``.

    Returns
    -------
    DataFrame
        The same with

        - ``risk_allele``: on the genome's plus strand, ``""`` where unknown;
        - ``risk_effect``: predicted(risk allele) − predicted(the other allele) in the largest
          population, log10. Where the list names the genome's letter alone, the other allele is
          that of the row, ``substitution``. NaN where the row is not about the risk allele;
        - ``risk_direction``: ``"raises"``, ``"lowers"``, ``"no effect"`` or ``"unknown"``;
        - ``trait_increasing_allele``: the effect allele where beta > 0 or the odds ratio is above
          1, the other one, if the list names it, where beta < 0 or the odds ratio is below 1;
          ``""`` where that is not known.
    """
    which = _text(scored, "effect_is")
    is_reference, is_alternative = which == "reference", which == "alternative"
    reference, alternative = _text(scored, "reference"), _text(scored, "alternative")
    risk = reference.where(is_reference, alternative.where(is_alternative, ""))
    single = scored["haplotype"] == ""
    about = single & (scored["given"] | (is_reference & (alternative == "")))
    sign = np.where(is_reference, -1.0, 1.0)
    known = about & (risk != "") & scored["largest_effect"].notna()
    effect: pd.Series = (scored["largest_effect"].astype(float) * sign).where(known)
    direction = np.select(
        [effect > 0, effect < 0, effect == 0], [_RAISES, _LOWERS, _NO_EFFECT], _UNKNOWN
    )
    # The genome's letter is the other allele only where the list says that there is one.
    other = reference.where(is_alternative & (_text(scored, "other_allele") != ""), "")
    other = alternative.where(is_reference, other)
    trait = _trait_direction(scored)
    return scored.assign(
        risk_allele=risk.where(single, ""),
        risk_effect=effect,
        risk_direction=direction.astype(object),
        trait_increasing_allele=risk.where(trait > 0, other.where(trait < 0, "")).where(single, ""),
    )


def _text(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame:
        return pd.Series("", index=frame.index, dtype=object)
    return frame[name].astype(object).fillna("")


def _trait_direction(frame: pd.DataFrame) -> pd.Series:
    """Sign of the effect allele's effect on the trait; 0 where it has none or none is given."""
    if "effect_size" not in frame:
        return pd.Series(0.0, index=frame.index)
    size = pd.to_numeric(frame["effect_size"], errors="coerce").astype(float)
    kind = _text(frame, "effect_kind")
    is_ratio = (kind == "or") & (size > 0)
    # A z-score has the sign of its beta.
    centred = size.where(kind.isin(["beta", "z"]), (size - 1).where(is_ratio))
    return pd.Series(np.sign(centred.fillna(0.0).to_numpy()), index=frame.index)


def sentence(row: Mapping[str, Any], *, called: str = "risk allele") -> str:
    """Say what one scored row predicts; what is not known is left out.

    Parameters
    ----------
    row : mapping
        A row of the scored table that has no ``reason``.
    called : str
        What the list's allele is called where its effect on the trait is not known, such as
        ``"effect allele"``.

    Returns
    -------
    str
        Such as "the risk allele A is predicted to lower CACNA1I, most in Sst Chodl: −0.12 log10
        (0.76-fold), among the strongest 0.9 % of changes near this gene; all 5 runs agree".
    """
    subject, effect = _subject(row, called)
    gene = str(row.get("gene_name") or row["gene_id"])
    if effect == 0:
        said = f"{subject} is predicted to leave {gene} as it is, in all populations"
    else:
        verb = "raise" if effect > 0 else "lower"
        said = (
            f"{subject} is predicted to {verb} {gene}, most in {row['largest_population']}: "
            f"{_signed(effect)} log10 ({_fold(10**effect)}-fold)"
        )
        said += _strength(row)
    return "; ".join([said, *_agreement(row, effect), *_doubts(row)])


def _subject(row: Mapping[str, Any], called: str) -> tuple[str, float]:
    """Who does it, and the effect that goes with it."""
    effect, risk_effect = float(row["largest_effect"]), float(row.get("risk_effect", math.nan))
    if row.get("haplotype"):
        return f"the haplotype {row['substitution']}", effect
    risk, raising = row.get("risk_allele") or "", row.get("trait_increasing_allele") or ""
    if math.isnan(risk_effect):
        return f"{row['substitution']} instead of {row['reference']}", effect
    if raising and raising != risk:
        return f"the trait-increasing allele {raising}", -risk_effect
    return f"the {'trait-increasing allele' if raising else called} {risk}", risk_effect


def _strength(row: Mapping[str, Any]) -> str:
    window = _number(row.get("percentile_in_window"))
    genome = _number(row.get("percentile_genome"))
    shifts = bool(row.get("haplotype")) or len(row["substitution"]) != len(row["reference"])
    near, wide = "", ""
    # To exceed single substitutions says little of what moves half the window.
    if not shifts and _number(row.get("rank_in_window")) == 1:
        near = "the strongest change near this gene"
    elif not shifts and window is not None:
        near = f"among the strongest {_strongest(window)} of changes near this gene"
    if genome is not None:
        alike = " of insertions and deletions of such a length" if shifts else ""
        wide = f"{_strongest(genome)}{alike} genome-wide"
    if not near:
        return f", among the strongest {wide}" if wide else ""
    between = " and " if near.startswith("among") else ", among the strongest "
    return f", {near}{between + wide if wide else ''}"


def _agreement(row: Mapping[str, Any], effect: float) -> list[str]:
    agreeing, runs = _number(row.get("sign_agreement")), _number(row.get("runs"))
    if agreeing is None or runs is None or effect == 0:
        return []
    if runs == 1:
        return ["a single run, so nothing is known of agreement"]
    if agreeing == runs:
        return ["both runs agree" if runs == 2 else f"all {int(runs)} runs agree"]
    return [f"{int(agreeing)} of {int(runs)} runs agree"]


def _doubts(row: Mapping[str, Any]) -> list[str]:
    doubts = []
    if row.get("ambiguous") is True or row.get("ambiguous") is np.True_:
        doubts.append("the strand of its alleles cannot be told")
    if not row.get("haplotype") and not row.get("risk_allele"):
        doubts.append("the risk allele is not known")
    return doubts


def _number(value: Any) -> float | None:
    """Give a number; None for what is missing (None, NaN, NA)."""
    return None if value is None or pd.isna(value) else float(value)


def _signed(value: float) -> str:
    """Two digits that tell something, and a real minus: −0.12, +0.0034."""
    digits = 2 if abs(value) >= 0.1 else min(1 - math.floor(math.log10(abs(value))), 8)
    return f"{value:+.{digits}f}".replace("-", "−")


def _fold(fold: float) -> str:
    return f"{fold:.2f}" if 0.1 <= fold < 10 else f"{fold:.2g}" if fold < 100 else f"{fold:,.0f}"


def _strongest(percentile: float) -> str:
    """Turn the share of weaker changes into that of the others, rounded up: never less than 0.1 %."""
    return f"{max(math.ceil(round(10 * (100 - percentile), 6)), 1) / 10:.1f} %"
