"""Uploads: what the web server holds of them in memory, and when it lets go."""

import gc
import threading
from typing import Final, Protocol

from streamlit import config
from streamlit.runtime import Runtime, exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from scx_core.memory import give_back_free

#: Largest upload of small files, in MB: lists, models, tables that are read in the web server.
UPLOAD_MB: Final = 50
#: Largest upload of a file to import, in MB; it is copied to disk, and then gone from memory.
IMPORT_MB: Final = 2000
_watching = threading.Event()


class _Manager(Protocol):
    def remove_file(self, session_id: str, file_id: str) -> None: ...


def release(upload: UploadedFile) -> None:
    """Let go of an upload that was copied: its bytes leave the server's memory.

    The widget shows nothing from the next run on; give it another key, so that it asks again.
    """
    context = get_script_run_ctx()
    manager: _Manager | None = getattr(context, "uploaded_file_mgr", None)
    if context is not None and manager is not None:
        manager.remove_file(context.session_id, upload.file_id)
    upload.close()
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
    # Sessions belong to the thread of the event loop. There is no public way to ask for this one
    # (streamlit 1.67); listing all sessions drops those whose time is over.
    loop = runtime._get_async_objs().eventloop
    loop.call_soon_threadsafe(_drop, runtime)


def _drop(runtime: Runtime) -> None:
    runtime._session_mgr.list_sessions()
    gc.collect()  # a session refers to itself
    give_back_free()
