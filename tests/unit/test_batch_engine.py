"""The batch engine, scans and pairs equal full forward passes; what cannot be mutated is refused."""

import logging
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from scx_core.errors import ScxError
from scx_core.models import CNNConfig, ConvStage, SequenceCNN
from scx_core.mutagenesis import (
    DamagedWeightsError,
    Edits,
    WindowLengthError,
    deletion_scan,
    effects_of_edits,
    effects_of_windows,
    pairwise,
    saturation_mutagenesis,
    scans,
    substitute,
)
from scx_core.mutagenesis.batch import (
    HalfError,
    effects_in_batches,
    measure_half_precision,
    mutate_in_batches,
)
from scx_core.mutagenesis.exact_products import exact_products
from scx_core.mutagenesis.full_passes import mutate_by_full_passes, substitute_by_full_passes
from scx_core.mutagenesis.incremental import mutate_incrementally
from scx_core.mutagenesis.notices import _log_once
from scx_core.mutagenesis.room import batch_that_fits, run_in_batches
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import UNKNOWN
from scx_core.trained import TrainedRun
from scx_core.training.data import Scaling

TOLERANCE = 1e-5
STAGES = (ConvStage(6, 5, 3), ConvStage(5, 3, 2, dilation=2))
CONFIG = CNNConfig(3, 30, 18, STAGES, (7,), (0.1,), ("orf_length",))
LENGTH = CONFIG.length


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Threads of networks as small as these only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def scaling_of(n_outputs: int, n_features: int) -> Scaling:
    return Scaling(
        np.linspace(0, 1, n_outputs), np.linspace(1, 2, n_outputs),
        np.zeros(n_features), np.ones(n_features),
    )  # fmt: skip


