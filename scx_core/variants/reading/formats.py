"""Which format a list is of: by its content, never by its name."""

from collections.abc import Mapping, Sequence
from itertools import islice

from scx_core.errors import ScxError
from scx_core.variants.reading.gwas import GwasParser, is_gwas_header
from scx_core.variants.reading.layout import SAMPLE, Layout, find_layout, split_or_whole
from scx_core.variants.reading.parser import Parser
from scx_core.variants.reading.roles import find_bare_format
from scx_core.variants.reading.source import Source
from scx_core.variants.reading.tables import TableParser
from scx_core.variants.reading.typed import TypedParser, is_items
from scx_core.variants.reading.vcf import VcfParser, is_vcf_header

#: Share of the lines that must be variants or rsIDs in a list without a header.
_ENOUGH = 0.5


def make_parser(source: Source, roles: Mapping[str, str] | None, build: str = "") -> Parser:
    """Choose how to read a list.

    Parameters
    ----------
    source : Source
    roles : mapping of str to str or None
        Column by role, as corrected by the person; for tables.
    build : str
        As found by an earlier look.

    Raises
    ------
    ScxError
        If it is empty, or a table without columns that say where its rows lie.
    """
    head = source.head()
    if not any(line.strip() for line in head):
        raise ScxError(
            f"There is no variant in {source.name}; give one a line, or a table with a header."
        )
    if any(is_vcf_header(line) for line in head):
        return VcfParser(head, "BCF" if source.is_bcf else "VCF")
    if head[0].startswith("##fileformat=VCF") and all(line.startswith("#") for line in head):
        # More header than the head holds, or a header that was cut off.
        long = _long_header(source)
        if long:
            return VcfParser(long, "BCF" if source.is_bcf else "VCF")
    layout = find_layout(head)
    sample = _sample(head[layout.first_line :])
    if not layout.header and not _is_headless_table(layout, sample, roles):
        if not sample:
            raise ScxError(f"{source.name} has comments but no row; give the complete list.")
        return TypedParser(sample, build)
    table = GwasParser if is_gwas_header(layout.header) else TableParser
    return table(layout, sample, roles, source.name, build)


def _long_header(source: Source) -> list[str]:
    """Give the header of a VCF with very many contigs."""
    header = []
    for line in source.lines():
        header.append(line)
        if is_vcf_header(line):
            return header
        if not line.startswith("#"):
            break
    return []


def _sample(lines: Sequence[str]) -> list[str]:
    data = (line for line in lines if line.strip() and not line.startswith("#"))
    return list(islice(data, SAMPLE))


def _is_headless_table(
    layout: Layout, sample: Sequence[str], roles: Mapping[str, str] | None
) -> bool:
    """Say whether rows without a header are a table, and not variants one a line."""
    if roles:
        return True
    if not sample:
        return False
    if find_bare_format([split_or_whole(line, layout.separator) for line in sample]):
        return True
    if sum(map(is_items, sample)) >= _ENOUGH * len(sample):
        return False
    try:
        TableParser(layout, sample)
    except ScxError:
        return False
    return True
