"""Every hyper-parameter of a training, with the paper's value beside it."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.engines import Engine, cores
from scx_core.models import CNNConfig, ConvStage
from scx_core.models.config import preset
from scx_core.schedulers import configured_schedulers
from scx_core.training.architecture import architecture_for
from scx_core.training.settings import PAPER, TrainingSettings
from scx_core.ui.training_words import parse_numbers, shown_value

_LOSSES: Final = {
    "mse": "mean squared error",
    "hybrid": "α · (1 − r across populations) + β · MSE",
}
_COMBINATIONS: Final = {
    "mean": "the mean of their predictions",
    "best": "the one of lowest validation loss alone",
}


@dataclass
class Advanced:
    """What the fold-out was set to.

    Attributes
    ----------
    settings : dict
        Fields of `TrainingSettings`.
    architecture : dict
        Fields of `CNNConfig` that differ from the preset's, as JSON.
    engine : Engine
    differing : list of str
        Fields that differ from the paper.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    architecture: dict[str, Any] = field(default_factory=dict)
    engine: Engine = field(default_factory=lambda: Engine(0))
    differing: list[str] = field(default_factory=list)


def paper_architecture(name: str, n_outputs: int) -> CNNConfig:
    """Give the paper's network of a preset's kind; the small one is held against scXpresso."""
    return preset("scxpresso" if name == "small" else name, n_outputs)


def advanced_view(
    dataset: Dataset, name: str, own: TrainingSettings, epochs: int, key: str
) -> Advanced:
    """Draw the fold-out and read it.

    Parameters
    ----------
    dataset : Dataset
    name : str
        Preset architecture.
    own : TrainingSettings
        The preset's own settings.
    epochs : int
        Of the amount chosen.
    key : str
        Of the fields: they begin anew with another one.

    Raises
    ------
    ScxError
        If a text field holds no numbers, or the engine cannot be one.
    """
    sheet = _Sheet(key)
    with st.expander("Advanced", icon=":material/tune:", key="train_advanced"):
        st.caption("Below each field: the paper's value, in bold where yours differs.")
        _optimiser(sheet, own, epochs)
        config = architecture_for(dataset, name, dataset.levels[0])
        architecture = _network(sheet, config, paper_architecture(name, config.n_outputs))
        engine = _machine(sheet)
    return Advanced(sheet.settings, architecture, engine, sheet.differing)


class _Sheet:
    """Draws fields with the paper's value below, and notes what they are set to."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.settings: dict[str, Any] = {}
        self.differing: list[str] = []

    def note(self, label: str, value: Any, paper: Any, told: str = "") -> None:
        """Write the paper's value below a field."""
        if paper is None:
            st.caption("paper: not stated")
            return
        text = told or shown_value(paper)
        if value == paper:
            st.caption(f"paper: {text}")
        else:
            st.caption(f"**paper: {text}**")
            self.differing.append(label[:1].lower() + label[1:])

    def number(self, label: str, name: str, value: Any, low: Any, high: Any, **more: Any) -> None:
        """Draw a number of the settings."""
        self.settings[name] = chosen = st.number_input(
            label, low, high, value, key=f"adv_{name}_{self.key}", help=PAPER[name].explanation,
            **more,
        )  # fmt: skip
        self.note(label, chosen, PAPER[name].value)


def _optimiser(sheet: _Sheet, own: TrainingSettings, epochs: int) -> None:
    left, right = st.columns(2)
    with left:
        sheet.number(
            "Learning rate", "learning_rate", own.learning_rate, 1e-7, 0.99, step=1e-4, format="%g"
        )
        sheet.number(
            "Factor of its falls", "learning_rate_factor", own.learning_rate_factor, 0.001, 0.99,
            step=0.1, format="%g",
        )  # fmt: skip
        sheet.number("Epochs", "epochs", epochs, 1, 1000)
        sheet.number("Restarts", "max_restarts", own.max_restarts, 0, 20)
    with right:
        sheet.number("Batch size", "batch_size", own.batch_size, 1, 8192)
        sheet.number("Patience", "patience", own.patience, 1, 1000)
        validation = st.number_input(
            "Validation genes", 1, 100_000, None, key=f"adv_validation_{sheet.key}",
            placeholder="automatic",
            help="Genes that choose the best epoch. Empty: 1,000, or a tenth of the genes outside "
            "the test fold where that is fewer.",
        )  # fmt: skip
        sheet.settings["n_validation"] = validation or 0
        paper = PAPER["n_validation"].value
        sheet.note("Validation genes", validation or paper, paper, f"{paper:,}")
        sheet.number("Seed", "seed", own.seed, 0, 2**31 - 1)
    _runs(sheet, own)
    _loss(sheet, own)