def make_run(seed: int, config: CNNConfig = CONFIG) -> TrainedRun:
    torch.manual_seed(seed)
    model = SequenceCNN(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    return TrainedRun(model, scaling_of(config.n_outputs, len(config.half_life)))


class Foreign(nn.Module):
    """A network outside the family."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.reader = nn.Conv1d(4, 6, 9)
        self.output = nn.Linear(7, 3)
        self.largest = 0
        self.passes = 0

    def forward(self, sequence: Tensor, half_life: Tensor) -> Tensor:
        self.largest = max(self.largest, len(sequence))
        self.passes += 1
        hidden = torch.tanh(3 * self.reader(sequence)).mean(dim=2)
        return self.output(torch.cat([hidden, half_life], dim=1))


class Greedy(Foreign):
    """Runs out of memory above a batch size, in one of the ways that PyTorch says so."""

    def __init__(self, seed: int, room: int, error: RuntimeError) -> None:
        super().__init__(seed)
        self.room, self.error = room, error

    def forward(self, sequence: Tensor, half_life: Tensor) -> Tensor:
        if len(sequence) > self.room:
            raise self.error
        return super().forward(sequence, half_life)


def foreign_run(model: nn.Module) -> TrainedRun:
    return TrainedRun(model.eval(), scaling_of(3, 1))


def random_codes(seed: int, letters: int = 4) -> np.ndarray:
    codes = np.random.default_rng(seed).integers(0, letters, LENGTH).astype(np.uint8)
    codes[:3] = UNKNOWN
    return codes


def by_prediction(runs: list[TrainedRun], codes: np.ndarray, edited: np.ndarray) -> np.ndarray:
    """Oracle: predicted(edited) − predicted(wild type), shape (runs, windows, populations)."""
    both = np.concatenate([codes[None], edited])
    features = np.full((len(both), 1), 0.3)
    predicted = np.stack([run.predict(both, features) for run in runs])
    return predicted[:, 1:] - predicted[:, :1]


HALF_LIFE = np.array([0.3])


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([4, 5, 15]), st.sampled_from([None, 1, 7, 500]))
def test_batch_engine_equals_full_passes(seed: int, letters: int, size: int | None) -> None:
    codes = random_codes(seed, letters)
    runs = [foreign_run(Foreign(seed)), make_run(seed + 1)]
    found, wild_type = mutate_in_batches(runs, codes, HALF_LIFE, batch=size)
    expected, expected_wild_type = mutate_by_full_passes(runs, codes, HALF_LIFE)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose(wild_type, expected_wild_type, atol=TOLERANCE, rtol=0)


def test_all_models_see_a_batch_and_the_window_is_cut_into_few() -> None:
    runs = [foreign_run(Foreign(1)), foreign_run(Foreign(2))]
    mutate_in_batches(runs, random_codes(1), HALF_LIFE, batch=50)
    n_mutants = 3 * (LENGTH - 3) + 4 * 3
    for run in runs:
        assert run.model.largest == 50
        assert run.model.passes == 1 + -(-n_mutants // 50)  # the wild type, then the batches


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
    ],
)  # fmt: skip
def test_batches_shrink_when_memory_runs_out(error: RuntimeError) -> None:
    codes = random_codes(5)
    run = foreign_run(Greedy(5, 11, error))
    said: list[str] = []
    fractions: list[float] = []

    def listen(fraction: float, message: str) -> None:
        fractions.append(fraction)
        said.append(message)

    found, _ = mutate_in_batches([run], codes, HALF_LIFE, batch=64, progress=listen)
    expected, _ = mutate_by_full_passes([foreign_run(Foreign(5))], codes, HALF_LIFE)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)
    shrunk = [message for message in said if "out of memory" in message]
    assert [message.split(" on with ")[1] for message in shrunk] == [
        "32 at a time", "16 at a time", "8 at a time",
    ]  # fmt: skip
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert run.model.largest == 8


def test_no_room_for_one_mutant_is_a_sentence_and_other_errors_pass() -> None:
    codes = random_codes(5)
    run = foreign_run(Foreign(1))
    edits = Edits.all_substitutions(codes)

    def full(rows: slice) -> None:
        raise torch.OutOfMemoryError("out of memory")

    with pytest.raises(ScxError, match="not suffice for a single window"):
        run_in_batches(full, len(edits), 16, no_progress, "Mutating")

    def broken(rows: slice) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        run_in_batches(broken, len(edits), 16, no_progress, "Mutating")
    assert not effects_in_batches([run], codes, HALF_LIFE, edits.part(slice(0))).size


class CancelledError(Exception):
    pass


def stop_after(calls: int) -> Progress:
    seen = []

    def stop(fraction: float, message: str) -> None:
        seen.append(fraction)
        if len(seen) == calls:
            raise CancelledError

    return stop


def test_cancelling_stops_all_of_it() -> None:
    codes = random_codes(2)
    run = foreign_run(Foreign(2))
    with pytest.raises(CancelledError):
        mutate_in_batches([run], codes, HALF_LIFE, batch=10, progress=stop_after(3))
    assert run.model.passes == 1 + 3
    family = [make_run(1)]
    with pytest.raises(CancelledError):
        pairwise(family, codes, HALF_LIFE, 10, 14, [0], progress=stop_after(1))
    with pytest.raises(CancelledError):
        deletion_scan(family, codes, HALF_LIFE, 4, progress=stop_after(1))
    with pytest.raises(CancelledError):
        effects_of_windows(
            family, codes, codes[None, ::-1].copy(), HALF_LIFE, progress=stop_after(1)
        )


def test_half_precision_tells_its_error() -> None:
    codes = random_codes(3)
    runs = [make_run(3), make_run(4)]
    notices: list[str] = []
    found, wild_type = saturation_mutagenesis(
        runs, codes, HALF_LIFE, engine="batch", precision="half", notify=notices.append
    )
    exact, expected_wild_type = mutate_by_full_passes(runs, codes, HALF_LIFE)
    error = np.abs(found - exact)
    assert error.max() > 0
    assert error.max() < 0.1 * np.abs(exact).max()
    np.testing.assert_allclose(wild_type, expected_wild_type, atol=TOLERANCE)
    edits = Edits.all_substitutions(codes)
    measured = measure_half_precision(runs, codes, HALF_LIFE, edits)
    # All mutants of this short window are in the sample.
    assert measured.mutants == len(edits)
    changed = (slice(None), edits.starts, edits.letters[:, 0])
    assert measured.largest == pytest.approx(error.max(), rel=0.5)
    assert measured.mean == pytest.approx(error[changed].mean(), rel=0.5)
    assert measured.largest_effect == pytest.approx(np.abs(exact).max(), rel=1e-4)
    assert notices == [measured.sentence]
    assert f"at most {measured.largest:.2g}" in notices[0]


def test_half_precision_that_overflows_is_refused() -> None:
    class Overflowing(Foreign):
        def forward(self, sequence: Tensor, half_life: Tensor) -> Tensor:
            z = super().forward(sequence, half_life)
            return z * torch.inf if torch.is_autocast_enabled("cpu") else z

    run = foreign_run(Overflowing(1))
    with pytest.raises(ScxError, match="overflows"):
        mutate_in_batches([run], random_codes(1), HALF_LIFE, precision="half", notify=print)


def test_precision_and_engine_are_explicit() -> None:
    run, codes = make_run(1), random_codes(1)
    with pytest.raises(ScxError, match="Precision 'double'"):
        saturation_mutagenesis([run], codes, HALF_LIFE, precision="double")
    with pytest.raises(ScxError, match="Half precision is for the engine 'batch', not 'auto'"):
        saturation_mutagenesis([run], codes, HALF_LIFE, precision="half")
    edits = Edits.all_substitutions(codes)
    with pytest.raises(ScxError, match="choose 'batch'"):
        effects_of_edits([run], codes, HALF_LIFE, edits, engine="full")


def test_all_engines_agree() -> None:
    runs, codes = [make_run(1), make_run(2)], random_codes(1, 6)
    results = [
        saturation_mutagenesis(runs, codes, HALF_LIFE, engine=engine)
        for engine in ("full", "auto", "incremental", "batch")
    ]
    for effects, wild_type in results[1:]:
        np.testing.assert_allclose(effects, results[0][0], atol=TOLERANCE, rtol=0)
        np.testing.assert_allclose(wild_type, results[0][1], atol=TOLERANCE, rtol=0)


def test_other_networks_fall_back_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    codes = random_codes(8)
    runs = [foreign_run(Foreign(8)), foreign_run(Foreign(9))]
    notices: list[str] = []
    found, _ = saturation_mutagenesis(runs, codes, HALF_LIFE, notify=notices.append)
    assert len(notices) == 1
    assert "full forward passes" in notices[0]
    expected, _ = mutate_by_full_passes(runs, codes, HALF_LIFE)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)
    pairwise(runs, codes, HALF_LIFE, 10, 13, [0], notify=notices.append)
    assert len(notices) == 2
    saturation_mutagenesis([make_run(1)], codes, HALF_LIFE, notify=notices.append)
    assert len(notices) == 2
    _log_once.cache_clear()
    with caplog.at_level(logging.WARNING, "scx_core.mutagenesis"):
        for _ in range(3):
            substitute(runs, codes, HALF_LIFE, np.array([4]))
    assert [record.getMessage() for record in caplog.records] == [notices[0]]


@pytest.mark.parametrize("family", [True, False])
def test_single_sites_equal_full_passes(family: bool) -> None:
    codes = random_codes(4)
    runs = [make_run(1), make_run(2)] if family else [foreign_run(Foreign(1))]
    indices = np.array([0, 5, 47])
    found = substitute(runs, codes, HALF_LIFE, indices)
    expected = substitute_by_full_passes(runs, codes, HALF_LIFE, indices)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)
    assert not found[:, [1, 2], codes[[5, 47]]].any()
    assert found[:, 0].any()  # a base against the mixture N
    empty = substitute(runs, codes, HALF_LIFE, np.array([], np.int64))
    assert empty.shape == (len(runs), 0, 4, 3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31))
def test_edits_of_many_lengths_equal_full_passes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = random_codes(seed)
    runs = [make_run(seed), make_run(seed + 1)]
    spans = rng.integers(1, 30, 12)
    starts = np.array([rng.integers(0, LENGTH - span + 1) for span in spans])
    edits = Edits(starts, spans, rng.integers(0, 15, (12, 30)).astype(np.uint8))
    edited = np.repeat(codes[None], 12, axis=0)
    for row, (start, span) in enumerate(zip(starts, spans, strict=True)):
        edited[row, start : start + span] = edits.letters[row, :span]
    expected = by_prediction(runs, codes, edited)
    for engine in ("incremental", "batch"):
        found = effects_of_edits(runs, codes, HALF_LIFE, edits, engine=engine)
        np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("family", [True, False])
@pytest.mark.parametrize("width", [1, 7, LENGTH])
def test_deletion_scan_equals_brute_force(
    family: bool, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans, "_EDITS_AT_ONCE", 13)
    codes = random_codes(6)
    runs = [make_run(6), make_run(7)] if family else [foreign_run(Foreign(6))]
    n_starts = LENGTH - width + 1
    edited = np.repeat(codes[None], n_starts, axis=0)
    for start in range(n_starts):
        edited[start, start : start + width] = UNKNOWN
    found = deletion_scan(runs, codes, HALF_LIFE, width)
    assert found.shape == (len(runs), n_starts, 3)
    np.testing.assert_allclose(found, by_prediction(runs, codes, edited), atol=TOLERANCE, rtol=0)
    assert np.abs(found).max() > 10 * TOLERANCE


@pytest.mark.parametrize("family", [True, False])
def test_pairs_equal_brute_force(family: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "_EDITS_AT_ONCE", 50)  # several pieces
    codes = random_codes(9)
    codes[12] = UNKNOWN
    runs = [make_run(9), make_run(10)] if family else [foreign_run(Foreign(9))]
    start, end, populations = 10, 15, [2, 0]
    found = pairwise(runs, codes, HALF_LIFE, start, end, populations)
    assert found.epistasis.shape == (5, 4, 5, 4, 2)
    assert found.start == start
    assert found.populations == (2, 0)
    for i in range(5):
        for a in range(4):
            for j in range(5):
                for b in range(4):
                    value = found.epistasis[i, a, j, b]
                    if i == j:
                        assert np.isnan(value).all()
                        continue
                    edited = np.repeat(codes[None], 3, axis=0)
                    edited[[0, 2], start + i] = a
                    edited[[1, 2], start + j] = b
                    one, other, both = by_prediction(runs, codes, edited).mean(axis=0)
                    expected = (both - one - other)[populations]
                    np.testing.assert_allclose(value, expected, atol=TOLERANCE, rtol=0)
                    np.testing.assert_allclose(
                        found.single[i, a], one[populations], atol=TOLERANCE, rtol=0
                    )
                    if codes[start + i] == a or codes[start + j] == b:
                        assert not value.any()
    assert np.nanmax(np.abs(found.epistasis)) > 10 * TOLERANCE


@pytest.mark.parametrize("family", [True, False])
def test_windows_equal_full_passes_whichever_way_they_go(family: bool) -> None:
    codes = random_codes(11)
    runs = [make_run(11), make_run(12)] if family else [foreign_run(Foreign(11))]
    edited = np.repeat(codes[None], 6, axis=0)
    edited[1, 20] = (codes[20] + 1) % 4  # one letter
    edited[2, 20:30] = UNKNOWN  # short
    edited[3] = codes[::-1]  # everything
    edited[4, [5, 47]] = [(codes[5] + 1) % 4, (codes[47] + 2) % 4]  # from end to end
    edited[5, 47] = (codes[47] + 2) % 4  # the last letter
    found = effects_of_windows(runs, codes, edited, HALF_LIFE)
    np.testing.assert_allclose(found, by_prediction(runs, codes, edited), atol=TOLERANCE, rtol=0)
    assert not found[:, 0].any()
    assert found[:, 1:].any(axis=(0, 2)).all()
    assert effects_of_windows(runs, codes, edited[:0], HALF_LIFE).shape == (len(runs), 0, 3)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_way_makes_no_difference(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = random_codes(13)
    runs = [make_run(13)]
    rng = np.random.default_rng(13)
    edited = np.where(rng.random((40, LENGTH)) < 0.05, 4, codes).astype(np.uint8)
    expected = effects_of_windows(runs, codes, edited, HALF_LIFE)
    monkeypatch.setattr(scans, "_SHORT", share)
    found = effects_of_windows(runs, codes, edited, HALF_LIFE)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)


def test_batch_size_follows_free_memory() -> None:
    assert batch_that_fits(10**9, 10**6, 1000) == 600
    # Never less than the one-hot input itself asks for: 16 bytes a letter.
    assert batch_that_fits(10**9, 0, 100_000) == 375
    assert batch_that_fits(1000, 10**6, 1000) == 1
    assert batch_that_fits(10**15, 10**6, 1000) == 8192


def call_all(runs: list[TrainedRun], codes: np.ndarray, half_life: np.ndarray) -> list[ScxError]:
    """Refusals of all entry points."""
    site = np.array([0])
    edits = Edits.substitutions(site, np.array([1], np.uint8))
    calls = [
        lambda: saturation_mutagenesis(runs, codes, half_life),
        lambda: saturation_mutagenesis(runs, codes, half_life, engine="batch"),
        lambda: saturation_mutagenesis(runs, codes, half_life, engine="full"),
        lambda: substitute(runs, codes, half_life, site),
        lambda: effects_of_edits(runs, codes, half_life, edits),
        lambda: effects_of_windows(runs, codes, codes[None], half_life),
        lambda: deletion_scan(runs, codes, half_life, 1),
        lambda: pairwise(runs, codes, half_life, 0, 2, [0]),
    ]
    errors = []
    for call in calls:
        with pytest.raises(ScxError) as caught:
            call()
        errors.append(caught.value)
    return errors


@pytest.mark.parametrize(
    ("length", "words"),
    [(40, "40 bases, shorter than the model's window of 48"), (50, "50 bases, longer"),
     (0, "empty")],
)  # fmt: skip
def test_a_sequence_of_another_length_is_named(length: int, words: str) -> None:
    for error in call_all([make_run(1)], np.zeros(length, np.uint8), HALF_LIFE):
        assert isinstance(error, WindowLengthError)
        assert words in str(error)


def test_codes_and_features_are_checked_by_all() -> None:
    run, codes = make_run(1), random_codes(1)
    wrong = codes.copy()
    wrong[7] = 15
    for error in call_all([run], wrong, HALF_LIFE):
        assert "base code 15 at window index 7" in str(error)
    for error in call_all([run], codes.astype(np.float64), HALF_LIFE):
        assert "base codes (uint8)" in str(error)
    for error in call_all([run], codes, np.zeros(2)):
        assert "reads 1 half-life feature, but 2 were given" in str(error)
    for error in call_all([run], codes, np.zeros((1, 1))):
        assert "one row of numbers" in str(error)
    for error in call_all([run], codes, np.array([np.inf])):
        assert "infinite" in str(error)
    for error in call_all([], codes, HALF_LIFE):
        assert "no model" in str(error)
    other = make_run(1, CNNConfig(2, 30, 18, STAGES, (7,), (0.1,), ("orf_length",)))
    for error in call_all([run, other], codes, HALF_LIFE):
        assert "different populations: the first 3, run 2 2" in str(error)
    saturation_mutagenesis([run], codes, np.array([np.nan]))  # an unknown half-life is fine


def test_damaged_weights_are_named_also_when_they_break_later() -> None:
    codes = random_codes(1)
    runs = [make_run(1), make_run(2)]
    saturation_mutagenesis(runs, codes, HALF_LIFE)
    with torch.no_grad():
        runs[1].model.head[0].weight[0, 0] = torch.nan
    for error in call_all(runs, codes, HALF_LIFE):
        assert isinstance(error, DamagedWeightsError)
        assert "run 2 of 2 (head.dense0.weight)" in str(error)
    scale = TrainedRun(runs[0].model, Scaling(np.zeros(3), np.full(3, np.nan), *np.ones((2, 1))))
    for error in call_all([scale], codes, HALF_LIFE):
        assert isinstance(error, DamagedWeightsError)
        assert "target_scale" in str(error)


def test_training_mode_is_refused() -> None:
    run = make_run(1)
    run.model.train()
    for error in call_all([run], random_codes(1), HALF_LIFE):
        assert "training mode" in str(error)


def test_places_outside_are_refused() -> None:
    runs, codes = [make_run(1)], random_codes(1)
    with pytest.raises(ScxError, match="index 48 lies outside the window of 48 bases"):
        substitute(runs, codes, HALF_LIFE, np.array([3, 48]))
    with pytest.raises(ScxError, match="index -1 lies outside"):
        substitute(runs, codes, HALF_LIFE, np.array([-1]))
    with pytest.raises(ScxError, match="whole numbers"):
        substitute(runs, codes, HALF_LIFE, np.array([1.5]))
    edits = Edits(np.array([40]), np.array([9]), np.zeros((1, 9), np.uint8))
    with pytest.raises(ScxError, match="index 48 lies outside"):
        effects_of_edits(runs, codes, HALF_LIFE, edits)
    for width in (0, 49):
        with pytest.raises(ScxError, match="choose a width from 1 to 48"):
            deletion_scan(runs, codes, HALF_LIFE, width)
    with pytest.raises(ScxError, match="index 48 lies outside"):
        pairwise(runs, codes, HALF_LIFE, 40, 49, [0])
    with pytest.raises(ScxError, match="holds no pair"):
        pairwise(runs, codes, HALF_LIFE, 4, 5, [0])
    with pytest.raises(ScxError, match="no population 3"):
        pairwise(runs, codes, HALF_LIFE, 4, 8, [3])
    with pytest.raises(ScxError, match="at least one population"):
        pairwise(runs, codes, HALF_LIFE, 4, 8, [])
    with pytest.raises(ScxError, match=r"shape \(windows, 48\)"):
        effects_of_windows(runs, codes, codes[None, :-1], HALF_LIFE)
    wrong = np.repeat(codes[None], 3, axis=0)
    wrong[2, 5] = 99
    with pytest.raises(ScxError, match="edited window 2 holds the base code 99"):
        effects_of_windows(runs, codes, wrong, HALF_LIFE)


def test_too_many_pairs_are_refused_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs, codes = [make_run(1)], random_codes(1)
    monkeypatch.setattr(scans, "WIDEST_RANGE", 20)
    with pytest.raises(ScxError, match="21 positions in 1 population are too many"):
        pairwise(runs, codes, HALF_LIFE, 4, 25, [0])
    monkeypatch.setattr(scans, "_LARGEST_RESULT", 2**20)
    with pytest.raises(ScxError, match="at most 20 positions and 1 MB"):
        pairwise(runs, codes, HALF_LIFE, 4, 24, list(range(3)) * 20)
    assert mutate_incrementally(runs, codes, HALF_LIFE)[0].shape == (1, LENGTH, 4, 3)


def test_codes_and_edits_of_any_layout_are_fine() -> None:
    runs, codes = [make_run(1)], random_codes(1)
    fixed = codes.copy()
    fixed.flags.writeable = False
    expected, _ = saturation_mutagenesis(runs, codes, HALF_LIFE)
    for given_codes in (fixed, np.repeat(codes, 2)[::2]):
        for engine in ("incremental", "batch", "full"):
            found, _ = saturation_mutagenesis(runs, given_codes, HALF_LIFE, engine=engine)
            np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)
    base = np.array([2], np.uint8)
    edits = Edits(np.array([30], np.int32), np.array([1], np.int16), base[:, None])
    edits.letters.flags.writeable = False
    found = effects_of_edits(runs, fixed, HALF_LIFE, edits)
    np.testing.assert_allclose(found[:, 0], expected[:, 30, 2], atol=TOLERANCE, rtol=0)
    windows = np.repeat(fixed[None], 2, axis=0)
    windows.flags.writeable = False
    assert not effects_of_windows(runs, fixed, windows, HALF_LIFE).any()
    assert fixed.tolist() == codes.tolist()


def test_advice_where_half_precision_is_too_rough() -> None:
    assert HalfError(0.02, 0.01, 0.1, 256).sentence.endswith("choose precision 'single'.")
    assert HalfError(0.002, 0.001, 0.1, 1).sentence.endswith("largest effect is 0.1.")


def test_exact_products_hold_until_the_last_thread_has_left() -> None:
    """The switches are the process's: one thread must not turn them back on under another."""
    convolutions, products = torch.backends.cudnn, torch.backends.cuda.matmul
    before = convolutions.allow_tf32, products.allow_tf32
    convolutions.allow_tf32 = products.allow_tf32 = True
    cuda = [torch.device("cuda")]
    try:
        with exact_products(cuda):
            with exact_products(cuda):
                pass
            assert not (convolutions.allow_tf32)
            assert not (products.allow_tf32)
        assert convolutions.allow_tf32
        assert products.allow_tf32
        with exact_products([torch.device("cpu")]):
            assert convolutions.allow_tf32
        first, second = exact_products(cuda), exact_products(cuda)
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)  # leaves before the one that came later
        assert not (convolutions.allow_tf32)
        assert not (products.allow_tf32)
        second.__exit__(None, None, None)
        assert convolutions.allow_tf32
        assert products.allow_tf32
    finally:
        convolutions.allow_tf32, products.allow_tf32 = before
