"""Tables: TSV, CSV and the like, with free names of columns."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import floor
from typing import Final

import numpy as np
import pandas as pd

from scx_core.errors import ScxError, counted, join_some
from scx_core.variants.assemblies import build_of_comments, name_of_build
from scx_core.variants.reading.apart import is_spelled, take_apart
from scx_core.variants.reading.intervals import place_changes
from scx_core.variants.reading.layout import Layout, join_quoted, split_line, split_or_whole
from scx_core.variants.reading.orienting import orient, refuse_puzzling
from scx_core.variants.reading.parser import (
    StatedBuild,
    cut_columns,
    fit_cells,
    number_rows,
    split_alternatives,
    stand_columns,
    unique_names,
)
from scx_core.variants.reading.qualifiers import find_tests, qualify
from scx_core.variants.reading.roles import Understanding, guess_roles
from scx_core.variants.reading.settling import settle
from scx_core.variants.reading.values import describe_date, is_nothing, read_number

_EFFECTS: Final = {"beta", "odds_ratio", "z_score"}
#: Roles whose cells a row may lack at its end.
_MAY_LACK: Final = ("trait", "cohort", "credible_set")
_STATISTICS: Final = _EFFECTS | {"p_value", "minus_log10_p"}

Texts = dict[str, list[str]]


class TableParser:
    """Reads the rows of a table (see `Parser`).

    Parameters
    ----------
    layout : Layout
    sample : sequence of str
        Some of the data lines, by which columns without a telling name are known.
    roles : mapping of str to str, optional
        Column by role, as corrected by the person.
    name : str
        How messages call the list.
    build : str
        As stated elsewhere.

    Raises
    ------
    ScxError
        If no column says where a row lies.
    """

    def __init__(
        self,
        layout: Layout,
        sample: Sequence[str],
        roles: Mapping[str, str] | None = None,
        name: str = "the table",
        build: str = "",
    ) -> None:
        self._layout = layout
        self._n_comments = 0
        cells = [split_or_whole(line, layout.separator) for line in sample]
        width = max(map(len, cells), default=0)
        header = layout.header or tuple(f"column {n + 1}" for n in range(width))
        self.columns, self._said = unique_names(_named_rows(header, cells))
        self._understood = self._guess(cells, roles, name)
        self.roles = self._understood.roles
        self.effect = self._understood.effect
        self._said += self._understood.notices
        stated, notice = build_of_comments(layout.comments)
        column = self.roles.get("position", "").replace("_", " ")
        self._stated = StatedBuild(build or stated or name_of_build(column))
        self._said += [notice] if notice else []
        self._tests = find_tests(self.columns, self.roles, cells)
        self._only_ids = "id" in self.roles and not any(
            is_spelled(row[place])
            for place in [self.columns.index(self.roles["id"])]
            for row in cells
            if place < len(row)
        )
        self.format = self._format()

    @property
    def notices(self) -> list[str]:
        """Sentences about the whole list; more come while rows are parsed."""
        return [*self._said, *self._tests.notices]

    def _guess(
        self, cells: Sequence[Sequence[str]], roles: Mapping[str, str] | None, name: str
    ) -> Understanding:
        understood = guess_roles(self.columns, cells, roles, bool(self._layout.header))
        found = set(understood.roles)
        if not ({"chromosome", "position"} <= found or {"variant", "id"} & found):
            raise ScxError(
                f"{name[:1].upper() + name[1:]} needs columns for chromosome and position, or for "
                f"rsIDs; it has {join_some(self.columns, 12)}. Rename them so, or say which they are."
            )
        return understood

    def _format(self) -> str:
        placed = {"chromosome", "position"} <= set(self.roles) or "variant" in self.roles
        if not placed and not set(self.roles) - {"id", "gene"} and self._only_ids:
            return "rsIDs"
        statistics = _STATISTICS & set(self.roles)
        effects = _EFFECTS & statistics and len(statistics) > 1
        stated = statistics and ("effect_allele" in self.roles or effects)
        return "summary statistics" if stated else "table"

    @property
    def build(self) -> str:
        """Genome build by the comments above, a column's name, or the first row that states it."""
        return self._stated.build

    def records(self, lines: Iterator[str]) -> Iterator[str]:
        """Give the data rows."""
        below: Iterator[str] = islice(lines, self._layout.first_line, None)
        separator = self._layout.separator
        if separator not in ("\t", ""):
            below = join_quoted(below, separator, len(self.columns))
        for line in below:
            if line.startswith("#"):
                self._n_comments += 1
            elif line and not line.isspace():
                yield line
        if self._n_comments:
            self._said.append(
                f"{counted(self._n_comments, 'comment line')} between the rows, beginning with #, "
                "were passed over."
            )

    def parse(self, records: Sequence[str], first_row: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Give rows and alleles of some records."""
        columns, problems = self._cut_lines(records)
        rows = number_rows(columns, len(records), first_row)
        return rows, self._interpret(columns, problems, len(records), first_row)

    def _cut_lines(self, records: Sequence[str]) -> tuple[dict[str, list[str]], dict[int, str]]:
        separator = self._layout.separator
        if separator and not any('"' in line for line in records):
            columns = cut_columns(records, self.columns, separator)
            if columns is not None:
                return columns, {}
        problems: dict[int, str] = {}
        try:
            cells = [split_line(line, separator) for line in records]
        except csv.Error:
            cells, problems = _split_each(records, separator)
        # A row that ends with a cell that is needed may be cut within it; formats without a header
        # end with remarks that not all rows have.
        places = [
            self.columns.index(column)
            for role, column in self.roles.items()
            if role not in _MAY_LACK
        ]
        needed = max(places) + 1
        needed += bool(self._layout.header)
        optional = max(len(self.columns) - needed, 0)
        problems = fit_cells(cells, len(self.columns), separator or " ", optional) | problems
        return stand_columns(cells, self.columns), problems

    def _interpret(
        self, columns: Mapping[str, list[str]], problems: Mapping[int, str], n: int, first_row: int
    ) -> pd.DataFrame:
        texts = {role: columns[column] for role, column in self.roles.items()}
        texts["reason"] = [problems.get(place, "") for place in range(n)]
        texts["reason_kind"] = ["unreadable" if reason else "" for reason in texts["reason"]]
        texts["note"] = _note_dates(texts.pop("gene", []), n)
        self._tests.refuse(texts)
        texts["qualifier"] = qualify(texts, n)
        builds = [name_of_build(text) for text in texts.pop("build", [])] or [""] * n
        builds = take_apart(texts, builds, n)
        self._stated.check(builds, texts)
        names = orient(texts, self.effect, self.roles, n)
        if self._understood.puzzling:
            refuse_puzzling(texts, self._understood.puzzling)
        _choose_effects(texts, n)
        texts, places, parts = split_alternatives(texts, n)
        place_changes(texts, self._understood.zero_based)
        return settle(texts, places + first_row, parts, names)


def _named_rows(header: Sequence[str], cells: Sequence[Sequence[str]]) -> Sequence[str]:
    """R writes names of rows without a name above them; they get one."""
    if cells and all(len(row) == len(header) + 1 for row in cells):
        return ["row name", *header]
    return header


def _split_each(records: Sequence[str], separator: str) -> tuple[list[list[str]], dict[int, str]]:
    """Split rows one by one; a row whose quotes are wrong stays whole, in its first cell."""
    cells, problems = [], {}
    for place, line in enumerate(records):
        try:
            cells.append(split_line(line, separator))
        except csv.Error as error:
            cells.append([line])
            problems[place] = f"the quotes of the row are wrong ({error})"
    return cells, problems


def _note_dates(genes: Sequence[str], n: int) -> list[str]:
    notes = {gene: describe_date(gene) for gene in set(genes)}
    return [notes[gene] for gene in genes] if any(notes.values()) else [""] * n


def _choose_effects(texts: Texts, n: int) -> None:
    """Take the beta where there is one, else the odds ratio, else the z-score; the p-value, else its logarithm."""
    texts["effect_size"] = [""] * n
    texts["effect_kind"] = [""] * n
    for role, kind in (("beta", "beta"), ("odds_ratio", "or"), ("z_score", "z")):
        for place, text in enumerate(texts.pop(role, [])):
            if not texts["effect_kind"][place] and not is_nothing(text):
                texts["effect_size"][place], texts["effect_kind"][place] = text, kind
    exponents = texts.pop("p_exponent", [])
    if exponents and "p_value" in texts:
        texts["p_value"] = [
            f"{number}e{exponent.strip().removesuffix('.0')}" if exponent.strip() else number
            for number, exponent in zip(texts["p_value"], exponents, strict=True)
        ]
    logarithms = texts.pop("minus_log10_p", [])
    if logarithms and "p_value" not in texts:
        texts["p_value"] = [p_of_logarithm(text) for text in logarithms]


def p_of_logarithm(text: str) -> str:
    """Write the p-value whose −log10 (or, negative, whose log10) a cell gives."""
    if is_nothing(text):
        return ""
    value, _ = read_number(text, "p-value")
    if np.isnan(value):
        return text
    exponent = floor(-abs(value))
    return f"{10 ** (-abs(value) - exponent):.17g}e{exponent}"
