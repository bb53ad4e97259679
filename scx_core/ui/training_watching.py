"""Jobs of the Training page: the chosen one live, and the queue."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from scx_core.errors import ScxError, counted
from scx_core.figures.style import Theme
from scx_core.figures.training import MOST_PANELS, loss_figure
from scx_core.figures.validation import population_figure, validation_figure
from scx_core.jobs import ACTIVE, Job, list_jobs, slots
from scx_core.jobs.directory import METRICS, POPULATIONS
from scx_core.progress import about
from scx_core.store import Workspace
from scx_core.training.architecture import settings_for
from scx_core.training.estimate import Estimate
from scx_core.training.settings import TrainingSettings
from scx_core.ui.context import PageContext
from scx_core.ui.figure_files import figure_downloads
from scx_core.ui.loading import open_dataset
from scx_core.ui.models import summary
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.progress import cancel_job, job_log, job_status
from scx_core.ui.say import errors_as_sentences, notices
from scx_core.ui.show import chart, permalink
from scx_core.ui.training_words import (
    Newest,
    fold_names,
    history_of,
    job_name,
    newest_of,
    units_of,
)

#: Seconds between two looks: while something runs, and while nothing does (another tab may start).
_LIVELY, _IDLE = 1.0, 10.0
_MOST_ROWS: Final = 12
_JOB: Final = "job"
_UNKNOWN: Final = "unknown_job"


def job_label(job: Job) -> str:
    """Name a job; the address holds it, so it must not change with the state."""
    name = job_name(job.parameters)
    return f"{name} · {job.id}" if name else job.id


def jobs_view(context: PageContext, pending: Sequence[Future[Estimate]]) -> None:
    """Show the chosen training live, and the queue below it.

    Parameters
    ----------
    context : PageContext
    pending : sequence of Future
        Measurements that the form waits for: the page is drawn anew when one is there.
    """
    st.header("Progress")
    jobs = list_jobs(context.workspace)
    states = {job.id: job.state in ACTIVE for job in jobs}
    chosen = _choose([job for job in jobs if job.kind in ("train", "")], states)
    # One timer, never nested; it looks at everything on the right.
    every = _LIVELY if pending or any(states.values()) else _IDLE
    watch = _Watch(context.workspace, chosen, states, tuple(pending), context.theme)
    st.fragment(_draw, run_every=every)(watch)


def _choose(jobs: Sequence[Job], active: dict[str, bool]) -> Path | None:
    """Draw the choice of a training; without one, that which runs or the newest."""
    by_label = {job_label(job): job for job in jobs}
    wanted = st.query_params.get(_JOB)
    seen: set[str] = st.session_state.setdefault("jobs_seen", set())
    if wanted is not None and wanted not in by_label and wanted not in seen:
        # Kept until somebody chooses: streamlit drops what it cannot choose from the address.
        st.session_state[_UNKNOWN] = wanted
    seen.update(by_label)  # a job that is deleted from now on needs no warning
    if _UNKNOWN in st.session_state:
        st.warning(
            plain_sentence(
                f"The link names the job {st.session_state[_UNKNOWN][:80]!r}, which this workspace does "
                "not have."
            )
        )
    if not by_label:
        st.session_state.pop(_JOB, None)
        return None
    if st.session_state.get(_JOB) not in by_label and wanted not in by_label:
        running = [label for label, job in by_label.items() if active[job.id]]
        # The oldest of those that have not ended: the others wait for it.
        st.session_state[_JOB] = running[-1] if running else next(iter(by_label))
    label = st.selectbox(
        "Training", list(by_label), index=None, key=_JOB, bind="query-params", required=True,
        label_visibility="collapsed", on_change=lambda: st.session_state.pop(_UNKNOWN, None),
    )  # fmt: skip
    return by_label[label].path if label else None


@dataclass(frozen=True)
class _Watch:
    """What is watched, and how it was when the page was drawn."""

    place: Workspace
    chosen: Path | None
    active: dict[str, bool]
    pending: tuple[Future[Estimate], ...]
    theme: Theme


def _draw(watch: _Watch) -> None:
    jobs = list_jobs(watch.place)
    active = {job.id: job.state in ACTIVE for job in jobs}
    # Something began, ended, was deleted or measured: form, choices and models have changed.
    if active != watch.active or any(future.done() for future in watch.pending):
        st.rerun()
    if watch.chosen is None:
        st.markdown("Nothing has been trained here yet. Curves appear while a model trains.")
    else:
        _training(Job(watch.chosen), watch.place, watch.theme)
    _queue(jobs, watch.place)


def _training(job: Job, place: Workspace, theme: Theme) -> None:
    """Show one training: how it stands, its curves, notices and log."""
    name = job_name(job.parameters)
    state = job_status(job, f"Training {name}".strip())
    if state == "finished" and name in place.models():
        with errors_as_sentences():
            summary(place, name)
    if state != "damaged":
        _curves(job, place, theme, state)
    notices(job.notices, "What the training noticed")
    job_log(job)
    permalink("training", {"dataset": job.parameters.get("dataset"), _JOB: job_label(job)})


@dataclass(frozen=True)
class _Asked:
    """What a job trains, as far as its parameters can be read."""

    settings: TrainingSettings
    units: list[tuple[int, int]]
    names: dict[int, str] = field(default_factory=dict)


def _asked(job: Job, place: Workspace) -> _Asked:
    values: dict[str, Any] = job.parameters
    try:
        settings = settings_for(values.get("preset", "scxpresso"), **values.get("settings", {}))
        dataset = open_dataset(place.dataset_path(str(values.get("dataset", ""))))
        names = fold_names(dataset, settings)
    except (ScxError, TypeError):
        return _Asked(TrainingSettings(), [])
    return _Asked(settings, units_of(values.get("folds", ()), settings.runs, names), names)


def _curves(job: Job, place: Workspace, theme: Theme, state: str) -> None:
    stamps = tuple(_stamp(job.path / name) for name in (METRICS, POPULATIONS))
    if stamps[0] == (0, 0):
        if state in ("starting", "running"):
            st.caption("Curves appear with the first epoch.")
        return
    drawn = _figures(str(job.path), stamps, theme, place)
    if drawn is None:
        return
    st.markdown(drawn.sentence)

    asked = _asked(job, place)

    def offer(what: str, table: Callable[[], pd.DataFrame], caption: str) -> None:
        if state in ACTIVE:
            return  # the curves still move, and clicks would meet a page that is drawn every second

        def make() -> go.Figure:
            return getattr(_drawn(job, "light", asked), what)

        figure_downloads(
            make, key=f"files_{what}_{job.id}", name=f"{job_name(job.parameters)}_{what}",
            table=table, header={"job": job.id, **job.parameters}, caption=caption,
        )  # fmt: skip

    chart(drawn.losses, f"losses_{job.id}", drawn.alt)
    offer("losses", lambda: history_of(job), f"{drawn.alt}.")
    left, right = st.columns(2)
    with left:
        told = "Median correlation over populations on the validation genes, by epoch"
        chart(drawn.validation, f"validation_{job.id}", told)
        offer("validation", lambda: history_of(job), f"{told}. {drawn.caption}")
    with right:
        told = "Correlation on the validation genes in each population, sorted"
        chart(drawn.populations, f"populations_{job.id}", told)
        offer(
            "populations", lambda: pd.DataFrame(
                drawn.newest.items(), columns=["population", "pearson"]
            ), f"{told}. {drawn.caption}",
        )  # fmt: skip
    st.caption(plain_sentence(drawn.caption))


@dataclass(frozen=True)
class _Drawn:
    """Figures of a job and what is said beside them."""

    losses: go.Figure
    validation: go.Figure
    populations: go.Figure
    newest: dict[str, float]
    sentence: str
    caption: str
    alt: str


def _stamp(path: Path) -> tuple[int, int]:
    """Tell versions of a file apart."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@st.cache_resource(max_entries=24, show_spinner=False)
