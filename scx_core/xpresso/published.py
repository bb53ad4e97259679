"""Published models: networks without a dataset and without folds, kept in the workspace.

On disk::

    published/<name>/model.json             architecture, unit, digest of the weights, provenance
    published/<name>/weights.safetensors    weights and scaling

Nobody here knows which genes such a network was trained on, so nothing that it predicts is out of
fold; what shows its predictions says so.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scx_core.errors import ScxError, join_some
from scx_core.models import CNNConfig
from scx_core.provenance import provenance
from scx_core.store import (
    Workspace,
    atomic_directory,
    check_name,
    damage_as_sentence,
    discard,
    file_digest,
    read_json,
    write_json,
)
from scx_core.trained import TrainedRun
from scx_core.training.data import Scaling
from scx_core.xpresso.keras_file import read_keras

FORMAT: Final = 1
#: Unit of what Xpresso gives where nobody says which mean and spread its z-scores had.
Z_SCORE: Final = "predicted expression (z-score)"
LOG10: Final = "predicted expression (log10)"
_FAMILY: Final = "cnn"
_MEND: Final = "import the Keras file again"
_FIELDS: Final = ("config", "family", "outputs", "unit", "digest", "notices", "provenance")


@dataclass(frozen=True)
class ExpressionScale:
    """What the z-scores of a network were made from.

    Attributes
    ----------
    mean, sd : float
        Of log10(RPKM + 0.1) over the genes of its training, as Agarwal & Shendure (2020) scale
        expression; in log10 units.
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        if not np.isfinite(self.mean) or not np.isfinite(self.sd) or self.sd <= 0:
            raise ScxError(
                f"The scale of expression needs a mean and a standard deviation above 0 (log10), "
                f"not {self.mean} and {self.sd}."
            )


class PublishedModel:
    """A network with its scaling. Read-only.

    Attributes
    ----------
    path : Path
    metadata : mapping
        Content of ``model.json``.
    config : CNNConfig
    """

    def __init__(self, path: Path, metadata: dict[str, Any]) -> None:
        self.path = path
        self.metadata = MappingProxyType(metadata)
        self.config = CNNConfig.from_dict(metadata["config"])

    @classmethod
    def open(cls, path: Path | str) -> "PublishedModel":
        """Open a published model's folder.

        Raises
        ------
        ScxError
            If there is none, it is damaged, or it was written by a newer version.
        """
        path = Path(path)
        file = path / "model.json"
        if not file.is_file():
            raise ScxError(
                f"There is no published model {path.name!r} in this workspace; check the name, or "
                "import its Keras file."
            )
        with damage_as_sentence(file, _MEND):
            metadata = dict(read_json(file))
        if metadata.get("format") != FORMAT:
            raise ScxError(
                f"The published model {path.name!r} has format {metadata.get('format')!r}, this "
                f"version reads format {FORMAT}; {_MEND}."
            )
        with damage_as_sentence(file, _MEND):
            missing = [name for name in _FIELDS if name not in metadata]
            if missing:
                raise KeyError(*missing)
            return cls(path, metadata)

    @property
    def name(self) -> str:
        """Name of the model: its folder's."""
        return self.path.name

    @property
    def digest(self) -> str:
        """SHA-256 over the architecture and the weights."""
        return str(self.metadata["digest"])

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it predicts."""
        return tuple(self.metadata["outputs"])

    @property
    def unit(self) -> str:
        """Unit of the predictions, for the screen."""
        return str(self.metadata["unit"])

    @property
    def notices(self) -> tuple[str, ...]:
        """What was worth knowing at the import."""
        return tuple(self.metadata["notices"])

    @property
    def source_file(self) -> str:
        """Name of the file that it was imported from."""
        files: dict[str, dict[str, Any]] = self.metadata["provenance"]["inputs"]
        return ", ".join(str(file["file"]) for file in files.values())

    @cached_property
    def run(self) -> TrainedRun:
        """The network, loaded once.

        Raises
        ------
        ScxError
            If the weights are missing, damaged, or not those of the import.
        """
        file = self.path / "weights.safetensors"
        run = TrainedRun.load(file, self.metadata["family"], self.config)
        if _digest(self.config, file) != self.digest:
            raise ScxError(
                f"The weights of the published model {self.name!r} were changed after the import; "
                f"{_MEND}."
            )
        return run

    def predict(
        self, codes: NDArray[np.uint8], half_life: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Predict windows.

        Parameters
        ----------
        codes : ndarray of uint8, shape (windows, length)
            Base codes in the direction of the gene.
        half_life : ndarray of float64, shape (windows, features), optional
            z-scored; NaN, and by default all, is the mean, 0.

        Returns
        -------
        ndarray of float64, shape (windows, outputs), in `unit`
        """
        features = len(self.config.half_life)
        if half_life is None:
            half_life = np.full((len(codes), features), np.nan)
        return self.run.predict(codes, half_life)


