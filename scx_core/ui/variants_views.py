"""Around the chosen variant: its place in the window, its letters, its gene's variants, all genes."""

from collections.abc import Callable
from typing import Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import counted
from scx_core.figures.exons import exons_in_window
from scx_core.figures.regions import regions_in_window
from scx_core.figures.style import Theme
from scx_core.figures.variant_genes import dot_plot_figure, gene_variants_figure
from scx_core.figures.variant_loci import locus_figure
from scx_core.mutagenesis import EFFECT
from scx_core.ui.mutagenesis import effects_or_progress
from scx_core.ui.mutagenesis_options import exon_words, no_region
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.show import chart
from scx_core.ui.variants_address import OLD_VIEW, VIEW, from_address, to_address
from scx_core.ui.variants_files import CHANGE_COLUMNS, figure_menu
from scx_core.ui.variants_letters import letters_view
from scx_core.ui.variants_scoring import ScoredList
from scx_core.ui.variants_words import classes_by_population

#: The views, as the address names them.
_PLACE, _GENE, _GENES = "place", "gene", "genes"
VIEW_CONTROL: Final = "variants_view"
Choose = Callable[[str], None]


def views(
    dataset: Dataset,
    model: Ensemble,
    scored: ScoredList,
    best: pd.DataFrame,
    chosen: pd.Series,
    population: str,
    theme: Theme,
    choose: Choose,
) -> None:
    """Draw one of the views of the chosen variant; the others are not computed.

    Parameters
    ----------
    dataset : Dataset
    model : Ensemble
    scored : ScoredList
    best : DataFrame
        From `one_per_gene`.
    chosen : Series
        A line of it.
    population : str
        Whose effects are drawn; ``""`` for that of the variant's largest effect.
    theme : "light" or "dark"
    choose : callable
        Given the token of a variant that was clicked.
    """
    gene = str(chosen["gene_name"])
    of_gene = best[best["gene_id"] == chosen["gene_id"]]
    counts = best.groupby("gene_id")["row"].size()
    names = {
        _PLACE: f"Around {plain(gene)}",
        _GENE: f"{counted(len(of_gene), 'variant')} of {plain(gene)}",
        _GENES: f"{counted(int((counts > 1).sum()), 'gene')} with several variants",
    }
    linked = from_address(VIEW) or from_address(OLD_VIEW)
    if linked in names:
        st.session_state[VIEW_CONTROL] = linked
    st.session_state.setdefault(VIEW_CONTROL, _PLACE)
    view = st.segmented_control(
        "View", list(names), required=True, key=VIEW_CONTROL, format_func=names.__getitem__,
        on_change=_note_view, label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    if view == _GENE:
        _gene_view(dataset, model, scored, best, chosen, theme, choose)
    elif view == _GENES:
        _genes_view(dataset, model, scored, best, chosen, population, theme, choose)
    else:
        name = population or str(chosen["largest_population"])
        _place_view(dataset, model, scored, of_gene, chosen, name, theme, choose)


def _note_view() -> None:
    to_address({VIEW: st.session_state[VIEW_CONTROL]})


def _place_view(
    dataset: Dataset,
    model: Ensemble,
    scored: ScoredList,
    of_gene: pd.DataFrame,
    chosen: pd.Series,
    population: str,
    theme: Theme,
    choose: Choose,
) -> None:
    effects = effects_or_progress(dataset, model, str(chosen["gene_id"]))
    if effects is None:
        return
    column = effects.populations.index(population)
    values = effects.values[:, :, column]  # noqa: PD011, an array
    regions = regions_in_window(
        dataset.regions, effects.chromosome, effects.positions, effects.genome_positions
    )
    exons = exons_in_window(
        dataset.exons, effects.gene_id, effects.positions, effects.genome_positions
    )
    # Haplotypes lie where their first part does.
    drawn = of_gene[of_gene["haplotype"] == ""].astype({"relative_to_tss": int, "position": int})

    def make(theme: Theme) -> go.Figure:
        return locus_figure(
            drawn, values, effects.positions, effects.genome_positions, regions,
            theme, str(chosen["gene_name"]), exons, int(chosen["row"]),
        )  # fmt: skip

    told = (
        f"{len(drawn)} variants in the window of {chosen['gene_name']}, the strongest substitution "
        f"at each position in {population}, and regulatory regions"
    )
    chart(make(theme), "locus", told, on_select=lambda: _clicked("locus", drawn, choose))
    figure_menu(
        dataset, model, scored, f"{chosen['gene_name']}_locus", make,
        lambda: drawn[[*CHANGE_COLUMNS, EFFECT + population]],
        f"{told}. Effects are log10 expression, substitution minus the genome's letters.",
    )  # fmt: skip
    st.caption(
        f"Top: the list's variants in the window of {plain(chosen['gene_name'])}. Middle: the strongest substitution of "
        f"each position in {plain(population)}. Below: regulatory regions (cCREs) by class, "
        f"and the gene, read to the right. {plain_sentence(exon_words(exons))} Click a variant to choose it."
    )
    if len(dataset.regions) and not len(regions):
        st.caption(no_region("the dataset"))
    letters_view(dataset, model, scored, chosen, population, theme)


def _gene_view(
    dataset: Dataset,
    model: Ensemble,
    scored: ScoredList,
    best: pd.DataFrame,
    chosen: pd.Series,
    theme: Theme,
    choose: Choose,
) -> None:
    table = scored.table
    of_gene = table[
        (table["gene_id"] == chosen["gene_id"])
        & (table["reason"] == "")
        & (table["haplotype"] == "")
    ]
    order = list(model.populations)
    gene = str(chosen["gene_name"])
    classes = classes_by_population(dataset, order) or None

    def make(theme: Theme) -> go.Figure:
        return gene_variants_figure(
            of_gene, scored.labels, order, theme, classes, highlight=int(chosen["row"])
        )

    lines = best[best["gene_id"] == chosen["gene_id"]]
    told = (
        f"Effects of the variants of {gene} in {len(order)} populations, three substitutions each"
    )
    chart(
        make(theme), "gene_variants", told,
        on_select=lambda: _clicked("gene_variants", lines, choose),
    )  # fmt: skip
    figure_menu(
        dataset, model, scored, f"{gene}_variants", make,
        lambda: of_gene[[*CHANGE_COLUMNS, *(EFFECT + population for population in order)]],
        f"{told}: log10 expression, substitution minus the genome's letters.",
    )  # fmt: skip
    st.caption(
        f"Each variant in the window of {plain(gene)}, from upstream to downstream, with its "
        "substitutions (plus strand) side by side; a dot for each population. Filled: the list's "
        "own change. Click a dot to choose its variant."
    )


def _genes_view(
    dataset: Dataset,
    model: Ensemble,
    scored: ScoredList,
    best: pd.DataFrame,
    chosen: pd.Series,
    population: str,
    theme: Theme,
    choose: Choose,
) -> None:
    effect = f"effect: {population}" if population else "largest_effect"

    def make(theme: Theme) -> go.Figure:
        return dot_plot_figure(best, scored.labels, theme, effect, highlight=int(chosen["row"]))

    told = "Genes with two or more variants, a dot for each variant"
    chart(
        make(theme), "genes", told,
        on_select=lambda: _clicked("genes", best, choose, with_gene=True),
    )  # fmt: skip
    shown = f"in {population}" if population else "in the population where it is largest"
    st.caption(
        f"Genes with two or more variants, the strongest on top. The area of a dot is the effect "
        f"{plain(shown)}; blue raises, orange lowers. Click a dot to choose its variant."
    )
    figure_menu(
        dataset, model, scored, "genes", make,
        lambda: best[list(dict.fromkeys([*CHANGE_COLUMNS, effect]))],
        f"{told}; the area of a dot is the effect {shown}, log10 expression.",
    )  # fmt: skip


def _clicked(key: str, lines: pd.DataFrame, choose: Choose, *, with_gene: bool = False) -> None:
    """Choose the variant whose point was clicked."""
    points = st.session_state[key].selection.points
    told = points[0].get("customdata") if points else None
    if told is None or not len(told):
        return
    same = lines[lines["row"] == int(told[0])]
    if with_gene:
        same = same[same["gene_id"] == told[1]]
    if len(same):
        choose(str(same["token"].iloc[0]))
