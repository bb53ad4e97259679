"""Asking for a file: uploaded, or by its path on the server."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from scx_core.import_folder.uploads import safe_name
from scx_core.ui.context import import_folder
from scx_core.ui.uploads import UPLOAD_MB


def file_boxes(key: str, label: str, endings: list[str]) -> tuple[UploadedFile | None, str]:
    """Ask for a small file from the person's machine, or for a path on the server.

    Parameters
    ----------
    key : str
        The boxes are ``<key>_file`` and ``<key>_path``.
    label : str
    endings : list of str
        Of the files that may be uploaded.
    """
    upload = st.file_uploader(label, type=endings, key=f"{key}_file", max_upload_size=UPLOAD_MB)
    path = st.text_input(
        "or its path on this server", key=f"{key}_path",
        placeholder=path_hint(),
    )  # fmt: skip
    return upload, path


def path_hint() -> str:
    """Say where a path on the server may lead."""
    root = import_folder().root
    return "no import folder is set" if root is None else f"below {root}"


@contextmanager
def chosen_file(upload: UploadedFile | None, path: str, use: str) -> Iterator[Path]:
    """Give the uploaded file on disk, under a name of ours, or the file of the path.

    Parameters
    ----------
    upload, path
        From `file_boxes`.
    use : str
        What the file is, a key of `FILE_KINDS`.

    Raises
    ------
    ScxError
        If there is neither, or the path leads out of the import folder.
    """
    if upload is None:
        yield import_folder().open(path, use)
        return
    with tempfile.TemporaryDirectory() as folder:
        # The name is the client's: only its last part counts, as it is shown later. Its end tells
        # what kind of file it is.
        file = Path(folder) / safe_name(upload.name)
        file.write_bytes(upload.getvalue())
        yield file
