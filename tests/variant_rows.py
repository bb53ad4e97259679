"""Placed variants made by hand, for tests of what comes after placing."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.sequence.alphabet import UNKNOWN, encode
from scx_core.sequence.interval import Interval
from scx_core.training.data import one_hot_batch


class Text:
    """A chromosome read from a FASTA file without the project's reader."""

    def __init__(self, path: Path) -> None:
        self.letters = "".join(path.read_text().splitlines()[1:])

    def fetch(self, interval: Interval) -> NDArray[np.uint8]:
        codes = np.full(len(interval), UNKNOWN, np.uint8)
        start, end = max(interval.start, 0), min(interval.end, len(self.letters))
        if start < end:
            codes[start - interval.start : end - interval.start] = encode(self.letters[start:end])
        return codes


def placed_row(
    dataset: Dataset, gene_id: str, position: int, reference: str, alternative: str, **others: Any
) -> dict[str, Any]:
    """One row of the placed table: alleles on the plus strand, position 1-based."""
    gene = dataset.genes.loc[gene_id]
    tss, last = int(gene["tss"]), position + len(reference) - 1
    relative = position - tss if gene["strand"] == "+" else tss - last
    return {
        "row": 1,
        "part": 0,
        "gene_id": gene_id,
        "index": dataset.upstream + relative,
        "relative_to_tss": relative,
        "chromosome": str(gene["chromosome"]),
        "position": position,
        "reference": reference,
        "alternative": alternative,
        "genome_reference": reference,
        "alleles": "match",
        "ambiguous": False,
        "effect_is": "",
        "region": "",
        "region_class": "",
        "lifted_from": "",
        "reason": "",
        "reason_kind": "",
        **others,
    }


def refused_row(row: int, reason: str, kind: str) -> dict[str, Any]:
    """One row of the placed table that has no gene."""
    empty = dict.fromkeys(("gene_id", "chromosome", "reference", "alternative", "alleles"), "")
    return {"row": row, "part": 0, **empty, "reason": reason, "reason_kind": kind}


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Make the placed table, with whole numbers as placing gives them."""
    frame = pd.DataFrame(rows)
    for name in ("index", "relative_to_tss", "position"):
        frame[name] = frame[name].astype("Int64")
    return frame


def edit(text: str, tss: int, changes: list[tuple[int, str, str]]) -> tuple[str, int]:
    """Edit a chromosome by hand; give it, and where the base of the TSS is now (1-based).

    Changes are apart from each other and trimmed: alleles share at most their first letter.
    """
    for position, reference, alternative in sorted(changes, reverse=True):
        start = position - 1
        assert text[start : start + len(reference)] == reference
        text = text[:start] + alternative + text[start + len(reference) :]
        shared = int(reference[0] == alternative[0])
        if start + shared < tss:  # what is inserted right before the TSS goes before it
            tss += len(alternative) - len(reference)
    return text, tss


def cut(text: str, tss: int, strand: str, upstream: int, downstream: int) -> NDArray[np.uint8]:
    """Cut a window out of a chromosome by hand."""
    if strand == "+":
        return encode(text[tss - 1 - upstream : tss - 1 + downstream])
    plus = text[tss - downstream : tss + upstream]
    return encode(plus[::-1].translate(str.maketrans("ACGT", "TGCA")))


def dense_effects(
    dataset: Dataset, ensemble: Ensemble, gene_id: str, edited: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Predict an edited window by the plain networks: shape (runs, populations), log10."""
    columns = list(ensemble.config.half_life)
    half_life = dataset.half_life.loc[[gene_id] * 2, columns].to_numpy()
    codes = np.stack([np.asarray(dataset.windows[dataset.row_of(gene_id)]), edited])
    effects = []
    for run in ensemble.load_fold(ensemble.fold_of(gene_id)):
        features = torch.from_numpy(run.scaling.scale_half_life(half_life))
        with torch.inference_mode():
            predicted = run.model(one_hot_batch(codes), features).numpy()
        wild_type, mutant = run.scaling.unscale_targets(predicted)
        effects.append(mutant - wild_type)
    return np.stack(effects)
