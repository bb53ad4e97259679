"""Figures of variants say what the tables say."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from scx_core.errors import ScxError
from scx_core.figures.exons import exons_in_window
from scx_core.figures.regions import regions_in_window
from scx_core.figures.style import palette
from scx_core.figures.variant_alleles import align_alleles, alleles_figure
from scx_core.figures.variant_genes import dot_plot_figure, gene_variants_figure
from scx_core.figures.variant_loci import GENOME_WIDE, locus_figure
from scx_core.figures.variant_models import (
    agreement_figure,
    rank_matrix_figure,
    side_by_side_figure,
)
from scx_core.figures.variants import (
    class_colors,
    in_classes,
    substitution_figure,
)

THEMES = ("light", "dark")
CLASSES = {"p": "Neuron", "q": "Glia", "r": "Neuron"}


def told(figure: go.Figure) -> str:
    """All text beside the traces."""
    return "; ".join(str(note.text) for note in figure.layout.annotations)


def named(figure: go.Figure, name: str) -> go.Scatter:
    return next(trace for trace in figure.data if trace.name == name)


# One variant


@pytest.fixture
def three() -> pd.DataFrame:
    return pd.DataFrame(
        {"A": [0.1, -0.2, 0.4], "G": [0.0, 0.0, 0.0], "T": [0.3, 0.1, 0.2]}, index=["p", "q", "r"]
    )


def test_substitutions_mark_the_variant_and_its_direction(three: pd.DataFrame) -> None:
    figure = substitution_figure(three, "A", ["p", "q"], "light", "plus strand")
    colors = palette("light")
    drawn = [trace for trace in figure.data if trace.x[0] is not None]
    chosen = drawn[-1]
    assert chosen.legendgroup == "A"
    assert list(chosen.marker.color) == [colors.up, colors.down]
    names = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert names == ["G", "T", "A (this variant)"]


@pytest.mark.parametrize("theme", THEMES)
def test_substitutions_have_the_colour_of_the_class_side_by_side(
    three: pd.DataFrame, theme: str
) -> None:
    figure = substitution_figure(three, "A", ["p", "q", "r"], theme, "plus strand", CLASSES)
    by_class = class_colors(["Neuron", "Glia"], theme)
    drawn = [trace for trace in figure.data if trace.x[0] is not None]
    chosen = drawn[-1]
    assert list(chosen.y) == ["p", "r", "q"]
    assert np.asarray(chosen.x) == pytest.approx([0.1, 0.4, -0.2])
    assert list(chosen.marker.color) == [by_class["Neuron"], by_class["Neuron"], by_class["Glia"]]
    assert [trace.marker.symbol for trace in drawn] == [
        "square-open",
        "diamond-open",
        "triangle-up",
    ]
    assert "Neuron" in told(figure)
    assert "Glia" in told(figure)


def test_classes_never_have_the_colours_of_more_and_less() -> None:
    for theme in THEMES:
        found = class_colors([f"class {number}" for number in range(9)], theme)
        assert len(found) == 9
        assert not {palette(theme).up, palette(theme).down} & set(found.values())
        assert len(set(list(found.values())[:6])) == 6


def test_members_of_a_class_keep_their_order() -> None:
    names = ["b1", "a1", "none", "b2", "a2"]
    classes = {"a1": "a", "a2": "a", "b1": "b", "b2": "b"}
    assert in_classes(names, classes) == ["b1", "b2", "a1", "a2", "none"]
    assert in_classes(names, {}) == names


def test_a_variant_without_effect_says_so(three: pd.DataFrame) -> None:
    figure = substitution_figure(three, "A", ["elsewhere"], "light", "plus strand")
    assert "No effect" in told(figure)


# Genes


def scored(n_variants: int, n_populations: int = 3, n_genes: int = 1) -> pd.DataFrame:
    """Three lines for each variant; the first is the list's own, and variant n has effect ± n."""
    random = np.random.default_rng(0)
    names = [f"p{number}" for number in range(n_populations)]
    lines = []
    for row in range(1, n_variants + 1):
        for number, base in enumerate("CGT"):
            size = row * (-1) ** row / (number + 1)
            effects = size * np.linspace(1, 0.1, n_populations)
            lines.append(
                {
                    "row": row, "part": 0, "gene_id": f"E{row % n_genes}",
                    "gene_name": f"GENE{row % n_genes}", "relative_to_tss": 100 - 10 * row,
                    "genome_reference": "A", "substitution": base, "given": number == 0,
                    "largest_effect": size, "largest_population": "p0",
                }
                | {f"effect: {name}": value for name, value in zip(names, effects, strict=True)}
            )  # fmt: skip
    frame = pd.DataFrame(lines)
    return frame.sample(frac=1, random_state=random.integers(100))


