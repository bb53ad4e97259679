"""Watching a job; the only timer of a page."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from scx_core.errors import ScxError
from scx_core.figures.training import loss_figure
from scx_core.jobs import ACTIVE, Job
from scx_core.ui.context import theme
from scx_core.ui.show import chart

_EVERY = 1.0  # seconds


def job_progress(path: Path, what: str, *, losses: bool = False) -> None:
    """Show a job until it ends; the page is drawn anew once then.

    Parameters
    ----------
    path : Path
        The job's directory.
    what : str
        Begins the sentences: "The import".
    losses : bool
        Draw the loss of every epoch.
    """
    try:
        active = Job.open(path).state in ACTIVE
    except ScxError as error:
        st.info(str(error))
        return
    # One timer, never nested, and none once the job has ended.
    st.fragment(_draw, run_every=_EVERY if active else None)(path, what, losses, active)


def _draw(path: Path, what: str, losses: bool, was_active: bool) -> None:
    try:
        job = Job.open(path)
        state = job.state
        if was_active and state not in ACTIVE:
            st.rerun()
        _status(job, state, what)
        if losses:
            _losses(job)
    except ScxError as error:
        st.info(str(error))


def _status(job: Job, state: str, what: str) -> None:
    if state in ACTIVE:
        st.progress(min(max(job.progress, 0.0), 1.0), f"{job.message}{_left(job)}")
        if (job.path / "cancel").exists():
            st.caption("Stopping …")
        elif st.button("Cancel", key=f"cancel_{job.id}"):
            job.cancel()
            st.rerun(scope="fragment")
        st.caption("It goes on when this page is closed.")
    elif state == "finished":
        st.success(f"{what} is finished.")
    elif state == "failed":
        st.error(job.error or f"{what} failed; the log below says where.")
        _log(job)
    else:
        told = (
            "was cancelled" if state == "cancelled" else "was interrupted: its process ended early"
        )
        st.warning(f"{what} {told}.")
        if st.button("Resume", key=f"resume_{job.id}"):
            job.resume()
            st.rerun()
        _log(job)


def _left(job: Job) -> str:
    """Estimate the time left from the time spent."""
    done = job.progress
    if done < 0.03:
        return ""
    started = datetime.fromisoformat(job.spec["created"])
    spent = (datetime.now(UTC) - started).total_seconds()
    return f" · about {duration(spent * (1 - done) / done)} left"


def duration(seconds: float) -> str:
    """Write a time in the unit that a person would use."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _losses(job: Job) -> None:
    metrics = pd.DataFrame(job.metrics)
    if len(metrics):
        chart(
            loss_figure(metrics, theme()), f"losses_{job.id}",
            f"Training and validation loss of {metrics.groupby(['fold', 'run']).ngroups} models",
        )  # fmt: skip


def _log(job: Job) -> None:
    with st.expander("Log"):
        st.code(job.log_tail(30) or "The log is empty.", language=None)
