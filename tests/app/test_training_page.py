"""The Training page: the form and what it refuses, every state of a job, the models it made."""

import json
import math
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from app_reading import refuse_traceback, texts, wait_for_job
from filelock import FileLock

from scx_core.engines import cores
from scx_core.ensemble import Ensemble
from scx_core.import_folder import ImportFolder
from scx_core.jobs import Job, list_jobs, queue, start_job
from scx_core.jobs.alive import hold
from scx_core.jobs.directory import LOCK, METRICS, NOTICES, POPULATIONS, SPEC, write_state
from scx_core.model_files import export_model
from scx_core.progress import about
from scx_core.store import Workspace
from scx_core.training.request import TrainingRequest
from scx_core.ui import training_advanced
from scx_core.ui.person import person


@pytest.fixture
def place(toy, tmp_path) -> Path:
    """A workspace of its own, with the dataset alone."""
    shutil.copytree(toy / "datasets", tmp_path / "ws" / "datasets")
    return tmp_path / "ws"


@pytest.fixture
def still(monkeypatch) -> None:
    """Keep jobs in the queue: no process is started."""
    monkeypatch.setattr(queue, "_launch", lambda entry: None)


def training(open_app, folder: Path, **query: str):
    app = open_app("training", folder=folder, **query)
    refuse_traceback(app)
    return app


def amounts(app) -> list[str]:
    """What is said beside each amount of training."""
    return list(app.radio(key="train_amount").proto.captions)


def levels(app):
    return app.pills(key="train_levels_toy")


def start(app, *, name: str = "") -> None:
    app.text_input(key="train_name").set_value(name)
    app.button(key="train_start").click().run()
    refuse_traceback(app)


