"""The variants of a gene side by side, and those of all genes with several."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from scx_core.figures.style import Theme, apply_style, empty_figure, palette
from scx_core.figures.text import as_label, as_labels
from scx_core.figures.variants import MOST_LABELLED, class_colors, classes_of, in_classes
from scx_core.mutagenesis.effects import EFFECT
from scx_core.variants.writing.columns import is_haplotype

#: More markers than this are drawn by WebGL; fewer as vectors, which export well.
MOST_VECTORS: Final = 5000
#: Names of variants that fit beside each other without being turned.
_LEVEL: Final = 6


def gene_variants_figure(
    scored: pd.DataFrame,
    labels: Mapping[int, str],
    order: Sequence[str],
    theme: Theme,
    classes: Mapping[str, str] | None = None,
    most: int = 40,
    highlight: int | None = None,
) -> go.Figure:
    """All variants of one gene side by side: three substitutions each, a dot for each population.

    Parameters
    ----------
    scored : DataFrame
        Results of one gene: ``row, part, relative_to_tss`` (bp), ``genome_reference, substitution,
        given, largest_effect`` and ``effect: POPULATION`` (log10), a line for each substitution;
        those of haplotypes are not drawn.
    labels : mapping of int to str
        Name of the variant by row.
    order : sequence of str
        Populations.
    theme : "light" or "dark"
    classes : mapping of str to str, optional
        Class by population, told by colour and by the place within a column.
    most : int
        Variants to draw; the strongest where there are more, which the figure says.
    highlight : int, optional
        Row of the chosen variant.

    Returns
    -------
    Figure
        From upstream to downstream. The list's own change is filled, the others open. Points carry
        ``customdata = [row, population, variant and change]``.
    """
    names = [name for name in order if EFFECT + name in scored]
    done = scored[~is_haplotype(scored)].dropna(subset=["largest_effect"])
    if done.empty or not names:
        return empty_figure(theme, "No variant of this gene has an effect.")
    names = in_classes(names, classes or {})
    shown, n_all = _strongest(done, most)
    slots = _slots(shown)
    by_class = class_colors(classes_of(names, classes or {}), theme)
    figure = go.Figure()
    given = shown["given"].eq(True).to_numpy()
    n_points = len(shown) * len(names)
    for place, (group, color) in enumerate(by_class.items()):
        members = [name for name in names if (classes or {}).get(name, "") == group]
        offset = 0.6 * ((place + 0.5) / len(by_class) - 0.5)
        for filled in (False, True):
            _add_dots(
                figure, shown[given == filled], slots[given == filled] + offset, members, labels,
                fast=n_points > MOST_VECTORS, name=as_label(group) or "population", color=color, filled=filled,
                in_legend=filled or not given.any(),
            )  # fmt: skip
    figure.add_hline(y=0, line={"color": palette(theme).muted, "width": 1})
    _name_slots(figure, shown, slots, labels, theme, highlight)
    if n_all > len(shown.drop_duplicates(["row", "part"])):
        figure.add_annotation(
            x=1, y=1, xref="paper", yref="paper", xanchor="right", yanchor="bottom", showarrow=False,
            text=f"the {most:,} strongest of {n_all:,} variants",
        )  # fmt: skip
    apply_style(
        figure, theme, 420, showlegend=bool(classes), margin={"l": 64, "r": 16, "t": 34, "b": 110},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    figure.update_xaxes(
        range=[-0.8, float(slots.max()) + 0.8], showgrid=False, tickvals=slots,
        ticktext=shown["substitution"].map(as_label), tickfont={"size": 11},
        showticklabels=len(slots) <= 60,
    )  # fmt: skip
    figure.update_yaxes(title_text="Δ log10 expression")
    return figure


def _strongest(done: pd.DataFrame, most: int) -> tuple[pd.DataFrame, int]:
    """Keep the variants with the largest effect, sorted along the gene; and say how many there were."""
    size = done["largest_effect"].astype(float).abs()
    largest = size.groupby([done["row"], done["part"]]).max()
    kept = largest.nlargest(most).index
    keys = pd.MultiIndex.from_frame(done[["row", "part"]])
    shown = done[keys.isin(kept)].sort_values(["relative_to_tss", "row", "part", "substitution"])
    return shown, len(largest)


def _slots(shown: pd.DataFrame) -> NDArray[np.float64]:
    """Column of each line: one beside the other, a gap between variants."""
    first = ~shown.duplicated(["row", "part"]).to_numpy()
    return np.arange(len(shown)) + 0.9 * (np.cumsum(first) - 1)


def _add_dots(
    figure: go.Figure,
    lines: pd.DataFrame,
    slots: NDArray[np.float64],
    members: Sequence[str],
    labels: Mapping[int, str],
    *,
    fast: bool,
    name: str,
    color: str,
    filled: bool,
    in_legend: bool,
) -> None:
    if lines.empty:
        return
    values = lines[[EFFECT + member for member in members]].to_numpy(np.float32)
    # Members of a class side by side within a tenth of a column, so that equal effects show.
    spread = 0.1 * (np.arange(len(members)) - (len(members) - 1) / 2) / max(len(members), 1)
    changes = [
        as_label(f"{labels.get(row, f'row {row}')} {reference}>{to}")
        for row, reference, to in zip(
            lines["row"], lines["genome_reference"], lines["substitution"], strict=True
        )
    ]
    told = np.empty((*values.shape, 3), dtype=object)
    told[..., 0] = lines["row"].to_numpy()[:, None]
    told[..., 1] = np.array(as_labels(members), dtype=object)
    told[..., 2] = np.array(changes, dtype=object)[:, None]
    kind = go.Scattergl if fast else go.Scatter
    figure.add_trace(
        kind(
            x=(slots[:, None] + spread).ravel().astype(np.float32), y=values.ravel(), mode="markers",
            name=name, legendgroup=name, showlegend=in_legend, customdata=told.reshape(-1, 3),
            marker={
                "symbol": "circle" if filled else "circle-open", "size": 7 if filled else 5,
                "color": color, "line": {"width": 0 if filled else 1, "color": color},
            },
            hovertemplate="%{customdata[2]}<br>%{customdata[1]}: %{y:+.4f} log10<extra></extra>",
        )
    )  # fmt: skip


def _name_slots(
    figure: go.Figure,
    shown: pd.DataFrame,
    slots: NDArray[np.float64],
    labels: Mapping[int, str],
    theme: Theme,
    highlight: int | None,
) -> None:
    """Write the name of each variant below its columns, and mark the chosen one."""
    colors = palette(theme)
    keys = [shown["row"].to_numpy(), shown["part"].to_numpy()]
    places = pd.Series(slots).groupby(keys, sort=False)
    notes = []
    for key, columns in places:
        row = int(np.asarray(key)[0])
        if row == highlight:
            figure.add_vrect(
                x0=columns.min() - 0.7, x1=columns.max() + 0.7, layer="below", line_width=0,
                fillcolor=colors.accent, opacity=0.1,
            )  # fmt: skip
        label = as_label(labels.get(row, f"row {row}"))
        level = {"textangle": -35, "xanchor": "right"} if len(places) > _LEVEL else {}
        notes.append(
            {"x": columns.mean(), "y": 0, "yref": "paper", "yshift": -26, "yanchor": "top",
             "showarrow": False, "text": f"<b>{label}</b>" if row == highlight else label} | level
        )  # fmt: skip
    if len(places) <= MOST_LABELLED:
        # At once: each annotation added alone makes plotly check all before it again.
        figure.update_layout(annotations=notes)


def dot_plot_figure(
    scored: pd.DataFrame,
    labels: Mapping[int, str],
    theme: Theme,
    effect: str = "largest_effect",
    fewest: int = 2,
    most: int = 60,
    highlight: int | None = None,
) -> go.Figure:
    """Genes with several variants: a dot for each variant, its size the effect, its colour the sign.

    Parameters
    ----------
    scored : DataFrame
        Results: ``row, part, gene_id, gene_name,
        relative_to_tss`` (bp), ``largest_population`` and the effect (log10). Of several lines of a
        variant and gene, such as the three substitutions, the strongest is drawn; those of
        haplotypes are not.
    labels : mapping of int to str
        Name of the variant by row.
    theme : "light" or "dark"
    effect : str
        Column to draw: ``"largest_effect"``, ``"given_effect"``, ``"risk_effect"`` or that of a
        population.
    fewest : int
        Genes with fewer variants are left out.
    most : int
        Genes to draw; those with the strongest variants where there are more, which the figure says.
    highlight : int, optional
        Row of the chosen variant.

    Returns
    -------
    Figure
        Genes with the strongest variant on top; variants from upstream to downstream. Points carry
        ``customdata = [row, gene_id, variant, population, effect, bp from TSS]``.
    """
    done = scored[~is_haplotype(scored)].dropna(subset=[effect])
    done = done.sort_values(effect, key=np.abs, ascending=False, kind="stable")
    done = done.drop_duplicates(["row", "part", "gene_id"])
    counts = done.groupby("gene_id")["row"].transform("size")
    kept = done[counts >= fewest]
    if kept.empty:
        return empty_figure(theme, f"No gene has {fewest} scored variants or more.")
    size = kept[effect].astype(float).abs()
    genes = size.groupby(kept["gene_id"]).max().sort_values(ascending=False, kind="stable").index
    drawn = kept[kept["gene_id"].isin(genes[:most])].sort_values(["gene_id", "relative_to_tss"])
    values = drawn[effect].to_numpy(np.float64)
    place = drawn.groupby("gene_id").cumcount().to_numpy() + 1
    level = genes.get_indexer(pd.Index(drawn["gene_id"]))
    colors = palette(theme)
    limit = max(float(np.abs(values).max()), 1e-6)
    told = np.column_stack(
        [
            drawn["row"], drawn["gene_id"],
            [as_label(labels.get(int(row), f"row {row}")) for row in drawn["row"]],
            [as_label(effect.removeprefix(EFFECT))] * len(drawn) if effect.startswith(EFFECT)
            else drawn["largest_population"].map(as_label),
            [f"{value:+.4f}" for value in values], [f"{bp:,}" for bp in drawn["relative_to_tss"]],
        ]
    )  # fmt: skip
    figure = go.Figure()
    kind = go.Scattergl if len(drawn) > MOST_VECTORS else go.Scatter
    for name, color, chosen in (
        ("raises", colors.up, values > 0), ("lowers", colors.down, values <= 0),
    ):  # fmt: skip
        figure.add_trace(
            kind(
                x=place[chosen], y=level[chosen], mode="markers", name=name, customdata=told[chosen],
                marker={
                    # The area of a dot is the effect, and the smallest can still be seen.
                    "size": 3 + 19 * np.sqrt(np.abs(values[chosen]) / limit), "color": color,
                    "line": {"width": 0},
                },
                hovertemplate="%{customdata[2]}<br>%{customdata[5]} bp from TSS<br>"
                "%{customdata[4]} log10, %{customdata[3]}<extra></extra>",
            )
        )  # fmt: skip
    ringed = drawn["row"].eq(highlight).to_numpy() if highlight is not None else values != values
    if ringed.any():
        figure.add_scatter(
            x=place[ringed], y=level[ringed], mode="markers", hoverinfo="skip", showlegend=False,
            marker={
                "size": 26, "symbol": "circle-open", "color": colors.text,
                "line": {"width": 2, "color": colors.text},
            },
        )  # fmt: skip
    _shape_dot_plot(figure, drawn, genes[:most], int(place.max()), theme)
    notes = [f"largest dot: {limit:.3g} log10"]
    notes += [f"the {most:,} strongest of {len(genes):,} genes"] if len(genes) > most else []
    figure.add_annotation(
        x=1, y=1, xref="paper", yref="paper", xanchor="right", yanchor="bottom", showarrow=False,
        text="; ".join(notes), font={"color": colors.muted, "size": 12},
    )  # fmt: skip
    return figure


def _shape_dot_plot(
    figure: go.Figure, drawn: pd.DataFrame, genes: pd.Index, widest: int, theme: Theme
) -> None:
    symbols = drawn.drop_duplicates("gene_id").set_index("gene_id")["gene_name"].reindex(genes)
    apply_style(
        figure, theme, int(np.clip(24 * len(genes) + 110, 220, 1400)), showlegend=True,
        margin={"l": 64, "r": 16, "t": 34, "b": 48},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "itemsizing": "constant"},
    )  # fmt: skip
    figure.update_xaxes(
        title_text="Variants of the gene, upstream to downstream", range=[0.3, widest + 0.7],
        tickmode="array" if widest <= 25 else "auto", tickvals=list(range(1, min(widest, 25) + 1)),
    )  # fmt: skip
    figure.update_yaxes(
        range=[len(genes) - 0.5, -0.5], tickvals=list(range(len(genes))), tickfont={"size": 11},
        ticktext=as_labels(symbols),
    )  # fmt: skip
