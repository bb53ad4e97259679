"""Models in the published file layout of scXpresso: imported as ours, and ours exported so."""

from scx_core.release.exporting import ExportedRelease, export_release
from scx_core.release.found import FoundRelease, look_at_release
from scx_core.release.importing import import_release, run_import
from scx_core.release.layout import find_release
from scx_core.release.request import ReleaseRequest

__all__ = [
    "ExportedRelease",
    "FoundRelease",
    "ReleaseRequest",
    "export_release",
    "find_release",
    "import_release",
    "look_at_release",
    "run_import",
]
