"""Writing a dataset folder."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation import Annotation, network_half_life
from scx_core.dataset import FORMAT, content_digest
from scx_core.expression import Expression, GeneMatch, log10_pseudobulk, smallest_log10
from scx_core.importing.joining import Joined
from scx_core.importing.request import PATHS, ImportRequest
from scx_core.provenance import provenance
from scx_core.store import write_json

if TYPE_CHECKING:
    from anndata import AnnData


def write_dataset(
    folder: Path,
    request: ImportRequest,
    annotation: Annotation,
    expression: Expression,
    match: GeneMatch,
    joined: Joined,
    windows: NDArray[np.uint8],
    regions: pd.DataFrame,
) -> None:
    """Write all parts of a dataset into an empty folder.

    Parameters
    ----------
    folder : Path
    request : ImportRequest
    annotation : Annotation
    expression : Expression
    match : GeneMatch
    joined : Joined
    windows : ndarray of uint8, shape (genes, length)
    regions : DataFrame
        cCREs with the genome's chromosome names.
    """
    import anndata

    log10 = log10_pseudobulk(joined.mean, request.floor, request.offset).astype(np.float32)
    floor, smallest = _lowest(joined.mean, request)
    notices = list(joined.notices)
    if not request.offset and smallest < floor:
        notices.append(
            f"The smallest expression above zero is 10^{smallest:.2f}, below the floor "
            f"{floor:g} that stands for zero: choose a lower floor."
        )
    adata = anndata.AnnData(
        X=log10.to_numpy(),
        obs=joined.populations.astype({"level": str, "parent": str}),
        var=joined.genes,
        layers={"mean": joined.mean.to_numpy(np.float32)},
    )
    write_h5ad(folder / "expression.h5ad", adata)
    np.save(folder / "windows.npy", windows, allow_pickle=False)
    transcripts = annotation.transcripts
    transcripts = transcripts[transcripts["gene_id"].isin(joined.genes.index)]
    transcripts = _with_tss_of(transcripts.reset_index(drop=True), joined.genes)
    transcripts.to_parquet(folder / "transcripts.parquet")
    exons = annotation.exons[annotation.exons["gene_id"].isin(joined.genes.index)]
    exons.reset_index(drop=True).to_parquet(folder / "exons.parquet")
    regions.to_parquet(folder / "regions.parquet")
    joined.dropped.to_parquet(folder / "dropped.parquet")
    files: dict[str, Path | None] = {use: getattr(request, use) for use in PATHS if use != "cache"}
    half_life = network_half_life(joined.genes)
    write_json(
        folder / "dataset.json",
        {
            "format": FORMAT,
            "assembly": request.assembly or request.genome.name.split(".fa")[0],
            "synthetic": request.synthetic,
            "upstream": request.upstream,
            "downstream": request.downstream,
            "floor": floor,
            "offset": request.offset,
            "smallest_log10": smallest,
            "normalisation": expression.normalisation,
            "matched_by": match.rule,
            "half_life_features": [
                name for name in half_life.columns if joined.genes[name].notna().any()
            ],
            "half_life_definition": request.half_life,
            "n_genes": len(joined.genes),
            "n_populations": len(joined.populations),
            "n_dropped": len(joined.dropped),
            "notices": notices,
            "digest": content_digest(windows, log10.T, half_life),
            "provenance": provenance(files, request.to_dict()),
        },
    )


def _lowest(mean: pd.DataFrame, request: ImportRequest) -> tuple[float, float]:
    """Give the stored value of what is never expressed, and of the smallest mean above zero."""
    smallest = smallest_log10(mean)
    if not request.offset:
        return request.floor, smallest
    # Stored values are 32-bit: what is never expressed must be equal to the floor, not near it.
    floor = float(np.float32(np.log10(request.offset)))
    return floor, float(np.log10(10.0**smallest + request.offset))


def _with_tss_of(transcripts: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    """Let the chosen transcripts begin where their genes do: CAGE peaks may have moved them."""
    chosen = transcripts["chosen"].to_numpy(bool)
    owner = genes.loc[transcripts.loc[chosen, "gene_id"], ["tss", "transcript_rule"]]
    changed = transcripts.copy()
    changed.loc[chosen, "tss"] = owner["tss"].to_numpy()
    changed.loc[chosen, "transcript_rule"] = owner["transcript_rule"].to_numpy()
    return changed


def write_h5ad(path: Path, adata: "AnnData") -> None:
    """Write by way of memory: HDF5 that meets a full disk takes the process down with it."""
    import h5py
    from anndata.io import write_elem

    with h5py.File(path.name, "w", driver="core", backing_store=False) as file:
        write_elem(file, "/", adata, dataset_kwargs={"compression": "gzip"})
        file.flush()
        image = file.id.get_file_image()
    path.write_bytes(image)
