"""Choosing a gene, a population, a level; each choice is in the address."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.sequence.alphabet import BASES
from scx_core.ui.address import choose, chosen, keep, kept, write_drawn
from scx_core.ui.loading import gene_index
from scx_core.ui.plain import plain_sentence
from scx_core.ui.words import gene_choices

#: Mark of genes that the chosen model can judge, where it learned from the others.
JUDGED: Final = "✓"
JUDGED_HELP: Final = f"{JUDGED}: the model can judge this gene, because it did not learn from it."


@st.cache_data(max_entries=8, show_spinner=False)
def _choices(digest: str, _dataset: Dataset) -> dict[str, str]:  # noqa: ARG001 (the digest is the key)
    """Gene id by the name it is chosen by."""
    return {name: str(gene_id) for gene_id, name in gene_choices(_dataset.genes).items()}


def gene_name(dataset: Dataset, gene_id: str) -> str:
    """Name that a gene is shown and chosen by."""
    symbol = str(dataset.genes.loc[gene_id, "gene_name"])
    return symbol if symbol not in ("", "nan", "None") else gene_id


def some_judged(dataset: Dataset, model: Ensemble | None) -> frozenset[str]:
    """Give the genes to mark: those that a model can judge; none where it can judge all."""
    if model is None:
        return frozenset()
    judged = frozenset(map(str, model.predictions.index))
    return frozenset() if judged.issuperset(dataset.genes.index) else judged


def set_gene(name: str) -> None:
    """Choose a gene from a callback, or before its box is drawn."""
    choose("gene", name)


def set_population(name: str) -> None:
    """Choose a population from a callback."""
    choose("population", name)


def first_gene(dataset: Dataset, model: Ensemble) -> str:
    """Choose a gene for the first look: the best expressed one that the model was tested on.

    Never one whose window is mostly N, where another can be had: nothing could be read off it.
    """
    tested = model.predictions.index
    observed = dataset.expression.loc[tested, list(model.populations)]
    best = [str(gene_id) for gene_id in observed.mean(axis=1).sort_values(ascending=False).index]
    known = (gene_id for gene_id in best if not is_mostly_unknown(dataset, gene_id))
    return next(known, best[0])


def is_mostly_unknown(dataset: Dataset, gene_id: str) -> bool:
    """Tell whether more than half of a gene's window is not A, C, G or T."""
    window = dataset.windows[dataset.row_of(gene_id)]
    return bool(np.mean(window >= len(BASES)) > 0.5)


def gene_box(
    dataset: Dataset, default: str | None = None, model: Ensemble | None = None
) -> str | None:
    """Draw the gene search; symbols, ids and transcripts, with or without version, in any case.

    Parameters
    ----------
    dataset : Dataset
    default : str, optional
        Gene id chosen when the address names none.
    model : Ensemble, optional
        Where it judges some of the genes alone, these are marked.

    Returns
    -------
    str or None
        Gene id; None where nothing is chosen or the name is unknown (which is said).
    """
    choices = _choices(dataset.digest, dataset)
    first = None if default is None else gene_name(dataset, default)
    st.session_state["gene"] = st.query_params.get("gene") or kept_gene(dataset) or first
    judged = some_judged(dataset, model)
    text = st.selectbox(
        "Gene", list(choices), index=None, key="gene", on_change=chosen, args=("gene",),
        accept_new_options=True, placeholder="Symbol or Ensembl id",
        format_func=lambda name: f"{name} {JUDGED}" if choices.get(name) in judged else name,
        help=JUDGED_HELP if judged else None,
    )  # fmt: skip
    text = text and text.removesuffix(f" {JUDGED}")  # typed or pasted with its mark
    keep("gene", text)
    write_drawn({"gene": text})
    if not text:
        return None
    known = _known_gene(dataset, choices, text)
    if known is None:
        try:
            return dataset.find_gene(text)
        except ScxError as error:
            st.error(plain_sentence(str(error)))
    return known


def kept_gene(dataset: Dataset) -> str | None:
    """Give the name of the gene chosen before; None where this dataset does not have it."""
    name = kept("gene")
    if name is None or _known_gene(dataset, _choices(dataset.digest, dataset), name) is None:
        return None
    return name


def _known_gene(dataset: Dataset, choices: Mapping[str, str], text: str) -> str | None:
    """Give the id of the gene of a name; None where no gene, or more than one, has it."""
    if text in choices:
        return choices[text]
    try:
        return dataset.find_gene(text)
    except ScxError:
        matches = gene_index(dataset).find(text)
        return matches[0].gene_id if len(matches) == 1 and matches[0].exact else None


def population_box(names: Sequence[str]) -> str:
    """Draw the choice of a population; a name of the address that is not there is said.

    Parameters
    ----------
    names : sequence of str
        Those of the dataset or model on the page; what was chosen before and is not among them is
        no choice here.
    """
    linked = st.query_params.get("population")
    known = [name for name in (linked, kept("population")) if name in names]
    st.session_state["population"] = known[0] if known else names[0]
    name = st.selectbox(
        "Population", list(names), key="population", on_change=chosen, args=("population",)
    )
    if linked is not None and linked not in names:
        st.warning(
            plain_sentence(
                f"The link names the population {linked[:80]!r}, which is not here; {name} is shown."
            )
        )
    keep("population", name)
    write_drawn({"population": name})
    return name


def view_box(key: str, label: str, names: Sequence[str]) -> str:
    """Draw the choice of a view of the page; a name of the address that is not there is said.

    Parameters
    ----------
    key : str
        Of the widget, and its name in the address.
    label : str
        What is chosen, in one word.
    names : sequence of str
        As they are shown and as they stand in the address; the first is drawn at first.
    """
    linked = st.query_params.get(key)
    known = [name for name in (linked, kept(key)) if name in names]
    st.session_state[key] = known[0] if known else names[0]
    view = str(
        st.segmented_control(
            label, names, key=key, required=True, label_visibility="collapsed",
            on_change=chosen, args=(key,),
        )
    )  # fmt: skip
    if linked is not None and linked not in names:
        told = f"The link names the {label.lower()} {linked[:80]!r}, which is not here; {view} is shown."
        st.warning(plain_sentence(told))
    keep(key, view)
    return view
