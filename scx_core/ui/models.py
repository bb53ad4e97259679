"""Finished models: how good each is, side by side, and what can be done with them."""

import logging
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.isolation import Limits, run_isolated
from scx_core.model_files import (
    delete_model,
    dependents,
    export_model,
    rename_model,
)
from scx_core.model_files.importing import import_and_tell
from scx_core.store import Workspace
from scx_core.training.methods import methods_paragraph
from scx_core.ui.comparing import compare_view
from scx_core.ui.context import PageContext
from scx_core.ui.gone import say_if_gone
from scx_core.ui.loading import open_dataset, open_model
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.predictions_words import baseline_words
from scx_core.ui.release import release_view
from scx_core.ui.say import errors_as_sentences, notices
from scx_core.ui.show import download
from scx_core.ui.words import decimal

_LARGEST_UPLOAD: Final = 200  # MB
_LIMITS: Final = Limits(seconds=600, memory=4_000_000_000)
_TOLD, _DELETING = "models_told", "models_deleting"
_log = logging.getLogger("scx_core.ui")


def summary(place: Workspace, name: str) -> None:
    """Say what came out of a training, and offer where to go from there.

    Parameters
    ----------
    place : Workspace
    name : str
        Of a finished model.

    Raises
    ------
    ScxError
        If the model cannot be opened.
    """
    model = open_model(place.model_path(name))
    st.markdown(result_sentence(model))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "pages/predictions.py", label="See its predictions", icon=":material/arrow_forward:",
            query_params={"dataset": model.dataset_name, "model": name},
        )  # fmt: skip
        methods_view(place, model)


def result_sentence(model: Ensemble) -> str:
    """Say how well a model predicts genes that it never saw, beside simple baselines."""
    metrics = model.metrics
    told = (
        f"On n = {counted(len(model.predictions), 'gene')} that it never saw, predicted and observed "
        f"expression correlate with r = **{_median(metrics, 'pearson')}** over genes (Pearson, median "
        f"over {counted(len(model.populations), 'population')})."
    )
    told += baseline_words(metrics.median(numeric_only=True))
    across: Mapping[str, float | None] = model.metadata.get("median_pearson_across_populations", {})
    own, mean = across.get("model"), across.get("population_mean")
    if own is not None and mean is not None:
        told += (
            f" Within a gene, over its populations, the median r is **{decimal(own)}**; the mean of "
            f"each population alone reaches {decimal(mean)}."
        )
    return told


def _median(metrics: pd.DataFrame, column: str) -> str:
    value = metrics[column].median() if column in metrics else float("nan")
    return "not defined" if pd.isna(value) else decimal(float(value))


def methods_view(place: Workspace, model: Ensemble) -> None:
    """Offer the methods paragraph to copy."""
    with st.popover("Methods paragraph", icon=":material/description:", type="tertiary"):
        st.caption("With every parameter; the button in the corner copies it.")
        dataset = _dataset_of(place, model)
        with errors_as_sentences():
            st.code(methods_paragraph(model, dataset), language=None, wrap_lines=True)


def _dataset_of(place: Workspace, model: Ensemble) -> Dataset | None:
    """Open the dataset that a model was trained on, if this workspace has it."""
    try:
        dataset = open_dataset(place.dataset_path(model.dataset_name))
        model.check_dataset(dataset)
    except ScxError:
        return None
    return dataset


def models_view(context: PageContext) -> None:
    """Tabulate the finished models, compare them, and rename, delete, export or import one."""
    st.header("Finished models")
    place = context.workspace
    done_here = _say_what_was_done()
    names = place.models()
    opened = _tabulate(place, names)
    if not done_here:
        say_if_gone("models_chosen", "model", names)
    if names:
        _manage(context, names, opened)
    if len(opened) > 1:
        compare_view(context, opened)
    _import_view(place)
    release_view(place)


def _say_what_was_done() -> bool:
    """Say what was done with a model in the run before; whether anything was."""
    told = st.session_state.pop(_TOLD, ())
    for sentence in told:
        st.info(plain_sentence(sentence))
    return bool(told)


def _tabulate(place: Workspace, names: Sequence[str]) -> dict[str, Ensemble]:
    """Draw the table; gives the models that could be opened."""
    opened: dict[str, Ensemble] = {}
    rows = []
    for name in names:
        with errors_as_sentences():
            model = open_model(place.model_path(name))
            rows.append(_row(name, model))
            opened[name] = model
    if not rows:
        st.markdown("No model is finished yet.")
        return opened
    number = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        pd.DataFrame(rows), hide_index=True,
        column_config={
            "Model": st.column_config.TextColumn(width="medium"),
            "Genes tested": st.column_config.NumberColumn(format="localized"),
            "Median r": number, "5-letter words": number, "Half-life alone": number,
            "Finished": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
        },
        alt="Finished models with their dataset and median correlation",
    )  # fmt: skip
    st.caption(
        "Median r: Pearson correlation of predicted and observed expression over genes the model "
        "never saw, median over populations. Beside it, two simple baselines on the same folds."
    )
    return opened


