"""A small HTTP server that serves one content in all the ways in which servers misbehave."""

import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class FileServer:
    """What the server does, and what it was asked.

    Attributes
    ----------
    files : dict
        Content by path.
    status : list of int
        Statuses answered first, one a request; then 200.
    break_after : list of int
        Bytes sent before the connection is cut, one a request; then whole answers.
    ranges : bool
        Whether ``Range`` is honoured.
    etag : str
        Changes with the content, as a server's own would.
    shift : int
        Wrong offset of the range that is sent.
    """

    files: dict[str, bytes]
    status: list[int] = field(default_factory=list)
    break_after: list[int] = field(default_factory=list)
    ranges: bool = True
    etag: str = '"one"'
    content_type: str = "application/octet-stream"
    told_length: bool = True
    shift: int = 0
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


@contextmanager
def serve(**settings) -> Iterator[FileServer]:
    """Serve on this machine until the block ends."""
    state = FileServer(**settings)

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            asked = self.headers.get("Range")
            state.asked.append(asked)
            content = state.files.get(self.path)
            status = state.status.pop(0) if state.status else 200 if content is not None else 404
            if status != 200:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = 0
            unchanged = self.headers.get("If-Range") == state.etag
            if asked and state.ranges and unchanged:
                start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
                if start >= len(content):
                    self.send_response(416)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(206)
                sent = start + state.shift
                self.send_header("Content-Range", f"bytes {sent}-{len(content) - 1}/{len(content)}")
                state.shift = 0
            else:
                self.send_response(200)
            rest = content[start:]
            self.send_header("Content-Type", state.content_type)
            if state.told_length:
                self.send_header("Content-Length", str(len(rest)))
            if state.etag:
                self.send_header("ETag", state.etag)
            self.end_headers()
            if state.break_after:
                rest = rest[: state.break_after.pop(0)]
            with suppress(ConnectionError):  # cancelled by the other side
                self.wfile.write(rest)
            self.close_connection = True

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def source_list(path, **entries) -> str:
    """Write a list of sources with what every entry must name; return its path."""
    common = {"title": "A file", "what": "a file for tests", "use": "genome"}
    path.write_text(json.dumps({name: common | entry for name, entry in entries.items()}))
    return str(path)
