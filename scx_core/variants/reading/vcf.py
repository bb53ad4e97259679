"""VCF: a row is a record, a part is an alternative allele.

The records are read as the lines that they are. htslib would write them anew (QUAL 29.50 becomes
29.5, one that is no number becomes 0) and end at the first damaged record; here a row comes out as
it was given, and a damaged one with its reason. The tests compare what good records mean with what
htslib says.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Final

import pandas as pd

from scx_core.errors import counted
from scx_core.variants.assemblies import build_of_comments
from scx_core.variants.reading.parser import (
    cut_columns,
    fit_cells,
    number_rows,
    split_alternatives,
    stand_columns,
)
from scx_core.variants.reading.settling import settle
from scx_core.variants.reading.variant_list import NO_EFFECT

#: The columns that every VCF has; the last three may be missing where people cut them off.
FIXED: Final = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
_ROLES: Final = {
    "chromosome": "CHROM",
    "position": "POS",
    "id": "ID",
    "reference": "REF",
    "alternative": "ALT",
}
#: Genotypes of more samples are not carried along: they are most of the file and nothing asks them.
_MOST_SAMPLES: Final = 10
_SHOWN: Final = 5


def is_vcf_header(line: str) -> bool:
    """Say whether a line names the columns of a VCF."""
    if not line.startswith("#"):
        return False
    names = tuple(line[1:].split())
    return len(names) >= _SHOWN and names[: len(FIXED)] == FIXED[: len(names)]


class VcfParser:
    """Reads the records of a VCF (see `Parser`).

    Parameters
    ----------
    header : sequence of str
        The first lines of the file, to the line of column names or further.
    form : str
        ``"VCF"`` or ``"BCF"``.
    """

    effect = NO_EFFECT

    def __init__(self, header: Sequence[str], form: str = "VCF") -> None:
        self.format = form
        self.roles: Mapping[str, str] = _ROLES
        comments = list(takewhile(lambda line: not is_vcf_header(line), header))
        names = header[len(comments)]
        given = names[1:].strip().split("\t" if "\t" in names else None)
        self.build, notice = build_of_comments(comments)
        self.notices = [notice] if notice else []
        samples = max(len(given) - len(FIXED) - 1, 0)
        self._cut = samples > _MOST_SAMPLES
        self.columns = tuple(given[: len(FIXED)] if self._cut else given)
        if self._cut:
            self.notices.append(
                f"The genotypes of {counted(samples, 'sample')} are not carried along; the other "
                "columns are."
            )

    def records(self, lines: Iterator[str]) -> Iterator[str]:
        """Give the data lines."""
        for line in lines:
            if line and not line.startswith("#") and not line.isspace():
                yield line

    def parse(self, records: Sequence[str], first_row: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Give rows and alleles of some records."""
        columns, problems = self._cut_lines(records)
        rows = number_rows(columns, len(records), first_row)
        texts = {role: columns[name] for role, name in _ROLES.items()}
        texts["id"] = ["" if text == "." else text for text in texts["id"]]
        if problems:
            texts["reason"] = [problems.get(place, "") for place in range(len(records))]
            texts["reason_kind"] = ["unreadable" if reason else "" for reason in texts["reason"]]
        texts, places, parts = split_alternatives(texts, len(records))
        return rows, settle(texts, places + first_row, parts)

    def _cut_lines(self, records: Sequence[str]) -> tuple[dict[str, list[str]], dict[int, str]]:
        if not self._cut:
            columns = cut_columns(records, self.columns, "\t")
            if columns is not None:
                return columns, {}
        most = len(FIXED) if self._cut else -1
        # People who cut and paste leave spaces in the header, or in all lines; an INFO has some too.
        cells = [line.split("\t" if "\t" in line else None, most) for line in records]
        if self._cut:
            cells = [row[: len(FIXED)] for row in cells]
        problems = fit_cells(cells, len(self.columns), "\t")
        return stand_columns(cells, self.columns), problems
