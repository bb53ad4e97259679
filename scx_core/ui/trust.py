"""Where a gene's prediction deserves little trust: said wherever that gene is shown."""

from typing import Final

import numpy as np
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.ui.choose import gene_name, is_mostly_unknown
from scx_core.ui.plain import plain_sentence
from scx_core.ui.words import decimal

#: Log10 units between prediction and observation from which it is said.
FAR: Final = 1.0


def trust_warnings(dataset: Dataset, model: Ensemble, gene_id: str, population: str) -> None:
    """Draw what there is to warn of.

    Parameters
    ----------
    dataset : Dataset
    model : Ensemble
        Trained on the dataset.
    gene_id : str
    population : str
        One that the model predicts.
    """
    name = gene_name(dataset, gene_id)
    found = []
    if gene_id in model.predictions.index:
        predicted = float(model.predictions[population].loc[gene_id])
        observed = float(dataset.expression[population].loc[gene_id])
        floor = float(dataset.metadata["floor"])
        found.append(disagreement_words(name, population, predicted, observed, floor))
    if is_mostly_unknown(dataset, gene_id):
        found.append(
            f"More than half of the window of {name} is N, bases that the genome does not know: what "
            "the model says of it rests on the rest alone, so do not rely on it."
        )
    for sentence in filter(None, found):
        st.warning(plain_sentence(sentence))


def disagreement_words(
    gene: str, population: str, predicted: float, observed: float, floor: float
) -> str:
    """Say how many fold prediction and observation are apart; "" for less than `FAR`.

    Parameters
    ----------
    gene, population : str
        Names.
    predicted, observed : float
        Log10 expression.
    floor : float
        The value of what was never observed, log10.
    """
    apart = predicted - observed
    if not np.isfinite(apart) or abs(apart) < FAR:
        return ""
    side = "above" if apart > 0 else "below"
    fold = f"{float(f'{10 ** abs(apart):.2g}'):,.0f}-fold"
    against = "the observation"
    if observed <= floor:
        against = f"the floor ({decimal(observed)}), where it is because none was observed"
    return (
        f"In {population}, the prediction for {gene} is about {fold} {side} {against}: the model does "
        "not describe this gene well here, so read what it says of it with care."
    )
