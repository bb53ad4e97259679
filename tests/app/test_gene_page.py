"""The Mutagenesis page: options of the track, places, differences, and what if."""

import numpy as np
import pytest
from app_reading import refuse_traceback, texts

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.feature_words import feature_steps, raw_half_life
from scx_core.region_sets import add_region_set
from scx_core.sequence.alphabet import UNKNOWN, decode
from scx_core.store import Workspace
from scx_core.ui.choose import first_gene, is_mostly_unknown
from scx_core.what_if import apply_variant, original, predict


@pytest.fixture
def models(toy) -> tuple[Dataset, Ensemble]:
    """What the page shows."""
    return Dataset.open(toy / "datasets" / "toy"), Ensemble.open(toy / "models" / "toy-model")


def gene_of(model: Ensemble, dataset: Dataset, strand: str) -> str:
    tested = dataset.genes.loc[model.predictions.index]
    return str(tested.index[tested["strand"] == strand][0])


def steps_of(dataset: Dataset, model: Ensemble, gene_id: str) -> list[float]:
    """Bases that the slider of the ORF length stops at."""
    scaling = model.load_fold(model.fold_of(gene_id))[0].scaling
    return feature_steps(
        "orf_length", float(scaling.half_life_mean[0]), float(scaling.half_life_scale[0])
    )


def named(dataset: Dataset, gene_id: str) -> str:
    """Name that the search box offers."""
    return str(dataset.genes.loc[gene_id, "gene_name"])


@pytest.mark.parametrize("track", ["strongest", "all three", "mean"])
def test_track_follows_the_address(open_app, track):
    app = open_app("gene", track=track)
    refuse_traceback(app)
    assert {"strongest": "largest effect", "all three": "all three", "mean": "the mean of"}[
        track
    ] in (texts(app))
    assert ("Grey band" in texts(app)) is (track != "all three")


@pytest.mark.parametrize("by", [None, "all"])
def test_difference_of_two_populations(open_app, models, by):
    """The default leaves out what goes opposite ways; plain subtraction is a choice."""
    dataset, model = models
    gene_id = gene_of(model, dataset, "+")
    asked = {"compare_by": by} if by else {}
    app = open_app("gene", gene=named(dataset, gene_id), population="Vip", compare="Astro", **asked)
    refuse_traceback(app)
    told = texts(app)
    assert "in Vip minus Astro" in told
    assert "Grey band" not in told
    effects = model.saturation_mutagenesis(dataset, gene_id)
    first, second = (
        effects.values[:, :, effects.populations.index(name)] for name in ("Vip", "Astro")
    )
    difference = first - second
    same = np.sign(first) == np.sign(second)
    table = app.dataframe[0].value
    if by is None:
        difference = np.where(same, difference, 0)
        left_out = int((~same).sum())
        assert f"{left_out:,} whose sign differs are left out, and increases and decr" in told
        assert set(table["in_both"]) <= {"raises", "lowers"}
        row = table.iloc[0]
        place = int(row["position"] - effects.positions[0])
        base = "ACGT".index(row["change"][-1])
        assert row["in_both"] == ("raises" if first[place, base] > 0 else "lowers")
    else:
        assert "(plain subtraction)" in told
        assert "in_both" not in table
    assert abs(table.iloc[0]["effect"]) == pytest.approx(np.abs(difference).max())
    assert "spread" not in table


def test_comparing_a_population_with_itself_is_taken_back(open_app):
    app = open_app("gene", population="Vip", compare="Astro")
    app.selectbox(key="population").set_value("Astro").run()
    refuse_traceback(app)
    assert "minus" not in texts(app)


def test_go_to_a_region_by_its_name_and_a_genome_position(open_app, models):
    dataset, model = models
    gene_id = gene_of(model, dataset, "+")
    tss = int(dataset.genes.loc[gene_id, "tss"])
    app = open_app("gene", gene=named(dataset, gene_id), region=f"chr1:{tss + 100:,}")
    refuse_traceback(app)
    assert "+50 to +150 bp from the start" in texts(app)
    inside = dataset.regions[dataset.regions["start"].between(tss - 300, tss)].iloc[0]
    app.text_input(key="region").set_value(str(inside["name"]).lower()).run()
    refuse_traceback(app)
    assert f"chr1:{inside['start'] + 1:,}–{inside['end']:,}, 180 bases" in texts(app)
    app.text_input(key="region").set_value("EH999").run()
    assert "'EH999' is not a place in this window" in app.error[0].value
    app.selectbox(key="gene").set_value(named(dataset, gene_of(model, dataset, "-"))).run()
    refuse_traceback(app)
    assert not app.error  # a place typed for another gene is forgotten


