"""Parts of the Training page."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.jobs import Job, list_jobs, start_job
from scx_core.models.config import PRESETS
from scx_core.store import check_name
from scx_core.training.architecture import settings_for, suggest_architecture
from scx_core.ui.context import PageContext
from scx_core.ui.loading import open_model
from scx_core.ui.progress import job_progress
from scx_core.ui.say import errors_as_sentences

#: Folds, runs and epochs of a first look; the whole protocol is the architecture's own.
_QUICK: Final[dict[str, Any]] = {"folds": "0", "runs": 1, "epochs": 10}
_AMOUNTS: Final = ("quick look", "whole protocol")
_ARCHITECTURES: Final = {
    "scxpresso": "scXpresso: sequence and half-life",
    "tissue": "tissue model (Xpresso)",
    "sequence": "sequence alone",
    "half-life": "half-life features alone",
    "small": "small: for few genes, as in the demonstration",
}


def training_form(context: PageContext, dataset: Dataset) -> None:
    """Ask what to predict and how much to train; start the job."""
    st.subheader("Train a model")
    level = st.selectbox(
        "What to predict", dataset.levels, key="train_level",
        format_func=lambda name: f"{name}: {len(dataset.populations_at(name))} populations",
    )  # fmt: skip
    amount = st.segmented_control(
        "How much", _AMOUNTS, default=_AMOUNTS[0], required=True, key="train_amount",
        help="Quick look: one fold, one run, 10 epochs. Whole protocol: all folds, several runs, "
        "40 epochs; for the published architecture 20 folds and 5 runs, as in the paper.",
    )  # fmt: skip
    with st.expander("Details"):
        suggested = suggest_architecture(dataset)
        preset = st.selectbox(
            "Architecture", list(PRESETS), format_func=lambda name: _ARCHITECTURES.get(name, name),
            index=PRESETS.index(suggested), key=f"train_preset_{dataset.name}",
        )  # fmt: skip
        own = settings_for(preset)
        quick = amount == _AMOUNTS[0]
        which = f"{preset}_{amount}"
        folds = st.text_input(
            "Folds to train", _QUICK["folds"] if quick else "", key=f"train_folds_{which}",
            placeholder="all", help=f"Numbers with commas, such as 0,1; empty for all {own.n_folds}.",
        )  # fmt: skip
        runs = st.number_input(
            "Runs per fold", 1, 20, _QUICK["runs"] if quick else own.runs, key=f"train_runs_{which}"
        )
        epochs = st.number_input(
            "Epochs", 1, 500, _QUICK["epochs"] if quick else own.epochs, key=f"train_epochs_{which}"
        )
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="train_seed")
    name = st.text_input("Name of the model", key="train_name", placeholder=f"{dataset.name}-1")
    if st.button("Start training", type="primary", key="train_start"):
        settings = {"level": level, "runs": int(runs), "epochs": int(epochs), "seed": int(seed)}
        with errors_as_sentences():
            job = _start(context, dataset, name.strip(), preset, settings, parse_folds(folds))
            st.session_state["job"] = _label(job)
            st.rerun()


def parse_folds(text: str) -> list[int]:
    """Read fold numbers; none means all.

    Raises
    ------
    ScxError
        If something between the commas is no number.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    wrong = [part for part in parts if not part.isdigit()]
    if wrong:
        raise ScxError(f"{wrong[0]!r} is not the number of a fold; write numbers such as 0,1.")
    return [int(part) for part in parts]


def _start(
    context: PageContext,
    dataset: Dataset,
    name: str,
    preset: str,
    settings: dict[str, Any],
    folds: list[int],
) -> Job:
    if not name:
        raise ScxError("Give the new model a name.")
    check_name(name, "model")
    if context.workspace.model_path(name).exists():
        raise ScxError(f"A model {name!r} exists already; choose another name.")
    checked = settings_for(preset, **settings)  # refuse here, not in the log of a job
    absent = [fold for fold in folds if fold >= checked.n_folds]
    if absent:
        raise ScxError(
            f"There is no fold {absent[0]}; folds are numbered 0 to {checked.n_folds - 1}."
        )
    return start_job(
        context.workspace,
        "train",
        {
            "dataset": dataset.name, "model": name, "preset": preset, "settings": settings,
            "folds": folds,
        },
    )  # fmt: skip


def jobs_view(context: PageContext) -> None:
    """Show the newest training, and the others to choose from."""
    st.subheader("Progress")
    jobs = [job for job in list_jobs(context.workspace) if job.kind == "train"]
    if not jobs:
        st.info("Nothing has been trained here yet. Losses appear while a model trains.")
        return
    by_label = {_label(job): job for job in jobs}
    wanted = st.query_params.get("job")
    if wanted is not None and wanted not in by_label:
        st.warning(f"The link names the job {wanted!r}, which this workspace does not have.")
    chosen = st.selectbox("Training", list(by_label), key="job", bind="query-params")
    job = by_label[chosen]
    job_progress(job.path, f"Training {job.parameters['model']}", losses=True)


def _label(job: Job) -> str:
    """Name a job; the address holds it, so it must not change with the state."""
    return f"{job.parameters['model']} · {job.id}"


def models_view(context: PageContext) -> None:
    """Tabulate the finished models."""
    st.subheader("Finished models")
    rows = []
    for name in context.workspace.models():
        with errors_as_sentences():
            model = open_model(context.workspace.model_path(name))
            rows.append(
                {
                    "Model": name,
                    "Dataset": model.dataset_name,
                    "Predicts": f"{len(model.populations)} populations ({model.level})",
                    "Folds × runs": f"{len(model.trained_folds)} × {model.settings.runs}",
                    "Genes tested": len(model.predictions),
                    "Median r": float(model.metrics["pearson"].median()),
                    "5-letter words": _median(model.metrics, "pearson_kmer_ridge"),
                    "Half-life alone": _median(model.metrics, "pearson_half_life_ridge"),
                }
            )
    if not rows:
        st.info("No model is finished yet.")
        return
    number = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        pd.DataFrame(rows), hide_index=True,
        column_config={
            "Genes tested": st.column_config.NumberColumn(format="localized"),
            "Median r": number, "5-letter words": number, "Half-life alone": number,
        },
        alt="Finished models with their dataset and median correlation",
    )  # fmt: skip
    st.caption(
        "Median r: Pearson correlation of predicted and observed expression over genes the model "
        "never saw, median over populations. Beside it, two simple baselines on the same folds."
    )


def _median(metrics: pd.DataFrame, column: str) -> float:
    return float(metrics[column].median()) if column in metrics else float("nan")
