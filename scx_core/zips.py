"""Zip archives of users that hold one table: the GWAS catalogue's downloads are such."""

import zipfile
from pathlib import PurePosixPath
from typing import IO, BinaryIO, Final

from scx_core.errors import ScxError, join_some

ZIP_MAGIC: Final = b"PK\x03\x04"
#: What archives hold beside their data.
_REMARKS: Final = ("readme", "license", "licence", "md5")
_REMARK_SUFFIXES: Final = (".md", ".md5", ".pdf", ".html", ".yaml", ".yml", ".json")
_WORKBOOK: Final = "[Content_Types].xml"


def open_one_table(file: BinaryIO, name: str) -> IO[bytes]:
    """Open the one table of a zip archive, to be read without unpacking it anywhere.

    Parameters
    ----------
    file : BinaryIO
        The archive.
    name : str
        How messages call it.

    Raises
    ------
    ScxError
        If it is damaged, an Excel workbook or encrypted, packed in a way that is not read, or holds
        no table or several.
    """
    try:
        archive = zipfile.ZipFile(file)
        names = archive.namelist()
        if _WORKBOOK in names:
            raise ScxError(f"{name} is an Excel workbook; save the sheet as tab-separated text.")
        tables = [entry for entry in names if _may_be_table(entry)]
        if len(tables) != 1:
            what = (
                f"holds {len(tables):,} files ({join_some(tables)})" if tables else "holds no table"
            )
            raise ScxError(f"{name} is a zip archive that {what}; give one table, unpacked.")
        return archive.open(tables[0])
    except zipfile.BadZipFile as error:
        raise ScxError(
            f"{name} is a zip archive that is cut short or damaged ({error}); get it again."
        ) from error
    except (RuntimeError, NotImplementedError) as error:
        # zipfile's words for a password and for packing that it does not know.
        raise ScxError(
            f"{name} is a zip archive that cannot be unpacked here ({error}); unpack it."
        ) from error


def _may_be_table(entry: str) -> bool:
    path = PurePosixPath(entry)
    small = path.name.lower()
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    remark = small.startswith(_REMARKS) or small.endswith(_REMARK_SUFFIXES)
    return not (entry.endswith("/") or hidden or remark)
