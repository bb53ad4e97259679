"""From the user's files to a dataset."""

from scx_core.importing.build import build_dataset
from scx_core.importing.request import ImportRequest

__all__ = ["ImportRequest", "build_dataset"]
