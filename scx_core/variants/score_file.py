"""Scoring a file of any length: in chunks that are kept, so that stopped work goes on.

Written to the result's folder::

    effects.tsv.gz    every input row, with its effects or the reason
    effects.vcf.gz    the same as an annotated VCF
    columns.tsv       what each column means
    summary.tsv       input rows by outcome; the counts add up
    result.json       options, counts, provenance
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from scx_core.dataset import Dataset
from scx_core.errors import counted
from scx_core.progress import Progress, no_progress, part_of
from scx_core.provenance import provenance
from scx_core.resumable import resumable_directory
from scx_core.store import Workspace, file_digest, quick_file, read_json, write_json
from scx_core.variants.pipeline import Scorer, ScoringOptions, count_outcomes
from scx_core.variants.ranks import RANK_COLUMNS, RankedGenes, rank_genes, strengths
from scx_core.variants.reading import VariantList, VariantReader, open_variants
from scx_core.variants.writing import TsvWriter, column_dictionary, write_vcf

if TYPE_CHECKING:
    from scx_core.ensemble import Ensemble

_PARTS: Final = "parts"
_CHUNK_ROWS: Final = 10_000
_RANKS: Final = "ranks.parquet"
#: Share of the whole that scoring takes; the rest is writing.
_SCORING: Final = 0.7
_RANKING: Final = 0.1
_WRITING: Final = _SCORING + _RANKING
_RANK_NOTICES: Final = "ranks.json"
#: What genes are chosen by, and what ranks are worked out from.
_RANKED: Final = (
    "gene_id", "index", "reference", "substitution", "given", "haplotype", "reason",
    "largest_effect", "largest_population",
)  # fmt: skip
#: More input rows than this go into the table alone where the list is no VCF of its own.
_MOST_IN_VCF: Final = 1_000_000


def score_file(
    workspace: Workspace,
    ensemble: "Ensemble",
    dataset: Dataset,
    source: Path,
    target: Path,
    options: ScoringOptions | None = None,
    progress: Progress = no_progress,
    notify: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Score a file of variants; give what ``result.json`` holds.

    Parameters
    ----------
    workspace : Workspace
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    source : Path
        See `open_variants`.
    target : Path
        Folder to make; must not exist. Work that was stopped goes on.
    options : ScoringOptions, optional
    progress : Progress
        May raise to cancel.
    notify : callable
        Told, once each, of what was found out about the list.

    Raises
    ------
    ScxError
        If the file cannot be read, or there is something at ``target``.
    """
    options = options or ScoringOptions()
    reader = open_variants(source, roles=options.roles, chunk_rows=_CHUNK_ROWS)
    spec = {
        "kind": "variants",
        "model": ensemble.name,
        "model_digest": ensemble.digest,
        "dataset": dataset.name,
        "dataset_digest": dataset.digest,
        "file": source.name,
        "file_digest": file_digest(source),
        "options": options.to_dict(),
        "chunk_rows": _CHUNK_ROWS,
        "unit": "log10 pseudobulk expression, substitution minus the genome's letters",
    }
    with resumable_directory(target, "result", spec) as work:
        filing = _Filing(work, reader, progress, notify)
        # Which genes are the strongest of the whole list is known when all chunks are scored.
        unranked = replace(options, ranked_genes=0)
        with Scorer(workspace, ensemble, dataset, unranked, part_of(progress, 0, 0.02)) as scorer:
            filing.score(scorer)
        filing.rank(ensemble, dataset, options.ranked_genes)
        counts = filing.write(source, ensemble, dataset)
        made = provenance({"file": source}, spec, ensemble.settings.seed)
        summary = {**spec, **counts, "notices": filing.notices, "provenance": made}
        write_json(work / "result.json", summary)
        filing.tidy()
    progress(1.0, "Finished")
    return summary


