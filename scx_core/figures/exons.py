"""The transcript of a gene in its window: UTRs thin, coding parts thick, a line through introns."""

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from scx_core.figures.style import Theme, palette
from scx_core.figures.text import as_label

#: Row of the table that is the whole transcript, introns included.
TRANSCRIPT: Final = "transcript"
PART_WORDS: Final = {"utr5": "5′UTR", "cds": "coding", "utr3": "3′UTR", "exon": "exon"}
_HALF: Final = {"utr5": 0.5, "cds": 1.0, "utr3": 0.5, "exon": 0.75}  # of the half height
_ARROWS: Final = 30  # arrows that fit along the window


def exons_in_window(
    exons: pd.DataFrame,
    gene_id: str,
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
) -> pd.DataFrame:
    """Parts of a gene's transcript, clipped to its window, in coordinates of the gene.

    Parameters
    ----------
    exons : DataFrame
        `scx_core.dataset.Dataset.exons`.
    gene_id : str
    positions : ndarray, shape (length,)
        Relative to the TSS.
    genome_positions : ndarray, shape (length,)
        On the chromosome, 1-based, in the direction of the gene.

    Returns
    -------
    DataFrame
        ``start``, ``end`` (relative to the TSS, half-open), ``part`` ("utr5", "cds", "utr3", "exon",
        or `TRANSCRIPT` for the first row, from the first to the last exon), ``number`` (of the exon,
        from 1 in the direction of the gene; 0 in the first row), ``transcript_id``; by place. No
        rows where nothing of the transcript lies in the window.
    """
    own = exons[exons["gene_id"] == gene_id]
    first_base, last_base = own["start"].to_numpy(np.int64) + 1, own["end"].to_numpy(np.int64)
    forward = genome_positions[-1] >= genome_positions[0]
    tss = int(genome_positions[0]) - (1 if forward else -1) * int(positions[0])
    start = first_base - tss if forward else tss - last_base
    end = start + (last_base - first_base) + 1
    table = pd.DataFrame({"start": start, "end": end, "part": own["part"].astype(str).to_numpy()})
    table = table.sort_values("start", ignore_index=True)
    # Parts of one exon touch; introns lie between exons.
    apart = table["start"].to_numpy()[1:] > table["end"].to_numpy()[:-1]
    table["number"] = np.concatenate([[1], 1 + np.cumsum(apart)])[: len(table)]
    if len(table):
        whole = [(table["start"].min(), table["end"].max(), TRANSCRIPT, 0)]
        table = pd.concat([pd.DataFrame(whole, columns=list(table.columns)), table])
    table["start"] = table["start"].clip(lower=int(positions[0]))
    table["end"] = table["end"].clip(upper=int(positions[-1]) + 1)
    table["transcript_id"] = str(own["transcript_id"].iloc[0]) if len(own) else ""
    return table[table["start"] < table["end"]].reset_index(drop=True)


def add_exons(
    figure: go.Figure,
    exons: pd.DataFrame,
    width: int,
    theme: Theme,
    row: int,
    *,
    level: float = 0.0,
    half: float = 0.34,
) -> None:
    """Draw a transcript into a panel: boxes, a line through introns, arrows in its direction.

    Parameters
    ----------
    figure : Figure
        Made by ``make_subplots``.
    exons : DataFrame
        From `exons_in_window`; nothing is drawn where it has no rows.
    width : int
        Bases of the panel.
    theme : "light" or "dark"
    row : int
        Panel, from 1.
    level, half : float
        Middle of the drawing, and half the height of a coding part, in units of the y-axis.
    """
    if exons.empty:
        return
    colors = palette(theme)
    color = colors.text
    whole = exons[exons["part"] == TRANSCRIPT].iloc[0]
    ends = [float(whole["start"]) - 0.5, float(whole["end"]) - 0.5]
    figure.add_scatter(
        x=ends, y=[level, level], mode="lines", line={"color": color, "width": 1.2},
        hoverinfo="skip", row=row, col=1,
    )  # fmt: skip
    boxes = exons[exons["part"] != TRANSCRIPT]
    arrows = _arrows(boxes, ends, width / _ARROWS)
    if boxes.empty:
        _add_arrows(figure, arrows, level, color, row)
        return
    start, end = (boxes[name].to_numpy(np.float64) - 0.5 for name in ("start", "end"))
    height = half * boxes["part"].map(_HALF).to_numpy(np.float64)
    gap = np.full(len(boxes), np.nan)
    low, high = level - height, level + height
    figure.add_scatter(
        x=np.column_stack([start, end, end, start, start, gap]).ravel(),
        y=np.column_stack([low, low, high, high, low, gap]).ravel(), mode="lines", fill="toself",
        fillcolor=color, line={"width": 0}, hoverinfo="skip", row=row, col=1,
    )  # fmt: skip
    if len(arrows):
        _add_arrows(figure, arrows, level, color, row)
    else:  # no intron in sight: on the largest box
        largest = int(np.argmax((end - start) * height))
        middle = np.array([(start[largest] + end[largest]) / 2])
        _add_arrows(figure, middle, level, colors.ground, row)
    told = np.column_stack(
        [
            boxes["part"].map(PART_WORDS),
            boxes["number"].astype(str),
            boxes["transcript_id"].map(as_label),
        ]
    )
    figure.add_scatter(
        x=(start + end) / 2, y=np.full(len(boxes), level), mode="markers", row=row, col=1,
        marker={"size": 10, "opacity": 0}, customdata=told,
        hovertemplate="%{customdata[0]}, exon %{customdata[1]}<br>%{customdata[2]}<extra></extra>",
    )  # fmt: skip


def _add_arrows(
    figure: go.Figure, places: NDArray[np.float64], level: float, color: str, row: int
) -> None:
    figure.add_scatter(
        x=places, y=np.full(len(places), level), mode="markers", hoverinfo="skip", row=row, col=1,
        marker={"symbol": "triangle-right", "size": 6, "color": color},
    )  # fmt: skip


def _arrows(boxes: pd.DataFrame, ends: list[float], step: float) -> NDArray[np.float64]:
    """Places of arrows along the introns; none where no intron is long enough."""
    start, end = (boxes[name].to_numpy(np.float64) - 0.5 for name in ("start", "end"))
    places = np.arange(ends[0] + step / 2, ends[1], step)
    free = np.array(
        [not ((start - step / 4 < place) & (place < end + step / 4)).any() for place in places],
        dtype=bool,
    )
    return places[free]
