"""Importing published models in the layout of scXpresso: what is in a folder, and the import."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import streamlit as st

from scx_core.errors import ScxError
from scx_core.import_folder import ImportFolder
from scx_core.isolation import run_isolated
from scx_core.jobs import Job, start_job
from scx_core.one_line import one_line
from scx_core.release import ReleaseRequest, find_release
from scx_core.release.found import describe_release
from scx_core.release.importing import suggest_name
from scx_core.release.layout import ReleaseLayout, find_releases
from scx_core.store import Workspace, check_name
from scx_core.ui.asked import ASKED, asked_again, fill_in, note_asked, preset
from scx_core.ui.boxes import linked_box
from scx_core.ui.context import import_folder
from scx_core.ui.importing_files import file_box
from scx_core.ui.person import person
from scx_core.ui.plain import plain_sentence
from scx_core.ui.progress import job_progress
from scx_core.ui.say import errors_as_sentences, notices

_JOB: Final = "watched_release"
_FITTING: Final = "(the one that fits)"
#: Seconds for which the folders that were found are not looked for again.
_REMEMBERED: Final = 30


def release_view(workspace: Workspace) -> None:
    """Ask for the folder of a release, say what it holds, and import it as a job.

    Parameters
    ----------
    workspace : Workspace
    """
    if asked_again("import-release"):
        st.session_state["published"] = True
    section = linked_box(
        "Import published models (scXpresso release)", "published", icon=":material/menu_book:"
    )
    if section.open:
        folder = import_folder()
        with section, errors_as_sentences():
            st.caption(
                "Predictions without training: models in the published layout, with their sequences "
                f"and labels, become a dataset and a model. {plain_sentence(folder.sentence)}"
            )
            _form(workspace, folder)
    if _JOB in st.session_state:
        _show_job(workspace.jobs_path / st.session_state[_JOB])


def _show_job(path: Path) -> None:
    """Show how the import goes, and in the end what it noticed and where to go from there."""
    job_progress(path, "The import of the release")
    if not path.is_dir():
        return
    with errors_as_sentences():
        job = Job.open(path)
        if job.state == "finished":
            name = str(job.parameters["name"])
            notices(job.notices, "What the import noticed")
            st.page_link(
                "pages/predictions.py", label="See its predictions", icon=":material/arrow_forward:",
                query_params={"dataset": name, "model": name},
            )  # fmt: skip


def _form(workspace: Workspace, place: ImportFolder) -> None:
    fill_in("import-release")
    text = _folder_box(place)
    if not text:
        return
    folder = place.open(text, "release")
    layout = find_release(folder)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        models = _choose("Models", list(layout.models), "release_models")
        sequences = _choose("Sequences", _relative(layout, layout.sequences), "release_sequences")
        labels = _choose("Labels", [_FITTING, *_relative(layout, layout.labels)], "release_labels")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        annotation = file_box(place, "annotation", "Genes (GTF), optional", "release_annotation")
        genome = file_box(place, "genome", "Genome (FASTA), optional", "release_genome")
    st.caption(
        "The sequences of a release have names only. An annotation places the genes, a genome shows "
        "that they are where it says; without them, variants cannot be scored."
    )
    request = ReleaseRequest(
        folder,
        annotation=place.open(annotation, "annotation") if annotation else None,
        genome=place.open(genome, "genome") if genome else None,
        sequences=Path(sequences) if sequences else None,
        labels=Path(labels) if labels not in ("", _FITTING) else None,
        models=models,
    )
    told = _look(request, _stamp(layout))
    st.markdown("\n".join(f"- {plain_sentence(sentence)}" for sentence in told))
    preset(f"release_name_{text}", suggest_name(folder))
    name = st.text_input(
        "Name of the new dataset and model", key=f"release_name_{text}", width=360
    ).strip()
    if st.button("Import the release", type="primary", key="release_start"):
        _start(workspace, name, request)


def _folder_box(place: ImportFolder) -> str:
    homes = [home for home in place.homes if home.is_dir()]
    found = [path for home in homes for path in _releases(home) if place.holds(path, "release")]
    root = place.root
    names = [
        str(path.relative_to(root) if root and path.is_relative_to(root) else path)
        for path in found
    ]
    return (
        st.selectbox(
            "Folder of the release", names, index=None, key="release_folder", format_func=one_line,
            accept_new_options=True, placeholder="Choose, or type a path",
        )
        or ""
    )  # fmt: skip


@st.cache_data(ttl=_REMEMBERED, max_entries=16, show_spinner="Looking for releases")
def _releases(root: Path) -> list[Path]:
    return find_releases(root)


def _relative(layout: ReleaseLayout, files: Sequence[Path]) -> list[str]:
    return [str(path.relative_to(layout.folder)) for path in files]


def _choose(label: str, names: Sequence[str], key: str) -> str:
    """Ask only where there is a choice."""
    if len([name for name in names if name != _FITTING]) < 2:
        return ""
    return st.selectbox(label, names, key=key, width=360)


def _stamp(layout: ReleaseLayout) -> tuple[tuple[str, int, int], ...]:
    """Tell one state of the files from another."""
    files = [*layout.sequences, *layout.labels]
    files += [
        path
        for folds in layout.models.values()
        for runs in folds.values()
        for path in runs.values()
    ]
    states = [(path, path.stat()) for path in files]
    return tuple((str(path), state.st_size, state.st_mtime_ns) for path, state in states)


@st.cache_data(max_entries=16, show_spinner="Looking at the release")
def _look(
    request: ReleaseRequest,
    stamp: tuple[tuple[str, int, int], ...],  # noqa: ARG001 (part of the key)
) -> list[str]:
    return run_isolated(describe_release, request, name=request.folder.name)


def _start(workspace: Workspace, name: str, request: ReleaseRequest) -> None:
    check_name(name, "dataset")
    if name in workspace.datasets() or name in workspace.models():
        raise ScxError(f"{name!r} exists already among datasets or models; choose another name.")
    parameters = {
        "name": name, "request": request.to_dict(), ASKED: note_asked("import-release"),
    }  # fmt: skip
    job = start_job(workspace, "import-release", parameters, person())
    st.session_state[_JOB] = job.id
