"""Where the units of long work run: in this process, in processes beside it, or on a Dask cluster.

A unit (one run of one fold, say) is a function of plain arguments that keeps its own state on disk.
Whichever engine runs it, it reads and writes the same files with the same result; a unit that is
started again goes on where it was.
"""

import importlib
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final, Self, TypeVar

from scx_core.errors import ScxError
from scx_core.schedulers import BATCH_SYSTEMS, find_scheduler, is_address

Task = TypeVar("Task")
#: Seconds between two looks at running units.
_LOOK_EVERY: Final = 0.25
#: A scheduler that has not answered by then is not there.
_CONNECT_SECONDS: Final = 10


@dataclass(frozen=True)
class Engine:
    """Where units run.

    Attributes
    ----------
    workers : int
        Processes side by side; 1 for this process alone, 0 for as many as there are cores.
    scheduler : str
        Address of a Dask scheduler, as ``tcp://host:8786``, which decides how many run at once; or
        a batch system that Dask asks for ``workers`` workers: ``slurm``, ``pbs``, ``sge``, ``lsf``,
        set up in Dask's own configuration (``jobqueue``); or the name of either in the
        configuration of the server (`scx_core.schedulers`). All workers see the workspace under
        the same path.
    """

    workers: int = 1
    scheduler: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.workers, int) or self.workers < 0:
            raise ScxError(
                f"The number of processes must be a whole number ≥ 0, not {self.workers!r}."
            )
        if self.scheduler:
            find_scheduler(self.scheduler)

    @classmethod
    def of_job(cls, values: Mapping[str, Any]) -> Self:
        """Read the engine that a job asks for; it may name a scheduler, and never give an address.

        Parameters
        ----------
        values : mapping
            From `to_dict`.

        Raises
        ------
        ScxError
            If it gives an address, or the configuration of this server lacks the name.
        TypeError
            If a field is unknown.
        """
        if not isinstance(values, Mapping):
            raise TypeError(f"the engine is {values!r}")
        if is_address(values.get("scheduler")):
            raise ScxError(
                "The job gives the address of a scheduler; a job takes only the name of one that "
                "the server's configuration holds (SCX_SCHEDULERS)."
            )
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)

    def processes(self, n_units: int) -> int:
        """Units that run side by side on this machine."""
        return max(1, min(self.workers or cores(), n_units))

    def run(
        self,
        function: Callable[[Task], object],
        tasks: Sequence[Task],
        on_look: Callable[[], None],
        on_stop: Callable[[], None],
    ) -> None:
        """Run ``function`` on every task; returns when all are done.

        Parameters
        ----------
        function : callable
            Of a module, so that other processes find it.
        tasks : sequence
            Picklable.
        on_look : callable
            Called in this process a few times a second while units run; may raise to stop.
        on_stop : callable
            Called when the work ends early, before running units are waited for: tells them to stop.

        Raises
        ------
        ScxError
            If there is no such cluster, or a process was ended from outside. What a unit raises
            passes on, once the units that run have stopped or ended.
        """
        if not tasks:
            return
        with self._executor(len(tasks)) as executor:
            futures = [executor.submit(function, task) for task in tasks]
            with ExitStack() as early_end:
                for future in futures:
                    early_end.callback(future.cancel)
                early_end.callback(on_stop)
                _watch(futures, on_look)
                early_end.pop_all()

    @contextmanager
    def _executor(self, n_units: int) -> Iterator[Executor]:
        if self.scheduler:
            with self._cluster() as cluster, _dask_executor(cluster) as executor:
                yield executor
            return
        n_processes = self.processes(n_units)
        if n_processes == 1:
            with ThreadPoolExecutor(1, thread_name_prefix="unit") as executor:
                yield executor
            return
        # Forked copies would inherit threads and sockets of whoever called.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(
            n_processes, context, _begin_process, (os.getpid(), cores() // n_processes)
        ) as executor:
            yield executor

    @contextmanager
    def _cluster(self) -> Iterator[Any]:
        """Give the address of the scheduler, or a cluster of a batch system for as long as needed."""
        # Looked up as late as this: the name may mean another address by now.
        scheduler = find_scheduler(self.scheduler)
        if scheduler not in BATCH_SYSTEMS:
            yield scheduler
            return
        try:
            module = importlib.import_module("dask_jobqueue")
        except ImportError as error:
            raise ScxError(
                f"Workers of {scheduler} need the package dask-jobqueue; pip install dask-jobqueue."
            ) from error
        kind = getattr(module, BATCH_SYSTEMS[scheduler])
        place = f"jobqueue.{kind.job_cls.config_name}"
        wanted = importlib.import_module("dask").config.get(place, {})
        if not (wanted.get("cores") and wanted.get("memory")):
            raise ScxError(
                f"Dask does not know which workers to ask {scheduler} for; set {place}.cores "
                f"and {place}.memory in its configuration (~/.config/dask/jobqueue.yaml)."
            )
        with kind() as cluster:
            cluster.scale(self.workers or 1)
            yield cluster


def cores() -> int:
    """Cores that this process may use: batch systems and containers give fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _watch(futures: Sequence[Future[object]], on_look: Callable[[], None]) -> None:
    pending = set(futures)
    while pending:
        done, pending = wait(pending, _LOOK_EVERY, FIRST_COMPLETED)
        on_look()
        for future in done:
            try:
                future.result()
            except BrokenProcessPool as error:
                raise ScxError(
                    "A process of this work was ended from outside, perhaps for want of memory; "
                    "what it had finished is kept. Start again, with fewer processes side by side."
                ) from error


def _begin_process(parent: int, threads: int) -> None:
    """Share the cores with the other processes, and end with the one that started this."""
    import torch

    torch.set_num_threads(max(threads, 1))

    def end_with_parent() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY)
        os._exit(1)  # a killed parent closes no pipes that this process waits on

    threading.Thread(target=end_with_parent, daemon=True).start()


@contextmanager
def _dask_executor(address: Any) -> Iterator[Executor]:
    """Give an executor on a scheduler, by its address, or on a cluster."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ScxError(
            "A Dask scheduler was named, but the package distributed is not installed; "
            "pip install distributed."
        ) from error
    named = isinstance(address, str)
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ScxError(
            f"No Dask scheduler answers at {address}; start one (dask scheduler) or check the "
            "address."
        ) from error
    with client:
        try:
            # A batch system lets its workers wait in its queue: no limit there.
            client.wait_for_workers(1, timeout=_CONNECT_SECONDS if named else None)
        except TimeoutError as error:
            raise ScxError(
                f"The Dask scheduler at {address} has no workers; start some (dask worker {address})."
            ) from error
        # A unit is no pure function: it must run again for the same arguments.
        yield client.get_executor(pure=False)
