"""How a job stands, in words and a bar, and what can be done about it."""

from pathlib import Path

import streamlit as st

from scx_core.errors import ScxError, counted
from scx_core.jobs import ACTIVE, Job
from scx_core.jobs.queue import lane_of, slots_of
from scx_core.model_files.discarding import discard_unfinished
from scx_core.progress import about
from scx_core.ui.asked import can_correct, correct_button
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.say import errors_as_sentences

_EVERY = 1.0  # seconds


def job_progress(path: Path, what: str) -> None:
    """Show a job until it ends; the page is drawn anew once then.

    Parameters
    ----------
    path : Path
        The job's directory.
    what : str
        Begins the sentences: "The import"; it may quote a name as it is.
    """
    try:
        active = Job.open(path).state in ACTIVE
    except ScxError as error:
        st.info(plain_sentence(str(error)))
        return
    # One timer, never nested, and none once the job has ended.
    st.fragment(_draw, run_every=_EVERY if active else None)(path, what, active)


def _draw(path: Path, what: str, was_active: bool) -> None:
    job = Job(path)
    state = job_status(job, what)
    if was_active and state not in ACTIVE:
        st.rerun()
    if state not in (*ACTIVE, "finished"):
        job_log(job)


def job_status(job: Job, what: str) -> str:
    """Say how a job stands, and offer what can be done: cancel, resume, delete.

    Parameters
    ----------
    job : Job
    what : str
        Begins the sentences: "The import"; it may quote a name as it is.

    Returns
    -------
    str
        The state.
    """
    status = job.status
    state = status.state
    what = plain(what)
    if state == "waiting":
        place = job.position or 1
        lane = lane_of(job.kind)
        one = f"{lane} job".strip()
        n_slots = counted(slots_of(job.workspace, lane), f"{one} runs", f"{one}s run")
        st.markdown(f"{what} waits in the queue, in place **{place}**: here {n_slots} at a time.")
        _cancel_button(job)
    elif state in ACTIVE:
        st.progress(
            min(max(status.progress, 0.0), 1.0), f"{plain_sentence(status.message)}{_left(job)}"
        )
        _cancel_button(job)
    elif state == "finished":
        st.success(f"{what} is finished.")
    elif state == "failed":
        told = plain_sentence(status.error or "")
        st.error(told or f"{what} failed; the log below says where.")
    elif state == "damaged":
        st.error(plain_sentence(status.error))
    else:
        told = (
            "was cancelled" if state == "cancelled" else "was interrupted: its process ended early"
        )
        st.warning(f"{what} {told}. What it had finished is kept.")
    if state in ("failed", "cancelled", "interrupted", "damaged"):
        _ways_on(job, state)
    return state


def _cancel_button(job: Job) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        stopping = job.is_stopping
        st.button(
            "Cancel", key=f"cancel_{job.id}", disabled=stopping, on_click=cancel_job, args=(job,)
        )
        st.caption("Stopping …" if stopping else "It goes on when this page is closed.")
    problem = st.session_state.pop(f"problem_{job.id}", None)
    if problem is not None:
        st.error(plain_sentence(problem))


def cancel_job(job: Job) -> None:
    """Cancel a job from a callback.

    A callback is done before anything is drawn: what a click carries would be lost if the timer drew
    the page anew before the button's line was reached.
    """
    try:
        job.cancel()
    except ScxError as error:
        st.session_state[f"problem_{job.id}"] = str(error)


def _ways_on(job: Job, state: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if state == "failed" and can_correct(job):
            correct_button(job)
        elif state != "damaged" and st.button("Resume", key=f"resume_{job.id}", type="primary"):
            with errors_as_sentences():
                job.resume()
                st.rerun()
        with st.popover("Delete", key=f"ask_delete_{job.id}"):
            trained = str(job.parameters.get("model", "")) if job.kind == "train" else ""
            st.markdown(
                "The job, its log and what it has trained so far are deleted for good."
                if trained
                else "The job and its log are deleted; what it finished stays."
            )
            if st.button("Delete it", key=f"delete_{job.id}"):
                with errors_as_sentences():
                    if trained:
                        discard_unfinished(job.workspace, trained)
                    job.delete()
                    st.rerun()


def job_log(job: Job) -> None:
    """Offer the end of the log in a fold-out."""
    with st.expander("Log", key=f"log_{job.id}"):
        st.code(job.log_tail(30) or "The log is empty.", language=None)


def _left(job: Job) -> str:
    """Say how much time is left, where the job can tell."""
    seconds = job.seconds_left
    return "" if seconds is None else f" · {about(seconds)} left"
