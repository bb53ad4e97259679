"""Schedulers by the names that the server's configuration gives them."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scx_core.commands import app
from scx_core.engines import Engine
from scx_core.errors import ScxError
from scx_core.jobs import list_jobs
from scx_core.jobs.kinds import run_training
from scx_core.schedulers import FILE, configured_schedulers
from scx_core.store import Workspace
from scx_core.training.request import TrainingRequest


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with two schedulers, which this process uses."""
    file = tmp_path / "schedulers.toml"
    file.write_text('[schedulers]\ncluster = "tcp://10.0.0.1:8786"\nnight = "slurm"\n')
    monkeypatch.setenv(FILE, str(file))
    monkeypatch.setenv("SCX_WORKSPACE", str(tmp_path / "workspace"))
    return file


def test_the_file_names_schedulers(configured: Path) -> None:
    known = {"cluster": "tcp://10.0.0.1:8786", "night": "slurm"}
    assert configured_schedulers({FILE: str(configured)}) == known
    assert configured_schedulers({}) == {}
    assert Engine(scheduler="night").scheduler == "night"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        ("[schedulers", "cannot be read"),
        ('cluster = "tcp://10.0.0.1:8786"', r"no table \[schedulers\]"),
        ('[schedulers]\ncluster = "10.0.0.1:8786"', "give an address such as tcp://host:8786"),
        ("[schedulers]\ncluster = 8786", "give an address such as tcp://host:8786"),
        ('[schedulers]\n"../x" = "slurm"', "scheduler"),
    ],
)
def test_a_file_that_is_none_is_a_sentence(
    tmp_path: Path, content: str | None, sentence: str
) -> None:
    file = tmp_path / "schedulers.toml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ScxError, match=sentence):
        configured_schedulers({FILE: str(file)})


def test_a_file_in_the_workspace_is_refused(configured: Path) -> None:
    with pytest.raises(ScxError, match="lies in the workspace"):
        configured_schedulers({FILE: str(configured), "SCX_WORKSPACE": str(configured.parent)})


@pytest.mark.parametrize("name", ["other", "10.0.0.1:8786", "CLUSTER", "cluster/../night"])
def test_an_unknown_name_is_refused(configured: Path, name: str) -> None:
    with pytest.raises(ScxError, match="those here are cluster, night"):
        Engine(scheduler=name)


def test_a_job_connects_to_no_address(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        parameters = TrainingRequest("d", "m").to_dict()
        parameters["engine"] = {"workers": 0, "scheduler": address}
        with pytest.raises(ScxError, match="a job takes only the name"):
            run_training(Workspace(tmp_path), parameters, None)  # type: ignore[arg-type]
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("engine", [None, "tcp://10.0.0.1:8786", {"scheduler": ["tcp://a:1"]}])
def test_a_damaged_engine_of_a_job_is_a_sentence(engine: object) -> None:
    with pytest.raises(ScxError, match="damaged"):
        TrainingRequest.from_dict({"dataset": "d", "model": "m", "engine": engine})


def test_a_name_that_left_the_file_is_said_when_the_work_begins(configured: Path) -> None:
    engine = Engine(scheduler="cluster")
    configured.write_text('[schedulers]\nnight = "slurm"\n')
    with pytest.raises(ScxError, match="those here are night"):
        engine.run(print, [1], lambda: None, lambda: None)


def test_detach_takes_names_alone(toy_dataset, configured: Path, tmp_path: Path) -> None:
    root = toy_dataset.path.parents[1]
    words = ["--workspace", str(root), "train", toy_dataset.name, "by-address", "--detach"]
    run = CliRunner().invoke(app, [*words, "--scheduler", "tcp://127.0.0.1:9"])
    assert run.exit_code == 1
    assert "takes only the name" in " ".join(run.output.split())
    assert not list_jobs(Workspace(root))