def write_job(folder: Path, state: str, error: str = "", **parameters) -> Job:
    """Write the directory of a training that is in some state."""
    path = folder / "jobs" / "20260101-000000-aaaaaaaa"
    path.mkdir(parents=True)
    asked = {
        "model": "new", "dataset": "toy", "preset": "small",
        "settings": {"n_folds": 4, "runs": 2, "epochs": 3}, "folds": [0],
    }  # fmt: skip
    spec = {
        "kind": "train", "parameters": {**asked, **parameters}, "user": "ada",
        "created": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    (path / SPEC).write_text(json.dumps(spec))
    write_state(path, state, 0.5, "Training 2 models", error)
    return Job(path)


def write_epochs(job: Job, *epochs: dict) -> None:
    lines = [
        {
            "attempt": 0, "train_loss": 1.0, "validation_loss": 1.0, "learning_rate": 5e-4,
            "validation_pearson": 0.5, **epoch,
        }
        for epoch in epochs
    ]  # fmt: skip
    (job.path / METRICS).write_text("\n".join(json.dumps(line) for line in lines))
    told = {"fold": 0, "run": 0, "epoch": 3, "values": {"Sst": 0.5, "Vip": None}}
    (job.path / POPULATIONS).write_text(json.dumps(told))


# The form


def test_form_tells_what_each_amount_takes(open_app, toy, estimated):
    estimated.clear()
    app = training(open_app, toy)
    assert amounts(app) == [
        "1 fold × 1 run × 10 epochs · measuring …",
        "5 folds × 2 runs × 40 epochs · measuring …",
        "folds, runs and epochs of my choice",
    ]
    estimated.set()
    for _ in range(1200):
        time.sleep(0.05)
        if "measuring" not in str(amounts(app.run())):
            break
    workers = min(cores(), 10)
    whole = 30 + 2 * math.ceil(10 / workers) * 40
    assert amounts(app)[:2] == [
        "1 fold × 1 run × 10 epochs · about 50 s",
        f"5 folds × 2 runs × 40 epochs · {about(whole)}",
    ]
    assert "2 s an epoch; 5 MB of disk, 300 MB of memory." in texts(app)
    levels(app).set_value(["population", "class"]).run()
    assert amounts(app)[0].endswith("about 2 min")
    assert "10 MB of disk" in texts(app)


def test_learning_rate_typed_anew_is_not_measured_anew(open_app, toy):
    app = training(open_app, toy)
    for _ in range(50):
        if "measuring" not in str(amounts(app.run())):
            break
    app.number_input(key="adv_learning_rate_small_quick").set_value(1e-4)
    app.number_input(key="adv_epochs_small_quick").set_value(20).run()
    assert amounts(app)[0] == "1 fold × 1 run × 20 epochs · about 70 s"


def test_quick_look_trains_as_a_job_and_the_model_appears(open_app, place):
    app = training(open_app, place)
    app.number_input(key="adv_epochs_small_quick").set_value(2).run()
    start(app)
    job = wait_for_job(place)
    assert (job.state, job.error) == ("finished", "")
    app.run()
    refuse_traceback(app)
    told = texts(app)
    assert "Training toy-small is finished." in told
    assert "On n = 16 genes that it never saw" in told
    assert "For comparison (r): counting 5-mers gives" in told
    assert "**1 of 1 model** trained" in told
    assert app.dataframe[0].value["Folds × runs"].tolist() == ["1 × 1"]
    assert app.selectbox(key="model").value == "toy-small"
    assert app.text_input(key="train_name").placeholder == "toy-small-2"


def test_several_resolutions_become_a_job_each_with_the_same_folds(open_app, place, still):
    app = training(open_app, place)
    levels(app).set_value(["population", "class"]).run()
    start(app, name="both")
    jobs = list_jobs(Workspace(place))
    assert [job.parameters["model"] for job in reversed(jobs)] == ["both-population", "both-class"]
    requests = [TrainingRequest.from_dict(job.parameters) for job in reversed(jobs)]
    assert [request.settings["level"] for request in requests] == ["population", "class"]
    first, second = (request.plan(Workspace(place)) for request in requests)
    assert first.folds.equals(second.folds)
    assert [job.position for job in reversed(jobs)] == [1, 2]
    assert "in place **1**" in texts(app)


def test_advanced_values_reach_the_job_and_are_told_beside_the_paper(open_app, place, still):
    app = training(open_app, place)
    app.selectbox(key="train_preset_toy").set_value("small").run()
    told = texts(app)
    assert "paper: 0.0005" in told
    app.radio(key="train_amount").set_value("own").run()
    app.text_input(key="train_folds_small_random").set_value("1, 3")
    app.number_input(key="train_runs_small_random").set_value(3)
    app.number_input(key="adv_learning_rate_small_own").set_value(5e-4)
    app.number_input(key="adv_filters0_small_own").set_value(16)
    app.text_input(key="adv_hidden_small_own").set_value("32, 4")
    app.text_input(key="adv_dropout_small_own").set_value("0.1, 0")
    app.selectbox(key="adv_loss_small_own").set_value("hybrid").run()
    app.number_input(key="adv_alpha_small_own").set_value(2.0)
    app.number_input(key="adv_workers").set_value(1).run()
    (differing,) = [item.value for item in app.caption if item.value.startswith("Other than")]
    assert "learning rate" not in differing
    assert "first filters" in differing
    assert "loss" in differing
    start(app)
    request = TrainingRequest.from_dict(list_jobs(Workspace(place))[0].parameters)
    assert request.folds == (1, 3)
    assert request.engine.workers == 1
    plan = request.plan(Workspace(place))
    assert (plan.settings.runs, plan.settings.loss, plan.settings.alpha) == (3, "hybrid", 2.0)
    assert plan.settings.learning_rate == 5e-4
    assert plan.config.stages[0].filters == 16
    assert (plan.config.hidden, plan.config.dropout) == ((32, 4), (0.1, 0.0))


def test_job_carries_the_name_of_the_person(open_app, place, still, monkeypatch):
    monkeypatch.setattr("scx_core.ui.training.person", lambda: "ada@lab")
    start(training(open_app, place))
    assert list_jobs(Workspace(place))[0].user == "ada@lab"


def set_nothing(app) -> None:
    levels(app).set_value([])


def set_taken_name(app) -> None:
    app.text_input(key="train_name").set_value("toy-model")


def set_bad_name(app) -> None:
    app.text_input(key="train_name").set_value("a/b")


def set_own(app) -> None:
    app.radio(key="train_amount").set_value("own").run()


def set_absent_fold(app) -> None:
    set_own(app)
    app.text_input(key="train_folds_small_random").set_value("0, 7")


def set_words_as_units(app) -> None:
    app.text_input(key="adv_hidden_small_quick").set_value("64, many")


def set_too_little_dropout(app) -> None:
    app.text_input(key="adv_hidden_small_quick").set_value("64, 2")


def set_many_folds(app) -> None:
    app.number_input(key="train_n_folds_small").set_value(100)


def set_many_validation_genes(app) -> None:
    app.number_input(key="adv_validation_small_quick").set_value(500)


def set_one_chromosome(app) -> None:
    app.selectbox(key="train_split_small").set_value("chromosome")


def set_wide_pools(app) -> None:
    app.number_input(key="adv_pool0_small_quick").set_value(900)


def test_schedulers_are_chosen_by_name(open_app, place, still, tmp_path, monkeypatch):
    link = {"adv_scheduler": "tcp://evil.invalid:1"}
    app = training(open_app, place, **link)
    assert "adv_scheduler" not in {box.key for box in app.selectbox}
    file = tmp_path / "schedulers.toml"
    file.write_text('[schedulers]\ncluster = "tcp://127.0.0.1:9"\n')
    monkeypatch.setenv("SCX_SCHEDULERS", str(file))
    app = training(open_app, place, **link)
    assert app.selectbox(key="adv_scheduler").options == ["cluster"]
    app.selectbox(key="adv_scheduler").set_value("cluster").run()
    start(app, name="named")
    assert list_jobs(Workspace(place))[0].parameters["engine"]["scheduler"] == "cluster"


def test_no_address_comes_out_of_a_session(tmp_path, monkeypatch):
    file = tmp_path / "schedulers.toml"
    file.write_text('[schedulers]\ncluster = "tcp://127.0.0.1:9"\n')
    monkeypatch.setenv("SCX_SCHEDULERS", str(file))
    monkeypatch.setattr(training_advanced.st, "selectbox", lambda *_, **__: "tcp://evil.invalid:1")
    assert training_advanced._scheduler() == ""


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (set_nothing, "Choose at least one resolution"),
        (set_taken_name, "exists or is being trained"),
        (set_bad_name, "cannot name a model"),
        (set_absent_fold, "There is no fold 7"),
        (set_words_as_units, "'many' is no whole number"),
        (set_too_little_dropout, "2 dense layers need 2 dropout rates"),
        (set_many_folds, "80 genes cannot be split into 100 folds"),
        (set_many_validation_genes, "500 validation genes leave none"),
        (set_one_chromosome, "needs genes on two chromosomes"),
        (set_wide_pools, "too short for these convolutions"),
    ],
)
def test_form_refuses_in_a_sentence_before_anything_starts(open_app, toy, wrong, sentence):
    app = training(open_app, toy)
    wrong(app)
    app.run()
    if not app.button(key="train_start").disabled:
        app.button(key="train_start").click().run()
    refuse_traceback(app)
    assert [item.value for item in app.error if sentence in item.value]
    assert not list_jobs(Workspace(toy))


