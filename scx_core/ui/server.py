"""The app as a server: ``app.py`` behind what streamlit alone leaves open.

``streamlit run scx_core/ui/server.py`` runs it; ``make app`` does so. Streamlit checks the host of a
request for its websocket alone, serves its metrics to anyone, and lets any page frame it. None of
this depends on ``app.py``, which stays a plain script.
"""

import os
from pathlib import Path
from typing import Final

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SCRIPT: Final = Path(__file__).resolve().parents[2] / "app.py"
#: Only the app itself is asked for anything: a name that became a picture could not be fetched.
#: Streamlit's pages need inline styles and scripts; plotly's WebGL compiles functions.
_CONTENT: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' data: blob:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "frame-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": _CONTENT,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
#: Of streamlit, for monitoring: who is here, and how much memory what takes.
_METRICS: Final = "/_stcore/metrics"


class Doors:
    """Close the metrics, and send the headers that keep a browser to this server.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        if scope["path"].rstrip("/").endswith(_METRICS):
            await PlainTextResponse("Not found", 404)(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)


def _allowed_hosts() -> list[str]:
    """Names that a request may call this server by: of the configuration, else any."""
    return list(st.get_option("server.allowedHosts")) or ["*"]


# Who a connection comes from is told by the connection, not by a header that anyone may send: the
# address decides whether X-Forwarded-User is believed (ui/person.py).
os.environ["FORWARDED_ALLOW_IPS"] = ""

app = st.App(
    _SCRIPT,
    middleware=[
        Middleware(Doors),
        Middleware(TrustedHostMiddleware, allowed_hosts=_allowed_hosts(), www_redirect=False),
    ],
)
