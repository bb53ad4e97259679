"""The published human Xpresso weights on real promoters."""

import gzip
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from keras_files import forward

from scx_core.sequence.alphabet import reverse_complement
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval
from scx_core.store import Workspace
from scx_core.xpresso.islands import islands_of
from scx_core.xpresso.published import PublishedModel, import_keras
from scx_core.xpresso.scan import PublishedPredictor, scan_region
from scx_core.xpresso.windows import predict_windows, read_windows

pytestmark = pytest.mark.real
LENGTH = 10_500


@pytest.fixture(scope="module")
def weights(real: Path) -> Path:
    return real / "human" / "xpresso.human.keras.h5"


@pytest.fixture(scope="module")
def model(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> PublishedModel:
    return import_keras(weights, Workspace(tmp_path_factory.mktemp("ws")), "xpresso-human")


@pytest.fixture(scope="module")
def windows(real: Path) -> Path:
    return real / "human" / "hg38.windows.10500bp.fa.gz"


def letters_of(path: Path) -> dict[str, str]:
    """Read the windows without our reader."""
    records = gzip.decompress(path.read_bytes()).decode().split(">")[1:]
    split = (record.split("\n", 1) for record in records)
    return {head.split()[0]: body.replace("\n", "").upper() for head, body in split}


def test_published_network_equals_a_forward_pass_in_numpy(model, weights, windows):
    letters = letters_of(windows)
    assert len(letters) == 724
    ours = predict_windows(model, windows).set_index("window")["expression"]
    assert list(ours.index) == list(letters)
    names = list(letters)
    expected = []
    for start in range(0, len(names), 20):
        text = np.array([list(letters[name]) for name in names[start : start + 20]])
        one_hot = np.stack([text == base for base in "ACGT"], axis=2)
        expected.append(forward(weights, one_hot, np.zeros((len(text), 6)), np.float32)[:, 0])
    difference = np.abs(ours.to_numpy() - np.concatenate(expected))
    assert difference.max() < 1e-4
    assert model.config.half_life == tuple(f"unnamed_{number}" for number in range(1, 7))


def test_reverse_complement_is_worse_against_blood(model, windows, real):
    names, codes = zip(*read_windows(windows, LENGTH), strict=True)
    codes = np.stack(codes)
    blood = pd.read_csv(real / "human" / "blood.hpa.tsv.gz", sep="\t", index_col=0)
    observed = np.log10(blood + 0.1).mean(axis=1)
    observed = observed[~observed.index.duplicated()].reindex(names)
    known = observed.notna().to_numpy()
    assert known.sum() > 700
    forwards, backwards = (
        np.corrcoef(model.predict(given)[known, 0], observed[known])[0, 1]
        for given in (codes, reverse_complement(codes))
    )
    assert forwards > 0.5
    assert backwards < 0.2
    # The letters are in the order A, C, G, T: in another order nothing is left.
    swapped = np.array([0, 1, 3, 2, *range(4, 15)], np.uint8)[codes]
    assert np.corrcoef(model.predict(swapped)[known, 0], observed[known])[0, 1] < 0.2


def test_scan_of_100_kb_around_cacna1i(model, real, tmp_path):
    genome = Genome.open(real / "human" / "hg38.chr22.fa.gz", tmp_path)
    place = Interval.parse("chr22:39,500,000-39,600,000")
    predictor = PublishedPredictor(model)
    scan_region(predictor, genome, Interval.parse("chr22:39,500,000-39,501,000"))  # compiles
    start = perf_counter()
    scan = scan_region(predictor, genome, place)
    assert perf_counter() - start < 30  # 1.9 s on two shared cores
    assert len(scan.table) == 1001
    assert not scan.table[["plus", "minus"]].isna().any(axis=None)
    # ATF4 begins at 39,520,564 (+), RPS19BP1 at 39,532,748 (-): both in a CpG island, both high.
    for tss, column in ((39_520_564, "plus"), (39_532_748, "minus")):
        near = scan.table[(scan.table["tss"] - tss).abs() <= 500][column]
        assert near.max() > scan.table[column].quantile(0.97)
    islands = islands_of(genome, scan.interval)
    held = (islands["start"] < 39_520_564) & (islands["end"] >= 39_520_564)
    assert held.any()