def test_families_are_read_from_a_table_inside_the_import_folder(open_app, toy, place, still):
    table = toy / "inputs" / "families.tsv"
    rows = [f"ENSG{number:011d}\tfamily{number // 4}" for number in range(80)]
    table.write_text("gene_id\tfamily\n" + "\n".join(rows) + "\n")
    app = training(open_app, place)
    app.selectbox(key="train_split_small").set_value("family").run()
    assert "families.tsv" in app.selectbox(key="train_families").options
    app.selectbox(key="train_families").set_value("families.tsv").run()
    start(app)
    assert not app.error, app.error[0].value
    assert list_jobs(Workspace(place))[0].parameters["settings"]["families"] == str(table)
    plan = TrainingRequest.from_dict(list_jobs(Workspace(place))[0].parameters).plan(
        Workspace(place)
    )
    assert plan.folds.groupby("family")["fold"].nunique().max() == 1
    table.unlink()


def test_family_table_outside_the_import_folder_is_refused(open_app, place, monkeypatch):
    # As if typed: the test harness chooses of a list alone.
    monkeypatch.setattr(ImportFolder, "files", lambda self, use: ["../cells.tsv"])
    app = training(open_app, place)
    app.selectbox(key="train_split_small").set_value("family").run()
    app.selectbox(key="train_families").set_value("../cells.tsv").run()
    refuse_traceback(app)
    assert "outside the import folder" in app.error[0].value
    assert app.button(key="train_start").disabled


# Watching


def test_page_without_any_job(open_app, toy):
    assert "Nothing has been trained here yet." in texts(training(open_app, toy))


def test_link_to_a_job_that_is_not_here_is_said(open_app, place):
    write_job(place, "finished")
    app = training(open_app, place, job="gone")
    assert "names the job 'gone'" in texts(app)
    assert app.selectbox(key="job").value == "new · 20260101-000000-aaaaaaaa"


@pytest.mark.parametrize(
    ("state", "sentence", "buttons"),
    [
        ("waiting", "Training new waits in the queue, in place **1**", {"cancel", "row_cancel"}),
        ("finished", "Training new is finished.", set()),
        ("failed", "The disk is full.", {"resume", "row_resume", "delete"}),
        ("cancelled", "Training new was cancelled.", {"resume", "row_resume", "delete"}),
        ("running", "Training new was interrupted", {"resume", "row_resume", "delete"}),
        ("damaged", "is missing or garbled", {"delete"}),
    ],
)
def test_page_tells_the_state_of_a_job_and_the_way_on(
    open_app, place, still, state, sentence, buttons
):
    job = write_job(place, state, "The disk is full." if state == "failed" else "")
    app = training(open_app, place)
    assert sentence in texts(app)
    offered = {
        button.key.removesuffix(f"_{job.id}") for button in app.button if job.id in button.key
    }
    assert offered == buttons


