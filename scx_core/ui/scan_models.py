"""Published models on the Region scan page: import, list, delete, and choose what predicts."""

from pathlib import Path
from typing import Final

import streamlit as st

from scx_core.errors import ScxError, counted
from scx_core.isolation import run_isolated
from scx_core.store import Workspace
from scx_core.ui.boxes import linked_box
from scx_core.ui.context import PageContext, import_folder
from scx_core.ui.file_boxes import chosen_file, path_hint
from scx_core.ui.gone import say_if_gone
from scx_core.ui.loading import open_model
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.uploads import UPLOAD_MB
from scx_core.xpresso.published import (
    ExpressionScale,
    PublishedModel,
    delete_published,
    import_keras,
    list_published,
    published_path,
)
from scx_core.xpresso.scan import FoldPredictor, PublishedPredictor

PREDICTOR: Final = "predictor"
POPULATION: Final = "output"
_SAID: Final = "published_told"
_FOLD: Final = " · fold "


def open_kept(path: Path) -> PublishedModel:
    """Open a published model, or take it from the cache.

    Raises
    ------
    ScxError
        If it was deleted or cannot be read.
    """
    file = path / "model.json"
    return _opened(str(path), file.stat().st_mtime_ns if file.exists() else 0)


@st.cache_resource(max_entries=8, show_spinner=False)
def _opened(path: str, stamp: int) -> PublishedModel:  # noqa: ARG001 (stamp is part of the key)
    import torch

    torch.set_num_threads(1)  # many visitors, few cores; see scx_core.ui.loading
    return PublishedModel.open(path)


def choices(context: PageContext) -> list[str]:
    """Give what can predict: published models, and the folds of the chosen model."""
    found = list_published(context.workspace)
    if context.model_name is not None:
        try:
            model = context.model
        except ScxError:
            return found
        if model.config.stages:
            found += [f"{model.name}{_FOLD}{fold}" for fold in model.trained_folds]
    return found


def choose_predictor(context: PageContext) -> PublishedPredictor | FoldPredictor:
    """Ask which model predicts, and which of its outputs where it has several.

    Raises
    ------
    ScxError
        If it cannot be opened.
    """
    options = choices(context)
    existing = [*list_published(context.workspace), *context.workspace.models()]
    gone = say_if_gone(PREDICTOR, "model", existing, _FOLD)
    wanted = st.query_params.get(PREDICTOR)
    if wanted is not None and wanted not in options and not gone:
        st.warning(
            plain_sentence(f"The link names {wanted[:80]!r}, which is not here; another is shown.")
        )
    chosen = str(
        st.selectbox(
            "Predict with", options, key=PREDICTOR, bind="query-params",
            help="Published models, and the folds of the model chosen on the left.",
        )
    )  # fmt: skip
    if chosen in list_published(context.workspace):
        model = open_kept(published_path(context.workspace, chosen))
        return PublishedPredictor(model, _output(model.outputs, "Output"))
    name, fold = chosen.rsplit(_FOLD, 1)
    ensemble = open_model(context.workspace.model_path(name))
    return FoldPredictor(ensemble, int(fold), _output(ensemble.populations, "Population"))


def _output(outputs: tuple[str, ...], label: str) -> str:
    if len(outputs) == 1:
        return outputs[0]
    return str(st.selectbox(label, outputs, key=POPULATION, bind="query-params"))


def published_view(workspace: Workspace) -> None:
    """List the published models, and let more be imported and any deleted."""
    names = list_published(workspace)
    said = st.session_state.pop(_SAID, None)
    with linked_box(
        f"Published models ({len(names)})", "scan_published", icon=":material/inventory_2:",
        expanded=not names or said is not None,
    ):  # fmt: skip
        if said is not None:
            st.success(plain_sentence(said))
        for name in names:
            with errors_as_sentences():
                _listed(workspace, name)
        _import_form(workspace)


def _listed(workspace: Workspace, name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        try:
            model = open_kept(published_path(workspace, name))
        except ScxError as error:
            st.markdown(f"**{plain(name)}**: {plain_sentence(str(error))}")
        else:
            config = model.config
            file = model.source_file
            inputs = counted(len(config.half_life), "half-life input")
            st.markdown(
                f"**{plain(name)}** · {config.upstream:,} + {config.downstream:,} bp · {inputs} · "
                f"{plain(model.unit)} · from {plain(file)} · digest {model.digest[:12]}"
            )
        with st.popover("Delete", key=f"published_ask_{name}"):
            st.markdown(f"The published model {plain(name)} is deleted for good.")
            if st.button("Delete it", key=f"published_delete_{name}"):
                delete_published(workspace, name)
                st.session_state[_SAID] = f"The published model {name} was deleted."
                st.rerun()


def _import_form(workspace: Workspace) -> None:
    folder = import_folder()
    st.markdown(
        "**Import a Keras file**, such as the weights that the authors of Xpresso published "
        "([Xpresso](https://xpresso.gs.washington.edu)): the whole network in one `.h5`. "
        "TensorFlow is not needed, and no code in the file is run."
    )
    with st.form("published_form", border=False):
        left, right = st.columns(2, gap="large")
        upload = left.file_uploader(
            "Keras file (.h5)",
            type=["h5", "hdf5"],
            key="published_file",
            max_upload_size=UPLOAD_MB,
        )
        path = left.selectbox(
            "or its path on this server", folder.files("keras"), index=None,
            key="published_path", accept_new_options=True, placeholder=path_hint(),
        )  # fmt: skip
        name = right.text_input(
            "Name of the published model", key="published_name", placeholder="xpresso-human"
        )
        upstream = right.number_input(
            "Bases of its window before the TSS", 0, 1_000_000, 7000, key="published_upstream"
        )
        first, second = right.columns(2)
        mean = first.number_input(
            "Mean (log10), optional", value=None, key="published_mean",
            help="Mean of log10 expression over the genes it was trained on.",
        )  # fmt: skip
        sd = second.number_input(
            "Standard deviation, optional", value=None, key="published_sd",
            help="With both, predictions are in log10 units instead of z-scores.",
        )  # fmt: skip
        if st.form_submit_button("Import the model", key="published_import", type="primary"):
            with errors_as_sentences():
                if not name.strip():
                    raise ScxError("Give the published model a name.")
                scale = _scale(mean, sd)
                with chosen_file(upload, path or "", "keras") as file:
                    run_isolated(
                        import_keras, file, workspace, name.strip(), upstream=int(upstream),
                        scale=scale, returns=False,
                    )  # fmt: skip
                model = open_kept(published_path(workspace, name.strip()))
                st.session_state[_SAID] = " ".join([f"Imported {model.name}.", *model.notices])
                st.rerun()


def _scale(mean: float | None, sd: float | None) -> ExpressionScale | None:
    if mean is None and sd is None:
        return None
    if mean is None or sd is None:
        raise ScxError("Give both the mean and the standard deviation, or neither.")
    return ExpressionScale(float(mean), float(sd))
