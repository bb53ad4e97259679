"""What files can show: anything else in a figure is refused by name, and nothing silently left out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from scx_core.errors import ScxError
from scx_core.figures.files.scatter import DASHES, SYMBOLS
from scx_core.figures.files.text import lines_of_runs
from scx_core.figures.files.values import Spec, each, get


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


#: For pointers, selections and updates on screen: not on paper.
_SCREEN: Final = _names(
    "customdata hoverinfo hovertemplate hovertext hoverlabel hoveron hoverongaps uid ids meta "
    "selectedpoints selected unselected uirevision legendrank zhoverformat xhoverformat "
    "yhoverformat legendgrouptitle"
)
_EVERY: Final = _names(
    "type name x y xaxis yaxis showlegend legendgroup opacity visible orientation alignmentgroup "
    "offsetgroup"
)
_MARKER: Final = _names(
    "marker.color marker.size marker.symbol marker.opacity marker.colorscale marker.cmin marker.cmax "
    "marker.reversescale marker.showscale marker.sizemode marker.sizeref marker.sizemin "
    "marker.line.color marker.line.width"
)
_LINE: Final = frozenset(("line.color", "line.width"))
_ERROR: Final = frozenset(
    f"error_{letter}.{part}"
    for letter in "xy"
    for part in sorted(
        _names("array arrayminus symmetric type value visible color thickness width")
    )
)
_FONT: Final = frozenset(("size", "color", "family", "weight"))
_TEXT_FONT: Final = frozenset(f"textfont.{part}" for part in _FONT)
_BAR: Final = _names(
    "thickness thicknessmode outlinewidth title.text title.side title.font nticks tickvals ticktext "
    "tickmode tickformat tickfont orientation x y xanchor yanchor len lenmode xpad ypad ticks"
)
_COLOR_BAR: Final = frozenset(f"colorbar.{part}" for part in _BAR)
_MARKER_BAR: Final = frozenset(f"marker.colorbar.{part}" for part in _BAR)

TRACES: Final[Mapping[str, frozenset[str]]] = {
    "scatter": _EVERY | _MARKER | _MARKER_BAR | _LINE | _ERROR | _TEXT_FONT | _names("mode fill fillcolor line.shape line.dash line.simplify connectgaps cliponaxis text "
        "textposition"),
    "heatmap": _EVERY | _COLOR_BAR | _TEXT_FONT | _names("z zmin zmax zmid zauto colorscale autocolorscale reversescale showscale xgap ygap "
        "texttemplate"),
    "bar": _EVERY | _MARKER | _ERROR | frozenset(("base", "width")),
    "histogram": _EVERY | _MARKER | _names("nbinsx nbinsy xbins ybins histnorm histfunc bingroup"),
    "box": _EVERY | _MARKER | _LINE | _names("boxpoints fillcolor width jitter pointpos quartilemethod"),
    "violin": _EVERY | _MARKER | _LINE | _names("points fillcolor width jitter pointpos side box.visible spanmode meanline.visible "
        "scalemode"),
}  # fmt: skip
_AXIS: Final = _names(
    "title.text title.font title.standoff range autorange rangemode type domain anchor side matches "
    "overlaying visible showticklabels tickvals ticktext tickmode tickformat tickprefix ticksuffix "
    "tickangle tickfont ticks ticklen tickwidth tickcolor dtick tick0 nticks showgrid gridcolor "
    "gridwidth zeroline zerolinecolor zerolinewidth showline linecolor linewidth automargin "
    "fixedrange categoryorder categoryarray scaleanchor scaleratio constrain constraintoward "
    "layer exponentformat separatethousands mirror showspikes"
)
_SHAPE: Final = _names(
    "type x0 x1 y0 y1 xref yref line.color line.width line.dash fillcolor opacity layer name "
    "showlegend"
)
_NOTE: Final = _names(
    "text x y xref yref xanchor yanchor xshift yshift showarrow ax ay axref ayref arrowcolor "
    "arrowwidth arrowhead arrowsize standoff bgcolor bordercolor borderpad borderwidth textangle "
    "align font visible opacity name captureevents hovertext"
)
_LEGEND: Final = _names(
    "orientation x y xanchor yanchor xref yref font title itemsizing traceorder itemclick "
    "itemdoubleclick groupclick bgcolor tracegroupgap itemwidth"
)
_LAYOUT: Final = _names(
    "height width font showlegend legend margin paper_bgcolor plot_bgcolor colorway barmode bargap "
    "bargroupgap boxmode boxgap boxgroupgap violinmode violingap violingroupgap shapes annotations "
    "autosize separators"
)
_LAYOUT_SCREEN: Final = _names(
    "hoverlabel hovermode modebar dragmode selectdirection newselection activeselection uirevision "
    "clickmode transition meta hoverdistance spikedistance newshape activeshape"
)


#: Values of properties that are drawn; others of them are refused.
_VALUES: Final[Mapping[str, frozenset[str]]] = {
    "fill": frozenset(("none", "tozeroy", "tozerox", "tonexty", "toself")),
    "line.shape": frozenset(("linear", "hv", "vh", "hvh", "vhv")),
    "line.dash": frozenset(("solid", *DASHES)),
    "marker.symbol": frozenset((*SYMBOLS, *(f"{symbol}-open" for symbol in SYMBOLS))),
}


def refuse_unknown(traces: Sequence[Spec], layout: Spec) -> None:
    """Refuse a figure with a trace or property that files do not know.

    Raises
    ------
    ScxError
        Names the first.
    """
    for trace in traces:
        kind = str(trace.get("type", "scatter"))
        kind = "scatter" if kind == "scattergl" else kind
        if kind not in TRACES:
            raise ScxError(
                f"Files cannot show {kind} traces; use one of {', '.join(TRACES)} in this figure."
            )
        _refuse(trace, TRACES[kind], f"a {kind} trace", _SCREEN)
        _refuse_values(trace, f"a {kind} trace")
    for name, value in layout.items():
        if name in _LAYOUT_SCREEN:
            continue
        if name.rstrip("0123456789") in ("xaxis", "yaxis"):
            _refuse(value, _AXIS, name, _SCREEN)
        elif name not in _LAYOUT:
            raise _error(name, "the layout")
    _refuse(layout.get("legend", {}), _LEGEND, "the legend", _SCREEN)
    for shape in layout.get("shapes", ()):
        _refuse(shape, _SHAPE, "a shape", _SCREEN)
        _refuse_values(shape, "a shape")
    for note in layout.get("annotations", ()):
        _refuse(note, _NOTE, "an annotation", _SCREEN)
        lines_of_runs(note.get("text", ""))


def _refuse(spec: Spec, known: frozenset[str], what: str, screen: frozenset[str]) -> None:
    for path in _paths(spec, known):
        if path not in known and path.split(".")[0] not in screen:
            raise _error(path, what)


def _refuse_values(spec: Spec, what: str) -> None:
    for path, known in _VALUES.items():
        given = get(spec, path)
        if given is None:
            continue
        for value in {str(part) for part in each(given, 1)} - known:
            raise ScxError(
                f"Files cannot show {path} {value!r} of {what}; use one of {', '.join(sorted(known))}."
            )


def _error(path: str, what: str) -> ScxError:
    return ScxError(
        f"Files cannot show the property {path!r} of {what}; leave it out of the figure, or add it "
        "to scx_core.figures.files."
    )


def _paths(spec: Mapping[str, Any], known: frozenset[str], before: str = "") -> Iterator[str]:
    """Names of properties, down to those that are known as a whole."""
    for name, value in spec.items():
        path = f"{before}{name}"
        if isinstance(value, Mapping) and path not in known:
            if value:
                yield from _paths(value, known, f"{path}.")
        else:
            yield path
