"""The letters around a chosen variant: what each contributes, with either allele."""

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.figures.style import Theme
from scx_core.figures.variant_alleles import alleles_figure
from scx_core.mutagenesis import Edits, effects_of_edits
from scx_core.sequence.alphabet import BASES, decode, encode, reverse_complement
from scx_core.ui.computing import ResultStore
from scx_core.ui.loading import model_key
from scx_core.ui.plain import plain
from scx_core.ui.show import chart
from scx_core.ui.variants_files import figure_menu
from scx_core.ui.variants_scoring import ScoredList
from scx_core.ui.variants_words import allele_text

_AROUND: Final = 20  # bases on either side of the change
_LONGEST: Final = 40
_STORE_BYTES: Final = 20_000_000
Effects = NDArray[np.float32]


@st.cache_resource(max_entries=1, show_spinner=False)
def _store() -> ResultStore[Effects]:
    """Give the effects around the last variants, shared by all sessions."""
    return ResultStore(_STORE_BYTES, lambda effects: int(effects.nbytes))


def letters_view(
    dataset: Dataset,
    model: Ensemble,
    scored: ScoredList,
    chosen: pd.Series,
    population: str,
    theme: Theme,
) -> None:
    """Draw the logo around the variant in the reference, and in the alternative sequence."""
    if chosen["haplotype"] or len(chosen["reference"]) > _LONGEST:
        return
    codes = np.array(dataset.windows[dataset.row_of(str(chosen["gene_id"]))])
    reference, alternative = _on_gene(chosen)
    index, span = int(chosen["index"]), len(reference)
    if not reference or not alternative or decode(codes[index : index + span]) != reference:
        return
    first, last = max(index - _AROUND, 0), min(index + span + _AROUND, len(codes))
    shown = np.arange(first, last)
    column = list(model.populations).index(population)
    effects = _effects_around(dataset, model, chosen, codes, shown)
    changed = None
    if len(alternative) == span:
        altered = codes.copy()
        altered[index : index + span] = encode(alternative)
        changed = _effects_around(dataset, model, chosen, altered, shown)[:, :, column]
    positions = shown - dataset.upstream
    sign = 1 if chosen["strand"] == "+" else -1
    tss = int(dataset.genes.loc[chosen["gene_id"], "tss"])
    st.header("Letter by letter, with either allele")

    def make(theme: Theme) -> go.Figure:
        return alleles_figure(
            effects[:, :, column], codes[shown], positions, tss + sign * positions, index - first,
            reference, alternative, theme, changed,
        )  # fmt: skip

    def table() -> pd.DataFrame:
        found = pd.DataFrame(effects[:, :, column], columns=[f"effect of {base}" for base in BASES])
        found.insert(0, "base", list(decode(codes[shown])))
        found.insert(0, "position", tss + sign * positions)
        found.insert(0, "relative_to_tss", positions)
        return found

    told = f"Logo of the {len(shown)} bases around {chosen['label']} in {population}, with either allele"
    chart(make(theme), "alleles", told)
    figure_menu(
        dataset, model, scored, "alleles", make, table,
        f"{told}. The numbers are the effects of every substitution in the reference, log10 "
        "expression, on the strand of the gene; positions are 1-based.",
    )  # fmt: skip
    both = (
        "the same with the change"
        if changed is not None
        else "the letters after the change, of one height"
    )
    st.caption(
        f"{plain(allele_text(reference))}>{plain(allele_text(alternative))} on the strand of the gene. Top: what "
        f"each base of the reference contributes in {plain(population)} (above the line it "
        f"raises expression); bottom: {both}."
    )


def _on_gene(chosen: pd.Series) -> tuple[str, str]:
    """Give the genome's letters and what they are changed to, on the gene's strand."""
    pair = str(chosen["genome_reference"]), str(chosen["substitution"])
    if chosen["strand"] == "+":
        return pair
    first, second = (decode(reverse_complement(encode(letters))) for letters in pair)
    return first, second


def _effects_around(
    dataset: Dataset,
    model: Ensemble,
    chosen: pd.Series,
    codes: NDArray[np.uint8],
    shown: NDArray[np.int64],
) -> Effects:
    """Predict every substitution of a stretch, or take it from the store.

    Returns
    -------
    ndarray of float32, shape (letters, 4, populations)
        log10, mean over runs; 0 for the letter itself.
    """
    gene_id = str(chosen["gene_id"])
    what = f"{gene_id}|{shown[0]}|{decode(codes[shown])}"
    key = model_key(dataset, model, what)
    held = _store().get(key)
    if held is not None:
        return held
    indices = np.repeat(shown, len(BASES))
    bases = np.tile(np.arange(len(BASES), dtype=np.uint8), len(shown))
    changes = codes[indices] != bases
    edits = Edits.substitutions(indices[changes], bases[changes])
    half_life = dataset.half_life[list(model.config.half_life)].to_numpy()[dataset.row_of(gene_id)]
    runs = model.load_fold(model.fold_of(gene_id))
    found = effects_of_edits(runs, codes, half_life, edits).mean(axis=0)
    effects = np.zeros((len(indices), found.shape[1]), np.float32)
    effects[changes] = found
    effects = effects.reshape(len(shown), len(BASES), -1)
    _store().put(key, effects)
    return effects
