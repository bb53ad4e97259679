"""Model folders as things to keep: what depends on one, rename, delete, export, import."""

from scx_core.model_files.depending import Dependent, dependents
from scx_core.model_files.exporting import export_model
from scx_core.model_files.importing import ImportedModel, import_model
from scx_core.model_files.managing import delete_model, rename_model

__all__ = [
    "Dependent",
    "ImportedModel",
    "delete_model",
    "dependents",
    "export_model",
    "import_model",
    "rename_model",
]
