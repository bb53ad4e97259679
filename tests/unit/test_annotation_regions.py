"""Regions from BED."""

import gzip

import pytest

from scx_core.annotation import read_regions
from scx_core.errors import ScxError

CCRE = "chr22\t39570244\t39570564\tEH38E2164864\t0\t.\t39570244\t39570564\t255,0,0\tPLS\tAll\tRCP\n"


def read(tmp_path, text):
    path = tmp_path / "regions.bed"
    path.write_text(text)
    return read_regions(path)


def test_encode_ccre(tmp_path):
    path = tmp_path / "regions"
    path.write_bytes(gzip.compress(CCRE.encode()))
    regions = read_regions(path)
    assert list(regions.columns) == ["chromosome", "start", "end", "name", "region_class"]
    assert regions.iloc[0].tolist() == ["chr22", 39570244, 39570564, "EH38E2164864", "PLS"]


def test_screen_download(tmp_path):
    regions = read(tmp_path, "chr1\t10\t20\tEH38D1\tEH38E1310153\tpELS,CTCF-bound\n")
    assert regions.iloc[0, 3:].tolist() == ["EH38E1310153", "pELS,CTCF-bound"]


def test_plain_bed_is_named_by_place_from_one(tmp_path):
    text = "browser position chr1\ntrack name=x\n#comment\n\nchr1\t999\t2000\ntrackless\t5\t6\n"
    regions = read(tmp_path, text)
    assert regions["name"].tolist() == ["chr1:1,000-2,000", "trackless:6-6"]
    assert regions["region_class"].tolist() == ["region", "region"]
    assert regions["start"].tolist() == [999, 5]


def test_bed4_with_spaces_and_a_missing_name(tmp_path):
    regions = read(tmp_path, "chr1 9  20 peak\nchr1 29 40 .\n")
    assert regions["name"].tolist() == ["peak", "chr1:30-40"]


def test_numbers_in_column_ten_are_no_class(tmp_path):
    narrow = "chr1\t10\t20\tpeak\t0\t.\t1.5\t2.5\t-1\t5\n"
    assert read(tmp_path, narrow)["region_class"].tolist() == ["region"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# x\nchr1\t10\n", r"regions\.bed, line 2: 2 columns; BED has"),
        ("chr1\t1\t2\n\nchr1\t1\t2\tname\n", r"line 3: 4 columns instead of the 3"),
        ("chr1\t1\t2\nchr1\tx\t2\n", r"line 2: start 'x' is not a whole number"),
        ("chr1\t1\t9e2\n", r"line 1: end '9e2' is not a whole number"),
        ("chr1\t1\t" + "9" * 20 + "\n", r"line 1: end '9{20}' is not a whole number of 1 to 12"),
        ("chr1\t1\t٢\n", r"line 1: end '٢'"),
        ("chr1\t-1\t2\n", r"line 1: start '-1'"),
        ("chr1\t1\t2\nchr1\t5\t5\n", r"line 2: end 5 is not after start 5"),
        ("\t1\t2\n", r"line 1: the chromosome is empty"),
        ("# nothing\n", r"regions\.bed holds no regions"),
        ("", r"regions\.bed is empty"),
    ],
)
def test_broken_bed(tmp_path, text, message):
    with pytest.raises(ScxError, match=message):
        read(tmp_path, text)
