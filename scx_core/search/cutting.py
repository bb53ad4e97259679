"""A dataset with a shorter window around the same start sites."""

import shutil
from pathlib import Path

import numpy as np

from scx_core.dataset import Dataset, content_digest
from scx_core.errors import ScxError
from scx_core.provenance import provenance
from scx_core.sequence.alphabet import UNKNOWN
from scx_core.store import atomic_directory, write_json

_CHANGED = ("windows.npy", "expression.h5ad", "dataset.json")


def cut_dataset(dataset: Dataset, path: Path, upstream: int, downstream: int) -> Dataset:
    """Write a dataset that keeps fewer bases around each TSS; all else stays.

    Parameters
    ----------
    dataset : Dataset
    path : Path
        Folder to make; must not exist.
    upstream, downstream : int
        Bases before the TSS, and from the TSS on; at most the dataset's.

    Raises
    ------
    ScxError
        If the window is not within the dataset's, or the folder exists.
    """
    if not (0 <= upstream <= dataset.upstream and 1 <= downstream <= dataset.downstream):
        raise ScxError(
            f"A window of {upstream:,} + {downstream:,} bases cannot be cut from the "
            f"{dataset.upstream:,} + {dataset.downstream:,} of {dataset.name!r}; keep fewer."
        )
    windows = np.ascontiguousarray(
        dataset.windows[:, dataset.upstream - upstream : dataset.upstream + downstream]
    )
    with atomic_directory(path) as folder:
        np.save(folder / "windows.npy", windows, allow_pickle=False)
        _write_expression(dataset, folder, windows)
        for file in dataset.path.iterdir():
            if file.is_file() and file.name not in _CHANGED:
                shutil.copy2(file, folder / file.name)
        write_json(folder / "dataset.json", _metadata(dataset, windows, upstream, downstream))
    return Dataset.open(path)


def _write_expression(dataset: Dataset, folder: Path, windows: np.ndarray) -> None:
    import anndata

    adata = anndata.read_h5ad(dataset.path / "expression.h5ad")
    if "unknown_fraction" in adata.var:
        adata.var["unknown_fraction"] = (windows == UNKNOWN).mean(axis=1)
    adata.write_h5ad(folder / "expression.h5ad", compression="gzip")


def _metadata(
    dataset: Dataset, windows: np.ndarray, upstream: int, downstream: int
) -> dict[str, object]:
    notice = (
        f"Cut from the dataset {dataset.name!r}: {upstream:,} of {dataset.upstream:,} bases "
        f"upstream, {downstream:,} of {dataset.downstream:,} downstream."
    )
    made = provenance({}, {"cut_from": dataset.name, "cut_from_digest": dataset.digest})
    return {
        **dataset.metadata,
        "upstream": upstream,
        "downstream": downstream,
        "digest": content_digest(windows, dataset.expression, dataset.half_life),
        "notices": [*dataset.notices, notice],
        "provenance": {**made, "original": dataset.metadata["provenance"]},
    }
