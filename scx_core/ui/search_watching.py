"""A search as it stands: live while it runs, its best network, what mattered, all trials."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from scx_core.errors import ScxError, counted
from scx_core.figures.search import best_so_far_figure, importance_figure
from scx_core.figures.style import Theme
from scx_core.jobs import ACTIVE, Job, list_jobs, start_job
from scx_core.search import Search, list_searches, search_path
from scx_core.search.reading import Importance
from scx_core.search.running import delete_search
from scx_core.search.study import DATABASE
from scx_core.store import Workspace
from scx_core.ui.context import PageContext
from scx_core.ui.figure_files import figure_downloads
from scx_core.ui.person import person
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.progress import job_log, job_status
from scx_core.ui.say import errors_as_sentences, notices
from scx_core.ui.search_form import CHOSEN, searched_by_jobs
from scx_core.ui.show import chart, permalink

_LIVELY: Final = 1.5  # seconds between two looks while it runs
_SHOWN: Final = 300


def searches_view(context: PageContext) -> str | None:
    """Draw the choice of a search and how it stands.

    Returns
    -------
    str or None
        Name of the search; None where there is none, or it has not begun.
    """
    names = _names(context)
    wanted = st.query_params.get(CHOSEN)
    if not names:
        st.header("Progress")
        st.markdown("No search has begun on this dataset. Its networks appear here one by one.")
        return None
    if wanted is not None and wanted not in names:
        st.warning(
            plain_sentence(
                f"The link names the search {wanted[:80]!r}, which is not here; {names[0]} is shown."
            )
        )
    if st.session_state.get(CHOSEN) not in names:
        st.session_state[CHOSEN] = names[0]
    name = str(st.selectbox("Search", names, key=CHOSEN, bind="query-params"))
    job = _job_of(context.workspace, name)
    active = job is not None and job.state in ACTIVE
    # One timer, never nested, and none once the search has ended.
    watch = _Watch(context.workspace, context.dataset_name, name, job, active, context.theme)
    st.fragment(_draw, run_every=_LIVELY if active else None)(watch)
    return name if name in list_searches(context.workspace) else None


def _names(context: PageContext) -> list[str]:
    """List the searches of the chosen dataset, those of the newest jobs first."""
    begun = []
    for name in list_searches(context.workspace):
        try:
            found = Search.open(search_path(context.workspace, name))
        except ScxError:
            continue
        if found.dataset_name == context.dataset_name:
            begun.append(name)
    return list(dict.fromkeys([*filter(None, searched_by_jobs(context)), *begun]))


def _job_of(place: Workspace, name: str) -> Job | None:
    jobs = (job for job in list_jobs(place) if job.kind == "search")
    return next((job for job in jobs if job.parameters.get("name") == name), None)


@dataclass(frozen=True)
class _Watch:
    """What is watched, and how it was when the page was drawn."""

    place: Workspace
    dataset: str | None
    name: str
    job: Job | None
    active: bool
    theme: Theme


def _draw(watch: _Watch) -> None:
    job = watch.job
    if job is not None:
        state = job_status(job, f"The search {watch.name}")
        if watch.active and state not in ACTIVE:
            st.rerun()
    with errors_as_sentences():
        path = search_path(watch.place, watch.name)
        if not (path / DATABASE).exists():
            st.caption("Its networks appear here one by one.")
            return
        drawn = read(path)
        _show(drawn, watch)
        if not watch.active:
            with st.container(horizontal=True):
                _more(watch, drawn.search)
                _delete(watch, drawn.search)
    if job is not None:
        notices(job.notices, "What the search noticed")
        job_log(job)
    permalink(
        "search", {"dataset": watch.dataset, CHOSEN: watch.name}
    )  # fmt: skip


@dataclass(frozen=True)
class Read:
    """A search, read once for all who watch it."""

    search: Search
    importance: Importance


def read(path: Path) -> Read:
    """Read a search as it stands now, or take it from the cache.

    Raises
    ------
    ScxError
        If it was deleted or is damaged.
    """
    try:
        found = (path / DATABASE).stat()
        settings = (path / "search.json").stat()
    except OSError as error:
        raise ScxError(f"The search {path.name!r} is not here any more.") from error
    return _read(str(path), (found.st_mtime_ns, found.st_size, settings.st_mtime_ns))


@st.cache_resource(max_entries=16, show_spinner=False)
def _read(path: str, stamp: tuple[int, ...]) -> Read:
    search = Search.open(path)
    whole = search.trials.index[search.trials["outcome"] == "trained"]
    # Trials that ended never change: what mattered changes with their number alone.
    return Read(search, _importance(path, (stamp[-1], *map(int, whole)), search))


@st.cache_resource(max_entries=16, show_spinner=False)
def _importance(path: str, trained: tuple[int, ...], _search: Search) -> Importance:  # noqa: ARG001
    return _search.importance()


def _show(drawn: Read, watch: _Watch) -> None:
    search = drawn.search
    st.markdown(_sentence(search))
    if search.n_trained:
        chart(
            best_so_far_figure(search.trials, watch.theme), "search_best",
            f"Validation loss of {counted(search.n_trained, 'network')} and the lowest so far",
        )  # fmt: skip
        _downloads(
            watch, search, "search_best_files", "trials", search.trials,
            lambda: best_so_far_figure(search.trials, "light"),
            "Lowest validation loss of each network, in the order of training; the line is the "
            "lowest so far. Open points were pruned.",
        )  # fmt: skip
        st.markdown("**What mattered**")
        if not drawn.importance.shares.empty:
            chart(
                importance_figure(drawn.importance.shares, watch.theme), "search_importance",
                "Importance of the parameters",
            )  # fmt: skip
            _downloads(
                watch, search, "search_importance_files", "importance",
                drawn.importance.shares.reset_index(),
                lambda: importance_figure(drawn.importance.shares, "light"), drawn.importance.note,
            )  # fmt: skip
        st.caption(plain_sentence(drawn.importance.note))
    with st.expander(f"All trials ({len(search.trials):,})", key="search_all"):
        _table(search)


def _sentence(search: Search) -> str:
    wanted = int(search.metadata["trials"])
    passed = (
        f"; {counted(search.n_impossible, 'impossible one was', 'impossible ones were')} passed over"
        if search.n_impossible
        else ""
    )
    told = f"**{search.n_trained:,} of {counted(wanted, 'network')}** trained{passed}."
    if search.best is None:
        return told
    number, candidate, loss = search.best
    return (
        f"{told} Best so far, trial {number}, with a validation loss of **{loss:.4f}** "
        f"(1 is what predicting the mean gives): {plain_sentence(candidate.words)}."
    )


def _table(search: Search) -> None:
    table = search.trials.sort_values("validation_loss", kind="stable")
    number = st.column_config.NumberColumn
    st.dataframe(
        table.head(_SHOWN).reset_index(), hide_index=True, height=360, key="search_table",
        column_config={
            "trial": number("Trial"), "outcome": "Outcome", "epochs": number("Epochs"),
            "validation_loss": number("Validation loss", format="%.4f"),
            "seconds": number("Seconds", format="%.1f"), "reason": "Reason",
        },
        alt=f"Trials of the search {search.name}",
    )  # fmt: skip
    if len(table) > _SHOWN:
        st.caption(f"The best {_SHOWN} are shown; the file has all.")


def _downloads(
    watch: _Watch,
    search: Search,
    key: str,
    what: str,
    table: pd.DataFrame,
    figure: Callable[[], go.Figure],
    caption: str,
) -> None:
    if watch.active:
        return  # the figures still move, and clicks would meet a page that is drawn every second
    figure_downloads(
        figure, key=key, name=f"{search.name}_{what}",
        table=lambda: table.reset_index() if table.index.name else table,
        header={
            "search": search.name,
            "dataset": search.dataset_name,
            "dataset digest": search.metadata["dataset_digest"],
            "fold": search.metadata["fold"],
            "epochs": search.metadata["settings"]["epochs"],
            "seed": search.metadata["settings"]["seed"],
        },
        caption=caption,
    )  # fmt: skip


def _more(watch: _Watch, search: Search) -> None:
    """Offer to go on with more networks."""
    trained = search.n_trained
    with st.popover("Train more networks", icon=":material/add:", key="search_more"):
        wanted = st.number_input(
            "Networks in all", trained + 1, 100_000, max(int(search.metadata["trials"]), trained) + 10,
            key=f"search_more_{watch.name}_{trained}",
        )  # fmt: skip
        if st.button("Go on", key="search_go_on", type="primary"):
            with errors_as_sentences():
                parameters = dict(search.metadata["provenance"]["parameters"])
                start_job(
                    watch.place, "search", {**parameters, "trials": int(wanted)}, person()
                )  # fmt: skip
                st.rerun()


def _delete(watch: _Watch, search: Search) -> None:
    with st.popover("Delete", key="search_ask_delete"):
        st.markdown(
            f"The search {plain(search.name)} and its {len(search.trials):,} trials are deleted for "
            "good; models trained with what it found stay."
        )
        if st.button("Delete it", key="search_delete"):
            with errors_as_sentences():
                delete_search(watch.place, search.name)
                if watch.job is not None:
                    watch.job.delete()
                st.rerun()
