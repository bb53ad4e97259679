"""Fetching public data from the Datasets page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
import streamlit as st

from scx_core.errors import ScxError
from scx_core.fetch import Source, fetched, read_sources
from scx_core.jobs import ACTIVE, Job, list_jobs, start_job
from scx_core.store import Workspace
from scx_core.ui.person import person
from scx_core.ui.plain import plain_sentence
from scx_core.ui.progress import job_progress
from scx_core.ui.say import errors_as_sentences

_JOB: Final = "fetch_job"


def fetch_view(workspace: Workspace) -> None:
    """List the public sources, fetch a chosen one as a job, and show how it goes."""
    folder = workspace.root / "sources"
    with errors_as_sentences():
        sources = read_sources()
        here = {name: fetched(source, folder) for name, source in sources.items()}
        st.caption(
            f"The server downloads to `{folder}`, checks the content where its digest is known, and "
            "goes on where a broken transfer stopped. Nothing is fetched before you ask."
        )
        st.dataframe(
            source_table(sources, here), hide_index=True, alt="Public sources and what is here",
            column_config={"MB": st.column_config.NumberColumn(format="%.3g", width=60)},
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox(
                "Source", list(sources), key="fetch_source", width=420,
                format_func=lambda source: sources[source].title,
            )  # fmt: skip
            wanted = st.button("Fetch", key="fetch_start", type="primary")
        _describe(sources[name], here[name], folder)
        if wanted:
            st.session_state[_JOB] = _start(workspace, sources[name]).id
    _show_job(workspace)


def source_table(
    sources: Mapping[str, Source], here: Mapping[str, Mapping[str, Any] | None]
) -> pd.DataFrame:
    """Tabulate the sources: what, size, licence, and whether they are here and verified."""

    def state(name: str) -> str:
        note = here[name]
        if note is None:
            return ""
        day = str(note.get("fetched", ""))[:10]
        return f"{day}, verified" if note.get("verified") else f"{day}, not verified"

    return pd.DataFrame(
        {
            "Source": [source.title for source in sources.values()],
            "MB": [source.megabytes for source in sources.values()],
            "Here since": [state(name) for name in sources],
            "Licence": [source.licence for source in sources.values()],
        }
    )


def _describe(source: Source, note: Mapping[str, Any] | None, folder: Path) -> None:
    """Say what the chosen source is, whose, and where it lies."""
    told = [f"{source.what[:1].upper()}{source.what[1:]}."]
    if source.citation:
        told.append(f"Cite: {source.citation}.")
    if source.homepage:
        told.append(f"[Its page]({source.homepage}).")
    if note is not None:
        told.append(f"It is here as `{folder / source.file}`.")
        if note.get("sha256"):
            told.append(f"SHA-256 `{note['sha256']}`.")
    elif not source.digest and not source.record:
        told.append("Its digest is not known beforehand: what arrives is noted, not verified.")
    st.markdown(f":small[{' '.join(told)}]")


def _active(workspace: Workspace) -> list[Job]:
    """Transfers that wait or run, newest first."""
    if not workspace.jobs_path.is_dir():
        return []
    return [job for job in list_jobs(workspace) if job.kind == "fetch" and job.state in ACTIVE]


def _start(workspace: Workspace, source: Source) -> Job:
    if any(job.parameters.get("name") == source.name for job in _active(workspace)):
        raise ScxError(f"{source.title} is being fetched already; its progress is below.")
    return start_job(workspace, "fetch", {"name": source.name}, person())


def _show_job(workspace: Workspace) -> None:
    """Show the transfer that was asked for here, else one that somebody else's page started."""
    job_id = st.session_state.get(_JOB)
    if job_id is None:
        active = _active(workspace)
        if not active:
            return
        job_id = active[0].id
    path = workspace.jobs_path / job_id
    job_progress(path, "The transfer")
    with errors_as_sentences():
        if path.is_dir():
            for sentence in Job.open(path).notices:
                st.info(plain_sentence(sentence))
