"""A region of the Mutagenesis page at base level, and the table of its strongest positions."""

from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.export.tables import table_bytes
from scx_core.figures.base_level import MAX_DETAIL, detail_figure
from scx_core.figures.regions import regions_at
from scx_core.figures.style import Theme
from scx_core.mutagenesis import Effects
from scx_core.ui.choose import gene_name
from scx_core.ui.mutagenesis_clicks import STRONGEST, position_clicked
from scx_core.ui.mutagenesis_downloads import detail_downloads, header_of, other_formats
from scx_core.ui.mutagenesis_options import Shown
from scx_core.ui.mutagenesis_places import AROUND, find_place
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.region_sets import CCRES
from scx_core.ui.show import chart, download, permalink
from scx_core.ui.words import offset, strongest_positions

REGION: Final = "region"  # the widget and its name in the address
_LETTERS: Final = (
    "Logo: a tall letter above the line raises expression (losing it lowers the prediction, mean "
    "of its three substitutions); below the line it lowers expression. Heat map: the effect of "
    "each substitution; dots are the gene's own letters. Unit: log10 expression."
)


def region_box(effects: Effects, shown: Shown, regions: pd.DataFrame) -> tuple[int, int] | None:
    """Draw the title of the letters and the box that says where; None where that cannot be read.

    Returns
    -------
    first, last : int
        Window indices, both included.
    """
    best = int(np.abs(shown.values).max(axis=1).argmax())
    center = int(effects.positions[best])
    default = f"{center - AROUND}..{center + AROUND}"
    title, box = st.columns([2, 1], vertical_alignment="bottom")
    with box:
        example = (
            f", or the name of a cCRE, such as {plain(regions['name'].iloc[0])}"
            if len(regions)
            else ""
        )
        text = st.text_input(
            "Go to", key=REGION, bind="query-params", placeholder=default,
            help="Relative to the start of the gene (-217, or -250..-150), on the genome "
            f"({plain(effects.chromosome)}:{effects.tss:,}, 1-based){example}.",
        )  # fmt: skip
    try:
        first, last = find_place(text or default, effects, regions, MAX_DETAIL)
    except ScxError as error:
        st.error(plain_sentence(str(error)))
        return None
    low, high = sorted((effects.genome_positions[first], effects.genome_positions[last]))
    with title:
        st.header("Letter by letter" if text else "Letter by letter: the strongest position")
        st.caption(
            f"{offset(effects.positions[first])} to {offset(effects.positions[last])} bp from the "
            f"start, {plain(effects.chromosome)}:{low:,}–{high:,}, {counted(last - first + 1, 'base')}"
        )
    return first, last


def letters_of_region(
    dataset: Dataset,
    model: Ensemble,
    effects: Effects,
    shown: Shown,
    place: tuple[int, int],
    theme: Theme,
) -> None:
    """Draw the logo and the heat map of a region."""
    part = slice(place[0], place[1] + 1)
    chart(
        detail_figure(
            shown.values[part], effects.positions[part], effects.genome_positions[part],  # noqa: PD011
            effects.codes[part], theme, chromosome=effects.chromosome, label=shown.label,
        ), "detail",
        f"Logo and heat map of the substitutions from {offset(effects.positions[place[0]])} to "
        f"{offset(effects.positions[place[1]])} in {shown.whose}",
    )  # fmt: skip
    st.caption(f"{_LETTERS} {plain_sentence(shown.methods)}".strip())
    detail_downloads(dataset, model, effects, shown, place, _LETTERS)


def strongest_table(
    dataset: Dataset,
    model: Ensemble,
    effects: Effects,
    shown: Shown,
    of_genome: pd.DataFrame,
    regions: pd.DataFrame,
) -> None:
    """Draw the table of the strongest positions with its downloads and the link to the view."""
    st.header("Strongest positions")
    st.caption("**Click a row** to read it letter by letter above.")
    column = effects.populations.index(shown.population)
    table = strongest_positions(
        shown.values, effects.spread[:, :, column], effects.positions,
        effects.genome_positions, effects.codes,
    )  # fmt: skip
    if table["spread"].isna().all() or shown.compared:
        table = table.drop(columns="spread")
    if shown.difference is not None and shown.difference.by == "same sign":
        best = np.abs(shown.values).max(axis=1)
        places = table["position"].to_numpy() - int(effects.positions[0])
        raised = np.abs(shown.difference.increases).max(axis=1)[places] == best[places]
        table["in_both"] = np.where(raised, "raises", "lowers")
        table = table[table["effect"] != 0]
    if len(of_genome):
        table["ccre"] = regions_at(regions, table["position"].to_numpy())
    st.dataframe(
        table, hide_index=True, height=280, key=STRONGEST,
        on_select=lambda: position_clicked(table, REGION),
        selection_mode=["single-row", "single-cell"],
        column_config={
            "rank": st.column_config.NumberColumn("Rank", width="small"),
            "position": st.column_config.NumberColumn("From start (bp)", format="localized"),
            "genome_position": st.column_config.NumberColumn(
                f"Genome, {effects.chromosome}", format="localized"
            ),
            "change": "Change",
            "effect": st.column_config.NumberColumn(
                "Difference (log10)" if shown.compared else "Effect (log10)", format="%+.4f"
            ),
            "spread": st.column_config.NumberColumn("s.d. over runs", format="%.4f"),
            "in_both": st.column_config.TextColumn(
                "In both", help="What the substitution does in both populations."
            ),
            "context": st.column_config.TextColumn(
                "Sequence ± 5 bp", help="On the gene's strand; the position's own base in brackets."
            ),
            "ccre": "cCRE",
        },
        alt=f"The {len(table)} positions with the largest effects in {shown.whose}",
    )  # fmt: skip
    name = gene_name(dataset, effects.gene_id)
    header = header_of(dataset, model, effects)
    with st.container(horizontal=True):
        download(
            "Strongest positions (TSV)",
            lambda: table_bytes(table, {**header, **shown.header}),
            f"{name}_{shown.whose}_strongest.tsv".replace(" ", "_").replace("/", "-"),
            "download_strongest",
        )  # fmt: skip
        download(
            "All substitutions, all populations (TSV)",
            lambda: table_bytes(effects.to_frame(), header), f"{name}_effects.tsv", "download_effects",
        )  # fmt: skip
        other_formats(dataset, effects, shown.population, of_genome, header)
        permalink(
            "gene",
            {
                "dataset": dataset.name,
                "model": model.name,
                "gene": effects.gene_id,
                "population": shown.population,
                "compare": shown.compared,
                "compare_by": st.session_state.get("compare_by") if shown.compared else None,
                "track": st.session_state.get("track"),
                "band": str(bool(st.session_state.get("band", True))).lower(),
                REGION: st.session_state.get(REGION) or None,
                CCRES: st.session_state.get(CCRES),
            },
        )
