"""Uploading files for an import: they go to the disk of the server, and are chosen in the form."""

from typing import Final

import streamlit as st

from scx_core.import_folder.uploads import keep_upload
from scx_core.store import Workspace
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.uploads import IMPORT_MB, release

_LABELS: Final = {"genome": "Genome", "annotation": "Genes", "expression": "Expression"}


def upload_boxes(workspace: Workspace) -> None:
    """Offer to upload files; each then stands in the choice of files, and is chosen there.

    To be called before those choices are drawn.
    """
    with st.popover("Upload files", icon=":material/upload:", key="import_uploads"):
        st.caption(
            f"Up to {IMPORT_MB / 1000:g} GB each. A file passes through the server's memory once and "
            "is then kept on its disk. Put larger ones into the import folder."
        )
        for use, label in _LABELS.items():
            _upload_box(workspace, use, label)


def _upload_box(workspace: Workspace, use: str, label: str) -> None:
    counter = f"uploads_of_{use}"
    count = st.session_state.setdefault(counter, 0)
    key = f"upload_{use}_{count}" if count else f"upload_{use}"
    given = st.file_uploader(label, key=key, max_upload_size=IMPORT_MB)
    if given is None:
        return
    with errors_as_sentences(), st.spinner(f"Keeping {label.lower()}"):
        try:
            st.session_state[f"import_{use}"] = str(keep_upload(workspace, use, given))
        finally:
            release(given, key)
        # Another key is another widget: this one would ask the server for a file that is gone.
        st.session_state[counter] = count + 1
        st.rerun()