def points_of(figure: go.Figure) -> pd.DataFrame:
    """All points of the gene's variants, by row, population and change."""
    parts = [
        pd.DataFrame(list(trace.customdata), columns=["row", "population", "change"]).assign(
            x=np.asarray(trace.x), y=np.asarray(trace.y), symbol=trace.marker.symbol,
            color=trace.marker.color,
        )
        for trace in figure.data
    ]  # fmt: skip
    return pd.concat(parts)


@pytest.mark.parametrize("theme", THEMES)
def test_variants_of_a_gene_stand_side_by_side(theme: str) -> None:
    table = scored(4)
    classes = {"p0": "Neuron", "p1": "Glia", "p2": "Neuron"}
    figure = gene_variants_figure(
        table, {2: "rs2"}, ["p0", "p1", "p2"], theme, classes, highlight=2
    )
    points = points_of(figure)
    assert len(points) == 4 * 3 * 3
    # From upstream to downstream: variant 4 is at 60, variant 1 at 90 bp.
    assert points.groupby("row")["x"].mean().sort_values().index.tolist() == [4, 3, 2, 1]
    for _, point in points.iterrows():
        base = point["change"][-1]
        line = table[(table["row"] == point["row"]) & (table["substitution"] == base)].iloc[0]
        assert point["y"] == pytest.approx(line[f"effect: {point['population']}"], rel=1e-6)
        assert point["symbol"] == ("circle" if line["given"] else "circle-open")
        assert (
            point["color"] == class_colors(["Neuron", "Glia"], theme)[classes[point["population"]]]
        )
    assert points.loc[points["row"] == 2, "change"].str.startswith("rs2 A>").all()
    assert "<b>rs2</b>" in told(figure)
    assert "row 3" in told(figure)
    assert len(figure.layout.shapes) == 2
    legend = [trace.name for trace in figure.data if trace.showlegend]
    assert legend == ["Neuron", "Glia"]


def test_classes_are_named_whether_or_not_an_alternative_was_given() -> None:
    classes = {"p0": "one", "p1": "two"}
    for given in (True, False):
        table = scored(4)
        table["given"] = table["given"] & given
        figure = gene_variants_figure(table, {}, ["p0", "p1"], "light", classes)
        assert [trace.name for trace in figure.data if trace.showlegend] == ["one", "two"]


def test_too_many_variants_are_the_strongest_and_counted() -> None:
    figure = gene_variants_figure(scored(9), {}, ["p0"], "light", most=3)
    assert set(points_of(figure)["row"]) == {7, 8, 9}
    assert "the 3 strongest of 9 variants" in told(figure)


def test_haplotypes_are_not_drawn_as_variants() -> None:
    table = scored(3).assign(haplotype="")
    together = table.iloc[[0]].assign(haplotype="h1", largest_effect=99.0, substitution="A>C+A>T")
    both = pd.concat([table, together])
    assert len(points_of(gene_variants_figure(both, {}, ["p0"], "light"))) == 9
    assert "largest dot: 3 log10" in told(dot_plot_figure(both, {}, "light"))


def test_a_gene_without_variants_says_so() -> None:
    empty = scored(2).assign(largest_effect=np.nan)
    assert "No variant" in told(gene_variants_figure(empty, {}, ["p0"], "light"))
    assert "No variant" in told(gene_variants_figure(scored(2), {}, ["x"], "dark"))


