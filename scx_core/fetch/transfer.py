"""One file over HTTP, going on where a broken transfer stopped.

Pooch checks digests and settles files, but begins anew after each break. `ResumingDownloader` plugs
into it: what has arrived stays in ``.<file>.part``, and the next attempt asks the server for the
rest (``Range``), on condition that the file is still the same (``If-Range``). Where the server does
not do that, the transfer begins anew.
"""

import logging
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3

from scx_core.errors import ScxError
from scx_core.progress import Progress, no_progress
from scx_core.store import disk_full_as_sentence, read_json, require_space, write_json

#: Seconds to wait for a connection, and between two pieces of a file.
_TIMEOUT: Final = (10.0, 60.0)
_CHUNK: Final = 1 << 18
#: Attempts in a row that bring nothing, before giving up.
_ATTEMPTS: Final = 4
_FIRST_WAIT: Final = 1.0
_TOLD_EVERY: Final = 0.2
_BROKEN: Final = (requests.RequestException, urllib3.exceptions.HTTPError)
_log = logging.getLogger("scx_core.fetch")


class _BrokenOffError(Exception):
    """The transfer ended early; another attempt may go on."""


class ResumingDownloader:
    """Fetch a url to a file; pooch calls it with the url and a temporary name.

    Parameters
    ----------
    part : Path
        Keeps what has arrived, between attempts and between processes.
    homepage : str
        Where a person may look when the address is dead.
    progress : Progress
        May raise to cancel; what has arrived is kept.
    first_wait : float
        Seconds before the second attempt; doubled before each further one.
    timeout : tuple of float
        Seconds to wait for a connection, and for the next piece.
    """

    def __init__(
        self,
        part: Path,
        homepage: str = "",
        progress: Progress = no_progress,
        first_wait: float = _FIRST_WAIT,
        timeout: tuple[float, float] = _TIMEOUT,
    ) -> None:
        self.part = part
        self.homepage = homepage
        self.progress = progress
        self.first_wait = first_wait
        self.timeout = timeout
        self._state = part.with_name(f"{part.name}.json")
        self._begins_anew = False

    def __call__(self, url: str, output_file: str | Path, pooch: object = None) -> None:  # noqa: ARG002 - pooch gives it
        """Fetch ``url`` and rename it to ``output_file``.

        Raises
        ------
        ScxError
            If the server cannot be reached, refuses, or breaks off again and again; what has
            arrived is kept for the next call.
        """
        output = Path(output_file)
        # Pooch made it to reserve the name; a killed process would leave it behind.
        output.unlink(missing_ok=True)
        wait, failures = self.first_wait, 0
        while True:
            before = self._size()
            try:
                self._attempt(url)
                break
            except _BrokenOffError as error:
                _log.info("Transfer of %s broke off", url, exc_info=True)
                # An attempt that brought something is no failure: long files break off often.
                failures = failures + 1 if self._size() <= before else 1
                if failures >= _ATTEMPTS:
                    raise self._given_up(url) from error
            time.sleep(wait)
            wait = wait * 2 if failures > 1 else self.first_wait
        self.part.replace(output)
        self._state.unlink(missing_ok=True)

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0

    def _attempt(self, url: str) -> None:
        """Bring ``part`` to its full length, or raise."""
        start, headers = self._size(), {"Accept-Encoding": "identity"}
        state = self._kept_state(url)
        if start and state:
            headers |= {"Range": f"bytes={start}-", "If-Range": state["validator"]}
        try:
            with requests.get(url, headers=headers, stream=True, timeout=self.timeout) as response:
                if response.status_code == requests.codes.requested_range_not_satisfiable:
                    self._forget()
                    raise _BrokenOffError("the server does not have the range")
                self._judge(response, url)
                goes_on = response.status_code == requests.codes.partial_content
                if goes_on and not _follows(response, start):
                    self._forget()
                    raise _BrokenOffError("the server sent another part than was asked for")
                self._begins_anew = bool(start) and not goes_on
                self._receive(response, url, start if goes_on else 0)
        except _BROKEN as error:
            raise _BrokenOffError(str(error)) from error

    def _kept_state(self, url: str) -> dict[str, Any] | None:
        """Read what is known of the file that ``part`` begins; None: begin anew."""
        if not self._state.is_file():
            return None
        try:
            state = read_json(self._state)
        except ScxError:
            return None
        return state if state.get("url") == url and state.get("validator") else None

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self._state.unlink(missing_ok=True)

    def _judge(self, response: requests.Response, url: str) -> None:
        status = response.status_code
        if status in (429, 500, 502, 503, 504):
            raise _BrokenOffError(f"the server answered {status}")
        look = f" Look at {self.homepage}." if self.homepage else ""
        if status >= 400:
            raise ScxError(
                f"The server answered {status} ({response.reason or 'refused'}) for {url}: the file "
                f"may have moved.{look}"
            )
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise ScxError(
                f"{url} answered with a web page instead of a file, as the login page of a network "
                f"does; open it in a browser.{look}"
            )

    def _receive(self, response: requests.Response, url: str, start: int) -> None:
        total = _total(response, start)
        write_json(self._state, {"url": url, "validator": _validator(response), "total": total})
        if total is not None:
            require_space(self.part, total - start)
        arrived, told = start, 0.0
        with disk_full_as_sentence(self.part), self.part.open("ab" if start else "wb") as file:
            try:
                for chunk in response.raw.stream(_CHUNK, decode_content=False):
                    file.write(chunk)
                    arrived += len(chunk)
                    if time.monotonic() - told > _TOLD_EVERY:
                        told = time.monotonic()
                        self.progress(*_told(arrived, total))
            except urllib3.exceptions.HTTPError as error:
                raise _BrokenOffError(str(error)) from error
        if total is not None and arrived != total:
            if arrived > total:
                self._forget()
            raise _BrokenOffError(f"{arrived} of {total} bytes arrived")
        self.progress(*_told(arrived, total))

    def _given_up(self, url: str) -> ScxError:
        host, size = urlsplit(url).hostname, self._size()
        if size:
            way = (
                "this server cannot go on where it stopped, so start it again at a quieter time."
                if self._begins_anew
                else "start it again, and it goes on where it stopped."
            )
            return ScxError(f"The transfer from {host} broke off after {size / 1e6:,.1f} MB; {way}")
        return ScxError(
            f"{host} cannot be reached from here; this machine may be offline. Connect it and start "
            f"again, or bring {url} from elsewhere and put it into {self.part.parent}."
        )


def _follows(response: requests.Response, start: int) -> bool:
    """Say whether the server sends what follows ``start`` bytes."""
    return response.headers.get("Content-Range", "").startswith(f"bytes {start}-")


def _total(response: requests.Response, start: int) -> int | None:
    """Length of the whole file in bytes, where the server tells."""
    length = response.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def _validator(response: requests.Response) -> str:
    """Take what tells this version of the file from another; weak tags do not."""
    tag = response.headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        return tag
    return response.headers.get("Last-Modified", "")


def _told(arrived: int, total: int | None) -> tuple[float, str]:
    if total is None:
        return 0.0, f"{arrived / 1e6:,.1f} MB so far, size not told by the server"
    return arrived / max(total, 1), f"{arrived / 1e6:,.1f} of {total / 1e6:,.1f} MB"
