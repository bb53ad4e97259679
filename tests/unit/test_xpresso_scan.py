"""Region scans: equal to window by window, tracks that read back, the figure and the commands."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pybigtools
import pytest
from keras_files import write_keras, xpresso_layers
from typer.testing import CliRunner

from scx_core.commands import app
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.figures.files import check_figure, render
from scx_core.figures.region_scan import place_labels, region_scan_figure
from scx_core.sequence.alphabet import reverse_complement
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval
from scx_core.sequence.windows import fetch_window
from scx_core.store import Workspace
from scx_core.ui.scan_words import read_region, scan_sentence
from scx_core.xpresso.published import PublishedModel, import_keras
from scx_core.xpresso.region import exons_of, genes_of, highest_places
from scx_core.xpresso.scan import FoldPredictor, PublishedPredictor, RegionScan, scan_region
from scx_core.xpresso.tracks import scan_bedgraph, scan_bigwig, scan_name, scan_table

LENGTH = 4000


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> PublishedModel:
    folder = tmp_path_factory.mktemp("published")
    keras = write_keras(folder / "m.h5", xpresso_layers(60))
    return import_keras(keras, Workspace(folder / "ws"), "small", upstream=45)


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    folder = tmp_path_factory.mktemp("genome")
    letters = np.random.default_rng(0).choice(list("ACGT"), LENGTH)
    letters[1000:1100] = "N"
    letters[2000::97] = "R"
    (folder / "g.fa").write_text(f">chr1\n{''.join(letters)}\n>chrX\nACGT\n")
    return Genome.open(folder / "g.fa", folder / "cache")


def by_window(predictor, genome: Genome, interval: Interval, step: int) -> list[list[float]]:
    """Predict one window after the other: the slow oracle."""
    rows = []
    for tss in range(interval.start + 1, interval.end + 1, step):
        codes = [
            fetch_window(genome, "chr1", tss, strand, predictor.upstream, predictor.downstream)
            for strand in "+-"
        ]
        values = [float(predictor.predict(window[None])[0]) for window in codes]
        unknown = [float((window >= 4).mean()) for window in codes]
        rows.append(
            [
                tss,
                *(v if u <= 0.5 else np.nan for v, u in zip(values, unknown, strict=True)),
                *unknown,
            ]
        )
    return rows


@pytest.mark.parametrize(
    ("start", "end", "step"), [(0, 4000, 29), (950, 1180, 1), (3990, 4000, 3), (17, 18, 100)]
)
def test_scan_equals_window_by_window(model, genome, start, end, step) -> None:
    predictor = PublishedPredictor(model)
    interval = Interval("chr1", start, end)
    scan = scan_region(predictor, genome, interval, step)
    expected = by_window(predictor, genome, interval, step)
    columns = ["tss", "plus", "minus", "unknown_plus", "unknown_minus"]
    np.testing.assert_allclose(scan.table[columns].to_numpy(float), expected, atol=1e-5)
    assert (scan.table["chromosome"] == "chr1").all()


def test_a_scan_of_the_other_strand_is_the_scan_reversed(model, genome, tmp_path) -> None:
    text = genome.fetch(Interval("chr1", 0, LENGTH))
    from scx_core.sequence.alphabet import decode

    (tmp_path / "r.fa").write_text(f">chr1\n{decode(reverse_complement(text))}\n")
    turned = Genome.open(tmp_path / "r.fa", tmp_path / "cache")
    predictor, whole = PublishedPredictor(model), Interval("chr1", 0, LENGTH)
    first = scan_region(predictor, genome, whole, 1).table
    second = scan_region(predictor, turned, whole, 1).table
    np.testing.assert_allclose(first["plus"], second["minus"][::-1], atol=1e-6)
    np.testing.assert_allclose(first["minus"], second["plus"][::-1], atol=1e-6)


def test_positions_without_letters_have_no_prediction_and_are_counted(model, genome) -> None:
    scan = scan_region(PublishedPredictor(model), genome, Interval("chr1", 1000, 1100), 10)
    blank = int(scan.table[["plus", "minus"]].isna().sum().sum())
    assert blank == int((scan.table[["unknown_plus", "unknown_minus"]] > 0.5).sum().sum()) > 0
    assert f"{blank} of the windows have more than 50% unknown letters" in scan.notices[-1]
    full = scan_region(
        PublishedPredictor(model), genome, Interval("chr1", 1000, 1100), 10, max_unknown=1.0
    )
    assert not full.table[["plus", "minus"]].isna().any(axis=None)


@pytest.mark.parametrize(
    ("interval", "step", "told"),
    [
        (Interval("chr2", 0, 10), 1, "No chromosome|no chromosome 'chr2'"),
        (Interval("chr1", -5, 10), 1, "begins before position 1"),
        (Interval("chr1", 0, 4001), 1, "ends beyond the 4,000 bases of chr1"),
        (Interval("chr1", 10, 10), 1, "is empty"),
        (Interval("chr1", 0, 10), 0, "must be 1 base or more"),
    ],
)
def test_places_that_are_not_there_are_refused(model, genome, interval, step, told) -> None:
    with pytest.raises(ScxError, match=told):
        scan_region(PublishedPredictor(model), genome, interval, step)


def test_names_without_chr_are_matched_and_work_can_be_cancelled(model, genome) -> None:
    scan = scan_region(PublishedPredictor(model), genome, Interval("1", 0, 50), 10)
    assert scan.interval.chromosome == "chr1"

    class CancelledError(Exception):
        pass

    def cancel(fraction: float, message: str) -> None:
        raise CancelledError(message)

    with pytest.raises(CancelledError, match="Predicted 256 of 4,000 positions"):
        scan_region(
            PublishedPredictor(model), genome, Interval("chr1", 0, 4000), 1, progress=cancel
        )


def test_a_fold_of_a_model_predicts_and_says_what_it_saw(
    toy_ensemble: Ensemble, toy_dataset, toy_root
):
    genome = Genome.open(toy_root / "inputs" / "toy.fa", toy_root.parent / "scan-cache")
    predictor = FoldPredictor(toy_ensemble, 1, "Vip")
    gene = toy_dataset.genes.iloc[4]
    tss = int(gene["tss"])
    scan = scan_region(predictor, genome, Interval("chr1", tss - 1, tss), 1)
    codes = toy_dataset.windows[[4]]
    column = toy_ensemble.populations.index("Vip")
    half_life = np.full((1, len(toy_ensemble.config.half_life)), np.nan)
    runs = [run.predict(codes, half_life)[0, column] for run in toy_ensemble.load_fold(1)]
    side = {"+": "plus", "-": "minus"}[str(gene["strand"])]
    assert scan.table[side][0] == pytest.approx(np.mean(runs), abs=1e-6)
    assert "genes of all other folds were seen in their training" in scan.notices[0]
    for fold, population, told in ((3, "Vip", "has no fold 3"), (1, "No", "does not predict 'No'")):
        with pytest.raises(ScxError, match=told):
            FoldPredictor(toy_ensemble, fold, population)


@pytest.fixture(scope="module")
def scanned(model, genome) -> RegionScan:
    return scan_region(PublishedPredictor(model), genome, Interval("chr1", 500, 3555), 50)


def test_tracks_read_back(scanned: RegionScan, tmp_path: Path) -> None:
    for strand, column in (("+", "plus"), ("-", "minus")):
        known = scanned.table[scanned.table[column].notna()]
        lines = [line.split("\t") for line in scan_bedgraph(scanned, strand).decode().splitlines()]
        rows = [line for line in lines if len(line) == 4]
        assert [int(row[1]) + 1 for row in rows] == known["tss"].tolist()
        assert rows[-1][2] == "3555"  # ends with the region
        np.testing.assert_allclose([float(row[3]) for row in rows], known[column])
        (tmp_path / "t.bw").write_bytes(scan_bigwig(scanned, strand))
        track = pybigtools.open(str(tmp_path / "t.bw"))
        assert track.chroms() == {"chr1": LENGTH}
        values = track.values("chr1", 0, LENGTH, fillna=None)
        np.testing.assert_allclose(values[known["tss"].to_numpy() - 1], known[column], rtol=1e-6)
        np.testing.assert_allclose(values[known["tss"].to_numpy() + 3], known[column], rtol=1e-6)
        assert np.isnan(values[:500]).all()
    text = scan_table(scanned).decode()
    assert "# region: chr1:501-3,555 (1-based)" in text
    assert scan_name(scanned) == "scan_chr1_501-3555"


def test_a_strand_without_any_prediction_has_no_track(model, genome) -> None:
    scan = scan_region(PublishedPredictor(model), genome, Interval("chr1", 1050, 1051), 1)
    with pytest.raises(ScxError, match="Nothing was predicted on the \\+ strand"):
        scan_bigwig(scan, "+")


def region_genes() -> pd.DataFrame:
    names = ["A", "LONGNAME", "B", "C", "D"]
    return pd.DataFrame(
        {"gene_name": names, "tss": [600, 700, 2500, 2510, 3000], "strand": list("++-+-")}
    )


def test_highest_places(scanned: RegionScan) -> None:
    islands = pd.DataFrame({"start": [0], "end": [1500]})
    places = highest_places(scanned, region_genes(), islands, most=6, apart=400)
    assert len(places) == 6
    assert places["prediction"].is_monotonic_decreasing
    best = scanned.table[["plus", "minus"]].max().max()
    assert places["prediction"][0] == best
    for _, own in places.groupby("strand"):
        assert np.diff(np.sort(own["tss"])).min() >= 400
    for row in places.itertuples():
        genes = region_genes()[region_genes()["strand"] == row.strand]
        away = (row.tss - genes["tss"]) * (1 if row.strand == "+" else -1)
        nearest = away.abs().idxmin()
        assert (row.nearest_gene, row.distance) == (genes["gene_name"][nearest], away[nearest])
        assert row.in_island == (row.tss <= 1500)
    alone = highest_places(scanned, region_genes().iloc[:0], islands.iloc[:0])
    assert (alone["nearest_gene"] == "").all()
    assert not alone["in_island"].any()
    told = scan_sentence(scanned, places)
    assert f"{best:.2f}".replace("-", "−") in told


def test_labels_of_a_lane_do_not_overlap() -> None:
    random = np.random.default_rng(0)
    genes = pd.DataFrame(
        {
            "gene_name": [f"GENE{number}" for number in range(60)],
            "tss": random.integers(1, 100_000, 60),
            "strand": random.choice(["+", "-"], 60),
        }
    )
    placed = place_labels(genes, 100_000)
    assert sorted(placed["gene_name"]) == sorted(genes["gene_name"])
    for (strand, _), own in placed[placed["label"] != ""].groupby(["strand", "lane"]):
        reach = own["label"].str.len() * 0.0085 * 100_000
        first = own["tss"] if strand == "+" else own["tss"] - reach
        order = first.sort_values().index
        assert (first[order].to_numpy()[1:] >= (first + reach)[order].to_numpy()[:-1]).all()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_figure_shows_both_strands_genes_and_islands(scanned: RegionScan, theme: str) -> None:
    islands = pd.DataFrame({"start": [0, 900], "end": [520, 1100], "name": ["CpG: 5", "CpG: 9"]})
    figure = region_scan_figure(scanned.table, region_genes(), islands, scanned.unit, theme)
    lines = {trace.yaxis: trace for trace in figure.data if trace.line.width == 1.4}
    for axis, column in (("y", "plus"), ("y2", "minus")):
        np.testing.assert_array_equal(lines[axis].y, scanned.table[column])
    assert figure.layout.yaxis.range == tuple(reversed(figure.layout.yaxis2.range))
    names = [text for trace in figure.data if trace.text is not None for text in trace.text]
    assert sorted(names) == sorted(region_genes()["gene_name"])
    boxes = next(trace for trace in figure.data if trace.fill == "toself" and trace.yaxis == "y4")
    assert np.nanmin(boxes.x) == 500.5  # clipped to the region
    if theme == "light":
        check_figure(figure)


def test_figure_of_little_is_drawn_too(model, genome) -> None:
    none = region_genes().iloc[:0]
    islands = pd.DataFrame({"start": [], "end": [], "name": []})
    for start, end in ((1050, 1051), (100, 101), (1000, 1100)):
        scan = scan_region(PublishedPredictor(model), genome, Interval("chr1", start, end), 10)
        figure = region_scan_figure(scan.table, none, islands, scan.unit, "light")
        assert render(figure, "SVG", 89, title="t", metadata={}).startswith(b"<?xml")


def test_regions_that_people_type(toy_dataset: Dataset) -> None:
    assert read_region("chr1:1,001-2,000", 10, None) == Interval("chr1", 1000, 2000)
    gene = toy_dataset.genes.iloc[60]
    tss = int(gene["tss"])
    around = read_region(str(gene["gene_name"]).lower(), 100, toy_dataset)
    assert around == Interval("chr1", tss - 50_001, tss + 50_000)
    ended = read_region(str(gene["gene_name"]), 100, toy_dataset, {"1": tss + 7})
    assert ended == Interval("chr1", tss - 50_001, tss + 7)
    for text, dataset, told in (
        ("SYM1", None, "is not an interval"),
        ("nothing", toy_dataset, "is not a gene"),
        ("chr1:1-9000000", toy_dataset, "this page takes 20,000"),
    ):
        with pytest.raises(ScxError, match=told):
            read_region(text, 100, dataset)


def test_genes_of_a_region(toy_dataset: Dataset) -> None:
    found = genes_of(toy_dataset, Interval("1", 999, 3000))
    assert found["tss"].tolist() == [1000, 2000, 3000]
    assert genes_of(toy_dataset, Interval("1", 1000, 1999)).empty
    assert genes_of(toy_dataset, Interval("chr7", 0, 10_000)).empty


def test_exons_of_a_region_are_clipped_and_drawn_on_their_side(scanned: RegionScan) -> None:
    dataset = SimpleNamespace(
        genes=pd.DataFrame(
            {"chromosome": ["chr1", "chr1", "chr2"], "strand": ["+", "-", "+"]}, list("abc")
        ),
        exons=pd.DataFrame(
            {
                "gene_id": list("aabcb"), "start": [400, 900, 1000, 1000, 9000],
                "end": [600, 950, 1100, 1100, 9100], "part": ["utr5", "cds", "exon", "cds", "cds"],
            }
        ),
    )  # fmt: skip
    found = exons_of(dataset, scanned.interval)
    assert found.to_dict("list") == {
        "gene_id": ["a", "b", "a", "a", "b"], "start": [500, 1000, 500, 900, 1000],
        "end": [950, 3555, 600, 950, 1100],  # b goes on beyond the region
        "part": ["transcript", "transcript", "utr5", "cds", "exon"],
        "strand": ["+", "-", "+", "+", "-"],
    }  # fmt: skip
    islands = pd.DataFrame({"start": [], "end": [], "name": []})
    figure = region_scan_figure(
        scanned.table, region_genes(), islands, scanned.unit, "light", found
    )
    plus, minus = (trace for trace in figure.data if trace.fill == "toself" and trace.yaxis == "y3")
    assert np.nanmin(plus.y) > 0 > np.nanmax(minus.y)
    assert (np.nanmin(plus.x), np.nanmax(plus.x)) == (500.5, 950.5)
    thickness = [np.ptp(plus.y[part]) for part in (slice(0, 5), slice(6, 11))]
    assert thickness == pytest.approx([0.2, 0.4])
    check_figure(figure)


def run(root: Path, *words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["--workspace", str(root), *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, " ".join(result.stderr.split())


def test_commands(tmp_path: Path, toy_root: Path) -> None:
    keras = write_keras(tmp_path / "m.h5", xpresso_layers(60))
    fasta = toy_root / "inputs" / "toy.fa"
    assert run(tmp_path, "import-keras", keras, "small")[0] == 1
    code, out, _ = run(tmp_path, "import-keras", keras, "small", "--upstream", 45)
    assert code == 0
    assert "Note: Nothing in the file says" in out
    assert "Give both" in run(tmp_path, "import-keras", keras, "b", "--upstream", 4, "--mean", 1)[2]
    listed = json.loads(run(tmp_path, "published", "--json")[1])["published"]
    assert listed[0]["name"] == "small"
    (tmp_path / "w.fa").write_text(">one\n" + "ACGTA" * 12 + "\n")
    code, out, _ = run(tmp_path, "predict-windows", "small", tmp_path / "w.fa", "--json")
    assert code == 0
    assert json.loads(out)["predictions"][0]["window"] == "one"
    target = tmp_path / "tracks"
    words = ("scan", "small", "chr1:1001-1500", "--genome", fasta, "--out", target, "--step", 20)
    assert run(tmp_path, *words)[0] == 0
    stem = "scan_chr1_1001-1500"
    made = {
        f"{stem}{end}"
        for end in (
            ".tsv",
            "_cpg.tsv",
            "_plus.bw",
            "_minus.bw",
            "_plus.bedgraph",
            "_minus.bedgraph",
        )
    }
    assert {path.name for path in target.iterdir()} == made
    table = pd.read_csv(target / f"{stem}.tsv", sep="\t", comment="#")
    assert table["tss"].tolist() == list(range(1001, 1501, 20))
    assert run(tmp_path, "published", "--delete", "small")[0] == 0
    assert "There is no model 'small'" in run(tmp_path, *words)[2]


def test_commands_with_a_dataset_and_a_fold(tmp_path: Path, toy_root: Path) -> None:
    words = ("scan", "toy-model", "chr1:1001-1200", "--dataset", "toy", "--out", tmp_path / "t")
    assert "Say with --fold which fold" in run(toy_root, *words)[2]
    code, out, _ = run(toy_root, *words, "--fold", 0, "--population", "Vip")
    assert code == 0
    assert "genes of all other folds were seen" in out
    assert "Give either --dataset" in run(toy_root, *words, "--fold", 0, "--genome", "x.fa")[2]
    code, _, told = run(toy_root, "predict-windows", "none", "--dataset", "toy")
    assert (code, "no published model 'none'" in told) == (1, True)
