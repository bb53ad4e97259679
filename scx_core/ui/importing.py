"""The import form of the Datasets page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import streamlit as st

from scx_core.annotation import DEFINITIONS
from scx_core.annotation.cage import CAGE_DISTANCE
from scx_core.errors import ScxError
from scx_core.feature_words import definition_words
from scx_core.importing import ImportRequest
from scx_core.importing.preview import Preview, preview
from scx_core.importing.uploads import FOLDER as UPLOADS
from scx_core.jobs import start_job
from scx_core.store import check_name
from scx_core.ui.context import PageContext, import_root
from scx_core.ui.files import annotation_columns, guess_levels, inside, list_files
from scx_core.ui.importing_uploads import upload_boxes
from scx_core.ui.person import person
from scx_core.ui.plain import plain_sentence
from scx_core.ui.progress import job_progress
from scx_core.ui.say import errors_as_sentences

_NONE: Final = "(none)"
_READY: Final = "(already one value per population)"
_NORMALISATIONS: Final = {
    "auto": "decide from the values",
    "cpm": "CPM (full-length protocols)",
    "cp10k": "counts per 10⁴ (droplet protocols)",
    "tpm": "TPM (needs transcript lengths)",
    "none": "none: values are normalised already",
}
_COARSER: Final = ("subclass", "class", "tissue")
_JOB: Final = "import_job"


def import_view(context: PageContext) -> None:
    """Ask for the files, check them, and run the import as a job."""
    root = import_root()
    st.caption(
        f"Files are read on the server, below `{root}`. Nothing is written before all checks."
    )
    also = (context.workspace.root / "sources", context.workspace.root / UPLOADS)
    genome = _file_box(root, also, "genome", "Genome (FASTA)")
    annotation = _file_box(root, also, "annotation", "Genes (GTF, GFF3 or table of TSSs)")
    expression = _file_box(root, also, "expression", "Expression (AnnData, 10x or matrix)")
    upload_boxes(context.workspace)
    _previews(root, also, {"annotation": annotation, "expression": expression, "genome": genome})
    levels = _levels(root, also, expression)
    with st.popover("More choices", icon=":material/tune:"):
        regions = _file_box(root, also, "regions", "Regulatory regions (BED), optional")
        cage = _file_box(root, also, "cage", "CAGE peaks (BED), optional")
        cage_distance = st.number_input(
            "Largest distance of a CAGE peak", 0, 100_000, CAGE_DISTANCE, key="import_cage_far",
            disabled=not cage,
            help="Each TSS moves to the summit of the strongest peak within so many bases on its "
            "strand; TSSs without one stay.",
        )  # fmt: skip
        normalize = st.selectbox(
            "Normalisation", list(_NORMALISATIONS), format_func=_NORMALISATIONS.__getitem__,
            key="import_normalize",
        )  # fmt: skip
        upstream = st.number_input("Bases before the start", 0, 200_000, 7000, key="import_up")
        downstream = st.number_input("Bases after it", 1, 200_000, 3500, key="import_down")
        floor = st.number_input(
            "log10 value of genes never seen", -12.0, 0.0, -4.0, key="import_floor"
        )
        offset = st.number_input(
            "Added before log10", 0.0, 1e6, 0.0, step=0.1, key="import_offset",
            help="Above 0, expression is log10(mean + this) and no gene gets the value above. "
            "Xpresso takes 0.1.",
        )  # fmt: skip
        median = st.checkbox(
            "Add the median over populations", key="import_median",
            help="As a level of its own, with one row, as in Xpresso.",
        )  # fmt: skip
        half_life = st.selectbox(
            "Half-life features", list(DEFINITIONS), key="import_half_life",
            format_func=definition_words,
            help="Which lengths they are. A published scXpresso model learned those of its notebook.",
        )  # fmt: skip
        gc = st.checkbox(
            "Add GC contents of 5′UTR, ORF and 3′UTR", True, key="import_gc",
            help="As half-life features, where the gene file gives exons. Xpresso reads them.",
        )  # fmt: skip
        max_unknown = st.slider("Largest share of N in a window", 0.05, 1.0, 1.0, key="import_n")
    name = st.text_input("Name of the new dataset", key="import_name", width=360)
    if st.button("Check and import", type="primary", key="import_start"):
        try:
            request = ImportRequest(
                genome=inside(root, genome, "genome", also),
                annotation=inside(root, annotation, "annotation", also),
                expression=inside(root, expression, "expression", also),
                levels=levels,
                regions=inside(root, regions, "regions", also) if regions else None,
                normalize=normalize,
                upstream=int(upstream),
                downstream=int(downstream),
                floor=float(floor),
                offset=float(offset),
                median=median,
                half_life=half_life,
                gc=gc,
                cage=inside(root, cage, "cage", also) if cage else None,
                cage_distance=int(cage_distance),
                max_unknown=float(max_unknown),
            )
            _start(context, name, request)
        except ScxError as error:
            st.error(plain_sentence(str(error)))
    if _JOB in st.session_state:
        job_progress(context.workspace.jobs_path / st.session_state[_JOB], "The import")


def _start(context: PageContext, name: str, request: ImportRequest) -> None:
    if not name.strip():
        raise ScxError("Give the new dataset a name.")
    check_name(name.strip(), "dataset")
    if name.strip() in context.workspace.datasets():
        raise ScxError(f"A dataset {name.strip()!r} exists already; choose another name.")
    parameters = {"name": name.strip(), "request": request.to_dict()}
    st.session_state[_JOB] = start_job(context.workspace, "import", parameters, person()).id


def _file_box(root: Path, also: Sequence[Path], use: str, label: str) -> str:
    """Choose among the files found, those fetched or uploaded, or type a path."""
    kept = [str(folder / name) for folder in also for name in list_files(folder, use)]
    return (
        st.selectbox(
            label, [*list_files(root, use), *kept], index=None, key=f"import_{use}",
            accept_new_options=True, placeholder="Choose, or type a path",
        )
        or ""
    )  # fmt: skip


def _previews(root: Path, also: Sequence[Path], chosen: Mapping[str, str]) -> None:
    """Show how each chosen file begins, or what is wrong with it."""
    given = {use: text for use, text in chosen.items() if text}
    if not given:
        return
    for place, (use, text) in zip(st.tabs([*given]), given.items(), strict=True):
        with place, errors_as_sentences():
            begin = _begin(str(inside(root, text, use, also)))
            st.caption(plain_sentence(begin.told))
            if len(begin.rows):
                st.dataframe(
                    begin.rows, hide_index=True, key=f"preview_{use}",
                    alt=f"First rows of the {use} file",
                )  # fmt: skip


def _begin(path: str) -> Preview:
    return _preview(path, Path(path).stat().st_mtime_ns)


@st.cache_data(max_entries=32, show_spinner=False)
def _preview(path: str, stamp: int) -> Preview:  # noqa: ARG001 (stamp is part of the key)
    return preview(Path(path))


def _levels(root: Path, also: Sequence[Path], expression: str) -> dict[str, str]:
    """Ask which annotation columns of the cells name the populations; guessed from the file."""
    if not expression.lower().endswith(".h5ad"):
        return {}
    try:
        columns = annotation_columns(inside(root, expression, "expression", also))
    except ScxError as error:
        st.error(plain_sentence(str(error)))
        return {}
    guessed = guess_levels(columns)
    options = [*columns, _READY]

    def shown(name: str) -> str:
        return f"{name} ({columns[name]} labels)" if name in columns else name

    places = st.columns(4)
    with places[0]:
        first = guessed.get("population", _READY)
        population = st.selectbox(
            "Column of populations", options, index=options.index(first), format_func=shown,
            key="import_population",
        )  # fmt: skip
    if population == _READY:
        return {}
    levels = {"population": population}
    for place, level in zip(places[1:], _COARSER, strict=True):
        choices = [_NONE, *(name for name in columns if name != population)]
        guess = guessed.get(level, _NONE)
        with place:
            column = st.selectbox(
                f"Column of {level} (coarser)", choices, format_func=shown, key=f"import_{level}",
                index=choices.index(guess) if guess in choices else 0,
            )  # fmt: skip
        if column != _NONE:
            levels[level] = column
    return levels