def test_running_job_is_watched_and_cancelled(open_app, place):
    job = write_job(place, "running")
    (job.path / LOCK).touch()
    assert hold(job.path / LOCK, 1) is not None
    app = training(open_app, place)
    assert job.state == "running"
    assert "50%" in texts(app)
    app.button(key=f"cancel_{job.id}").click().run()
    refuse_traceback(app)
    assert job.is_stopping
    assert "Stopping …" in texts(app)


def test_interrupted_job_goes_back_into_the_queue(open_app, place, still):
    job = write_job(place, "interrupted")
    app = training(open_app, place)
    app.button(key=f"resume_{job.id}").click().run()
    refuse_traceback(app)
    assert job.state == "waiting"
    assert "waits in the queue" in texts(app)


def test_deleted_job_is_gone(open_app, place):
    job = write_job(place, "damaged")
    (job.path / SPEC).write_text("{")
    app = training(open_app, place)
    app.button(key=f"delete_{job.id}").click().run()
    refuse_traceback(app)
    assert not job.path.exists()
    assert "Nothing has been trained here yet." in texts(app)


def test_deleting_a_training_frees_the_name_of_its_model(open_app, place):
    job = write_job(place, "cancelled")
    half = place / "models" / ".new.unfinished"
    half.mkdir(parents=True)
    (half / "spec.json").write_text("{}")
    lock = FileLock(f"{half}.lock")
    app = training(open_app, place)
    with lock:
        app.button(key=f"delete_{job.id}").click().run()
        assert "is being trained by a process" in app.error[0].value
    assert half.exists()
    assert job.path.exists()
    app.button(key=f"delete_{job.id}").click().run()
    refuse_traceback(app)
    assert not half.exists()
    assert not job.path.exists()
    assert Workspace(place).models() == []


def test_person_is_told_by_the_login_or_by_the_proxy(monkeypatch):
    def visitor(user: dict, **headers: str) -> str:
        context = SimpleNamespace(headers=headers, ip_address="10.0.0.2")
        told = SimpleNamespace(user=user, context=context)
        monkeypatch.setattr("scx_core.ui.person.st", told)
        return person()

    assert visitor({}) == ""
    assert visitor({}, **{"X-Forwarded-User": "eve"}) == ""  # no proxy is configured
    monkeypatch.setenv("SCX_TRUSTED_PROXIES", "10.0.0.2")
    assert visitor({}, **{"X-Forwarded-User": " ada "}) == "ada"
    assert (
        visitor({"is_logged_in": True, "email": "bob@lab"}, **{"X-Forwarded-User": "x"})
        == "bob@lab"
    )
    assert visitor({"is_logged_in": False, "email": "bob@lab"}) == ""


def test_curves_count_what_is_done_and_what_was_restarted(open_app, place):
    job = write_job(place, "interrupted")
    write_epochs(
        job,
        *({"fold": 0, "run": 0, "epoch": number} for number in (1, 2, 3)),
        {"fold": 0, "run": 1, "epoch": 1},
        {"fold": 0, "run": 1, "epoch": 1, "attempt": 1, "validation_pearson": 0.7},
    )
    (job.path / NOTICES).write_text(json.dumps({"notice": "The batch was halved."}))
    told = texts(training(open_app, place))
    assert "**1 of 2 models** trained" in told
    assert "1 collapsed attempt was restarted" in told
    assert "median over populations: **0.60** (median of 2 models)" in told
    assert "each population after fold 0, run 1, epoch 3 (n = 1)" in told
    assert "The batch was halved." in told


def test_files_of_a_job_that_a_hand_has_changed_break_nothing(open_app, place):
    job = write_job(place, "interrupted", settings={"epochs": "many"}, folds="x")
    (job.path / METRICS).write_text(
        '{"fold": 0, "run": 0, "epoch": 1, "train_loss": "?", "validation_loss": 1}\n[]\n{"fold"'
    )
    (job.path / POPULATIONS).write_text('{"values": {"Sst": "high"}}')
    assert "Training new was interrupted" in texts(training(open_app, place))


