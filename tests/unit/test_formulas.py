"""No cell of an exported table is a formula to a spreadsheet."""

import io

import pandas as pd
import pyarrow as pa
import pytest

from scx_core.export.tables import table_bytes
from scx_core.formulas import as_text, table_as_text
from scx_core.variants.writing import write_tsv

COMPUTED = [
    "=1+1",
    "@SUM(1)",
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    '=HYPERLINK("http://x")',
    "-A1(",
    "\t=1",
]
KEPT = ["+", "-", "-5", "+5.5e-3", "-.5", "-inf", "-/GATTA", "-A", "Sst =1", "a@b", "", "1+1"]


@pytest.mark.parametrize("text", COMPUTED)
def test_what_would_be_computed_becomes_text(text):
    assert as_text(pa.array([text]))[0].as_py() == f"'{text}"


@pytest.mark.parametrize("text", KEPT)
def test_numbers_strands_and_alleles_stay(text):
    assert as_text(pa.array([text]))[0].as_py() == text


def test_missing_texts_stay_missing():
    assert as_text(pa.array([None, "=1"])).to_pylist() == [None, "'=1"]


def test_names_of_rows_and_columns_are_cells_too():
    table = pd.DataFrame(
        {"=a": ["=1", None], "b": [-1.5, 2.0], "c": pd.Categorical(["@x", "y"])},
        index=pd.Index(["+1+1", "ok"], name="=gene"),
    )
    safe = table_as_text(table)
    assert list(safe.columns) == ["'=a", "b", "c"]
    assert list(safe.index) == ["'+1+1", "ok"]
    assert safe.index.name == "'=gene"
    assert safe["c"].tolist() == ["'@x", "y"]
    assert safe["b"].tolist() == [-1.5, 2.0]
    assert table.columns[0] == "=a"  # the table itself stays


@pytest.mark.parametrize("text", COMPUTED)
def test_downloads_hold_no_formula(text):
    """A population, a gene or a file of that name is the user's."""
    written = table_bytes(pd.DataFrame({text: [text]}), {"dataset": "x"}).decode()
    cells = pd.read_csv(io.StringIO(written), sep="\t", comment="#", header=None, dtype=str)
    assert cells.map(lambda cell: cell.startswith("'")).to_numpy().all()


def test_lists_of_variants_come_out_without_formulas():
    rows = pd.DataFrame({"=note": ["=1+1", "-"], "turned": ["+", "-"]}, index=[1, 2])
    scored = pd.DataFrame(
        {"row": [1, 2], "part": [0, 0], "reason_kind": ["", ""], "reason": ["", ""]}
    )
    target = io.BytesIO()
    write_tsv(target, rows, scored, {"file": "x"}, [])
    lines = target.getvalue().decode().splitlines()
    skip = int(lines[0].rpartition(":")[2])
    assert lines[skip].split("\t")[:2] == ["'=note", "turned"]
    assert [line.split("\t")[:2] for line in lines[skip + 1 :]] == [["'=1+1", "+"], ["-", "-"]]
