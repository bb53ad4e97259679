"""Fetching public data: genomes, annotations, cCREs, published models."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from scx_core.commands.screen import Context, progress_bar, say, sentences, show_table


def fetch_source(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the source; see --list.")] = "",
    folder: Annotated[
        Path | None, typer.Option(help="Where to; the workspace's folder 'sources' if not given.")
    ] = None,
    show_list: Annotated[
        bool, typer.Option("--list", help="List the sources and what is here already.")
    ] = False,
) -> None:
    """Fetch public data: genome, annotation, cCREs, GWAS catalogue, published models.

    Broken transfers go on where they stopped; digests are checked where they are known.

    Example: [cyan]scx fetch hg38-chr22[/]
    """
    shared: Context = context.obj
    place = folder or shared.workspace.root / "sources"
    with sentences():
        # Imported here: other commands need not wait for it.
        from scx_core.fetch import fetch

        if show_list or not name:
            table = source_table(place)
            show_table(table, limit=len(table))
            return
        with progress_bar() as progress:
            path = fetch(name, place, progress, say)
        say(f"{name} is at {path}.")


def source_table(folder: Path) -> pd.DataFrame:
    """Tabulate the public sources, by name, and which of them are in a folder."""
    from scx_core.fetch import fetched, read_sources

    sources = read_sources()
    rows = [
        {
            "what": source.title,
            "MB": "" if source.megabytes is None else f"{source.megabytes:,g}",
            "digest": "known" if source.digest or source.record else "not known",
            "here": "yes" if fetched(source, folder) else "",
            "licence": source.licence,
        }
        for source in sources.values()
    ]
    return pd.DataFrame(rows, index=pd.Index(list(sources), name="name"))