def test_dot_plot_has_genes_with_several_variants() -> None:
    table = scored(5, n_genes=2)
    alone = scored(1).assign(gene_id="E9", gene_name="ALONE", row=77, largest_effect=99.0)
    figure = dot_plot_figure(pd.concat([table, alone]), {5: "rs5"}, "light", highlight=5)
    # Variant 5 (of gene 1) is the strongest, so that its gene is on top.
    assert list(figure.layout.yaxis.ticktext) == ["GENE1", "GENE0"]
    raises, lowers = named(figure, "raises"), named(figure, "lowers")
    assert [row[0] for row in raises.customdata] == [4, 2]
    assert sorted(row[0] for row in lowers.customdata) == [1, 3, 5]
    colors = palette("light")
    assert (raises.marker.color, lowers.marker.color) == (colors.up, colors.down)
    sizes = dict(zip([row[0] for row in lowers.customdata], lowers.marker.size, strict=True))
    assert sizes[5] == 22
    # The area is the effect: 1 of 5.
    assert sizes[1] - 3 == pytest.approx(19 * np.sqrt(1 / 5))
    # Upstream first: variant 5, then 3, then 1.
    assert [row[0] for row in sorted(lowers.customdata, key=lambda row: int(row[5]))] == [5, 3, 1]
    assert list(lowers.x) == [1, 2, 3]
    assert "rs5" in [row[2] for row in lowers.customdata]
    assert "largest dot: 5 log10" in told(figure)
    ring = figure.data[2]
    assert (list(ring.x), list(ring.y)) == ([1], [0])


def test_dot_plot_of_one_population_and_of_many_genes() -> None:
    table = scored(8, n_genes=4)
    figure = dot_plot_figure(table, {}, "dark", effect="effect: p1", most=2)
    assert "the 2 strongest of 4 genes" in told(figure)
    assert {row[3] for trace in figure.data for row in trace.customdata} == {"p1"}
    assert "No gene has 2" in told(dot_plot_figure(scored(3, n_genes=3), {}, "light"))


# Locus


def locus(theme: str = "light", **changes: object) -> go.Figure:
    random = np.random.default_rng(0)
    positions = np.arange(100) - 60
    codes = random.integers(0, 4, 100)
    effects = random.normal(0, 0.01, (100, 4))
    effects[20, 0], effects[70, 1] = 0.5, -0.7
    effects[np.arange(100), codes] = 0
    effects[20, (codes[20] + 1) % 4], effects[70, (codes[70] + 1) % 4] = 0.5, -0.7
    variants = pd.DataFrame(
        {
            "row": [1, 2, 3, 4, 5],
            "label": ["rs1", "rs2", "rs3", "rs4", "rs5"],
            "relative_to_tss": [-40, -30, 0, 10, 20],
            "position": [960, 970, 1000, 1010, 1020],
            "p_value": [1e-10, 0.01, 0.0, np.nan, 1.0],
            "largest_effect": [0.2, -0.1, np.nan, 0.3, 0.0],
        }
    ).assign(**changes)
    beds = pd.DataFrame(
        {"chromosome": "chr1", "start": [949, 989], "end": [959, 995], "name": ["EH1", "EH2"],
         "region_class": ["PLS", "dELS"]}
    )  # fmt: skip
    regions = regions_in_window(beds, "chr1", positions, 1000 + positions)
    exons = pd.DataFrame(
        {"gene_id": "G", "transcript_id": "T", "start": [999, 1024, 1200], "end": [1009, 1034, 1300],
         "part": ["utr5", "cds", "cds"]}
    )  # fmt: skip
    exons = exons_in_window(exons, "G", positions, 1000 + positions)
    return locus_figure(
        variants, effects, positions, 1000 + positions, regions, theme, "GENE", exons, highlight=1
    )


