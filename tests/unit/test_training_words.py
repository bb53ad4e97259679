"""Small decisions of the Training page: amounts, folds, names, what a job has told."""

import json
import threading
from concurrent.futures import Future

import pytest

from scx_core.errors import ScxError
from scx_core.jobs import Job
from scx_core.jobs.directory import METRICS, POPULATIONS
from scx_core.store import Workspace
from scx_core.training.architecture import settings_for
from scx_core.training.estimate import Estimate
from scx_core.training.settings import TrainingSettings
from scx_core.ui.training_estimate import Measurements, look
from scx_core.ui.training_words import (
    Amount,
    fold_names,
    history_of,
    name_suffixes,
    newest_of,
    parse_folds,
    parse_numbers,
    quick_look,
    shown_value,
    size_text,
    suggest_name,
    taken_names,
    units_of,
)


def test_amounts_count_models_and_say_so():
    assert Amount((), 5, 40).n_units(20) == 100
    assert Amount((), 5, 40).sentence(20) == "20 folds × 5 runs × 40 epochs"
    assert Amount((3, "chrIV"), 2, 1).n_units(20) == 4
    assert quick_look(TrainingSettings()) == Amount((0,), 1, 10)
    assert quick_look(TrainingSettings(epochs=4)).epochs == 4


@pytest.mark.parametrize(
    ("text", "folds"),
    [("", ()), (" 0, 1 ", (0, 1)), ("chrIV", ("chrIV",)), ("0;X,,", (0, "X")), ("-1", ("-1",))],
)
def test_folds_are_numbers_or_names(text, folds):
    assert parse_folds(text) == folds


def test_numbers_between_commas():
    assert parse_numbers("64, 2", "Hidden units", whole=True) == (64, 2)
    assert parse_numbers("0.1", "Dropout", whole=False) == (0.1,)
    with pytest.raises(ScxError, match=r"Hidden units: '6\.4' is no whole number"):
        parse_numbers("6.4", "Hidden units", whole=True)
    with pytest.raises(ScxError, match="Dropout: '' is no number"):
        parse_numbers("0.1,", "Dropout", whole=False)


def test_folds_are_named_by_their_chromosome(toy_dataset):
    assert fold_names(toy_dataset, TrainingSettings(split="chromosome")) == {0: "chr1"}
    assert fold_names(toy_dataset, TrainingSettings(n_folds=3)) == {0: "0", 1: "1", 2: "2"}


def test_units_are_folds_times_runs_and_no_others():
    names = {0: "chrI", 1: "chrII", 2: "chrX"}
    assert units_of((), 1, names) == [(0, 0), (1, 0), (2, 0)]
    assert units_of(("chrX", 0, 0), 2, names) == [(2, 0), (2, 1), (0, 0), (0, 1)]
    assert units_of((7, "chrV"), 2, names) == []


def test_names_are_free_with_every_suffix():
    assert suggest_name("worm", [""], []) == "worm"
    assert suggest_name("worm", [""], ["worm", "worm-2"]) == "worm-3"
    suffixes = name_suffixes(["population", "class"])
    assert suggest_name("worm", suffixes, ["worm"]) == "worm"
    assert suggest_name("worm", suffixes, ["worm-class"]) == "worm-2"
    assert name_suffixes(["class"]) == [""]


def test_names_of_models_being_made_are_taken(tmp_path):
    (tmp_path / "models" / ".half.unfinished").mkdir(parents=True)
    assert taken_names(Workspace(tmp_path)) == {"half"}


def test_values_and_sizes_in_plain_words():
    assert [size_text(n) for n in (12, 4_000, 4.56e6, 1.23e9)] == [
        "1 kB",
        "4 kB",
        "4.56 MB",
        "1.23 GB",
    ]
    assert shown_value((0.00099, 0.1)) == "0.00099, 0.1"
    assert shown_value(5e-4) == "0.0005"


def test_history_counts_an_epoch_told_twice_once_and_keeps_attempts_apart(tmp_path):
    lines = [
        {"fold": 0, "run": 1, "epoch": 1, "validation_loss": 1.0},
        {"fold": 0, "run": 1, "epoch": 1, "validation_loss": 0.9, "attempt": 0},
        {"fold": 0, "run": 1, "epoch": 1, "validation_loss": 0.8, "attempt": 1},
        {"fold": 0, "run": 1, "epoch": 2, "validation_loss": None},
        {"fold": "x", "run": 1, "epoch": 2, "validation_loss": 0.7},
        {"run": 1, "epoch": 2, "validation_loss": 0.7},
    ]
    (tmp_path / METRICS).write_text("\n".join([*map(json.dumps, lines), '{"fold": 0, "ru']))
    history = history_of(Job(tmp_path))
    assert history[["attempt", "epoch"]].to_numpy().tolist() == [[0, 1], [1, 1], [0, 2]]
    assert history["validation_loss"].tolist()[:2] == [0.9, 0.8]
    assert history["train_loss"].isna().all()
    assert history_of(Job(tmp_path / "none")).empty


def test_newest_epoch_leaves_out_what_is_no_number(tmp_path):
    told = {"fold": 2, "run": 0, "epoch": 7, "values": {"a": 0.5, "b": None, "c": "high"}}
    (tmp_path / POPULATIONS).write_text(json.dumps(told))
    newest = newest_of(Job(tmp_path), {2: "chrIV"})
    assert newest.values == {"a": 0.5}
    assert newest.told == "fold chrIV, run 1, epoch 7"
    assert newest_of(Job(tmp_path / "none"), {}).values == {}


def an_estimate(seconds: float = 1.0) -> Estimate:
    return Estimate(seconds, 1000, 1000, 2.0, 10, 4)


def test_measurements_are_made_once_and_the_last_one_asked_for_first():
    measurements, order, go = Measurements(), [], threading.Event()

    def measure(name: str) -> Estimate:
        go.wait(10)
        order.append(name)
        return an_estimate()

    futures = [measurements.ask(name, lambda name=name: measure(name)) for name in "abc"]
    assert measurements.ask("b", lambda: measure("again")) is futures[1]
    futures[1].cancel()
    go.set()
    for future in (futures[0], futures[2]):
        future.result(10)
    assert set(order) == {"a", "c"}
    assert look(futures[1], 1) is None
    assert measurements.ask("b", lambda: measure("b")).result(10) == an_estimate()


def test_measurement_of_one_epoch_tells_of_many():
    future: Future[Estimate] = Future()
    assert look(future, 40) is None
    future.set_result(an_estimate())
    # 10 models by 4 processes: 3 rounds of 40 epochs, of which one each was counted.
    assert look(future, 40).seconds == 1 + 3 * 39 * 2.0


@pytest.mark.parametrize(
    ("error", "told"),
    [(ScxError("No room for a batch."), "No room"), (OSError("no fork"), "could not be measured")],
)
def test_what_cannot_be_measured_is_a_sentence(error, told):
    def fail() -> Estimate:
        raise error

    future = Measurements().ask("x", fail)
    assert isinstance(future.exception(10), type(error))
    assert told in look(future, 1)


def test_quick_look_of_the_small_architecture_is_quick():
    assert quick_look(settings_for("small")).n_units(5) == 1
