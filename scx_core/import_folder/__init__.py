"""Files that pages may read: the import folder, what was fetched, what was uploaded."""

from scx_core.import_folder.folder import ImportFolder
from scx_core.import_folder.kinds import FILE_KINDS
from scx_core.import_folder.root import import_folder, set_import_root

__all__ = ["FILE_KINDS", "ImportFolder", "import_folder", "set_import_root"]
