"""How measured and estimated times are written."""

import pytest

from scx_core.progress import about, duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 s"), (7.6, "8 s"), (17, "15 s"), (47.3, "50 s"), (94.9, "90 s"), (96, "2 min"),
     (190, "3 min"), (890, "15 min"), (900, "15 min"), (1390, "25 min"), (3590, "1 h"),
     (5700, "1.5 h"), (17_900, "5 h"), (43_900, "12 h"), (170_000, "47 h"), (172_000, "2 days"),
     (200_000, "2.5 days"), (86_400 * 30.4, "30 days"), (86_400 * 12_345, "12,345 days")],
)  # fmt: skip
def test_a_time_is_written_as_exactly_as_it_can_be_meant(seconds, text):
    assert duration(seconds) == text


def test_times_never_run_backwards():
    size = {"s": 1, "min": 60, "h": 3600, "days": 86_400}
    last = 0.0
    for seconds in range(1, 500_000, 7):
        amount, unit = duration(seconds).split()
        shown = float(amount) * size[unit]
        assert shown >= last
        assert abs(shown - seconds) <= max(0.34 * seconds, 0.5)
        last = shown


def test_a_time_within_a_sentence():
    assert about(0.3) == "less than 1 s"
    assert about(2.0) == "about 2 s"
    assert about(43_900) == "about 12 h"
