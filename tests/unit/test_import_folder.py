"""The import folder: what pages may list and read of the server's files."""

import io
import os
from pathlib import Path

import pytest

import scx_core
from scx_core.errors import ScxError
from scx_core.import_folder import FILE_KINDS, ImportFolder, import_folder, set_import_root
from scx_core.import_folder.folder import check_root, require_same
from scx_core.import_folder.uploads import keep_upload, safe_name
from scx_core.store import Workspace

PROGRAM = Path(scx_core.__file__).resolve().parents[1]


@pytest.fixture
def root(tmp_path) -> Path:
    """A folder of data beside a secret that nobody may read."""
    (tmp_path / "root" / "sub").mkdir(parents=True)
    (tmp_path / "root" / "sub" / "a.fa").write_text(">a\nA\n")
    (tmp_path / "secret.fa").write_text(">s\nA\n")
    return tmp_path / "root"


def make_workspace(path: Path) -> Path:
    (path / "datasets" / "one").mkdir(parents=True)
    (path / "datasets" / "one" / "dataset.json").write_text("{}")
    (path / "datasets" / "one" / "expression.h5ad").touch()
    (path / "lists").mkdir()
    (path / "lists" / "theirs.tsv").touch()
    return path


def refused(folder: ImportFolder, text: str, use: str = "genome") -> str:
    with pytest.raises(ScxError) as caught:
        folder.open(text, use)
    return str(caught.value)


def test_files_of_a_kind_are_listed_and_opened(root):
    folder = ImportFolder(root)
    assert folder.files("genome") == ["sub/a.fa"]
    assert folder.files("annotation") == []
    assert folder.open("sub/a.fa", "genome") == root / "sub" / "a.fa"
    assert folder.open(str(root / "sub" / ".." / "sub" / "a.fa"), "genome").name == "a.fa"
    assert str(root) in folder.sentence


@pytest.mark.parametrize(
    "text",
    [
        "../secret.fa", "sub/../../secret.fa", "./../secret.fa", "sub/./.././../secret.fa",
        "{parent}/secret.fa", "{parent}/root/../secret.fa", "/etc/passwd", "//etc//passwd",
        "/proc/self/environ", "/proc/self/root/etc/passwd", "{parent}/root-beside/a.fa",
    ],
)  # fmt: skip
def test_nothing_outside_is_read(root, text):
    (root.parent / "root-beside").mkdir()
    (root.parent / "root-beside" / "a.fa").touch()
    told = refused(ImportFolder(root), text.format(parent=root.parent))
    assert "lies outside the import folder" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (" ", "Choose the genome file"),
        ("none.fa", "is not there"),
        ("sub", "is a folder"),
        ("a\0.fa", "cannot be shown"),
        ("sub/a\u202e.fa", "cannot be shown"),
        ("sub/a\n.fa", "cannot be shown"),
        ("x" * 5000 + ".fa", "is not there"),
        ("\uff0e\uff0e/secret.fa", "is not there"),
        ("\u2024\u2024/secret.fa", "is not there"),
        ("..\u2215secret.fa", "is hidden"),
        ("%2e%2e/secret.fa", "is not there"),
        ("..\\secret.fa", "is hidden"),
        ("~/secret.fa", "is not there"),
    ],
)
def test_paths_that_lead_nowhere_are_one_sentence(root, text, told):
    assert told in refused(ImportFolder(root), text)


def test_hidden_files_and_folders_are_neither_listed_nor_read(root):
    for name in (".hidden.fa", ".git/config.fa", ".streamlit/secrets.fa", "sub/.x/deep/a.fa"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / "shown.fa").symlink_to(root / ".hidden.fa")
    folder = ImportFolder(root)
    assert folder.files("genome") == ["sub/a.fa"]
    for name in (".hidden.fa", ".git/config.fa", "sub/.x/deep/a.fa", "shown.fa"):
        assert "hidden" in refused(folder, name)
    assert "is of no known kind" in refused(folder, "sub/a.fa", "annotation")


