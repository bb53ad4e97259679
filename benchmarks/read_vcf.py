"""Reading a VCF of a million records in chunks: time and peak memory, beside cyvcf2."""

import gzip
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.measure import run_python

ROWS = 1_000_000


def make_vcf(path: Path) -> None:
    """Write sorted SNVs of chr22, one in fifty with a second alternative."""
    rng = np.random.default_rng(0)
    positions = np.sort(rng.integers(1, 50_818_468, ROWS))
    reference = rng.integers(0, 4, ROWS)
    shift = rng.integers(1, 4, ROWS)
    letters = "ACGT"
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write(
            "##fileformat=VCFv4.2\n##contig=<ID=chr22,length=50818468,assembly=hg38>\n"
            '##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency">\n'
            '##INFO=<ID=AC,Number=A,Type=Integer,Description="Count">\n'
            "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        )
        rows = zip(positions.tolist(), reference.tolist(), shift.tolist(), strict=True)
        for number, (position, base, by) in enumerate(rows):
            alternative = letters[(base + by) % 4]
            if number % 50 == 0:
                alternative += f",{letters[base]}T"
            file.write(
                f"chr22\t{position}\trs{number}\t{letters[base]}\t{alternative}\t29.50\tPASS\t"
                f"AF=0.{number % 1000:03d};AC=5\n"
            )


def read_ours(path: str) -> None:
    from scx_core.variants.reading import open_variants

    n_rows = n_parts = n_usable = 0
    for chunk in open_variants(Path(path)):
        n_rows += len(chunk)
        n_parts += len(chunk.alleles)
        n_usable += int((chunk.alleles["reason"] == "").sum())
    if n_rows != ROWS or n_usable != n_parts:
        raise RuntimeError("Not all records were read.")


def read_theirs(path: str) -> None:
    """Do the least that keeps a record's text and meaning."""
    from cyvcf2 import VCF

    for record in VCF(path):
        _ = record.CHROM, record.POS, record.ID, record.REF, record.ALT, str(record)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "million.vcf.gz")
        make_vcf(Path(path))
        ours = run_python(["-m", "benchmarks.read_vcf", "ours", path])
        theirs = run_python(["-m", "benchmarks.read_vcf", "theirs", path])
    print(
        f"read_vcf: {ROWS:,} records in {ours.seconds:.1f} s, peak {ours.peak / 1e6:.0f} MB (bar "
        f"500 MB); cyvcf2, its records not yet checked: {theirs.seconds:.1f} s "
        f"({ours.seconds / theirs.seconds:.1f} x), {theirs.peak / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["ours", path]:
            read_ours(path)
        case ["theirs", path]:
            read_theirs(path)