@pytest.mark.parametrize("theme", THEMES)
def test_locus_stacks_association_mutagenesis_regions_and_gene(theme: str) -> None:
    figure = locus(theme)
    colors = palette(theme)
    raises, lowers, unknown = (named(figure, n) for n in ("raises", "lowers", "no effect known"))
    assert (raises.marker.color, lowers.marker.color) == (colors.up, colors.down)
    assert (raises.x[0], raises.y[0]) == (-40, pytest.approx(10))
    assert (lowers.x[0], lowers.y[0]) == (-30, pytest.approx(2))
    # A p-value of 0 is drawn at the smallest number; one of 1 on the ground.
    assert list(unknown.x) == [0, 20]
    assert np.asarray(unknown.y) == pytest.approx([323.3, 0], abs=0.1)
    assert unknown.customdata[0][4] == "not scored"
    without = named(figure, "raises, no P")
    assert (without.x[0], without.y[0]) == (10, 0)
    assert without.marker.symbol == "triangle-up-open"
    assert raises.customdata[0][0] == 1
    assert raises.customdata[0][2] == "960"
    lines = [shape for shape in figure.layout.shapes if shape.type == "line"]
    assert any(shape.y0 == pytest.approx(-np.log10(GENOME_WIDE)) for shape in lines)
    # The chosen variant is marked through all four panels.
    assert sum(shape.x0 == shape.x1 == -40 for shape in lines) == 4
    assert "<b>rs1</b>" in told(figure)
    tracks = [trace for trace in figure.data if trace.yaxis == "y2"]
    assert max(tracks[0].y) == pytest.approx(0.5)
    assert min(tracks[1].y) == pytest.approx(-0.7)
    assert list(figure.layout.yaxis3.ticktext) == ["PLS", "dELS"]
    bands = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert {(shape.x0, shape.x1) for shape in bands} == {(-50.5, -40.5), (-10.5, -4.5)}
    gene = [trace for trace in figure.data if trace.yaxis == "y4"]
    assert any(trace.text and "GENE TSS" in trace.text for trace in gene)
    boxes = next(trace for trace in gene if trace.fill == "toself")
    assert np.nanmax(boxes.x) == 34.5
    assert np.nanmax(np.abs(boxes.y[:5])) == 0.25
    assert np.nanmax(boxes.y) == 0.5
    # One axis: zooming one panel zooms all.
    assert figure.layout.xaxis.matches == figure.layout.xaxis2.matches == "x4"
    assert figure.layout.xaxis4.title.text


def test_locus_without_p_values_variants_regions_or_exons() -> None:
    figure = locus(p_value=np.nan)
    assert figure.layout.yaxis.title.text == "no P given"
    assert not any(shape.y0 == pytest.approx(7.30103) for shape in figure.layout.shapes)
    positions = np.arange(10)
    nothing = regions_in_window(pd.DataFrame(), "chr1", positions, positions)
    none = pd.DataFrame(
        columns=["row", "label", "relative_to_tss", "position", "p_value", "largest_effect"]
    )
    bare = locus_figure(none, np.zeros((10, 4)), positions, positions, nothing, "light")
    assert not bare.layout.yaxis3.visible


# Letters


def test_alleles_are_aligned() -> None:
    substitution = align_alleles("AACTT", 2, "C", "G")
    assert "".join(substitution["alternative"]) == "AAGTT"
    assert substitution["changed"].tolist() == [False, False, True, False, False]
    insertion = align_alleles("AACTT", 2, "C", "CGG")
    assert "".join(insertion["reference"]) == "AAC––TT"
    assert "".join(insertion["alternative"]) == "AACGGTT"
    assert insertion["place"].tolist() == [0, 1, 2, -1, -1, 3, 4]
    assert insertion["changed"].tolist() == [False] * 3 + [True] * 2 + [False] * 2
    deletion = align_alleles("AACTT", 1, "ACT", "A")
    assert "".join(deletion["alternative"]) == "AA––T"
    with pytest.raises(ScxError, match="check its strand"):
        align_alleles("AACTT", 2, "T", "G")
    with pytest.raises(ScxError, match="without letters"):
        align_alleles("AACTT", 2, "", "G")


