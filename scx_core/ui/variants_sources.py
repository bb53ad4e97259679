"""Chain files and sources of rsIDs, registered by hand: nothing is asked on the web."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.errors import ScxError, counted
from scx_core.isolation import Limits, run_isolated
from scx_core.store import Workspace
from scx_core.ui.boxes import box_link, linked_box
from scx_core.ui.file_boxes import chosen_file, file_boxes
from scx_core.ui.plain import plain_sentence
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.variants_scoring import ScoredList
from scx_core.variants.genome import canonical_build
from scx_core.variants.liftover import list_chains, register_chain, remove_chain
from scx_core.variants.rsid_sources import describe_source, register, registered, remove

#: Larger files would keep the page busy for minutes; the command line takes them.
_MOST_BYTES: Final = 500_000_000
_SAID: Final = "variants_registered"
#: The largest of these files takes minutes.
_LIMITS: Final = Limits(seconds=1800)


def missing_sources(scored: ScoredList, workspace: Workspace) -> None:
    """Say in a sentence what would place the rows that give only an rsID."""
    table = scored.table
    unknown = table["reason_kind"].isin(["unknown id", "no position"]) & (table["id"] != "")
    placed = set(table.loc[table["reason_kind"] == "", "row"])
    lost = set(table.loc[unknown, "row"]) - placed
    if not lost:
        return
    rows = counted(len(lost), "row gives", "rows give")
    lack = (
        "none of the registered sources has"
        if registered(workspace)
        else "no source is registered to look up"
    )
    st.info(
        f"{rows} only an rsID, which {lack}: register a dbSNP VCF, a table or a GWAS catalogue "
        "under Sources.",
        icon=":material/travel_explore:",
    )
    box_link("Go to Sources", "variants_sources")


def sources_view(workspace: Workspace, dataset: Dataset | None) -> None:
    """List what is registered, and let files be added and removed."""
    said = st.session_state.pop(_SAID, None)
    with linked_box(
        "Sources: chain files and rsIDs", "variants_sources", icon=":material/database:",
        expanded=said is not None,
    ):  # fmt: skip
        if said is not None:
            st.success(said)
        left, right = st.columns(2, gap="large")
        assembly = canonical_build(str(dataset.metadata.get("assembly", ""))) if dataset else ""
        with left, errors_as_sentences():
            _chains(workspace, assembly)
        with right, errors_as_sentences():
            _rsids(workspace, assembly)


def _chains(workspace: Workspace, assembly: str) -> None:
    st.markdown(
        "**Chain files** move positions from one genome build to another, such as hg19 to hg38 "
        "([from UCSC](https://hgdownload.soe.ucsc.edu/goldenPath/hg19/liftOver/))."
    )
    chains = list_chains(workspace)
    if not chains:
        st.caption("None is registered.")
    for chain in chains:
        _listed(
            f"{chain} · {chain.file}", f"chain_{chain.source}_{chain.target}",
            lambda chain=chain: remove_chain(workspace, chain.source, chain.target),  # type: ignore[misc]
        )  # fmt: skip
    with st.form("chain_form", border=False):
        upload, path = file_boxes("chain", "Chain file", ["chain", "gz"])
        first, second = st.columns(2)
        source = first.text_input("From build", key="chain_from", placeholder="hg19")
        target = second.text_input("To build", value=assembly, key="chain_to")
        if st.form_submit_button("Register the chain file", key="chain_register"):
            with errors_as_sentences(), chosen_file(upload, path, "chain") as file:
                made = run_isolated(
                    register_chain, workspace, file, source.strip(), target.strip(), limits=_LIMITS
                )
                _say(f"The chain from {made.source} to {made.target} is registered.")


def _rsids(workspace: Workspace, assembly: str) -> None:
    st.markdown(
        "**rsIDs** are looked up in a dbSNP-style VCF, a table with ids and positions, or a GWAS "
        "catalogue (which gives places, no alleles)."
    )
    sources = registered(workspace)
    if not sources:
        st.caption("None is registered.")
    for source in sources:
        _listed(
            describe_source(source), f"rsid_{source.name}",
            lambda name=source.name: remove(workspace, name),  # type: ignore[misc]
        )  # fmt: skip
    with st.form("rsid_form", border=False):
        upload, path = file_boxes(
            "rsid", "File with rsIDs", ["vcf", "tsv", "csv", "txt", "gz", "bcf"]
        )
        first, second = st.columns(2)
        name = first.text_input("Name of the source", key="rsid_name", placeholder="dbsnp-156")
        build = second.text_input(
            "Its genome build",
            value=assembly,
            key="rsid_build",
            help="As the file states it, or yours.",
        )
        if st.form_submit_button("Register the source of rsIDs", key="rsid_register"):
            with errors_as_sentences(), chosen_file(upload, path, "rsids") as file:
                if file.stat().st_size > _MOST_BYTES:
                    raise ScxError(
                        f"{file.name} has more than {_MOST_BYTES / 1e6:,.0f} MB; register it on the "
                        "command line: scx rsids add FILE NAME."
                    )
                if not name.strip():
                    raise ScxError("Give the source of rsIDs a name.")
                bar = st.progress(0.0)

                def show(fraction: float, message: str) -> None:
                    bar.progress(min(fraction, 1.0), plain_sentence(message))

                made = run_isolated(
                    register, workspace, file, name.strip(), build=build.strip(), progress=show,
                    limits=_LIMITS,
                )  # fmt: skip
                _say(f"Registered {describe_source(made)}")


def _say(sentence: str) -> None:
    """Draw the page anew: the list may have other results now."""
    st.session_state[_SAID] = plain_sentence(sentence)
    st.rerun()


def _listed(text: str, key: str, take_away: Callable[[], None]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(plain_sentence(text))
        if st.button(
            "Remove", key=f"remove_source_{key}", type="tertiary", icon=":material/delete:"
        ):
            with errors_as_sentences():
                take_away()
                st.rerun()
