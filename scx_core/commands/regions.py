"""Commands about registered regions, such as the cCREs of a cell line."""

from pathlib import Path
from typing import Annotated

import typer

from scx_core.commands.screen import sentences, show

regions = typer.Typer(help="Regions from BED files (cCREs), to see beside any dataset.")


@regions.command("add")
def add(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="BED file, plain or gzip.")],
    name: Annotated[str, typer.Argument(help="Name of the regions.")],
    build: Annotated[str, typer.Option(help="Genome build they are on, such as hg38.")] = "",
) -> None:
    """Register a BED file: the Mutagenesis page offers its regions for every dataset.

    Example: [cyan]scx regions add ccre.GM12878.bed GM12878 --build hg38[/]
    """
    with sentences():
        from scx_core.region_sets import add_region_set

        show(f"Registered {add_region_set(context.obj.workspace, file, name, build)}.")


@regions.command("list")
def list_all(context: typer.Context) -> None:
    """List the registered regions."""
    with sentences():
        from scx_core.region_sets import list_region_sets, open_region_set

        for name in list_region_sets(context.obj.workspace):
            show(str(open_region_set(context.obj.workspace, name)))


@regions.command("remove")
def remove(
    context: typer.Context, name: Annotated[str, typer.Argument(help="Name of the regions.")]
) -> None:
    """Delete registered regions."""
    with sentences():
        from scx_core.region_sets import remove_region_set

        remove_region_set(context.obj.workspace, name)
        show(f"Removed {name}.")
