"""The import form of the Datasets page."""

from typing import Any, Final

import streamlit as st

from scx_core.errors import ScxError
from scx_core.import_folder import ImportFolder
from scx_core.importing import ImportRequest
from scx_core.importing.checking import check_beginnings
from scx_core.isolation import run_isolated
from scx_core.jobs import start_job
from scx_core.store import check_name
from scx_core.ui.asked import ASKED, fill_in, note_asked
from scx_core.ui.context import PageContext, import_folder
from scx_core.ui.importing_expression import ask_expression
from scx_core.ui.importing_files import ask_levels, file_box, show_previews
from scx_core.ui.importing_options import ask_options
from scx_core.ui.importing_outcome import watch_import
from scx_core.ui.importing_uploads import upload_boxes
from scx_core.ui.person import person
from scx_core.ui.plain import plain_sentence
from scx_core.ui.say import errors_as_sentences

_BOXES: Final = {
    "genome": "Genome (FASTA)",
    "annotation": "Genes (GTF, GFF3 or table of TSSs)",
    "expression": "Expression (AnnData, 10x or matrix)",
}


def import_view(context: PageContext) -> None:
    """Ask for the files, check them, and run the import as a job."""
    fill_in("import")
    folder = import_folder()
    st.caption(
        f"{plain_sentence(folder.sentence)} Or upload files below. Nothing is written before all checks."
    )
    boxes = st.container()
    upload_boxes(context.workspace)
    with boxes:
        chosen = {use: file_box(folder, use, told, f"import_{use}") for use, told in _BOXES.items()}
    show_previews(folder, chosen)
    levels = ask_levels(folder, chosen["expression"])
    left_open = ask_expression(folder, chosen["expression"], cells=bool(levels))
    options: dict[str, Any] | None = None
    with errors_as_sentences():
        options = ask_options(folder)
    with st.container(horizontal=True):
        name = st.text_input("Name of the new dataset", key="import_name", width=360)
        build = st.text_input(
            "Genome build", key="import_build", width=240, placeholder="found by chromosome lengths",
            help="Such as hg38 or mm10. Left empty, it is found from the lengths of the "
            "chromosomes where they are those of a common assembly; else it is the file's name.",
        )  # fmt: skip
    if st.button("Check and import", type="primary", key="import_start") and options is not None:
        with errors_as_sentences(), st.spinner("Checking the files"):
            request = _request(
                folder, chosen, levels, {**options, **left_open, "assembly": build.strip()}
            )
            _start(context, name.strip(), request)


def _request(
    folder: ImportFolder, chosen: dict[str, str], levels: dict[str, str], options: dict[str, Any]
) -> ImportRequest:
    files: dict[str, Any] = {use: folder.open(text, use) for use, text in chosen.items()}
    return ImportRequest(**files, levels=levels, **options)


def _start(context: PageContext, name: str, request: ImportRequest) -> None:
    if not name:
        raise ScxError("Give the new dataset a name.")
    check_name(name, "dataset")
    if name in context.workspace.datasets():
        raise ScxError(f"A dataset {name!r} exists already; choose another name.")
    run_isolated(check_beginnings, request, name="the files")
    parameters = {
        "name": name, "request": request.to_dict(), "checked": True, ASKED: note_asked("import"),
    }  # fmt: skip
    watch_import(start_job(context.workspace, "import", parameters, person()))
