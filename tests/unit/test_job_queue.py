"""The queue: slots, order, and processes that look at once."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import job_kinds
import pytest
from hypothesis import given
from hypothesis import strategies as st
from job_kinds import processes_of, wait_for

from scx_core.errors import ScxError
from scx_core.jobs import ACTIVE, Job, list_jobs, queue, start_job
from scx_core.jobs.alive import hold, is_held
from scx_core.jobs.directory import Status, read_stored, write_status
from scx_core.store import Workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    with job_kinds.open_workspace(tmp_path, monkeypatch) as opened:
        yield opened


def start(workspace: Workspace, kind: str = "note", user: str = "ann", **parameters: object) -> Job:
    return start_job(workspace, kind, parameters, user)


def ended(*jobs: Job) -> bool:
    return all(job.state not in ACTIVE for job in jobs)


def test_a_waiting_job_has_no_process_and_a_place(workspace: Workspace) -> None:
    first = start(workspace, "silent")
    second, third = start(workspace), start(workspace)
    assert first.state in ("starting", "running")
    assert first.position is None
    assert [second.state, third.state] == ["waiting", "waiting"]
    assert [second.position, third.position] == [1, 2]
    wait_for(lambda: first.state == "running")
    assert not second.is_alive()
    assert processes_of(second) == {}
    second.cancel()
    assert second.state == "cancelled"
    assert third.position == 1
    second.cancel()
    assert second.state == "cancelled"


def test_the_queue_moves_while_nobody_looks(workspace: Workspace) -> None:
    jobs = [start(workspace, name=number) for number in range(3)]
    # Looks at one job's file only: no step of the queue is taken by this process.
    wait_for(lambda: read_stored(jobs[-1].path).state == "finished")
    names = [(entry["what"], entry["name"]) for entry in job_kinds.journal(workspace.root)]
    assert names == [(what, number) for number in range(3) for what in ("start", "end")]


def test_it_moves_on_when_work_is_killed_or_fails(workspace: Workspace) -> None:
    killed = start(workspace, "die", signal=int(signal.SIGKILL))
    crashed = start(workspace, "die", signal=int(signal.SIGSEGV))
    failed = start(workspace, "fail")
    last = start(workspace)
    wait_for(lambda: read_stored(last.path).state == "finished")
    assert (killed.state, crashed.state, failed.state) == ("interrupted", "failed", "failed")
    assert "memory" in killed.error
    assert "log says where" in failed.error
    assert "ZeroDivisionError: by mistake" in failed.log_tail()
    assert killed.progress == 0.5


SCRIPT = """
import sys, time
from scx_core.jobs import list_jobs, start_job
from scx_core.store import Workspace
workspace = Workspace(sys.argv[1])
for number in range(3):
    start_job(workspace, "note", {"name": f"{sys.argv[2]}-{number}", "seconds": 0.05}, sys.argv[2])
while any(job.state in ("waiting", "starting", "running") for job in list_jobs(workspace)):
    pass
