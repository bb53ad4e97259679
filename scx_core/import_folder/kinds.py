"""Which kinds of files may be read from the import folder, told by the endings of their names."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_FASTA: Final = (".fa", ".fasta", ".fna", ".fa.gz", ".fasta.gz", ".fna.gz", ".fa.bgz", ".fna.bgz")
_TABLES: Final = (".tsv", ".tsv.gz", ".txt", ".txt.gz", ".csv", ".csv.gz")
_BED: Final = (".bed", ".bed.gz")


@dataclass(frozen=True)
class FileKind:
    """What a file may be called that is read for one purpose.

    Attributes
    ----------
    label : str
        Names it in a message: "genome file".
    endings : tuple of str
        In small letters; a name must end in one of them.
    folders : bool
        A folder will do, too.
    """

    label: str
    endings: tuple[str, ...]
    folders: bool = False

    def fits(self, name: str) -> bool:
        """Say whether a file may be called so."""
        return name.lower().endswith(self.endings)


#: Kind by purpose. What is not listed cannot be read from the server's disk by a page.
FILE_KINDS: Final[Mapping[str, FileKind]] = MappingProxyType(
    {
        "genome": FileKind("genome file", _FASTA),
        "annotation": FileKind(
            "annotation file",
            (
                ".gtf", ".gtf.gz", ".gff3", ".gff3.gz", ".gff", ".gff.gz", ".tss.tsv", ".tss.tsv.gz",
                ".tsv", ".tsv.gz",
            ),
        ),
        "expression": FileKind(
            "expression file",
            (".h5ad", ".h5", ".loom", ".mtx", ".mtx.gz", ".gct", ".gct.gz", ".tab", *_TABLES),
            folders=True,
        ),
        "regions": FileKind("regions file", _BED),
        "cage": FileKind("CAGE file", _BED),
        "keras": FileKind("Keras file", (".h5", ".hdf5")),
        "windows": FileKind("FASTA file of windows", _FASTA),
        "chain": FileKind("chain file", (".chain", ".chain.gz")),
        "rsids": FileKind(
            "rsID file", (".vcf", ".vcf.gz", ".vcf.bgz", ".bcf", *_TABLES, ".bed", ".bed.gz")
        ),
        "variants": FileKind(
            "variant file",
            (
                ".vcf", ".vcf.gz", ".vcf.bgz", ".bcf", *_TABLES, ".list", ".bim", ".linear", ".logistic",
                ".assoc", ".assoc.gz", ".out", ".sumstats", ".sumstats.gz", ".h.tsv.gz", ".zip",
                ".avinput", ".bed", ".bed.gz", ".regenie", ".regenie.gz", ".tbl", ".bgz", ".ma",
            ),
        ),
        "families": FileKind("gene family table", _TABLES),
        "release": FileKind("release", (), folders=True),
    }
)  # fmt: skip
