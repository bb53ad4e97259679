"""A release of the full size, imported within 2 GB of memory."""

import json
import subprocess
import sys
import time

import h5py
import numpy as np
import pandas as pd
import pytest
import release_files as files

N_GENES, N_POPULATIONS = 18_138, 130
LIMIT = 2_000_000_000
_IMPORT = """
import json, resource, sys
import scx_core as scx
dataset, ensemble = scx.import_release(sys.argv[1], sys.argv[2], "full")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"peak": peak, "shape": ensemble.predictions.shape}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("chunks", [(1, files.LENGTH, 4), None])
def test_release_of_the_full_size_needs_less_than_2_gb(tmp_path, chunks):
    folder = tmp_path / "full"
    folder.mkdir()
    rng = np.random.default_rng(0)
    names = [f"GENE{number:05d}" for number in range(N_GENES)]
    with h5py.File(folder / "seq_hl.h5", "w") as file:
        file["data"] = rng.normal(size=(N_GENES, 5))
        file["geneName"] = np.array([name.encode() for name in names], "S30")
        # 55 GB of zeros that take no room on the disk, but for every hundredth gene.
        shape = (N_GENES, files.LENGTH, 4)
        stored = file.create_dataset("promoter", shape, np.float64, chunks=chunks)
        for row in range(0, N_GENES, 100 if chunks else 2000):
            stored[row, files.TSS - 7000 : files.TSS + 3500] = files.one_hot(
                rng.integers(0, 4, 10_500)
            )
    values = rng.normal(size=(N_GENES, N_POPULATIONS))
    columns = [f"Pop{number}" for number in range(N_POPULATIONS)]
    pd.DataFrame(values, names, columns).to_csv(folder / "labels.csv", float_format="%.6g")
    n_folds = 20 if chunks else 1
    for fold in range(n_folds):
        state = files.make_network(fold, N_POPULATIONS, 10_500).state_dict()
        files.write_checkpoint(folder, fold, 0, state)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT, str(folder), str(tmp_path / "ws")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    print(f"peak {told['peak'] / 1e9:.2f} GB, {time.monotonic() - began:.0f} s")  # noqa: T201
    assert told["peak"] < LIMIT
    assert told["shape"] == [N_GENES if chunks else told["shape"][0], N_POPULATIONS]
