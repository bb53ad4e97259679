"""Writing a dataset folder."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation import HALF_LIFE_FEATURES, Annotation, log10_half_life
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

    log10 = log10_pseudobulk(joined.mean, request.floor).astype(np.float32)
    smallest = smallest_log10(joined.mean)
    notices = list(joined.notices)
    if smallest < request.floor:
        notices.append(
            f"The smallest expression above zero is 10^{smallest:.2f}, below the floor "
            f"{request.floor:g} that stands for zero: choose a lower floor."
        )
    adata = anndata.AnnData(
        X=log10.to_numpy(),
        obs=joined.populations.astype({"level": str, "parent": str}),
        var=joined.genes,
        layers={"mean": joined.mean.to_numpy(np.float32)},
    )
    _write_h5ad(folder / "expression.h5ad", adata)
    np.save(folder / "windows.npy", windows, allow_pickle=False)
    transcripts = annotation.transcripts
    transcripts = transcripts[transcripts["gene_id"].isin(joined.genes.index)]
    transcripts.reset_index(drop=True).to_parquet(folder / "transcripts.parquet")
    regions.to_parquet(folder / "regions.parquet")
    joined.dropped.to_parquet(folder / "dropped.parquet")
    files: dict[str, Path | None] = {use: getattr(request, use) for use in PATHS if use != "cache"}
    half_life = log10_half_life(joined.genes[list(HALF_LIFE_FEATURES)].astype(np.float64))
    write_json(
        folder / "dataset.json",
        {
            "format": FORMAT,
            "assembly": request.assembly or request.genome.name.split(".fa")[0],
            "synthetic": request.synthetic,
            "upstream": request.upstream,
            "downstream": request.downstream,
            "floor": request.floor,
            "smallest_log10": smallest,
            "normalisation": expression.normalisation,
            "matched_by": match.rule,
            "half_life_features": [
                name for name in annotation.features if joined.genes[name].notna().any()
            ],
            "n_genes": len(joined.genes),
            "n_populations": len(joined.populations),
            "n_dropped": len(joined.dropped),
            "notices": notices,
            "digest": content_digest(windows, log10.T, half_life),
            "provenance": provenance(files, request.to_dict()),
        },
    )


def _write_h5ad(path: Path, adata: "AnnData") -> None:
    """Write by way of memory: HDF5 that meets a full disk takes the process down with it."""
    import h5py
    from anndata.io import write_elem

    with h5py.File(path.name, "w", driver="core", backing_store=False) as file:
        write_elem(file, "/", adata, dataset_kwargs={"compression": "gzip"})
        file.flush()
        image = file.id.get_file_image()
    path.write_bytes(image)
