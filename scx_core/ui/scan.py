"""The Region scan page: predictions along a region, with genes and CpG islands beneath."""

from dataclasses import dataclass
from typing import Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.errors import counted
from scx_core.figures.region_scan import region_scan_figure
from scx_core.figures.style import Theme
from scx_core.progress import Progress
from scx_core.sequence.interval import Interval
from scx_core.ui.boxes import box_link
from scx_core.ui.choose import gene_name, kept_gene
from scx_core.ui.computing import ResultStore, computed
from scx_core.ui.context import PageContext
from scx_core.ui.figure_files import figure_downloads
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.scan_genome import STEP, ScanInput, choose_input
from scx_core.ui.scan_models import POPULATION, PREDICTOR, choices, choose_predictor
from scx_core.ui.scan_windows import windows_view
from scx_core.ui.scan_words import AROUND, read_region, scan_sentence
from scx_core.ui.show import chart, download, permalink
from scx_core.xpresso.islands import islands_from_bed, islands_of
from scx_core.xpresso.region import exons_of, genes_of, highest_places
from scx_core.xpresso.scan import FoldPredictor, PublishedPredictor, RegionScan, scan_region
from scx_core.xpresso.tracks import (
    STRANDS,
    scan_bedgraph,
    scan_bigwig,
    scan_header,
    scan_name,
    scan_table,
)

REGION: Final = "scan_region"
#: What older links call it; Mutagenesis has a parameter of that name.
_OLD_REGION: Final = "region"
_STORE_BYTES: Final = 100_000_000


@dataclass(frozen=True)
class Scanned:
    """A scan, and what lies in its region."""

    scan: RegionScan
    islands: pd.DataFrame
    island_rule: str


@st.cache_resource(max_entries=1, show_spinner=False)
def _store() -> ResultStore[Scanned]:
    """Give the last scans, shared by all sessions."""
    return ResultStore(_STORE_BYTES, lambda made: int(made.scan.table.memory_usage().sum()))


def scan_view(context: PageContext) -> None:
    """Ask for model and region, scan, and draw; below it, what else a published model predicts."""
    left, right = st.columns([1, 1.4], gap="large")
    with left:
        predictor = choose_predictor(context)
    dataset = context.dataset if context.dataset_name is not None else None
    if REGION not in st.query_params and _OLD_REGION in st.query_params:
        st.session_state.setdefault(REGION, st.query_params[_OLD_REGION])
    with right:
        text = st.text_input(
            "Region", key=REGION, bind="query-params",
            placeholder="chr22:39,500,000-39,600,000 (1-based)"
            + ("" if dataset is None else ", or a gene"),
        )  # fmt: skip
    with errors_as_sentences():
        _region(context, dataset, predictor, text)
    if isinstance(predictor, PublishedPredictor):
        windows_view(context, predictor.model)


def _region(
    context: PageContext,
    dataset: Dataset | None,
    predictor: PublishedPredictor | FoldPredictor,
    text: str,
) -> None:
    """Scan a region and draw it; say what would be here without one."""
    given = choose_input(context, dataset)
    if not text.strip():
        _suggest(dataset)
        return
    interval = read_region(text, given.step, dataset, given.genome.chromosomes)
    made = computed(
        _store(),
        (*_predictor_key(predictor), str(interval), *given.key),
        "scan",
        f"Predicting {2 * -(-len(interval) // given.step):,} windows along {interval}.",
        lambda progress: _scan(predictor, given, interval, progress),
    )
    if made is not None:
        _show(context, dataset, given, made)


def _suggest(dataset: Dataset | None) -> None:
    """Say what would be here, and offer a gene of the dataset."""
    with st.container(border=True):
        st.markdown(
            "**Here you would see predictions along the genome, strand by strand.**  \n"
            "Type a region above, such as chr22:39,500,000-39,600,000. Where a peak stands away "
            "from every known gene, the sequence looks like a promoter that is not annotated."
        )
        if dataset is not None and len(dataset.genes):
            name = str(kept_gene(dataset) or _example(dataset))
            st.button(
                f"Scan {2 * AROUND // 1000:,} kb around {plain(name)}", key="scan_around",
                on_click=lambda: st.session_state.update({REGION: name}),
            )  # fmt: skip


def _example(dataset: Dataset) -> str:
    """Name the best expressed gene among those whose window is best known."""
    unknown = dataset.genes["unknown_fraction"].astype(float)
    known = unknown <= unknown.min()
    best = dataset.expression[known.to_numpy()].mean(axis=1).idxmax()
    return gene_name(dataset, str(best))


def _predictor_key(predictor: PublishedPredictor | FoldPredictor) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in predictor.source.items())


