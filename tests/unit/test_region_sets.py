"""Regions that are registered once and seen beside any dataset."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from scx_core.commands.app import app
from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.region_sets import (
    add_region_set,
    list_region_sets,
    open_region_set,
    regions_beside,
    remove_region_set,
)
from scx_core.store import Workspace, file_digest


def write_bed(path: Path, *lines: str) -> Path:
    path.write_text("".join(line.replace(" ", "\t") + "\n" for line in lines))
    return path


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def test_regions_are_kept_as_they_were_read(place: Workspace, tmp_path: Path) -> None:
    bed = write_bed(tmp_path / "k562.bed", "chr1 10 30 one", "chr2 5 9 two")
    made = add_region_set(place, bed, "K562", "hg38")
    assert list_region_sets(place) == ["K562"]
    assert made == open_region_set(place, "K562")
    assert (made.n_regions, made.sha256, made.assembly) == (2, file_digest(bed), "hg38")
    assert str(made) == "K562 (k562.bed, 2 regions, hg38)"
    assert made.read()[["chromosome", "start", "end", "name"]].to_numpy().tolist() == [
        ["chr1", 10, 30, "one"], ["chr2", 5, 9, "two"],
    ]  # fmt: skip
    remove_region_set(place, "K562")
    assert list_region_sets(place) == []
    assert list((place.root / "regions").iterdir()) == []


@pytest.mark.parametrize("names", [("chr1", "chr1"), ("1", "1")])
def test_chromosomes_get_the_names_of_the_dataset(
    place: Workspace, tmp_path: Path, toy_dataset: Dataset, names: tuple[str, str]
) -> None:
    bed = write_bed(tmp_path / "a.bed", f"{names[0]} 10 30 one", f"{names[1]} 50 90 two", "7 1 2 x")
    found = regions_beside(toy_dataset, add_region_set(place, bed, "a"))
    assert found["chromosome"].tolist() == ["chr1", "chr1"]
    assert found["name"].tolist() == ["one", "two"]
    assert found.index.tolist() == [0, 1]


def test_other_chromosomes_are_a_sentence(
    place: Workspace, tmp_path: Path, toy_dataset: Dataset
) -> None:
    bed = write_bed(tmp_path / "a.bed", "scaffold_9 10 30 one")
    regions = add_region_set(place, bed, "a")
    with pytest.raises(ScxError, match=r"a\.bed has scaffold_9; the dataset 'toy' has chr1"):
        regions_beside(toy_dataset, regions)


def test_regions_of_another_build_are_refused(
    place: Workspace, tmp_path: Path, toy_dataset: Dataset
) -> None:
    bed = write_bed(tmp_path / "a.bed", "chr1 10 30 one")
    human = Dataset(toy_dataset.path, {**toy_dataset.metadata, "assembly": "hg38.chr22"})
    with pytest.raises(ScxError, match="'old' are on hg19, the dataset 'toy' on hg38"):
        regions_beside(human, add_region_set(place, bed, "old", "GRCh37"))
    for name, build in (("new", "GRCh38.p14"), ("unsaid", ""), ("own", "my assembly")):
        assert len(regions_beside(human, add_region_set(place, bed, name, build))) == 1


def test_bad_files_and_names_leave_nothing(place: Workspace, tmp_path: Path) -> None:
    good = write_bed(tmp_path / "good.bed", "chr1 10 30 one")
    for bed, name, says in (
        (write_bed(tmp_path / "b.bed", "chr1 30 10 one"), "b", "line 1: end 10 is not after"),
        (write_bed(tmp_path / "m.bed", "chr1 1 2 a", "1 3 4 b"), "m", "in two ways"),
        (tmp_path / "none.bed", "n", "There is no BED file"),
        (good, "../b", "cannot name a set of regions"),
    ):
        with pytest.raises(ScxError, match=says):
            add_region_set(place, bed, name)
    assert not (place.root / "regions").exists() or not any((place.root / "regions").iterdir())
    add_region_set(place, good, "good")
    with pytest.raises(ScxError, match="already"):
        add_region_set(place, good, "good")
    with pytest.raises(ScxError, match="no regions called 'bad'; there are good"):
        remove_region_set(place, "bad")


def test_damage_is_a_sentence(place: Workspace, tmp_path: Path) -> None:
    regions = add_region_set(place, write_bed(tmp_path / "a.bed", "chr1 10 30 one"), "a")
    (regions.path / "regions.parquet").write_bytes(b"PAR1")
    with pytest.raises(ScxError, match="remove the regions and add them again"):
        regions.read()
    (regions.path / "region_set.json").write_text("{}")
    with pytest.raises(ScxError, match="remove the regions and add them again"):
        open_region_set(place, "a")


def test_commands(tmp_path: Path) -> None:
    bed = write_bed(tmp_path / "a.bed", "chr1 10 30 one")

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["--workspace", str(tmp_path / "ws"), "regions", *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "Registered mine (a.bed, 1 region, hg38)" in run(
        "add", str(bed), "mine", "--build", "hg38"
    )
    assert "mine (a.bed, 1 region, hg38)" in run("list")
    run("remove", "mine")
    assert "mine" not in run("list")


def test_regions_are_what_the_dataset_would_hold(
    place: Workspace, toy_root: Path, toy_dataset: Dataset
) -> None:
    same = add_region_set(place, toy_root / "inputs" / "toy.bed", "toy")
    pd.testing.assert_frame_equal(regions_beside(toy_dataset, same), toy_dataset.regions)
