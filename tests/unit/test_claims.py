"""Checkpoints and tables of a release that claim what they do not have; disks that are full."""

import zipfile
from pathlib import Path

import pytest
import torch
from release_files import PublishedNetwork

from scx_core.errors import ScxError
from scx_core.isolation import Limits, run_isolated
from scx_core.release.checkpoints import read_checkpoint, write_checkpoint
from scx_core.release.folds import read_folds_table
from scx_core.search.study import make_study, read_trials


def write_state(folder: Path, state: dict[str, torch.Tensor]) -> Path:
    path = folder / "model_best.pth.tar"
    torch.save({"epoch": 3, "state_dict": state}, path)
    return path


def test_a_tensor_that_repeats_one_number_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    state = PublishedNetwork(2, 500).state_dict()
    state["fc.3.bias"] = torch.zeros(1).expand(10**12)  # 4 TB, of 4 bytes
    path = write_state(tmp_path, state)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(
        ScxError, match=r"fc\.3\.bias of .* claims 4,000,000\.0 MB, but the file has"
    ):
        read_checkpoint(path)


def test_a_packed_checkpoint_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = write_state(tmp_path, {"fc.3.bias": torch.zeros(5_000_000)})
    packed = tmp_path / "packed.pth.tar"
    with (
        zipfile.ZipFile(path) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file,
    ):
        for entry in source.infolist():
            file.writestr(entry.filename, source.read(entry))
    assert packed.stat().st_size < 100_000
    with pytest.raises(
        ScxError, match=r"packed\.pth\.tar claims 20\.0 MB, but the file has 0\.0 MB"
    ):
        read_checkpoint(packed)


@pytest.mark.parametrize(
    ("fold", "validation"), [("0", "8000000000"), ("9" * 30, "1"), ("0", "-1")]
)
def test_a_fold_that_is_no_number_of_a_fold(tmp_path: Path, fold: str, validation: str) -> None:
    path = tmp_path / "folds.tsv"
    path.write_text(f"row\tgene\tfold\tgroup\tvalidation\n0\tG1\t{fold}\t0\t{validation}\n")
    with pytest.raises(ScxError, match=r"folds\.tsv"):
        read_folds_table(path, ["G1"], ["G1"])


def test_a_checkpoint_on_a_full_disk_is_told_by_the_number_of_the_error() -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        write_checkpoint(Path("/dev/full"), {"a": torch.zeros(3)}, 1)
    assert caught.value.errno == 28


def test_a_search_on_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    with pytest.raises(ScxError, match=r"^The trials of the search 'mine' could not be written"):
        run_isolated(make_study, folder, limits=Limits(file_size=20_000))
    assert read_trials(folder) == []
