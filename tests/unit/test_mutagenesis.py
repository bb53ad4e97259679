"""The incremental engine equals full forward passes."""

import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import make_run, networks

from scx_core.errors import ScxError
from scx_core.models import CNNConfig
from scx_core.mutagenesis import saturation_mutagenesis
from scx_core.mutagenesis.full_passes import mutate_by_full_passes, substitute_by_full_passes
from scx_core.mutagenesis.incremental import (
    EditedWindow,
    Edits,
    mutate_incrementally,
    substitute_incrementally,
)
from scx_core.sequence.alphabet import UNKNOWN
from scx_core.trained import TrainedRun

#: Absolute, in units of the z-score; the scaling below has scale 1.
TOLERANCE = 1e-5


@st.composite
def windows(draw: st.DrawFn, length: int) -> np.ndarray:
    """Random letters, with runs of N at the ends and other IUPAC letters inside."""
    codes = np.array(draw(st.lists(st.integers(0, 3), min_size=length, max_size=length)), np.uint8)
    codes[: draw(st.integers(0, 12))] = UNKNOWN
    codes[length - draw(st.integers(0, 12)) :] = UNKNOWN
    for index in draw(st.lists(st.integers(0, length - 1), max_size=3)):
        codes[index] = draw(st.integers(4, 14))
    return codes


@settings(max_examples=40, deadline=None)
@given(st.data(), networks(), st.integers(0, 2**31))
def test_incremental_equals_full_passes(data: st.DataObject, config: CNNConfig, seed: int) -> None:
    codes = data.draw(windows(config.length))
    runs = [make_run(config, seed), make_run(config, seed + 1)]
    half_life = np.linspace(-1, 1, len(config.half_life))
    fast, wild_type = mutate_incrementally(runs, codes, half_life)
    slow, expected = mutate_by_full_passes(runs, codes, half_life, batch=64)
    scale = max(1.0, float(np.abs(slow).max()))
    np.testing.assert_allclose(fast, slow, atol=TOLERANCE * scale, rtol=0)
    np.testing.assert_allclose(wild_type, expected, atol=TOLERANCE * scale, rtol=0)


@settings(max_examples=25, deadline=None)
@given(st.data(), networks(), st.integers(0, 2**31))
def test_longer_edits_equal_full_passes(data: st.DataObject, config: CNNConfig, seed: int) -> None:
    codes = data.draw(windows(config.length))
    run = make_run(config, seed)
    half_life = np.zeros(len(config.half_life))
    rng = np.random.default_rng(seed)
    spans = rng.integers(1, 25, 20)
    starts = np.array([rng.integers(0, config.length - span + 1) for span in spans])
    letters = rng.integers(0, 15, (20, 25)).astype(np.uint8)
    found = EditedWindow(run, codes, half_life).effects(Edits(starts, spans, letters))
    for edit, (start, span) in enumerate(zip(starts, spans, strict=True)):
        edited = codes.copy()
        edited[start : start + span] = letters[edit, :span]
        both = run.predict(np.stack([edited, codes]), np.zeros((2, len(half_life))))
        scale = max(1.0, float(np.abs(both).max()))
        np.testing.assert_allclose(found[edit], both[0] - both[1], atol=TOLERANCE * scale, rtol=0)


PUBLISHED = CNNConfig(3, 600, 300)


def test_published_architecture_at_the_ends_and_everywhere() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 900).astype(np.uint8)
    codes[:40] = UNKNOWN
    run = make_run(PUBLISHED, 3)
    fast, _ = mutate_incrementally([run], codes, np.zeros(5))
    slow, _ = mutate_by_full_passes([run], codes, np.zeros(5))
    np.testing.assert_allclose(fast, slow, atol=TOLERANCE, rtol=0)
    assert np.abs(fast[0, [0, 899]]).max() > 0  # the ends are not left out
    known = np.arange(40, 900)
    assert not fast[0, known, codes[known]].any()


def test_single_sites_equal_full_passes_and_the_whole_window() -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 5, 900).astype(np.uint8)
    runs = [make_run(PUBLISHED, 3), make_run(PUBLISHED, 4)]
    indices = np.array([0, 17, 600, 899])
    found = substitute_incrementally(runs, codes, np.zeros(5), indices)
    expected = substitute_by_full_passes(runs, codes, np.zeros(5), indices)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)
    whole, _ = saturation_mutagenesis(runs, codes, np.zeros(5))
    np.testing.assert_allclose(found, whole[:, indices], atol=TOLERANCE, rtol=0)


def test_two_threads_at_once_get_their_own_answers() -> None:
    rng = np.random.default_rng(0)
    run = make_run(PUBLISHED, 3)
    sequences = [rng.integers(0, 4, 900).astype(np.uint8) for _ in range(4)]
    alone = [mutate_incrementally([run], codes, np.zeros(5))[0] for codes in sequences]
    together: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        together[number] = mutate_incrementally([run], sequences[number], np.zeros(5))[0]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, expected in enumerate(alone):
        np.testing.assert_array_equal(together[number], expected)


def test_engines_are_explicit() -> None:
    run = make_run(PUBLISHED, 1)
    codes = np.zeros(900, np.uint8)
    with pytest.raises(ScxError, match="Engine 'magic'"):
        saturation_mutagenesis([run], codes, np.zeros(5), engine="magic")
    other = TrainedRun(torch.nn.Sequential(run.model), run.scaling)
    with pytest.raises(ScxError, match="choose 'batch'"):
        saturation_mutagenesis([other], codes, np.zeros(5), engine="incremental")
