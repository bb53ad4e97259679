"""The view that asks how much more genes would help: trained as a job, drawn as it grows."""

from typing import Final

import streamlit as st

from scx_core.analyses.learning_curve import (
    LearningCurve,
    LearningCurveRequest,
    curve_path,
    list_curves,
)
from scx_core.errors import ScxError, counted
from scx_core.figures.analyses import learning_curve_figure
from scx_core.jobs import ACTIVE, Job, list_jobs, start_job
from scx_core.training.architecture import settings_for, suggest_architecture
from scx_core.ui.analyses_parts import Asked, downloads
from scx_core.ui.person import person
from scx_core.ui.progress import job_progress
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.show import chart
from scx_core.ui.training_words import fold_names, parse_numbers, suggest_name

_CURVE: Final = "learning_curve"
_MEDIAN: Final = "median over populations"


def learning_view(asked: Asked) -> None:
    """Ask what to train, and show a curve as far as it is."""
    left, right = st.columns([1, 1.7], gap="large")
    with left:
        _form(asked)
    with right:
        _curve(asked)


def _jobs(asked: Asked) -> dict[str, Job]:
    """Newest job of each curve of the dataset, by the curve's name."""
    jobs: dict[str, Job] = {}
    for job in list_jobs(asked.context.workspace):
        if job.kind == "learning-curve" and job.parameters.get("dataset") == asked.dataset.name:
            jobs.setdefault(str(job.parameters.get("name", "")), job)
    return jobs


def _form(asked: Asked) -> None:
    preset = suggest_architecture(asked.dataset)
    own = settings_for(preset)
    names = fold_names(asked.dataset, own)
    fold = st.selectbox(
        "Fold", list(names), format_func=names.__getitem__, key="learning_fold",
        help="Its test genes test every model; its training genes are drawn from.",
    )  # fmt: skip
    sizes = st.text_input(
        "Numbers of training genes", key="learning_sizes", placeholder="a tenth to all of them",
        help="With commas between; empty for six sizes up to all training genes.",
    )  # fmt: skip
    left, right = st.columns(2)
    repeats = left.number_input(
        "Models of each", 1, 20, 3, key="learning_repeats",
        help="Each on other genes and with another seed: how far they lie apart is chance.",
    )  # fmt: skip
    epochs = right.number_input("Epochs", 1, 1000, own.epochs, key="learning_epochs")
    workspace = asked.context.workspace
    taken = {*list_curves(workspace), *_jobs(asked)}
    suggested = suggest_name(f"{asked.dataset.name[:60]}-curve", [""], taken)
    name = st.text_input("Name of the curve", key="learning_name", placeholder=suggested)
    if st.button("Train", type="primary", key="learning_start"):
        with errors_as_sentences(), st.spinner("Checking"):
            request = LearningCurveRequest(
                asked.dataset.name, name.strip() or suggested, preset, int(fold),
                _sizes(sizes), int(repeats),
                {"epochs": int(epochs), "level": asked.model.level, "n_folds": own.n_folds},
            )  # fmt: skip
            if request.name in taken:
                raise ScxError(f"A curve {request.name!r} is there already; choose another name.")
            request.plan(asked.dataset)
            start_job(workspace, "learning-curve", request.to_dict(), person())
            st.session_state[_CURVE] = request.name
            st.rerun()


def _sizes(text: str) -> tuple[int, ...]:
    if not text.strip():
        return ()
    return tuple(int(n) for n in parse_numbers(text, "Numbers of training genes", whole=True))


def _curve(asked: Asked) -> None:
    jobs = _jobs(asked)
    names = list(dict.fromkeys([*jobs, *_of_dataset(asked)]))
    if not names:
        st.markdown(
            "No curve has been trained on this dataset. It appears here model by model. The time is "
            "about that of the same number of models on the Training page."
        )
        return
    if st.session_state.get(_CURVE) not in names:
        st.session_state[_CURVE] = names[0]
    name = str(st.selectbox("Curve", names, key=_CURVE))
    job = jobs.get(name)
    active = job is not None and job.state in ACTIVE
    if job is not None:
        job_progress(job.path, f"The curve {name}")
    st.fragment(_draw, run_every=2.0 if active else None)(asked, name)


def _of_dataset(asked: Asked) -> list[str]:
    found = []
    for name in list_curves(asked.context.workspace):
        try:
            curve = LearningCurve.open(curve_path(asked.context.workspace, name))
        except ScxError:
            continue
        if curve.metadata.get("dataset") == asked.dataset.name:
            found.append(name)
    return found


def _draw(asked: Asked, name: str) -> None:
    try:
        curve = LearningCurve.open(curve_path(asked.context.workspace, name))
    except ScxError:
        st.caption("The curve appears with the first model.")
        return
    table = curve.by_population
    if table.empty:
        st.caption("The curve appears with the first model.")
        return
    populations = list(dict.fromkeys(table["population"]))
    chosen = st.selectbox("Population", [_MEDIAN, *populations], key=f"learning_population_{name}")
    population = None if chosen == _MEDIAN else str(chosen)
    st.markdown(_sentence(curve))
    chart(
        learning_curve_figure(table, asked.theme, population), "learning_curve_chart",
        "Pearson correlation on the test genes against the number of training genes",
    )  # fmt: skip
    downloads(
        asked, "learning_curve_files", f"{name}_learning_curve",
        lambda: learning_curve_figure(table, "light", population), lambda: table,
        "Pearson correlation on the same test genes of models trained on random parts of the "
        "training genes of one fold; points are models, the line joins their means.",
        curve=name, fold=", ".join(map(str, curve.metadata["settings"]["folds"])),
    )  # fmt: skip


def _sentence(curve: LearningCurve) -> str:
    table = curve.table
    n_test = int(curve.by_population["n"].iloc[0])
    if len(table) < 2:
        return f"{counted(int(table['repeats'].sum()), 'model')} trained so far."
    smaller, largest = table.iloc[-2], table.iloc[-1]
    gain = largest["pearson"] - smaller["pearson"]
    spread = max(largest["high"] - largest["low"], smaller["high"] - smaller["low"])
    told = (
        "less than models of one size differ among each other: whether more genes would help is "
        "not clear"
        if abs(gain) < spread
        else "more than models of one size differ: more genes would help"
        if gain > 0
        else "a loss, by more than models of one size differ"
    )
    return (
        f"From {int(table.index[-2]):,} to {int(table.index[-1]):,} training genes, the median r over "
        f"populations goes from {smaller['pearson']:.3f} to **{largest['pearson']:.3f}** on the same "
        f"n = {n_test:,} test genes, {told}."
    )
