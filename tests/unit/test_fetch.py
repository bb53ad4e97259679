"""Public data: broken transfers go on, wrong content is refused, every refusal is one sentence."""

import hashlib
import json
import socket
from pathlib import Path

import numpy as np
import pytest
from file_server import serve, source_list
from filelock import FileLock
from typer.testing import CliRunner

from scx_core.commands import app
from scx_core.errors import ScxError
from scx_core.fetch import fetch, fetched, find_source, read_sources
from scx_core.fetch.sources import Source
from scx_core.jobs.kinds import KINDS
from scx_core.store import Workspace

CONTENT = np.random.default_rng(0).bytes(600_000)
SHA = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
MD5 = f"md5:{hashlib.md5(CONTENT).hexdigest()}"
QUICK = {"first_wait": 0.0, "timeout": (2.0, 2.0)}


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    """No proxy between the tests and their own server."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server():
    with serve(files={"/a.gz": CONTENT}) as state:
        yield state


@pytest.fixture
def listed(server, tmp_path, monkeypatch):
    """Register sources of the local server: ``known`` digest and ``unknown``."""

    def register(**changes):
        entry = {"url": f"{server.url}/a.gz", "file": "a.gz", "homepage": "https://example.org/a"}
        known = {**entry, "digest": SHA, **changes}
        path = source_list(tmp_path / "sources.json", known=known, unknown=entry)
        monkeypatch.setenv("SCX_SOURCES", path)

    register()
    return register


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}


@pytest.mark.parametrize("digest", [SHA, MD5])
def test_file_arrives_with_a_note_of_where_it_came_from(server, listed, tmp_path, digest):
    listed(digest=digest)
    told = []
    path = fetch("known", tmp_path / "to", lambda *step: told.append(step))
    assert path == tmp_path / "to" / "a.gz"
    assert path.read_bytes() == CONTENT
    note = fetched(find_source("known"), tmp_path / "to")
    assert note["sha256"] == SHA.removeprefix("sha256:")
    assert note["verified"] is True
    assert note["bytes"] == len(CONTENT)
    assert note["url"] == f"{server.url}/a.gz"
    assert names(tmp_path / "to") == {"a.gz", "a.gz.source.json"}
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any("0.6 of 0.6 MB" in message for _, message in told)


def test_second_fetch_asks_nobody(server, listed, tmp_path):
    fetch("known", tmp_path)
    notices = []
    fetch("known", tmp_path, on_notice=notices.append)
    assert len(server.asked) == 1
    assert "was here already" in notices[0]


def test_unknown_digest_is_noted_and_said(listed, tmp_path):
    notices = []
    fetch("unknown", tmp_path / "to", on_notice=notices.append)
    assert "was not verified" in notices[0]
    note = fetched(find_source("unknown"), tmp_path / "to")
    assert note["verified"] is False
    assert note["sha256"] == hashlib.sha256(CONTENT).hexdigest()


def test_broken_transfer_goes_on_where_it_stopped(server, listed, tmp_path):
    server.break_after = [200_000, 150_000]
    path = fetch("known", tmp_path / "to", **QUICK)
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=200000-", "bytes=350000-"]


def test_long_transfer_may_break_more_often_than_empty_attempts_are_allowed(
    server, listed, tmp_path
):
    server.break_after = [50_000] * 11
    assert fetch("known", tmp_path / "to", **QUICK).read_bytes() == CONTENT
    assert len(server.asked) == 12


def test_given_up_transfer_is_kept_for_the_next_call(server, listed, tmp_path):
    server.break_after = [200_000, 0, 0, 0]
    with pytest.raises(ScxError, match=r"broke off after 0\.2 MB.*goes on where it stopped"):
        fetch("known", tmp_path / "to", **QUICK)
    assert fetched(find_source("known"), tmp_path / "to") is None
    assert names(tmp_path / "to") == {".a.gz.part", ".a.gz.part.json"}
    server.asked.clear()
    assert fetch("known", tmp_path / "to", **QUICK).read_bytes() == CONTENT
    assert server.asked == ["bytes=200000-"]
    assert names(tmp_path / "to") == {"a.gz", "a.gz.source.json"}


def test_cancelled_transfer_is_kept_for_the_next_call(server, listed, tmp_path):
    class StopError(Exception):
        pass

    def stop(fraction, message):
        raise StopError

    with pytest.raises(StopError):
        fetch("known", tmp_path / "to", stop)
    kept = (tmp_path / "to" / ".a.gz.part").stat().st_size
    assert 0 < kept <= len(CONTENT)
    assert fetch("known", tmp_path / "to", **QUICK).read_bytes() == CONTENT


def test_file_that_changed_meanwhile_is_fetched_anew(server, listed, tmp_path):
    server.break_after = [200_000, 0, 0, 0]
    with pytest.raises(ScxError):
        fetch("unknown", tmp_path / "to", **QUICK)
    newer = CONTENT[::-1]
    server.files["/a.gz"], server.etag = newer, '"two"'
    assert fetch("unknown", tmp_path / "to", **QUICK).read_bytes() == newer


@pytest.mark.parametrize("settings", [{"ranges": False}, {"etag": ""}, {"etag": 'W/"weak"'}])
def test_server_that_cannot_resume_begins_anew(server, listed, tmp_path, settings):
    for name, value in settings.items():
        setattr(server, name, value)
    server.break_after = [200_000]
    assert fetch("known", tmp_path / "to", **QUICK).read_bytes() == CONTENT
    assert len(server.asked) == 2


def test_server_that_cannot_resume_promises_nothing(server, listed, tmp_path):
    server.ranges = False
    server.break_after = [200_000] * 5
    with pytest.raises(ScxError, match="cannot go on where it stopped"):
        fetch("known", tmp_path / "to", **QUICK)


def test_wrong_range_is_not_believed(server, listed, tmp_path):
    server.break_after, server.shift = [200_000], 7
    assert fetch("known", tmp_path / "to", **QUICK).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=200000-", None]


def test_part_longer_than_the_file_begins_anew(server, listed, tmp_path):
    folder = tmp_path / "to"
    folder.mkdir()
    (folder / ".a.gz.part").write_bytes(CONTENT + b"more")
    state = {"url": f"{server.url}/a.gz", "validator": server.etag, "total": None}
    (folder / ".a.gz.part.json").write_text(json.dumps(state))
    assert fetch("known", folder, **QUICK).read_bytes() == CONTENT


def test_damaged_state_begins_anew(server, listed, tmp_path):
    folder = tmp_path / "to"
    folder.mkdir()
    (folder / ".a.gz.part").write_bytes(b"something else")
    (folder / ".a.gz.part.json").write_text("{")
    assert fetch("known", folder, **QUICK).read_bytes() == CONTENT
    assert server.asked == [None]


def test_length_that_is_not_told(server, listed, tmp_path):
    server.told_length = False
    told = []
    fetch("known", tmp_path / "to", lambda *step: told.append(step))
    assert any("size not told" in message for _, message in told)


def test_wrong_content_is_refused_and_deleted(listed, tmp_path):
    listed(digest="sha256:" + "0" * 64)
    with pytest.raises(ScxError, match="not what the list of sources describes"):
        fetch("known", tmp_path / "to", **QUICK)
    assert names(tmp_path / "to") == set()


def test_changed_file_on_disk_is_fetched_anew(listed, tmp_path):
    path = fetch("known", tmp_path / "to")
    path.write_bytes(b"cut short")
    assert fetch("known", tmp_path / "to").read_bytes() == CONTENT


@pytest.mark.parametrize("status", [404, 403, 410])
def test_refusal_says_where_to_look(server, listed, tmp_path, status):
    server.status = [status]
    with pytest.raises(ScxError, match=rf"answered {status} .*Look at https://example.org/a"):
        fetch("known", tmp_path / "to", **QUICK)
    assert len(server.asked) == 1


def test_busy_server_is_asked_again(server, listed, tmp_path):
    server.status = [503, 429]
    assert fetch("known", tmp_path / "to", **QUICK).read_bytes() == CONTENT


def test_web_page_instead_of_a_file(server, listed, tmp_path):
    server.content_type = "text/html; charset=utf-8"
    with pytest.raises(ScxError, match="a web page instead of a file"):
        fetch("unknown", tmp_path / "to", **QUICK)
    assert names(tmp_path / "to") == set()


def test_no_server_is_one_sentence(listed, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/a.gz"
    listed(url=url)
    with pytest.raises(ScxError, match="cannot be reached from here; this machine may be offline"):
        fetch("known", tmp_path / "to", **QUICK)
    assert names(tmp_path / "to") == set()


def test_server_gone_in_the_middle(listed, tmp_path):
    with serve(files={"/a.gz": CONTENT}) as going:
        listed(url=f"{going.url}/a.gz")

        going.break_after = [200_000, 0, 0, 0]
        with pytest.raises(ScxError, match="broke off after"):
            fetch("known", tmp_path / "to", **QUICK)
    with pytest.raises(ScxError, match=r"broke off after 0\.2 MB"):
        fetch("known", tmp_path / "to", **QUICK)
    assert (tmp_path / "to" / ".a.gz.part").read_bytes() == CONTENT[:200_000]


def test_two_processes_do_not_fetch_the_same(listed, tmp_path):
    with FileLock(tmp_path / ".a.gz.lock"), pytest.raises(ScxError, match="being fetched into"):
        fetch("known", tmp_path)


@pytest.fixture
def record(server, tmp_path, monkeypatch):
    """Describe a Zenodo record of two files."""
    server.files |= {"/b.csv": b"b\n"}

    def describe(**changes):
        files = [
            {"key": key, "checksum": f"md5:{hashlib.md5(content).hexdigest()}",
             "links": {"self": f"{server.url}/{key}"}}
            for key, content in (("a.gz", CONTENT), ("b.csv", b"b\n"))
        ]  # fmt: skip
        files[0] |= changes
        described = {"files": files, "metadata": {"license": {"id": "cc-by-4.0"}}}
        server.files["/record"] = json.dumps(described).encode()
        entry = {"record": f"{server.url}/record", "file": "release", "homepage": "https://doi.org"}
        monkeypatch.setenv("SCX_SOURCES", source_list(tmp_path / "list.json", release=entry))

    describe()
    return describe


def test_record_arrives_file_by_file(record, tmp_path):
    folder = fetch("release", tmp_path / "to")
    assert (folder / "a.gz").read_bytes() == CONTENT
    assert (folder / "b.csv").read_bytes() == b"b\n"
    note = fetched(find_source("release"), tmp_path / "to")
    assert note["files"] == ["a.gz", "b.csv"]
    assert note["licence"] == "cc-by-4.0"
    assert note["verified"] is True


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"key": "../escape"}, "cannot name a fetched file"),
        ({"key": ".hidden"}, "cannot name a fetched file"),
        ({"checksum": "crc:1"}, "is no digest"),
        ({"links": None}, "does not describe a record"),
    ],
)
def test_odd_record_is_refused(record, tmp_path, changes, sentence):
    record(**changes)
    with pytest.raises(ScxError, match=sentence):
        fetch("release", tmp_path / "to")
    assert not list(tmp_path.rglob("escape"))


def test_missing_record_says_where_to_look(record, server, tmp_path):
    del server.files["/record"]
    with pytest.raises(ScxError, match=r"answered 404 .*look at https://doi\.org"):
        fetch("release", tmp_path / "to")


def test_own_list_is_whole_and_names_its_papers(monkeypatch):
    monkeypatch.delenv("SCX_SOURCES", raising=False)
    sources = read_sources()
    assert {"gencode-human", "hg38", "hg19-to-hg38", "screen-ccres", "gwas-catalog"} < set(sources)
    assert {"tabula-muris", "scxpresso"} < set(sources)
    assert len({source.file for source in sources.values()}) == len(sources)
    for source in sources.values():
        assert source.citation
        assert source.licence
        assert (source.url or source.record).startswith("https://")


def test_unknown_source_gets_near_matches():
    with pytest.raises(ScxError, match="did you mean hg38"):
        find_source("hg38 ")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"file": "../a"}, "cannot name a fetched file"),
        ({"file": "a/b"}, "cannot name a fetched file"),
        ({"url": "file:///etc/passwd"}, "begins with https://"),
        ({"url": ""}, "either a url or a record"),
        ({"digest": "sha256:12"}, "is no digest"),
    ],
)
def test_bad_entry_of_a_list_is_refused(changes, sentence):
    entry = {"name": "x", "title": "X", "what": "x", "use": "genome", "file": "x"}
    with pytest.raises(ScxError, match=sentence):
        Source(**{**entry, "url": "https://example.org/x", **changes})


def test_unknown_field_of_a_list_is_named(tmp_path, monkeypatch):
    entry = {"url": "https://example.org/x", "file": "x", "sha": "1"}
    monkeypatch.setenv("SCX_SOURCES", source_list(tmp_path / "list.json", x=entry))
    with pytest.raises(ScxError, match="unknown entry sha"):
        read_sources()


def test_job_fetches_into_the_workspace(listed, tmp_path):
    class Listener:
        notices: list[str] = []  # noqa: RUF012

        def progress(self, fraction, message):
            pass

        def notice(self, sentence):
            self.notices.append(sentence)

    KINDS["fetch"](Workspace(tmp_path / "ws"), {"name": "unknown"}, Listener())
    assert (tmp_path / "ws" / "sources" / "a.gz").read_bytes() == CONTENT
    assert "was not verified" in Listener.notices[0]


def test_command_fetches_and_lists(listed, tmp_path):
    workspace = str(tmp_path / "ws")
    run = CliRunner().invoke
    done = run(app, ["--workspace", workspace, "fetch", "known"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "ws" / "sources" / "a.gz").is_file()
    listed_rows = run(app, ["--workspace", workspace, "fetch", "--list"]).output.splitlines()
    row = next(line for line in listed_rows if " known " in line and "A file" in line)
    assert "yes" in row
    assert any("gencode-human" in line for line in listed_rows)
    refused = run(app, ["--workspace", workspace, "fetch", "nosuch"])
    assert refused.exit_code == 1
    assert "There is no public source 'nosuch'" in refused.output