def test_links_are_followed_only_inside(root):
    (root / "good.fa").symlink_to(root / "sub" / "a.fa")
    (root / "bad.fa").symlink_to(root.parent / "secret.fa")
    (root / "far").symlink_to(root.parent)
    (root / "loop.fa").symlink_to(root / "loop.fa")
    (root / "chain.fa").symlink_to(root / "bad.fa")
    (root / "other.fa").symlink_to(root / "sub" / "b.txt")
    (root / "sub" / "b.txt").touch()
    folder = ImportFolder(root)
    assert folder.files("genome") == ["good.fa", "sub/a.fa"]
    assert folder.open("good.fa", "genome") == root / "sub" / "a.fa"
    for name in ("bad.fa", "far/secret.fa", "chain.fa"):
        assert "outside" in refused(folder, name)
    assert "is of no known kind" in refused(folder, "other.fa")
    refused(folder, "loop.fa")


def test_a_file_replaced_by_a_link_after_it_was_listed_is_refused(root):
    folder = ImportFolder(root)
    (listed,) = folder.files("genome")
    chosen = folder.open(listed, "genome")
    require_same([chosen])
    chosen.unlink()
    chosen.symlink_to(root.parent / "secret.fa")
    assert "outside" in refused(folder, listed)
    with pytest.raises(ScxError, match="replaced by a link"):
        require_same([chosen])


def test_a_folder_replaced_by_a_link_is_refused(root):
    folder = ImportFolder(root)
    chosen = folder.open("sub/a.fa", "genome")
    (root / "sub").rename(root.parent / "moved")
    (root / "sub").symlink_to(root.parent / "moved")
    assert folder.files("genome") == []
    assert "outside" in refused(folder, "sub/a.fa")
    with pytest.raises(ScxError, match="replaced by a link"):
        require_same([chosen])


def test_a_chosen_folder_holds_no_link_that_leads_out(root):
    matrix = root / "cells"
    (matrix / "deep").mkdir(parents=True)
    (matrix / "matrix.mtx").touch()
    folder = ImportFolder(root)
    assert folder.open("cells", "expression") == matrix
    (matrix / "deep" / "genes.tsv").symlink_to(root.parent / "secret.fa")
    assert "leads out" in refused(folder, "cells", "expression")


def test_what_is_no_ordinary_file_is_refused(root):
    os.mkfifo(root / "pipe.fa")
    folder = ImportFolder(root)
    assert "pipe.fa" not in folder.files("genome")
    assert "no ordinary file" in refused(folder, "pipe.fa")


def test_names_that_cannot_be_shown_are_not_listed(root):
    (root / "a\u202egnp.fa").touch()
    (root / "line\nbreak.fa").touch()
    (root / os.fsdecode(b"\xff.fa")).touch()
    assert ImportFolder(root).files("genome") == ["sub/a.fa"]


def test_workspaces_inside_the_import_folder_are_closed(root):
    make_workspace(root / "theirs")
    folder = ImportFolder(root)
    assert folder.files("expression") == []
    assert "workspace" in refused(folder, "theirs/datasets/one/expression.h5ad", "expression")
    assert "workspace" in refused(folder, "theirs/lists/theirs.tsv", "expression")
    ours = Workspace(root / "ours")
    ours.root.mkdir()
    (ours.root / "x.tsv").touch()
    closed = import_folder(ours, {"SCX_IMPORT_ROOT": str(root)})
    assert closed.root == root
    assert closed.files("expression") == []
    assert "workspace" in refused(closed, "ours/x.tsv", "expression")


def test_the_program_inside_the_import_folder_is_closed(tmp_path):
    folder = import_folder(Workspace(tmp_path), {"SCX_IMPORT_ROOT": str(PROGRAM.parent)})
    assert folder.root == PROGRAM.parent
    told = refused(folder, str(PROGRAM / "requirements.txt"), "expression")
    assert "folder of the program" in told
    assert not [name for name in folder.files("expression") if name.startswith(PROGRAM.name)]


def test_without_a_setting_there_is_no_import_folder(tmp_path):
    place = Workspace(tmp_path)
    folder = import_folder(place, {})
    assert folder.root is None
    assert folder.files("genome") == []
    assert "scx app --import-root" in folder.sentence
    for text in ("requirements.txt", str(PROGRAM / "requirements.txt"), "/etc/passwd"):
        assert "no import folder is set" in refused(folder, text, "expression")