"""


def test_processes_that_look_at_once_start_no_job_twice(workspace: Workspace) -> None:
    queue.set_slots(workspace, 2)
    lookers = [
        subprocess.Popen([sys.executable, "-c", SCRIPT, str(workspace.root), f"user{number}"])
        for number in range(4)
    ]
    assert [looker.wait(60) for looker in lookers] == [0] * 4
    entries = job_kinds.journal(workspace.root)
    assert sorted(entry["name"] for entry in entries if entry["what"] == "start") == sorted(
        f"user{user}-{number}" for user in range(4) for number in range(3)
    )
    running = 0
    for entry in sorted(entries, key=lambda entry: entry["time"]):
        running += 1 if entry["what"] == "start" else -1
        assert running <= 2
    assert {job.state for job in list_jobs(workspace)} == {"finished"}


def test_one_user_does_not_keep_another_waiting(workspace: Workspace) -> None:
    begun = start(workspace, "silent", user="ann")
    ann = [start(workspace, user="ann", name=f"ann{number}", seconds=0.02) for number in range(3)]
    bob = [start(workspace, user="bob", name=f"bob{number}", seconds=0.02) for number in range(2)]
    shown = sorted([*ann, *bob], key=lambda job: job.position or 0)
    assert shown == [bob[0], ann[0], bob[1], ann[1], ann[2]]
    begun.cancel()
    wait_for(lambda: ended(*ann, *bob))
    names = [x["name"] for x in job_kinds.journal(workspace.root) if x["what"] == "start"]
    assert names == [job.parameters["name"] for job in shown]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["waiting", "running"])), max_size=9
    ),
    st.integers(1, 4),
)
def test_order_is_whole_and_first_in_first_out_for_each_user(
    jobs: list[tuple[str, str]], n_slots: int
) -> None:
    entries = [
        queue.Entry(Path(f"{number:03d}"), user, Status(state, queued=number, started=number))
        for number, (user, state) in enumerate(jobs)
    ]
    order = queue.in_order(entries, n_slots)
    waiting = [entry for entry in entries if entry.status.state == "waiting"]
    assert sorted(order, key=lambda entry: entry.path) == waiting
    for user in "abc":
        of_user = [entry for entry in order if entry.user == user]
        assert of_user == [entry for entry in waiting if entry.user == user]
    # While several wait, none is served twice before the others are served once (one slot).
    if n_slots == 1:
        for first, second in pairwise(order):
            others = {entry.user for entry in order[order.index(second) :]} - {first.user}
            assert second.user != first.user or not others


def test_slots_are_kept_and_garbage_means_one(workspace: Workspace) -> None:
    assert queue.slots(workspace) == 1
    queue.set_slots(workspace, 3)
    assert queue.slots(Workspace(workspace.root)) == 3
    for text in ("", "[]", '{"slots": 0}', '{"slots": true}', '{"slots": 1e9}', "\xff{"):
        (workspace.jobs_path / "queue.json").write_bytes(text.encode("latin-1"))
        assert queue.slots(workspace) == 1
    for number in (0, -1, 65, True, 1.5):
        with pytest.raises(ScxError, match="slots must be from 1 to 64"):
            queue.set_slots(workspace, number)  # type: ignore[arg-type]


def test_more_slots_start_what_waits(workspace: Workspace) -> None:
    jobs = [start(workspace, "silent") for _ in range(3)]
    assert [job.state for job in jobs][1:] == ["waiting", "waiting"]
    queue.set_slots(workspace, 3)
    wait_for(lambda: all(job.state == "running" for job in jobs))
    queue.set_slots(workspace, 1)
    assert all(job.state == "running" for job in jobs)


def test_a_process_that_never_comes_frees_its_slot(workspace: Workspace) -> None:
    lost = start(workspace, "silent")
    wait_for(lambda: lost.state == "running")
    for number in processes_of(lost).values():
        os.kill(number, signal.SIGKILL)
    wait_for(lambda: not lost.is_alive())
    write_status(lost.path, Status("starting", launch="gone"))
    assert lost.state == "interrupted"  # nobody holds the lock: nobody comes
    waiting = start(workspace)
    assert waiting.state != "waiting"
    # Written down, so that a process which comes after all finds its job taken from it.
    assert read_stored(lost.path).state == "interrupted"
    assert queue.claim(workspace, lost.path, "gone") is None
    lost.resume()
    assert lost.state in ACTIVE


@pytest.mark.parametrize("seconds", [-3600.0, 61.0, 3600.0])
def test_a_clock_that_is_off_ends_no_job_that_starts(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    job = start(workspace, "silent")
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + seconds)
    seen = set()
    wait_for(lambda: seen.add(job.state) or "starting" not in {job.state})
    assert seen <= {"starting", "running"}
    assert job.state == "running"


def test_a_job_holds_its_lock_from_before_it_starts(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks never sees a job that starts without a lock."""
    held = []
    write = queue.write_status

    def look(path: Path, status: Status) -> None:
        held.append((status.state, is_held(path / "alive.lock")))
        write(path, status)

    monkeypatch.setattr(queue, "write_status", look)
    start(workspace, "silent")
    assert held == [("starting", True)]


def test_a_system_that_refuses_to_start_a_process_leaves_no_lock(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_words: object, **_options: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(queue.subprocess, "Popen", refuse)
    job = start(workspace)
    assert job.state == "failed"
    assert "refused to start the process" in job.error
    assert not job.is_alive()


def test_only_the_process_that_was_started_last_gets_the_job(workspace: Workspace) -> None:
    blocker = start(workspace, "silent")
    job = start(workspace)
    write_status(job.path, Status("starting", launch="second"))
    assert queue.claim(workspace, job.path, "first") is None
    claimed = queue.claim(workspace, job.path, "second")
    assert claimed is not None
    assert claimed.state == "running"
    assert queue.claim(workspace, job.path, "second") is None
    assert blocker.state in ACTIVE


def test_those_who_look_do_not_keep_a_process_from_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "alive.lock"
    assert not is_held(path)
    assert not path.exists()
    path.touch()
    look = (
        "import sys; from pathlib import Path; from scx_core.jobs.alive import is_held\n"
        "print(flush=True)\nwhile True: is_held(Path(sys.argv[1]))"
    )
    lookers = [
        subprocess.Popen([sys.executable, "-c", look, str(path)], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    try:
        for looker in lookers:
            assert looker.stdout is not None
            looker.stdout.readline()
        # Those who look at once take each other for nobody.
        assert not any(is_held(path) for _ in range(500))
        for _ in range(5):
            held = hold(path, 5)
            assert held is not None
            assert is_held(path)
            assert hold(path, 0.1) is None
            os.close(held)
    finally:
        for looker in lookers:
            looker.kill()
            looker.communicate()


def test_an_import_does_not_wait_behind_other_work(workspace: Workspace) -> None:
    busy, waiting = start(workspace, "silent"), start(workspace, "silent")
    first = start(workspace, "import-release", seconds=0.2)
    second = start(workspace, "import-release")
    assert first.state in ("starting", "running")
    assert (waiting.position, second.position) == (1, 1)  # each in its own lane
    wait_for(lambda: ended(first, second))
    assert (first.state, second.state) == ("finished", "finished")
    assert waiting.state == "waiting"
    entries = job_kinds.journal(workspace.root)
    assert [entry["what"] for entry in entries] == ["start", "end"] * 2  # one import at a time
    for job in (waiting, busy):
        job.cancel()


def test_imports_have_a_lane_of_their_own(workspace: Workspace) -> None:
    assert queue.lane_of("import") == queue.lane_of("import-release") != queue.lane_of("train")
    queue.set_slots(workspace, 3)
    assert queue.slots_of(workspace, queue.lane_of("train")) == 3
    assert queue.slots_of(workspace, queue.lane_of("import")) == 1
