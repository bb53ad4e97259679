"""A search for an architecture: its space, its stops, what it finds and hands on."""

import random
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
import searching
from filelock import FileLock

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.models import CNNConfig, ConvStage
from scx_core.search import Candidate, Search, SearchRequest, SearchSpace, list_searches
from scx_core.search.cutting import cut_dataset
from scx_core.search.handing_on import best_request, prepare_dataset
from scx_core.search.reading import search_path
from scx_core.search.request import EPOCHS
from scx_core.search.running import cut_data, delete_search, run_search
from scx_core.search.study import give_up_unfinished, open_study, sampler
from scx_core.store import Workspace
from scx_core.training.data import TrainingData

SMALL = {"n_stages": [1, 2], "filters": [4, 8], "kernel": [3, 5], "pool": [5, 10, 5], "units": [4]}
REQUEST = SearchRequest(
    "toy", "found", trials=8, preset="small", settings={"epochs": 3, "n_folds": 4}, space=SMALL
)


@pytest.fixture
def place(toy_root: Path, tmp_path: Path) -> Workspace:
    """A workspace with the toy dataset."""
    shutil.copytree(toy_root / "datasets", tmp_path / "datasets")
    return Workspace(tmp_path)


@pytest.fixture(scope="module")
def whole(toy_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Search:
    """A search that was never stopped."""
    root = tmp_path_factory.mktemp("whole")
    shutil.copytree(toy_root / "datasets", root / "datasets")
    return run_search(Workspace(root), REQUEST)


def timeless(search: Search) -> pd.DataFrame:
    """What does not depend on the clock, of the trials that ended."""
    ended = search.trials[search.trials["outcome"] != "stopped, done anew"]
    return ended.drop(columns="seconds").reset_index(drop=True)


def fixed(values: dict[str, object]) -> optuna.trial.FixedTrial:
    return optuna.trial.FixedTrial(values)


def test_the_published_architecture_is_in_the_space() -> None:
    values = {
        "batch_size": 128, "upstream": 7000, "downstream": 3500, "n_stages": 2,
        "filters_1": 128, "kernel_1": 6, "pool_1": 30, "dilation_1": 1,
        "filters_2": 32, "kernel_2": 9, "pool_2": 10, "dilation_2": 1,
        "n_hidden": 2, "units_1": 64, "units_2": 2, "dropout_1": 0.00099, "dropout_2": 0.01546,
    }  # fmt: skip
    drawn = SearchSpace().draw(fixed(values))
    assert drawn.stages == (
        ConvStage(128, 6, 30, padding="same"), ConvStage(32, 9, 10, padding="same")
    )  # fmt: skip
    assert (drawn.hidden, drawn.dropout) == ((64, 2), (0.00099, 0.01546))
    assert drawn.config(CNNConfig(3)).positions_left == 35
    assert Candidate.from_dict(drawn.to_dict()) == drawn


def test_windows_are_cut_to_the_dataset_whose_own_is_among_them(toy_dataset: Dataset) -> None:
    space = SearchSpace.of(toy_dataset)
    for (low, high, step), held in (
        (space.upstream, toy_dataset.upstream), (space.downstream, toy_dataset.downstream)
    ):  # fmt: skip
        assert high == held
        assert (high - low) % step == 0
    assert space.upstream[0] == 0
    assert space.downstream[0] > 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"pool": [5, 12, 5]}, "whole steps"),
        ({"kernel": [4, 2]}, "does not fall"),
        ({"dropout": [0, 1]}, r"\[0, 1\)"),
        ({"filters": []}, "filters"),
        ({"nothing": [1]}, "has no nothing"),
        ({"kernel": 3}, "damaged"),
    ],
)
def test_wrong_bounds_are_refused(changes: dict[str, object], told: str) -> None:
    with pytest.raises(ScxError, match=told):
        SearchSpace().changed(changes)


def test_a_space_beyond_the_window_is_refused(place: Workspace) -> None:
    asked = replace(REQUEST, space={"upstream": [0, 10_000, 500]})
    with pytest.raises(ScxError, match=r"10,000 bases upstream.*holds 300"):
        run_search(place, asked)
    assert not search_path(place, "found").exists()