def _scan(
    predictor: PublishedPredictor | FoldPredictor,
    given: ScanInput,
    interval: Interval,
    progress: Progress,
) -> Scanned:
    try:
        scan = scan_region(predictor, given.genome, interval, given.step, progress=progress)
        if given.islands is not None:
            found = islands_from_bed(given.islands, scan.interval)
            return Scanned(scan, found, f"from {given.islands.name}")
        rule = "≥ 200 bp, G + C ≥ 50 %, observed to expected CpGs ≥ 0.6"
        return Scanned(scan, islands_of(given.genome, scan.interval), rule)
    finally:
        given.genome.close()


def _show(context: PageContext, dataset: Dataset | None, given: ScanInput, made: Scanned) -> None:
    scan = made.scan
    genes = _genes(dataset, scan.interval)
    exons = None if dataset is None else exons_of(dataset, scan.interval)
    places = highest_places(scan, genes, made.islands)
    st.markdown(scan_sentence(scan, places))

    def make(theme: Theme) -> go.Figure:
        return region_scan_figure(scan.table, genes, made.islands, scan.unit, theme, exons)

    chart(
        make(context.theme), "region_scan",
        f"Predictions along {scan.interval} on both strands, {counted(len(genes), 'gene')} and "
        f"{counted(len(made.islands), 'CpG island')}",
    )  # fmt: skip
    caption = _caption(scan, given, dataset, made)
    st.caption(plain_sentence(caption))
    with st.container(horizontal=True):
        figure_downloads(
            lambda: make("light"), key="scan_figure", name=scan_name(scan),
            table=lambda: scan.table, header=scan_header(scan), caption=caption,
        )  # fmt: skip
        _files(scan)
        permalink("scan", _parameters(context, scan))
    st.info(plain_sentence(" ".join(scan.notices)), icon=":material/info:")
    _places_table(places, scan)


def _genes(dataset: Dataset | None, interval: Interval) -> pd.DataFrame:
    if dataset is None:
        return pd.DataFrame({"gene_name": [], "tss": [], "strand": []}).astype({"tss": "int64"})
    return genes_of(dataset, interval)


def _caption(scan: RegionScan, given: ScanInput, dataset: Dataset | None, made: Scanned) -> str:
    whose = (
        "no dataset is here to take genes from" if dataset is None else f"genes of {dataset.name}"
    )
    return (
        f"{scan.unit[:1].upper()}{scan.unit[1:]} of a gene that would begin at each position, every "
        f"{scan.step:,} bp along {scan.interval} ({given.named}; 1-based); the − strand hangs "
        f"downwards on the same scale. Arrows: {whose}, at their start; dotted lines mark them in "
        f"the track of their strand. CpG islands: {made.island_rule}."
    )


def _files(scan: RegionScan) -> None:
    name = scan_name(scan)
    download("Table (TSV)", lambda: scan_table(scan), f"{name}.tsv", "scan_table")
    for strand, word in STRANDS.items():
        if scan.track(strand).empty:
            continue
        sign = strand.replace("-", "−")
        download(
            f"bigWig {sign}", lambda strand=strand: scan_bigwig(scan, strand),  # type: ignore[misc]
            f"{name}_{word}.bw", f"scan_bigwig_{word}", "application/octet-stream",
        )  # fmt: skip
        download(
            f"bedGraph {sign}", lambda strand=strand: scan_bedgraph(scan, strand),  # type: ignore[misc]
            f"{name}_{word}.bedgraph", f"scan_bedgraph_{word}", "text/plain",
        )  # fmt: skip


def _parameters(context: PageContext, scan: RegionScan) -> dict[str, str | None]:
    """Give every choice that a link holds, whether or not the address does."""
    state = st.session_state
    return {
        "dataset": context.dataset_name,
        "model": context.model_name,
        REGION: str(scan.interval),
        **{name: str(state[name]) if state.get(name) else None for name in (PREDICTOR, POPULATION)},
        STEP: str(scan.step),
    }


def _places_table(places: pd.DataFrame, scan: RegionScan) -> None:
    with st.expander(f"Highest places ({len(places)})", key="scan_places"):
        st.dataframe(
            places, hide_index=True, key="scan_places_table",
            alt="Places with the highest predictions, with the nearest gene of the strand",
            column_config={
                "tss": st.column_config.NumberColumn("position (1-based)", format="localized"),
                "prediction": st.column_config.NumberColumn(
                    scan.unit, format="%.3f", help="Highest within 2,000 bp on its strand."
                ),
                "in_island": "in a CpG island",
                "nearest_gene": "nearest gene of the strand",
                "distance": st.column_config.NumberColumn(
                    "bp from its start", format="localized",
                    help="Positive in the direction of the gene.",
                ),
            },
        )  # fmt: skip


def page(context: PageContext) -> None:
    """Draw what can be drawn with what is here.

    Raises
    ------
    ScxError
        If what was chosen cannot be used.
    """
    if not choices(context):
        st.markdown(
            "**Here you would see what a model predicts along the genome.** There is no model here "
            "yet: import a published one, or train one on the Training page."
        )
        box_link("Import a published model", "scan_published")
        return
    scan_view(context)
