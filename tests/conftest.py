"""What all tests share."""

import ipaddress
import socket
from typing import Any

import pytest


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes after their argument: a gzip file holds the time, and processes must agree."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def listen_to_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no server of a test be reached from elsewhere."""
    bind = socket.socket.bind

    def checked(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = "127.0.0.1" if address[0] == "localhost" else address[0] or "0.0.0.0"
            assert ipaddress.ip_address(host).is_loopback, f"a server of a test listens on {host}"
        bind(self, address)

    monkeypatch.setattr(socket.socket, "bind", checked)
