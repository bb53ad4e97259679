"""Further choices of an import: what has a default that suits most."""

from typing import Any, Final

import streamlit as st

from scx_core.annotation import DEFINITIONS
from scx_core.annotation.cage import CAGE_DISTANCE
from scx_core.feature_words import definition_words
from scx_core.import_folder import ImportFolder
from scx_core.ui.asked import preset
from scx_core.ui.importing_files import file_box

_NORMALISATIONS: Final = {
    "auto": "decide from the values",
    "cpm": "CPM (full-length protocols)",
    "cp10k": "counts per 10⁴ (droplet protocols)",
    "tpm": "TPM (needs transcript lengths)",
    "none": "none: values are normalised already",
}


def ask_options(folder: ImportFolder) -> dict[str, Any]:
    """Draw the further choices in a menu.

    Returns
    -------
    dict
        Parameters of `ImportRequest` by name.

    Raises
    ------
    ScxError
        If a file cannot be read.
    """
    with st.popover("More choices", icon=":material/tune:"):
        return {
            **_ask_regions(folder),
            **_ask_values(),
            **_ask_windows(),
            "half_life": _ask_half_life(),
            "gc": _ask_gc(),
        }


def _ask_regions(folder: ImportFolder) -> dict[str, Any]:
    regions = file_box(folder, "regions", "Regulatory regions (BED), optional", "import_regions")
    cage = file_box(folder, "cage", "CAGE peaks (BED), optional", "import_cage")
    preset("import_cage_far", CAGE_DISTANCE)
    distance = st.number_input(
        "Largest distance of a CAGE peak", 0, 100_000, key="import_cage_far", disabled=not cage,
        help="Each TSS moves to the summit of the strongest peak within so many bases on its "
        "strand; TSSs without one stay.",
    )  # fmt: skip
    return {
        "regions": folder.open(regions, "regions") if regions else None,
        "cage": folder.open(cage, "cage") if cage else None,
        "cage_distance": int(distance),
    }


def _ask_values() -> dict[str, Any]:
    normalize = st.selectbox(
        "Normalisation", list(_NORMALISATIONS), format_func=_NORMALISATIONS.__getitem__,
        key="import_normalize",
    )  # fmt: skip
    preset("import_floor", -4.0)
    floor = st.number_input("log10 value of genes never seen", -12.0, 0.0, key="import_floor")
    preset("import_offset", 0.0)
    offset = st.number_input(
        "Added before log10", 0.0, 1e6, step=0.1, key="import_offset",
        help="Above 0, expression is log10(mean + this) and no gene gets the value above. "
        "Xpresso takes 0.1.",
    )  # fmt: skip
    median = st.checkbox(
        "Add the median over populations", key="import_median",
        help="As a level of its own, with one row, as in Xpresso.",
    )  # fmt: skip
    return {
        "normalize": normalize, "floor": float(floor), "offset": float(offset), "median": median,
    }  # fmt: skip


def _ask_windows() -> dict[str, Any]:
    preset("import_up", 7000)
    upstream = st.number_input("Bases before the TSS", 0, 200_000, key="import_up")
    preset("import_down", 3500)
    downstream = st.number_input("Bases from the TSS on", 1, 200_000, key="import_down")
    preset("import_n", 1.0)
    unknown = st.slider("Largest share of N in a window", 0.05, 1.0, key="import_n")
    return {
        "upstream": int(upstream), "downstream": int(downstream), "max_unknown": float(unknown),
    }  # fmt: skip


def _ask_half_life() -> str:
    return st.selectbox(
        "Half-life features", list(DEFINITIONS), key="import_half_life",
        format_func=definition_words,
        help="Which lengths they are. A published scXpresso model learned those of its notebook.",
    )  # fmt: skip


def _ask_gc() -> bool:
    preset("import_gc", value=True)
    return st.checkbox(
        "Add GC contents of 5′UTR, ORF and 3′UTR", key="import_gc",
        help="As half-life features, where the gene file gives exons. Xpresso reads them.",
    )  # fmt: skip
