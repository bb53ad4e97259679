"""From a list to results: every row comes out, whatever form it has and however often it stopped."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.sequence.alphabet import CODE_LETTERS
from scx_core.store import Workspace, read_json
from scx_core.variants import pipeline
from scx_core.variants import score_file as filing
from scx_core.variants.genome import Letters, open_letters
from scx_core.variants.liftover import register_chain
from scx_core.variants.pipeline import (
    Scorer,
    ScoringOptions,
    count_outcomes,
    score_variants,
)
from scx_core.variants.reading import read_variants
from scx_core.variants.rsid_sources import register
from scx_core.variants.uploads import keep_list

QUICK = ScoringOptions(genome_percentiles=False, ranked_genes=0)


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def letter_at(dataset: Dataset, gene: str, offset: int) -> tuple[int, str]:
    """Position (1-based) and letter, plus strand, of a plus-strand gene."""
    row = dataset.genes.loc[gene]
    assert row["strand"] == "+"
    code = dataset.windows[dataset.row_of(gene), dataset.upstream + offset]
    return int(row["tss"]) + offset, CODE_LETTERS[code]


def a_plus_gene(dataset: Dataset, ensemble: Ensemble) -> str:
    tested = dataset.genes.loc[ensemble.predictions.index]
    return str(tested.index[tested["strand"] == "+"][2])


def test_every_form_of_a_variant_has_the_same_effects(
    toy_dataset: Dataset, toy_ensemble: Ensemble, place: Workspace, tmp_path: Path
) -> None:
    position, letter = letter_at(toy_dataset, a_plus_gene(toy_dataset, toy_ensemble), 20)
    other = "ACGT"[("ACGT".index(letter) + 1) % 4]
    vcf = f"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t{position}\trs5\t{letter}\t{other}\t.\t.\t.\n"
    (tmp_path / "ids.vcf").write_text(vcf)
    register(place, tmp_path / "ids.vcf", "ids", build="toy1")
    forms = {
        "typed": f"chr1:{position}:{letter}:{other}",
        "dashes": f"1-{position}-{letter}-{other}",
        "VCF": vcf,
        "rsID": "rs5\n",
        "table": f"snp\tchrom\tbp\ta1\ta2\nx\t1\t{position}\t{letter}\t{other}\n",
    }
    tables = {}
    for name, text in forms.items():
        scorer = Scorer(place, toy_ensemble, toy_dataset, QUICK)
        tables[name] = scorer.score(scorer.place(read_variants(text)).placed)
    columns = ["gene_id", "index", "substitution", "largest_effect", "largest_population"]
    columns += [name for name in tables["typed"] if name.startswith("effect: ")]
    for name, table in tables.items():
        assert (table["reason"] == "").all(), name
        pd.testing.assert_frame_equal(table[columns], tables["typed"][columns], obj=name)


lines = st.sampled_from(
    [
        "chr1:{p}:A:C", "chr1:{p}", "1-{p}-G-T", "chr9:{p}:A:C", "rs{p}", "hello", "chr1:0:A:C",
        "chr1:99999999999:A:C", "chr1:{p}:A:<DEL>", "chr1:{p}:AT:A", "chr1:{p}:A:ATTG",
    ]
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(lines, st.integers(1, 90_000)), min_size=1, max_size=12))
def test_every_row_comes_out_and_the_counts_add_up(
    toy_dataset: Dataset, toy_ensemble: Ensemble, given_lines: list[tuple[str, int]]
) -> None:
    text = "\n".join(line.format(p=number) for line, number in given_lines)
    given = read_variants(text)
    scored = score_variants(toy_ensemble, toy_dataset, given, options=QUICK)
    assert set(scored["row"]) == set(given.rows.index)
    outcomes = count_outcomes(scored, len(given))
    assert outcomes["rows"].sum() == len(given_lines)
    assert ((scored["reason"] == "") == scored["largest_effect"].notna()).all()
    assert ((scored["reason"] == "") == (scored["reason_kind"] == "")).all()


def make_list(dataset: Dataset, path: Path, n: int = 120) -> Path:
    rng = np.random.default_rng(3)
    tss = dataset.genes["tss"].sample(n, replace=True, random_state=1).to_numpy()
    table = pd.DataFrame(
        {
            "chrom": "chr1",
            "pos": tss + rng.integers(-600, 600, n),
            "my note": [f"note {number}" for number in range(n)],
        }
    )
    table.to_csv(path, sep="\t", index=False)
    return path


def test_stopped_work_goes_on_with_the_same_result(
    toy_dataset: Dataset,
    toy_ensemble: Ensemble,
    place: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filing, "_CHUNK_ROWS", 25)
    source = make_list(toy_dataset, tmp_path / "list.tsv")
    opened = (place, toy_ensemble, toy_dataset, source)
    whole = filing.score_file(*opened, tmp_path / "whole", QUICK)

    class StopError(Exception):
        pass

    def stop(fraction: float, message: str) -> None:
        if "Row 75" in message:
            raise StopError

    with pytest.raises(StopError):
        filing.score_file(*opened, tmp_path / "stopped", QUICK, stop)
    parts = sorted((tmp_path / ".stopped.unfinished" / "parts").glob("*.parquet"))
    assert len(parts) == 2
    scored: list[int] = []
    original = Scorer.score
    monkeypatch.setattr(
        Scorer, "score", lambda self, *given: scored.append(1) or original(self, *given)
    )
    kept: list[int] = []
    keep = filing._Filing._keep
    monkeypatch.setattr(
        filing._Filing, "_keep",
        lambda self, part, number: kept.append(number) or keep(self, part, number),
    )  # fmt: skip
    resumed = filing.score_file(*opened, tmp_path / "stopped", QUICK)
    assert len(scored) == 3  # of five chunks
    assert kept == [2, 3, 4]  # what was kept before is not written again
    for name in ("effects.tsv.gz", "effects.vcf.gz"):
        first, second = (
            gzip.decompress((tmp_path / folder / name).read_bytes())
            for folder in ("whole", "stopped")
        )
        assert first == second
    assert whole["by_outcome"] == resumed["by_outcome"]
    assert sum(whole["by_outcome"].values()) == whole["rows"] == 120
    assert sorted(path.name for path in (tmp_path / "stopped").iterdir()) == [
        "columns.tsv", "effects.tsv.gz", "effects.vcf.gz", "result.json", "summary.tsv",
    ]  # fmt: skip
    stored = read_json(tmp_path / "stopped" / "result.json")
    assert stored["options"]["ranked_genes"] == 0
    with gzip.open(tmp_path / "stopped" / "effects.tsv.gz", "rt") as file:
        skip = int(file.readline().rpartition(":")[2])
    table = pd.read_csv(tmp_path / "stopped" / "effects.tsv.gz", sep="\t", skiprows=skip)
    assert table.drop_duplicates("row")["my note"].tolist() == [f"note {n}" for n in range(120)]


def test_a_list_on_another_build_is_refused_whole_or_moved_by_a_chain(
    toy_dataset: Dataset, toy_ensemble: Ensemble, place: Workspace, tmp_path: Path
) -> None:
    records = []
    for gene_id, gene in toy_dataset.genes.iterrows():
        if gene["strand"] == "+":
            position, letter = letter_at(toy_dataset, str(gene_id), 30)
            other = "ACGT"[("ACGT".index(letter) + 2) % 4]
            records.append(f"chr1\t{position - 137}\t{letter}\t{other}")
    text = "chrom\tpos\tref\talt\n" + "\n".join(records) + "\n"
    given = read_variants(text)
    scorer = Scorer(place, toy_ensemble, toy_dataset, QUICK)
    refused = scorer.place(given)
    assert refused.report.kind == "another"
    assert set(refused.placed["reason_kind"]) == {"wrong build"}
    length = 1000 * (len(toy_dataset.genes) + 1)
    chain = f"chain 1000 chr1 {length} + 0 {length - 137} chr1 {length} + 137 {length} 1\n{length - 137}\n\n"
    (tmp_path / "old.chain").write_text(chain)
    register_chain(place, tmp_path / "old.chain", "toy0", "toy1")
    moved = Scorer(place, toy_ensemble, toy_dataset, QUICK).place(given)
    assert moved.report.kind == "lifted"
    fitting = moved.placed[moved.placed["reason"] == ""]
    assert fitting["row"].nunique() == len(records)
    assert (fitting["alleles"] == "match").all()
    # The person's word goes before what was found.
    told = ScoringOptions(build="toy1", genome_percentiles=False, ranked_genes=0)
    assert Scorer(place, toy_ensemble, toy_dataset, told).place(given).report.chain is None
    unknown = ScoringOptions(build="toy7")
    with pytest.raises(ScxError, match="toy7"):
        Scorer(place, toy_ensemble, toy_dataset, unknown).place(given)


def test_user_columns_stay_beside_the_results(toy_dataset: Dataset, toy_ensemble: Ensemble) -> None:
    position, letter = letter_at(toy_dataset, a_plus_gene(toy_dataset, toy_ensemble), 5)
    table = pd.DataFrame({"chromosome": ["chr1"], "position": [position], "gene_id": ["mine"]})
    scored = toy_ensemble.score_variants(toy_dataset, table)
    assert set(scored["gene_id (given)"]) == {"mine"}
    assert scored["gene_id"].str.startswith("ENSG").all()
    assert letter not in set(scored["substitution"])


def test_lists_are_kept_by_their_content(place: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("rs1\n")
    first = keep_list(place, tmp_path / "a.tsv")
    assert keep_list(place, b"rs1\n") == first
    assert first.read_text() == "rs1\n"
    with pytest.raises(ScxError, match="no file"):
        keep_list(place, tmp_path / "b.tsv")
    assert [path.name for path in first.parent.iterdir()] == [first.name]


def test_ranks_of_a_file_are_those_of_the_strongest_genes_of_all_chunks(
    toy_dataset: Dataset,
    toy_ensemble: Ensemble,
    place: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filing, "_CHUNK_ROWS", 25)
    source = make_list(toy_dataset, tmp_path / "list.tsv")
    three = ScoringOptions(genome_percentiles=False, ranked_genes=3)
    told: list[str] = []
    filing.score_file(
        place, toy_ensemble, toy_dataset, source, tmp_path / "out", three, notify=told.append
    )
    with gzip.open(tmp_path / "out" / "effects.tsv.gz", "rt") as file:
        skip = int(file.readline().rpartition(":")[2])
    table = pd.read_csv(tmp_path / "out" / "effects.tsv.gz", sep="\t", skiprows=skip)
    ranked = table[table["rank_in_window"].notna()]
    largest = table.groupby("gene_id")["largest_effect"].apply(lambda sizes: sizes.abs().max())
    assert set(ranked["gene_id"]) == set(largest.nlargest(3).index)
    every = ScoringOptions(genome_percentiles=False, ranked_genes=None)
    whole = score_variants(toy_ensemble, toy_dataset, source, options=every)
    key = ["row", "gene_id", "substitution"]
    both = ranked.merge(whole, on=key, suffixes=("", "_whole"))
    assert len(both) == len(ranked) > 0
    assert (both["rank_in_window"] == both["rank_in_window_whole"]).all()
    np.testing.assert_allclose(both["percentile_in_window"], both["percentile_in_window_whole"])
    assert any("the 3 of " in sentence for sentence in told)


def list_over_a_border(dataset: Dataset, ensemble: Ensemble, path: Path) -> Path:
    """Genes without an allele of the list's own, with one, and with an insertion alone.

    The lines of each gene lie on both sides of the border between two chunks of six rows.
    """
    plus = [
        str(gene) for gene in ensemble.predictions.index if dataset.genes.loc[gene, "strand"] == "+"
    ][:6]
    lines = []
    for half in (10, 40):
        for number, gene in enumerate(plus):
            position, letter = letter_at(dataset, gene, half)
            other = "ACGT"[("ACGT".index(letter) + 1) % 4]
            kind = number % 3  # no allele, a substitution, an insertion
            reference, alternative = [("", ""), (letter, other), (letter, f"{letter}GATTACA")][kind]
            lines.append(f"chr1\t{position}\t{reference}\t{alternative}")
    path.write_text("chrom\tpos\tref\talt\n" + "\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("most_genes", [1, 2, 3, 4, 5, None])
def test_a_job_ranks_the_genes_that_the_page_ranks(
    toy_dataset: Dataset,
    toy_ensemble: Ensemble,
    place: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    most_genes: int | None,
) -> None:
    monkeypatch.setattr(filing, "_CHUNK_ROWS", 6)
    source = list_over_a_border(toy_dataset, toy_ensemble, tmp_path / "list.tsv")
    options = ScoringOptions(genome_percentiles=False, ranked_genes=most_genes)
    told: list[str] = []
    filing.score_file(
        place, toy_ensemble, toy_dataset, source, tmp_path / "out", options, notify=told.append
    )
    with gzip.open(tmp_path / "out" / "effects.tsv.gz", "rt") as file:
        skip = int(file.readline().rpartition(":")[2])
    job = pd.read_csv(tmp_path / "out" / "effects.tsv.gz", sep="\t", skiprows=skip)
    with Scorer(place, toy_ensemble, toy_dataset, options) as scorer:
        page = scorer.score(scorer.place(read_variants(source)).placed)
    page = page.reset_index(drop=True)
    assert page["row"].nunique() == 12
    for name in ("row", "gene_id", "substitution"):
        assert job[name].tolist() == page[name].tolist()
    assert page["rank_in_window"].notna().any()
    np.testing.assert_array_equal(
        job["rank_in_window"].astype(float),
        page["rank_in_window"].astype("Float64").to_numpy(float, na_value=np.nan),
    )
    # What was ranked is said, in the same words.
    ranking = [sentence for sentence in scorer.notices if "anks" in sentence]
    assert ranking
    assert [sentence for sentence in told if sentence in ranking] == ranking
    stored = read_json(tmp_path / "out" / "result.json")["notices"]
    assert set(ranking) <= set(stored)
    if most_genes is None:
        n_genes = page.loc[page["reason"] == "", "gene_id"].nunique()
        assert ranking[0] == f"Ranks within the window were computed for all {n_genes} genes."
        assert page.loc[page["reason"] == "", "rank_in_window"].notna().all()


def test_ranks_that_were_made_before_a_stop_are_still_spoken_of(
    toy_dataset: Dataset, toy_ensemble: Ensemble, place: Workspace, tmp_path: Path
) -> None:
    source = list_over_a_border(toy_dataset, toy_ensemble, tmp_path / "list.tsv")
    options = ScoringOptions(genome_percentiles=False, ranked_genes=2)
    opened = (place, toy_ensemble, toy_dataset, source, tmp_path / "out", options)

    class StopError(Exception):
        pass

    def stop(_fraction: float, message: str) -> None:
        if "Writing" in message:
            raise StopError

    with pytest.raises(StopError):
        filing.score_file(*opened, stop)
    summary = filing.score_file(*opened)
    assert any(text.startswith("Ranks within the window") for text in summary["notices"])


class WatchedLetters:
    """A genome that says whether it was closed."""

    def __init__(self, letters: Letters) -> None:
        self.letters, self.closed = letters, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.letters, name)

    def close(self) -> None:
        self.closed += 1
        self.letters.close()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[WatchedLetters]:
    """Every genome that a scorer opens."""
    opened: list[WatchedLetters] = []

    def watch(*given: object) -> WatchedLetters:
        opened.append(WatchedLetters(open_letters(*given)))  # type: ignore[arg-type]
        return opened[-1]

    monkeypatch.setattr(pipeline, "open_letters", watch)
    return opened


@pytest.mark.parametrize("where", ["detect_build", "place_alleles", "score_placed", ""])
def test_the_genome_is_closed_in_every_path(
    toy_dataset: Dataset,
    toy_ensemble: Ensemble,
    place: Workspace,
    tmp_path: Path,
    watched: list[WatchedLetters],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    class StopError(Exception):
        pass

    def fail(*_given: object, **_named: object) -> None:
        raise StopError

    source = list_over_a_border(toy_dataset, toy_ensemble, tmp_path / "list.tsv")
    opened = (toy_ensemble, toy_dataset, source)
    if where:
        monkeypatch.setattr(pipeline, where, fail)
        with pytest.raises(StopError):
            score_variants(*opened, options=QUICK)
        with pytest.raises(StopError):
            filing.score_file(place, *opened, tmp_path / "out", QUICK)
    else:
        with pytest.raises(StopError):
            score_variants(*opened, fail, QUICK)
        with pytest.raises(StopError):
            filing.score_file(
                place, *opened, tmp_path / "out", QUICK,
                lambda _fraction, message: fail() if "Row" in message else None,
            )  # fmt: skip
    assert [letters.closed for letters in watched] == [1, 1]
