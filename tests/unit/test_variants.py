"""Variants: read, placed, scored; every row comes out."""

import numpy as np
import pandas as pd
import pytest

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.sequence.alphabet import BASES, COMPLEMENT, decode, encode, reverse_complement
from scx_core.variants import EFFECT, read_variants, score_variants


def gene_on(dataset: Dataset, ensemble: Ensemble, strand: str) -> pd.Series:
    tested = ensemble.predictions.index
    genes = dataset.genes.loc[tested]
    return genes[genes["strand"] == strand].iloc[2]


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("offset", [-250, -1, 0, 1, 150])
def test_effect_equals_mutating_the_window_by_hand(
    toy_dataset: Dataset, toy_ensemble: Ensemble, strand: str, offset: int
) -> None:
    gene = gene_on(toy_dataset, toy_ensemble, strand)
    gene_id = str(gene.name)
    window = np.array(toy_dataset.windows[toy_dataset.row_of(gene_id)])
    position = int(gene["tss"]) + (offset if strand == "+" else -offset)
    # By hand: the plus-strand window, the letter changed there, then turned if the gene is turned.
    plus = window if strand == "+" else reverse_complement(window)
    first = int(gene["tss"]) - (300 if strand == "+" else 199)  # 1-based position of plus[0]
    reference = decode(plus)[position - first]
    alternative = BASES[(BASES.index(reference) + 1) % 4]
    edited = plus.copy()
    edited[position - first] = encode(alternative)[0]
    mutant = edited if strand == "+" else reverse_complement(edited)
    columns = list(toy_ensemble.config.half_life)
    half_life = toy_dataset.half_life.loc[[gene_id], columns].to_numpy()
    runs = toy_ensemble.load_fold(toy_ensemble.fold_of(gene_id))
    expected = np.mean(
        [
            r.predict(mutant[None], half_life)[0] - r.predict(window[None], half_life)[0]
            for r in runs
        ],
        axis=0,
    )
    table = read_variants(f"chr1:{position}:{reference}:{alternative}")
    scored = toy_ensemble.score_variants(toy_dataset, table)
    given = scored[scored["given"].eq(True) & scored["gene_id"].eq(gene_id)].iloc[0]
    assert given["relative_to_tss"] == offset
    assert given["genome_reference"] == reference
    found = given[[EFFECT + name for name in toy_ensemble.populations]].astype(float)
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_effects_agree_with_saturation_mutagenesis(
    toy_dataset: Dataset, toy_ensemble: Ensemble
) -> None:
    gene = gene_on(toy_dataset, toy_ensemble, "-")
    effects = toy_ensemble.saturation_mutagenesis(toy_dataset, str(gene.name))
    table = read_variants(f"chr1:{int(gene['tss']) + 20}")
    scored = toy_ensemble.score_variants(toy_dataset, table)
    scored = scored[scored["gene_id"] == gene.name]
    assert len(scored) == 3
    for _, row in scored.iterrows():
        base = COMPLEMENT[BASES.index(row["substitution"])]
        expected = effects.values[300 - 20, base]
        names = [EFFECT + name for name in effects.populations]
        np.testing.assert_allclose(row[names].astype(float), expected, atol=2e-6)
        assert row["largest_effect"] == pytest.approx(expected[np.abs(expected).argmax()], abs=2e-6)


def test_every_row_comes_out_scored_or_with_its_reason(
    toy_dataset: Dataset, toy_ensemble: Ensemble
) -> None:
    gene = gene_on(toy_dataset, toy_ensemble, "+")
    index = toy_dataset.row_of(str(gene.name))
    letter = decode(toy_dataset.windows[index, 300:301])
    # No strand makes these two fit: they are each other's complement.
    other, third = ("C", "G") if letter in "AT" else ("A", "T")
    tss = int(gene["tss"])
    lines = [
        "chrom\tpos\tref\talt\tremark",
        f"1\t{tss}\t{letter}\t{other}\tmatch, without chr",
        f"chr1\t{tss}\t{other}\t{letter}\tswapped",
        f"chr1\t{tss}\t{other}\t{third}\tmismatch",
        f"chr1\t{tss}\t\t\tno alleles",
        f"chr1\t{tss}\t{letter}\t{letter}TT\tinsertion",
        "chr9\t5\tA\tC\tother chromosome",
        "chr1\t2\tA\tC\tfar out",
        "chr1\tabc\tA\tC\tno number",
        f"chr1\t{tss}\t{letter}\t{other}\tagain",
    ]
    scored = score_variants(toy_ensemble, toy_dataset, read_variants("\n".join(lines)))
    assert set(scored["row"]) == set(range(1, 10))
    by_remark = scored.groupby("remark")
    kinds = by_remark["reason_kind"].agg(lambda values: next((v for v in values if v), ""))
    assert kinds.to_dict() == {
        "match, without chr": "", "swapped": "", "mismatch": "reference mismatch",
        "no alleles": "", "insertion": "", "other chromosome": "other chromosome",
        "far out": "outside windows", "no number": "unreadable", "again": "",
    }  # fmt: skip
    swapped = by_remark.get_group("swapped")
    assert list(swapped["alleles"].unique()) == ["swapped"]
    assert list(swapped.loc[swapped["given"], "substitution"].unique()) == [other]
    assert len(by_remark.get_group("again")) == len(by_remark.get_group("match, without chr"))
    assert len(by_remark.get_group("insertion")) == 1


