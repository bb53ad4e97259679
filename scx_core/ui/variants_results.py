"""What came of the rows, the ranked table and its filters; the chosen variant is in the address."""

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import astuple, dataclass
from typing import Final

import pandas as pd
import streamlit as st
from streamlit.elements.arrow import DataframeStateInput
from streamlit.elements.lib.column_types import ColumnConfig

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import counted
from scx_core.export.tables import table_bytes
from scx_core.figures.style import Theme
from scx_core.training.missing import can_complete
from scx_core.ui.computing import ResultStore
from scx_core.ui.gone import fragment
from scx_core.ui.missing_part import offer_missing_part
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.show import download
from scx_core.ui.variants_address import CHOSEN, EFFECT_IN, FIND, from_address, to_address
from scx_core.ui.variants_chosen import chosen_view
from scx_core.ui.variants_downloads import downloads, provenance_header
from scx_core.ui.variants_scoring import ScoredList
from scx_core.ui.variants_views import views
from scx_core.ui.variants_words import (
    ANY,
    IN_NONE,
    IN_REGION,
    SCORED,
    Filters,
    all_region_classes,
    apply_filters,
    one_per_gene,
    outcome_word,
    ranked_table,
)

#: Lines of the table that can be sent with a selection; the strongest where there are more.
MOST_LINES: Final = 20_000
#: Kind of reason of genes that the model learned from.
_NOT_JUDGED: Final = "gene not in a trained fold"
_STORE_BYTES: Final = 200_000_000
_GENERATION: Final = "variants_generation"
#: The table on the screen, and the line that was chosen when it was drawn first.
_OPENED: Final = "variants_opened"


@dataclass(frozen=True)
class View:
    """What the page shows.

    Attributes
    ----------
    dataset : Dataset
    model : Ensemble
    scored : ScoredList
    theme : "light" or "dark"
    """

    dataset: Dataset
    model: Ensemble
    scored: ScoredList
    theme: Theme


@st.cache_resource(max_entries=1, show_spinner=False)
def _tables() -> ResultStore[pd.DataFrame]:
    """Give the tables drawn last, shared by all sessions; `st.cache_data` would copy them."""
    return ResultStore(_STORE_BYTES, lambda table: 4 * int(table.memory_usage().sum()))


