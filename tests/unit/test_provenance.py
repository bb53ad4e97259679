"""What made an artefact, by content."""

import hashlib
from pathlib import Path

from scx_core.provenance import provenance


def test_files_and_folders_are_digested_by_content(tmp_path: Path) -> None:
    single, folder = tmp_path / "a.fa", tmp_path / "10x"
    single.write_bytes(b">x\nACGT\n")
    folder.mkdir()
    for name in ("matrix.mtx", "barcodes.tsv"):
        (folder / name).write_bytes(name.encode())
    told = provenance({"genome": single, "expression": folder, "features": None}, {"floor": -4})
    assert set(told["inputs"]) == {"genome", "expression/barcodes.tsv", "expression/matrix.mtx"}
    assert told["inputs"]["genome"]["sha256"] == hashlib.sha256(b">x\nACGT\n").hexdigest()
    assert told["parameters"] == {"floor": -4}
