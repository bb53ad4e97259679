"""The work of a job, in a process of its own: ``python -m scx_core.jobs.work DIRECTORY PIPE``.

Started by `scx_core.jobs.worker` only. It may be ended at any moment, so all work keeps what it
finished on disk; how it ends is told through the pipe.
"""

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Final

from scx_core.errors import ScxError
from scx_core.jobs.directory import read_spec
from scx_core.jobs.reporter import CancelledError, JobReporter
from scx_core.maker import AlreadyMadeError
from scx_core.store import Workspace, disk_full_as_sentence

#: A pipe takes so much without anybody reading.
_LONGEST_SENTENCE: Final = 8000
_log = logging.getLogger("scx_core.jobs")


def do_work(path: Path, pipe: int) -> None:
    """Do what the job asks for, tell how it ended, and end this process."""
    reporter = JobReporter(path)
    state, error = "failed", "The work ended unexpectedly; the log says where."
    try:
        run_kind(path, reporter)
        state, error = "finished", ""
    except CancelledError:
        state, error = "cancelled", ""
    except AlreadyMadeError:
        _log.info("All was done before the job was ended; only its end was missing")
        state, error = "finished", ""
    except ScxError as refused:
        _log.exception("Refused")
        error = str(refused)
    except MemoryError:
        _log.exception("Out of memory")
        error = (
            "The machine has too little memory for this work; end other programs or choose fewer "
            "processes, then resume."
        )
    finally:
        # Any other exception ends here too, with its trace in the log.
        if sys.exc_info()[0] is not None:
            _log.error("The work ended unexpectedly", exc_info=True)
        _tell(pipe, state, error[:_LONGEST_SENTENCE], reporter)
        logging.shutdown()
        # At once: threads of unfinished work would keep the process, and all is on disk.
        os._exit(0 if state in ("finished", "cancelled") else 1)


def run_kind(path: Path, reporter: JobReporter) -> None:
    """Do what the job asks for in this process.

    Raises
    ------
    ScxError
        If it is damaged, or the work refuses.
    CancelledError
        If somebody asked it to stop.
    """
    from scx_core.jobs.kinds import KINDS

    spec = read_spec(path)
    kind = spec["kind"]
    if kind not in KINDS:
        raise ScxError(f"Jobs of kind {kind!r} are unknown; there are {', '.join(KINDS)}.")
    workspace = Workspace(path.parent.parent)
    _log.info("Job %s: %s", path.name, kind)
    with disk_full_as_sentence(path, "what is finished is kept"):
        KINDS[kind](workspace, spec["parameters"], reporter)


def _tell(pipe: int, state: str, error: str, reporter: JobReporter) -> None:
    finished = state == "finished"
    outcome = {
        "state": state,
        "error": error,
        "progress": 1.0 if finished else reporter.fraction,
        "message": "Finished" if finished else reporter.message,
    }
    os.write(pipe, json.dumps(outcome).encode())


def _end_with_supervisor() -> None:
    """End this process and those it started when the supervisor is gone: its pipe ends then."""
    os.read(0, 1)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    threading.Thread(target=_end_with_supervisor, daemon=True).start()
    do_work(Path(sys.argv[1]), int(sys.argv[2]))
