"""What tests of the app read off a page."""

import time
from pathlib import Path

from scx_core.jobs import ACTIVE, Job, list_jobs
from scx_core.store import Workspace


def texts(app) -> str:
    """All that a person reads on the page."""
    kinds = (
        app.title, app.header, app.markdown, app.caption, app.info, app.warning, app.error,
        app.success,
    )  # fmt: skip
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def refuse_traceback(app) -> None:
    """Fail where the page shows that it broke."""
    assert not app.exception, [item.value for item in app.exception]


def wait_for_job(folder: Path) -> Job:
    """Wait until the newest job has ended."""
    job = list_jobs(Workspace(folder))[0]
    for _ in range(3000):
        if job.state not in ACTIVE:
            return job
        time.sleep(0.1)
    raise TimeoutError(job.log_tail())
