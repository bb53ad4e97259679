"""Clicks of the Mutagenesis page: a population in the heat map, a position in a table."""

from functools import partial
from typing import Any, Final

import pandas as pd
import streamlit as st
from streamlit.components.v2 import component

from scx_core.dataset import Dataset
from scx_core.ui.choose import set_population
from scx_core.ui.mutagenesis_places import by_class

#: The chart of the whole window, and the table of its strongest positions.
OVERVIEW: Final = "overview"
STRONGEST: Final = "strongest"
_ROWS: Final = "overview_rows"
# A chart across which boxes are dragged reports no clicks to Python, and a heat map none anyway;
# in the browser, plotly tells of both. The chart is drawn anew at times, so it is looked for again.
_LISTEN: Final = """
export default function ({ data, parentElement, setTriggerValue }) {
  const heard = (event) => {
    const point = event.points[0];
    if (point && point.data.type === "heatmap") setTriggerValue("row", point.pointIndex[0]);
  };
  let chart = null;
  const listen = () => {
    chart?.removeListener?.("plotly_click", heard);
    chart = document.querySelector(`.st-key-${data.chart} .js-plotly-plot`);
    chart?.on?.("plotly_click", heard);
  };
  const stop = () => {
    clearInterval(parentElement.scxTimer);
    parentElement.scxStop?.();
  };
  stop();
  listen();
  parentElement.scxTimer = setInterval(listen, 400);
  parentElement.scxStop = () => chart?.removeListener?.("plotly_click", heard);
  return stop;
}
"""
_listener = component("scx_heat_map_clicks", js=_LISTEN)


def choose_by_click(dataset: Dataset, names: tuple[str, ...]) -> None:
    """Let a click in the heat map of all populations choose one; outside of the chart's fragment.

    Parameters
    ----------
    dataset : Dataset
    names : tuple of str
        Populations of the model; the heat map has them by class.
    """
    ordered, _ = by_class(dataset.populations, names)
    _listener(key=_ROWS, data={"chart": OVERVIEW}, on_row_change=partial(_row_clicked, ordered))


def _row_clicked(ordered: list[str]) -> None:
    row = st.session_state[_ROWS].get("row")
    if isinstance(row, int) and 0 <= row < len(ordered):
        set_population(ordered[row])


def position_clicked(table: pd.DataFrame, region: str) -> None:
    """Show the position of the row that was clicked; the callback of the table.

    Parameters
    ----------
    table : DataFrame
        As it was drawn: ``position`` relative to the TSS.
    region : str
        Key of the box that says which region is shown.
    """
    selection: dict[str, Any] = st.session_state[STRONGEST]["selection"]
    rows = [*selection.get("rows", ()), *(cell[0] for cell in selection.get("cells", ()))]
    if rows and 0 <= rows[0] < len(table):
        st.session_state[region] = f"{int(table['position'].iloc[rows[0]]):+d}"
