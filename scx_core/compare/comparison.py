"""Say which of several models predicts better, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from scx_core.compare.bootstrap import (
    N_SAMPLES,
    Counts,
    Reals,
    draw_samples,
    median_of_known,
    median_of_samples,
    pearson_of_samples,
    rank_correlations_of_samples,
)
from scx_core.compare.common import (
    FEWEST,
    Entry,
    MeetingLevel,
    at_one_level,
    find_shared,
    have_same_folds,
    tell_folds,
    tell_shared,
)
from scx_core.compare.measures import Measure, overall_table, population_table
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.evaluate import correlate_across_populations, correlate_columns
from scx_core.progress import Progress, no_progress, part_of

_HEADLINE: Final = ("pearson", "pearson_difference", "pearson_low", "pearson_high")


@dataclass(frozen=True)
class Comparison:
    """Models side by side, each against the first, over genes and populations that all share.

    Attributes
    ----------
    models : tuple of str
        The first one is what the others are compared with.
    populations : tuple of str
    n_genes : int
        Genes that all models predicted out of fold.
    by_population : DataFrame
        One row for each population and model: ``population, model, n, pearson,
        pearson_difference, pearson_low, pearson_high``, and the same for ``spearman``: correlation
        over genes, how much more than that of the first model, and the 95 % interval of this
        difference over bootstrap samples of the genes (the same for all models). NaN for the first
        model's differences, and where a model's predictions are constant.
    overall : DataFrame
        By model, in the same columns: ``pearson`` and ``spearman`` are medians over the populations,
        ``across`` is the median over genes of `by_gene`; of those that are a number for all models.
    by_gene : DataFrame, genes x models
        Pearson correlation over the populations; NaN where a gene does not vary, and for all genes
        where fewer than three populations are shared.
    same_folds : bool
        Every gene was held out together with the same other genes in all models.
    statements : tuple of str
        What was compared, and what to bear in mind.
    """

    models: tuple[str, ...]
    populations: tuple[str, ...]
    n_genes: int
    by_population: pd.DataFrame
    overall: pd.DataFrame
    by_gene: pd.DataFrame
    same_folds: bool
    statements: tuple[str, ...]

    def pearson(self) -> pd.DataFrame:
        """Pearson correlation over genes, populations x models."""
        table = self.by_population.pivot_table(
            index="population", columns="model", values="pearson", dropna=False, sort=False
        )
        return table.reindex(index=list(self.populations), columns=list(self.models))

    def headlines(self) -> tuple[str, ...]:
        """Say in a sentence for each model but the first how much better it is, and how sure that is."""
        table = self.overall.astype(float)
        first = float(table["pearson"].iloc[0])
        return tuple(
            f"{name} against {self.models[0]}, {counted(self.n_genes, 'gene')}: median Pearson r over "
            f"{counted(len(self.populations), 'population')} {_plain(r)} against {_plain(first)}, "
            f"difference {_signed(more)} (95 % interval {_signed(low)} to {_signed(high)})."
            for name, r, more, low, high in zip(
                self.models[1:],
                *(table[column].iloc[1:] for column in _HEADLINE),
                strict=True,
            )
        )


def _plain(value: float) -> str:
    return f"{value:.3f}".replace("-", "−") if value == value else "not defined"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−") if value == value else "not defined"


def compare_models(
    models: Sequence[tuple[Ensemble, Dataset]],
    *,
    level: MeetingLevel = "finest",
    n_samples: int = N_SAMPLES,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Comparison:
    """Compare the out-of-fold predictions of models by population and by gene.

    Models of several levels of one dataset (class, population) meet at the finest of them: a coarse
    model is asked about each fine population (Δc,p,t, scXpresso, Figures 2B-C). To average a fine
    model up instead makes it an easier question, whose differences are larger.

    Parameters
    ----------
    models : sequence of (Ensemble, Dataset)
        Each with the dataset it was trained on; the others are compared with the first.
    level : str
        ``"finest"``, or ``"coarsest"``: predictions of fine models are averaged as expression is,
        log10 of the mean over cells.
    n_samples : int
        Bootstrap samples.
    seed : int
        Of the samples.
    progress : Progress
        May raise to cancel.

    Raises
    ------
    ScxError
        If there are fewer than two models, one is given twice, a dataset is not the model's, or they
        share no population or too few genes.
    """
    names = tuple(ensemble.name for ensemble, _ in models)
    if len(names) < 2 or len(set(names)) < len(names):
        raise ScxError("Choose two or more different models to compare.")
    entries, statements = at_one_level(models, level)
    populations, genes = find_shared(entries)
    statements += tell_shared(entries, populations, genes)
    same = have_same_folds(entries)
    statements += (tell_folds(entries, same),)
    counts = draw_samples(len(genes), n_samples, seed)
    values = [entry.of(genes, populations) for entry in entries]
    pearson = _pearson(values, counts, part_of(progress, 0.0, 0.2))
    spearman = _spearman(entries, values, counts, part_of(progress, 0.2, 1.0))
    by_gene = _by_gene(entries, genes, populations)
    across = _across(by_gene, counts)
    progress(1.0, f"Compared {len(names)} models")
    return Comparison(
        names,
        tuple(populations),
        len(genes),
        population_table(names, populations, len(genes), (pearson, spearman)),
        overall_table(names, len(genes), (pearson.medians(), spearman.medians(), across)),
        by_gene,
        same,
        statements,
    )


def _pearson(values: list[tuple[Reals, Reals]], counts: Counts, progress: Progress) -> Measure:
    samples = []
    for done, (true, predicted) in enumerate(values):
        progress(done / len(values), "Drawing genes anew")
        samples.append(pearson_of_samples(true, predicted, counts))
    return Measure("pearson", [correlate_columns(*both) for both in values], samples)


def _spearman(
    entries: list[Entry],
    values: list[tuple[Reals, Reals]],
    counts: Counts,
    progress: Progress,
) -> Measure:
    """Correlate ranks; the truth is ranked once for all models of a dataset."""
    samples: dict[int, Reals] = {}
    digests = [entry.dataset.digest for entry in entries]
    for digest in dict.fromkeys(digests):
        places = [place for place, other in enumerate(digests) if other == digest]
        drawn = rank_correlations_of_samples(
            values[places[0]][0],
            [values[place][1] for place in places],
            counts,
            part_of(
                progress, len(samples) / len(values), (len(samples) + len(places)) / len(values)
            ),
        )
        samples.update(zip(places, drawn, strict=True))
    found = [
        correlate_columns(rankdata(true, axis=0), rankdata(predicted, axis=0))
        for true, predicted in values
    ]
    return Measure("spearman", found, [samples[place] for place in range(len(values))])


def _across(by_gene: pd.DataFrame, counts: Counts) -> Measure:
    """Take the median over genes of their correlation over populations."""
    complete = by_gene.where(by_gene.notna().all(axis=1))
    values = [complete[name].to_numpy(np.float64) for name in complete]
    samples = [median_of_samples(numbers, counts)[:, None] for numbers in values]
    return Measure("across", [median_of_known(numbers[None]) for numbers in values], samples)


def _by_gene(entries: list[Entry], genes: pd.Index, populations: list[str]) -> pd.DataFrame:
    names = [entry.ensemble.name for entry in entries]
    if len(populations) < FEWEST:
        return pd.DataFrame(np.nan, columns=names, index=genes).rename_axis("gene_id")
    columns = {
        entry.ensemble.name: correlate_across_populations(
            entry.true.loc[genes, populations], entry.predicted.loc[genes, populations]
        )
        for entry in entries
    }
    return pd.DataFrame(columns, index=genes).rename_axis("gene_id")
