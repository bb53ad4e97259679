"""What is wrong with an import as far as the beginnings of its files tell; before anything is read."""

from pathlib import Path
from typing import Final

from scx_core.errors import ScxError
from scx_core.importing.contents import WORDS, content_of
from scx_core.importing.preview import preview
from scx_core.importing.request import ImportRequest

#: What a file may hold by the part that it plays; what cannot be told is left to its reader.
_FITTING: Final = {
    "genome": ("fasta",),
    "annotation": ("gtf", "gff3", "tss"),
    "expression": ("hdf5", "matrix", "expression"),
    "regions": ("bed",),
    "cage": ("bed",),
}
_LABELS: Final = {
    "genome": "the genome",
    "annotation": "the annotation",
    "expression": "the expression",
    "regions": "the regulatory regions",
    "cage": "the CAGE peaks",
}
_NEEDED: Final = {
    "genome": "a FASTA",
    "annotation": "a GTF, a GFF3 or a table of TSSs",
    "expression": "an .h5ad, a 10x matrix or a table of expression",
    "regions": "a BED file",
    "cage": "a BED file",
}


def inputs_of(request: ImportRequest) -> dict[str, Path]:
    """Files of a request by the part that they play, as far as they were given."""
    files = {use: getattr(request, use) for use in _FITTING}
    return {use: path for use, path in files.items() if path is not None}


def check_boxes(request: ImportRequest) -> None:
    """Refuse files that are missing, or that were given for another part than they can play.

    Raises
    ------
    ScxError
        With what the file holds, and where it belongs.
    """
    for use, path in inputs_of(request).items():
        if not path.exists():
            raise ScxError(f"There is no {use} file at {path}; check the path.")
        held = content_of(path)
        if held and held not in _FITTING[use]:
            home = next((other for other, fitting in _FITTING.items() if held in fitting), None)
            also = f"give it as {_LABELS[home]}, and" if home else "give"
            raise ScxError(
                f"{path.name} was given as {_LABELS[use]}, but it holds {WORDS[held]}; {also} "
                f"{_NEEDED[use]} here."
            )


def check_beginnings(request: ImportRequest) -> None:
    """Refuse what `check_boxes` refuses, and files that do not begin as their names say.

    Raises
    ------
    ScxError
        With the file and what is wrong with it.
    """
    check_boxes(request)
    for path in inputs_of(request).values():
        preview(path)
