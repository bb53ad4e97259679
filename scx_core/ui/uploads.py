"""Uploads: what the web server holds of them in memory, and when it lets go."""

import asyncio
import gc
import threading
from typing import Any, Final, Protocol

import streamlit as st
from streamlit import config
from streamlit.runtime import Runtime, exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from scx_core.memory import give_back_free

#: Largest upload of small files, in MB: lists, models, tables that are read in the web server.
UPLOAD_MB: Final = 50
#: Largest upload of a file to import, in MB; it is copied to disk, and then gone from memory.
IMPORT_MB: Final = 2000
#: Seconds until what a session has left is looked for again, as long as a thread may hold it.
_LATER: Final = 5.0
_watching = threading.Event()


class _Manager(Protocol):
    def remove_file(self, session_id: str, file_id: str) -> None: ...


def release(upload: UploadedFile, key: str) -> None:
    """Let go of an upload that was copied: its bytes leave the server's memory.

    Parameters
    ----------
    upload : UploadedFile
    key : str
        Of its widget. That has no value from the next run on; draw it with another key, so that it
        asks again.
    """
    context = get_script_run_ctx()
    manager: _Manager | None = getattr(context, "uploaded_file_mgr", None)
    if context is not None and manager is not None:
        manager.remove_file(context.session_id, upload.file_id)
    # The session keeps an object of its own, made of the same bytes.
    kept = st.session_state.pop(key, None)
    for held in (upload, kept):
        if isinstance(held, UploadedFile):
            held.close()
    give_back_free()


def watch_left_sessions() -> None:
    """Let go of what visitors have uploaded who are gone; asked often, begins once per server.

    Streamlit keeps a session for a while after its visitor left, so that a broken connection does no
    harm. What it keeps too long it forgets only when the next visitor comes or goes: on a quiet
    server, the uploads of the last 128 visitors stay in memory for good.
    """
    if _watching.is_set() or not exists():
        return
    _watching.set()
    threading.Thread(target=_watch, args=(get_instance(),), daemon=True, name="uploads").start()


def _watch(runtime: Runtime) -> None:
    pause = max(float(config.get_option("server.disconnectedSessionTTL")) / 2, 1.0)
    never = threading.Event()
    while not never.wait(pause):
        forget_left_sessions(runtime)


def forget_left_sessions(runtime: Runtime) -> None:
    """Have streamlit drop the sessions that it does not keep any more, and their uploads.

    Parameters
    ----------
    runtime : Runtime
    """
    # Sessions belong to the thread of the event loop.
    loop = runtime._get_async_objs().eventloop
    loop.call_soon_threadsafe(_drop, runtime, loop)


def _drop(runtime: Runtime, loop: asyncio.AbstractEventLoop) -> None:
    # There is no public way to ask for this (streamlit 1.67): listing sessions leaves them there.
    storage: Any = runtime._session_mgr
    expired = storage._session_storage._cache.expire()
    for _, left in expired:
        left.session.shutdown()
    if expired:
        del left
        expired.clear()
        # Sessions refer to themselves, and the thread of their last run may end a little later.
        _collect()
        loop.call_later(_LATER, _collect)


def _collect() -> None:
    gc.collect()
    give_back_free()
