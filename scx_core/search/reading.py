"""What a search has found so far, finished or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scx_core.errors import ScxError
from scx_core.search.space import Candidate
from scx_core.search.study import (
    CANDIDATE,
    COLLAPSED,
    DATABASE,
    EPOCHS_DONE,
    IMPOSSIBLE,
    REASON,
    SECONDS,
    open_study,
    quiet,
    read_trials,
)
from scx_core.store import Workspace, check_name, damage_as_sentence, read_json

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

SEARCH: Final = "search.json"
_MEND: Final = "delete the folder and search anew"
#: With fewer whole trials, an importance says more about chance than about the parameter.
FEWEST_FOR_IMPORTANCE: Final = 20
_OUTCOMES: Final[Mapping[str, str]] = {
    "COMPLETE": "trained", "PRUNED": "pruned", "FAIL": "stopped, done anew", "RUNNING": "running",
    "WAITING": "running",
}  # fmt: skip
#: Seed of the forest that estimates importances.
_SEED: Final = 0


def search_path(workspace: Workspace, name: str) -> Path:
    """Folder of a search, there or not."""
    return workspace.root / "searches" / check_name(name, "search")


def list_searches(workspace: Workspace) -> list[str]:
    """Names of the searches that have begun, sorted."""
    found = (workspace.root / "searches").glob(f"[!.]*/{SEARCH}")
    return sorted(path.parent.name for path in found)


@dataclass(frozen=True)
class Importance:
    """How much of the spread of the validation loss each parameter accounts for.

    Attributes
    ----------
    shares : Series
        By parameter, largest first; they add up to 1. Empty where nothing can be said.
    note : str
        What to bear in mind, or why nothing can be said.
    """

    shares: pd.Series
    note: str


class Search:
    """A search as it stood when it was opened. Read-only.

    Attributes
    ----------
    path : Path
    metadata : mapping
        Content of ``search.json``.
    """

    def __init__(self, path: Path, metadata: dict[str, Any]) -> None:
        self.path = path
        self.metadata = MappingProxyType(metadata)

    @classmethod
    def open(cls, path: Path | str) -> "Search":
        """Open a search's folder.

        Raises
        ------
        ScxError
            If there is none, or it is damaged.
        """
        path = Path(path)
        if not (path / SEARCH).is_file():
            raise ScxError(f"There is no search at {path}; check the name, or start one.")
        with damage_as_sentence(path / SEARCH, _MEND):
            metadata = dict(read_json(path / SEARCH))
            for name in ("dataset", "dataset_digest", "fold", "settings", "trials", "preset"):
                _ = metadata[name]
            return cls(path, metadata)

    @property
    def name(self) -> str:
        """Name of the search: its folder's."""
        return self.path.name

    @property
    def dataset_name(self) -> str:
        """Name of the dataset."""
        return str(self.metadata["dataset"])

    @cached_property
    def _frozen(self) -> list["FrozenTrial"]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return read_trials(self.path)
        except SQLAlchemyError as error:
            raise ScxError(
                f"{DATABASE} of the search {self.name!r} cannot be read; {_MEND}."
            ) from error

    @property
    def _whole(self) -> list["FrozenTrial"]:
        """Trials that were trained to the end."""
        return [trial for trial in self._frozen if trial.state.name == "COMPLETE"]

    @cached_property
    def trials(self) -> pd.DataFrame:
        """One row for each trial, in order.

        Columns: ``outcome`` (trained, pruned, impossible, running; "stopped, done anew"),
        ``validation_loss`` (lowest over the epochs, z-units; of a pruned one, of the epochs it had;
        NaN without any), ``epochs``, ``seconds``, the parameters (NaN where a trial has none), and
        ``reason``. The index is optuna's number of the trial.
        """
        rows = [_row(trial) for trial in self._frozen]
        table = pd.DataFrame(rows, index=pd.Index([t.number for t in self._frozen], name="trial"))
        first = ["outcome", "validation_loss", "epochs", "seconds"]
        parameters = sorted(set(table.columns) - {*first, "reason"}, key=_order)
        return table.reindex(columns=[*first, *parameters, "reason"])

    @property
    def n_trained(self) -> int:
        """Networks that were trained, to the end or until they were pruned."""
        return int(self.trials["outcome"].isin(("trained", "pruned")).sum())

    @property
    def n_impossible(self) -> int:
        """Networks that could not be: nothing was left of their window, or memory did not suffice."""
        return int((self.trials["outcome"] == "impossible").sum())

    @property
    def finished(self) -> bool:
        """Whether all trials that were asked for have ended."""
        return self.n_trained >= int(self.metadata["trials"])

    @cached_property
    def best(self) -> "tuple[int, Candidate, float] | None":
        """Number, network and validation loss of the best trial; None before the first."""
        if not self._whole:
            return None
        best = min(self._whole, key=_loss)
        found = Candidate.from_dict(best.user_attrs[CANDIDATE])
        return best.number, found, _loss(best)

    def importance(self) -> Importance:
        """Estimate which parameters matter (functional analysis of variance of a random forest).

        Only trials that were trained to the end count, and only parameters that all of them have.

        Notes
        -----
        Source: Hutter, Hoos, Leyton-Brown, ICML 2014; `optuna.importance`.
        """
        values = [_loss(trial) for trial in self._whole]
        nothing = pd.Series(dtype=float, name="importance")
        if len(values) < 4 or np.ptp(values) == 0:
            return Importance(
                nothing,
                f"Which parameters matter cannot be said from {len(values)} trials trained to the "
                f"end; {FEWEST_FOR_IMPORTANCE} or more are needed.",
            )
        return Importance(self._shares(), _tell_importance(len(values)))

    def _shares(self) -> pd.Series:
        from optuna.importance import FanovaImportanceEvaluator, get_param_importances

        with quiet(), open_study(self.path) as study:
            found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=_SEED))
        shares = pd.Series(found, dtype=float, name="importance").rename_axis("parameter")
        return shares.sort_values(ascending=False, kind="stable")


