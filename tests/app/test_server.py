"""What the app answers on the network, in a real server on loopback."""

import base64
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from scx_core.errors import ScxError
from scx_core.ui import person as who
from scx_core.ui.person import is_trusted, person

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> Iterator[int]:
    """Run the app as ``make app`` does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "scx_core/ui/server.py", "--server.port",
             str(number)],
            cwd=ROOT, env={**os.environ, "SCX_WORKSPACE": str(folder)}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        for _ in range(240):
            try:
                if ask(number, "/_stcore/health")[0] == 200:
                    break
            except OSError:
                time.sleep(0.25)
        else:
            raise TimeoutError((folder / "log").read_text())
        yield number
    finally:
        process.terminate()
        process.wait(20)


def ask(port: int, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def shake_hands(port: int, **headers: str) -> int:
    """Ask for a websocket; gives the status, 101 where there is one."""
    given = {
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(), **headers,
    }  # fmt: skip
    return ask(port, "/_stcore/stream", **given)[0]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_its_own_names_are_answered(port: int, host: str) -> None:
    own = f"{host}:{port}"
    assert ask(port, "/", Host=own)[0] == 200
    assert shake_hands(port, Host=own, Origin=f"http://{own}") == 101


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example", ""])
@pytest.mark.parametrize("path", ["/", "/gene?x=1", "/_stcore/health", "/_stcore/host-config"])
def test_another_host_is_refused(port: int, host: str, path: str) -> None:
    assert ask(port, path, Host=host)[0] == 400


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example"])
def test_another_host_gets_no_websocket(port: int, host: str) -> None:
    """A page elsewhere that points its own name at this machine has that name as host and origin."""
    named = f"{host}:{port}"
    assert shake_hands(port, Host=named, Origin=f"http://{named}") in (400, 403)


def test_another_origin_gets_no_websocket(port: int) -> None:
    assert shake_hands(port, Host=f"localhost:{port}", Origin="http://evil.example") == 403


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/x/_stcore/metrics"])
def test_metrics_are_closed(port: int, path: str) -> None:
    assert ask(port, path)[0] == 404


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/nothing/here", "/_stcore/metrics"])
def test_content_comes_from_here_and_no_page_frames_it(port: int, path: str) -> None:
    _, headers = ask(port, path)
    assert "img-src 'self' data: blob:" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"


def test_it_listens_on_loopback_alone(port: int) -> None:
    for connections, loopback in (
        ("tcp", ("0100007F",)),
        ("tcp6", ("0" * 24 + "01000000", "0000000000000000FFFF00000100007F")),
    ):
        table = Path(f"/proc/net/{connections}")
        if not table.exists():
            pytest.skip("this system does not list its sockets in /proc")
        for line in table.read_text().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            if state == "0A" and int(address.split(":")[1], 16) == port:
                assert address.split(":")[0] in loopback


@pytest.mark.parametrize(
    ("peer", "proxies", "trusted"),
    [
        ("127.0.0.1", "", False),
        ("10.0.0.2", "", False),
        ("10.0.0.2", "10.0.0.2", True),
        ("10.0.0.3", "10.0.0.2", False),
        ("10.1.200.3", "10.0.0.2, 10.1.0.0/16", True),
        ("::ffff:10.0.0.2", "10.0.0.2", True),
        ("127.0.0.1", "::1", True),
        ("::1", "127.0.0.1", True),
        ("127.0.0.1", "10.0.0.2", False),
        ("socket", "10.0.0.2", False),
    ],
)
def test_proxies_are_trusted_by_address(peer: str, proxies: str, trusted: bool) -> None:
    assert is_trusted(peer, proxies) == trusted


def test_what_is_no_address_is_a_sentence() -> None:
    with pytest.raises(ScxError, match="SCX_TRUSTED_PROXIES holds what is no IP address"):
        is_trusted("10.0.0.2", "proxy.lab")


@pytest.mark.parametrize(
    ("address", "proxies", "name"),
    [("10.0.0.2", "10.0.0.2", "ada"), ("10.0.0.3", "10.0.0.2", ""), (None, "", ""),
     (None, "127.0.0.1", "ada")],
)  # fmt: skip
def test_the_header_counts_from_a_proxy_only(
    monkeypatch, address: str | None, proxies: str, name: str
) -> None:
    class Context:
        ip_address = address
        headers = {"X-Forwarded-User": " ada "}  # noqa: RUF012

    class Streamlit:
        user: dict[str, str] = {}  # noqa: RUF012
        context = Context

    monkeypatch.setattr(who, "st", Streamlit)
    monkeypatch.setenv("SCX_TRUSTED_PROXIES", proxies)
    assert person() == name
