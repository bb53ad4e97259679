"""Choosing a gene, a population, a level; each choice is in the address."""

from collections.abc import Sequence

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.ui.loading import gene_index
from scx_core.ui.plain import plain_sentence
from scx_core.ui.router import current_page
from scx_core.ui.words import gene_choices


@st.cache_data(max_entries=8, show_spinner=False)
def _choices(digest: str, _dataset: Dataset) -> dict[str, str]:  # noqa: ARG001 (the digest is the key)
    """Gene id by the name it is chosen by."""
    return {name: str(gene_id) for gene_id, name in gene_choices(_dataset.genes).items()}


def recall(key: str) -> None:
    """Bring back a choice made on another page: streamlit forgets widgets that are not drawn.

    After a change of page it may still hold the value under the key, and yet draw the widget empty;
    only writing the value again brings it there.
    """
    moved = st.session_state.get(f"drawn_{key}") != current_page()
    st.session_state[f"drawn_{key}"] = current_page()
    kept = st.session_state.get(f"kept_{key}")
    if kept is None or key in st.query_params:
        return
    if moved or key not in st.session_state:
        st.session_state[key] = kept


def keep(key: str) -> None:
    """Remember a choice for the other pages."""
    st.session_state[f"kept_{key}"] = st.session_state.get(key)


def gene_name(dataset: Dataset, gene_id: str) -> str:
    """Name that a gene is shown and chosen by."""
    symbol = str(dataset.genes.loc[gene_id, "gene_name"])
    return symbol if symbol not in ("", "nan", "None") else gene_id


def set_gene(name: str) -> None:
    """Choose a gene from a callback."""
    st.session_state["gene"] = name
    st.session_state["kept_gene"] = name


def first_gene(dataset: Dataset, model: Ensemble) -> str:
    """Choose a gene for the first look: the best expressed one that the model was tested on."""
    tested = model.predictions.index
    observed = dataset.expression.loc[tested, list(model.populations)]
    return str(observed.mean(axis=1).idxmax())


def gene_box(dataset: Dataset, default: str | None = None) -> str | None:
    """Draw the gene search; symbols, ids and transcripts, with or without version, in any case.

    Parameters
    ----------
    dataset : Dataset
    default : str, optional
        Gene id chosen when the address names none.

    Returns
    -------
    str or None
        Gene id; None where nothing is chosen or the name is unknown (which is said).
    """
    recall("gene")
    choices = _choices(dataset.digest, dataset)
    if default is not None and not st.session_state.get("gene") and "gene" not in st.query_params:
        st.session_state["gene"] = gene_name(dataset, default)
    text = st.selectbox(
        "Gene", list(choices), index=None, key="gene", bind="query-params",
        accept_new_options=True, placeholder="Symbol or Ensembl id",
    )  # fmt: skip
    keep("gene")
    if not text:
        return None
    if text in choices:
        return choices[text]
    try:
        return dataset.find_gene(text)
    except ScxError as error:
        matches = gene_index(dataset).find(text)
        if len(matches) == 1 and matches[0].exact:
            return matches[0].gene_id
        st.error(plain_sentence(str(error)))
        return None


def population_box(names: Sequence[str], key: str = "population") -> str:
    """Draw the choice of a population; a name of the address that is not there is said."""
    recall(key)
    wanted = st.query_params.get(key)
    chosen = st.session_state.get(key)
    if chosen is not None and chosen not in names:
        del st.session_state[key]
    name = st.selectbox("Population", list(names), key=key, bind="query-params")
    if wanted is not None and wanted not in names and wanted != name:
        st.warning(
            plain_sentence(
                f"The link names the population {wanted[:80]!r}, which is not here; {name} is shown."
            )
        )
    keep(key)
    return name
