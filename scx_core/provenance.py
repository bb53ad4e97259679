"""What made an artefact: inputs by content, code, parameters, seed, time."""

import importlib.metadata
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scx_core import __version__
from scx_core.store import file_digest


def provenance(
    inputs: Mapping[str, Path | None], parameters: Mapping[str, Any], seed: int | None = None
) -> dict[str, Any]:
    """Describe how an artefact was made, as JSON-ready values.

    Parameters
    ----------
    inputs : mapping of str to Path or None
        Files by what they were used for; digested by content. Of a folder (10x), its files. None is
        left out.
    parameters : mapping
        JSON-ready parameters of the call.
    seed : int, optional
        Seed of everything random in it.
    """
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_version": __version__,
        "python": platform.python_version(),
        "packages": {
            name: importlib.metadata.version(name) for name in ("torch", "numpy", "anndata")
        },
        "inputs": {
            f"{use}/{file.name}" if file != path else use: {
                "file": file.name,
                "bytes": file.stat().st_size,
                "sha256": file_digest(file),
            }
            for use, path in inputs.items()
            if path is not None
            for file in _files(path)
        },
        "parameters": dict(parameters),
        "seed": seed,
    }


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.is_file())
    return [path] if path.is_file() else []
