"""``scx jobs`` as a user types it."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import job_kinds
import pytest
from job_kinds import wait_for
from typer.testing import CliRunner

from scx_core.commands import app
from scx_core.jobs import ACTIVE, Job, list_jobs, start_job
from scx_core.jobs.job import account
from scx_core.store import Workspace

COMMANDS = ("list", "show", "cancel", "resume", "logs", "delete", "slots")


def run(workspace: Workspace, *words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["--workspace", str(workspace.root), "jobs", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    with job_kinds.open_workspace(tmp_path, monkeypatch) as workspace:
        yield workspace


def ended(job: Job) -> bool:
    return job.state not in ACTIVE


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(tmp_path: Path, command: str) -> None:
    code, out, _ = run(Workspace(tmp_path), command, "--help")
    assert code == 0
    assert "Example:" in out


def test_an_empty_workspace_has_no_jobs(tmp_path: Path) -> None:
    opened = Workspace(tmp_path)
    assert run(opened, "list")[:2] == (0, "There are no jobs.\n")
    assert json.loads(run(opened, "list", "--json")[1]) == {"jobs": []}
    for command in ("show", "cancel", "resume", "logs", "delete"):
        code, out, err = run(opened, command, "last")
        assert (code, out) == (1, "")
        assert err.startswith("Error: There are no jobs in")
        assert err.count("\n") == 1


def test_list_and_show_tell_how_jobs_stand(opened: Workspace) -> None:
    first = start_job(opened, "silent", {"name": "quiet"})
    second = start_job(opened, "note", {"name": "noted"}, user="bob")
    wait_for(lambda: first.progress == 0.25)
    broken = opened.jobs_path / "20200101-000000-00000000"
    broken.mkdir()
    (broken / "log.txt").write_text("")
    code, out, err = run(opened, "list")
    assert (code, err) == (0, "")
    lines = [line for line in out.splitlines() if re.search(r"\d{8}-\d{6}", line)]
    assert [line.split()[1] for line in lines] == [second.id, first.id, broken.name]
    assert "waiting (1 in the queue)" in lines[0]
    assert "bob" in lines[0]
    assert "running" in lines[1]
    assert "25%" in lines[1]
    assert account() in lines[1]
    assert "damaged" in lines[2]
    told = json.loads(run(opened, "list", "--json")[1])["jobs"]
    assert [job["state"] for job in told] == ["waiting", "running", "damaged"]
    assert [job["position"] for job in told] == [1, None, None]
    out = run(opened, "show", first.id)[1]
    assert out.startswith(f"{first.id}: silent quiet\nState: running, 25% done: Silent\n")
    assert "name: quiet" in out
    assert "spec.json" in run(opened, "show", "2020")[1]
    assert json.loads(run(opened, "show", "last", "--json")[1])["user"] == "bob"


def test_cancel_resume_and_delete(opened: Workspace) -> None:
    job = start_job(opened, "silent", {})
    wait_for(lambda: job.progress == 0.25)
    assert run(opened, "delete", "last")[2] == (
        f"Error: The job {job.id} is running; cancel it first.\n"
    )
    assert run(opened, "cancel", "last") == (0, "", f"The job {job.id} is cancelled.\n")
    assert "nothing to cancel" in run(opened, "cancel", "last")[2]
    code, _, err = run(opened, "resume", job.id[:-2])
    assert code == 0
    assert err in [f"The job {job.id} is {state}.\n" for state in ("starting", "running")]
    assert "nothing to resume" in run(opened, "resume", "last")[2]
    run(opened, "cancel", "last")
    assert run(opened, "delete", "last")[2] == f"The job {job.id} is deleted.\n"
    assert list_jobs(opened) == []


def test_show_tells_notices_and_the_last_epoch(opened: Workspace) -> None:
    job = start_job(opened, "epochs", {"epochs": 3})
    wait_for(lambda: ended(job))
    out = run(opened, "show", "last")[1]
    assert "State: finished, 100% done: Finished" in out
    assert "Note: The first epoch is slow." in out
    assert "3 epochs told; the last: fold 0, run 0, epoch 3, loss 0.5" in out


def test_logs_are_followed_to_the_end(opened: Workspace) -> None:
    failed = start_job(opened, "fail", {})
    code, out, err = run(opened, "logs", "last", "--follow")
    assert code == 0
    assert out.count("ZeroDivisionError: by mistake") == 1
    assert f"{failed.id} is failed. The work ended unexpectedly" in err
    assert run(opened, "logs", "last", "--lines", 1)[1] == "ZeroDivisionError: by mistake\n"
    (failed.path / "log.txt").write_bytes(b"whole \xe2\x82\xac line\nhalf")
    assert failed.log_from(0) == ("whole € line\n", 15)
    assert failed.log_from(15) == ("", 15)
    shutil.rmtree(failed.path / "log.txt", ignore_errors=True)


def test_slots_are_shown_and_set(opened: Workspace) -> None:
    assert run(opened, "slots")[1] == "1\n"
    assert run(opened, "slots", 2)[1] == "2\n"
    assert run(opened, "slots")[1] == "2\n"
    assert run(opened, "slots", 0) == (
        1, "", "Error: The number of slots must be from 1 to 64, not 0.\n"
    )  # fmt: skip


def test_unknown_ids_are_told_in_a_sentence(opened: Workspace) -> None:
    jobs = [start_job(opened, "silent", {}) for _ in range(2)]
    code, _, err = run(opened, "show", "1999")
    assert code == 1
    assert err == f"Error: There is no job '1999'; there are {jobs[1].id}, {jobs[0].id}.\n"
    assert "begins 2 jobs" in run(opened, "cancel", "2")[2]
