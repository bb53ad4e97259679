"""Genes that a model cannot judge because it learned from them, and the way to judge them."""

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.jobs import start_job
from scx_core.store import Workspace
from scx_core.training.missing import can_complete, check_missing, missing_folds, request_missing
from scx_core.ui.address import choose
from scx_core.ui.context import PageContext, workspace
from scx_core.ui.loading import open_model
from scx_core.ui.person import person
from scx_core.ui.plain import plain
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.training_watching import job_label
from scx_core.ui.training_words import taken_names

_SENTENCE = "This quick model learned from this gene, so it cannot judge it."


def learned_from(model: Ensemble, gene_id: str) -> bool:
    """Whether a model learned from a gene and the folds that did not can be trained here."""
    fold = model.folds.get(gene_id)
    return fold is not None and fold in missing_folds(model) and can_complete(model)


def judged_genes(context: PageContext) -> frozenset[str] | None:
    """Give the genes that the chosen model can judge; None where there is none for this dataset."""
    try:
        model = context.model
        model.check_dataset(context.dataset)
        return frozenset(map(str, model.predictions.index))
    except ScxError:
        return None  # the pages of the model say why


def offer_missing_part(dataset: Dataset, model: Ensemble, sentence: str = _SENTENCE) -> None:
    """Say why a gene is not judged, and offer a training of the folds that are missing.

    Parameters
    ----------
    dataset, model
        Model that `learned_from` the gene.
    sentence : str
        Why.
    """
    place = workspace()
    name = f"{model.name}-rest"
    with st.container(border=True, key="missing_part"):
        st.markdown(sentence)
        if _completes(place, name, model):
            st.markdown(f"The model **{plain(name)}** was trained on the missing part.")
            st.button(
                f"Use {plain(name)}", key="missing_use", type="primary",
                on_click=choose, args=("model", name),
            )  # fmt: skip
        elif name in taken_names(place):
            st.markdown(f"The missing part was started as **{plain(name)}**.")
            st.page_link(
                "pages/training.py", label="See how far it is", icon=":material/arrow_forward:"
            )
        else:
            _start_button(place, dataset, model, name)


def _completes(place: Workspace, name: str, model: Ensemble) -> bool:
    """Whether a model of that name holds the folds that the model lacks."""
    if name not in place.models():
        return False
    other = open_model(place.model_path(name))
    same = other.dataset_digest == model.dataset_digest and other.folds.equals(model.folds)
    return same and set(missing_folds(model)) <= set(other.trained_folds)


def _start_button(place: Workspace, dataset: Dataset, model: Ensemble, name: str) -> None:
    settings, missing = model.settings, len(missing_folds(model))
    pressed = st.button("Train the missing part", key="missing_train", type="primary")
    st.caption(
        f"Trains {'the other fold' if missing == 1 else f'the other {missing} folds'} with the same "
        f"settings ({counted(settings.runs, 'run')} of up to {counted(settings.epochs, 'epoch')} "
        f"each) as a model of its own, {plain(name)}. {plain(model.name)} stays as it is; each "
        "of the two judges the genes that the other learned from."
    )
    if not pressed:
        return
    with errors_as_sentences(), st.spinner("Checking"):
        request = request_missing(model, dataset, name)
        check_missing(model, request, place)
        job = start_job(place, "train", request.to_dict(), person())
        st.switch_page("pages/training.py", query_params={"job": job_label(job)})
