"""Readers in a process of their own: whatever happens in it is a result or a sentence."""

import json
import logging
import os
import pickle
import socket
import threading
import time
from pathlib import Path

import isolated
import numpy as np
import pandas as pd
import pytest
from keras_files import write_keras, xpresso_layers

from scx_core.errors import ScxError
from scx_core.importing.preview import Preview
from scx_core.isolation import Limits, run_isolated, running
from scx_core.isolation.wire import WireError, decode, encode
from scx_core.region_sets import add_region_set
from scx_core.store import Workspace
from scx_core.variants import read_variants
from scx_core.variants.outside import read_outside
from scx_core.variants.reading.beginning import read_beginning, read_header
from scx_core.xpresso.published import import_keras, open_published


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "given.txt"
    path.write_bytes(b"12345")
    return path


def test_the_result_comes_back(file: Path) -> None:
    assert run_isolated(isolated.length, file) == 5


def test_a_refusal_keeps_its_sentence(file: Path) -> None:
    with pytest.raises(ScxError, match=r"^given\.txt is not wanted; take another\.$"):
        run_isolated(isolated.refuse, file)


def test_a_crash_of_a_library_is_one_sentence_with_the_name(file: Path) -> None:
    with pytest.raises(ScxError, match=r"^given\.txt could not be read: .*SIGSEGV.*"):
        run_isolated(isolated.crash, file)


def test_an_unforeseen_error_is_one_sentence_and_its_trace_is_logged(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.ERROR, "scx_core.isolation"),
        pytest.raises(ScxError, match=r"^given\.txt could not be read: .*KeyError.*") as caught,
    ):
        run_isolated(isolated.stumble, file)
    assert "nothing of the kind" not in str(caught.value)
    assert "nothing of the kind" in caplog.text


