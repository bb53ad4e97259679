"""From the best network of a search to a training."""

import json
from dataclasses import replace
from typing import Final

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.jobs import start_job
from scx_core.search import Search, search_path
from scx_core.search.handing_on import best_request, dataset_name, prepare_dataset
from scx_core.training.architecture import settings_for
from scx_core.ui.context import PageContext
from scx_core.ui.person import person
from scx_core.ui.plain import plain
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.search_watching import read
from scx_core.ui.show import download
from scx_core.ui.training_watching import job_label
from scx_core.ui.training_words import (
    AMOUNTS,
    QUICK,
    WHOLE,
    Amount,
    quick_look,
    suggest_name,
    taken_names,
)

_STARTED: Final = "search_trained"


def hand_on(context: PageContext, dataset: Dataset, name: str) -> None:
    """Offer to train a model with the best network of a search.

    Parameters
    ----------
    context : PageContext
    dataset : Dataset
        The one that was searched on.
    name : str
        Of the search.
    """
    with errors_as_sentences():
        search = read(search_path(context.workspace, name)).search
        if search.best is not None:
            _offer(context, dataset, search)


def _offer(context: PageContext, dataset: Dataset, search: Search) -> None:
    st.header("Train the best network")
    if search.best is None:
        return
    _, candidate, _ = search.best
    used = dataset_name(search, dataset, candidate)
    if used != dataset.name:
        st.caption(
            f"Its window is {candidate.upstream:,} + {candidate.downstream:,} bases, shorter than "
            f"that of {plain(dataset.name)}: a dataset {plain(used)} with this window is made beside it."
        )
    own = settings_for(search.metadata["preset"])
    fold = int(search.metadata["fold"])
    amounts = {
        QUICK: replace(quick_look(own), folds=(fold,)),
        WHOLE: Amount((), own.runs, own.epochs),
    }
    st.caption(
        f"It was chosen by the validation genes of fold {fold}. Its test genes were never looked at: "
        f"on fold {fold} the comparison with another network is clean. Of the other folds, some test "
        "genes took part in the choice."
    )
    n_folds = int(search.metadata["settings"]["n_folds"])
    suggested = suggest_name(f"{search.name[:60]}-best", [""], taken_names(context.workspace))
    model = st.text_input("Name of the model", key="search_model", placeholder=suggested)
    amount = st.radio(
        "How much", list(amounts), key="search_amount",
        format_func=lambda item: f"{AMOUNTS[item]}: {amounts[item].sentence(n_folds)}",
    )  # fmt: skip
    chosen = amounts[str(amount)]
    request = best_request(
        search, dataset, model.strip() or suggested, folds=chosen.folds, runs=chosen.runs,
        epochs=chosen.epochs,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Train it", type="primary", key="search_train"):
            with st.spinner("Preparing"):
                prepare_dataset(context.workspace, search, dataset)
                request.plan(context.workspace)
                job = start_job(context.workspace, "train", request.to_dict(), person())
            st.session_state[_STARTED] = request.dataset, request.model, job_label(job)
        download(
            "The request (JSON)",
            lambda: json.dumps(request.to_dict(), indent=1).encode(),
            f"{search.name}_best.json", "search_request", "application/json",
        )  # fmt: skip
    if _STARTED in st.session_state:
        trained_on, name, _label = st.session_state[_STARTED]
        st.success(
            f"The model {plain(name)} is being trained on {plain(trained_on)}; choose that dataset there."
        )
        st.page_link(
            "pages/training.py", label="Watch it on the Training page",
            icon=":material/arrow_forward:",
        )  # fmt: skip
