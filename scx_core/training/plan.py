"""What a training will do, worked out and refused before its first hour."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pandas as pd
import torch

from scx_core.dataset import Dataset
from scx_core.ensemble import FORMAT, read_folds
from scx_core.errors import ScxError
from scx_core.models import CNNConfig
from scx_core.store import damage_as_sentence, read_json
from scx_core.training.data import Scaling, TrainingData
from scx_core.training.families import families_of
from scx_core.training.folds import FoldSplit, choose_folds, fold_notices, make_folds, split_fold
from scx_core.training.loss import check_loss
from scx_core.training.overlaps import MOST_SHARED, largest_overlap
from scx_core.training.settings import TrainingSettings

FOLDS: Final = "folds.tsv"
FAMILY: Final = "cnn"


@dataclass(frozen=True)
class Plan:
    """A training: dataset, architecture, settings and folds, that fit each other.

    Attributes
    ----------
    dataset : Dataset
    config : CNNConfig
    settings : TrainingSettings
        With the folds to train.
    folds : DataFrame
        See `make_folds`.
    notices : tuple of str
        What is worth knowing about the folds.
    """

    dataset: Dataset
    config: CNNConfig
    settings: TrainingSettings
    folds: pd.DataFrame
    notices: tuple[str, ...] = ()

    @cached_property
    def data(self) -> TrainingData:
        """Inputs and targets of all genes."""
        return TrainingData.of(self.dataset, self.settings.level, self.config.half_life)

    def units(self) -> list[tuple[int, int]]:
        """Fold and run of every model to train."""
        return [(fold, run) for fold in self.settings.folds for run in range(self.settings.runs)]

    def split(self, fold: int) -> FoldSplit:
        """Training, validation and test genes of a fold."""
        return split_fold(self.folds, fold, self.settings.n_validation)

    def spec(self) -> dict[str, Any]:
        """Say what was asked for, JSON-ready; the same spec means the same weights."""
        return {
            "format": FORMAT,
            "family": FAMILY,
            "dataset": self.dataset.name,
            "dataset_digest": self.dataset.digest,
            "populations": list(self.data.populations),
            "config": self.config.to_dict(),
            "settings": self.settings.to_dict(),
            "folds_digest": hashlib.sha256(self.folds_text().encode()).hexdigest(),
            "notices": list(self.notices),
        }

    def folds_text(self) -> str:
        """Content of the table of folds."""
        return self.folds.to_csv(sep="\t", index_label="gene_id")

    @classmethod
    def read(cls, work: Path, dataset: Dataset) -> Self:
        """Read the plan of a training that has begun.

        Raises
        ------
        ScxError
            If its files are damaged, or the dataset is another one.
        """
        spec: Mapping[str, Any] = read_json(work / "spec.json")
        with damage_as_sentence(work / FOLDS, "delete the unfinished model and train anew"):
            folds = read_folds(work / FOLDS)
            if spec["dataset_digest"] != dataset.digest:
                raise ScxError(
                    f"The dataset {dataset.name!r} has changed since this training began; train "
                    "anew under another name."
                )
            return cls(
                dataset,
                CNNConfig.from_dict(spec["config"]),
                TrainingSettings.from_dict(spec["settings"]),
                folds,
                tuple(spec["notices"]),
            )


def make_plan(
    dataset: Dataset,
    config: CNNConfig,
    settings: TrainingSettings,
    fold_names: tuple[int | str, ...] = (),
) -> Plan:
    """Work out what a training will do.

    Parameters
    ----------
    dataset : Dataset
    config : CNNConfig
    settings : TrainingSettings
    fold_names : tuple of int or str
        Folds to train, by number or name of the group; instead of ``settings.folds``.

    Raises
    ------
    ScxError
        If dataset, architecture and settings do not fit each other, or the genes do not suffice.
    """
    if config.length != dataset.windows.shape[1] or config.upstream != dataset.upstream:
        raise ScxError(
            f"The architecture reads {config.upstream:,} + {config.downstream:,} bases, the dataset "
            f"{dataset.name!r} holds {dataset.upstream:,} + {dataset.downstream:,}; use its window."
        )
    _check_device(settings.device)
    data = TrainingData.of(dataset, settings.level, config.half_life)
    if config.n_outputs != len(data.populations):
        raise ScxError(
            f"The architecture has {config.n_outputs} outputs, the level {settings.level!r} "
            f"{len(data.populations)} populations; they must agree."
        )
    check_loss(settings, config.n_outputs)
    folds, notices = _folds(dataset, settings)
    chosen = choose_folds(folds, fold_names or settings.folds)
    plan = Plan(dataset, config, replace(settings, folds=chosen), folds, notices)
    for fold in chosen:  # refuse before the first hour, not after it
        Scaling.fit(data, plan.split(fold).training)
    return plan


def _folds(dataset: Dataset, settings: TrainingSettings) -> tuple[pd.DataFrame, tuple[str, ...]]:
    families, notices = families_of(dataset, settings)
    folds = make_folds(dataset.genes, settings, families)
    left = largest_overlap(dataset, folds["fold"].to_numpy(np.int64))
    told = (*notices, *fold_notices(folds))
    if settings.split == "family":
        told += (
            f"Windows of genes in different folds share at most {left:.0%} of their bases (genes that "
            f"share more than {MOST_SHARED:.0%} are one family, unless a table of families was given).",
        )
    return folds, told


def _check_device(name: str) -> None:
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ScxError(f"Device {name!r} is unknown; choose cpu or cuda.") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ScxError("There is no CUDA device on this machine; choose cpu.")
    if device.type not in ("cpu", "cuda"):
        raise ScxError(f"Device {name!r} is not supported; choose cpu or cuda.")