def test_a_reader_that_hangs_is_stopped(file: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(ScxError, match=r"^Reading given\.txt took longer than 1 s"):
        run_isolated(isolated.hang, file, limits=Limits(seconds=1))
    assert time.monotonic() - begin < 60


def test_memory_is_limited(file: Path) -> None:
    with pytest.raises(ScxError, match=r"^Reading given\.txt needs more than 1\.0 GB of memory"):
        run_isolated(isolated.devour, file, limits=Limits(memory=1_000_000_000))


def test_the_answer_is_limited(file: Path) -> None:
    limits = Limits(output=1_000_000)
    assert len(run_isolated(isolated.talk, file, 900_000, limits=limits)) == 900_000
    with pytest.raises(ScxError, match=r"^given\.txt holds more than can be shown: over 1 MB"):
        run_isolated(isolated.talk, file, 2_000_000, limits=limits)


def test_files_that_a_reader_writes_are_limited(file: Path) -> None:
    with pytest.raises(ScxError, match="given"):
        run_isolated(isolated.write_much, file, limits=Limits(file_size=5_000_000))
    assert file.with_name("written").stat().st_size <= 5_000_000


def test_what_a_library_prints_is_no_answer(file: Path) -> None:
    assert run_isolated(isolated.chatter, file) == 7


def test_progress_is_told(file: Path) -> None:
    told: list[tuple[float, str]] = []
    done = run_isolated(
        isolated.steps, file, progress=lambda fraction, message: told.append((fraction, message))
    )
    assert done == "done"
    assert told == [(0.5, "Half of it")]


def test_no_socket_of_the_server_is_inherited_and_torch_is_not_loaded(file: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        os.set_inheritable(server.fileno(), True)
        seen = run_isolated(isolated.open_descriptors, file)
    assert seen
    assert not [name for name in seen if name.startswith("socket:")]
    assert not {"torch", "anndata", "streamlit"} & set(run_isolated(isolated.loaded, file))


def test_threads_may_read_at_once(file: Path) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(run_isolated(isolated.length, file)))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [5] * 5


VALUES = [
    None, True, 3, 2.5, float("inf"), "text", "a\ud800b", b"\0\xff", [1, [2]], (1, ("a",)), {1, 2},
    {"a": 1, 2: (3,)}, Path("/a/b"), frozenset({"x"}), np.float32(1.5), 10**30,
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values_are_written_and_read(value: object) -> None:
    back = decode(encode(value))
    assert back == value
    assert type(back) is type(value)


def test_arrays_and_tables_are_written_and_read() -> None:
    table = pd.DataFrame(
        {
            "number": [1, 2, 3],
            "half": np.array([0.5, np.nan, 1], dtype=np.float32),
            "text": ["a", None, "c"],
            "kind": pd.Categorical(["x", None, "y"], categories=["y", "x"], ordered=True),
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "written": pd.array(["p", None, "q"], dtype="string"),
            "mixed": ["a", 1, 2.5],
        },
        index=pd.Index(["r", "s", "s"], name="row"),
    )
    pd.testing.assert_frame_equal(decode(encode(table)), table)
    repeated = pd.DataFrame([[1, "a"], [2, "b"]], columns=["same", "same"])
    pd.testing.assert_frame_equal(decode(encode(repeated)), repeated)
    pd.testing.assert_frame_equal(decode(encode(pd.DataFrame())), pd.DataFrame())
    pd.testing.assert_series_equal(decode(encode(table["kind"])), table["kind"])
    array = np.arange(6, dtype=np.int16).reshape(2, 3)
    back = decode(encode({"array": array}))["array"]
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype
    assert back.flags.writeable


def test_records_are_made_by_their_own_constructor() -> None:
    shown = decode(encode(Preview("told", pd.DataFrame({"a": [1]}))))
    assert isinstance(shown, Preview)
    assert shown.told == "told"


def test_what_is_not_plain_does_not_leave_the_process() -> None:
    with pytest.raises(TypeError, match="cannot leave"):
        encode(threading.Lock())
    with pytest.raises(TypeError, match="cannot leave"):
        encode(len)


def message(tree: object, content: bytes = b"") -> bytes:
    text = json.dumps(tree).encode()
    return len(text).to_bytes(8, "big") + text + content


ARRAY = {"$": "array", "type": "<f8", "shape": [2], "at": 0, "scalar": False}
HOSTILE = {
    "a pickle": pickle.dumps(print),
    "nothing": b"",
    "an unknown mark": message({"$": "call"}),
    "a class from elsewhere": message({"$": "record", "class": "subprocess:Popen", "fields": []}),
    "a function of ours": message(
        {"$": "record", "class": "scx_core.errors:counted", "fields": [["number", 1]]}
    ),
    "a class that ours only uses": message(
        {"$": "record", "class": "scx_core.importing.preview:Path", "fields": []}
    ),
    "an array of objects": message({**ARRAY, "type": "O"}, bytes(16)),
    "an array longer than its bytes": message({**ARRAY, "shape": [10**12]}, bytes(16)),
    "a negative length": message({**ARRAY, "shape": [-1]}, bytes(16)),
    "a deep nest": (lambda text: len(text).to_bytes(8, "big") + text)(b"[" * 10**5 + b"]" * 10**5),
    "a type of columns from elsewhere": message({"$": "typed", "type": "object", "items": []}),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_answer_is_refused(case: str) -> None:
    with pytest.raises(WireError):
        decode(HOSTILE[case])


def test_limits_are_positive() -> None:
    with pytest.raises(ValueError, match="seconds"):
        Limits(seconds=0)


LISTS = {
    "vcf": "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    "22\t39570542\trs1\tA\tC,G\t.\t.\t.\n22\t39570560\t.\tA\tAT\t.\t.\t.\n",
    "table": "snp,chromosome,position,effect_allele,other_allele,beta,p\n"
    "rs1,22,39570542,A,C,0.5,1e-9\nrs2,22,,A,G,,\n",
    "ids": "rs7288455\nnonsense\n",
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_of_variants_comes_back_as_it_was_read(tmp_path: Path, case: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(LISTS[case])
    variants, whole = run_isolated(read_beginning, path, {}, 100, "mine.txt")
    here = read_variants(path, name="mine.txt")
    assert whole
    pd.testing.assert_frame_equal(variants.rows, here.rows)
    pd.testing.assert_frame_equal(variants.alleles, here.alleles)
    for name in ("format", "build", "notices"):
        assert getattr(variants, name) == getattr(here, name)
    assert dict(variants.roles) == dict(here.roles)
    first, whole = run_isolated(read_beginning, path, {}, 1, "mine.txt")
    assert (len(first), whole) == (2, False)


def test_the_columns_of_a_list_are_named(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(LISTS["table"])
    names = run_isolated(read_header, tmp_path / "list.csv", "list.csv")
    assert names[:2] == ("snp", "chromosome")


def test_scores_from_elsewhere_come_back_as_they_were_read(tmp_path: Path) -> None:
    path = tmp_path / "scores.tsv"
    path.write_text("chromosome\tposition\tref\talt\tbrain\n22\t39570542\tA\tC\t0.5\n")
    apart, here = run_isolated(read_outside, path), read_outside(path)
    np.testing.assert_array_equal(apart.scores, here.scores)
    pd.testing.assert_frame_equal(apart.variants, here.variants)
    assert apart.tracks == here.tracks


def test_what_is_kept_in_the_workspace_need_not_come_back(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "space")
    write_keras(tmp_path / "m.h5", xpresso_layers())
    given = run_isolated(
        import_keras, tmp_path / "m.h5", workspace, "tiny", upstream=40, returns=False
    )
    assert given is None
    assert open_published(workspace, "tiny").config.upstream == 40
    (tmp_path / "r.bed").write_text("chr1\t0\t9\n")
    assert run_isolated(add_region_set, workspace, tmp_path / "r.bed", "mine").name == "mine"


def test_a_call_waits_for_its_turn_and_not_for_ever(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_PATIENCE", 0.05)
    monkeypatch.setattr(running, "_running", threading.BoundedSemaphore(1))
    with (
        running._running,
        pytest.raises(ScxError, match=r"^given\.txt was not read: .* try again in a minute"),
    ):
        run_isolated(isolated.length, file)
    assert run_isolated(isolated.length, file) == 5