def _runs(sheet: _Sheet, own: TrainingSettings) -> None:
    combine = st.selectbox(
        "Runs of a fold", list(_COMBINATIONS), format_func=_COMBINATIONS.__getitem__,
        index=list(_COMBINATIONS).index(own.combine), key=f"adv_combine_{sheet.key}",
        help=PAPER["combine"].explanation,
    )  # fmt: skip
    sheet.settings["combine"] = combine
    paper = PAPER["combine"].value
    sheet.note("Runs of a fold", combine, paper, _COMBINATIONS[paper])


def _loss(sheet: _Sheet, own: TrainingSettings) -> None:
    loss = st.selectbox(
        "Loss", list(_LOSSES), format_func=_LOSSES.__getitem__, key=f"adv_loss_{sheet.key}",
        index=list(_LOSSES).index(own.loss), help=PAPER["loss"].explanation,
    )  # fmt: skip
    sheet.settings["loss"] = loss
    paper = PAPER["loss"].value
    sheet.note("Loss", loss, paper, _LOSSES[paper])
    if loss == "hybrid":
        left, right = st.columns(2)
        with left:
            sheet.number("α", "alpha", own.alpha, 0.0, 1000.0)
        with right:
            sheet.number("β", "beta", own.beta, 0.0, 1000.0)


def _network(sheet: _Sheet, config: CNNConfig, paper: CNNConfig) -> dict[str, Any]:
    """Draw the architecture's numbers; gives those that differ from the preset's."""
    stages = [
        _convolution(sheet, number, stage, paper.stages[number])
        for number, stage in enumerate(config.stages)
    ]
    changed: dict[str, Any] = {}
    if tuple(stages) != config.stages:
        changed["stages"] = [asdict(stage) for stage in stages]
    left, right = st.columns(2)
    fields = (
        (left, "Hidden units", "hidden", True, "Of the dense layers, with commas between."),
        (right, "Dropout", "dropout", False, "After each dense layer, while training."),
    )
    for place, label, name, whole, told in fields:
        with place:
            own: tuple[float, ...] = getattr(config, name)
            text = st.text_input(label, shown_value(own), key=f"adv_{name}_{sheet.key}", help=told)
            value = parse_numbers(text, label, whole=whole)
            sheet.note(label, value, getattr(paper, name))
        if value != own:
            changed[name] = list(value)
    return changed


def _convolution(sheet: _Sheet, number: int, stage: ConvStage, paper: ConvStage) -> ConvStage:
    values: Mapping[str, Any] = asdict(stage)
    chosen = {}
    ordinal = ("First", "Second")[number] if number < 2 else f"{number + 1}th"
    fields = (("Filters", "filters", 4096), ("Kernel", "kernel", 64), ("Pool", "pool", 1000))
    for place, (label, name, most) in zip(st.columns(3), fields, strict=True):
        with place:
            chosen[name] = st.number_input(
                f"{ordinal} {label.lower()}", 1, most, values[name],
                key=f"adv_{name}{number}_{sheet.key}",
                help={
                    "filters": "Of the convolution.",
                    "kernel": "Bases (or pooled positions) that a filter sees.",
                    "pool": "Positions that the max-pool after it joins.",
                }[name],
            )  # fmt: skip
            sheet.note(f"{ordinal} {label.lower()}", chosen[name], getattr(paper, name))
    return ConvStage(**{**values, **chosen})


def _machine(sheet: _Sheet) -> Engine:
    device = st.selectbox(
        "Device", ("cpu", "cuda"), key="adv_device", help=PAPER["device"].explanation
    )
    sheet.settings["device"] = device
    left, right = st.columns(2)
    workers = left.number_input(
        "Side by side", 0, 256, 0, key="adv_workers",
        help=f"Processes that train at the same time; 0 for one on each of the {cores()} cores. The "
        "weights do not depend on it.",
    )  # fmt: skip
    with right:
        return Engine(int(workers), _scheduler())


def _scheduler() -> str:
    """Ask where to train, among the schedulers that the server's configuration names."""
    names = list(configured_schedulers(os.environ))
    if not names:
        return ""
    chosen = st.selectbox(
        "Where", names, index=None, key="adv_scheduler", placeholder="this machine",
        help="Or the workers of a Dask scheduler of this server; see README, Long work.",
    )  # fmt: skip
    # Only a name of the configuration goes on, whatever the session holds.
    return chosen if chosen in names else ""