def _kept(key: Hashable, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    held = _tables().get(key)
    if held is None:
        held = make()
        _tables().put(key, held)
    return held


@fragment
def results_view(view: View) -> None:
    """Draw outcomes, table, chosen variant and files; a fragment: nothing else is drawn again."""
    _results(view)
    st.divider()
    # In the fragment, so that the link is that of the variant on the screen.
    downloads(view.dataset, view.model, view.scored)


def _results(view: View) -> None:
    scored = view.scored
    kind = _outcome_pills(scored)
    if kind != SCORED:
        _refused(view, kind)
        return
    best = _kept(scored.key, lambda: one_per_gene(scored.table))
    if best.empty:
        st.markdown("No variant of the list could be scored; the other outcomes say why.")
        return
    filters = _filter_boxes(view, best)
    shown = _kept(
        (scored.key, "shown", filters),
        lambda: apply_filters(best, scored.reading.variants.rows, filters),
    )
    n_all, n_shown = len(best), len(shown)
    shown = shown.head(MOST_LINES)
    linked = from_address(CHOSEN)
    if linked is not None:
        st.session_state[CHOSEN] = linked
        _deselect()
    if linked is not None and linked not in set(best["token"]):
        st.warning("The variant of the link is not among those that could be scored.")
    if shown.empty:
        st.markdown("No scored variant passes these filters.")
        return
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        most = f", the {MOST_LINES:,} strongest of them" if n_shown > MOST_LINES else ""
        of_all = counted(n_all, "pair") if n_shown == n_all else f"{n_shown:,} of {n_all:,} pairs"
        st.caption(
            f"{of_all} of variant and gene{most}, strongest first. Effect: change of predicted "
            "log10 expression, alternative − reference, by models that never saw the gene."
        )
        chosen = _table(shown, filters, scored)
    with right, errors_as_sentences():
        chosen_view(view.dataset, view.model, scored, best, chosen, view.theme)
    with errors_as_sentences():
        views(
            view.dataset, view.model, scored, best, chosen, filters.population, view.theme, choose
        )


def _outcome_pills(scored: ScoredList) -> str:
    """Draw the counts, which add up to the rows; each is a filter."""
    outcomes = scored.outcomes
    counts = dict(zip(outcomes["outcome"], outcomes["rows"].astype(int), strict=True))
    counts = {SCORED: counts.get(SCORED, 0), **counts}
    stamp = hashlib.sha256(str(scored.key).encode()).hexdigest()[:10]
    kind = st.pills(
        f"What came of the {counted(len(scored.reading.variants), 'row')}", list(counts),
        default=SCORED if counts[SCORED] else next(name for name in counts if counts[name]),
        required=True, key=f"outcome_{stamp}", wrap=True,
        format_func=lambda name: f"{outcome_word(name)} · {counts[name]:,}",
    )  # fmt: skip
    return str(kind or SCORED)


def _refused(view: View, kind: str) -> None:
    """List the rows that came to one outcome, with reasons and the user's own columns."""
    scored = view.scored
    table = scored.table
    fitting = set(table.loc[table["reason_kind"] == "", "row"])
    if kind == _NOT_JUDGED and can_complete(view.model):
        offer_missing_part(
            view.dataset, view.model,
            "This quick model learned from these genes, so it cannot judge them.",
        )  # fmt: skip
    rows = table[(table["reason_kind"] == kind) & ~table["row"].isin(fitting)]
    first = rows.drop_duplicates("row")
    own = scored.reading.variants.rows.loc[first["row"]]
    shown = first[["row", "id", "chromosome", "position", "reason", "note"]].reset_index(drop=True)
    names = {name: f"{name} (yours)" if name in shown else str(name) for name in own}
    shown = pd.concat([shown, own.rename(columns=names).reset_index(drop=True)], axis=1)
    st.dataframe(
        shown.head(MOST_LINES), hide_index=True, height=420,
        column_config={
            "row": st.column_config.NumberColumn("Row", width="small"),
            "id": "Id",
            "chromosome": "Chromosome",
            "position": st.column_config.NumberColumn("Position", format="localized"),
            "reason": st.column_config.TextColumn("Reason", width="large"),
            "note": "Note",
        },
        alt=f"{len(shown)} rows that were not scored, with the reason",
    )  # fmt: skip
    header = {**provenance_header(view.dataset, view.model, scored), "outcome": outcome_word(kind)}
    download(
        "These rows (TSV)", lambda: table_bytes(shown, header),
        "variants_not_scored.tsv", "download_rejected",
    )  # fmt: skip


def _filter_boxes(view: View, best: pd.DataFrame) -> Filters:
    """Ask what to show: text and population at once, the rest in a fold-out."""
    find, population, more = st.columns([1.4, 1, 0.5], vertical_alignment="bottom")
    text = find.text_input(
        "Find", key=FIND, bind="query-params", placeholder="Variant, gene, place, or any of my columns",
    )  # fmt: skip
    names = list(view.model.populations)
    chosen = population.selectbox(
        "Effect in", names, index=None, key=EFFECT_IN, bind="query-params",
        placeholder="the population of the largest effect",
    )  # fmt: skip
    symbols = best.drop_duplicates("gene_id").set_index("gene_id")["gene_name"].astype(str)
    with more.popover("More filters", icon=":material/filter_list:"):
        genes = st.multiselect(
            "Genes", sorted(symbols.index, key=symbols.to_dict().__getitem__), key="in_genes",
            format_func=lambda gene: symbols.get(gene) or gene, placeholder="All genes",
        )  # fmt: skip
        regions = [ANY, IN_REGION, IN_NONE, *all_region_classes(best)]
        region = st.selectbox("Regulatory regions", regions, key="in_region")
        largest = None
        if best["p_value"].notna().any():
            largest = st.number_input(
                "P-value up to", 0.0, 1.0, None, format="%.2e", key="largest_p", placeholder="any",
                step=1e-8,
            )  # fmt: skip
        st.multiselect(
            "Also show my columns", list(view.scored.reading.variants.rows.columns),
            key="own_columns", placeholder="None",
        )  # fmt: skip
    return Filters(text or "", tuple(genes), region, largest, chosen or "")


def _table(shown: pd.DataFrame, filters: Filters, scored: ScoredList) -> pd.Series:
    """Draw the table; give the line that is chosen."""
    table = _kept(
        (scored.key, "ranked", filters), lambda: ranked_table(shown, filters.population)
    ).copy(deep=False)
    own = [name for name in st.session_state.get("own_columns", []) if name]
    rows = scored.reading.variants.rows
    for name in own:
        if name in rows:
            table[f"{name} (yours)"] = rows.loc[shown["row"], name].to_numpy(object)
    empty = [
        name
        for name in ("region", "risk", "p_value", "window", "rank", "genome")
        if not table[name].replace("", None).notna().any()
    ]
    tokens = shown["token"].to_numpy(object)
    wanted = st.session_state.get(CHOSEN)
    places = (tokens == wanted).nonzero()[0]
    # Another table, or another choice from outside it, is another widget: its selection is anew.
    content = (scored.key, astuple(filters), own, st.session_state.get(_GENERATION, 0))
    key = f"ranked_{hashlib.sha256(str(content).encode()).hexdigest()[:12]}"
    if st.session_state.get(_OPENED, ("", 0))[0] != key:
        st.session_state[_OPENED] = (key, int(places[0]) if len(places) else 0)
    default = st.session_state[_OPENED][1]
    at_first: DataframeStateInput = {"selection": {"rows": [default]}}
    with st.container(key="variant_table"):
        state = st.dataframe(
            table.drop(columns=empty), hide_index=True, key=key, on_select="rerun", height=min(560, 36 + 33 * len(table)),
            selection_mode="single-row-required", column_config=_columns(filters),
            selection_default=at_first, placeholder="",
            alt=f"{len(table)} pairs of variant and gene, strongest effect first",
        )  # fmt: skip
    picked = state.selection.rows
    line = picked[0] if picked and picked[0] < len(shown) else default
    token = str(tokens[line])
    if len(places) and token != wanted:
        to_address({CHOSEN: token})
    st.session_state[CHOSEN] = token
    return shown.iloc[line]


def _columns(filters: Filters) -> dict[str, ColumnConfig]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    largest = "in the population of the variant's largest effect"
    return {
        "variant": text("Variant", pinned=True),
        "gene": text("Gene"),
        "change": text("Change", help="On the plus strand."),
        "effect": number("Effect", format="%+.4f", help="Δ log10 expression."),
        "population": text("Population" if filters.population else "Strongest in"),
        "fold": number("Fold", format="%.3f", help="10 ** effect: 2 is twice as much."),
        "spread": number("± runs", format="%.4f", help="Standard deviation over runs, log10."),
        "agreeing": text("Runs agree", help=f"Runs with the sign of the mean, {largest}."),
        "rank": number(
            "Rank", format="localized",
            help=f"Among all substitutions of the gene's window, {largest}; 1 is the strongest.",
        ),
        "window": number(
            "Window %", format="%.1f",
            help=f"Share of the window's substitutions with a smaller effect, {largest}.",
        ),
        "genome": number(
            "Genome %", format="%.1f",
            help="Share of random changes of the same kind, about as far from a TSS, with a "
            "smaller largest effect.",
        ),
        "tss": number("From TSS (bp)", format="localized", help="Negative is upstream."),
        "region": text("cCRE"),
        "risk": text("Risk allele", help="What the list's risk (effect) allele does."),
        "p_value": number("P", format="scientific"),
        "place": text("Place"),
        "row": number("Row", help="Of the list."),
    }  # fmt: skip


def choose(token: str) -> None:
    """Choose a variant from a chart's callback."""
    st.session_state[CHOSEN] = token
    to_address({CHOSEN: token})
    _deselect()


def _deselect() -> None:
    st.session_state[_GENERATION] = st.session_state.get(_GENERATION, 0) + 1
