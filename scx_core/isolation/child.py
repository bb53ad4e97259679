"""The process that reads a stranger's file: ``python -m scx_core.isolation.child``.

It is told its limits and its task on standard input, and answers on what was standard output.
"""

import contextlib
import json
import os
import pickle
import resource
import signal
import sys
from typing import IO, Any, Final

from scx_core.errors import ScxError

_LENGTH: Final = 8
#: Seconds after which the process ends by itself, where nobody is left to end it.
_GRACE: Final = 10.0


def main() -> None:
    """Do one task.

    An error of ours or of a library is not caught: its trace is the log's, and the parent tells it
    in a sentence.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    setup = json.loads(_take(sys.stdin.buffer))
    sys.path[:] = setup["path"]
    _limit_memory(setup)
    try:
        # From the parent, which trusts nobody less than itself. It loads the module of the reader.
        function, args, keywords = pickle.loads(_take(sys.stdin.buffer))  # noqa: S301
        if setup["progress"]:
            keywords["progress"] = _Teller(answers)
        _limit_time(setup)
        _say(answers, "ready")
        result = function(*args, **keywords)
        _say(answers, "result", result if setup["returns"] else None)
    except ScxError as error:
        _say(answers, "refused", str(error))
    except MemoryError:
        with contextlib.suppress(MemoryError):
            _say(answers, "memory")


def _take(source: IO[bytes]) -> bytes:
    return source.read(int.from_bytes(source.read(_LENGTH), "big"))


def _say(answers: IO[bytes], kind: str, value: object = None) -> None:
    from scx_core.isolation.wire import encode  # pandas: once the memory is limited

    content = encode(value)
    answers.write(kind.ljust(_LENGTH).encode() + len(content).to_bytes(_LENGTH, "big") + content)
    answers.flush()


def _limit_memory(setup: dict[str, Any]) -> None:
    """Limit memory and the size of files; no core is left behind by a crash."""
    # What is private and can be written, on Linux: unlike address space, it counts no mapped files.
    kind = resource.RLIMIT_DATA if sys.platform.startswith("linux") else resource.RLIMIT_AS
    _lower(kind, int(setup["memory"]))
    _lower(resource.RLIMIT_FSIZE, int(setup["file_size"]))
    _lower(resource.RLIMIT_CORE, 0)


def _lower(kind: int, wanted: int) -> None:
    _, hard = resource.getrlimit(kind)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    # Some systems know a limit and do not let it be set.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (allowed, allowed))


def _limit_time(setup: dict[str, Any]) -> None:
    """End with the system's own alarm, which also reaches a library that never comes back."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, float(setup["seconds"]) + _GRACE)


class _Teller:
    """A `Progress` that tells the parent."""

    def __init__(self, answers: IO[bytes]) -> None:
        self.answers = answers

    def __call__(self, fraction: float, message: str) -> None:
        _say(self.answers, "progress", (float(fraction), str(message)))


if __name__ == "__main__":
    main()
