"""Giving a list of variants: pasted, uploaded, from the server's disk, or by a link."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.demo import DEMO_NAME
from scx_core.ensemble import Ensemble
from scx_core.sequence.alphabet import BASES, CODE_LETTERS, COMPLEMENT
from scx_core.sequence.windows import index_to_position
from scx_core.store import Workspace
from scx_core.ui.context import import_folder
from scx_core.ui.file_boxes import path_hint
from scx_core.ui.plain import plain
from scx_core.ui.uploads import UPLOAD_MB
from scx_core.ui.variants_address import LIST, OF_LIST, TEXT, from_address, to_address
from scx_core.variants.uploads import keep_list

_FILE: Final = "variants_file"
_PATH: Final = "variants_path"
#: What is read now, what was changed by the person, and a list that a link names in vain.
_GIVEN, _CHANGED, _UNKNOWN = "variants_given", "variants_changed", "variants_unknown"
#: Longer texts are kept on the server, and the address holds their digest.
_MOST_IN_ADDRESS: Final = 1500
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class GivenList:
    """A list of variants as it was given.

    Attributes
    ----------
    digest : str
        SHA-256 of its content.
    name : str
        How messages call it; never used as a path.
    text : str
        What was typed or pasted, where it is short.
    path : Path or None
        Where the workspace keeps it, else.
    """

    digest: str
    name: str
    text: str = ""
    path: Path | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """What names it in an address."""
        return {TEXT: self.text} if self.path is None else {LIST: self.digest}


def given_list(workspace: Workspace, dataset: Dataset, model: Ensemble) -> GivenList | None:
    """Ask for variants; give what was given last, None if nothing is.

    Raises
    ------
    ScxError
        If a file cannot be kept, or a path leads outside the import folder.
    """
    _follow_link(workspace)
    _paste_and_upload(dataset, model)
    _follow_changes(workspace)
    if _UNKNOWN in st.session_state:
        st.warning(
            f"The link names a list ({plain(st.session_state[_UNKNOWN], 12)}…) that this workspace does "
            "not have; give the list again."
        )
        return None
    given: GivenList | None = st.session_state.get(_GIVEN)
    return given


def _follow_link(workspace: Workspace) -> None:
    """Take the list that a link names."""
    digest, text = from_address(LIST), from_address(TEXT)
    if digest is None and text is None:
        return
    st.session_state.pop(_UNKNOWN, None)
    if digest is not None:
        path = workspace.root / "lists" / f"{digest}.list"
        if not _DIGEST.fullmatch(digest) or not path.is_file():
            st.session_state[_UNKNOWN] = digest
            return
        st.session_state[_GIVEN] = GivenList(digest, "the linked list", path=path)
    elif text is not None:
        st.session_state[TEXT] = text
        st.session_state[_GIVEN] = _from_text(workspace, text)


def _paste_and_upload(dataset: Dataset, model: Ensemble) -> None:
    typed, upload = st.columns([1.4, 1], gap="medium")
    with typed:
        st.text_area(
            "Paste variants, rsIDs or a table", key=TEXT, height=110, persist_state="session",
            placeholder="rs7288455\nchr22:39570542:A:C\nNC_000022.11:g.39571425A>C",
            on_change=_note, args=("text",),
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Fill in an example", key="variants_example", type="tertiary",
                on_click=_fill_in, args=(dataset, model),
            )  # fmt: skip
            with st.popover("A file on this server", type="tertiary"):
                st.text_input(
                    f"Path, {plain(path_hint())}", key=_PATH, on_change=_note, args=("path",),
                    help="For lists that are larger than an upload may be.",
                )  # fmt: skip
    with upload:
        st.file_uploader(
            "or upload a file (VCF, TSV, CSV; gz)", key=_FILE, max_upload_size=UPLOAD_MB,
            type=["vcf", "tsv", "csv", "txt", "gz", "bgz", "bcf", "zip"], on_change=_note, args=("file",),
            help="GWAS catalogue and summary statistics are read as they are. Files are kept on "
            "this server, so that links to them work.",
        )  # fmt: skip


def _note(what: str) -> None:
    st.session_state[_CHANGED] = what


def _fill_in(dataset: Dataset, model: Ensemble) -> None:
    st.session_state[TEXT] = example(dataset, model)
    _note("text")


def _follow_changes(workspace: Workspace) -> None:
    """Take what the person gave last."""
    changed = st.session_state.pop(_CHANGED, None)
    if changed is None:
        return
    st.session_state.pop(_UNKNOWN, None)
    file, path = st.session_state.get(_FILE), st.session_state.get(_PATH)
    given = _from_text(workspace, st.session_state.get(TEXT) or "")
    if changed == "file" and file is not None:
        given = _kept(workspace, file.getvalue(), file.name)
    elif changed == "path" and path:
        source = import_folder().open(path, "variants")
        given = _kept(workspace, source, source.name)
    st.session_state[_GIVEN] = given
    # What was chosen of another list is not in this one.
    to_address({**dict.fromkeys((TEXT, LIST, *OF_LIST)), **(given.parameters if given else {})})


def _from_text(workspace: Workspace, text: str) -> GivenList | None:
    if not text.strip():
        return None
    if len(text) > _MOST_IN_ADDRESS:
        return _kept(workspace, text.encode(), "the pasted list")
    return GivenList(hashlib.sha256(text.encode()).hexdigest(), "the list", text)


def _kept(workspace: Workspace, source: Path | bytes, name: str) -> GivenList:
    path = keep_list(workspace, source)
    return GivenList(path.stem, name, path=path)


def example(dataset: Dataset, model: Ensemble, count: int = 5) -> str:
    """Give variants for a first try.

    For the demonstration, those of its list with the smallest p-values; else changes shortly
    before the start of the best expressed genes.
    """
    listed = dataset.path.parents[1] / DEMO_NAME / "variants.tsv"
    if dataset.name == DEMO_NAME and listed.is_file():
        table = pd.read_csv(listed, sep="\t").sort_values("p_value").head(3 * count)
        return table.to_csv(sep="\t", index=False).strip()
    tested = dataset.expression.loc[model.predictions.index]
    best = tested.mean(axis=1).sort_values(ascending=False).index
    lines: list[str] = []
    for gene_id in best:
        gene = dataset.genes.loc[gene_id]
        index = max(dataset.upstream - 60 - 7 * len(lines), 0)
        code = int(dataset.windows[dataset.row_of(str(gene_id)), index])
        strand = str(gene["strand"])
        letter = CODE_LETTERS[int(COMPLEMENT[code]) if strand == "-" else code]
        if letter not in BASES:
            continue
        position = index_to_position(index, int(gene["tss"]), strand, dataset.upstream)
        lines.append(
            f"{gene['chromosome']}:{position}:{letter}:{BASES[(BASES.index(letter) + 1) % 4]}"
        )
        if len(lines) == count:
            break
    return "\n".join(lines)
