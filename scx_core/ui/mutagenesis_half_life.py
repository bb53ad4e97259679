"""Sliders of the half-life features in the what-if fold-out, in the unit that was measured."""

from typing import Final

import numpy as np
import streamlit as st

from scx_core.annotation.half_life import GC_PARTS
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.feature_words import (
    FEATURE_WORDS,
    feature_steps,
    level_words,
    network_value,
    raw_half_life,
    shown_feature,
)
from scx_core.ui.mutagenesis_choices import begin, linked
from scx_core.ui.plain import plain, plain_sentence
from scx_core.what_if import Scenario, set_half_life

_MEASURED: Final = "_measured"  # of the names of choices: in older links a choice is a z-score


def half_life_sliders(dataset: Dataset, model: Ensemble, scenario: Scenario) -> Scenario:
    """Draw a slider for each feature that the model reads; give what they make of the gene."""
    features = list(model.config.half_life)
    if not features:
        st.caption("This model reads no half-life features.")
        return scenario
    scaling = model.load_fold(model.fold_of(scenario.gene_id))[0].scaling
    scale = dataset.half_life_scale
    values: dict[str, float] = {}
    for index, name in enumerate(features):
        mean, deviation = (
            float(numbers[index]) for numbers in (scaling.half_life_mean, scaling.half_life_scale)
        )
        changed = _slider(
            name, scale, float(scenario.half_life[index]), (mean, deviation), scenario.gene_id
        )
        if changed is not None:
            values[name] = changed
    return set_half_life(scenario, model, values, scale)


def _slider(
    name: str, scale: str, own: float, genes: tuple[float, float], gene_id: str
) -> float | None:
    """Draw one slider.

    Parameters
    ----------
    name : str
    scale : {"log10", "z-score"}
    own : float
        The gene's value as networks read it; NaN where it is not known.
    genes : tuple of float
        Mean and standard deviation of the training genes.
    gene_id : str

    Returns
    -------
    float or None
        As networks read it; None where the slider is at the gene's own value.
    """
    mean, deviation = genes
    unknown = np.isnan(own)
    steps = feature_steps(name, mean, deviation, scale)
    first = round(raw_half_life(mean if unknown else own, name, scale), 6)
    key = begin(f"{name}{_MEASURED}", gene_id, _from_old_link(name, scale, genes, first))
    begin(f"{name}{_MEASURED}", gene_id, first)  # what Reset gives back
    # The browser tells options by their text alone.
    options = sorted(
        {shown_feature(value, name, scale): value for value in (*steps, first)}.values()
    )
    st.session_state[key] = min(options, key=lambda value: _distance(value, st.session_state[key]))
    told = (
        "not known (mean of the genes)"
        if unknown
        else f"{shown_feature(first, name, scale)} ({level_words((own - mean) / deviation)})"
    )
    word = FEATURE_WORDS.get(name, name)
    value = st.select_slider(
        f"{plain(word[:1].upper() + word[1:])}: {told}", options, key=key,
        format_func=lambda value: shown_feature(value, name, scale),
        help="Its ends are three standard deviations of the training genes"
        + (" (of log10 values)" if scale == "log10" and name not in GC_PARTS else "")
        + " away from their average.",
    )  # fmt: skip
    if value == first:
        return None
    changed = network_value(float(value), name, scale)
    st.caption(
        f":material/arrow_forward: {shown_feature(value, name, scale)} "
        f"({level_words((changed - mean) / deviation)})"
    )
    return changed


def _distance(value: float, other: float) -> float:
    return abs(value - other) if np.isfinite(other) else abs(value)


def _from_old_link(name: str, scale: str, genes: tuple[float, float], first: float) -> float:
    """Give what an older link means, which gives standard deviations; else the first value."""
    given = linked(name)
    if given is None:
        return first
    try:
        z = float(given)
    except ValueError:
        st.warning(
            plain_sentence(f"The link gives {given[:80]!r} for {name!r}, which is no number.")
        )
        return first
    return round(raw_half_life(genes[0] + z * genes[1], name, scale), 6)
