"""Which way the risk allele's effect goes, and the sentence that says so."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scx_core.variants.orientation import orient, sentence


def row(**others: Any) -> dict[str, Any]:
    """One scored row: A on the genome, C scored, which raises by 0.12."""
    return {
        "gene_id": "ENSG1", "gene_name": "CACNA1I", "reference": "A", "alternative": "C",
        "substitution": "C", "given": True, "haplotype": "", "largest_effect": 0.12,
        "largest_population": "Sst Chodl", "effect_is": "", "ambiguous": False, **others,
    }  # fmt: skip


def oriented(**others: Any) -> dict[str, Any]:
    return orient(pd.DataFrame([row(**others)])).iloc[0].to_dict()


@pytest.mark.parametrize(
    ("others", "allele", "effect", "direction"),
    [
        ({}, "", math.nan, "unknown"),
        ({"effect_is": "alternative"}, "C", 0.12, "raises"),
        ({"effect_is": "reference"}, "A", -0.12, "lowers"),
        # The list names the genome's letter alone: each substitution is another allele.
        ({"effect_is": "reference", "alternative": "", "given": False}, "A", -0.12, "lowers"),
        # The list names both: what a third letter would do is not about its risk allele.
        ({"effect_is": "reference", "alternative": "G", "given": False}, "A", math.nan, "unknown"),
        ({"effect_is": "alternative", "alternative": "G", "given": False}, "G", math.nan, "unknown"),
        ({"effect_is": "alternative", "largest_effect": 0.0}, "C", 0.0, "no effect"),
        ({"effect_is": "alternative", "largest_effect": math.nan, "given": False, "substitution": ""},
         "C", math.nan, "unknown"),
        ({"effect_is": "alternative", "haplotype": "h", "given": False}, "", math.nan, "unknown"),
        ({"effect_is": "reference", "reference": "ACG", "alternative": "A", "substitution": "A"},
         "ACG", -0.12, "lowers"),
    ],
)  # fmt: skip
def test_risk_alleles(others: dict, allele: str, effect: float, direction: str) -> None:
    found = oriented(**others)
    assert found["risk_allele"] == allele
    assert found["risk_effect"] == pytest.approx(effect, nan_ok=True)
    assert found["risk_direction"] == direction
    assert found["trait_increasing_allele"] == ""


@pytest.mark.parametrize(
    ("others", "allele"),
    [
        ({"effect_is": "alternative", "effect_size": 0.03, "effect_kind": "beta"}, "C"),
        ({"effect_is": "alternative", "effect_size": 1.08, "effect_kind": "or"}, "C"),
        ({"effect_is": "reference", "effect_size": 1.08, "effect_kind": "or"}, "A"),
        ({"effect_is": "reference", "effect_size": 0.93, "effect_kind": "or"}, "C"),
        ({"effect_is": "reference", "effect_size": -0.1, "effect_kind": "beta"}, "C"),
        ({"effect_is": "alternative", "effect_size": -0.1, "effect_kind": "beta"}, ""),
        ({"effect_is": "alternative", "effect_size": -0.1, "effect_kind": "beta",
          "other_allele": "A"}, "A"),
        ({"effect_is": "reference", "alternative": "", "effect_size": 0.93, "effect_kind": "or"}, ""),
        ({"effect_is": "alternative", "effect_size": 1.0, "effect_kind": "or"}, ""),
        ({"effect_is": "alternative", "effect_size": 0.0, "effect_kind": "beta"}, ""),
        ({"effect_is": "alternative", "effect_size": -1.2, "effect_kind": "or"}, ""),
        ({"effect_is": "alternative", "effect_size": math.nan, "effect_kind": "or"}, ""),
        ({"effect_is": "alternative", "effect_size": 1.2, "effect_kind": ""}, ""),
        ({"effect_is": "", "effect_size": 1.2, "effect_kind": "or", "other_allele": "A"}, ""),
    ],
)  # fmt: skip
def test_trait_increasing_alleles_are_never_guessed(others: dict, allele: str) -> None:
    assert oriented(**others)["trait_increasing_allele"] == allele


def test_tables_without_columns_of_risk() -> None:
    frame = pd.DataFrame([row(), row()]).drop(columns="effect_is")
    found = orient(frame)
    assert found["risk_allele"].tolist() == ["", ""]
    assert found["risk_effect"].isna().all()
    assert orient(frame.iloc[:0]).empty


KNOWN = {
    "largest_effect": -0.12, "effect_is": "alternative", "sign_agreement": 5, "runs": 5,
    "rank_in_window": 284, "percentile_in_window": 99.1, "percentile_genome": 98.24,
}  # fmt: skip


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        (
            {**KNOWN, "percentile_genome": np.nan},
            "the risk allele C is predicted to lower CACNA1I, most in Sst Chodl: −0.12 log10 "
            "(0.76-fold), among the strongest 0.9 % of changes near this gene; all 5 runs agree",
        ),
        (
            {**KNOWN, "effect_is": "reference", "rank_in_window": 1, "sign_agreement": 1, "runs": 1},
            "the risk allele A is predicted to raise CACNA1I, most in Sst Chodl: +0.12 log10 "
            "(1.32-fold), the strongest change near this gene, among the strongest 1.8 % genome-wide; "
            "a single run, so nothing is known of agreement",
        ),
        (
            {**KNOWN, "effect_is": "", "percentile_in_window": 99.997, "rank_in_window": pd.NA,
             "sign_agreement": 4, "ambiguous": True},
            "C instead of A is predicted to lower CACNA1I, most in Sst Chodl: −0.12 log10 "
            "(0.76-fold), among the strongest 0.1 % of changes near this gene and 1.8 % genome-wide; "
            "4 of 5 runs agree; the strand of its alleles cannot be told; the risk allele is not "
            "known",
        ),
        (
            {**KNOWN, "percentile_in_window": 99.97, "percentile_genome": 98.7, "sign_agreement": 2,
             "runs": 2},
            "the risk allele C is predicted to lower CACNA1I, most in Sst Chodl: −0.12 log10 "
            "(0.76-fold), among the strongest 0.1 % of changes near this gene and 1.3 % genome-wide; "
            "both runs agree",
        ),
        (
            {"effect_size": 1.08, "effect_kind": "or", "effect_is": "alternative"},
            "the trait-increasing allele C is predicted to raise CACNA1I, most in Sst Chodl: +0.12 "
            "log10 (1.32-fold)",
        ),
        (
            {"effect_size": 0.9, "effect_kind": "or", "effect_is": "alternative",
             "other_allele": "A"},
            "the trait-increasing allele A is predicted to lower CACNA1I, most in Sst Chodl: −0.12 "
            "log10 (0.76-fold)",
        ),
        (
            {"gene_name": "", "largest_effect": 0.0},
            "C instead of A is predicted to leave ENSG1 as it is, in all populations; the risk "
            "allele is not known",
        ),
        (
            {"haplotype": "h", "substitution": "A>C+G>T", "given": False, "rank_in_window": 1,
             "percentile_in_window": 100.0, "largest_effect": 0.0042},
            "the haplotype A>C+G>T is predicted to raise CACNA1I, most in Sst Chodl: +0.0042 log10 "
            "(1.01-fold)",
        ),
        (
            {**KNOWN, "reference": "ACG", "alternative": "A", "substitution": "A",
             "largest_effect": 2.4},
            "the risk allele A is predicted to raise CACNA1I, most in Sst Chodl: +2.40 log10 "
            "(251-fold), among the strongest 1.8 % of insertions and deletions of such a length "
            "genome-wide; all 5 runs agree",
        ),
    ],
)  # fmt: skip
def test_sentences(others: dict, expected: str) -> None:
    assert sentence(oriented(**others)) == expected
    assert sentence(orient(pd.DataFrame([row(**others)])).iloc[0]) == expected


def test_what_the_list_calls_its_allele() -> None:
    found = oriented(effect_is="alternative")
    assert sentence(found, called="effect allele").startswith("the effect allele C is")
