"""A region scan in files for genome browsers and tables."""

from typing import Final

from scx_core.errors import ScxError
from scx_core.export.tables import file_name, table_bytes
from scx_core.export.tracks import bedgraph_of_table, bigwig_of_table
from scx_core.xpresso.scan import RegionScan

#: Word for a strand in names of files.
STRANDS: Final = {"+": "plus", "-": "minus"}


def scan_name(scan: RegionScan) -> str:
    """Name of the files of a scan: ``scan_chr22_39500000-39600000``."""
    place = scan.interval
    return file_name(f"scan_{place.chromosome}_{place.start + 1}-{place.end}")


def scan_header(scan: RegionScan) -> dict[str, object]:
    """Say what made a scan, for files."""
    return {
        "region": f"{scan.interval} (1-based)",
        "step": f"{scan.step} bp",
        "unit": scan.unit,
        **scan.source,
        **{f"note {number + 1}": notice for number, notice in enumerate(scan.notices)},
    }


def scan_table(scan: RegionScan) -> bytes:
    """Write the whole table of a scan as TSV; ``tss`` is 1-based."""
    return table_bytes(scan.table, {**scan_header(scan), "positions": "tss is 1-based"})


def scan_bedgraph(scan: RegionScan, strand: str) -> bytes:
    """Write one strand as bedGraph: each value from its position up to the next.

    Parameters
    ----------
    scan : RegionScan
    strand : str
        ``"+"`` or ``"-"``.

    Raises
    ------
    ScxError
        If nothing was predicted on the strand.
    """
    _refuse_empty(scan, strand)
    name = f"{scan_name(scan)} {STRANDS[strand]}"
    told = f"{scan.unit}, genes on the {strand} strand that would begin at each position"
    return bedgraph_of_table(scan.track(strand), name, told, scan_header(scan))


def scan_bigwig(scan: RegionScan, strand: str) -> bytes:
    """Write one strand as bigWig; see `scan_bedgraph`.

    Raises
    ------
    ScxError
        If nothing was predicted on the strand.
    """
    _refuse_empty(scan, strand)
    return bigwig_of_table(scan.track(strand), scan.chromosome_length)


def _refuse_empty(scan: RegionScan, strand: str) -> None:
    if scan.track(strand).empty:
        raise ScxError(
            f"Nothing was predicted on the {strand} strand of {scan.interval}: too few letters are "
            "known there; scan another region."
        )
