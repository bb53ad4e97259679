"""The commands."""

import os
from pathlib import Path
from typing import Annotated

import typer

import scx_core
from scx_core.commands import (
    analyse,
    analyses,
    fetch,
    jobs,
    models,
    prepare,
    regions,
    release,
    search,
    serving,
    training,
    variants,
    xpresso,
)
from scx_core.commands.screen import Context, say, sentences
from scx_core.engines import cores
from scx_core.memory import restart_tuned
from scx_core.store import Workspace

app = typer.Typer(
    name="scx",
    help="Which letters of DNA set this gene's expression in this cell type, and what does this "
    "variant do?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"scX Explorer {scx_core.__version__}")
        raise typer.Exit


@app.callback()
def begin(
    context: typer.Context,
    workspace: Annotated[
        Path,
        typer.Option(envvar="SCX_WORKSPACE", help="Folder of datasets, models and jobs."),
    ] = Path("workspace"),
    version: Annotated[  # noqa: ARG001 - handled by the callback
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Open the workspace and clean up after killed runs."""
    with sentences():
        # The app may be given several; the command line works in the first.
        opened = Workspace(Path(str(workspace).split(os.pathsep)[0]))
        for sentence in opened.clean_leftovers():
            say(sentence)
    context.obj = Context(opened)


app.command("app")(serving.open_app)
app.command("import")(prepare.import_dataset)
app.command("train")(training.train_model)
app.command("fetch")(fetch.fetch_source)
app.command("demo")(prepare.make_demo)
app.command("info")(analyse.show_info)
app.command("predict")(analyse.predict)
app.command("ism")(analyse.mutate)
app.command("variants")(variants.score_variants)
app.add_typer(variants.chains, name="chains")
app.add_typer(variants.rsids, name="rsids")
app.add_typer(regions.regions, name="regions")
app.command("import-keras")(xpresso.import_keras)
app.command("published")(xpresso.list_models)
app.command("predict-windows")(xpresso.predict_windows)
app.command("scan")(xpresso.scan)
app.command("import-release")(release.import_release)
app.command("export-release")(release.export_release)
app.command("atlas")(prepare.make_atlas)
app.command("search")(search.search_architecture)
app.command("search-results")(search.search_results)
app.command("search-space")(search.search_space)
app.command("search-train")(search.search_train)
app.add_typer(analyses.app)
app.add_typer(jobs.app)
app.add_typer(models.app)


def main() -> None:
    """Run the command line, with the allocator set for networks."""
    restart_tuned()
    # Numba's threading layer and torch share the cores; one word for both.
    os.environ.setdefault("NUMBA_NUM_THREADS", str(cores()))
    app()