class _Filing:
    """The work in a folder."""

    def __init__(
        self,
        work: Path,
        reader: VariantReader,
        progress: Progress,
        notify: Callable[[str], None],
    ) -> None:
        self.work, self.reader, self.progress, self.notify = work, reader, progress, notify
        self.notices: list[str] = []
        self.n_chunks = self.n_rows = 0
        self.contigs: dict[str, int] = {}

    def score(self, scorer: Scorer) -> None:
        (self.work / _PARTS).mkdir(exist_ok=True)
        lengths = scorer.letters.chromosomes.items()
        self.contigs = {name: length for name, length in lengths if length is not None}
        for number, chunk in enumerate(self.reader):
            self.n_chunks, self.n_rows = number + 1, self.n_rows + len(chunk)
            # The build is found out from the first chunk, whether or not it is scored already.
            if number > 0 and self._part(number).exists():
                continue
            placed = scorer.place(chunk)
            for sentence in placed.notices:
                self._notice(sentence)
            if self._part(number).exists():
                continue
            share = self.reader.share_read
            self.progress(_SCORING * share, f"Row {self.n_rows:,}: {len(placed.placed):,} places")
            scored = scorer.score(placed.placed, self._within(share))
            self._keep(scored, number)
        for sentence in self.reader.notices:
            # Of the effect allele the placed list has spoken, by the genome, too.
            if sentence != self.reader.effect.sentence:
                self._notice(sentence)

    def rank(self, ensemble: "Ensemble", dataset: Dataset, most_genes: int | None) -> None:
        """Rank the changes of the strongest genes in their windows."""
        if most_genes == 0:
            return
        if not (self.work / _RANKS).exists():
            self._make_ranks(ensemble, dataset, most_genes)
        for sentence in read_json(self.work / _RANK_NOTICES)["notices"]:
            self._notice(sentence)

    def _make_ranks(self, ensemble: "Ensemble", dataset: Dataset, most_genes: int | None) -> None:
        chunks = range(self.n_chunks)
        read = (strengths(self._read(number, _RANKED)) for number in chunks)
        genes = RankedGenes.choose(read, most_genes)
        parts = []
        for number in chunks:
            part = self._read(number, _RANKED).assign(chunk=number).rename_axis("line")
            parts.append(part[part["gene_id"].isin(genes.chosen)].reset_index())
        notices: list[str] = []
        ranked = rank_genes(
            ensemble, dataset, pd.concat(parts, ignore_index=True), genes,
            part_of(self.progress, _SCORING, _SCORING + _RANKING), notify=notices.append,
        )  # fmt: skip
        write_json(self.work / _RANK_NOTICES, {"notices": notices})
        with quick_file(self.work / _RANKS) as temporary:
            ranked[["chunk", "line", *RANK_COLUMNS]].to_parquet(temporary, index=False)

    def _read(self, number: int, columns: tuple[str, ...] | None = None) -> pd.DataFrame:
        return pd.read_parquet(self._part(number), columns=list(columns) if columns else None)

    def _scored(self, number: int) -> pd.DataFrame:
        """Give a chunk's results with their ranks."""
        scored = self._read(number)
        if not (self.work / _RANKS).exists():
            return scored
        ranks = pd.read_parquet(self.work / _RANKS, filters=[("chunk", "==", number)])
        found = ranks.set_index("line")[list(RANK_COLUMNS)].reindex(scored.index)
        return scored.assign(**{name: found[name] for name in RANK_COLUMNS})

    def _within(self, share: float) -> Progress:
        def told(_fraction: float, message: str) -> None:
            self.progress(_SCORING * share, f"Row {self.n_rows:,}: {message}")

        return told

    def _keep(self, scored: pd.DataFrame, number: int) -> None:
        with quick_file(self._part(number)) as temporary:
            scored.to_parquet(temporary, index=False)

    def _part(self, number: int) -> Path:
        return self.work / _PARTS / f"{number:06d}.parquet"

    def _notice(self, sentence: str) -> None:
        if sentence not in self.notices:
            self.notices.append(sentence)
            self.notify(sentence)

    def write(self, source: Path, ensemble: "Ensemble", dataset: Dataset) -> dict[str, Any]:
        """Write the tables; give the counts."""
        populations = ensemble.populations
        header = {"file": source.name, **describe_effects(ensemble, dataset)}
        outcomes = []
        with TsvWriter(self.work / "effects.tsv.gz", header, populations) as writer:
            for number, (chunk, scored) in enumerate(self._scored_chunks()):
                self.progress(_WRITING + 0.1 * number / self.n_chunks, "Writing the table")
                writer.append(chunk.rows, scored)
                outcomes.append(count_outcomes(scored, len(chunk)))
        self.progress(_WRITING + 0.1, "Writing the VCF")
        self._write_vcf(source, header, ensemble, dataset)
        column_dictionary(populations).to_csv(self.work / "columns.tsv", sep="\t", index=False)
        summary = pd.concat(outcomes).groupby("outcome", sort=False)["rows"].sum()
        summary.to_csv(self.work / "summary.tsv", sep="\t")
        by_outcome = {str(name): int(rows) for name, rows in summary.items()}
        return {"rows": self.n_rows, "by_outcome": by_outcome}

    def _scored_chunks(self) -> Iterator[tuple[VariantList, pd.DataFrame]]:
        for number, chunk in enumerate(self.reader):
            yield chunk, self._scored(number)

    def _write_vcf(
        self,
        source: Path,
        header: dict[str, Any],
        ensemble: "Ensemble",
        dataset: Dataset,
    ) -> None:
        own = self.reader.format == "VCF"
        if not own and self.n_rows > _MOST_IN_VCF:
            self._notice(
                f"A VCF is made of lists of up to {counted(_MOST_IN_VCF, 'row')}; this one is in the "
                "table alone."
            )
            return
        parts = (self._scored(number) for number in range(self.n_chunks))
        write_vcf(
            self.work / "effects.vcf.gz", parts, ensemble.populations, header,
            source=source if own else None, contigs=self.contigs,
            assembly=dataset.metadata["assembly"],
        )  # fmt: skip

    def tidy(self) -> None:
        for name in (_RANKS, _RANK_NOTICES):
            (self.work / name).unlink(missing_ok=True)
        for number in range(self.n_chunks):
            self._part(number).unlink(missing_ok=True)
        (self.work / _PARTS).rmdir()


def describe_effects(ensemble: "Ensemble", dataset: Dataset) -> dict[str, str]:
    """Say what made the effects and what they are: the head of every file of results."""
    return {
        "dataset": f"{dataset.name}, digest {dataset.digest}",
        "genome": dataset.metadata["assembly"],
        "model": f"{ensemble.name}, digest {ensemble.digest}",
        "effect": "predicted(substitution) - predicted(genome's letters), log10 expression, "
        "mean over the runs of the gene's test fold; spread: standard deviation over runs",
        "positions": "1-based; alleles on the plus strand",
    }