def _figures(
    path: str,
    stamps: tuple[tuple[int, int], ...],  # noqa: ARG001 (part of the key)
    theme: Theme,
    _place: Workspace,
) -> _Drawn | None:
    """Draw a job's curves once for all who watch it; they change with its epochs only."""
    job = Job(Path(path))
    return None if history_of(job).empty else _drawn(job, theme, _asked(job, _place))


def _drawn(job: Job, theme: Theme, asked: _Asked) -> _Drawn:
    history = history_of(job)
    found = history[["fold", "run"]].drop_duplicates()
    units = asked.units or [(int(fold), int(run)) for fold, run in found.to_numpy()]
    epochs = asked.settings.epochs
    loss = "MSE of z-scores" if asked.settings.loss == "mse" else "hybrid"
    newest = newest_of(job, asked.names)
    return _Drawn(
        loss_figure(history, units, epochs, theme, fold_names=asked.names, loss=loss),
        validation_figure(history, epochs, theme),
        population_figure(newest.values, theme),
        newest.values,
        _how_far(history, units, epochs),
        _captioned(newest),
        f"Training and validation loss of {counted(len(found), 'model')}, a panel each",
    )


def _how_far(history: pd.DataFrame, units: Sequence[tuple[int, int]], epochs: int) -> str:
    """Say how many models are done, how many collapsed, and where they stand."""
    last = history.groupby(["fold", "run"])["attempt"].transform("max")
    kept = history[history["attempt"] == last].groupby(["fold", "run"])
    done = int((kept["epoch"].max() >= epochs).sum())
    anew = int(history.groupby(["fold", "run"])["attempt"].max().sum())
    parts = [f"**{done:,} of {counted(len(units), 'model')}** trained"]
    if anew:
        parts.append(
            f"{counted(anew, 'collapsed attempt was', 'collapsed attempts were')} restarted"
        )
    newest = kept["validation_pearson"].last().dropna()
    if len(newest):
        of = f" (median of {len(newest)} models)" if len(newest) > 1 else ""
        parts.append(
            f"r on the validation genes, median over populations: **{newest.median():.2f}**{of}"
        )
    more = (
        f" {MOST_PANELS} of the {len(units):,} panels are shown."
        if len(units) > MOST_PANELS
        else ""
    )
    return "; ".join(parts) + "." + more


