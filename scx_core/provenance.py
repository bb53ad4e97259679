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
        Files by what they were used for; digested by content. None is left out.
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
            use: {"file": path.name, "bytes": path.stat().st_size, "sha256": file_digest(path)}
            for use, path in inputs.items()
            if path is not None and path.is_file()
        },
        "parameters": dict(parameters),
        "seed": seed,
    }
