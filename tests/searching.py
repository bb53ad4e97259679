"""Searches and learning curves in processes that tests may kill."""

import multiprocessing
from multiprocessing.process import BaseProcess
from pathlib import Path

from scx_core.analyses.learning_curve import LearningCurveRequest, run_learning_curve
from scx_core.search.request import SearchRequest
from scx_core.search.running import run_search
from scx_core.store import Workspace

_context = multiprocessing.get_context("forkserver")


def start(root: Path, request: SearchRequest | LearningCurveRequest) -> BaseProcess:
    """Start the work in a process of its own, that starts fast."""
    _context.set_forkserver_preload(
        ["scx_core.search.running", "scx_core.analyses.learning_curve", "anndata", "optuna"]
    )
    process = _context.Process(target=_work, args=(root, request))
    process.start()
    return process


def _work(root: Path, request: SearchRequest | LearningCurveRequest) -> None:
    if isinstance(request, SearchRequest):
        run_search(Workspace(root), request)
    else:
        run_learning_curve(Workspace(root), request)