def _captioned(newest: Newest) -> str:
    told = "Pearson r over the validation genes. Left: median over populations, by epoch"
    known = len(newest.values)
    if not known:
        return f"{told}."
    return (
        f"{told}; faint, each model; strong, their median. Right: each population after "
        f"{newest.told} (n = {known}); dashed, the median."
    )


def _queue(jobs: Sequence[Job], place: Workspace) -> None:
    """Tabulate all jobs of the workspace, those that have not ended first."""
    if not jobs:
        return
    st.header("All jobs")
    n_slots = slots(place)
    st.caption(
        f"{counted(n_slots, 'job runs', 'jobs run')} at a time; the others wait, first come first "
        "served, and fair between people."
    )
    statuses = [(job, job.status) for job in jobs]
    order = {"running": 0, "starting": 0, "waiting": 1}
    statuses.sort(key=lambda item: order.get(item[1].state, 2))
    for job, status in statuses[:_MOST_ROWS]:
        _row(job, status.state, status.progress)
    older = len(statuses) - _MOST_ROWS
    if older > 0:
        st.caption(f"{counted(older, 'older job')} not shown; `scx jobs list` names all.")


def _row(job: Job, state: str, progress: float) -> None:
    place = job.position if state == "waiting" else None
    told = {
        "waiting": f"waits, place {place}", "starting": "starts",
        "running": f"{progress:.0%}" + _left(job),
    }.get(state, state)  # fmt: skip
    columns = st.columns([1.1, 3.0, 1.4, 2.0, 1.3], vertical_alignment="center")
    user = job.user or "unknown"
    columns[0].caption(plain(job.kind or "damaged"))
    columns[1].markdown(
        f"{plain(job_name(job.parameters) or job.id)}  \n:small[:gray[{_when(job)}]]"
    )
    columns[2].caption(plain(user))
    columns[3].caption(told)
    with columns[4]:
        _row_button(job, state)


def _left(job: Job) -> str:
    seconds = job.seconds_left
    return "" if seconds is None else f", {about(seconds)} left"


def _when(job: Job) -> str:
    return f"{job.created.astimezone():%d %b %H:%M}"


def _row_button(job: Job, state: str) -> None:
    with errors_as_sentences():
        if state in ACTIVE:
            stopping = job.is_stopping
            label = "Stopping" if stopping else "Cancel"
            st.button(
                label, key=f"row_cancel_{job.id}", type="tertiary", disabled=stopping,
                on_click=cancel_job, args=(job,),
            )  # fmt: skip
        elif state in ("failed", "cancelled", "interrupted") and st.button(
            "Resume", key=f"row_resume_{job.id}", type="tertiary"
        ):
            job.resume()
            st.rerun()
