"""Commands about long work: list, show, cancel, resume, logs, delete, slots."""

import time
from typing import Annotated, Any, Final

import pandas as pd
import typer

from scx_core.commands.screen import say, sentences, show, show_json, show_table
from scx_core.errors import ScxError
from scx_core.jobs import ACTIVE, Job, find_job, list_jobs, set_slots, slots
from scx_core.jobs.job import name_work
from scx_core.progress import about
from scx_core.store import Workspace

app = typer.Typer(
    name="jobs",
    help="Look at long work that goes on by itself: list it, watch it, cancel it, resume it.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
_Json = Annotated[bool, typer.Option("--json", help="Print the result for machines.")]
_Id = Annotated[str, typer.Argument(help="Id of the job, the beginning of it, or last.")]
#: Seconds between two looks at a log that grows, or at a job that is to end.
_LOOK_EVERY: Final = 0.2
#: A job that was told to end and has not ended by then is told of as still stopping.
_PATIENCE: Final = 3.0


@app.command("list")
def list_all(context: typer.Context, json: _Json = False) -> None:
    """List the jobs of the workspace, newest first.

    Example: [cyan]scx jobs list[/]
    """
    with sentences():
        jobs = list_jobs(context.obj.workspace)
        if json:
            show_json({"jobs": [_describe(job) for job in jobs]})
            return
        if not jobs:
            show("There are no jobs.")
            return
        rows = [
            {
                "kind": job.kind,
                "what": name_work(job),
                "state": _state(job),
                "done": f"{job.progress:.0%}",
                "user": job.user,
                "created": f"{job.created.astimezone():%Y-%m-%d %H:%M}",
            }
            for job in jobs
        ]
        index = pd.Index([job.id for job in jobs], name="id")
        show_table(pd.DataFrame(rows, index=index), limit=len(rows))


@app.command("show")
def show_one(context: typer.Context, id: _Id, json: _Json = False) -> None:  # noqa: A002
    """Show what a job does, how far it is, and what went wrong.

    Example: [cyan]scx jobs show last[/]
    """
    with sentences():
        job = find_job(context.obj.workspace, id)
        described = _describe(job)
        if json:
            show_json(described)
            return
        show(f"{job.id}: {job.kind or 'unknown work'} {name_work(job)}".rstrip())
        show(f"State: {_state(job)}, {job.progress:.0%} done: {job.message or 'nothing told yet'}")
        if described["seconds_left"] is not None:
            left = about(described["seconds_left"])
            show(f"{left[:1].upper()}{left[1:]} left.")
        if job.error:
            show(job.error)
        show(f"Asked for by {job.user or 'nobody known'} at {job.created.astimezone():%F %T}.")
        for name, value in job.parameters.items():
            show(f"{name}: {value}")
        for notice in job.notices:
            show(f"Note: {notice}")
        if job.metrics:
            last = job.metrics[-1]
            shown = ", ".join(f"{name} {_short(value)}" for name, value in last.items())
            show(f"{len(job.metrics):,} epochs told; the last: {shown}")


@app.command("cancel")
def cancel(context: typer.Context, id: _Id) -> None:  # noqa: A002
    """Stop a job; what it finished is kept, and resume goes on from there.

    Example: [cyan]scx jobs cancel last[/]
    """
    with sentences():
        job = find_job(context.obj.workspace, id)
        state = job.state
        if state not in (*ACTIVE, "interrupted"):
            raise ScxError(f"The job {job.id} is {state}; there is nothing to cancel.")
        job.cancel()
        end = time.monotonic() + _PATIENCE
        while job.state in ACTIVE and time.monotonic() < end:
            time.sleep(_LOOK_EVERY / 4)
        say(f"The job {job.id} is {'still stopping' if job.is_stopping else job.state}.")


@app.command("resume")
def resume(context: typer.Context, id: _Id) -> None:  # noqa: A002
    """Put a job that was cancelled, interrupted or failed back into the queue.

    Example: [cyan]scx jobs resume 20261120-06[/]
    """
    with sentences():
        job = find_job(context.obj.workspace, id)
        job.resume()
        say(f"The job {job.id} is {_state(job)}.")


@app.command("logs")
def show_log(
    context: typer.Context,
    id: _Id,  # noqa: A002
    lines: Annotated[int, typer.Option(min=0, help="Lines from the end.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the job ends.")] = False,
) -> None:
    """Show the log of a job.

    Example: [cyan]scx jobs logs last --follow[/]
    """
    with sentences():
        job = find_job(context.obj.workspace, id)
        read = job.log_size  # before the tail: a line that comes between is shown twice, not lost
        tail = job.log_tail(lines)
        if tail:
            typer.echo(tail)
        if follow:
            _follow(job, read)


def _follow(job: Job, read: int) -> None:
    active = True
    while active:
        active = job.state in ACTIVE
        text, read = job.log_from(read)
        if text:
            typer.echo(text, nl=False)
        elif active:
            time.sleep(_LOOK_EVERY)
    say(f"The job {job.id} is {job.state}. {job.error}".rstrip())


@app.command("delete")
def delete(context: typer.Context, id: _Id) -> None:  # noqa: A002
    """Delete the record of a job that does not run; what it finished stays.

    The unfinished model of a training goes with it, and its name is free again.

    Example: [cyan]scx jobs delete 20261120-062024[/]
    """
    with sentences():
        from scx_core.model_files.discarding import discard_unfinished

        workspace: Workspace = context.obj.workspace
        job = find_job(workspace, id)
        model = job.parameters.get("model") if job.kind == "train" else None
        job.delete()
        discarded = model is not None and discard_unfinished(workspace, str(model))
        say(f"The job {job.id} is deleted{', and its unfinished model' if discarded else ''}.")


@app.command("slots")
def show_slots(
    context: typer.Context,
    number: Annotated[
        int | None, typer.Argument(help="How many may run at once; shown if not given.")
    ] = None,
) -> None:
    """Show or set how many jobs of this workspace run at once.

    Example: [cyan]scx jobs slots 2[/]
    """
    workspace: Workspace = context.obj.workspace
    with sentences():
        if number is not None:
            set_slots(workspace, number)
        show(f"{slots(workspace)}")


def _state(job: Job) -> str:
    position = job.position
    if position is not None:
        return f"waiting ({position} in the queue)"
    return "stopping" if job.is_stopping else job.state


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _describe(job: Job) -> dict[str, Any]:
    status = job.status
    return {
        "id": job.id,
        "kind": job.kind,
        "state": status.state,
        "position": job.position,
        "user": job.user,
        "created": job.created.isoformat(),
        "progress": status.progress,
        "message": status.message,
        "error": status.error,
        "seconds_left": job.seconds_left,
        "parameters": job.parameters,
        "notices": job.notices,
        "directory": str(job.path),
    }
