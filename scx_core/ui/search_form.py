"""The form of the Architecture search page: what to search, on which genes, how long."""

from typing import Any, Final

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.jobs import list_jobs, start_job
from scx_core.models.config import PRESETS
from scx_core.search import SearchRequest, SearchSpace, list_searches
from scx_core.search.request import EPOCHS
from scx_core.search.space import TITLES
from scx_core.training.architecture import settings_for, suggest_architecture
from scx_core.ui.context import PageContext
from scx_core.ui.person import person
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.training_words import ARCHITECTURES, fold_names, suggest_name

#: The search that is shown; also in the address.
CHOSEN: Final = "architecture_search"
_TRIALS: Final = 30
_READS_SEQUENCE: Final = tuple(name for name in PRESETS if name != "half-life")


def search_form(context: PageContext, dataset: Dataset) -> None:
    """Ask what to search, and start the job."""
    st.header("Start a search")
    suggested = suggest_architecture(dataset)
    preset = st.selectbox(
        "Begin with", _READS_SEQUENCE, index=_READS_SEQUENCE.index(suggested),
        format_func=lambda name: ARCHITECTURES.get(name, name), key=f"search_preset_{dataset.name}",
        help="Gives what is not searched: the half-life features, the reading of unknown letters, "
        "the learning rate.",
    )  # fmt: skip
    own = settings_for(preset)
    level = st.selectbox(
        "What to predict", dataset.levels, key=f"search_level_{dataset.name}",
        format_func=lambda name: f"{name} · {len(dataset.populations_at(name))}",
        help="Resolution of the cell populations. A coarse one searches faster.",
    )  # fmt: skip
    left, middle, right = st.columns(3)
    trials = left.number_input(
        "Networks", 1, 10_000, _TRIALS, key="search_trials",
        help="Networks to train in all. The first 10 are drawn at random; later ones where the "
        "earlier ones were good. Impossible ones do not count.",
    )  # fmt: skip
    epochs = middle.number_input(
        "Epochs", 1, 1000, min(EPOCHS, own.epochs), key="search_epochs",
        help="Of each network; from the third on, those above the median of the earlier ones end.",
    )  # fmt: skip
    names = fold_names(dataset, own)
    fold = right.selectbox(
        "Fold", list(names), format_func=names.__getitem__, key=f"search_fold_{preset}",
        help="Its training genes are learned, its validation genes judge; its test genes are never "
        "looked at.",
    )  # fmt: skip
    name = st.text_input(
        "Name of the search", key="search_name", placeholder=_free_name(context, dataset)
    )
    with st.expander("The space that is searched", key="search_space"):
        space = _space(dataset)
    if st.button("Start the search", type="primary", key="search_start"):
        with errors_as_sentences(), st.spinner("Checking"):
            request = SearchRequest(
                dataset.name, name.strip() or _free_name(context, dataset), int(trials), preset,
                int(fold), {"level": level, "epochs": int(epochs), "n_folds": own.n_folds},
                _read(space),
            )  # fmt: skip
            _start(context, dataset, request)


def _free_name(context: PageContext, dataset: Dataset) -> str:
    taken = {*list_searches(context.workspace), *searched_by_jobs(context)}
    return suggest_name(f"{dataset.name[:60]}-search", [""], taken)


def searched_by_jobs(context: PageContext) -> list[str]:
    """Names of searches that jobs make, of the chosen dataset, newest first."""
    jobs = [job for job in list_jobs(context.workspace) if job.kind == "search"]
    return [
        str(job.parameters.get("name", ""))
        for job in jobs
        if job.parameters.get("dataset") == context.dataset_name
    ]


def _space(dataset: Dataset) -> dict[str, str]:
    """Ask for the bounds; gives what was typed where it differs."""
    st.caption(
        "As published for Xpresso (Agarwal & Shendure 2020, Table 1), within the window of this "
        "dataset. Every bound can be changed."
    )
    changed = {}
    columns = st.columns(2)
    for place, (field, values) in enumerate(SearchSpace.of(dataset).to_dict().items()):
        shown = ", ".join(f"{value:g}" for value in values)
        typed = columns[place % 2].text_input(
            TITLES[field], shown, key=f"search_space_{field}_{dataset.name}"
        )
        if typed.strip() != shown:
            changed[field] = typed
    return changed


def _read(space: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field, text in space.items():
        number = float if field == "dropout" else int
        try:
            found[field] = [number(part) for part in text.split(",")]
        except ValueError as error:
            raise ScxError(
                f"{TITLES[field]}: {text!r} cannot be read; write numbers with commas between."
            ) from error
    return found


def _start(context: PageContext, dataset: Dataset, request: SearchRequest) -> None:
    taken = {*list_searches(context.workspace), *searched_by_jobs(context)}
    if request.name in taken:
        raise ScxError(f"A search {request.name!r} is there already; choose another name.")
    request.plan(dataset)  # refuse here, not in the log of a job
    request.space_for(dataset)
    start_job(context.workspace, "search", request.to_dict(), person())
    st.session_state[CHOSEN] = request.name
    st.rerun()
