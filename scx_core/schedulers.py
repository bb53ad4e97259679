"""Dask schedulers that whoever runs the server names, in a file; a visitor chooses among names.

Whoever connects to a scheduler runs what it sends. So its address never comes from a page, a link or
the parameters of a job: these hold a name, which is looked up here when the work begins.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from scx_core.errors import ScxError, join_some
from scx_core.store import check_name
from scx_core.workspaces import configured_workspaces

#: Path of the file: TOML with a table ``[schedulers]`` of names and addresses.
FILE: Final = "SCX_SCHEDULERS"
_TABLE: Final = "schedulers"
#: Batch systems by the class of dask-jobqueue that asks them for workers.
BATCH_SYSTEMS: Final = {
    "slurm": "SLURMCluster", "pbs": "PBSCluster", "sge": "SGECluster", "lsf": "LSFCluster",
}  # fmt: skip


def configured_schedulers(environment: Mapping[str, str]) -> dict[str, str]:
    """Read the schedulers that the configuration of the server names.

    Parameters
    ----------
    environment : mapping
        ``SCX_SCHEDULERS`` is the path of the file; without it there are none.

    Returns
    -------
    dict of str by name
        Addresses such as ``tcp://host:8786``, or batch systems (`BATCH_SYSTEMS`).

    Raises
    ------
    ScxError
        If the file cannot be read, holds something else, or lies in a workspace, where what
        visitors do is written.
    """
    given = environment.get(FILE, "").strip()
    if not given:
        return {}
    path = Path(given).resolve()
    for root in configured_workspaces(environment).values():
        if path.is_relative_to(root):
            raise ScxError(
                f"The file of schedulers {path} lies in the workspace {root}; move it to a folder "
                f"that the app does not write to, and set {FILE} to that."
            )
    table = _table(path)
    for name, address in table.items():
        check_name(name, "scheduler")
        if not is_address(address) and address not in BATCH_SYSTEMS:
            raise ScxError(
                f"The scheduler {name!r} in {path} is {address!r}; give an address such as "
                f"tcp://host:8786, or a batch system ({', '.join(BATCH_SYSTEMS)})."
            )
    return table


def _table(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScxError(
            f"The file of schedulers {path} cannot be read ({error}); check {FILE}."
        ) from error
    table = found.get(_TABLE)
    if not isinstance(table, dict):
        raise ScxError(
            f"The file of schedulers {path} has no table [{_TABLE}]; write one, with lines such as "
            'cluster = "tcp://host:8786".'
        )
    return table


def is_address(text: object) -> bool:
    """Whether a text is an address, and no name."""
    return isinstance(text, str) and "://" in text


def find_scheduler(text: str) -> str:
    """Give the address or batch system that an address, batch system or name stands for.

    Raises
    ------
    ScxError
        If it is none of these.
    """
    if is_address(text):
        return text
    known = configured_schedulers(os.environ)
    if text in known:
        return known[text]
    if text in BATCH_SYSTEMS:
        return text
    named = f"those here are {join_some(sorted(known))}" if known else f"{FILE} names none"
    raise ScxError(
        f"{text!r} is not the address of a Dask scheduler (tcp://host:8786), a batch system "
        f"({', '.join(BATCH_SYSTEMS)}), nor the name of a scheduler of this server: {named}."
    )