def test_the_tss_stays_where_it_was(toy_dataset: Dataset) -> None:
    data = TrainingData.of(toy_dataset, "population", ())
    cut = cut_data(data, toy_dataset, 20, 30)
    tss = toy_dataset.windows[:, toy_dataset.upstream]
    assert cut.windows.shape == (len(tss), 50)
    np.testing.assert_array_equal(cut.windows[:, 20], tss)


def test_as_many_trials_as_asked_for_and_the_best_is_the_lowest(whole: Search) -> None:
    assert whole.n_trained == 8
    assert whole.finished
    trained = whole.trials[whole.trials["outcome"] == "trained"]
    assert whole.best is not None
    number, candidate, loss = whole.best
    assert loss == trained["validation_loss"].min() == trained.loc[number, "validation_loss"]
    assert (trained["epochs"] == 3).all()
    assert candidate.upstream == trained.loc[number, "upstream"]


def test_the_loss_of_a_trial_is_that_of_a_training_with_it(
    whole: Search, toy_dataset: Dataset, tmp_path: Path
) -> None:
    from scx_core.training.protocol import train

    assert whole.best is not None
    _, candidate, loss = whole.best
    place = Workspace(tmp_path)
    data = prepare_dataset(place, whole, toy_dataset)
    request = best_request(whole, toy_dataset, "best", folds=(0,), runs=1, epochs=3, max_restarts=0)
    assert request.dataset == data.name
    config, settings = request.fitted(data)
    assert config.stages == candidate.stages
    model = train(data, place.model_path("best"), config, settings, fold_names=(0,))
    assert model.history["validation_loss"].min() == pytest.approx(loss, rel=1e-6)


def test_kills_at_random_moments_change_nothing(place: Workspace, whole: Search) -> None:
    moments, killed = random.Random(1), 0
    for _ in range(4):
        before = _written(place)
        process = searching.start(place.root, REQUEST)
        end = time.monotonic() + 300
        while process.is_alive() and _written(place) == before and time.monotonic() < end:
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.1))
        killed += process.is_alive()
        process.kill()
        process.join()
    assert killed
    found = run_search(place, REQUEST)
    assert found.n_trained == 8
    pd.testing.assert_frame_equal(timeless(found), timeless(whole), check_dtype=False)


