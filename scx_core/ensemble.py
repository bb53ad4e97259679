"""An ensemble: the models of all folds and runs, and predictions by those that never saw a gene.

On disk::

    <name>/model.json                     architecture, settings, dataset digest, provenance
    <name>/folds.tsv                      gene id -> fold, group
    <name>/fold_09/run_0.safetensors      weights and scaling; run_0.json: history, restarts
    <name>/predictions.parquet            out-of-fold predictions, genes x populations, log10
    <name>/metrics.tsv, history.tsv
"""

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from scx_core.annotation import SPLICED
from scx_core.dataset import Dataset
from scx_core.errors import ScxError, counted, join_some
from scx_core.models import CNNConfig
from scx_core.mutagenesis import Effects, saturation_mutagenesis, spread_over_runs
from scx_core.progress import Progress, no_progress
from scx_core.store import damage_as_sentence, read_json
from scx_core.trained import TrainedRun
from scx_core.training.settings import TrainingSettings

if TYPE_CHECKING:
    from scx_core.variants.reading import VariantList

FORMAT: Final = 1
_MEND: Final = "train the model again"


def run_path(path: Path, fold: int, run: int) -> Path:
    """File of one run's weights in a model folder."""
    return path / f"fold_{fold:02d}" / f"run_{run}.safetensors"


def read_folds(path: Path) -> pd.DataFrame:
    """Read a table of folds: by gene id ``fold``, ``group`` and, where genes have one, ``family``."""
    # A gene may be called NA: only numbers may be missing.
    return pd.read_csv(
        path,
        sep="\t",
        index_col="gene_id",
        dtype={"gene_id": str, "group": str, "family": str, "fold": int},
        keep_default_na=False,
    )


