"""Which regulatory regions are drawn beside a gene: the dataset's own, or registered ones."""

from typing import Final

import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.isolation import run_isolated
from scx_core.region_sets import (
    RegionSet,
    add_region_set,
    list_region_sets,
    open_region_set,
    regions_beside,
    remove_region_set,
)
from scx_core.store import Workspace
from scx_core.ui.file_boxes import chosen_file, file_boxes
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.say import errors_as_sentences

#: The widget and its name in the address.
CCRES: Final = "ccres"
OWN: Final = "of the dataset"
_SAID: Final = "regions_registered"


def choose_regions(place: Workspace, dataset: Dataset) -> tuple[pd.DataFrame, str]:
    """Draw the choice of regions and give them, on the dataset's chromosomes.

    Returns
    -------
    regions : DataFrame
        As `Dataset.regions`; the dataset's own where the chosen ones cannot be used, which is said.
    source : str
        What a sentence calls the set that they are from; "" where there are none at all.
    """
    own = dataset.regions, "the dataset" if len(dataset.regions) else ""
    names = list_region_sets(place)
    wanted = st.session_state.get(CCRES) or st.query_params.get(CCRES)
    if wanted and wanted not in (OWN, *names):
        st.warning(
            plain_sentence(
                f"The regions {str(wanted)[:80]!r} are not registered here; those of the dataset are "
                "shown."
            )
        )
        st.session_state.pop(CCRES, None)
    shown = wanted if wanted in names else OWN
    with st.popover(
        f"Regulatory regions: {plain(shown)}",
        icon=":material/layers:",
        type="tertiary",
        key="regions_menu",
    ):
        chosen = st.radio(
            "Regions to draw", [OWN, *names], key=CCRES, bind="query-params",
            format_func=lambda name: "those that the dataset was imported with" if name == OWN else plain(name),
        )  # fmt: skip
        with errors_as_sentences():
            _registered(place, names)
            _add(place)
    if chosen in (None, OWN):
        return own
    try:
        return _beside(open_region_set(place, str(chosen)), dataset), str(chosen)
    except ScxError as error:
        st.error(plain_sentence(str(error)))
        return own


def _beside(regions: RegionSet, dataset: Dataset) -> pd.DataFrame:
    return _cached(regions.sha256, dataset.digest, regions, dataset)


@st.cache_data(max_entries=8, show_spinner=False)
def _cached(sha256: str, digest: str, _regions: RegionSet, _dataset: Dataset) -> pd.DataFrame:  # noqa: ARG001
    return regions_beside(_dataset, _regions)


def _registered(place: Workspace, names: list[str]) -> None:
    for name in names:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(plain_sentence(str(open_region_set(place, name))))
            if st.button("Remove", key=f"remove_regions_{name}", type="tertiary"):
                remove_region_set(place, name)
                st.rerun()


def _add(place: Workspace) -> None:
    said = st.session_state.pop(_SAID, None)
    if said is not None:
        st.success(said)
    with st.form("regions_form", border=False):
        upload, path = file_boxes("regions", "Add regions (BED)", ["bed", "gz"])
        first, second = st.columns(2)
        name = first.text_input("Name", key="regions_name", placeholder="GM12878")
        build = second.text_input("Genome build", key="regions_build", placeholder="hg38")
        if st.form_submit_button("Register the regions", key="regions_register"):
            if not name.strip():
                raise ScxError("Give the regions a name.")
            with chosen_file(upload, path, "regions") as file:
                made = run_isolated(add_region_set, place, file, name.strip(), build.strip())
            st.session_state[_SAID] = plain_sentence(f"Registered {made}.")
            st.rerun()
