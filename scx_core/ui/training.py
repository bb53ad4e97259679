"""The form of the Training page: what to predict, how to test it, how much to train."""

from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.errors import ScxError, join_some
from scx_core.jobs import Job, start_job
from scx_core.models.config import PRESETS
from scx_core.progress import about
from scx_core.training.architecture import settings_for, suggest_architecture
from scx_core.training.estimate import Estimate
from scx_core.training.request import TrainingRequest
from scx_core.training.settings import PAPER, TrainingSettings
from scx_core.ui.context import PageContext, import_folder
from scx_core.ui.person import person
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.training_advanced import Advanced, advanced_view
from scx_core.ui.training_estimate import ask_estimate, drop_unwanted, look
from scx_core.ui.training_watching import job_label
from scx_core.ui.training_words import (
    AMOUNTS,
    ARCHITECTURES,
    OWN,
    PUBLISHED_FOLDS,
    QUICK,
    SPLITS,
    WHOLE,
    Amount,
    fold_names,
    name_suffixes,
    parse_folds,
    quick_look,
    size_text,
    suggest_name,
    taken_names,
)

_AMOUNT: Final = "train_amount"
_START: Final = "Start training"
_FROM_SEQUENCE: Final = "(from similar sequence)"


@dataclass(frozen=True)
class _Form:
    """The form as it is set now."""

    context: PageContext
    dataset: Dataset
    levels: tuple[str, ...]
    preset: str
    split: dict[str, Any]
    amount: Amount
    advanced: Advanced

    def request(self, level: str, model: str, amount: Amount) -> TrainingRequest:
        settings = {
            **self.advanced.settings, **self.split, "level": level, "runs": amount.runs,
            "epochs": amount.epochs,
        }  # fmt: skip
        return TrainingRequest(
            self.dataset.name, model, self.preset, settings, self.advanced.architecture,
            amount.folds, self.advanced.engine,
        )  # fmt: skip


def training_form(context: PageContext, dataset: Dataset) -> list[Future[Estimate]]:
    """Ask what to predict, how to test it and how much to train; start the jobs.

    Returns
    -------
    list of Future
        What is being measured and was not known for the form.
    """
    st.header("Train a model")
    levels = _levels(dataset)
    # What is asked first on the screen has defaults that depend on what is asked below it.
    places = [st.container() for _ in range(6)]
    split_place, radio_place, own_place, preset_place, start_place, advanced_place = places
    with preset_place:
        preset = _architecture(dataset)
    own = settings_for(preset)
    chosen = st.session_state.get(_AMOUNT, QUICK)
    epochs = quick_look(own).epochs if chosen == QUICK else own.epochs
    try:
        with split_place:
            split = _cross_validation(preset, own)
        with advanced_place:
            advanced = advanced_view(dataset, preset, own, epochs, f"{preset}_{chosen}")
        names = fold_names(dataset, settings_for(preset, **(split | {"families": ""})))
        with own_place:
            amounts = _amounts(own, chosen, f"{preset}_{split['split']}", names)
        epochs = int(advanced.settings["epochs"])
        amounts[chosen] = replace(amounts[chosen], epochs=epochs)
        form = _Form(context, dataset, levels, preset, split, amounts[chosen], advanced)
        with radio_place:
            pending = _how_much(form, amounts, len(names))
    except ScxError as error:
        with start_place:
            st.error(plain_sentence(str(error)))
            st.button(_START, type="primary", key="train_start", disabled=True)
        return []
    with start_place:
        _start_view(form)
    return pending


def _levels(dataset: Dataset) -> tuple[str, ...]:
    sizes = {level: len(dataset.populations_at(level)) for level in dataset.levels}
    chosen = st.pills(
        "What to predict", dataset.levels, selection_mode="multi", default=dataset.levels[:1],
        format_func=lambda level: f"{plain(level)} · {sizes[level]}", key=f"train_levels_{dataset.name}",
        help="Resolutions of the cell populations, with their number. Several become a model each, "
        "with the same folds: their results compare gene by gene.",
    )  # fmt: skip
    return tuple(level for level in dataset.levels if level in chosen)


def _cross_validation(preset: str, own: TrainingSettings) -> dict[str, Any]:
    """Ask how genes are split; gives fields of `TrainingSettings`."""
    usual = "published" if own.n_folds == PUBLISHED_FOLDS else "random"
    left, right = st.columns([3, 1])
    kind = left.selectbox(
        "How to test it", list(SPLITS), index=list(SPLITS).index(usual),
        format_func=lambda name: SPLITS[name][0], key=f"train_split_{preset}",
        help="Each gene is tested by models that never saw it. The folds say which genes are left "
        "out together.",
    )  # fmt: skip
    split: dict[str, Any] = {"split": "random", "n_folds": PUBLISHED_FOLDS}
    if kind == "chromosome":
        split = {"split": "chromosome"}
    elif kind != "published":
        n_folds = right.number_input(
            "Folds", 2, 100, min(own.n_folds, PUBLISHED_FOLDS), key=f"train_n_folds_{preset}"
        )
        split = {"split": kind, "n_folds": int(n_folds)}
    st.caption(SPLITS[kind][1])
    return {**split, "families": _family_table()} if kind == "family" else split


