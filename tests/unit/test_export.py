"""What other programs read is what the effects say, in their coordinates."""

import io
import json
import zipfile

import h5py
import numpy as np
import pandas as pd
import pybigtools
import pytest
from figure_examples import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from scx_core.annotation import read_regions
from scx_core.errors import ScxError
from scx_core.export import (
    bedgraph_bytes,
    bigwig_bytes,
    bundle,
    cube_hdf5,
    cube_npz,
    file_name,
    overlaps_bed,
    region_overlaps,
    table_bytes,
    track_table,
)
from scx_core.mutagenesis import Effects


def effects_of(strand: str = "+", length: int = 60, upstream: int = 40, seed: int = 0) -> Effects:
    """Effects whose first three letters are not known."""
    random = np.random.default_rng(seed)
    codes = random.integers(0, 4, length).astype(np.uint8)
    values = random.normal(0, 0.1, (length, 4, 2)).astype(np.float32)
    values[np.arange(length), codes] = 0
    codes[:3] = 4
    return Effects(
        "ENSG1", "chr2", strand, 1000, upstream, codes, ("Sst", "Vip é"), values,
        np.abs(values), np.array([1.0, 2.0]), np.array([0.1, 0.2]), 3, 5,
    )  # fmt: skip


def expected(effects: Effects, column: int) -> dict[int, float]:
    """Effect by 1-based genome position, base by base."""
    found = {}
    for index, code in enumerate(effects.codes):
        if code == 4:
            continue
        offset = index - effects.upstream
        position = effects.tss + offset if effects.strand == "+" else effects.tss - offset
        found[position] = max(effects.values[index, :, column].tolist(), key=abs)
    return found


@pytest.mark.parametrize("strand", "+-")
def test_tracks_lie_on_the_chromosome(strand):
    effects = effects_of(strand)
    table = track_table(effects, "Vip é")
    assert table["start"].is_monotonic_increasing
    assert (table["end"] - table["start"] == 1).all()
    assert dict(zip(table["end"], table["value"], strict=True)) == expected(effects, 1)


@pytest.mark.parametrize("strand", "+-")
def test_bedgraph_is_read_back(strand):
    effects = effects_of(strand)
    text = bedgraph_bytes(effects, "Sst", {"dataset": "toy\nwith a break"}).decode()
    lines = text.splitlines()
    assert lines[0] == "# dataset: toy with a break"
    assert sum(line.startswith("track type=bedGraph") for line in lines) == 1
    rows = [line.split("\t") for line in lines if line.startswith("chr2")]
    found = {int(end): float(value) for _, _, end, value in rows}
    assert found == expected(effects, 0)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from("+-"), st.integers(4, 300), st.integers(0, 2**16))
