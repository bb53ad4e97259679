"""Building an atlas: gene by gene, each written as it finishes, whole at the end.

Building that was stopped goes on: genes that were finished are not computed again.
"""

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scx_core.atlas.atlas import Atlas
from scx_core.atlas.gene import GeneResult, GeneTask, compute_gene
from scx_core.atlas.storage import FORMAT, create_arrays, get_array, open_arrays
from scx_core.dataset import Dataset
from scx_core.engines import cores
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, join_some
from scx_core.kernels.threads import use_one_thread
from scx_core.progress import Progress, no_progress
from scx_core.provenance import provenance
from scx_core.resumable import refuse_existing, resumable_directory
from scx_core.sequence.alphabet import BASES
from scx_core.store import require_space, write_json

#: Bytes of an effect on disk.
_BYTES: Final = 2


@dataclass(frozen=True)
class _Plan:
    ensemble: Ensemble
    dataset: Dataset
    genes: tuple[str, ...]
    columns: tuple[int, ...]

    def spec(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "model": self.ensemble.name,
            "model_digest": self.ensemble.digest,
            "dataset": self.dataset.name,
            "dataset_digest": self.dataset.digest,
            "synthetic": bool(self.dataset.metadata["synthetic"]),
            "upstream": self.dataset.upstream,
            "downstream": self.dataset.downstream,
            "runs": self.ensemble.runs_by_fold,
            "populations": [self.ensemble.populations[column] for column in self.columns],
            "genes": list(self.genes),
        }

    @property
    def rows(self) -> NDArray[np.int64]:
        return np.array([self.dataset.row_of(gene_id) for gene_id in self.genes], np.int64)

    @property
    def bytes_per_gene(self) -> int:
        return self.dataset.windows.shape[1] * (len(BASES) * len(self.columns) * _BYTES + 1)


def build_atlas(
    ensemble: Ensemble,
    dataset: Dataset,
    path: Path | str,
    *,
    genes: Sequence[str] | None = None,
    populations: Sequence[str] | None = None,
    executor: Executor | None = None,
    progress: Progress = no_progress,
) -> Atlas:
    """Predict every substitution in the windows of many genes, by models that never saw the gene.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    path : Path
        Folder of the new atlas; must not exist.
    genes : sequence of str, optional
        Ids or symbols; all genes of the trained folds if not given.
    populations : sequence of str, optional
        Populations of the model; all if not given.
    executor : Executor, optional
        Where genes are computed; threads of this process if not given. Other processes must see
        the same files.
    progress : Progress
        May raise to cancel; finished genes are kept for the next start. A few genes at a time are
        in memory, however many there are.

    Raises
    ------
    ScxError
        If the model does not fit, a gene or population is unknown, the disk is too small, or an
        atlas of that name exists.
    """
    path = Path(path)
    refuse_existing(path, "atlas")
    plan = _make_plan(ensemble, dataset, genes, populations)
    with resumable_directory(path, "atlas", plan.spec(), lambda work: _begin(work, plan)) as work:
        _compute_genes(work, plan, executor, progress)
        errors = np.asarray(get_array(open_arrays(work), "max_error")[:])
        write_json(
            work / "atlas.json",
            {
                **plan.spec(),
                "max_error": float(errors.max()),
                "provenance": provenance({}, plan.spec(), ensemble.settings.seed),
            },
        )
    progress(1.0, "Finished")
    return Atlas.open(path)


def _make_plan(
    ensemble: Ensemble,
    dataset: Dataset,
    genes: Sequence[str] | None,
    populations: Sequence[str] | None,
) -> _Plan:
    ensemble.check_dataset(dataset)
    if not ensemble.config.stages:
        raise ScxError(
            f"The model {ensemble.name!r} reads half-life features alone; no letter has an effect. "
            "Choose a model that reads sequence."
        )
    if genes is None:
        ids = list(ensemble.folds.index[ensemble.folds.isin(ensemble.trained_folds)])
    else:
        ids = list(dict.fromkeys(dataset.find_gene(text) for text in genes))
    for gene_id in ids:
        ensemble.fold_of(gene_id)
    wanted = ensemble.populations if populations is None else tuple(dict.fromkeys(populations))
    unknown = [name for name in wanted if name not in ensemble.populations]
    if unknown:
        raise ScxError(
            f"The model {ensemble.name!r} does not predict {join_some(unknown)}; it predicts "
            f"{join_some(ensemble.populations)}."
        )
    if not ids or not wanted:
        raise ScxError("An atlas needs at least one gene and one population.")
    columns = tuple(ensemble.populations.index(name) for name in wanted)
    return _Plan(ensemble, dataset, tuple(ids), columns)


def _begin(work: Path, plan: _Plan) -> None:
    require_space(work, len(plan.genes) * plan.bytes_per_gene)
    _write_genes(work, plan)
    create_arrays(work, len(plan.genes), plan.dataset.windows.shape[1], len(plan.columns))


def _write_genes(work: Path, plan: _Plan) -> None:
    columns = ["gene_name", "chromosome", "strand", "tss"]
    table = plan.dataset.genes.loc[list(plan.genes), columns]
    table = table.astype(dict.fromkeys(columns[:3], str))
    table = table.assign(fold=plan.ensemble.folds.loc[list(plan.genes)].to_numpy(np.int64))
    table.rename_axis("gene_id").to_parquet(work / "genes.parquet")
    shape = (len(plan.genes), plan.dataset.windows.shape[1])
    windows = np.lib.format.open_memmap(
        work / "windows.npy", mode="w+", dtype=np.uint8, shape=shape
    )
    rows = plan.rows
    for start in range(0, len(rows), 1024):
        windows[start : start + 1024] = plan.dataset.windows[rows[start : start + 1024]]
    windows.flush()


def _compute_genes(work: Path, plan: _Plan, executor: Executor | None, progress: Progress) -> None:
    arrays = open_arrays(work, "r+")
    marks = np.asarray(get_array(arrays, "done")[:], dtype=bool)
    missing = np.flatnonzero(~marks).tolist()
    done, started = len(marks) - len(missing), perf_counter()
    progress(done / len(marks), f"{done:,} of {len(marks):,} genes are there")
    n_workers = cores()
    own = (
        nullcontext(executor)
        if executor
        else ThreadPoolExecutor(n_workers, initializer=use_one_thread)
    )
    rows = plan.rows
    with own as pool:
        running: set[Future[GeneResult]] = set()
        try:
            while missing or running:
                # Few at a time: what has not begun takes no memory, and a cancel is quick.
                while missing and len(running) < n_workers + 1:
                    number = missing.pop(0)
                    task = GeneTask(
                        work, number, int(rows[number]), plan.genes[number], plan.columns,
                        plan.ensemble.path, plan.ensemble.digest, plan.dataset.path,
                    )  # fmt: skip
                    running.add(pool.submit(compute_gene, task))
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    _mark(arrays, future.result())
                    done += 1
                rate = (done - int(marks.sum())) / (perf_counter() - started)
                progress(done / len(marks), f"Gene {done:,} of {len(marks):,}, {rate:.1f} a second")
        finally:
            for future in running:
                future.cancel()


def _mark(arrays: Any, result: GeneResult) -> None:
    """Note what is known of a gene whose effects are written, and only then that it is done."""
    get_array(arrays, "scale")[result.number] = result.scale
    get_array(arrays, "max_error")[result.number] = result.error
    get_array(arrays, "wild_type")[result.number] = result.wild_type
    get_array(arrays, "done")[result.number] = True
