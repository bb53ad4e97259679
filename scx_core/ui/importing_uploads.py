"""Uploading small files for an import."""

from typing import Final

import streamlit as st

from scx_core.errors import ScxError
from scx_core.importing.uploads import keep_upload
from scx_core.store import Workspace
from scx_core.ui.file_boxes import UPLOAD_MB
from scx_core.ui.files import ENDINGS
from scx_core.ui.plain import plain_sentence

_LABELS: Final = {"genome": "Genome", "annotation": "Genes", "expression": "Expression"}
_ERROR: Final = "import_upload_error"


def upload_boxes(workspace: Workspace) -> None:
    """Offer to upload small files; each then stands in the choice of files above."""
    with st.popover("Upload small files", icon=":material/upload:", key="import_uploads"):
        st.caption(f"Up to {UPLOAD_MB} MB each; larger ones are read from the server's disk.")
        for use, label in _LABELS.items():
            st.file_uploader(
                label, key=f"upload_{use}", max_upload_size=UPLOAD_MB, on_change=_keep,
                args=(workspace, use),
            )  # fmt: skip
    told = st.session_state.pop(_ERROR, None)
    if told:
        st.error(plain_sentence(told))


def _keep(workspace: Workspace, use: str) -> None:
    """Keep what was uploaded and choose it."""
    given = st.session_state[f"upload_{use}"]
    if given is None:
        return
    try:
        path = keep_upload(workspace, use, given.name, given.getvalue(), ENDINGS[use])
    except ScxError as error:
        st.session_state[_ERROR] = str(error)
        return
    st.session_state[f"import_{use}"] = str(path)