def import_keras(
    file: Path,
    workspace: Workspace,
    name: str,
    *,
    upstream: int | None = None,
    scale: ExpressionScale | None = None,
) -> PublishedModel:
    """Keep a Keras network of Xpresso's kind as a published model, whole or not at all.

    Parameters
    ----------
    file : Path
        Keras ``.h5`` with architecture and weights.
    workspace : Workspace
    name : str
        Of the new model.
    upstream : int, optional
        See `scx_core.xpresso.keras_file.read_keras`.
    scale : ExpressionScale, optional
        Undoes the z-score; without it predictions stay z-scores.

    Raises
    ------
    ScxError
        If the file cannot be read, or the name is taken.
    """
    path = published_path(workspace, name)
    if path.exists():
        raise ScxError(f"A published model {name!r} exists already; choose another name.")
    network = read_keras(file, upstream)
    config = network.config
    unit = Z_SCORE if scale is None else LOG10
    outputs = (
        ["expression"]
        if config.n_outputs == 1
        else [f"output {number + 1}" for number in range(config.n_outputs)]
    )
    run = TrainedRun(network.model, _scaling(config, scale))
    parameters = {
        "upstream": config.upstream,
        "scale": None if scale is None else {"mean": scale.mean, "sd": scale.sd},
    }
    with atomic_directory(path) as folder:
        weights = folder / "weights.safetensors"
        run.save(weights)
        write_json(
            folder / "model.json",
            {
                "format": FORMAT,
                "family": _FAMILY,
                "config": config.to_dict(),
                "outputs": outputs,
                "unit": unit,
                "digest": _digest(config, weights),
                "notices": list(_notices(config, scale)),
                "provenance": provenance({"keras": file}, parameters),
            },
        )
    return PublishedModel.open(path)


def _scaling(config: CNNConfig, scale: ExpressionScale | None) -> Scaling:
    mean, sd = (0.0, 1.0) if scale is None else (scale.mean, scale.sd)
    n_features = len(config.half_life)
    return Scaling(
        np.full(config.n_outputs, mean),
        np.full(config.n_outputs, sd),
        np.zeros(n_features),
        np.ones(n_features),
    )


def _notices(config: CNNConfig, scale: ExpressionScale | None) -> tuple[str, ...]:
    told = [
        "Nothing in the file says which genes it was trained on: its predictions may be of genes "
        "that it saw."
    ]
    if config.half_life:
        told.append(
            f"Its {len(config.half_life)} half-life inputs have no names in the file; all are held "
            "at their mean (z-score 0)."
        )
    if scale is None:
        told.append(
            "Its output is a z-score of log10(RPKM + 0.1); give the mean and the standard deviation "
            "of its training data for log10 units."
        )
    return tuple(told)


def _digest(config: CNNConfig, weights: Path) -> str:
    described = json.dumps(config.to_dict(), sort_keys=True)
    return hashlib.sha256(f"{described}\n{file_digest(weights)}".encode()).hexdigest()


def published_path(workspace: Workspace, name: str) -> Path:
    """Folder of a published model, there or not.

    Raises
    ------
    ScxError
        If the name cannot be one.
    """
    return workspace.root / "published" / check_name(name, "published model")


def list_published(workspace: Workspace) -> list[str]:
    """Names of the published models, sorted."""
    folder = workspace.root / "published"
    return sorted(path.parent.name for path in folder.glob("[!.]*/model.json"))


def open_published(workspace: Workspace, name: str) -> PublishedModel:
    """Open a published model by its name.

    Raises
    ------
    ScxError
        If there is none; those that are there are listed.
    """
    path = published_path(workspace, name)
    if not (path / "model.json").is_file():
        there = list_published(workspace)
        raise ScxError(
            f"There is no published model {name!r}; here are: {join_some(there) or 'none'}."
        )
    return PublishedModel.open(path)


def delete_published(workspace: Workspace, name: str) -> None:
    """Delete a published model: it vanishes in one step.

    Raises
    ------
    ScxError
        If there is none.
    """
    path = published_path(workspace, name)
    if not path.exists():
        raise ScxError(f"There is no published model {name!r}; it may be deleted already.")
    discard(path, "published model")