def _loss(trial: "FrozenTrial") -> float:
    return float("inf") if trial.value is None else float(trial.value)


def _tell_importance(n: int) -> str:
    told = (
        f"Share of the spread of the validation loss over {n} trials trained to the end; parameters "
        "that only some trials have, such as those of a second convolution, are left out."
    )
    if n < FEWEST_FOR_IMPORTANCE:
        told += (
            f" With fewer than {FEWEST_FOR_IMPORTANCE} trials this says more about chance than "
            "about the parameters."
        )
    return told


def _row(trial: "FrozenTrial") -> dict[str, Any]:
    impossible = IMPOSSIBLE in trial.user_attrs
    reason = str(trial.user_attrs.get(REASON, ""))
    if trial.user_attrs.get(COLLAPSED):
        reason = "Collapsed to constant predictions."
    seen = [loss for _, loss in trial.intermediate_values.items() if np.isfinite(loss)]
    return {
        "outcome": "impossible" if impossible else _OUTCOMES[trial.state.name],
        "validation_loss": min(seen, default=float("nan")),
        "epochs": int(trial.user_attrs.get(EPOCHS_DONE, 0)),
        "seconds": float(trial.user_attrs.get(SECONDS, float("nan"))),
        **trial.params,
        "reason": reason,
    }


def _order(name: str) -> tuple[int, int]:
    """Order parameters as the network does: data, convolutions one by one, dense layers."""
    known = (
        "batch_size", "upstream", "downstream", "n_stages", "filters", "kernel", "dilation", "pool",
        "n_hidden", "units", "dropout",
    )  # fmt: skip
    stem, _, number = name.rpartition("_")
    if stem in known[4:8] or stem in known[9:]:
        group = 4 if stem in known[4:8] else 9
        return group * 1000 + int(number) * 20 + known.index(stem), 0
    return known.index(name) * 1000, 0