def test_queue_shows_jobs_of_everybody_with_their_place(open_app, place, still):
    workspace = Workspace(place)
    for name, user in (("one", "ada"), ("two", "ada"), ("three", "bob")):
        start_job(workspace, "train", {"model": name, "dataset": "toy"}, user)
    app = training(open_app, place)
    told = texts(app)
    assert "ada" in told
    assert "bob" in told
    for number in (1, 2, 3):
        assert f"waits, place {number}" in told
    ids = [job.id for job in list_jobs(workspace)]
    app.button(key=f"row_cancel_{ids[0]}").click().run()
    refuse_traceback(app)
    assert Job(workspace.jobs_path / ids[0]).state == "cancelled"
    app.button(key=f"row_resume_{ids[0]}").click().run()
    refuse_traceback(app)
    assert Job(workspace.jobs_path / ids[0]).state == "waiting"


# Finished models


@pytest.fixture
def copied(toy, tmp_path) -> Path:
    """A copy of the workspace, to change."""
    shutil.copytree(toy, tmp_path / "copy")
    return tmp_path / "copy"


def test_models_are_told_with_their_baselines(open_app, toy):
    app = training(open_app, toy)
    row = app.dataframe[0].value.iloc[0]
    model = Ensemble.open(toy / "models" / "toy-model")
    assert row["Model"] == "toy-model"
    assert row["Median r"] == pytest.approx(model.metrics["pearson"].median())
    assert row["5-letter words"] == pytest.approx(model.metrics["pearson_kmer_ridge"].median())
    assert "For comparison (r): " in texts(app)
    assert any("Michielsen" in code.value for code in app.code)


def test_model_is_renamed(open_app, copied):
    app = training(open_app, copied)
    app.text_input(key="models_new_name_toy-model").set_value("better").run()
    app.button(key="models_rename").click().run()
    refuse_traceback(app)
    assert Workspace(copied).models() == ["better"]
    assert "'toy-model' is called 'better' now." in texts(app)
    assert app.selectbox(key="model").value == "better"


def test_deleting_a_model_shows_what_depends_on_it_and_asks(open_app, copied, still):
    start_job(Workspace(copied), "atlas", {"model": "toy-model", "atlas": "a"}).cancel()
    app = training(open_app, copied)
    app.button(key="models_delete").click().run()
    (asked,) = [item.value for item in app.warning]
    assert "Delete the model 'toy-model' for good?" in asked
    assert "needs it to be resumed" in asked
    app.button(key="models_keep").click().run()
    assert not app.warning
    app.button(key="models_delete").click().run()
    app.button(key="models_delete_really").click().run()
    refuse_traceback(app)
    assert Workspace(copied).models() == []
    assert "The model 'toy-model' is deleted." in texts(app)
    assert "No model is finished yet." in texts(app)


def test_archive_is_imported_and_a_wrong_one_refused(open_app, toy, copied, tmp_path):
    archive = export_model(Ensemble.open(toy / "models" / "toy-model"), tmp_path / "m.zip")
    app = training(open_app, copied)
    uploader = app.file_uploader(key="models_archive")
    uploader.set_value(("../x.zip", archive.read_bytes(), "application/zip")).run()
    app.button(key="models_import_start").click().run()
    refuse_traceback(app)
    assert "toy-model" in app.error[0].value  # the name is taken
    app.text_input(key="models_import_name").set_value("again").run()
    app.button(key="models_import_start").click().run()
    refuse_traceback(app)
    assert Workspace(copied).models() == ["again", "toy-model"]
    assert "The model 'again' is imported." in texts(app)
    uploader = app.file_uploader(key="models_archive")
    uploader.set_value(("y.zip", b"no zip", "application/zip")).run()
    app.button(key="models_import_start").click().run()
    refuse_traceback(app)
    assert "is not a zip archive" in app.error[0].value


def test_models_are_compared(open_app, copied):
    shutil.copytree(copied / "models" / "toy-model", copied / "models" / "other")
    app = training(open_app, copied)
    app.multiselect(key="models_compared").set_value(["toy-model", "other"]).run()
    refuse_traceback(app)
    told = texts(app)
    assert "other against toy-model, 40 genes" in told
    assert "difference +0.000" in told
    assert "All these models were trained on the same folds" in told


def test_damaged_model_is_one_sentence_and_can_be_deleted(open_app, copied):
    (copied / "models" / "toy-model" / "model.json").write_text("{")
    app = training(open_app, copied)
    assert any("damaged" in item.value for item in app.error)
    app.button(key="models_delete").click().run()
    app.button(key="models_delete_really").click().run()
    refuse_traceback(app)
    assert Workspace(copied).models() == []
