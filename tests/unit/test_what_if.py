"""Scenarios of a gene: what the models are shown, and what they answer."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.feature_words import raw_half_life
from scx_core.sequence.alphabet import UNKNOWN, decode, encode, reverse_complement
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval
from scx_core.sequence.windows import fetch_window
from scx_core.variants.genome import open_letters
from scx_core.what_if import (
    Scenario,
    apply_variant,
    original,
    predict,
    put_sequence,
    set_half_life,
    start_at,
    transcripts_of,
)

COMPLEMENT = {"A": "T", "C": "G", "G": "C", "T": "A"}


@pytest.fixture(scope="module")
def toy(toy_root):
    """Dataset and model of the small workspace."""
    return (
        Dataset.open(toy_root / "datasets" / "toy"),
        Ensemble.open(toy_root / "models" / "toy-model"),
    )


def gene_on(toy, strand: str) -> str:
    dataset, model = toy
    tested = dataset.genes.loc[model.predictions.index]
    return str(tested.index[tested["strand"] == strand][1])


def letters_of(dataset: Dataset, tmp_path):
    return open_letters(dataset, tmp_path / "cache")


def plain_scenario(codes: np.ndarray, strand: str = "+") -> Scenario:
    return Scenario("G", "chr1", strand, 1000, len(codes) // 2, codes, np.zeros(1))


@pytest.mark.parametrize("strand", ["+", "-"])
def test_unchanged_gene_has_the_effects_of_the_model(toy, strand):
    dataset, model = toy
    gene_id = gene_on(toy, strand)
    ours = predict(model, dataset, original(dataset, model, gene_id))
    theirs = model.saturation_mutagenesis(dataset, gene_id)
    assert np.array_equal(ours.values, theirs.values)
    assert np.array_equal(ours.wild_type, theirs.wild_type)
    assert (ours.fold, ours.n_runs, ours.tss) == (theirs.fold, theirs.n_runs, theirs.tss)


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("offset", [-200, -1, 0, 1, 150])
def test_a_variant_does_what_mutagenesis_says(toy, strand, offset):
    dataset, model = toy
    start = original(dataset, model, gene_on(toy, strand))
    effects = model.saturation_mutagenesis(dataset, start.gene_id)
    index = offset + start.upstream
    place = int(effects.genome_positions[index])
    mine = decode(start.codes[index : index + 1])
    other = next(base for base in "ACGT" if base != mine)
    alleles = (mine, other) if strand == "+" else (COMPLEMENT[mine], COMPLEMENT[other])
    changed = predict(model, dataset, apply_variant(start, f"1:{place}:{alleles[0]}:{alleles[1]}"))
    difference = changed.wild_type - effects.wild_type
    assert difference == pytest.approx(effects.values[index, "ACGT".index(other)], abs=1e-5)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_deletion_is_filled_from_the_genome(toy, strand, tmp_path):
    dataset, model = toy
    start = original(dataset, model, gene_on(toy, strand))
    letters = letters_of(dataset, tmp_path)
    assert letters.complete
    upstream_place = start.tss - 100 if strand == "+" else start.tss + 100
    text = letters.text("chr1", upstream_place - 1, upstream_place + 3)
    changed = apply_variant(start, f"chr1:{upstream_place}:{text}:{text[0]}", letters)
    assert UNKNOWN not in changed.codes
    # What lies after the deletion stays, what lies before it moves by three towards the TSS.
    assert np.array_equal(changed.codes[start.upstream :], start.codes[start.upstream :])
    assert np.array_equal(changed.codes[3:150], start.codes[:147])
    first = start.tss - 1 - 303 if strand == "+" else start.tss + 300
    genome = letters.fetch(Interval("chr1", first, first + 3))
    entered = genome if strand == "+" else reverse_complement(genome)
    assert np.array_equal(changed.codes[:3], entered)
    assert "shifted" in changed.steps[0]
    without = apply_variant(start, f"chr1:{upstream_place}:{text}:{text[0]}")
    assert (without.codes[:3] == UNKNOWN).all()
    assert "3 letters that came in are not known" in without.steps[0]


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        ("chr2:5:A:C", "is not on chr1"),
        ("chr1:5:A:C", "outside this gene's window"),
        ("nonsense", "is not a variant"),
        ("chr1:{tss}", "names no alleles"),
    ],
)
def test_variants_that_cannot_be_applied(toy, variant, told):
    dataset, model = toy
    start = original(dataset, model, gene_on(toy, "+"))
    with pytest.raises(ScxError, match=told):
        apply_variant(start, variant.format(tss=start.tss))


def test_reference_that_is_not_there_is_told(toy):
    dataset, model = toy
    start = original(dataset, model, gene_on(toy, "-"))
    there = COMPLEMENT[decode(start.codes[start.upstream : start.upstream + 1])]
    wrong = next(base for base in "ACGT" if base != there)
    with pytest.raises(ScxError, match=f"reference is {wrong}, but {there} is there"):
        apply_variant(start, f"chr1:{start.tss}:{wrong}:{there}")


@pytest.mark.parametrize("strand", ["+", "-"])
def test_another_start_is_the_window_there(toy, toy_root, strand, tmp_path):
    dataset, model = toy
    start = original(dataset, model, gene_on(toy, strand))
    row = transcripts_of(dataset, start.gene_id).iloc[0].to_dict()
    row |= {"transcript_id": "other", "tss": start.tss + 37, "orf_length": 1234.0}
    moved = start_at(start, dataset, model, row, letters_of(dataset, tmp_path))
    genome = Genome.open(toy_root / "inputs" / "toy.fa", tmp_path)
    oracle = fetch_window(genome, "chr1", start.tss + 37, strand, 300, 200)
    assert np.array_equal(moved.codes, oracle)
    orf = list(model.config.half_life).index("orf_length")
    assert raw_half_life(moved.half_life[orf]) == pytest.approx(1234)
    with pytest.raises(ScxError, match="without the genome"):
        start_at(start, dataset, model, row, None)


def test_same_start_needs_no_genome(toy):
    dataset, model = toy
    start = original(dataset, model, gene_on(toy, "+"))
    row = transcripts_of(dataset, start.gene_id).iloc[0].to_dict()
    same = start_at(start, dataset, model, row, None)
    assert np.array_equal(same.codes, start.codes)
    assert np.array_equal(same.half_life, start.half_life, equal_nan=True)


def test_half_life_reaches_the_models(toy):
    dataset, model = toy
    start = original(dataset, model, gene_on(toy, "+"))
    index = list(model.config.half_life).index("orf_length")
    changed = set_half_life(start, model, {"orf_length": 3.0})
    assert changed.half_life[index] == 3.0
    fold = model.load_fold(model.fold_of(start.gene_id))
    oracle = np.mean([run.predict(changed.codes[None], changed.half_life[None]) for run in fold], 0)
    assert predict(model, dataset, changed).wild_type == pytest.approx(oracle[0], abs=1e-5)
    assert set_half_life(start, model, {}) is start
    with pytest.raises(ScxError, match="does not read 'gc'"):
        set_half_life(start, model, {"gc": 1.0})
    with pytest.raises(ScxError, match="must be a number"):
        set_half_life(start, model, {"orf_length": float("nan")})


@given(
    st.text("ACGT", min_size=20, max_size=20),
    st.text("ACGT", min_size=1, max_size=19),
    st.integers(-15, 15),
)
def test_pasted_letters_lie_where_they_were_put(window, pasted, first):
    scenario = plain_scenario(encode(window))
    start = first + 10
    if start < 0 or start + len(pasted) > 20:
        with pytest.raises(ScxError, match="reach out of the window"):
            put_sequence(scenario, pasted, first)
        return
    changed = put_sequence(scenario, f">name\n 1 {pasted.lower()}\n", first)
    expected = window[:start] + pasted + window[start + len(pasted) :]
    assert decode(changed.codes) == expected
    differing = sum(a != b for a, b in zip(window, expected, strict=True))
    assert (changed is scenario) == (differing == 0)
    if differing:
        assert changed.steps[-1].startswith(f"{differing} letter")


def test_whole_window_needs_no_place_and_part_does():
    scenario = plain_scenario(encode("ACGTACGT"))
    assert decode(put_sequence(scenario, "TTTTTTTT", 3).codes) == "TTTTTTTT"
    with pytest.raises(ScxError, match="say where it goes"):
        put_sequence(scenario, "TTT")
    with pytest.raises(ScxError, match="holds no letters"):
        put_sequence(scenario, ">only a name\n12 ", 0)
    with pytest.raises(ScxError):
        put_sequence(scenario, "hello!", 0)


def test_digest_tells_scenarios_apart_and_arrays_stay(toy):
    dataset, model = toy
    start = original(dataset, model, gene_on(toy, "+"))
    other = set_half_life(start, model, {"orf_length": 3.0})
    pasted = put_sequence(start, "A" * 50, -20)
    assert len({start.digest, other.digest, pasted.digest}) == 3
    with pytest.raises(ValueError, match="read-only"):
        start.codes[0] = 1


def test_model_of_half_life_features_alone_is_refused(toy):
    dataset, model = toy
    start = original(dataset, model, gene_on(toy, "+"))
    blind = SimpleNamespace(
        check_dataset=lambda data: None, config=SimpleNamespace(stages=()), name="blind"
    )
    with pytest.raises(ScxError, match="reads half-life features alone"):
        predict(blind, dataset, start)
