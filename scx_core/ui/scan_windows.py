"""Predictions of a published model for the genes of a dataset, or for windows of a person's own."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.evaluate import pearson_interval
from scx_core.export.tables import table_bytes
from scx_core.isolation import run_isolated
from scx_core.store import file_digest
from scx_core.ui.computing import ResultStore, computed
from scx_core.ui.context import PageContext
from scx_core.ui.file_boxes import chosen_file, file_boxes
from scx_core.ui.loading import open_dataset
from scx_core.ui.plain import plain
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.show import download
from scx_core.ui.words import decimal, expression_unit
from scx_core.variants.genome import open_letters
from scx_core.xpresso.published import PublishedModel
from scx_core.xpresso.windows import predict_genes, predict_read, read_all_windows

_GENES: Final = "genes of the dataset"
_WINDOWS: Final = "windows in a FASTA file"
_STORE_BYTES: Final = 50_000_000
_MOST_ROWS: Final = 20_000
#: Of all windows of a file together; 14,000 of Xpresso's.
_MOST_BASES: Final = 150_000_000


@st.cache_resource(max_entries=1, show_spinner=False)
def _store() -> ResultStore[pd.DataFrame]:
    """Give the last predictions, shared by all sessions."""
    return ResultStore(_STORE_BYTES, lambda table: int(table.memory_usage().sum()))


def windows_view(context: PageContext, model: PublishedModel) -> None:
    """Offer predictions that need no scan."""
    box = st.expander(
        "Predict genes, or windows of your own", key="scan_windows", on_change="rerun",
        icon=":material/view_list:",
    )  # fmt: skip
    if not box.open:
        return
    with box, errors_as_sentences():
        options = [_GENES] if context.dataset_name is not None else []
        chosen = st.segmented_control(
            "Predict", [*options, _WINDOWS], default=[*options, _WINDOWS][0], required=True,
            key="scan_windows_kind",
        )  # fmt: skip
        if chosen == _GENES:
            _genes(context, model)
        else:
            _windows(model)


def _genes(context: PageContext, model: PublishedModel) -> None:
    dataset = open_dataset(context.workspace.dataset_path(str(context.dataset_name)))
    cache = context.workspace.cache_path
    table = computed(
        _store(),
        (str(model.path), model.digest, dataset.digest),
        "genes",
        f"Predicting {len(dataset.genes):,} genes of {dataset.name}.",
        lambda progress: predict_genes(
            model, dataset, None, open_letters(dataset, cache), progress
        ),
    )
    if table is None:
        return
    observed = dataset.expression[dataset.finest_populations].mean(axis=1).loc[table.index]
    st.markdown(_agreement(table, observed, model, dataset))
    shown = table.assign(observed=observed)
    _result(model, shown.reset_index(), f"{model.name}_{dataset.name}")


def _agreement(
    table: pd.DataFrame, observed: pd.Series, model: PublishedModel, dataset: Dataset
) -> str:
    known = (table["unknown_fraction"] <= 0.5).to_numpy()
    left_out = int((~known).sum())
    predicted = table.loc[known, model.outputs[0]].to_numpy()
    measured = observed.to_numpy(float)[known]
    if len(predicted) < 4 or np.ptp(predicted) == 0 or np.ptp(measured) == 0:
        return "Too few genes with known letters to correlate prediction and observation."
    r = float(np.corrcoef(predicted, measured)[0, 1])
    low, high = pearson_interval(r, len(predicted))
    told = (
        f"Predicted expression and the mean over the populations of {plain(dataset.name)} "
        f"({expression_unit(dataset.metadata)}) correlate with r = **{decimal(r)}** (Pearson, 95 % "
        f"{decimal(low)} to {decimal(high)}, n = {len(predicted):,} genes). The model may have been trained "
        "on these genes: this is no test of it."
    )
    if left_out:
        told += f" {left_out:,} genes whose window is mostly unknown are left out of r."
    return told


def _windows(model: PublishedModel) -> None:
    length = model.config.length
    st.caption(
        f"Sequences of exactly {length:,} letters in the direction of the gene, the TSS at letter "
        f"{model.config.upstream + 1:,}; FASTA, plain or gzip."
    )
    upload, path = file_boxes("windows", "FASTA of windows", ["fa", "fasta", "fna", "gz"])
    if upload is None and not path.strip():
        return
    with chosen_file(upload, path, "windows") as file:
        if not file.is_file():
            raise ScxError(f"{path!r} is a folder; give a FASTA file.")
        key = file_digest(file) if upload else f"{file}@{file.stat().st_mtime_ns}"
        table = computed(
            _store(), (str(model.path), model.digest, key), "windows",
            f"Predicting the windows of {file.name}.",
            lambda progress: predict_read(model, _read(file, length), progress),
        )  # fmt: skip
    if table is not None:
        st.markdown(f"n = {len(table):,} windows, {plain(model.unit)}.")
        _result(model, table, f"{model.name}_windows")


def _read(file: Path, length: int) -> Iterable[tuple[str, NDArray[np.uint8]]]:
    names, codes = run_isolated(read_all_windows, file, length, _MOST_BASES // length)
    return zip(names, codes, strict=True)


def _result(model: PublishedModel, table: pd.DataFrame, name: str) -> None:
    st.dataframe(
        table.head(_MOST_ROWS), hide_index=True, key=f"table_{name}",
        alt="Predictions, one row each",
        column_config={
            "unknown_fraction": st.column_config.NumberColumn("unknown letters", format="percent"),
            **{output: st.column_config.NumberColumn(format="%.3f") for output in model.outputs},
            "observed": st.column_config.NumberColumn("observed (log10, mean)", format="%.3f"),
        },
    )  # fmt: skip
    header = {
        "published model": model.name,
        "model digest": model.digest,
        "unit": model.unit,
        "half-life inputs": "all at their mean",
    }
    download("Table (TSV)", lambda: table_bytes(table, header), f"{name}.tsv", "windows_table")
