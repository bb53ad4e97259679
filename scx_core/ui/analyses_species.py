"""The view that lets a model predict the genes of another dataset."""

from typing import Final

import pandas as pd
import streamlit as st

from scx_core.analyses.cross_species import (
    HALF_LIFE,
    CrossSpecies,
    cross_species,
    match_populations,
)
from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.figures.analyses import cross_species_figure
from scx_core.progress import Progress
from scx_core.ui.analyses_parts import Asked, downloads, statements
from scx_core.ui.computing import ResultStore, computed
from scx_core.ui.gone import say_if_gone
from scx_core.ui.loading import model_key, open_dataset
from scx_core.ui.plain import plain
from scx_core.ui.show import chart
from scx_core.ui.words import decimal

_BYTES: Final = 100_000_000
_FIRST: Final = "the models of one fold"
_ALL: Final = "all models"
_MODEL, _DATASET = "Population of the model", "Population of the dataset"


@st.cache_resource(max_entries=1, show_spinner=False)
def _store() -> ResultStore[CrossSpecies]:
    """Give the last predictions, shared by all sessions."""
    return ResultStore(_BYTES, lambda found: int(2 * found.predicted.memory_usage().sum()))


def species_view(asked: Asked) -> None:
    """Ask for another dataset and which populations belong together; show the correlations."""
    workspace = asked.context.workspace
    names = [name for name in workspace.datasets() if name != asked.dataset.name]
    if not names:
        st.info(
            "There is no other dataset here; import one of another species, with a window at least "
            f"as long as the model's ({asked.model.config.upstream:,} + "
            f"{asked.model.config.downstream:,} bases)."
        )
        st.page_link("pages/datasets.py", label="Import a dataset", icon=":material/arrow_forward:")
        return
    say_if_gone("species_dataset", "dataset", workspace.datasets())
    left, middle, right = st.columns(3)
    name = left.selectbox("Genes of the dataset", names, key="species_dataset")
    half_life = middle.selectbox(
        "Half-life features scaled", list(HALF_LIFE), key="species_half_life",
        format_func=HALF_LIFE.__getitem__, disabled=not asked.model.config.half_life,
    )  # fmt: skip
    used = right.segmented_control(
        "Average", [_FIRST, _ALL], default=_FIRST, key="species_folds", required=True,
        help="For genes that the model's own dataset does not name, any fold may predict; all of them "
        "take longer and differ little. Other genes are always predicted by their own test fold.",
    )  # fmt: skip
    other = open_dataset(workspace.dataset_path(name))
    pairs = _pairs(asked, other)
    if not pairs:
        raise ScxError("No populations are paired; choose a partner for at least one.")
    folds = asked.model.trained_folds if used == _ALL else asked.model.trained_folds[:1]
    key = (
        model_key(asked.dataset, asked.model, "species"), other.digest, half_life, folds,
        tuple(pairs.items()),
    )  # fmt: skip

    def compute(progress: Progress) -> CrossSpecies:
        return cross_species(
            asked.model, other, pairs, half_life=half_life, folds=folds, progress=progress
        )

    sentence = f"{asked.model.name} predicts the {len(other.genes):,} genes of {other.name}."
    found = computed(_store(), key, "species", sentence, compute)
    if found is not None:
        _show(asked, other, found)


def _pairs(asked: Asked, other: Dataset) -> dict[str, str]:
    """Ask which populations belong together; those of the same name at first."""
    matched = match_populations(asked.model, other)
    told = f"Populations that belong together ({len(matched)} found by name)"
    with st.expander(told, expanded=not matched, key="species_pairs"):
        table = pd.DataFrame(
            {
                _MODEL: list(asked.model.populations),
                _DATASET: [matched.get(name) for name in asked.model.populations],
            }
        )
        edited = st.data_editor(
            table, hide_index=True, disabled=[_MODEL], height=280,
            key=f"species_mapping_{asked.model.name}_{other.name}",
            column_config={
                _DATASET: st.column_config.SelectboxColumn(options=list(other.populations.index))
            },
        )  # fmt: skip
        chosen = edited.dropna(subset=[_DATASET])
        return dict(zip(chosen[_MODEL].astype(str), chosen[_DATASET].astype(str), strict=True))


def _show(asked: Asked, other: Dataset, found: CrossSpecies) -> None:
    own = asked.model.metrics["pearson"].reindex(found.table.index).median()
    r = found.table["pearson"]
    n = int(found.table["n"].iloc[0])
    st.markdown(
        f"Over n = {n:,} genes of {plain(other.name)}, Pearson r is **{decimal(float(r.median()))}** (median of "
        f"{len(r)} populations, {decimal(float(r.min()))} to {decimal(float(r.max()))}); on its own "
        f"dataset, out of fold, it is {decimal(float(own))}."
    )
    chart(
        cross_species_figure(found.table, asked.theme), "species_chart",
        f"Correlation of the predictions with the expression in {other.name}",
    )  # fmt: skip
    downloads(
        asked, "species_files", f"{other.name}_cross_species",
        lambda: cross_species_figure(found.table, "light"), lambda: found.table.reset_index(),
        " ".join(found.statements), other_dataset=other.name, other_digest=other.digest,
    )  # fmt: skip
    statements(found.statements)
