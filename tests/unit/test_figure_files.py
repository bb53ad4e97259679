"""Figures as files: their size, their text, and that nothing in them is left out or made up."""

import importlib
import inspect
import io
import itertools
import pkgutil
import re
import threading
import xml.etree.ElementTree as ET
import zlib

import matplotlib as mpl
import numpy as np
import plotly.graph_objects as go
import pytest
from figure_examples import EXAMPLES
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

import scx_core.figures
from scx_core.errors import ScxError
from scx_core.figures.base_level import detail_figure
from scx_core.figures.files import FORMATS, WIDTHS, check_figure, render
from scx_core.figures.files.axis import format_number
from scx_core.figures.files.drawing import draw, understand
from scx_core.figures.files.measures import SETTINGS
from scx_core.figures.files.page import Page
from scx_core.figures.files.text import join, lines_of_runs, one_look
from scx_core.figures.files.values import description
from scx_core.figures.files.writing import families
from scx_core.figures.variant_alleles import alleles_figure

SVG = "{http://www.w3.org/2000/svg}"
POINTS_PER_MM = 72 / 25.4


def points() -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(x=[0, 1, 2], y=[0, 5, 10], mode="markers", name="ones", marker={"size": 8})
    figure.update_layout(height=300, font={"color": "#1f2430"})
    figure.update_xaxes(title_text="Position (bp)", range=[-1, 3])
    figure.update_yaxes(title_text="Effect", range=[-2, 12])
    return figure


def svg_of(figure: go.Figure, width: float = 89) -> ET.Element:
    return ET.fromstring(render(figure, "SVG", width))


