"""scX Explorer's core: from genome, annotation and cells to predictions and mutagenesis.

>>> import scx_core as scx
>>> ds = scx.Dataset.open("workspace/datasets/demo")
>>> ens = scx.Ensemble.open("workspace/models/demo")
>>> ens.predict(ds, genes=["CACNA1I"])
>>> ens.saturation_mutagenesis(ds, "CACNA1I").values
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scx_core import demo
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble
    from scx_core.errors import ScxError
    from scx_core.release import import_release
    from scx_core.store import Workspace
    from scx_core.training.protocol import train
    from scx_core.variants import read_variants

__version__ = "0.1.0"

__all__ = [
    "Dataset",
    "Ensemble",
    "ScxError",
    "Workspace",
    "demo",
    "import_release",
    "read_variants",
    "train",
]

_HOME = {
    "Dataset": "scx_core.dataset",
    "Ensemble": "scx_core.ensemble",
    "ScxError": "scx_core.errors",
    "Workspace": "scx_core.store",
    "import_release": "scx_core.release",
    "read_variants": "scx_core.variants",
    "train": "scx_core.training.protocol",
}


def __getattr__(name: str) -> Any:
    # Names are fetched when first used: torch and anndata take seconds that `--help` need not wait.
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name == "demo":
        return importlib.import_module("scx_core.demo")
    raise AttributeError(f"module 'scx_core' has no attribute {name!r}")
