"""A right file of each format that a user may give, with the reader of it, small."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from annotation_rows import gff_both, gtf_both
from Bio import bgzf
from fuzzing import Format
from scipy import sparse

from scx_core.annotation import read_annotation
from scx_core.annotation.cage import read_cage_peaks
from scx_core.annotation.regions import read_regions
from scx_core.expression import read_expression
from scx_core.importing.preview import preview
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval
from scx_core.store import Workspace
from scx_core.training.families import read_families
from scx_core.variants.liftover import register_chain
from scx_core.variants.outside import read_outside
from scx_core.variants.reading.beginning import read_beginning
from scx_core.variants.rsid_sources import register

LEVELS = {"population": "kind"}
CELLS = ["c1", "c2", "c3", "c4"]
GENES = ["G1", "G2", "G3"]
COUNTS = np.array([[2.0, 0, 2], [1, 3, 0], [0, 0, 5], [4, 4, 2]])


def lines(*rows: str) -> bytes:
    return ("\n".join(rows) + "\n").encode()


def text(content: bytes) -> Callable[[Path], bytes]:
    return lambda _: content


def open_genome(path: Path) -> None:
    genome = Genome.open(path, path.parent / "cache")
    for name, length in genome.chromosomes.items():
        genome.fetch(Interval(name, max(0, length - 50), length + 10))


def fasta() -> bytes:
    letters = "".join(np.random.default_rng(1).choice(list("ACGTN"), 5000))
    rows = [letters[start : start + 60] for start in range(0, 5000, 60)]
    return lines(">chr1 first", *rows[:50], ">chr2", *rows[50:])


def bgzipped(_: Path) -> bytes:
    packed = io.BytesIO()
    writer = bgzf.BgzfWriter(fileobj=packed)
    for start in range(0, 6000, 1500):  # several blocks
        writer.write(fasta()[start : start + 1500])
        writer.flush()
    content = bytearray()
    writer.close = lambda: None  # the buffer is read after it
    writer.flush()
    content += packed.getvalue() + bytes.fromhex(
        "1f8b08040000000000ff0600424302001b0003000000000000000000"
    )
    return bytes(content)


def read_cells(path: Path) -> None:
    metadata = path.parent / "cells.csv"
    metadata.write_bytes(lines("cell,kind", "c1,a", "c2,a", "c3,b", "c4,b"))
    read_expression(path, levels=LEVELS, metadata=metadata)


def read_metadata(path: Path) -> None:
    matrix = path.parent / "m.csv"
    matrix.write_bytes(TABLE.replace(b"\t", b","))
    read_expression(matrix, levels=LEVELS, metadata=path)


TABLE = lines("gene\tc1\tc2\tc3\tc4", "G1\t2\t1\t0\t4", "G2\t0\t3\t0\t4.5", "G3\t2\t0\t900\t2")


def read_mtx(path: Path) -> None:
    folder = path.parent
    (folder / "features.tsv").write_bytes(lines("E1\tG1", "E2\tG2", "E3\tG3"))
    (folder / "barcodes.tsv").write_bytes(lines(*CELLS))
    read_cells(path)


def read_features(path: Path) -> None:
    folder = path.parent
    (folder / "matrix.mtx").write_bytes(MTX)
    (folder / "barcodes.tsv").write_bytes(lines(*CELLS))
    read_cells(folder / "matrix.mtx")


MTX = lines(
    "%%MatrixMarket matrix coordinate integer general", "%", "3 4 8", "1 1 2", "3 1 2", "1 2 1",
    "2 2 3", "3 3 5", "1 4 4", "2 4 4", "3 4 2",
)  # fmt: skip


def h5ad(compress: str | None) -> Callable[[Path], bytes]:
    def write(folder: Path) -> bytes:
        import anndata

        obs = pd.DataFrame({"kind": pd.Categorical(["a", "a", "b", "b"])}, index=CELLS)
        cells = anndata.AnnData(sparse.csr_matrix(COUNTS), obs=obs, var=pd.DataFrame(index=GENES))
        cells.write_h5ad(folder / "right", compression=compress)
        return (folder / "right").read_bytes()

    return write


def ten_x(folder: Path) -> bytes:
    stored = sparse.csr_matrix(COUNTS.astype(np.int32))
    with h5py.File(folder / "right", "w") as file:
        group = file.create_group("matrix")
        group["barcodes"] = np.array([name.encode() for name in CELLS])
        for part in ("data", "indices", "indptr"):
            group[part] = getattr(stored, part)
        group["shape"] = np.array([3, 4])
        feature = group.create_group("features")
        feature["id"] = feature["name"] = np.array([name.encode() for name in GENES])
        feature["feature_type"] = np.array([b"Gene Expression"] * 3)
        feature["genome"] = np.array([b"x"] * 3)
    return (folder / "right").read_bytes()


def read_list(path: Path) -> None:
    read_beginning(path, {}, 1000, path.name)


VCF = lines(
    "##fileformat=VCFv4.2", "##contig=<ID=chr22,length=50818468>",
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1",
    "chr22\t39570542\trs1\tA\tC,G\t50\tPASS\tAF=0.1,0.2\tGT\t0|1",
    "chr22\t39570560\t.\tA\tAT\t.\t.\t.\tGT\t1|1", "chr22\t39570580\trs3\tC\t<DEL>\t.\t.\tEND=9\tGT\t.",
)  # fmt: skip
GWAS = lines(
    "SNP\tCHR\tBP\tA1\tA2\tBETA\tSE\tP\tFRQ", "rs1\t22\t39570542\tC\tA\t0.21\t0.01\t1e-9\t0.2",
    "rs2\t22\t39570560\tC\tA\t-0.15\t0.01\t1e-7\t0.3", "rs3\t22\t39570580\tA\tC\t0.08\t0.01\t0.1\t0.4",
)  # fmt: skip
IDS = lines("rs7288455", "22:39570542:A:C", "chr22:g.39570560A>C", "NC_000022.11:g.39570580C>A")
SCORES = lines(
    "chromosome\tposition\tref\talt\ttrack\tscore", "22\t39570542\tA\tC\tbrain\t0.5",
    "22\t39570560\tA\tC\tbrain\t-0.25", "22\t39570560\tA\tC\tliver\t1e-3",
)  # fmt: skip
CHAIN = lines(
    "chain 100 chrA 200 + 10 70 chrB 300 + 20 75 1", "20 10 5", "30", "",
    "chain 50 chrA 200 + 100 150 chrB 300 - 100 150 2", "50", "",
)  # fmt: skip


def zipped(_: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("gwas.tsv", GWAS)
    return packed.getvalue()


def read_chain(path: Path) -> None:
    register_chain(Workspace(path.parent / "space"), path, "aa1", "bb2")


def read_rsids(path: Path) -> None:
    register(Workspace(path.parent / "space"), path, "mine", build="hg38")


def read_family_table(path: Path) -> None:
    genes = pd.DataFrame({"gene_name": GENES}, index=pd.Index(["E1", "E2", "E3"], name="gene_id"))
    read_families(path, genes)


BED = lines(
    "track name=x", "chr1\t0\t9\tr1\t5\t+\t2\t3\t0\tPLS", "chr1\t20\t90\tr2\t7\t-\t30\t31\t0\tdELS"
)
GTF, GFF = lines(*gtf_both(stop_rows=True)), lines("##gff-version 3", *gff_both(ensembl=True))
TSS = lines(
    "gene_id\tgene_name\tchromosome\ttss\tstrand\tutr5_length", "E1\tG1\tchr1\t100\t+\t10",
    "E2\tG2\tchr1\t200\t-\t", "E3\tG3\tchr2\t300\t+\t20",
)  # fmt: skip


def light() -> list[Format]:
    """Formats whose readers need no PyTorch."""
    return [
        Format("g.fa", text(fasta()), open_genome),
        Format("g.fa.gz", text(gzip.compress(fasta())), open_genome),
        Format("bgzip:g.fa.gz", bgzipped, open_genome),
        Format("a.gtf", text(GTF), read_annotation),
        Format("a.gtf.gz", text(gzip.compress(GTF)), read_annotation),
        Format("a.gff3", text(GFF), read_annotation),
        Format("a.tss.tsv", text(TSS), read_annotation),
        Format("r.bed", text(BED), read_regions),
        Format("r.bed.gz", text(gzip.compress(BED)), read_regions),
        Format("c.bed", text(BED), read_cage_peaks),
        Format("families.tsv", text(lines("gene\tfamily", "E1\tf", "G2\tf", "E3\tg")), read_family_table),
        Format("m.tsv", text(TABLE), read_expression),
        Format("m.csv.gz", text(gzip.compress(TABLE.replace(b"\t", b","))), read_expression),
        Format("cells:m.tsv", text(TABLE), read_cells),
        Format("labels.csv", text(lines("cell,kind", "c1,a", "c2,a", "c3,b", "c4,b")), read_metadata),
        Format("matrix.mtx", text(MTX), read_mtx),
        Format("matrix.mtx.gz", text(gzip.compress(MTX)), read_mtx),
        Format("features.tsv", text(lines("E1\tG1", "E2\tG2", "E3\tG3")), read_features),
        Format("e.h5ad", h5ad(None), lambda path: read_expression(path, levels=LEVELS), hdf5=True),
        Format("packed:e.h5ad", h5ad("gzip"), lambda path: read_expression(path, levels=LEVELS), hdf5=True),
        Format("preview:e.h5ad", h5ad(None), preview, hdf5=True),
        Format("x.h5", ten_x, read_cells, hdf5=True),
        Format("v.vcf", text(VCF), read_list),
        Format("v.vcf.gz", text(gzip.compress(VCF)), read_list),
        Format("gwas.tsv", text(GWAS), read_list),
        Format("gwas.zip", zipped, read_list),
        Format("ids.txt", text(IDS), read_list),
        Format("scores.tsv", text(SCORES), read_outside),
        Format("c.chain", text(CHAIN), read_chain),
        Format("rsids.vcf", text(VCF), read_rsids),
        *(Format(f"preview:{name}", text(content), preview) for name, content in (
            ("a.gtf", GTF), ("g.fa", fasta()), ("m.csv", TABLE.replace(b"\t", b",")), ("r.bed", BED),
        )),
    ]  # fmt: skip


def heavy() -> list[Format]:
    """Formats whose readers need PyTorch."""
    import torch
    from keras_files import write_keras, xpresso_layers
    from release_files import PublishedNetwork

    from scx_core.release.checkpoints import read_checkpoint, recognise
    from scx_core.release.folds import read_folds_table
    from scx_core.release.labels import read_labels
    from scx_core.release.sequences import read_genes, read_windows
    from scx_core.xpresso.keras_file import read_keras
    from scx_core.xpresso.windows import read_all_windows

    names = [f"GENE{number}" for number in range(6)]

    def keras(folder: Path) -> bytes:
        return write_keras(folder / "right", xpresso_layers()).read_bytes()

    def sequences(folder: Path) -> bytes:
        with h5py.File(folder / "right", "w") as file:
            file["data"] = np.zeros((6, 5))
            file["geneName"] = np.array([name.encode() for name in names])
            stored = file.create_dataset(
                "promoter", (6, 95_001, 4), np.float64, chunks=(1, 95_001, 4), compression="gzip"
            )
            stored[0, 69_950:70_050] = np.eye(4)[np.arange(100) % 4]
        return (folder / "right").read_bytes()

    def read_sequences(path: Path) -> None:
        read_genes(path)
        read_windows(path, 50, 50, np.empty((6, 100), np.uint8))

    def checkpoint(folder: Path) -> bytes:
        state = PublishedNetwork(2, 500).state_dict()
        torch.save({"epoch": 3, "state_dict": state}, folder / "right")
        return (folder / "right").read_bytes()

    def read_weights(path: Path) -> None:
        state, _ = read_checkpoint(path)
        recognise(state, path, 300, 200)

    labels = lines("gene,A,B", *(f"{name},{number},-4.0" for number, name in enumerate(names)))
    folds = lines(
        "row\tgene\tfold\tgroup\tvalidation",
        *(
            f"{row}\t{name}\t{row % 3}\t{row % 3}\t{(row + 1) % 3}"
            for row, name in enumerate(names)
        ),
    )
    windows = lines(">a", "ACGTN" * 10, ">b", "ACGTR" * 10)
    return [
        Format("k.h5", keras, lambda path: read_keras(path, 40), hdf5=True),
        Format("s.h5", sequences, read_sequences, hdf5=True),
        Format("model_best.pth.tar", checkpoint, read_weights),
        Format("labels.csv", text(labels), lambda path: read_labels(path, tuple(names), 2)),
        Format("folds.tsv", text(folds), lambda path: read_folds_table(path, names, names)),
        Format("w.fa", text(windows), lambda path: read_all_windows(path, 50, 1000)),
        Format("w.fa.gz", text(gzip.compress(windows)), lambda path: read_all_windows(path, 50, 1000)),
    ]  # fmt: skip


GROUPS: dict[str, Callable[[], list[Format]]] = {"light": light, "heavy": heavy}