def test_genes_of_untrained_folds_give_the_reason(
    toy_dataset: Dataset, toy_ensemble: Ensemble
) -> None:
    untrained = toy_ensemble.folds.index[toy_ensemble.folds == 3][0]
    position = int(toy_dataset.genes.loc[untrained, "tss"])
    scored = toy_ensemble.score_variants(toy_dataset, read_variants(f"chr1:{position}"))
    row = scored[scored["gene_id"] == untrained].iloc[0]
    assert "train fold 3 too" in row["reason"]


def test_regions_are_named(toy_dataset: Dataset, toy_ensemble: Ensemble) -> None:
    region = toy_dataset.regions.iloc[4]
    inside = read_variants(f"chr1:{region['start'] + 1}\nchr1:{region['end'] + 1}")
    scored = toy_ensemble.score_variants(toy_dataset, inside)
    assert set(scored.loc[scored["row"] == 1, "region"]) == {region["name"]}
    assert set(scored.loc[scored["row"] == 2, "region"]) == {""}


def test_the_users_columns_do_not_hide_the_results(
    toy_dataset: Dataset, toy_ensemble: Ensemble
) -> None:
    gene = gene_on(toy_dataset, toy_ensemble, "+")
    population = toy_ensemble.populations[0]
    table = read_variants(
        f"chrom\tpos\tstrand\treason\tregion\t{EFFECT}{population}\n"
        f"chr1\t{int(gene['tss'])}\tminus\tpublished\t1p36\t99\n"
    )
    scored = toy_ensemble.score_variants(toy_dataset, table)
    row = scored[scored["gene_id"] == gene.name].iloc[0]
    assert (row["strand"], row["reason"]) == ("+", "")
    assert (row["strand (given)"], row["reason (given)"]) == ("minus", "published")
    assert row["region (given)"] == "1p36"
    assert abs(row[EFFECT + population]) < 50
    assert row[f"{EFFECT}{population} (given)"] == "99"


def test_sign_of_swapped_alleles_is_that_of_the_file(
    toy_dataset: Dataset, toy_ensemble: Ensemble
) -> None:
    gene = gene_on(toy_dataset, toy_ensemble, "+")
    letter = decode(toy_dataset.windows[toy_dataset.row_of(str(gene.name)), 310:311])
    other = BASES[(BASES.index(letter) + 1) % 4]
    position = int(gene["tss"]) + 10
    table = read_variants(f"chr1:{position}:{letter}:{other}\nchr1:{position}:{other}:{letter}")
    scored = toy_ensemble.score_variants(toy_dataset, table)
    given = scored[scored["given"].eq(True) & scored["gene_id"].eq(gene.name)].set_index("row")
    assert given.loc[1, "largest_effect"] == given.loc[2, "largest_effect"]
    assert given.loc[1, "given_effect"] == given.loc[1, "largest_effect"]
    assert given.loc[2, "given_effect"] == -given.loc[1, "given_effect"]


@pytest.mark.parametrize(
    "text",
    [
        "chr9:3",
        "chrom\tpos\nchr1\t99999999999999999999\n",
        "chrom\tpos\nchr1\t²\n",
        "chrom\tpos\tref\talt\nchr1\t1000\tA\t<DEL>\n",
    ],
)
def test_lists_without_any_place_come_out_with_reasons(
    toy_dataset: Dataset, toy_ensemble: Ensemble, text: str
) -> None:
    scored = toy_ensemble.score_variants(toy_dataset, read_variants(text))
    assert len(scored) == 1
    assert scored["reason"].iloc[0]


def test_first_base_past_a_window_is_one_base_beyond(
    toy_dataset: Dataset, toy_ensemble: Ensemble
) -> None:
    # The first window, of a plus-strand gene with its TSS at 1,000, begins at 700 (1-based).
    scored = toy_ensemble.score_variants(toy_dataset, read_variants("chr1:699"))
    assert "; 1 bp beyond that of SYM0" in scored["reason"].iloc[0]
