"""How an import goes, and what came of it."""

from typing import Final

import streamlit as st

from scx_core.errors import ScxError
from scx_core.jobs import Job
from scx_core.store import Workspace
from scx_core.ui.frame import choose_dataset
from scx_core.ui.importing_words import outcome_sentences
from scx_core.ui.loading import open_dataset
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.progress import job_progress
from scx_core.ui.say import errors_as_sentences, notices

_JOB: Final = "watched_import"
_CHOSEN: Final = "chosen_import"


def watch_import(job: Job) -> None:
    """Show an import from now on."""
    st.session_state[_JOB] = job.id


def import_outcome(workspace: Workspace) -> None:
    """Show the import that was started here; at its end choose the new dataset and say what came."""
    job_id = st.session_state.get(_JOB)
    if job_id is None:
        return
    path = workspace.jobs_path / job_id
    job_progress(path, "The import")
    if not path.is_dir():
        return
    with errors_as_sentences():
        job = Job.open(path)
        if job.state == "finished":
            _show_result(workspace, job)


def _show_result(workspace: Workspace, job: Job) -> None:
    name = str(job.parameters["name"])
    if name not in workspace.datasets():
        raise ScxError(f"The dataset {name!r} was renamed or deleted since it was imported.")
    if st.session_state.get(_CHOSEN) != job.id:
        st.session_state[_CHOSEN] = job.id
        choose_dataset(name)
    dataset = open_dataset(workspace.dataset_path(name))
    with st.container(border=True):
        told = [
            f"**{plain(name)}** is imported.",
            *map(plain_sentence, outcome_sentences(dataset)),
        ]
        st.markdown("\n".join(f"- {sentence}" for sentence in told))
        notices(job.notices, "What the import noticed")
        with st.container(horizontal=True):
            for page, label, icon in (
                ("pages/datasets.py", "Open", ":material/folder_open:"),
                ("pages/training.py", "Train", ":material/model_training:"),
            ):
                st.page_link(page, label=label, icon=icon, query_params={"dataset": name})
            if st.button("Close", key="close_import", type="tertiary"):
                st.session_state.pop(_JOB)
                st.rerun()
