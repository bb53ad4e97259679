"""What the command line shows: progress on standard error, results on standard output."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from scx_core.errors import ScxError
from scx_core.progress import Progress as Listener
from scx_core.store import Workspace

#: Columns of output that no terminal will wrap: a file or a pipe gets whole tables.
_WIDE = 200
_MOST_COLUMNS = 8
# Names come from users: neither brackets nor colons in them mean anything.
_errors = Console(stderr=True, markup=False, emoji=False, highlight=False)
_results = Console(
    width=None if sys.stdout.isatty() else _WIDE, markup=False, emoji=False, highlight=False
)


@dataclass(frozen=True)
class Context:
    """What all commands share."""

    workspace: Workspace


@contextmanager
def progress_bar() -> Iterator[Listener]:
    """Show a bar on standard error while the work reports."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=_errors, transient=True, disable=not _errors.is_terminal
    ) as bar:
        task = bar.add_task("Starting", total=1.0)
        yield lambda fraction, message: bar.update(task, completed=fraction, description=message)


@contextmanager
def sentences() -> Iterator[None]:
    """Show a problem that the user can mend as one sentence, exit status 1."""
    try:
        yield
    except ScxError as error:
        _errors.print(Text.assemble(("Error: ", "bold red"), str(error)), soft_wrap=True)
        raise typer.Exit(1) from error
    except OSError as error:
        place = f" at {error.filename}" if error.filename else ""
        sentence = f"The system refused{place}: {error.strerror or error}."
        _errors.print(Text.assemble(("Error: ", "bold red"), sentence), soft_wrap=True)
        raise typer.Exit(1) from error


def say(sentence: str) -> None:
    """Tell the person something beside the result (standard error)."""
    _errors.print(sentence, soft_wrap=True)


def show(sentence: str) -> None:
    """Show a line of the result (standard output)."""
    _results.print(sentence, soft_wrap=True)


def show_json(value: Any) -> None:
    """Print a result for machines."""
    sys.stdout.write(json.dumps(_plain(value), indent=1, allow_nan=False) + "\n")


def show_table(frame: pd.DataFrame, title: str = "", limit: int = 20) -> None:
    """Print the first rows and columns of a table."""
    hidden = len(frame.columns) - _MOST_COLUMNS
    frame = frame.iloc[:, :_MOST_COLUMNS]
    if title:
        show(title)  # a table's own title is folded to the table's width
    table = Table()
    table.add_column(str(frame.index.name or ""))
    for name in frame.columns:
        table.add_column(str(name), justify="right")
    for label, row in frame.head(limit).iterrows():
        table.add_row(str(label), *(_format(value) for value in row))
    _results.print(table)
    if len(frame) > limit:
        show(f"… and {len(frame) - limit:,} more rows; --out writes them all.")
    if hidden > 0:
        show(f"… and {hidden:,} more columns; --out writes them all.")


def _format(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.01 else f"{value:.2g}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and value != value else value
