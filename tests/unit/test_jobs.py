"""Jobs: real processes, seen through their directories."""

import errno
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import job_kinds
import numpy as np
import pandas as pd
import pytest
import workspace
from job_kinds import processes_of, wait_for

from scx_core import locks
from scx_core.atlas import Atlas
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.jobs import ACTIVE, Job, find_job, kinds, list_jobs, queue, start_job, worker
from scx_core.jobs.directory import Status, read_status, write_state, write_status
from scx_core.jobs.gene_set import gene_file
from scx_core.jobs.reporter import CancelledError, JobReporter, Pace
from scx_core.resumable import resumable_directory
from scx_core.store import Workspace, atomic_directory, atomic_file

TRAINING = {
    "dataset": "toy",
    "preset": "half-life",
    "settings": {"n_folds": 4, "runs": 1, "epochs": 2, "max_restarts": 0},
    "folds": ["0"],
}


def wait_for_end(job: Job) -> str:
    wait_for(lambda: job.state not in ACTIVE)
    wait_for(lambda: not job.is_alive())
    queue.reap()
    return job.state


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace whose jobs may be of the kinds for tests."""
    with job_kinds.open_workspace(tmp_path, monkeypatch) as workspace:
        yield workspace


@pytest.fixture
def opened(toy_root: Path, empty: Workspace) -> Workspace:
    """A workspace with the toy dataset and its model."""
    for name in ("datasets/toy", "models/toy-model"):
        (empty.root / name).parent.mkdir(parents=True)
        (empty.root / name).symlink_to(toy_root / name)
    return empty


def test_training_job_runs_to_its_end(opened: Workspace) -> None:
    job = start_job(opened, "train", {**TRAINING, "model": "m"}, user="ann")
    assert job.state in ("starting", "running")
    assert (job.kind, job.user, job.parameters["model"]) == ("train", "ann", "m")
    assert wait_for_end(job) == "finished", job.log_tail()
    assert [entry["epoch"] for entry in job.metrics] == [1, 2]
    assert job.progress == 1
    assert Ensemble.open(opened.model_path("m")).trained_folds == (0,)
    assert [found.id for found in list_jobs(opened)] == [job.id]
    with pytest.raises(ScxError, match="nothing to resume"):
        job.resume()


def test_import_job_and_its_refusal(opened: Workspace, tmp_path: Path) -> None:
    inputs = {use: str(path) for use, path in workspace.write_inputs(tmp_path / "in").items()}
    request = {
        "levels": {"population": "subclass_label"},
        "upstream": 300,
        "downstream": 200,
        **inputs,
    }
    job = start_job(opened, "import", {"name": "new", "request": request})
    assert wait_for_end(job) == "finished", job.log_tail()
    assert opened.datasets() == ["new", "toy"]
    again = start_job(opened, "import", {"name": "new", "request": request})
    assert wait_for_end(again) == "failed"
    assert "exists already" in again.error
    assert "\n" not in again.error


def test_cancelled_training_resumes_and_finishes(opened: Workspace) -> None:
    settings = {**TRAINING["settings"], "epochs": 150}  # type: ignore[dict-item]
    job = start_job(opened, "train", {**TRAINING, "settings": settings, "model": "long"})
    wait_for(lambda: len(job.metrics) > 3)
    job.cancel()
    job.cancel()
    assert wait_for_end(job) == "cancelled"
    assert opened.models() == ["toy-model"]
    job.resume()
    assert wait_for_end(job) == "finished", job.log_tail()
    assert len(job.metrics) == 150
    assert opened.models() == ["long", "toy-model"]


class Told:
    """A reporter that remembers."""

    def __init__(self, workspace: Workspace) -> None:
        self.cancel_flag = workspace.root / "cancel"
        self.fractions: list[float] = []
        self.notices: list[str] = []

    def progress(self, fraction: float, message: str) -> None:
        self.fractions.append(fraction)

    def metrics(self, values: object) -> None: ...

    def notice(self, sentence: str) -> None:
        self.notices.append(sentence)


def run_here(workspace: Workspace, kind: str, parameters: dict[str, object]) -> Told:
    """Do the work of a job in this process."""
    told = Told(workspace)
    kinds.KINDS[kind](workspace, parameters, told)
    return told


def test_gene_set_is_mutated(
    opened: Workspace, toy_ensemble: Ensemble, toy_dataset: object
) -> None:
    genes = list(toy_ensemble.predictions.index[:2])
    wanted = {"model": "toy-model", "name": "two", "genes": genes, "populations": ["Vip", "Sst"]}
    told = run_here(opened, "ism", wanted)
    assert told.fractions[-1] == 1
    folder = opened.root / "results" / "two"
    summary = pd.read_csv(folder / "summary.tsv", sep="\t", dtype={"gene_id": str})
    assert list(zip(summary["gene_id"], summary["population"], strict=True)) == [
        (gene, name) for gene in genes for name in ("Vip", "Sst")
    ]
    oracle = toy_ensemble.saturation_mutagenesis(toy_dataset, genes[1])  # type: ignore[arg-type]
    column = oracle.populations.index("Sst")
    with np.load(gene_file(folder, genes[1])) as stored:
        np.testing.assert_array_equal(stored["effects"][:, :, 1], oracle.values[:, :, column])
    frame = oracle.to_frame()
    best = frame.loc[frame["effect: Sst"].idxmax()]
    row = summary.iloc[3]
    assert row["increase_position"] == best["position"]
    assert row["increase_relative_to_tss"] == best["relative_to_tss"]
    assert row["increase_substitution"] == f"{best['reference']}>{best['alternative']}"
    assert row["largest_increase"] == pytest.approx(best["effect: Sst"])
    assert row["mean_absolute_effect"] == pytest.approx(frame["effect: Sst"].abs().mean())
    assert json.loads((folder / "result.json").read_text())["genes"] == genes


def test_gene_set_goes_on_where_it_was(
    tmp_path: Path, toy_ensemble: Ensemble, toy_dataset: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scx_core.jobs.gene_set import mutate_gene_set

    genes, asked = list(toy_ensemble.predictions.index[:3]), []
    whole = Ensemble.saturation_mutagenesis

    def counting(self: Ensemble, dataset: object, gene: str, progress: object) -> object:
        asked.append(gene)
        if len(asked) == 2:
            raise CancelledError
        return whole(self, dataset, gene)  # type: ignore[arg-type]

    monkeypatch.setattr(Ensemble, "saturation_mutagenesis", counting)
    with pytest.raises(CancelledError):
        mutate_gene_set(toy_ensemble, toy_dataset, tmp_path / "r", genes=genes)  # type: ignore[arg-type]
    assert not (tmp_path / "r").exists()
    mutate_gene_set(toy_ensemble, toy_dataset, tmp_path / "r", genes=genes)  # type: ignore[arg-type]
    assert asked == [genes[0], genes[1], genes[1], genes[2]]
    with pytest.raises(ScxError, match="exists already"):
        mutate_gene_set(toy_ensemble, toy_dataset, tmp_path / "r", genes=genes)  # type: ignore[arg-type]
    with pytest.raises(ScxError, match="does not predict Nobody"):
        mutate_gene_set(
            toy_ensemble, toy_dataset, tmp_path / "s", genes=genes, populations=["Nobody"]
        )  # type: ignore[arg-type]


def test_atlas_and_variants(opened: Workspace, toy_ensemble: Ensemble) -> None:
    gene = str(toy_ensemble.predictions.index[0])
    (opened.root / "list.tsv").write_text(
        "chr\tpos\tref\talt\nchr1\t1000\t\t\nchr1\t1001\t\t\nchr9\t5\tA\tC\n"
    )
    run_here(opened, "atlas", {"model": "toy-model", "name": "a", "genes": [gene]})
    assert list(Atlas.open(opened.atlas_path("a")).genes.index) == [gene]
    parameters = {"model": "toy-model", "name": "v", "table": "list.tsv"}
    options = {"genome_percentiles": False, "ranked_genes": 0}
    run_here(opened, "variants", {**parameters, "options": options})
    assert (opened.root / "results" / "v" / "effects.vcf.gz").exists()
    told = json.loads((opened.root / "results" / "v" / "result.json").read_text())
    assert told["rows"] == 3
    assert told["by_outcome"]["other chromosome"] == 1
    assert sum(told["by_outcome"].values()) == 3
    assert told["provenance"]["inputs"]["file"]["file"] == "list.tsv"
    for wrong, sentence in (
        ({"name": "w", "table": "../site/sitecustomize.py"}, "outside the workspace"),
        ({"name": "w", "table": "/etc/hostname"}, "outside the workspace"),
        ({"name": "w", "table": "absent.tsv"}, "There is no file 'absent.tsv'"),
        ({"name": "v"}, "exists already"),
        ({"name": "../v"}, "cannot name a result"),
    ):
        with pytest.raises(ScxError, match=sentence):
            run_here(opened, "variants", {**parameters, **wrong})
    with pytest.raises(ScxError, match="names no name"):
        run_here(opened, "atlas", {"model": "toy-model"})
    with pytest.raises(ScxError, match="must be a list of names"):
        run_here(opened, "ism", {"model": "toy-model", "name": "x", "genes": "SYM1"})


@pytest.mark.parametrize("kind", ["silent", "stuck", "parent"])
def test_cancel_ends_the_work_whatever_it_does(empty: Workspace, kind: str) -> None:
    job = start_job(empty, kind, {})
    wait_for(lambda: job.progress == 0.25 and job.state == "running")
    began = time.monotonic()
    job.cancel()
    job.cancel()
    assert job.is_stopping
    wait_for(lambda: job.state == "cancelled")
    assert time.monotonic() - began < 40  # by itself it would take a minute, or hours
    assert job.error == ""
    if kind == "parent":
        child = int((empty.root / "child").read_text())
        wait_for(lambda: not is_running(child))


def is_running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_job_that_has_not_begun_is_cancelled_at_once(empty: Workspace) -> None:
    job = start_job(empty, "silent", {})
    job.cancel()
    assert job.state == "cancelled"
    wait_for(lambda: not job.is_alive())  # the process that was on its way
    assert job.state == "cancelled"
    assert job.progress == 0


@pytest.mark.parametrize("whom", ["both", "supervisor", "work"])
def test_a_killed_job_is_interrupted_and_goes_on(empty: Workspace, whom: str) -> None:
    job = start_job(empty, "epochs", {"epochs": 12, "seconds": 0.05})
    wait_for(lambda: len(job.metrics) > 3)
    for word, number in processes_of(job).items():
        if whom in ("both", word):
            os.kill(number, signal.SIGKILL)
    wait_for(lambda: job.state == "interrupted")
    assert bool(job.error) == (whom == "work")
    job.cancel()
    assert job.state == "cancelled"
    wait_for(lambda: processes_of(job) == {})
    job.resume()
    assert wait_for_end(job) == "finished"
    assert job.error == ""
    assert [entry["epoch"] for entry in job.metrics] == list(range(1, 13))
    assert job.metrics[0]["loss"] is None
    told = job.populations
    assert told is not None
    assert (told["epoch"], told["values"]["Vip"]) == (12, None)
    assert "by_population" not in job.metrics[0]
    assert job.notices == ["The first epoch is slow."]


def test_a_supervisor_told_to_end_leaves_what_waits(empty: Workspace) -> None:
    job, waiting = start_job(empty, "silent", {}), start_job(empty, "note", {})
    wait_for(lambda: job.progress == 0.25)
    os.kill(processes_of(job)["supervisor"], signal.SIGTERM)
    wait_for(lambda: not job.is_alive())
    assert read_status(waiting.path).state == "waiting"
    assert (job.state, job.error) == ("interrupted", "")
    list_jobs(empty)
    assert wait_for_end(waiting) == "finished"


def test_unknown_jobs_and_kinds_are_refused(opened: Workspace) -> None:
    with pytest.raises(ScxError, match="no job"):
        Job.open(opened.jobs_path / "x")
    with pytest.raises(ScxError, match="kind 'cook'"):
        start_job(opened, "cook", {})
    assert list_jobs(opened) == []
    with pytest.raises(ScxError, match="There are no jobs"):
        find_job(opened, "last")


def test_jobs_sort_by_time_and_are_found_by_a_beginning(empty: Workspace) -> None:
    jobs = [start_job(empty, "silent", {}) for _ in range(4)]
    assert list_jobs(empty) == jobs[::-1]
    assert find_job(empty, "last") == jobs[-1]
    assert find_job(empty, jobs[1].id) == jobs[1]
    assert find_job(empty, jobs[1].id[:-1]) == jobs[1]
    with pytest.raises(ScxError, match="begins 4 jobs"):
        find_job(empty, "20")
    for text in ("", "x", "../jobs"):
        with pytest.raises(ScxError, match="There is no job"):
            find_job(empty, text)
    assert abs(jobs[0].created.timestamp() - time.time()) < 60


def test_two_people_who_press_at_once_queue_a_job_once(empty: Workspace) -> None:
    blocker, job = start_job(empty, "silent", {}), start_job(empty, "note", {})
    job.cancel()
    refused = []

    def press() -> None:
        try:
            job.resume()
        except ScxError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=press) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 4
    assert "is waiting; there is nothing to resume" in refused[0]
    assert (blocker.state in ACTIVE, job.position) == (True, 1)


GARBAGE = (b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe\x00", b'{"state": 3}', b"{}")


@pytest.mark.parametrize("name", ["spec.json", "state.json", "metrics.jsonl", "populations.json"])
@pytest.mark.parametrize("content", [None, *GARBAGE, "folder"], ids=repr)
def test_damage_by_hand_is_told_and_can_be_deleted(
    tmp_path: Path, name: str, content: bytes | str | None
) -> None:
    opened = Workspace(tmp_path)
    job = finished_job(opened)
    whole = finished_job(opened, "20260102-000000-00000000")
    (job.path / name).unlink(missing_ok=True)
    if content == "folder":
        (job.path / name).mkdir()
    elif isinstance(content, bytes):
        (job.path / name).write_bytes(content)
    assert list_jobs(opened) == [whole, job]
    damaged = name in ("spec.json", "state.json")
    assert job.state == ("damaged" if damaged else "finished")
    assert bool(job.error) == damaged
    if damaged:
        assert name in job.error
        assert "delete the job" in job.error
        with pytest.raises(ScxError, match="delete the job"):
            job.resume()
        job.cancel()
    for read in (job.kind, job.user, job.message, job.metrics, job.notices, job.log_tail(3)):
        assert read is not None
    assert job.parameters in ({}, {"model": "m"})
    assert (job.progress, job.seconds_left, job.position) in ((1.0, None, None), (0.0, None, None))
    assert job.created.tzinfo is not None
    assert job.populations is None
    Job.open(job.path).delete()
    assert list_jobs(opened) == [whole]
    assert [path.name for path in opened.jobs_path.iterdir() if path.is_dir()] == [whole.id]


def finished_job(opened: Workspace, name: str = "20260101-000000-aaaaaaaa") -> Job:
    path = opened.jobs_path / name
    path.mkdir(parents=True)
    spec = {"kind": "train", "parameters": {"model": "m"}, "created": "2026-01-01T00:00:00+00:00"}
    (path / "spec.json").write_text(json.dumps(spec))
    write_state(path, "finished", 1.0, "Finished")
    (path / "log.txt").write_bytes(b"one\ntwo \xff\nthree\nfour\n")
    (path / "metrics.jsonl").write_text(
        '\n{"fold": 0, "run": 0, "epoch": 1, "loss": 2}\n{"fold": 0, "run"\n[1]\n{"fold": 0}\n'
        '\n{"fold": 0, "run": 0, "epoch": 1, "loss": 1}'
    )
    return Job(path)


def test_metrics_take_the_last_word_and_the_log_its_last_lines(tmp_path: Path) -> None:
    job = finished_job(Workspace(tmp_path))
    assert job.metrics == [{"fold": 0, "run": 0, "epoch": 1, "loss": 1}]
    assert job.log_tail(2) == "three\nfour"
    assert job.log_tail(0) == ""


def test_only_folders_with_files_of_a_job_are_jobs(tmp_path: Path) -> None:
    opened = Workspace(tmp_path)
    (opened.jobs_path / "mine").mkdir(parents=True)
    (opened.jobs_path / "notes.txt").write_text("")
    (opened.jobs_path / ".20260101.making").mkdir()
    assert list_jobs(opened) == []
    (opened.jobs_path / "mine" / "log.txt").write_text("")
    assert [job.state for job in list_jobs(opened)] == ["damaged"]


def test_delete_spares_what_runs_and_what_lies_elsewhere(empty: Workspace) -> None:
    job = start_job(empty, "silent", {})
    with pytest.raises(ScxError, match="cancel it first"):
        job.delete()
    waiting = start_job(empty, "note", {})
    waiting.delete()
    assert list_jobs(empty) == [job]
    job.cancel()
    wait_for(lambda: job.state == "cancelled")
    job.delete()
    assert list_jobs(empty) == []
    other = finished_job(Workspace(empty.root / "other"), "20260101-000000-bbbbbbbb")
    link = empty.jobs_path / "link"
    link.symlink_to(other.path)
    escapes = (
        link,
        empty.jobs_path / ".." / "other",
        empty.root,
        empty.jobs_path,
        other.path / "..",
    )
    for path in escapes:
        with pytest.raises(ScxError, match="no job"):
            Job(path).delete()
    assert other.state == "finished"
    other.delete()
    assert not other.path.exists()


def test_a_full_disk_does_not_stop_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = finished_job(Workspace(tmp_path))
    write_status(job.path, Status("running", queued=7.0))
    (job.path / "metrics.jsonl").unlink()
    (job.path / "metrics.jsonl").symlink_to("/dev/full")
    reporter = JobReporter(job.path)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("scx_core.jobs.directory.write_json", refuse)
        full.setattr("scx_core.jobs.reporter.write_json", refuse)
        reporter.progress(0.5, "Half")
        reporter.metrics({"fold": 0, "run": 0, "epoch": 1, "by_population": {"a": 1.0}})
        reporter.metrics({"fold": 0, "run": 0, "epoch": 2})
    assert len(caplog.messages) == 1
    assert job.progress == 0
    (job.path / "metrics.jsonl").unlink()
    reporter.metrics({"fold": 0, "run": 0, "epoch": np.int64(3), "loss": np.float32("nan")})
    assert [entry["epoch"] for entry in job.metrics] == [1, 2, 3]
    time.sleep(0.3)
    reporter.progress(0.6, "More")
    assert (job.status.progress, job.status.queued) == (0.6, 7.0)


def test_the_end_is_written_as_soon_as_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = finished_job(Workspace(tmp_path))
    status = Status("running", 0.5, "Half")
    write_status(job.path, status)
    tries = []

    def full_at_first(path: Path, ended: Status) -> None:
        tries.append(ended.state)
        if len(tries) < 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_status(path, ended)

    (job.path / ".state.json.1.tmp").write_text("{")
    monkeypatch.setattr(worker, "_WRITE_AGAIN", 0.01)
    monkeypatch.setattr(worker, "write_status", full_at_first)
    worker._write_end(job.path, status, worker.Outcome("cancelled"))
    assert tries == ["cancelled"] * 3
    assert (job.state, job.progress, job.message) == ("cancelled", 0.5, "Half")
    assert not list(job.path.glob(".*"))
    shutil.rmtree(job.path)
    worker._write_end(job.path, status, worker.Outcome("finished"))
    assert not job.path.exists()


def test_a_full_disk_when_a_job_is_started_leaves_nothing(
    empty: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("scx_core.jobs.job.write_json", refuse)
    with pytest.raises(ScxError, match="The disk is full"):
        start_job(empty, "note", {})
    assert list(empty.jobs_path.iterdir()) == []


def test_progress_raises_when_somebody_cancels(tmp_path: Path) -> None:
    job = finished_job(Workspace(tmp_path))
    reporter = JobReporter(job.path)
    reporter.progress(2.0, "Too much")
    assert job.progress == 1
    reporter.cancel_flag.touch()
    with pytest.raises(CancelledError):
        reporter.progress(0.5, "Half")


def test_time_left_goes_by_the_pace_since_this_start() -> None:
    steady = Pace(0.0, 0.0)
    left = [steady.seconds_left(float(now), now / 100) for now in range(1, 100)]
    assert left[0] is None
    assert left[49] == pytest.approx(50)
    assert left[98] == pytest.approx(1)
    # Half was done before; the second half takes 50 s.
    resumed = Pace(0.0, 0.5)
    assert resumed.seconds_left(1.0, 0.0) is None
    assert resumed.seconds_left(3.0, 0.5) is None
    for now in range(4, 20):
        left_now = resumed.seconds_left(float(now), 0.5 + (now - 3) / 100)
        assert left_now is None or left_now == pytest.approx(53 - now)
    assert left_now is not None
    # Begun anew, although most was done: it is told after a while.
    anew = Pace(0.0, 0.9)
    told = [anew.seconds_left(float(now), now / 100) for now in range(1, 60)]
    assert told[28] is None
    assert told[58] == pytest.approx(41)
    long = Pace(0.0, 0.0)
    for now in range(1, 20_000):
        told_now = long.seconds_left(now / 10, now / 40_000)
    assert told_now == pytest.approx(2000, rel=1e-3)
    assert len(long._points) <= 512


def test_time_left_is_told_while_it_runs_only(empty: Workspace) -> None:
    job = start_job(empty, "note", {"seconds": 60})
    assert job.seconds_left is None
    wait_for(lambda: job.seconds_left is not None)
    assert 0 < (job.seconds_left or 0) < 60
    job.cancel()
    assert wait_for_end(job) == "cancelled"
    assert job.seconds_left is None


# --- killed between the work and its end --------------------------------------------------------


@pytest.mark.parametrize("way", ["resumable", "atomic"])
def test_a_job_killed_after_its_work_was_done_is_finished_when_resumed(
    opened: Workspace, way: str
) -> None:
    job = start_job(opened, "make", {"name": "mine", "way": way})
    wait_for(lambda: (opened.root / "killed").exists() and not job.is_alive())
    made = opened.root / "results" / "mine"
    assert job.state == "interrupted"
    assert (made / "part" / "content").read_text() == "whole"
    made_at = (made / "part" / "content").stat().st_mtime_ns
    job.resume()
    wait_for(lambda: job.state not in ACTIVE)
    assert (job.state, job.error, job.progress) == ("finished", "", 1.0)
    assert (made / "part" / "content").stat().st_mtime_ns == made_at
    assert not (made / "spec.json").exists()
    # For anybody else the name is taken.
    other = start_job(opened, "make", {"name": "mine", "way": way})
    wait_for(lambda: other.state not in ACTIVE)
    assert other.state == "failed"
    assert "exists already" in other.error


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_workspace_without_locks_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Jobs there would hang for ever, or look as if her data were damaged."""

    def no_locks(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(locks, "_answers", {})
    monkeypatch.setattr(locks.fcntl, "flock", no_locks)
    workspace = Workspace(tmp_path / "cluster")
    with pytest.raises(ScxError, match=r"cannot be locked .* local disk"):
        start_job(workspace, "train", {})
    assert list(workspace.jobs_path.iterdir()) == []
    assert list_jobs(workspace) == []
    with (
        pytest.raises(ScxError, match="cannot be locked"),
        resumable_directory(workspace.root / "models" / "m", "model", {}),
    ):
        pass
    with atomic_file(tmp_path / "table.tsv") as file:  # what needs no job still works
        file.write_text("a")
    with atomic_directory(tmp_path / "folder") as folder:
        (folder / "x").touch()
    assert {path.name for path in tmp_path.iterdir()} == {"cluster", "folder", "table.tsv"}