def _row(name: str, model: Ensemble) -> dict[str, object]:
    def median(column: str) -> float:
        return float(model.metrics[column].median()) if column in model.metrics else float("nan")

    return {
        "Model": name,
        "Dataset": model.dataset_name,
        "Predicts": f"{counted(len(model.populations), 'population')} ({model.level})",
        "Folds × runs": f"{len(model.trained_folds)} × {model.runs_in_words.removesuffix('s').removesuffix(' run')}",
        "Genes tested": len(model.predictions),
        "Median r": median("pearson"),
        "5-letter words": median("pearson_kmer_ridge"),
        "Half-life alone": median("pearson_half_life_ridge"),
        "Finished": pd.to_datetime(
            model.metadata.get("provenance", {}).get("created"), errors="coerce"
        ),
    }


def _manage(context: PageContext, names: Sequence[str], opened: Mapping[str, Ensemble]) -> None:
    """Offer what can be done with one model."""
    place = context.workspace
    chosen = names.index(context.model_name) if context.model_name in names else 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("With the model", names, index=chosen, key="models_chosen", width=320)
        if name in opened:
            _export(place, opened[name])
        with st.popover("Rename", icon=":material/edit:", type="tertiary"):
            new = st.text_input("New name", name, key=f"models_new_name_{name}")
            if st.button("Rename it", key="models_rename"):
                with errors_as_sentences():
                    told = rename_model(place, name, new.strip())
                    _tell_and_rerun(f"{name!r} is called {new.strip()!r} now.", *told)
        if st.button("Delete", icon=":material/delete:", type="tertiary", key="models_delete"):
            st.session_state[_DELETING] = name
        if name in opened:
            methods_view(place, opened[name])
    if name in opened:
        st.caption(result_sentence(opened[name]))
        notices(list(opened[name].metadata.get("notices", ())), "What its training noticed")
    if st.session_state.get(_DELETING) == name:
        _ask_and_delete(place, name)


def _ask_and_delete(place: Workspace, name: str) -> None:
    """Show what depends on a model, and delete it if that is meant."""
    with errors_as_sentences():
        needing = dependents(place, name)
        told = "".join(f"\n- {plain_sentence(dependent.sentence)}" for dependent in needing)
        st.warning(
            f"Delete the model {plain(repr(name))} for good? "
            + (f"Depending on it:{told}" if needing else "Nothing depends on it.")
        )
    with st.container(horizontal=True):
        if st.button("Delete it for good", type="primary", key="models_delete_really"):
            with errors_as_sentences():
                sentences = delete_model(place, name)
                del st.session_state[_DELETING]
                _tell_and_rerun(f"The model {name!r} is deleted.", *sentences)
        if st.button("Keep it", key="models_keep"):
            del st.session_state[_DELETING]
            st.rerun()


def _tell_and_rerun(*sentences: str) -> None:
    """Draw the page anew with what was done: lists of models have changed."""
    st.session_state[_TOLD] = sentences
    st.rerun()


def _export(place: Workspace, model: Ensemble) -> None:
    """Offer a model as one archive, which is made when it is asked for."""
    dataset = _dataset_of(place, model)

    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            try:
                return export_model(model, Path(folder) / "model.zip", dataset).read_bytes()
            except ScxError:
                # The browser says that there is no file; why, is in the log.
                _log.exception("The model %s could not be exported", model.name)
                raise

    download("Export", make, f"{model.name}.zip", "models_export", "application/zip")


def _import_view(place: Workspace) -> None:
    """Take a model from an archive that was exported elsewhere."""
    with st.expander("Import a model", icon=":material/upload_file:", key="models_import"):
        uploaded = st.file_uploader(
            "Archive made by Export", type=["zip"], key="models_archive",
            max_upload_size=_LARGEST_UPLOAD,
            help=f"Up to {_LARGEST_UPLOAD} MB; `scx models import` takes larger ones. Every file is "
            "checked against the digest in the archive, and nothing in it is run.",
        )  # fmt: skip
        name = st.text_input(
            "Name", key="models_import_name", placeholder="the one in the archive", width=320
        )
        pressed = st.button("Import it", key="models_import_start", disabled=uploaded is None)
        if pressed and uploaded is not None:
            with errors_as_sentences():
                _import(place, uploaded.getvalue(), name.strip() or None)


def _import(place: Workspace, content: bytes, name: str | None) -> None:
    bar = st.progress(0.0)

    def listen(fraction: float, message: str) -> None:
        bar.progress(min(max(fraction, 0.0), 1.0), plain_sentence(message))

    with tempfile.TemporaryDirectory() as folder:
        # Never under the name that the browser gives.
        archive = Path(folder) / "archive.zip"
        archive.write_bytes(content)
        imported, told = run_isolated(
            import_and_tell, archive, place, name, progress=listen, limits=_LIMITS
        )
    _tell_and_rerun(f"The model {imported!r} is imported.", *told)
