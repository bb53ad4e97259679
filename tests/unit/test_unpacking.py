"""One limit for all files of users: of their unpacked size, of lines, of columns."""

import gzip
import io
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from Bio import bgzf

from scx_core import unpacking
from scx_core.annotation import read_annotation
from scx_core.annotation.cage import read_cage_peaks
from scx_core.annotation.delimited import read_delimited
from scx_core.annotation.regions import read_regions
from scx_core.errors import ScxError
from scx_core.expression import read_expression
from scx_core.importing.preview import preview
from scx_core.release.labels import read_labels
from scx_core.sequence.genome import Genome
from scx_core.store import Workspace
from scx_core.unpacking import MOST_COLUMNS, bounded_lines, open_unpacked
from scx_core.variants import read_variants
from scx_core.variants.liftover import register_chain


def open_genome(path: Path) -> Genome:
    return Genome.open(path, path.parent / "cache")


def read_chain(path: Path) -> None:
    register_chain(Workspace(path.parent / "space"), path, "hg19", "hg38")


CHAIN = b"chain 1 chrA 200 + 0 10 chrB 300 + 0 10 1\n10\n\n"
READERS: dict[str, tuple[str, bytes, bytes, Callable[[Path], object]]] = {
    "expression": ("m.tsv.gz", b"gene\ta\tb\n", b"G\t0\t0\n", read_expression),
    "annotation": (
        "a.gtf.gz", b"", b"chr1\t.\texon\t1\t9\t.\t+\t.\tgene_id \"G\";\n", read_annotation,
    ),
    "TSS table": (
        "a.tsv.gz", b"gene_id\tchromosome\ttss\tstrand\n", b"G\tchr1\t1\t+\n", read_annotation,
    ),
    "regions": ("r.bed.gz", b"", b"chr1\t0\t9\n", read_regions),
    "CAGE": ("c.bed.gz", b"", b"chr1\t0\t9\tx\t5\t+\n", read_cage_peaks),
    "genome": ("g.fa.gz", b">chr1\n", b"N" * 60 + b"\n", open_genome),
    "variants": ("v.tsv.gz", b"chromosome\tposition\n", b"chr22\t39570542\n", read_variants),
    "chain": ("c.chain.gz", CHAIN, CHAIN, read_chain),
}  # fmt: skip


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1_000_000)
    monkeypatch.setattr(unpacking, "LARGEST_RATIO", 20)


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("reader", READERS)
def test_no_reader_unpacks_what_no_file_of_data_would_be(tmp_path: Path, reader: str) -> None:
    name, head, line, read = READERS[reader]
    path = tmp_path / name
    path.write_bytes(gzip.compress(head + line * (5_000_000 // len(line))))
    begin = time.process_time()
    with pytest.raises(ScxError, match=r"unpacks to more than 1 MB from .* \(over 20 times"):
        read(path)
    assert time.process_time() - begin < 30
    left = [file for file in tmp_path.rglob("*") if file.is_file() and file.stat().st_size > 1e6]
    assert not left


@pytest.mark.usefixtures("small_limits")
def test_a_bgzip_genome_is_no_way_around_the_limit(tmp_path: Path) -> None:
    with bgzf.open(tmp_path / "g.fa.gz", "wb") as file:
        file.write(b">chr1\n" + (b"N" * 60 + b"\n") * 80_000)
    with pytest.raises(ScxError, match="unpacks to more than"):
        open_genome(tmp_path / "g.fa.gz")


@pytest.mark.parametrize("reader", ["annotation", "TSS table", "regions", "CAGE", "expression",
                                    "variants", "preview", "labels"])  # fmt: skip
def test_a_line_of_100_mb_is_refused_at_once(tmp_path: Path, reader: str) -> None:
    read: Callable[[Path], object]
    name, read = {"preview": ("a.gtf", preview), "labels": ("l.csv", labels)}.get(
        reader
    ) or (READERS[reader][0].removesuffix(".gz"), READERS[reader][3])  # fmt: skip
    path = tmp_path / name
    path.write_bytes(b"x" * 100_000_000)
    tracemalloc.start()
    begin = time.process_time()
    try:
        with pytest.raises(ScxError, match=name.replace(".", r"\.")):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 300_000_000
    finally:
        tracemalloc.stop()
    assert time.process_time() - begin < 20


def labels(path: Path) -> object:
    return read_labels(path, ("G1",), 2)


@pytest.mark.parametrize("separator", ["\t", ","])
@pytest.mark.parametrize("reader", [read_annotation, read_delimited, read_expression, labels])
def test_a_million_columns_are_refused_at_once(
    tmp_path: Path, reader: Callable[[Path], object], separator: str
) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(
        separator.join(["x"] * 1_000_000) + "\n" + separator.join(["1"] * 1_000_000) + "\n"
    )
    begin = time.process_time()
    with pytest.raises(ScxError, match=r"wide\.csv"):
        reader(path)
    assert time.process_time() - begin < 20


def test_a_table_that_is_wide_as_tables_are_is_read(tmp_path: Path) -> None:
    width = MOST_COLUMNS // 10
    rows = ["gene\t" + "\t".join(f"p{n}" for n in range(width)), "G\t" + "\t".join(["1"] * width)]
    (tmp_path / "m.tsv").write_text("\n".join(rows) + "\n")
    assert read_delimited(tmp_path / "m.tsv").cells.shape == (1, width + 1)


def test_a_gzip_file_is_told_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(gzip.compress(b"one\ntwo\n"))
    with open_unpacked(tmp_path / "a.txt") as file:
        assert file.readline() == b"one\n"
        assert file.read() == b"two\n"
        assert file.share == 1.0
    (tmp_path / "b.gz").write_bytes(b"one\n")
    with open_unpacked(tmp_path / "b.gz") as file:
        assert file.read() == b"one\n"


@pytest.mark.parametrize("harm", [lambda c: c[:-20], lambda c: c[:50] + b"?" + c[51:],
                                  lambda c: b"\x1f\x8bjunk"])  # fmt: skip
def test_a_damaged_gzip_is_one_sentence(tmp_path: Path, harm: Callable[[bytes], bytes]) -> None:
    packed = gzip.compress(b"".join(b"line %d\n" % n for n in range(1000)))
    (tmp_path / "a.gz").write_bytes(harm(packed))
    with (
        pytest.raises(ScxError, match=r"^a\.gz is cut short or damaged"),
        open_unpacked(tmp_path / "a.gz") as file,
    ):
        file.read()


def test_what_goes_wrong_in_writing_is_not_told_of_the_file_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\n")
    with pytest.raises(OSError, match="full"), open_unpacked(tmp_path / "a.txt"):
        raise OSError(28, "full")


def test_missing_files_and_folders_are_one_sentence(tmp_path: Path) -> None:
    for path, says in ((tmp_path / "none", "There is no file none"), (tmp_path, "cannot be read")):
        with pytest.raises(ScxError, match=says), open_unpacked(path):
            pass


def test_lines_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LONGEST_LINE", 5)
    assert list(bounded_lines(io.StringIO("1234\n12\n"), "t")) == ["1234\n", "12\n"]
    with pytest.raises(ScxError, match=r"^t has a line .*\(line 2\)"):
        list(bounded_lines(io.StringIO("1\n1234567\n"), "t"))


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ("2 2 9000000000", "more than a file of"),
        ("8000000000 2 1", "more than a file of"),
        ("2 8000000000 1", "more than a file of"),
        ("99999999999999999999 2 1", "no header with its sizes"),
        ("2 2", "no header with its sizes"),
        ("2 two 1", "no header with its sizes"),
    ],
)
def test_a_matrix_market_file_that_claims_what_it_cannot_hold(
    tmp_path: Path, sizes: str, says: str
) -> None:
    head = "%%MatrixMarket matrix coordinate integer general\n%\n"
    (tmp_path / "matrix.mtx").write_text(f"{head}{sizes}\n1 1 5\n")
    (tmp_path / "genes.tsv").write_text("E1\tG1\nE2\tG2\n")
    (tmp_path / "barcodes.tsv").write_text("c1\nc2\n")
    with pytest.raises(ScxError, match=says):
        read_expression(tmp_path, levels={"population": "x"})


def test_a_gzip_that_is_bgzip_only_at_first_is_unpacked(tmp_path: Path) -> None:
    with bgzf.open(tmp_path / "g.fa.gz", "wb") as file:
        file.write(b">chr1\nACGT\n")
    first = (tmp_path / "g.fa.gz").read_bytes()[:-28]
    (tmp_path / "g.fa.gz").write_bytes(first + gzip.compress(b">chr2\nGGTT\n"))
    genome = open_genome(tmp_path / "g.fa.gz")
    assert dict(genome.chromosomes) == {"chr1": 4, "chr2": 4}
    assert genome.path.parent == tmp_path / "cache"


@pytest.mark.parametrize(("name", "read"), [("r.bed", read_regions), ("a.gtf", read_annotation)])
def test_a_carriage_return_within_a_line_is_named(
    tmp_path: Path, name: str, read: Callable[[Path], object]
) -> None:
    line = 'chr1\t.\texon\t1\t9\t.\t+\t.\tgene_id "G";' if name == "a.gtf" else "chr1\t0\t9"
    (tmp_path / name).write_bytes(f"{line}\r\n{line[:6]}\r{line[6:]}\n".encode())
    with pytest.raises(ScxError, match=rf"{name}, line 2: a carriage return stands within"):
        read(tmp_path / name)