def _written(place: Workspace) -> tuple[int, int]:
    path = search_path(place, "found") / "trials.db"
    return (path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else (0, 0)


def test_a_trial_left_running_is_failed_and_done_anew(place: Workspace) -> None:
    run_search(place, replace(REQUEST, trials=2))
    with open_study(search_path(place, "found")) as study:
        study.sampler = sampler(0, 99)
        REQUEST.space_for(Dataset.open(place.dataset_path("toy"))).draw(study.ask())
    told: list[str] = []
    found = run_search(place, replace(REQUEST, trials=3), on_notice=told.append)
    assert "1 trial was running when the search was stopped, and done anew." in told
    assert (found.trials["outcome"] == "stopped, done anew").sum() == 1
    assert found.n_trained == 3


def test_a_deleted_search_is_gone_but_not_while_it_runs(place: Workspace) -> None:
    run_search(place, replace(REQUEST, trials=1))
    path = search_path(place, "found")
    with FileLock(path / "lock"), pytest.raises(ScxError, match="another process"):
        delete_search(place, "found")
    assert list_searches(place) == ["found"]
    delete_search(place, "found")
    assert list_searches(place) == []
    assert not list(path.parent.iterdir())
    with pytest.raises(ScxError, match="no search"):
        delete_search(place, "found")


def test_a_network_that_ends_its_process_each_time_is_passed_over(place: Workspace) -> None:
    # Every network of this space is possible.
    asked = replace(REQUEST, space={**SMALL, "n_stages": [1, 1]})
    run_search(place, replace(asked, trials=2))
    space = asked.space_for(Dataset.open(place.dataset_path("toy")))
    for _ in range(6):
        with open_study(search_path(place, "found")) as study:
            give_up_unfinished(study)
            study.sampler = sampler(0, 2)
            trial = study.ask()
            trial.set_user_attr("place", 2)
            drawn = space.draw(trial)
    found = run_search(place, replace(asked, trials=3))
    assert found.n_trained == 3
    assert found.n_impossible == 1
    passed = found.trials[found.trials["outcome"] == "impossible"].iloc[0]
    assert "ended 6 times" in passed["reason"]
    assert passed["upstream"] == drawn.upstream


def test_a_search_goes_on_only_with_its_own_settings(place: Workspace) -> None:
    first = run_search(place, replace(REQUEST, trials=2))
    with pytest.raises(ScxError, match="other settings or data"):
        run_search(place, replace(REQUEST, settings={"epochs": 4, "n_folds": 4}))
    more = run_search(place, replace(REQUEST, trials=3))
    n = len(first.trials)
    pd.testing.assert_frame_equal(more.trials.iloc[:n][first.trials.columns], first.trials)
    assert list_searches(place) == ["found"]


def test_a_space_without_possible_networks_is_refused_in_a_sentence(place: Workspace) -> None:
    space = {**SMALL, "n_stages": [4, 4], "pool": [50, 50, 5]}
    with pytest.raises(ScxError, match=r"impossible in this space.*narrower pools"):
        run_search(place, replace(REQUEST, space=space))
    found = Search.open(search_path(place, "found"))
    assert found.n_trained == 0
    assert found.n_impossible == 100
    assert found.trials["reason"].str.contains("too short").all()
    assert found.best is None
    assert found.importance().shares.empty


def test_bad_trials_are_pruned_with_the_reason(place: Workspace) -> None:
    asked = replace(REQUEST, trials=14, settings={"epochs": 4, "n_folds": 4})
    pruned = run_search(place, asked).trials.query("outcome == 'pruned'")
    assert len(pruned)
    assert (pruned["epochs"] < 4).all()
    assert pruned["reason"].str.contains("above the median").all()


def test_importance_says_what_it_is_worth(whole: Search) -> None:
    found = whole.importance()
    assert found.shares.sum() == pytest.approx(1)
    assert found.shares.is_monotonic_decreasing
    assert "kernel_2" not in found.shares
    assert "more about chance" in found.note
    pd.testing.assert_series_equal(found.shares, whole.importance().shares)


def test_optuna_speaks_as_before(whole: Search, capfd: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    Search.open(whole.path).importance()
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr().err == ""


def test_cut_dataset_is_whole(toy_dataset: Dataset, tmp_path: Path) -> None:
    cut = cut_dataset(toy_dataset, tmp_path / "cut", 100, 50)
    cut.validate()
    assert cut.digest != toy_dataset.digest
    np.testing.assert_array_equal(cut.windows, toy_dataset.windows[:, 200:350])
    pd.testing.assert_frame_equal(cut.expression, toy_dataset.expression)
    assert list(cut.genes.index) == list(toy_dataset.genes.index)
    assert "Cut from the dataset 'toy'" in cut.notices[-1]
    with pytest.raises(ScxError, match="cannot be cut"):
        cut_dataset(toy_dataset, tmp_path / "more", 301, 50)


def test_requests_are_read_back_and_refused() -> None:
    assert SearchRequest.from_dict(REQUEST.to_dict()) == REQUEST
    assert EPOCHS == 10
    with pytest.raises(ScxError, match="batch size is searched"):
        SearchRequest("toy", "x", settings={"batch_size": 3})
    with pytest.raises(ScxError, match="1 trial or more"):
        SearchRequest("toy", "x", trials=0)
    with pytest.raises(ScxError, match="damaged"):
        SearchRequest.from_dict({"dataset": "toy", "name": "x", "wrong": 1})


def test_half_life_alone_has_nothing_to_search(toy_dataset: Dataset) -> None:
    with pytest.raises(ScxError, match="no convolutions"):
        replace(REQUEST, preset="half-life").plan(toy_dataset)
