"""Which genes stay: gene ids, and the reasons to leave a gene out."""

from typing import Final

import numpy as np
import pandas as pd

from scx_core.errors import ScxError, join_some
from scx_core.sequence.chromosomes import MITOCHONDRIAL, SEX_Y, core_name, is_main

DROPPED_COLUMNS: Final = ["gene_id", "gene_name", "source", "reason"]

#: ERCC-00002 and ERCC_00002 are spike-ins; ERCC1 to ERCC8 are genes.
_SPIKE_IN: Final = r"(?i)ercc[-_]?\d{5}"
#: Reporters and drivers that laboratories add to a genome, in lower case without - and _. Only
#: whole names count, and none of them is the name of a gene of man, mouse, fly or worm.
_TRANSGENES: Final = frozenset(
    {
        "gfp", "egfp", "yfp", "eyfp", "cfp", "ecfp", "rfp", "bfp", "mcherry", "tdtomato", "dsred",
        "dsred2", "mscarlet", "icre", "cre", "creert2", "cremut", "flpo", "lacz", "luciferase",
        "fluc", "rtta", "wpre", "cas9", "dcas9", "gcamp6", "gcamp6f", "gcamp6s", "transgene",
    }
)  # fmt: skip


def refuse_mixed_names(chromosomes: pd.Series, file: str) -> None:
    """Refuse a file that names one chromosome in two ways; scaffolds often have two names."""
    names = pd.Series([name for name in chromosomes.unique() if is_main(name)], dtype=object)
    twice = names[names.map(core_name).duplicated(keep=False)].sort_values()
    if len(twice):
        raise ScxError(
            f"{file} names the same chromosome in two ways ({join_some(twice)}); use one way "
            "throughout."
        )


def gene_reasons(genes: pd.DataFrame) -> pd.Series:
    """Why each gene cannot be used; "" for those that can.

    Parameters
    ----------
    genes : DataFrame
        ``gene_id``, ``gene_name``, ``chromosome``, ``strand`` and, where the file has biotypes,
        ``gene_type``.

    Returns
    -------
    Series of str
        The first reason that holds, in the order below.
    """
    chromosome = genes["chromosome"].map(
        {name: core_name(name) for name in genes["chromosome"].unique()}
    )
    names = [genes["gene_id"], genes["gene_name"], genes["chromosome"]]
    plain = [name.str.lower().str.replace(r"[-_]", "", regex=True) for name in names]
    in_par = genes["gene_id"].str.endswith("_PAR_Y")
    checks: list[tuple[pd.Series, str | pd.Series]] = [
        (in_par, "on the Y chromosome (pseudoautosomal copy)"),
        (chromosome == SEX_Y, "on the Y chromosome"),
        (chromosome == MITOCHONDRIAL, "on the mitochondrial genome"),
        (_any([name.str.fullmatch(_SPIKE_IN) for name in names]), "ERCC spike-in"),
        (_any([name.isin(_TRANSGENES) for name in plain]), "transgene"),
    ]
    if "gene_type" in genes:
        kind = genes["gene_type"].where(genes["gene_type"] != "", "not given")
        not_coding = kind != "protein_coding"
        checks.append((not_coding, "not protein-coding (gene type " + kind + ")"))
    checks.append((~genes["strand"].isin(["+", "-"]), "no strand"))
    reasons = pd.Series("", index=genes.index, dtype=object)
    for holds, reason in checks:
        reasons = reasons.mask((reasons == "") & holds, reason)
    return reasons


def _any(masks: list[pd.Series]) -> pd.Series:
    return pd.Series(np.logical_or.reduce([mask.to_numpy(bool) for mask in masks]), masks[0].index)


def dropped_table(genes: pd.DataFrame, reasons: pd.Series) -> pd.DataFrame:
    """Rows of the drop report for the genes that have a reason."""
    out = genes.loc[reasons != "", ["gene_id", "gene_name"]].copy()
    out["source"] = "annotation"
    out["reason"] = reasons[reasons != ""]
    return out[DROPPED_COLUMNS].reset_index(drop=True)


def refuse_none_left(dropped: pd.DataFrame, file: str) -> None:
    """Refuse an annotation of which no gene can be used, with the reasons."""
    counts = dropped["reason"].value_counts()
    why = join_some([f"{reason}: {count:,}" for reason, count in counts.items()])
    raise ScxError(f"No gene of {file} can be used ({why}); give an annotation of coding genes.")