def test_what_was_fetched_and_uploaded_is_always_there(tmp_path):
    for name in ("sources", "uploads"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.fa").touch()
    make_workspace(tmp_path)
    folder = import_folder(Workspace(tmp_path), {})
    names = [str(tmp_path / name / "a.fa") for name in ("sources", "uploads")]
    assert folder.files("genome") == names
    assert folder.open(names[1], "genome") == tmp_path / "uploads" / "a.fa"
    assert "outside" not in refused(folder, str(tmp_path / "uploads" / "none.fa"))
    assert "no import folder" in refused(folder, str(tmp_path / "lists" / "theirs.tsv"), "variants")


def test_the_setting_is_kept_in_the_workspace(tmp_path, root):
    place = Workspace(tmp_path / "ws")
    assert set_import_root(place, str(root)) == root
    assert import_folder(place, {}).root == root
    other = tmp_path / "other"
    other.mkdir()
    assert import_folder(place, {"SCX_IMPORT_ROOT": str(other)}).root == other
    assert set_import_root(place, "") is None
    assert import_folder(place, {}).root is None


def test_a_folder_that_is_gone_is_said(tmp_path):
    folder = import_folder(Workspace(tmp_path), {"SCX_IMPORT_ROOT": str(tmp_path / "gone")})
    assert folder.root is None
    assert "There is no folder" in folder.sentence


def test_some_folders_cannot_be_the_import_folder(tmp_path):
    ours = make_workspace(tmp_path / "ours")
    closed = (PROGRAM, ours)
    for path in (PROGRAM, PROGRAM / ".git", ours, ours / "datasets", ours / "datasets" / "one"):
        if path.is_dir():
            with pytest.raises(ScxError, match="workspace"):
                check_root(str(path), closed)
    with pytest.raises(ScxError, match="workspace"):
        check_root(str(make_workspace(tmp_path / "other") / "lists"), closed)
    (ours / "inputs").mkdir()
    assert check_root(str(ours / "inputs"), closed) == ours / "inputs"
    with pytest.raises(ScxError, match="folder of the program"):
        set_import_root(Workspace(ours), str(PROGRAM))


def test_a_folder_of_very_many_files_is_listed_in_part(root):
    for number in range(400):
        (root / f"{number:03}.fa").touch()
    assert len(ImportFolder(root).files("genome")) == 300


def test_all_kinds_have_endings_or_are_folders():
    for kind in FILE_KINDS.values():
        assert kind.endings or kind.folders
        assert all(ending == ending.lower() and ending[0] == "." for ending in kind.endings)


class Given(io.BytesIO):
    """An upload as a web server gives it."""

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name = name
        self.size = len(content)


def test_uploads_keep_their_names(tmp_path):
    place = Workspace(tmp_path)
    path = keep_upload(place, "annotation", Given("../../my genes.TSS.tsv", b"x"))
    assert path.name == "my genes.TSS.tsv"
    assert path.parent.parent == tmp_path / "uploads"
    assert path == keep_upload(place, "annotation", Given("C:\\data\\my genes.TSS.tsv", b"x"))
    assert path != keep_upload(place, "annotation", Given("my genes.TSS.tsv", b"y"))
    assert path.read_bytes() == b"x"
    assert not list((tmp_path / "uploads").glob(".*"))
    assert str(path) in import_folder(place, {}).files("annotation")


def test_uploads_are_copied_in_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("scx_core.import_folder.uploads._CHUNK", 3)
    given = Given("a.fa", b">chr1\nACGT\n")
    given.read()  # somebody looked at it before
    assert keep_upload(Workspace(tmp_path), "genome", given).read_bytes() == b">chr1\nACGT\n"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [("a.exe", b"x", "must end in one of"), ("a.tsv", b"", "is empty")],
)
def test_uploads_that_cannot_be_used(tmp_path, name, content, sentence):
    with pytest.raises(ScxError, match=sentence):
        keep_upload(Workspace(tmp_path), "annotation", Given(name, content))
    assert not (tmp_path / "uploads").exists()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/etc/../a.fa", "a.fa"), (".hidden", "hidden"), ("..", "upload"), ("", "upload"),
        ("a\nb\u202e.fa", "a_b_.fa"), ("x" * 300 + ".fa", "x" * 117 + ".fa"), ("größe.fa", "größe.fa"),
    ],
)  # fmt: skip
def test_names_of_uploads_are_made_safe(name, expected):
    assert safe_name(name) == expected
