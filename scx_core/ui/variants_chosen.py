"""The chosen variant: what it is predicted to do, in a sentence and over all populations."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.figures.style import Theme
from scx_core.figures.variants import substitution_figure
from scx_core.mutagenesis import EFFECT
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.show import chart
from scx_core.ui.trust import trust_warnings
from scx_core.ui.variants_files import figure_menu
from scx_core.ui.variants_scoring import ScoredList
from scx_core.ui.variants_words import (
    allele_text,
    classes_by_population,
    elsewhere,
    facts_of,
)
from scx_core.variants.orientation import sentence

_AROUND = 30  # bases on either side, on the Mutagenesis page


def chosen_view(
    dataset: Dataset,
    model: Ensemble,
    scored: ScoredList,
    best: pd.DataFrame,
    chosen: pd.Series,
    theme: Theme,
) -> None:
    """Say what the chosen variant does, and draw it over all populations."""
    gene = str(chosen["gene_name"])
    st.header(f"{plain(chosen['label'])} and {plain(gene)}")
    called = (
        "risk allele" if scored.reading.variants.format == "GWAS catalogue" else "effect allele"
    )
    said = sentence({str(name): value for name, value in chosen.items()}, called=called)
    if not (scored.table["effect_allele"].fillna("") != "").any():
        # Of a list that names no risk allele anywhere, nobody expects one.
        said = said.removesuffix("; the risk allele is not known")
    st.markdown(f"{plain_sentence(said[:1].upper() + said[1:])}.")
    st.caption(" · ".join(map(plain_sentence, facts_of(chosen))))
    trust_warnings(dataset, model, str(chosen["gene_id"]), str(chosen["largest_population"]))
    others = elsewhere(best, chosen)
    if others:
        st.caption(f"Also in the windows of {plain(others)}.")
    _substitutions(dataset, model, scored, chosen, theme)
    start = int(chosen["relative_to_tss"])
    st.page_link(
        "pages/gene.py", label=f"See this place in the mutagenesis of {plain(gene)}",
        icon=":material/arrow_forward:",
        query_params={
            "dataset": dataset.name, "model": model.name, "gene": str(chosen["gene_id"]),
            "population": str(chosen["largest_population"]),
            "region": f"{start - _AROUND}..{start + _AROUND}",
        },
    )  # fmt: skip
    _own_row(scored, chosen)


def _substitutions(
    dataset: Dataset, model: Ensemble, scored: ScoredList, chosen: pd.Series, theme: Theme
) -> None:
    table = scored.table
    order = list(model.populations)
    same = table[
        (table["row"] == chosen["row"])
        & (table["part"] == chosen["part"])
        & (table["gene_id"] == chosen["gene_id"])
        & (table["haplotype"] == chosen["haplotype"])
        & (table["reason"] == "")
    ]
    columns = [EFFECT + name for name in order]
    effects = pd.DataFrame(
        same[columns].to_numpy(np.float32).T, index=order,
        columns=[allele_text(letters) for letters in same["substitution"]],
    )  # fmt: skip
    classes = classes_by_population(dataset, order) or None

    def make(theme: Theme) -> go.Figure:
        return substitution_figure(
            effects, allele_text(chosen["substitution"]), order, theme, "plus strand", classes
        )

    told = (
        f"Effects of {len(effects.columns)} changes at {chosen['label']} on {chosen['gene_name']} in "
        f"{len(order)} populations"
    )
    chart(make(theme), "substitutions", told)
    figure_menu(
        dataset, model, scored, "substitutions", make,
        lambda: effects.rename_axis("population").reset_index(),
        f"{told}: predicted minus predicted for the genome's letters, log10 expression; alleles on "
        "the plus strand.",
    )  # fmt: skip


def _own_row(scored: ScoredList, chosen: pd.Series) -> None:
    """Show the row of the list as the user gave it."""
    row = scored.reading.variants.rows.loc[int(chosen["row"])]
    with st.expander(f"Row {int(chosen['row']):,} of the list"):
        shown = pd.DataFrame({"Column": row.index.astype(str), "Value": row.astype(str).to_numpy()})
        st.dataframe(shown, hide_index=True, alt="The row of the list as it was given")