def neighbourhood() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    codes = np.array([0, 1, 2, 3, 0], dtype=np.uint8)  # ACGTA
    effects = np.zeros((5, 4))
    effects[2] = [-0.3, -0.6, 0, 0]
    return effects, codes, np.arange(5) - 12


@pytest.mark.parametrize("theme", THEMES)
def test_letters_are_as_high_as_they_contribute_and_changes_are_marked(theme: str) -> None:
    effects, codes, positions = neighbourhood()
    figure = alleles_figure(effects, codes, positions, 1000 + positions, 2, "G", "T", theme)
    top = [trace for trace in figure.data if trace.yaxis == "y"]
    logo = next(trace for trace in top if trace.name == "G")
    assert np.nanmax(logo.y) == pytest.approx(0.3)
    hover = next(trace for trace in top if trace.mode == "markers")
    assert list(hover.customdata[2]) == ["G", "-10", "990"]
    assert np.asarray(hover.y) == pytest.approx([0, 0, 0.3, 0, 0])
    below = [trace for trace in figure.data if trace.yaxis == "y2"]
    colors = palette(theme)
    solid = [trace for trace in below if not str(trace.fillcolor).startswith("rgba")]
    assert [(trace.name, trace.fillcolor) for trace in solid] == [("T", colors.bases["T"])]
    assert np.nanmean(solid[0].x) == pytest.approx(2, abs=0.1)
    boxes = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]
    assert boxes == [(1.5, 2.5)] * 2
    assert list(figure.layout.xaxis.ticktext) == ["−10"]
    assert list(figure.layout.xaxis.tickvals) == [2]


def test_an_insertion_moves_the_letters_behind_it() -> None:
    effects, codes, positions = neighbourhood()
    there = np.zeros((7, 4))
    there[3] = -0.9
    figure = alleles_figure(
        effects, codes, positions, 1000 + positions, 1, "C", "CAG", "light", there
    )
    hover = next(trace for trace in figure.data if trace.mode == "markers")
    assert list(hover.x) == [0, 1, 4, 5, 6]
    dashes = next(trace for trace in figure.data if trace.mode == "text")
    assert list(dashes.x) == [2, 3]
    # Both logos have one scale.
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range
    assert figure.layout.yaxis.range[1] > 0.9
    with pytest.raises(ScxError, match="alternative sequence has 7 letters and effects for 5"):
        alleles_figure(effects, codes, positions, positions, 1, "C", "CAG", "light", effects)


def test_unknown_letters_contribute_nothing() -> None:
    effects, codes, positions = neighbourhood()
    codes = codes.copy()
    codes[0] = 4
    figure = alleles_figure(effects, codes, positions, positions, 2, "GT", "G", "dark")
    assert {trace.name for trace in figure.data if trace.fill == "toself"} == set("ACGNT")


# Models


def pair(n: int = 6) -> pd.DataFrame:
    index = pd.MultiIndex.from_arrays(
        [np.arange(1, n + 1), np.zeros(n, int), ["E1"] * n, ["A"] * n],
        names=["row", "part", "gene_id", "substitution"],
    )
    values = np.resize([0.1, 0.2, -0.1, -0.3, 0.2, 0.0], n)
    other = np.resize([0.2, 0.1, -0.2, 0.1, -0.1, 0.1], n)
    return pd.DataFrame({"first": values, "second": other}, index=index)


@pytest.mark.parametrize("theme", THEMES)
def test_agreement_tells_signs_apart(theme: str) -> None:
    figure = agreement_figure(pair(), {4: "rs4"}, "one", "two", theme, highlight=4)
    both, less = named(figure, "both raise (2)"), named(figure, "both lower (1)")
    apart = named(figure, "not the same sign (3)")
    colors = palette(theme)
    assert (both.marker.color, less.marker.color) == (colors.up, colors.down)
    assert [row[0] for row in apart.customdata] == [4, 5, 6]
    assert apart.customdata[0][1] == "rs4"
    assert "<b>rs4</b>" in told(figure)
    assert figure.layout.xaxis.range == figure.layout.yaxis.range
    lines = [shape for shape in figure.layout.shapes if shape.type == "line"]
    assert len(lines) == 3  # equal effects, and two zeros
    other = agreement_figure(pair(), {}, "one", "two", theme, same_unit=False)
    assert len(other.layout.shapes) == 2
    assert other.layout.xaxis.range != other.layout.yaxis.range