def test_bigwig_is_read_back(strand, length, seed):
    effects = effects_of(strand, length, length // 2, seed)
    file = io.BytesIO(bigwig_bytes(effects, "Sst", 10_000))
    reader = pybigtools.open(file)
    assert reader.chroms() == {"chr2": 10_000}
    known = expected(effects, 0)
    found = {end: value for _, end, value in _single(reader.records("chr2"))}
    assert found == pytest.approx(known, abs=1e-7)


def _single(records):
    """Records of one base each: a bigWig may join neighbours of the same value."""
    for start, end, value in records:
        for place in range(start, end):
            yield place, place + 1, value


def test_a_bigwig_without_a_length_ends_at_the_window():
    effects = effects_of()
    reader = pybigtools.open(io.BytesIO(bigwig_bytes(effects, "Sst")))
    assert reader.chroms() == {"chr2": max(expected(effects, 0))}


def test_tracks_refuse_what_they_cannot_be():
    effects = effects_of()
    with pytest.raises(ScxError, match="no effects in 'Pvalb'"):
        bedgraph_bytes(effects, "Pvalb")
    with pytest.raises(ScxError, match="beyond the 1,010 bases"):
        bigwig_bytes(effects, "Sst", 1010)
    unknown = Effects(
        "G", "chr1", "+", 3, 1, np.full(4, 4, np.uint8), ("p",), np.zeros((4, 4, 1), np.float32),
        np.zeros((4, 4, 1), np.float32), np.zeros(1), np.zeros(1), 0, 1,
    )  # fmt: skip
    with pytest.raises(ScxError, match="No letter"):
        track_table(unknown, "p")


@pytest.mark.parametrize("strand", "+-")
def test_cubes_are_read_back(strand):
    effects = effects_of(strand)
    header = {"dataset": "toy, digest 3f", "model": "m"}
    with np.load(io.BytesIO(cube_npz(effects, header)), allow_pickle=False) as arrays:
        packed = dict(arrays.items())
    made = json.loads(str(packed.pop("provenance")))
    with h5py.File(io.BytesIO(cube_hdf5(effects, header))) as store:
        attributes = dict(store.attrs)
        stored = {name: data[()] for name, data in store.items()}
        assert list(store["values"].attrs["dimensions"]) == ["positions", "letters", "populations"]
    assert set(packed) == set(stored)
    for arrays in (packed, stored):
        assert np.array_equal(arrays["values"], effects.values)
        assert np.array_equal(arrays["spread"], effects.spread)
        assert np.array_equal(arrays["wild_type"], effects.wild_type)
        assert b"".join(arrays["letters"]) == b"ACGT"
        letters = b"".join(arrays["sequence"])
        assert letters.decode() == "".join("ACGTN"[code] for code in effects.codes)
        assert arrays["genome_positions"].tolist() == effects.genome_positions.tolist()
        assert arrays["positions"][effects.upstream] == 0
    assert packed["populations"].tolist() == ["Sst", "Vip é"]
    assert [name.decode() for name in stored["populations"]] == ["Sst", "Vip é"]
    for found in (made, attributes):
        assert (found["gene_id"], found["strand"], found["dataset"]) == (
            "ENSG1",
            strand,
            header["dataset"],
        )


def regions() -> pd.DataFrame:
    # Around genome 961 … 1020 (+) or 981 … 1040 (−).
    return pd.DataFrame(
        [("2", 1200, 1300, "after", "dELS"), ("2", 999, 1003, "at", "PLS"),
         ("chr2", 900, 985, "cut", "pELS"), ("chr3", 999, 1003, "elsewhere", "PLS")],
        columns=["chromosome", "start", "end", "name", "region_class"],
    )  # fmt: skip


@pytest.mark.parametrize("strand", "+-")
def test_regions_have_the_strongest_effect_inside(strand, tmp_path):
    effects = effects_of(strand)
    table = region_overlaps(effects, "Sst", regions()).set_index("name")
    assert list(table.index) == ["cut", "at"]
    known = expected(effects, 0)
    for name, start, end in (("at", 999, 1003), ("cut", 900, 985)):
        inside = {place: value for place, value in known.items() if start < place <= end}
        best = max(inside, key=lambda place: abs(inside[place]))
        row = table.loc[name]
        assert (row["strongest_effect"], row["strongest_position"]) == (inside[best], best)
        index = effects.upstream + (best - 1000) * (1 if strand == "+" else -1)
        assert row["change"][0] == "ACGT"[effects.codes[index]]
        assert effects.values[index, "ACGT".index(row["change"][2]), 0] == row["strongest_effect"]
    assert table.loc["at", "bases_in_window"] == 4
    assert table["score"].max() == 1000
    path = tmp_path / "overlaps.bed"
    path.write_bytes(overlaps_bed(effects, "Sst", regions(), {"dataset": "toy"}))
    again = read_regions(path)
    assert again[["start", "end", "name"]].to_numpy().tolist() == [
        [900, 985, "cut"],
        [999, 1003, "at"],
    ]


def test_no_region_is_an_empty_bed():
    text = overlaps_bed(effects_of(), "Sst", regions().iloc[:0]).decode()
    assert all(line.startswith("#") for line in text.splitlines())


def test_a_bundle_holds_the_figure_the_numbers_and_the_texts():
    (figure,) = EXAMPLES["style.empty_figure"]()
    table = pd.DataFrame({"x": [0.1 + 0.2], "name": ["é"]})
    packed = bundle(
        figure, name="A figure", width_mm=89, table=table, header={"dataset": "toy"},
        caption="What it shows.", methods="How it was made.",
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert set(files) == {
        "figure.svg", "figure.pdf", "figure.png", "data.tsv", "provenance.json", "caption.txt",
        "methods.txt",
    }  # fmt: skip
    assert files["figure.svg"].lstrip().startswith(b"<?xml")
    assert files["figure.pdf"].startswith(b"%PDF")
    assert files["figure.png"].startswith(b"\x89PNG")
    assert files["caption.txt"].decode() == "What it shows.\n"
    made = json.loads(files["provenance.json"])
    assert made["parameters"]["dataset"] == "toy"
    again = pd.read_csv(
        io.BytesIO(files["data.tsv"]), sep="\t", comment="#", float_precision="round_trip"
    )
    assert again.equals(table)
    without = bundle(figure, name="A", width_mm=89, table=table, header={}, caption="")
    assert "methods.txt" not in zipfile.ZipFile(io.BytesIO(without)).namelist()


def test_comment_lines_cannot_break_the_table():
    text = table_bytes(pd.DataFrame({"a": [1]}), {"list": "name\nwith\tbreaks"}).decode()
    assert text.splitlines()[0] == "# list: name with breaks"
    assert text.splitlines()[-2:] == ["a", "1"]


@pytest.mark.parametrize(
    ("given", "safe"),
    [("L2/3 IT: é", "L2_3_IT"), ("../../etc", "etc"), ("", "figure"), ("a.b-c", "a.b-c")],
)
def test_names_of_files_are_safe(given, safe):
    assert file_name(given) == safe