def _family_table() -> str:
    """Ask for the table of gene families; its path, or nothing where they are derived."""
    folder = import_folder()
    text = st.selectbox(
        "Gene families", [_FROM_SEQUENCE, *folder.files("families")], key="train_families", accept_new_options=True,
        help="A table of gene and family, or families found by similar sequence around the start "
        f"sites. {folder.sentence}",
    )  # fmt: skip
    if not text or text == _FROM_SEQUENCE:
        return ""
    return str(folder.open(text, "families"))


def _architecture(dataset: Dataset) -> str:
    suggested = suggest_architecture(dataset)
    return st.selectbox(
        "Architecture", list(PRESETS), format_func=lambda name: ARCHITECTURES.get(name, name),
        index=PRESETS.index(suggested), key=f"train_preset_{dataset.name}",
    )  # fmt: skip


def _amounts(
    own: TrainingSettings, chosen: str, key: str, names: dict[int, str]
) -> dict[str, Amount]:
    """Give the amounts to choose from, and ask for folds and runs where they are the person's own."""
    amounts = {QUICK: quick_look(own), WHOLE: Amount((), own.runs, own.epochs)}
    if chosen != OWN:
        return amounts | {OWN: amounts[WHOLE]}
    left, right = st.columns([2, 1])
    listed = join_some(names.values(), 3)
    folds = left.text_input(
        "Folds to train", names[0], key=f"train_folds_{key}", placeholder="all",
        help=f"With commas between; empty for all {len(names)}: {plain_sentence(listed)}.",
    )  # fmt: skip
    runs = right.number_input(
        "Runs per fold", 1, 100, own.runs, key=f"train_runs_{key}",
        help=f"Models that differ in their seed and are averaged. {PAPER['runs'].value} in the paper.",
    )  # fmt: skip
    return amounts | {OWN: Amount(parse_folds(folds), int(runs), own.epochs)}


def _how_much(form: _Form, amounts: dict[str, Amount], n_folds: int) -> list[Future[Estimate]]:
    """Draw the choice of the amount, each with the time it takes; below it, what else it takes."""
    # The last one asked for is measured first: the one that is chosen.
    asked = [name for name in (WHOLE, QUICK) if amounts[name] is not form.amount]
    names = [*asked, next(name for name, amount in amounts.items() if amount is form.amount)]
    level = form.levels[0] if form.levels else form.dataset.levels[0]
    futures = {
        name: ask_estimate(
            form.dataset, form.request(level, "estimate", amounts[name]),
            amounts[name].n_units(n_folds),
        )
        for name in names
    }  # fmt: skip
    drop_unwanted(list(futures.values()))
    known = {name: look(future, amounts[name].epochs) for name, future in futures.items()}
    st.radio(
        "How much", list(amounts), key=_AMOUNT, format_func=AMOUNTS.__getitem__,
        captions=[
            f"{amount.sentence(n_folds)} · {_time(known[name], len(form.levels))}"
            if name in known
            else "folds, runs and epochs of my choice"
            for name, amount in amounts.items()
        ],
    )  # fmt: skip
    chosen = known.get(st.session_state[_AMOUNT])
    if isinstance(chosen, str):
        st.caption(plain_sentence(chosen))
    elif chosen is not None:
        st.caption(_cost(chosen, form))
    return [future for name, future in futures.items() if known[name] is None]


def _cost(known: Estimate, form: _Form) -> str:
    """Say what a training needs besides time."""
    n_models = max(len(form.levels), 1)
    each = f" for each of {known.workers} processes" if known.workers > 1 else ""
    return (
        f"Measured on this machine: {about(known.seconds_per_epoch)} an epoch; "
        f"{size_text(known.disk_bytes * n_models)} of disk, {size_text(known.memory_bytes)} of "
        f"memory{each}."
    )


def _time(known: Estimate | str | None, n_models: int) -> str:
    if isinstance(known, str):
        return "time unknown"
    if known is None:
        return "measuring …"
    return about(known.seconds * max(n_models, 1))


def _start_view(form: _Form) -> None:
    """Ask for a name and start."""
    taken = taken_names(form.context.workspace)
    suffixes = name_suffixes(form.levels)
    suggested = suggest_name(f"{form.dataset.name}-{form.preset}", suffixes, taken)
    name = st.text_input(
        "Name of the model", key="train_name", placeholder=suggested,
        help=f"Empty: {plain(suggested)}." + (
            f" Each resolution adds its own: {plain(suggested + suffixes[0])}."
            if len(suffixes) > 1 else ""
        ),
    )  # fmt: skip
    if st.button(_START, type="primary", key="train_start"):
        with errors_as_sentences(), st.spinner("Checking"):
            jobs = _start(form, name.strip() or suggested)
            st.session_state["job"] = job_label(jobs[0])
            st.rerun()
    if form.advanced.differing:
        st.caption(f"Other than in the paper: {', '.join(form.advanced.differing)}.")


def _start(form: _Form, name: str) -> list[Job]:
    """Check every resolution, then queue a job for each."""
    if not form.levels:
        raise ScxError("Choose at least one resolution to predict.")
    workspace = form.context.workspace
    requests = [
        form.request(level, name + suffix, form.amount)
        for level, suffix in zip(form.levels, name_suffixes(form.levels), strict=True)
    ]
    taken = taken_names(workspace)
    for request in requests:
        if request.model in taken:
            raise ScxError(
                f"A model {request.model!r} exists or is being trained; choose another name."
            )
        request.plan(workspace)  # refuse here, not in the log of a job
    return [start_job(workspace, "train", item.to_dict(), person()) for item in requests]
