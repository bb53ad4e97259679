"""The letters around a change: what each base contributes, and the alternative sequence beneath."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from scx_core.errors import ScxError
from scx_core.figures.base_level import base_contribution
from scx_core.figures.glyphs import letters_path
from scx_core.figures.overview import POSITION_LABEL
from scx_core.figures.style import Theme, apply_style, palette, translucent
from scx_core.sequence.alphabet import CODE_LETTERS, encode

#: Stands where a sequence has no letter.
_NONE: Final = "–"
#: Letters of which every fifth can be numbered.
_FEW: Final = 80


@dataclass(frozen=True)
class _Letters:
    """Letters of one sequence as they are drawn; arrays have one entry for each letter."""

    text: str
    x: NDArray[np.int64]
    changed: NDArray[np.bool_]
    heights: NDArray[np.float64]


def align_alleles(letters: str, index: int, reference: str, alternative: str) -> pd.DataFrame:
    """Put the reference and the alternative sequence below each other.

    Parameters
    ----------
    letters : str
        The reference around the change, on the gene's strand.
    index : int
        Of the first letter of ``reference`` in it.
    reference, alternative : str
        Alleles on the gene's strand, at least one letter each.

    Returns
    -------
    DataFrame
        A line for each column: ``reference, alternative`` (letters; ``"–"`` where there is none),
        ``place`` (index of the reference's letter; −1 where there is none), ``changed``.

    Raises
    ------
    ScxError
        If the reference allele is not what stands there.
    """
    if not reference or not alternative or letters[index : index + len(reference)] != reference:
        raise ScxError(
            f"The allele {reference or 'without letters'!r} is not what the sequence has at this "
            f"place ({letters[index : index + max(len(reference), 1)]!r}); check its strand."
        )
    wide = max(len(reference), len(alternative))
    before, after = letters[:index], letters[index + len(reference) :]
    top = before + reference.ljust(wide, _NONE) + after
    bottom = before + alternative.ljust(wide, _NONE) + after
    table = pd.DataFrame({"reference": list(top), "alternative": list(bottom)})
    there = table["reference"] != _NONE
    return table.assign(
        place=(there.cumsum() - 1).where(there, -1),
        changed=table["reference"] != table["alternative"],
    )


def alleles_figure(
    effects: NDArray[np.floating],
    codes: NDArray[np.integer],
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
    index: int,
    reference: str,
    alternative: str,
    theme: Theme,
    alternative_effects: NDArray[np.floating] | None = None,
) -> go.Figure:
    """Draw the logo around a change, and the alternative sequence beneath.

    Parameters
    ----------
    effects : ndarray, shape (N, 4)
        Effects (log10) of the substitutions of the reference in one population, ACGT order on the
        gene's strand; the reference base is 0. N is about 41 (± 20 bp).
    codes : ndarray of uint8, shape (N,)
        Base codes of the reference, in the direction of the gene.
    positions, genome_positions : ndarray, shape (N,)
        Relative to the TSS, and on the chromosome (1-based).
    index : int
        Of the first letter of ``reference``, from 0.
    reference, alternative : str
        Alleles on the gene's strand, at least one letter each (an insertion keeps the letter
        before).
    theme : "light" or "dark"
    alternative_effects : ndarray, shape (M, 4), optional
        The same for the letters of the alternative sequence: it is then drawn as a logo as well,
        on the same scale. Without it, as letters of one height, those that are the same pale.

    Returns
    -------
    Figure
        Each letter is as high as minus the mean effect of its substitutions. The changed letters
        stand in a box; where one sequence has no letter there is a dash.

    Raises
    ------
    ScxError
        If the reference allele is not what stands there, or ``alternative_effects`` has another
        length than the alternative sequence.
    """
    colors = palette(theme)
    two_logos = alternative_effects is not None
    letters = "".join(CODE_LETTERS[code] for code in codes)
    aligned = align_alleles(letters, index, reference, alternative)
    top = _sequence(aligned, "reference", effects)
    below = _sequence(aligned, "alternative", alternative_effects)
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08,
        row_heights=[0.5, 0.5] if two_logos else [0.7, 0.3],
    )  # fmt: skip
    for row, name, sequence in ((1, "reference", top), (2, "alternative", below)):
        _add_letters(figure, row, sequence, theme, fade=row == 2 and not two_logos)
        none = np.flatnonzero(aligned[name] == _NONE)
        if len(none):
            middle = 0.5 if row == 2 and not two_logos else 0.0
            figure.add_scatter(
                x=none, y=np.full(len(none), middle), mode="text", text=[_NONE] * len(none),
                hoverinfo="skip", textfont={"size": 16, "color": colors.text}, row=row, col=1,
            )  # fmt: skip
        changed = np.flatnonzero(aligned["changed"])
        figure.add_vrect(
            x0=changed[0] - 0.5, x1=changed[-1] + 0.5, row=row, col=1, layer="below",
            fillcolor=translucent(colors.accent, 0.14), line={"color": colors.accent, "width": 1},
        )  # fmt: skip
    told = np.column_stack(
        [list(letters), *([f"{n:,}" for n in named] for named in (positions, genome_positions))]
    )
    figure.add_scatter(
        x=top.x, y=top.heights, mode="markers", marker={"size": 12, "opacity": 0}, customdata=told,
        hovertemplate="%{customdata[0]} at %{customdata[1]} bp from TSS<br>genome %{customdata[2]}"
        "<br>contributes %{y:+.4f} log10<extra></extra>",
        row=1, col=1,
    )  # fmt: skip
    _shape_axes(figure, top, below, positions, len(aligned), theme, two_logos=two_logos)
    return figure


def _sequence(aligned: pd.DataFrame, name: str, effects: NDArray[np.floating] | None) -> _Letters:
    """Give the letters of one of the sequences, all of one height where effects are not known."""
    there = aligned[aligned[name] != _NONE]
    text = "".join(there[name])
    heights = np.ones(len(text))
    if effects is not None:
        if len(effects) != len(text):
            raise ScxError(
                f"The {name} sequence has {len(text)} letters and effects for {len(effects)}; give "
                "those of the same letters."
            )
        heights = base_contribution(effects, encode(text))
    return _Letters(text, there.index.to_numpy(), there["changed"].to_numpy(bool), heights)


def _add_letters(
    figure: go.Figure, row: int, letters: _Letters, theme: Theme, *, fade: bool
) -> None:
    """Draw letters as polygons; those that are not changed pale if ``fade``."""
    colors = palette(theme)
    written = np.array(list(letters.text))
    for letter, changed in sorted({*zip(letters.text, letters.changed.tolist(), strict=True)}):
        drawn = (written == letter) & (letters.changed == changed)
        path_x, path_y = letters_path(
            letter, letters.x[drawn].astype(float), letters.heights[drawn]
        )
        color = colors.bases.get(letter, colors.muted)
        figure.add_scatter(
            x=path_x, y=path_y, mode="lines", fill="toself", line={"width": 0}, name=letter,
            fillcolor=translucent(color, 0.35) if fade and not changed else color,
            hoverinfo="skip", row=row, col=1,
        )  # fmt: skip


def _shape_axes(
    figure: go.Figure,
    top: _Letters,
    below: _Letters,
    positions: NDArray[np.integer],
    n_columns: int,
    theme: Theme,
    *,
    two_logos: bool,
) -> None:
    colors = palette(theme)
    apply_style(
        figure, theme, 380 if two_logos else 320, margin={"l": 64, "r": 16, "t": 12, "b": 56}
    )
    # An insertion moves the letters behind it, so that columns are not positions.
    step = 5 if len(positions) <= _FEW else 20
    ticked = np.flatnonzero(positions % step == 0)
    figure.update_xaxes(
        range=[-0.5, n_columns - 0.5], showgrid=False, tickvals=top.x[ticked],
        ticktext=[f"{place:,}".replace("-", "−") for place in positions[ticked]],
    )  # fmt: skip
    figure.update_xaxes(title_text=POSITION_LABEL, row=2, col=1)
    for row, title in ((1, "Reference"), (2, "Alternative")):
        figure.update_yaxes(title_text=title, nticks=4, row=row, col=1)
        if row == 1 or two_logos:
            line = {"color": colors.muted, "width": 0.8}
            figure.add_hline(y=0, line=line, row=row, col=1)
    if two_logos:
        both = np.concatenate([top.heights, below.heights, [0.0]])
        pad = 0.06 * max(float(np.ptp(both)), 1e-6)
        figure.update_yaxes(range=[float(both.min()) - pad, float(both.max()) + pad])
    else:
        figure.update_yaxes(showticklabels=False, showgrid=False, range=[-0.1, 1.1], row=2, col=1)