def test_a_window_of_mostly_n_is_said_on_the_page(open_app, copy):
    dataset = Dataset.open(copy / "datasets" / "toy")
    gene_id = Ensemble.open(copy / "models" / "toy-model").predictions.index[0]
    assert "is N, bases" not in texts(open_app("gene", folder=copy, gene=gene_id))
    windows = np.load(dataset.path / "windows.npy")
    windows[dataset.row_of(gene_id), : dataset.upstream] = UNKNOWN
    np.save(dataset.path / "windows.npy", windows)
    app = open_app("gene", folder=copy, gene=gene_id)
    refuse_traceback(app)
    assert f"More than half of the window of {named(dataset, gene_id)} is N" in texts(app)


def test_table_has_context_and_region(open_app):
    table = open_app("gene").dataframe[0].value
    assert table["context"].str.contains(r"\[[ACGT]\]").all()
    assert table["ccre"].str.contains("EH").any()


@pytest.mark.parametrize("strand", ["+", "-"])
def test_variant_changes_prediction_as_the_models_say(open_app, models, strand):
    dataset, model = models
    gene_id = gene_of(model, dataset, strand)
    start = original(dataset, model, gene_id)
    letter = decode(start.codes[300:301])
    plus = letter if strand == "+" else {"A": "T", "C": "G", "G": "C", "T": "A"}[letter]
    other = next(base for base in "ACGT" if base != plus)
    variant = f"chr1:{start.tss}:{plus}:{other}"
    app = open_app("gene", gene=named(dataset, gene_id), population="Vip")
    app.text_input(key=f"what_if_variant_{gene_id}").set_value(variant).run()
    refuse_traceback(app)
    changed = predict(model, dataset, apply_variant(start, variant))
    expected = changed.wild_type[changed.populations.index("Vip")]
    assert f"**{expected:.2f}**".replace("-", "−") in texts(app)
    app.button(key="what_if_reset").click().run()
    refuse_traceback(app)
    assert app.text_input(key=f"what_if_variant_{gene_id}").value == ""
    assert "the prediction goes from" not in texts(app)


def test_half_life_slider_and_sequence_add_up(open_app, models):
    dataset, model = models
    gene_id = gene_of(model, dataset, "+")
    app = open_app("gene", gene=named(dataset, gene_id))
    app.button(key=f"what_if_take_{gene_id}").click().run()
    steps = steps_of(dataset, model, gene_id)
    taken = app.text_area(key=f"what_if_sequence_{gene_id}").value
    assert len(taken) > 50
    assert "the prediction goes from" not in texts(app)
    app.text_area(key=f"what_if_sequence_{gene_id}").set_value("N" * len(taken)).run()
    (slider,) = app.select_slider
    own = int(dataset.genes.loc[gene_id, "orf_length"])
    assert slider.label.startswith(f"ORF length: {own:,} bp (")
    slider.set_value(steps[-1]).run()
    refuse_traceback(app)
    assert "letters changed between" in texts(app)
    assert f"ORF length {steps[-1]:,.0f} bp" in texts(app)


def test_wrong_reference_is_one_sentence(open_app, models):
    dataset, model = models
    start = original(dataset, model, gene_of(model, dataset, "+"))
    wrong = next(base for base in "ACGT" if base != decode(start.codes[300:301]))
    app = open_app("gene", gene=named(dataset, start.gene_id))
    key = f"what_if_variant_{start.gene_id}"
    app.text_input(key=key).set_value(f"chr1:{start.tss}:{wrong}:N").run()
    refuse_traceback(app)
    assert len(app.error) == 1
    app.text_input(key=key).set_value("nonsense").run()
    assert "is not a variant" in app.error[0].value


def test_downloads_for_other_programs_are_offered(open_app):
    app = open_app("gene", population="Vip")
    refuse_traceback(app)
    labels = {button.label for button in app.download_button}
    assert {"bedGraph", "bigWig", "HDF5", "NumPy (npz)"} <= labels
    assert "cCREs with their strongest effects (BED)" in labels


