"""Figures as files for papers: the plotly figure is the description, matplotlib draws it."""

from scx_core.figures.files.writing import FORMATS, WIDTHS, Format, check_figure, render

__all__ = ["FORMATS", "WIDTHS", "Format", "check_figure", "render"]