def texts_of(root: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def page_of(figure: go.Figure, width_mm: float = 89, height_mm: float = 80) -> Page:
    traces, layout = description(figure)
    axes = understand(traces, layout)
    with mpl.rc_context({**SETTINGS, "font.family": families()}):
        drawn = Figure(figsize=(width_mm / 25.4, height_mm / 25.4), dpi=288)
        return draw(drawn, traces, layout, axes)


def test_every_figure_function_has_an_example():
    found = set()
    for module in pkgutil.iter_modules(scx_core.figures.__path__):
        if module.ispkg:
            continue
        loaded = importlib.import_module(f"scx_core.figures.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            made_here = function.__module__ == loaded.__name__ and not name.startswith("_")
            if made_here and function.__annotations__.get("return") is go.Figure:
                found.add(f"{module.name}.{name}")
    found.remove("style.apply_style")  # changes a figure that it is given
    assert found == set(EXAMPLES), "add an example to tests/figure_examples.py"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_figure_can_be_a_file_with_all_that_is_written_on_it(name, monkeypatch):
    boxes = []

    def drawn(*given):
        page = draw(*given)
        boxes.extend(page.written())
        return page

    monkeypatch.setattr("scx_core.figures.files.writing.draw", drawn)
    for figure in EXAMPLES[name]():
        boxes.clear()
        root = svg_of(figure)
        for box in boxes:
            assert min(box.x0, box.y0) > -0.001, name
            assert max(box.x1, box.y1) < 1.001, name
        sizes = [
            float(size)
            for text in root.iter(f"{SVG}text")
            for size in re.findall(r"([\d.]+)px", text.get("style", ""))
        ]
        assert all(5 <= size <= 7 for size in sizes), name
        titles = [
            figure.layout[axis].title.text
            for axis in figure.layout
            if axis.startswith(("xaxis", "yaxis")) and figure.layout[axis].visible is not False
        ]
        texts = texts_of(root)
        for title in filter(None, titles):
            assert title in texts, name


@pytest.mark.parametrize("width", WIDTHS)
def test_the_size_is_right(width):
    figure = points()
    root = svg_of(figure, width)
    for side, wanted in (("width", width), ("height", 300 * 7 / 13 / POINTS_PER_MM)):
        found = root.get(side)
        assert found.endswith("pt")
        assert float(found[:-2]) / POINTS_PER_MM == pytest.approx(wanted, abs=0.5)
    box = re.search(rb"/MediaBox \[ ?([\d. ]+) ?\]", render(figure, "PDF", width)).group(1)
    found = [float(part) / POINTS_PER_MM for part in box.split()]
    assert found == pytest.approx([0, 0, width, 300 * 7 / 13 / POINTS_PER_MM], abs=0.5)
    for form, dpi in (("PNG 300", 300), ("PNG 600", 600)):
        picture = Image.open(io.BytesIO(render(figure, form, width)))
        assert picture.width / dpi * 25.4 == pytest.approx(width, abs=0.5)
        assert picture.info["dpi"][0] == pytest.approx(dpi, abs=0.1)


def letters_at(number: int, start: int, genome: int) -> list[go.Figure]:
    """The figures of letters around a base, as a gene's and as a variant's page draw them."""
    random, bases = np.random.default_rng(1), "ACGT"
    codes = random.integers(0, 4, number).astype(np.uint8)
    effects = random.normal(0, 0.1, (number, 4))
    effects[np.arange(number), codes] = 0
    positions = start + np.arange(number)
    given = (effects, codes, positions, genome + positions, number // 2)
    at, other = bases[codes[number // 2]], bases[(codes[number // 2] + 1) % 4]
    longer = np.vstack([effects, effects[:2]])
    return [
        detail_figure(effects, positions, genome + positions, codes, "light", chromosome="chr1"),
        alleles_figure(*given, at, other, "light"),
        alleles_figure(*given, at, f"{at}GG", "light", longer),
    ]


@pytest.mark.parametrize("number", [12, 41, 101])
@pytest.mark.parametrize(("start", "genome"), [(-20, 5_000), (-6_900, 248_000_000)])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_letters_and_their_axes_do_not_overlap_in_one_column(
    number, start, genome, which, monkeypatch
):
    measured = []

    def drawn(*given):
        page = draw(*given)
        renderer = page.figure.canvas.get_renderer()
        measured.append((
            [panel.get_window_extent(renderer).frozen() for panel in page.panels.values()],
            [(text.get_text(), text.get_window_extent(renderer))
             for text in page.figure.findobj(Text)
             if text.get_text().strip(" –") and text.get_visible()],
        ))  # fmt: skip
        return page

    monkeypatch.setattr("scx_core.figures.files.writing.draw", drawn)
    render(letters_at(number, start, genome)[which], "SVG", 89)
    panels, texts = measured[0]
    assert len(texts) > 5
    for (one, box), (other, beside) in itertools.combinations(texts, 2):
        assert not overlap(box, beside), (one, other)
    for panel in panels:
        for text, box in texts:
            assert not overlap(panel, box), text


def overlap(one: Bbox, other: Bbox) -> bool:
    """Say whether two boxes share more than their edges (a tenth of a point at 288 dpi)."""
    shared = Bbox.intersection(one, other)
    return shared is not None and min(shared.width, shared.height) > 0.4


def test_no_figure_is_higher_than_a_page():
    figure = points().update_layout(height=3000)
    assert float(svg_of(figure, 183).get("height")[:-2]) / POINTS_PER_MM <= 170.01


def test_a_figure_with_a_width_keeps_its_proportions():
    root = svg_of(points().update_layout(width=400, height=200), 120)
    assert float(root.get("height")[:-2]) / POINTS_PER_MM == pytest.approx(60, abs=0.1)


def test_text_is_text_and_named_for_journals():
    root = svg_of(points())
    assert {"Position (bp)", "Effect"} <= set(texts_of(root))
    styles = " ".join(text.get("style", "") for text in root.iter(f"{SVG}text"))
    assert "Arial, Helvetica" in styles
    pdf = render(points(), "PDF", 89)
    assert b"/FontFile2" in pdf  # TrueType, embedded
    assert b"/Type3" not in pdf


def test_markers_lie_where_the_numbers_say():
    root = svg_of(points())
    height = float(root.get("viewBox").split()[3])
    places = [
        (float(use.get("x")), height - float(use.get("y")))
        for group in root.iter(f"{SVG}g") if group.get("id", "").startswith("PathCollection")
        for use in group.iter(f"{SVG}use")
    ]  # fmt: skip
    x, y = np.array(places).T
    assert len(x) == 3
    assert np.diff(x) == pytest.approx([np.diff(x)[0]] * 2, rel=1e-4)
    page = page_of(points(), 89, 300 * 7 / 13 / POINTS_PER_MM)
    panel = page.panel("x", "y").get_position()
    width = float(root.get("viewBox").split()[2])
    for place, value in zip(x, (0, 1, 2), strict=True):
        assert place == pytest.approx((panel.x0 + (value + 1) / 4 * panel.width) * width, abs=0.6)
    for place, value in zip(y, (0, 5, 10), strict=True):
        assert place == pytest.approx(
            (panel.y0 + (value + 2) / 14 * panel.height) * height, abs=0.6
        )


def test_what_made_a_figure_is_in_the_file():
    made = {"dataset": "toy, digest 3fa9", "model": "m"}
    svg = render(points(), "SVG", 89, title="A title", metadata=made).decode()
    for word in ("A title", "dataset: toy, digest 3fa9", "scX Explorer"):
        assert word in svg
    picture = Image.open(
        io.BytesIO(render(points(), "PNG 300", 89, title="A title", metadata=made))
    )
    assert picture.text["Title"] == "A title"
    assert "model: m" in picture.text["Description"]
    pdf = render(points(), "PDF", 89, title="A title", metadata=made)
    whole = pdf + b"".join(
        _unpacked(part) for part in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    )
    assert b"A title" in whole
    assert b"toy, digest 3fa9" in whole


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_figure_is_the_same_file_in_any_thread(form):
    wanted = render(points(), form, 89)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(render(points(), form, 89))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 3


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda f: f.add_pie(values=[1, 2]), "pie"),
        (
            lambda f: f.update_traces(marker={"gradient": {"type": "radial"}}),
            "marker.gradient.type",
        ),
        (lambda f: f.update_traces(marker={"symbol": "hash"}), "hash"),
        (lambda f: f.update_traces(mode="lines", line={"shape": "spline"}), "spline"),
        (lambda f: f.update_layout(title="A title"), "title"),
        (lambda f: f.update_xaxes(rangeslider={"visible": True}), "rangeslider"),
        (lambda f: f.update_xaxes(type="date"), "date"),
        (lambda f: f.add_annotation(text="<a href='x'>y</a>", x=0, y=0), "<a"),
        (lambda f: f.add_shape(type="line", x0=0, x1=1, y0=0, y1=1, line={"dash": "5px"}), "5px"),
    ],
)
def test_what_files_cannot_show_is_refused_by_name(change, named):
    figure = points()
    change(figure)
    with pytest.raises(ScxError, match=re.escape(named)):
        check_figure(figure)
    with pytest.raises(ScxError, match=re.escape(named)):
        render(figure, "SVG", 89)


def test_figures_for_the_screen_at_night_are_refused():
    with pytest.raises(ScxError, match="dark theme"):
        render(points().update_layout(font={"color": "#e6eaf1"}), "SVG", 89)


def test_formats_and_widths_are_checked():
    with pytest.raises(ScxError, match="choose one of SVG"):
        render(points(), "TIFF", 89)
    with pytest.raises(ScxError, match="mm wide"):
        render(points(), "SVG", 5)


def test_dense_heat_maps_are_pictures_and_others_vectors():
    small, large = (
        go.Figure(go.Heatmap(z=np.arange(rows * 10).reshape(rows, 10), colorscale="Viridis"))
        for rows in (10, 1000)
    )
    for figure, pictures in ((small, 1), (large, 2)):  # one is the colour bar
        root = svg_of(figure)
        assert len(list(root.iter(f"{SVG}image"))) == pictures


def test_heat_maps_leave_out_what_is_not_a_number():
    values = np.array([[0.0, np.nan], [1.0, 0.5]])
    figure = go.Figure(
        go.Heatmap(z=values, colorscale=[[0, "#ff0000"], [1, "#0000ff"]], showscale=False)
    )
    figure.update_layout(height=200).update_xaxes(visible=False).update_yaxes(visible=False)
    picture = np.asarray(Image.open(io.BytesIO(render(figure, "PNG 300", 89))).convert("RGB"))
    high, wide = picture.shape[:2]
    left, right, low, top = wide // 4, 3 * wide // 4, 3 * high // 4, high // 4
    assert picture[low, left].tolist() == [255, 0, 0]
    assert picture[low, right].tolist() == [255, 255, 255]
    assert picture[top, left].tolist() == [0, 0, 255]
    assert picture[top, right].tolist() == pytest.approx([127, 0, 127], abs=2)


def test_a_letter_keeps_its_hole():
    ring, hole = (
        np.array([[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]),
        np.array([[1, 1], [1, 3], [3, 3], [3, 1], [1, 1]]),
    )
    path = np.vstack([ring, [[np.nan, np.nan]], hole])
    figure = go.Figure(
        go.Scatter(x=path[:, 0], y=path[:, 1], mode="lines", fill="toself", fillcolor="#000000",
                   line={"width": 0})
    )  # fmt: skip
    figure.update_layout(height=200).update_xaxes(visible=False, range=[0, 4])
    figure.update_yaxes(visible=False, range=[0, 4])
    picture = np.asarray(Image.open(io.BytesIO(render(figure, "PNG 300", 89))).convert("L"))
    high, wide = picture.shape
    assert picture[high // 2, wide // 2] == 255
    assert picture[high // 2, wide // 8] == 0


def test_log_and_reversed_and_named_axes():
    figure = go.Figure(go.Scatter(x=[1, 100, 10_000], y=["b", "a", "c"], mode="markers"))
    figure.update_xaxes(type="log").update_yaxes(autorange="reversed")
    page = page_of(figure)
    x, y = page.axes["x"], page.axes["y"]
    assert x.place([1, 100, 10_000]).tolist() == [0, 2, 4]
    assert x.low < 0 < 4 < x.high
    assert y.categories == ["b", "a", "c"]
    assert (y.low, y.high) == (2.5, -0.5)
    assert texts_of(svg_of(figure))[-3:] == ["b", "a", "c"]
    ordered = figure.update_yaxes(categoryorder="array", categoryarray=["a", "b", "c"])
    assert page_of(ordered).axes["y"].categories == ["a", "b", "c"]


def test_axes_that_go_together_have_the_same_ends():
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=1, shared_xaxes=True)
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", row=1, col=1)
    figure.add_scatter(x=[5, 9], y=[0, 1], mode="lines", row=2, col=1)
    page = page_of(figure)
    assert (page.axes["x"].low, page.axes["x"].high) == (0, 9)
    assert (page.axes["x2"].low, page.axes["x2"].high) == (0, 9)
    upper, lower = (page.panels[pair].get_position() for pair in (("x", "y"), ("x2", "y2")))
    assert upper.y0 > lower.y1
    assert (upper.x0, upper.x1) == pytest.approx((lower.x0, lower.x1))


@pytest.mark.parametrize(
    "trace",
    [
        go.Bar(x=["a", "b"], y=[1, -2], error_y={"type": "data", "array": [0.1, 0.2]}),
        go.Histogram(x=[1, 2, 2, 3, 9], nbinsx=4),
        go.Box(y=[1, 2, 3, 4, 50], x=["a"] * 5),
        go.Box(x=[1, 2, 3, 4, 50], name="alone", boxpoints="all", jitter=0.3),
        go.Violin(y=[1, 2, 3, 4, 5], name="alone", box={"visible": True}),
        go.Scatter(x=[1, 2, 3], y=[1, 2, 1], fill="tonexty", line={"shape": "hv"}),
        go.Scatter(x=[1, 2], y=[1, 2], text=["a<br>b", "<i>c</i>"], mode="markers+text"),
        go.Scatter(x=[1, 2], y=[1, 2], mode="markers", marker={"symbol": ["x", "star-open"], "color": [1, 2], "colorscale": "Viridis", "showscale": True}),
    ],
)  # fmt: skip
def test_other_traces_are_drawn(trace):
    assert len(list(svg_of(go.Figure(trace)).iter(f"{SVG}path"))) > 3


def test_bars_end_where_their_values_are():
    figure = go.Figure([go.Bar(x=["a", "b"], y=[1, 2]), go.Bar(x=["a", "b"], y=[3, 4])])
    stacked = page_of(figure.update_layout(barmode="stack"))
    boxes = [patch.get_bbox() for patch in stacked.panel("x", "y").patches]
    assert [(box.y0, box.y1) for box in boxes] == [(0, 1), (0, 2), (1, 4), (2, 6)]
    beside = page_of(figure.update_layout(barmode="group"))
    boxes = [patch.get_bbox() for patch in beside.panel("x", "y").patches]
    assert boxes[0].x1 == pytest.approx(boxes[2].x0)
    assert (boxes[0].x0 + boxes[2].x1) / 2 == pytest.approx(0)


def test_text_is_split_at_its_tags():
    runs = lines_of_runs(
        "<b>r</b> = 0.5<br>10<sup>-3</sup> &lt; <span style='color:#ff0000'>●</span>"
    )
    assert join(runs) == "r = 0.5\n10⁻³ < ●"
    assert runs[0][0].bold
    assert runs[1][-1].color == "#ff0000"
    assert one_look("<b>all</b>") == ("all", {"fontweight": "bold"})
    assert one_look("<b>not</b> all") is None


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1234.0, ",d", "1,234"),
        (-0.5, ".2f", "−0.50"),
        (0.25, ".0%", "25%"),
        (2, "+.1f", "+2.0"),
        (3.0, "d", "3"),
    ],
)
def test_numbers_are_written_as_on_screen(value, form, text):
    assert format_number(value, form) == text


def test_pyplot_stays_out():
    import sys

    assert (
        "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()
    )
