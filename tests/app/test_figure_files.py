"""The menu under a chart: files are made when they are asked for, and what is wrong is said."""

import io
import zipfile

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from scx_core.errors import ScxError


def script() -> None:
    """A page with one menu; what is refused is told by the address."""
    import pandas as pd
    import plotly.graph_objects as go
    import streamlit as st

    from scx_core.errors import ScxError
    from scx_core.ui.figure_files import figure_downloads

    def figure() -> go.Figure:
        if "pie" in query:
            return go.Figure(go.Pie(values=[1, 2]))
        return go.Figure(go.Scatter(x=[1, 2], y=[3, 4], mode="markers"))

    def table() -> pd.DataFrame:
        if "gone" in query:
            raise ScxError("The dataset is gone; open it again.")
        return pd.DataFrame({"x": [1, 2]})

    query = dict(st.query_params)
    figure_downloads(
        figure, key="chart", name="A chart: é", table=table,
        header={"dataset": "toy"}, caption="Two points.", methods=lambda: "Counted.",
    )  # fmt: skip


@pytest.fixture
def offered(monkeypatch) -> dict[str, dict]:
    """What was offered as a download, by key."""
    found: dict[str, dict] = {}
    drawn = st.download_button

    def button(label, **options):
        found[options["key"]] = options | {"label": label}
        return drawn(label, **options)

    monkeypatch.setattr(st, "download_button", button)
    return found


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(script, default_timeout=20)
    for name, value in query.items():
        app.query_params[name] = value
    app.session_state["chart_menu"] = True
    return app.run()


def test_nothing_is_made_before_the_menu_is_open(offered):
    app = AppTest.from_function(script).run()
    assert not app.exception
    assert not offered


def test_a_figure_its_numbers_and_all_in_one_can_be_had(offered):
    app = opened()
    assert not app.exception
    assert [offered[f"chart_{part}"]["file_name"] for part in ("figure", "table", "zip")] == [
        "A_chart.svg", "A_chart.tsv", "A_chart.zip",
    ]  # fmt: skip
    assert offered["chart_figure"]["mime"] == "image/svg+xml"
    assert b"<svg" in offered["chart_figure"]["data"]()
    table = pd.read_csv(io.BytesIO(offered["chart_table"]["data"]()), sep="\t", comment="#")
    assert table["x"].tolist() == [1, 2]
    with zipfile.ZipFile(io.BytesIO(offered["chart_zip"]["data"]())) as archive:
        assert archive.read("caption.txt") == b"Two points.\n"
        assert archive.read("methods.txt") == b"Counted.\n"
    app.segmented_control(key="chart_format").set_value("PDF")
    app.segmented_control(key="chart_width").set_value(89).run()
    assert offered["chart_figure"]["file_name"] == "A_chart.pdf"
    pdf = offered["chart_figure"]["data"]()
    assert pdf.startswith(b"%PDF")
    assert b"252." in pdf[: pdf.index(b"endobj") + 3000]  # 89 mm in points


def test_what_files_cannot_show_is_said(offered):
    app = opened(pie="1")
    assert not app.exception
    assert "cannot show pie" in app.error[0].value
    assert not offered


def test_what_went_wrong_while_a_file_was_made_is_said(offered):
    app = opened(gone="1")
    with pytest.raises(ScxError):
        offered["chart_table"]["data"]()
    app.run()
    assert [error.value for error in app.error] == ["The dataset is gone; open it again."]
    assert not app.run().error
