"""Lists that are too long for the page: scored as jobs, their results here to be fetched."""

import re
from pathlib import Path
from typing import Any, Final

import streamlit as st

from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.jobs import list_jobs, start_job
from scx_core.jobs.kinds import result_path
from scx_core.store import Workspace, read_json
from scx_core.ui.person import person
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.progress import job_progress
from scx_core.ui.say import errors_as_sentences, notices
from scx_core.ui.show import download
from scx_core.ui.variants_reading import (
    MOST_ROWS,
    Reading,
    beside_effect,
    build_box,
    correct_columns,
    effect_box,
    say_apart,
)
from scx_core.ui.variants_words import format_words, outcome_word
from scx_core.variants.pipeline import PlacedList, ScoringOptions

_JOB: Final = "variants_job"
#: Larger files are not sent through the server's memory.
_MOST_BYTES: Final = 300_000_000
_FILES: Final = {
    "effects.tsv.gz": "All rows (TSV)",
    "effects.vcf.gz": "Annotated VCF",
    "columns.tsv": "What the columns mean",
    "summary.tsv": "Counts by outcome",
}
_MOST_RESULTS: Final = 20


def job_step(
    workspace: Workspace,
    model: Ensemble,
    reading: Reading,
    placed: PlacedList,
    build: str,
    builds: list[str],
) -> None:
    """Say what was read of a long list, and offer to score it as a job.

    Parameters
    ----------
    workspace : Workspace
    model : Ensemble
    reading : Reading
    placed : PlacedList
        Its first rows.
    build : str
        As the person says, "" to find out.
    builds : list of str
        Those that the person may say it is on.
    """
    variants = reading.variants
    name = reading.given.name
    say_apart(placed)
    st.markdown(
        f"**More than {MOST_ROWS:,} rows** of {plain(name)}, read as {format_words(variants.format)}. "
        "So long a list is scored as a job, which goes on when this page is closed; every row comes "
        "out, with its effects or the reason."
    )
    effect_box(reading, placed.effect)
    notices(beside_effect(placed), "What was noticed in the first rows")
    with st.expander("How it was read: columns, build, first rows"):
        correct_columns(reading)
        build_box(builds)
        st.dataframe(variants.rows.head(100), alt="The first 100 rows as they were given")
    suggested = re.sub(r"[^A-Za-z0-9._-]+", "-", name.split(".")[0]).strip("-.") or "variants"
    with st.form("variants_job_form", border=False):
        result = st.text_input(
            "Name of the result",
            value=f"{suggested}-{model.name}"[:80],
            key="variants_result",
            width=360,
        )
        ranked = st.checkbox(
            "Rank each variant within its whole window, too", key="variants_rank",
            help="Mutates the windows of the 50 genes with the strongest effects.", value=True,
        )  # fmt: skip
        start = st.form_submit_button("Score it as a job", type="primary", key="variants_start")
    if not start:
        return
    with errors_as_sentences():
        options = ScoringOptions(roles=reading.roles, build=build)
        if not ranked:
            options = ScoringOptions(roles=reading.roles, build=build, ranked_genes=0)
        _start(workspace, model, reading, result.strip(), options)


def _start(
    workspace: Workspace, model: Ensemble, reading: Reading, name: str, options: ScoringOptions
) -> None:
    if not name:
        raise ScxError("Give the result a name.")
    if result_path(workspace, name).exists():
        raise ScxError(f"A result {name!r} exists already; choose another name.")
    if reading.given.path is None:
        raise ScxError("The list is not kept in the workspace; upload it.")
    parameters = {
        "model": model.name,
        "name": name,
        "table": str(reading.given.path.relative_to(workspace.root)),
        "options": options.to_dict(),
    }
    st.session_state[_JOB] = start_job(workspace, "variants", parameters, person()).id


def jobs_view(workspace: Workspace, model: Ensemble) -> None:
    """Show the job that was started here, and the results of all that are finished."""
    jobs = {job.id: job for job in list_jobs(workspace) if job.kind == "variants"}
    watched = st.session_state.get(_JOB)
    if watched not in jobs:
        watched = next((name for name, job in jobs.items() if job.state != "finished"), None)
    if watched is not None:
        st.header("Lists scored as jobs")
        name = str(jobs[watched].parameters.get("name", ""))
        job_progress(jobs[watched].path, f"Scoring {name}".strip())
    found = _results(workspace, model)
    if not found:
        return
    with st.expander(
        f"Results of jobs ({len(found)})",
        icon=":material/folder_open:",
        expanded=watched is not None,
    ):
        for path, result in found[:_MOST_RESULTS]:
            _result(path, result)


def _results(workspace: Workspace, model: Ensemble) -> list[tuple[Path, dict[str, Any]]]:
    """Find the finished results of this model, newest first."""
    found = []
    for file in (workspace.root / "results").glob("[!.]*/result.json"):
        try:
            result = read_json(file)
        except (OSError, ScxError):
            continue
        if isinstance(result, dict) and (result.get("kind"), result.get("model")) == (
            "variants",
            model.name,
        ):
            found.append((file.stat().st_mtime, file.parent, result))
    found.sort(key=lambda entry: entry[0], reverse=True)
    return [(path, result) for _, path, result in found]


def _result(path: Path, result: dict[str, Any]) -> None:
    rows = int(result.get("rows", 0))
    outcomes = {str(name): int(count) for name, count in result.get("by_outcome", {}).items()}
    told = ", ".join(f"{outcome_word(name)} {count:,}" for name, count in outcomes.items())
    st.markdown(f"**{plain(path.name)}** · {counted(rows, 'row')}: {told}")
    left_out = []
    with st.container(horizontal=True):
        for name, label in _FILES.items():
            file = path / name
            if not file.is_file():
                continue
            if file.stat().st_size > _MOST_BYTES:
                left_out.append(file)
                continue
            download(
                label, file.read_bytes, f"{path.name}_{name}", f"result_{path.name}_{name}",
                "application/gzip" if name.endswith(".gz") else "text/tab-separated-values",
            )  # fmt: skip
    for file in left_out:
        st.caption(
            plain_sentence(
                f"{file.name} is too large to send ({file.stat().st_size / 1e6:,.0f} MB): {file}"
            )
        )
    notices([str(sentence) for sentence in result.get("notices", [])], "What was noticed")