def test_a_link_brings_back_what_was_changed(open_app, models):
    dataset, model = models
    start = original(dataset, model, gene_of(model, dataset, "+"))
    name = named(dataset, start.gene_id)
    letter = decode(start.codes[300:301])
    other = next(base for base in "ACGT" if base != letter)
    variant = f"chr1:{start.tss}:{letter}:{other}"
    longest = steps_of(dataset, model, start.gene_id)[-1]
    app = open_app(
        "gene", gene=name, what_if_variant=variant, what_if_orf_length_measured=str(longest)
    )
    refuse_traceback(app)
    assert app.text_input(key=f"what_if_variant_{start.gene_id}").value == variant
    key = f"what_if_orf_length_measured_{start.gene_id}"
    assert app.select_slider(key=key).value == longest
    assert "ORF length" in texts(app)
    codes = "\n".join(code.value for code in app.code)
    assert f"what_if_orf_length_measured={longest}" in codes
    # Older links give standard deviations.
    older = open_app("gene", gene=name, what_if_orf_length="1.5")
    refuse_traceback(older)
    scaling = model.load_fold(model.fold_of(start.gene_id))[0].scaling
    meant = raw_half_life(float(scaling.half_life_mean[0] + 1.5 * scaling.half_life_scale[0]))
    assert older.select_slider(key=key).value == pytest.approx(meant, rel=0.02)
    elsewhere = open_app("gene", gene=name, what_if_orf_length="much", what_if_transcript="no")
    refuse_traceback(elsewhere)
    assert "'much'" in texts(elsewhere)
    assert "the prediction goes from" not in texts(elsewhere)


def test_registered_regions_take_the_place_of_the_dataset_s(open_link, copy, models):
    dataset, model = models
    gene_id = gene_of(model, dataset, "+")
    tss = int(dataset.genes.loc[gene_id, "tss"])
    bed = copy / "mine.bed"
    bed.write_text(f"1\t{tss - 40}\t{tss + 40}\tmine\n")
    add_region_set(Workspace(copy), bed, "mine")
    name = named(dataset, gene_id)
    app = open_link("gene", folder=copy, gene=name)
    refuse_traceback(app)
    assert app.dataframe[0].value["ccre"].str.contains("EH").any()
    app.radio(key="ccres").set_value("mine").run()
    refuse_traceback(app)
    found = app.dataframe[0].value
    assert (found["ccre"] != "").tolist() == found["position"].between(-39, 40).tolist()
    assert set(found["ccre"]) <= {"", "mine (region)", "mine"}
    app = open_link("gene", folder=copy, gene=name, ccres="mine")
    assert app.radio(key="ccres").value == "mine"
    app = open_link("gene", folder=copy, gene=name, ccres="gone")
    refuse_traceback(app)
    assert "'gone' are not registered here" in texts(app)
    assert app.dataframe[0].value["ccre"].str.contains("EH").any()


def test_regions_of_another_genome_are_a_sentence(open_link, copy):
    bed = copy / "mine.bed"
    bed.write_text("scaffold_9\t1\t40\tmine\n")
    add_region_set(Workspace(copy), bed, "mine")
    app = open_link("gene", folder=copy, ccres="mine")
    refuse_traceback(app)
    assert "scaffold_9" in app.error[0].value
    assert app.dataframe[0].value["ccre"].str.contains("EH").any()


def test_registered_regions_of_which_none_lies_in_the_window(open_link, copy, models):
    dataset, model = models
    gene_id = gene_of(model, dataset, "+")
    far = int(dataset.genes.loc[gene_id, "tss"]) + 10_000_000
    bed = copy / "far.bed"
    bed.write_text(f"1\t{far}\t{far + 40}\tfar\n")
    add_region_set(Workspace(copy), bed, "far")
    app = open_link("gene", folder=copy, gene=named(dataset, gene_id), ccres="far")
    refuse_traceback(app)
    assert "no region of far in this window" in texts(app)
    assert (app.dataframe[0].value["ccre"] == "").all()


def test_the_first_gene_is_never_one_of_unknown_bases(copy, models):
    dataset, model = models
    before = first_gene(dataset, model)
    path = copy / "datasets" / "toy" / "windows.npy"
    windows = np.load(path)
    windows[dataset.row_of(before), : windows.shape[1] * 3 // 4] = UNKNOWN
    np.save(path, windows)
    changed = Dataset.open(copy / "datasets" / "toy")
    assert is_mostly_unknown(changed, before)
    after = first_gene(changed, model)
    assert after != before
    assert not is_mostly_unknown(changed, after)
