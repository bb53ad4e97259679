"""HDF5 files of users: nothing is read from elsewhere, and nothing is believed that is not there."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from h5py import h5p, h5s, h5t, h5z
from keras_files import write_keras, xpresso_layers

from scx_core.errors import ScxError
from scx_core.expression import read_expression
from scx_core.expression.hdf5 import open_h5ad
from scx_core.hdf5 import open_hdf5
from scx_core.importing.preview import preview
from scx_core.release.sequences import read_genes
from scx_core.xpresso.keras_file import read_keras

ZSTD = 32015


def write_cells(path: Path) -> str:
    obs = pd.DataFrame({"kind": ["a", "a", "b"]}, index=["c1", "c2", "c3"])
    var = pd.DataFrame(index=["G1", "G2"])
    anndata.AnnData(np.ones((3, 2)), obs=obs, var=var).write_h5ad(path)
    return "X"


def write_10x(path: Path) -> str:
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        group["barcodes"] = np.array([b"c1", b"c2"])
        group["data"], group["indices"] = np.ones(2, np.int32), np.array([0, 1])
        group["indptr"], group["shape"] = np.array([0, 1, 2]), np.array([2, 2])
        feature = group.create_group("features")
        feature["id"] = feature["name"] = np.array([b"G1", b"G2"])
        feature["feature_type"] = np.array([b"Gene Expression"] * 2)
    return "matrix/data"


def write_released(path: Path) -> str:
    with h5py.File(path, "w") as file:
        file["data"], file["geneName"] = np.zeros((2, 5)), np.array([b"G1", b"G2"])
        file.create_dataset("promoter", (2, 95_001, 4), np.float64, chunks=(1, 95_001, 4))
    return "data"


def write_network(path: Path) -> str:
    write_keras(path, xpresso_layers())
    return "model_weights/conv_a/conv_a/kernel:0"


READERS: dict[str, tuple[str, Callable, Callable]] = {
    "cells": ("f.h5ad", write_cells, lambda path: read_expression(path, levels={"population": "kind"})),
    "preview": ("f.h5ad", write_cells, preview),
    "10x": ("f.h5", write_10x, lambda path: read_expression(path, levels={"population": "kind"})),
    "release": ("f.h5", write_released, read_genes),
    "keras": ("f.h5", write_network, lambda path: read_keras(path, 40)),
}  # fmt: skip


def external_storage(file: h5py.File, name: str, folder: Path) -> None:
    shape, kind = file[name].shape, file[name].dtype
    del file[name]
    secret = folder / "secret"
    secret.write_bytes(b"root:x:0:0" * 1000)
    outside = [(str(secret), 0, h5py.h5f.UNLIMITED)]
    file.create_dataset(name, shape, kind, external=outside)


def external_link(file: h5py.File, name: str, folder: Path) -> None:
    with h5py.File(folder / "other.h5", "w") as other:
        other["x"] = file[name][()]
    del file[name]
    file[name] = h5py.ExternalLink("other.h5", "x")


def soft_through_external(file: h5py.File, name: str, folder: Path) -> None:
    file["zzz"] = h5py.ExternalLink("other.h5", "/")
    del file[name]
    file[name] = h5py.SoftLink("/zzz/x")


def virtual(file: h5py.File, name: str, folder: Path) -> None:
    shape, kind = file[name].shape, file[name].dtype
    with h5py.File(folder / "other.h5", "w") as other:
        other.create_dataset("x", data=np.zeros(shape, kind))
    del file[name]
    layout = h5py.VirtualLayout(shape, kind)
    layout[...] = h5py.VirtualSource(folder / "other.h5", "x", shape)
    file.create_virtual_dataset(name, layout)


def dangling(file: h5py.File, name: str, folder: Path) -> None:
    del file[name]
    file[name] = h5py.SoftLink("/not/there")


def loop(file: h5py.File, name: str, folder: Path) -> None:
    del file[name]
    file[name], file["back"] = h5py.SoftLink("/back"), h5py.SoftLink(f"/{name}")


def cycle(file: h5py.File, name: str, folder: Path) -> None:
    inner = file.create_group("outer/inner")
    inner["again"] = file["outer"]


def soft_cycle(file: h5py.File, name: str, folder: Path) -> None:
    file["outer/inner/again"] = h5py.SoftLink("/outer")


FAULTS = {
    external_storage: "another file",
    external_link: "is a link to another file",
    soft_through_external: "is a link to another file",
    virtual: "virtual dataset",
    dangling: "leads nowhere",
    loop: "leads nowhere",
    cycle: "lies in itself",
    soft_cycle: "lies in itself",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("reader", READERS)
def test_what_leads_elsewhere_is_refused_by_name(
    tmp_path: Path, reader: str, fault: Callable
) -> None:
    file_name, write, read = READERS[reader]
    name = write(tmp_path / file_name)
    with h5py.File(tmp_path / file_name, "a") as file:
        fault(file, name, tmp_path)
    with pytest.raises(ScxError, match=FAULTS[fault]) as caught:
        read(tmp_path / file_name)
    assert str(caught.value).startswith(f"{file_name}: '")


def test_a_soft_link_within_the_file_is_followed(tmp_path: Path) -> None:
    write_cells(tmp_path / "f.h5ad")
    with h5py.File(tmp_path / "f.h5ad", "a") as file:
        file.move("X", "layers/counts")
        file["X"] = h5py.SoftLink("/layers/counts")
    read = read_expression(tmp_path / "f.h5ad", levels={"population": "kind"})
    assert read.populations["n_cells"].to_dict() == {"a": 2, "b": 1}


def claim(file: h5py.File, name: str, size: int) -> None:
    kind, rest = file[name].dtype, file[name].shape[1:]
    attributes = dict(file[name].attrs)
    del file[name]
    made = file.create_dataset(name, (size, *rest), kind, chunks=(1000, *rest), compression="gzip")
    made.attrs.update(attributes)


@pytest.mark.parametrize(
    ("reader", "claiming"),
    [
        ("cells", ["obs/_index", "obs/kind/codes", "X"]),
        ("preview", ["obs/_index"]),
        ("10x", ["matrix/data", "matrix/indices"]),
        ("release", ["data", "geneName", "promoter"]),
        ("keras", ["model_weights/conv_a/conv_a/kernel:0"]),
    ],
)
def test_a_size_that_the_file_does_not_have_is_refused_before_memory_is_taken(
    tmp_path: Path, reader: str, claiming: list[str]
) -> None:
    file_name, write, read = READERS[reader]
    write(tmp_path / file_name)
    with h5py.File(tmp_path / file_name, "a") as file:
        for name in claiming:
            claim(file, name, 300_000_000)
    assert (tmp_path / file_name).stat().st_size < 1_000_000
    tracemalloc.start()
    try:
        with pytest.raises(ScxError, match=r"claims .* MB, but the file stores"):
            read(tmp_path / file_name)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_a_filter_that_is_not_installed_is_named_and_not_called_damage(tmp_path: Path) -> None:
    if h5z.filter_avail(ZSTD):
        pytest.skip("this HDF5 has the filter")
    path = tmp_path / "f.h5ad"
    write_cells(path)
    with h5py.File(path, "a") as file:
        attributes = dict(file["X"].attrs)
        del file["X"]
        plist = h5p.create(h5p.DATASET_CREATE)
        plist.set_chunk((3, 2))
        plist.set_filter(ZSTD, h5z.FLAG_OPTIONAL, (3,))
        made = h5py.Dataset(
            h5py.h5d.create(file.id, b"X", h5t.IEEE_F64LE, h5s.create_simple((3, 2)), plist)
        )
        made.id.write_direct_chunk((0, 0), bytes(20))
        made.attrs.update(attributes)
    with pytest.raises(ScxError, match=r"f\.h5ad is compressed with zstd.*hdf5plugin.*") as caught:
        read_expression(path, levels={"population": "kind"})
    assert "damaged" not in str(caught.value)


def test_a_fault_of_the_program_is_not_told_as_damage(tmp_path: Path) -> None:
    write_cells(tmp_path / "f.h5ad")
    with pytest.raises(KeyError, match="ours"), open_hdf5(tmp_path / "f.h5ad"):
        raise KeyError("ours")
    with pytest.raises(ScxError, match="truncated or damaged"), open_hdf5(tmp_path / "f.h5ad") as f:
        f["X"].id.read(h5s.create_simple((9, 9)), h5s.ALL, np.empty(1))


def test_a_constant_column_of_a_large_atlas_is_no_false_claim(tmp_path: Path) -> None:
    path = tmp_path / "f.h5ad"
    write_cells(path)
    with h5py.File(path, "a") as file:
        file.create_dataset(
            "obs/constant", data=np.zeros(5_000_000), chunks=(1_000_000,), compression="gzip"
        )
    with open_h5ad(path, None, ["kind"]) as source:
        assert source.matrix.shape == (3, 2)
