"""The gene search that stands beside every page."""

from typing import Final

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.gene_search import LONGEST, GeneMatch
from scx_core.ui.choose import JUDGED, JUDGED_HELP, gene_name, set_gene, some_judged
from scx_core.ui.loading import gene_index
from scx_core.ui.plain import plain
from scx_core.ui.router import current_page

_PAGE: Final = "gene"
_TEXT: Final = "find_gene"
_SOUGHT: Final = "sought_gene"
_CHOSEN: Final = "found_gene"
#: A slash typed anywhere but in a field goes to the search, as on many sites.
_SLASH: Final = """
<script>
if (!window.scxSlash) {
  window.scxSlash = true;
  document.addEventListener("keydown", (event) => {
    const at = document.activeElement;
    const typing = at && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const field = document.querySelector(".st-key-find_gene input");
    if (field && field.offsetParent !== null) { event.preventDefault(); field.focus(); }
  });
}
</script>
"""


def slash_key() -> None:
    """Let ``/`` lead to the search."""
    st.html(_SLASH, unsafe_allow_javascript=True)


def gene_search(dataset: Dataset, model: Ensemble | None = None) -> None:
    """Draw the search; a name of one gene opens its Mutagenesis page, others are listed.

    Parameters
    ----------
    dataset : Dataset
        Whose genes are searched.
    model : Ensemble, optional
        Where it judges some of the genes alone, these are marked in the list.

    Raises
    ------
    ScxError
        If the dataset's tables cannot be read.
    """
    st.text_input(
        "Find a gene",
        key=_TEXT,
        on_change=_seek,
        placeholder="Symbol, Ensembl id, transcript",
        help="In any case, with or without version. Press / to come here, Enter to search.",
        icon=":material/search:",
    )
    chosen = st.session_state.pop(_CHOSEN, None)
    if chosen is not None:
        _open_page(chosen)
        return
    sought = st.session_state.get(_SOUGHT)
    if sought:
        _answer(dataset, model, sought)


def _seek() -> None:
    """Take the text out of the field, so that the same text can be sought again."""
    st.session_state[_SOUGHT] = st.session_state[_TEXT].strip()[: LONGEST + 1]
    st.session_state[_TEXT] = ""


def _answer(dataset: Dataset, model: Ensemble | None, sought: str) -> None:
    """Go to the one gene of that name, or list what it may be."""
    matches = gene_index(dataset).find(sought)
    if len(matches) == 1 and matches[0].exact:
        st.session_state.pop(_SOUGHT, None)
        _open_page(_choice_of(dataset, matches[0]))
        return
    quoted = plain(repr(sought))
    if not matches:
        st.caption(f"No gene of {plain(dataset.name)} is called {quoted} or anything like it.")
    elif matches[0].exact:
        st.caption(f"{quoted} names {len(matches)} genes:")
    else:
        st.caption(f"No gene is called {quoted}. Did you mean:")
    judged = some_judged(dataset, model)
    with st.container(key="found_genes", gap=None):
        for match in matches:
            name = _choice_of(dataset, match)
            st.button(
                f"{_label(dataset, match)} {JUDGED if match.gene_id in judged else ''}".strip(),
                key=f"found_{match.gene_id}",
                on_click=_choose,
                args=(name,),
                type="tertiary",
                help=JUDGED_HELP if match.gene_id in judged else None,
            )


def _open_page(name: str) -> None:
    """Go to the Mutagenesis page of a gene; where it is open, it is drawn after this anyway."""
    if current_page() == _PAGE:
        set_gene(name)
        return
    # In the address, so that it can be copied and reloaded.
    st.switch_page(f"pages/{_PAGE}.py", query_params={"gene": name})


def _choose(name: str) -> None:
    st.session_state[_CHOSEN] = name
    st.session_state.pop(_SOUGHT, None)


def _choice_of(dataset: Dataset, match: GeneMatch) -> str:
    """Name that the gene is chosen by: its symbol where no other gene has it."""
    name = gene_name(dataset, match.gene_id)
    return match.gene_id if (dataset.genes["gene_name"] == name).sum() > 1 else name


def _label(dataset: Dataset, match: GeneMatch) -> str:
    """Say which gene it is: symbol and id, and what matched where that is neither."""
    name = gene_name(dataset, match.gene_id)
    parts = dict.fromkeys((name, match.gene_id, match.text))
    return " · ".join(plain(part) for part in parts)
