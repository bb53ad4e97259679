"""Whether what is written can be read: contrast of the themes, as WCAG 2 measures it."""

import re
import tomllib
from pathlib import Path

import pytest

from scx_core.figures.style import palette

ROOT = Path(__file__).resolve().parents[2]
LEAST = 4.5  # of text of ordinary size (WCAG 2, level AA)
STYLE = (ROOT / "assets" / "style.css").read_text(encoding="utf-8")


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def faded(color: str, ground: str, opacity: float) -> str:
    """A colour as it is seen through an opacity below 1."""
    mixed = (
        round(opacity * int(color[place : place + 2], 16)
              + (1 - opacity) * int(ground[place : place + 2], 16))
        for place in (1, 3, 5)
    )  # fmt: skip
    return "#" + "".join(f"{part:02x}" for part in mixed)


def opacity_of(selector: str) -> float:
    """What the style sheet says; streamlit shows captions at 60 % where it is silent."""
    block = re.search(re.escape(selector) + r"[^{}]*\{([^}]*)\}", STYLE)
    said = re.search(r"opacity: ([\d.]+)", block.group(1)) if block else None
    return float(said.group(1)) if said else 0.6


def colors(theme: str) -> dict[str, str]:
    with (ROOT / ".streamlit" / "config.toml").open("rb") as file:
        return tomllib.load(file)["theme"][theme]


def test_contrast_is_what_wcag_says():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert faded("#000000", "#ffffff", 0.6) == "#666666"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
def test_captions_and_quiet_lines_can_be_read(theme, ground):
    under = colors(theme)[ground]
    caption = faded(palette(theme).muted, under, opacity_of('[data-testid="stCaptionContainer"] p'))
    assert contrast(caption, under) >= LEAST
    context = faded(colors(theme)["textColor"], under, opacity_of(".scx-context"))
    assert contrast(context, under) >= LEAST


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
@pytest.mark.parametrize("name", ["textColor", "linkColor"])
def test_text_and_links_can_be_read(theme, ground, name):
    assert contrast(colors(theme)[name], colors(theme)[ground]) >= LEAST
