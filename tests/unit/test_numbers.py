"""One reader of numbers for expression tables and variant lists."""

import math

import pytest

from scx_core.numbers import Style, decide_style, read_number

POINT, COMMA, UNKNOWN = Style.POINT, Style.COMMA, Style.UNKNOWN


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("12", UNKNOWN, 12.0),
        ("0.5", POINT, 0.5),
        ("0,435", COMMA, 0.435),
        ("0,435", UNKNOWN, 0.435),
        (",5", COMMA, 0.5),
        ("1,234", POINT, 1234.0),
        ("1,234", COMMA, 1.234),
        ("1.234", POINT, 1.234),
        ("1.234", COMMA, 1234.0),
        ("1.234,5", COMMA, 1234.5),
        ("1,234.5", POINT, 1234.5),
        ("1.234.567", UNKNOWN, 1234567.0),
        ("1,234,567", UNKNOWN, 1234567.0),
        ("1\u202f234,5", COMMA, 1234.5),
        ("1'234.5", POINT, 1234.5),
        ("12 345 678", POINT, 12345678.0),
        ("\u22123.5", POINT, -3.5),
        ("\u20133,5", COMMA, -3.5),
        ("1e-8", POINT, 1e-8),
        ("1,5E-3", COMMA, 1.5e-3),
        ("1.2 \u00d7 10^-8", POINT, 1.2e-8),
        ("1,2x10-8", COMMA, 1.2e-8),
    ],
)
def test_a_number_is_read_in_the_style_of_its_column(text: str, style: Style, value: float) -> None:
    number = read_number(text, style)
    assert number.problem == ""
    assert number.value == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("0.5", COMMA),
        ("0,5", POINT),
        ("12,34,567", UNKNOWN),
        ("1_000", POINT),
        ("inf", POINT),
        ("nan", POINT),
        ("", POINT),
        ("abc", UNKNOWN),
        ("1.2e3x10^4", POINT),
        ("\u0663", POINT),
    ],
)
def test_what_is_no_number_in_that_style_is_refused(text: str, style: Style) -> None:
    number = read_number(text, style)
    assert math.isnan(number.value)
    assert number.problem == "is not a number"


def test_one_cell_that_may_be_two_numbers_is_neither() -> None:
    number = read_number("1,234")
    assert math.isnan(number.value)
    assert number.problem == "may be 1234 or 1.234"


def test_a_number_beyond_floats_is_named() -> None:
    assert read_number("1e400", POINT).problem == "is too large"
    smallest = read_number("1e-400", POINT)
    assert 0 < smallest.value < 1e-300
    assert "smaller than a number can be" in smallest.note


@pytest.mark.parametrize(
    ("texts", "style", "examples"),
    [
        (["1.5", "2", "gene"], POINT, ()),
        (["1.234", "5"], POINT, ()),
        (["0,5", "12"], COMMA, ()),
        (["1.234", "0,5"], COMMA, ()),
        (["1.234,5", "12"], COMMA, ()),
        (["1,234", "0.5"], POINT, ()),
        (["1,234", "0,5"], COMMA, ()),
        (["1,234", "12"], UNKNOWN, ("1,234",)),
        (["1,234", "1.234"], UNKNOWN, ("1,234", "1.234")),
        (["0,5", "1.5"], UNKNOWN, ("0,5", "1.5")),
        (["1.234.567", "1.234"], COMMA, ()),
        (["T cell, CD4", "b,c"], POINT, ()),
    ],
)
def test_the_style_is_decided_from_all_numbers(
    texts: list[str], style: Style, examples: tuple[str, ...]
) -> None:
    decision = decide_style(texts)
    assert (decision.style, decision.examples) == (style, examples)


def test_a_point_that_may_group_thousands_is_undecided_where_the_comma_is_usual() -> None:
    assert decide_style(["1.234", "5"], point_is_usual=False).examples == ("1.234",)
    assert decide_style(["1.24", "5"], point_is_usual=False).style is POINT
