"""Dataset folders as things to keep: what depends on one, rename, delete."""

from scx_core.dataset_files.depending import Dependent, dependents
from scx_core.dataset_files.managing import delete_dataset, rename_dataset

__all__ = ["Dependent", "delete_dataset", "dependents", "rename_dataset"]