class Ensemble:
    """Trained models of some or all folds. Read-only.

    Attributes
    ----------
    path : Path
    metadata : mapping
        Content of ``model.json``.
    """

    def __init__(self, path: Path, metadata: dict[str, Any]) -> None:
        self.path = path
        self.metadata = MappingProxyType(metadata)
        self.config = CNNConfig.from_dict(metadata["config"])
        self.settings = TrainingSettings.from_dict(metadata["settings"])
        self._runs: dict[int, tuple[TrainedRun, ...]] = {}
        self._loading = threading.Lock()

    @classmethod
    def open(cls, path: Path | str) -> "Ensemble":
        """Open a model folder.

        Raises
        ------
        ScxError
            If there is none, or it was written by a newer version.
        """
        path = Path(path)
        if not (path / "model.json").is_file():
            raise ScxError(f"There is no model at {path}; check the name, or train it.")
        with damage_as_sentence(path / "model.json", _MEND):
            metadata = dict(read_json(path / "model.json"))
        if metadata.get("format") != FORMAT:
            raise ScxError(
                f"The model {path.name!r} has format {metadata.get('format')!r}, this version reads "
                f"format {FORMAT}; train it again."
            )
        with damage_as_sentence(path / "model.json", _MEND):
            return cls(path, metadata)

    @property
    def name(self) -> str:
        """Name of the model: its folder's."""
        return self.path.name

    @property
    def dataset_name(self) -> str:
        """Name of the dataset it was trained on."""
        return self.metadata["dataset"]

    @property
    def dataset_digest(self) -> str:
        """Digest of the dataset it was trained on."""
        return self.metadata["dataset_digest"]

    @property
    def half_life_definition(self) -> str:
        """Which lengths the half-life features are that it learned; see `Dataset`."""
        return str(self.metadata.get("half_life_definition", SPLICED))

    @property
    def level(self) -> str:
        """Level of the populations that it predicts."""
        return self.settings.level

    @property
    def populations(self) -> tuple[str, ...]:
        """Populations that it predicts, in order."""
        return tuple(self.metadata["populations"])

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the dataset's digest and all weights that count."""
        import hashlib

        from scx_core.store import file_digest

        digest = hashlib.sha256(self.dataset_digest.encode())
        units = ((fold, run) for fold in self.trained_folds for run in self.runs_in(fold))
        for file in sorted(run_path(self.path, *unit) for unit in units):
            digest.update(file_digest(file).encode())
        return digest.hexdigest()

    @cached_property
    def fold_table(self) -> pd.DataFrame:
        """By gene id: ``fold`` and ``group``."""
        path = self.path / "folds.tsv"
        with damage_as_sentence(path, _MEND):
            return read_folds(path)

    @property
    def folds(self) -> pd.Series:
        """Test fold by gene id."""
        return self.fold_table["fold"]

    @property
    def trained_folds(self) -> tuple[int, ...]:
        """Folds that have models."""
        return self.settings.folds

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Out-of-fold predictions, genes x populations, log10."""
        path = self.path / "predictions.parquet"
        with damage_as_sentence(path, _MEND):
            return pd.read_parquet(path)

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """By population: correlations across genes, of the model and of the baselines."""
        path = self.path / "metrics.tsv"
        with damage_as_sentence(path, _MEND):
            # Clusters are often called 0, 1, 2: names are text.
            table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
            table = table.set_index("population").replace("", "nan").astype(float)
            return table.astype({"n": int})

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row for each fold, run and epoch."""
        path = self.path / "history.tsv"
        with damage_as_sentence(path, _MEND):
            return pd.read_csv(path, sep="\t")

    def fold_of(self, gene_id: str) -> int:
        """Test fold of a gene.

        Raises
        ------
        ScxError
            If the gene was not in the training dataset, or its fold has no models.
        """
        if gene_id not in self.folds.index:
            raise ScxError(
                f"The model {self.name!r} does not know the gene {gene_id}: it was not in the "
                f"dataset {self.dataset_name!r}."
            )
        fold = int(self.folds.loc[gene_id])
        if fold not in self.trained_folds and self.metadata.get("origin") == "release":
            raise ScxError(
                f"The gene {gene_id} is tested in fold {fold}, of which the release of {self.name!r} "
                f"holds no checkpoint (it holds {len(self.trained_folds)} of {self.folds.nunique()} "
                f"folds: {join_some(self.trained_folds)}), and the models of other folds saw the gene "
                f"in training; import a release with fold {fold}."
            )
        if fold not in self.trained_folds:
            raise ScxError(
                f"The gene {gene_id} is tested in fold {fold}, but the model {self.name!r} was "
                f"trained for {len(self.trained_folds)} of {self.folds.nunique()} folds only "
                f"({join_some(self.trained_folds)}), and their models saw the gene in training; "
                f"train fold {fold} too."
            )
        return fold

    def runs_in(self, fold: int) -> tuple[int, ...]:
        """Numbers of the runs of a fold whose models count."""
        stored = self.metadata.get("runs", {}).get(str(fold))
        return tuple(range(self.settings.runs)) if stored is None else tuple(stored)

    @property
    def runs_by_fold(self) -> dict[str, int]:
        """How many models each of the trained folds has, by its number as text (for JSON)."""
        return {str(fold): len(self.runs_in(fold)) for fold in self.trained_folds}

    @property
    def runs_in_words(self) -> str:
        """How many models a fold has: ``5 runs``, or ``1 to 5 runs`` where folds differ."""
        counts = self.runs_by_fold.values()
        least, most = min(counts), max(counts)
        return counted(most, "run") if least == most else f"{least} to {most} runs"

    def runs_of(self, gene_id: str) -> int:
        """How many models are averaged for a gene."""
        return len(self.runs_in(self.fold_of(gene_id)))

    def load_fold(self, fold: int) -> tuple[TrainedRun, ...]:
        """Models of one fold, loaded once, however many threads ask at the same time."""
        with self._loading:
            if fold not in self._runs:
                self._runs[fold] = tuple(
                    TrainedRun.load(
                        run_path(self.path, fold, run), self.metadata["family"], self.config
                    )
                    for run in self.runs_in(fold)
                )
            return self._runs[fold]

    def check_dataset(self, dataset: Dataset) -> None:
        """Make sure that a dataset is the one that the model was trained on.

        Raises
        ------
        ScxError
            If its content differs.
        """
        if dataset.digest != self.dataset_digest:
            raise ScxError(
                f"The model {self.name!r} was trained on {self.dataset_name!r} (digest "
                f"{self.dataset_digest[:12]}…), not on this content of {dataset.name!r} "
                f"({dataset.digest[:12]}…); choose the model's own dataset."
            )

    def predict(
        self,
        dataset: Dataset,
        genes: Sequence[str] | None = None,
        progress: Progress = no_progress,
    ) -> pd.DataFrame:
        """Predict genes with the models that never saw them.

        Parameters
        ----------
        dataset : Dataset
            The one the model was trained on.
        genes : sequence of str, optional
            Ids or symbols; all genes of the trained folds if not given.
        progress : Progress

        Returns
        -------
        DataFrame, genes x populations, log10, mean over runs

        Raises
        ------
        ScxError
            If a gene is unknown or its fold has no models.
        """
        self.check_dataset(dataset)
        if genes is None:
            ids = list(self.folds.index[self.folds.isin(self.trained_folds)])
        else:
            ids = list(dict.fromkeys(dataset.find_gene(text) for text in genes))
        by_fold: dict[int, list[str]] = {}
        for gene_id in ids:
            by_fold.setdefault(self.fold_of(gene_id), []).append(gene_id)
        parts = []
        for done, (fold, members) in enumerate(by_fold.items()):
            progress(done / len(by_fold), f"Predicting fold {fold}")
            rows = [dataset.row_of(gene_id) for gene_id in members]
            codes = dataset.windows[rows]
            half_life = dataset.half_life[list(self.config.half_life)].to_numpy()[rows]
            mean = np.mean([run.predict(codes, half_life) for run in self.load_fold(fold)], axis=0)
            parts.append(pd.DataFrame(mean, index=members, columns=list(self.populations)))
        parts.append(pd.DataFrame(columns=list(self.populations), dtype=float))
        return pd.concat(parts[: len(by_fold)] or parts).loc[ids].rename_axis("gene_id")

    def saturation_mutagenesis(
        self,
        dataset: Dataset,
        gene: str,
        progress: Progress = no_progress,
        engine: str = "auto",
    ) -> Effects:
        """Effect of every substitution in a gene's window, by the models that never saw the gene.

        Parameters
        ----------
        dataset : Dataset
            The one the model was trained on.
        gene : str
            Id or symbol.
        progress : Progress
            May raise to cancel.
        engine : str
            See `scx_core.mutagenesis.saturation_mutagenesis`.

        Raises
        ------
        ScxError
            If the gene is unknown, its fold has no models, or the model reads no sequence.
        """
        self.check_dataset(dataset)
        if not self.config.stages:
            raise ScxError(
                f"The model {self.name!r} reads half-life features alone; no letter has an effect. "
                "Choose a model that reads sequence."
            )
        gene_id = dataset.find_gene(gene)
        fold = self.fold_of(gene_id)
        row = dataset.row_of(gene_id)
        codes = np.array(dataset.windows[row])
        half_life = dataset.half_life[list(self.config.half_life)].to_numpy()[row]
        runs = self.load_fold(fold)
        effects, wild_type = saturation_mutagenesis(
            runs, codes, half_life, engine=engine, progress=progress
        )
        place = dataset.genes.loc[gene_id]
        return Effects(
            gene_id=gene_id,
            chromosome=str(place["chromosome"]),
            strand=str(place["strand"]),
            tss=int(dataset.genes["tss"].iloc[row]),
            upstream=dataset.upstream,
            codes=codes,
            populations=self.populations,
            values=effects.mean(axis=0),
            spread=spread_over_runs(effects),
            wild_type=wild_type.mean(axis=0),
            wild_type_spread=spread_over_runs(wild_type),
            fold=fold,
            n_runs=len(runs),
        )

    def score_variants(
        self,
        dataset: Dataset,
        variants: "VariantList | pd.DataFrame | Path | str",
        progress: Progress = no_progress,
    ) -> pd.DataFrame:
        """Score a list of variants; see `scx_core.variants.pipeline.score_variants`."""
        from scx_core.variants.pipeline import score_variants

        return score_variants(self, dataset, variants, progress)
