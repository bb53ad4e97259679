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
from scx_core.variants.reading.layout import Layout, join_quoted, split_line, split_or_whole
from scx_core.variants.reading.parser import (
    StatedBuild,
    cut_columns,
    fit_cells,
    number_rows,
    split_alternatives,
    stand_columns,
    unique_names,
)
from scx_core.variants.reading.roles import PAIR_OF_ALLELES, guess_roles
from scx_core.variants.reading.settling import settle
from scx_core.variants.reading.typed import read_item
from scx_core.variants.reading.values import describe_date, is_nothing, read_number
from scx_core.variants.reading.variant_list import join_notes

_EFFECTS: Final = {"beta", "odds_ratio"}
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
        self.columns, self.notices = unique_names(_named_rows(header, cells))
        self.roles = self._guess(cells, roles, name)
        stated, notice = build_of_comments(layout.comments)
        column = self.roles.get("position", "").replace("_", " ")
        self._stated = StatedBuild(build or stated or name_of_build(column))
        self.notices += [notice] if notice else []
        self.format = self._format()

    def _guess(
        self, cells: Sequence[Sequence[str]], roles: Mapping[str, str] | None, name: str
    ) -> Mapping[str, str]:
        found, notices = guess_roles(self.columns, cells, roles, bool(self._layout.header))
        self.notices += notices
        if not ({"chromosome", "position"} <= set(found) or {"variant", "id"} & set(found)):
            raise ScxError(
                f"{name[:1].upper() + name[1:]} needs columns for chromosome and position, or for "
                f"rsIDs; it has {join_some(self.columns, 12)}. Rename them so, or say which they are."
            )
        return found

    def _format(self) -> str:
        placed = {"chromosome", "position"} <= set(self.roles) or "variant" in self.roles
        if not placed and not set(self.roles) - {"id", "gene"}:
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
            self.notices.append(
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
        # A row that ends with a cell that is needed may be cut within it.
        needed = max(self.columns.index(column) for column in self.roles.values()) + 2
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
        builds = [name_of_build(text) for text in texts.pop("build", [])] or [""] * n
        if "variant" in texts:
            builds = _take_apart(texts, texts.pop("variant"), builds)
        self._stated.check(builds, texts)
        names = _orient(texts, n)
        _choose_effects(texts, n)
        texts, places, parts = split_alternatives(texts, n)
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


def _take_apart(texts: Texts, combined: Sequence[str], builds: list[str]) -> list[str]:
    """Read cells such as ``chr22_39570542_A_C_b38`` where chromosome and position have none.

    Returns
    -------
    list of str
        Builds that the cells state.
    """
    n = len(combined)
    wanted = ("id", "chromosome", "position", "reference", "alternative", "effect_allele", "genome")
    given = {name: name in texts for name in wanted}
    whole = given["chromosome"] and given["position"]
    for name in wanted:
        texts.setdefault(name, [""] * n)
    # Columns may be shared with the user's rows.
    for name in (*wanted, "reason", "reason_kind", "note"):
        texts[name] = list(texts[name])
    for place, cell in enumerate(combined):
        placed = whole and not is_nothing(texts["position"][place])
        if placed or is_nothing(cell) or texts["reason"][place]:
            continue
        try:
            meant = read_item(cell)[0]
        except ScxError as error:
            if not texts["id"][place]:
                texts["reason"][place] = str(error).rstrip(".")
                texts["reason_kind"][place] = "unreadable"
            continue
        texts["note"][place] = join_notes(texts["note"][place], meant.texts.get("note", ""))
        builds[place] = builds[place] or meant.build
        for name in wanted:
            # Chromosome and position go together, and with alleles that the genome has to complete;
            # else other columns of the table come first.
            together = name in ("chromosome", "position") or meant.texts.get("genome", "")
            if together or not given[name]:
                texts[name][place] = meant.texts.get(name, "") or texts[name][place]
    return builds


def _orient(texts: Texts, n: int) -> dict[str, str]:
    """Say which allele is the reference and which the alternative.

    Returns
    -------
    dict of str to str
        How sentences call the alleles, where that is not by their names.
    """
    if "alleles" in texts:
        pairs = [PAIR_OF_ALLELES.fullmatch(text.strip()) for text in texts.pop("alleles")]
        texts.setdefault("reference", [pair[1] if pair else "" for pair in pairs])
        texts.setdefault("alternative", [pair[2] if pair else "" for pair in pairs])
    effect, other = texts.get("effect_allele"), texts.get("other_allele")
    reference, alternative = texts.get("reference"), texts.get("alternative")
    if reference is not None and not any(map(str.strip, reference)):
        reference = None
    if alternative is not None and not any(map(str.strip, alternative)):
        alternative = None
    if effect is None:
        return {}
    if reference is None and alternative is None:
        if other is None:
            return {}
        texts["reference"], texts["alternative"] = other, effect
        return {"reference": "other allele", "alternative": "effect allele"}
    if other is not None and reference is not None and alternative is not None:
        # Cells such as 22:5000 name no alleles where others do.
        blank = [not (a.strip() or b.strip()) for a, b in zip(reference, alternative, strict=True)]
        pairs_ = zip(blank, reference, other, alternative, effect, strict=True)
        texts["reference"], texts["alternative"] = map(
            list, zip(*((c, e) if no else (b, d) for no, b, c, d, e in pairs_), strict=True)
        )
        return {}
    small = [text.strip().upper() for text in effect]
    first = [text.strip().upper() for text in reference or [""] * n]
    if alternative is None:
        # Of two alleles the one that is not the reference is the alternative.
        texts["alternative"] = [
            ours if ours.strip().upper() != of_genome else theirs
            for ours, theirs, of_genome in zip(effect, other or [""] * n, first, strict=True)
        ]
    elif other is None and reference is not None:
        second = [text.strip().upper() for text in alternative]
        texts["other_allele"] = [
            b if a == c else c if a == b else ""
            for a, b, c in zip(small, first, second, strict=True)
        ]
    return {}


def _choose_effects(texts: Texts, n: int) -> None:
    """Take the beta where there is one, else the odds ratio; the p-value, else its logarithm."""
    betas = texts.pop("beta", [""] * n)
    ratios = texts.pop("odds_ratio", [""] * n)
    chosen = [
        (beta, "beta") if not is_nothing(beta) else (ratio, "" if is_nothing(ratio) else "or")
        for beta, ratio in zip(betas, ratios, strict=True)
    ]
    texts["effect_size"] = [size for size, _ in chosen]
    texts["effect_kind"] = [kind for _, kind in chosen]
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