def test_few_points_are_vectors_and_many_are_not() -> None:
    assert {trace.type for trace in agreement_figure(pair(60), {}, "", "", "light").data} == {
        "scatter"
    }
    many = agreement_figure(pair(6000), {}, "", "", "light")
    assert {trace.type for trace in many.data} == {"scattergl"}
    assert "No change" in told(agreement_figure(pair(0), {}, "", "", "light"))


def tracks(*names: tuple[str, str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_tuples(names, names=["model", "population"])


def test_rank_matrix_parts_models() -> None:
    index = tracks(("one", "p"), ("one", "q"), ("two", "p"))
    values = pd.DataFrame([[1, 0.5, np.nan], [0.5, 1, -0.2], [np.nan, -0.2, 1]], index, index)
    counts = pd.DataFrame(np.arange(9).reshape(3, 3), index, index)
    figure = rank_matrix_figure(values, counts, "light")
    heat = figure.data[0]
    assert (heat.zmin, heat.zmax) == (-1, 1)
    assert (list(heat.x)[2], list(heat.y)[1], heat.customdata[1][2]) == ("two · p", "one · q", 5)
    assert [shape.x0 for shape in figure.layout.shapes if shape.x0 == shape.x1] == [1.5]
    assert list(figure.layout.xaxis.ticktext) == ["one · p", "one · q", "two · p"]
    assert "No two" in told(rank_matrix_figure(values * np.nan, counts, "dark"))
    wide = tracks(*[("one", f"p{n}") for n in range(50)], *[("two", f"p{n}") for n in range(20)])
    large = rank_matrix_figure(pd.DataFrame(0.5, wide, wide), pd.DataFrame(5, wide, wide), "dark")
    assert list(large.layout.xaxis.ticktext) == ["one", "two"]
    assert list(large.layout.xaxis.tickvals) == ["one · p24", "two · p9"]


@pytest.mark.parametrize("theme", THEMES)
def test_models_side_by_side_have_their_own_scales(theme: str) -> None:
    columns = tracks(("one", "p"), ("one", "q"), ("enformer", "brain"))
    effects = pd.DataFrame([[0.1, -0.2, 30.0], [0.0, 0.1, np.nan]], columns=columns)
    figure = side_by_side_figure(effects, ["rs1", "rs1"], theme, {"enformer": "SAD"})
    first, second = figure.data
    assert (first.zmin, first.zmax) == (pytest.approx(-0.2), pytest.approx(0.2))
    assert (second.zmin, second.zmax) == (-30, 30)
    assert second.colorbar.title.text == "SAD"
    assert list(second.colorbar.ticktext) == ["−30", "0", "30"]
    assert np.asarray(first.z) == pytest.approx(np.array([[0.1, -0.2], [0, 0.1]]))
    assert list(figure.layout.yaxis.ticktext) == ["rs1", "rs1"]
    assert figure.layout.yaxis2.matches == "y"
    assert "one" in told(figure)
    assert "No change" in told(side_by_side_figure(effects.iloc[:0], [], theme))


def test_too_many_changes_are_the_strongest_of_any_model() -> None:
    columns = tracks(("one", "p"), ("enformer", "brain"))
    values = np.zeros((300, 2))
    values[7, 0], values[200, 1], values[50, 1] = 0.1, -90, 100
    effects = pd.DataFrame(values, columns=columns)
    figure = side_by_side_figure(effects, [f"rs{n}" for n in range(300)], "light", most=3)
    assert list(figure.layout.yaxis.ticktext) == ["rs7", "rs50", "rs200"]
    assert np.asarray(figure.data[1].z)[:, 0].tolist() == [0, 100, -90]
    assert "the 3 strongest of 300" in told(figure)
