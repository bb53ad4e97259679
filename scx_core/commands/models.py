"""Commands about models that are there: list, show, rename, delete, export, import, compare."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import pandas as pd
import typer

from scx_core.commands.screen import (
    Context,
    progress_bar,
    say,
    sentences,
    show,
    show_json,
    show_table,
)
from scx_core.errors import ScxError, counted
from scx_core.store import Workspace

if TYPE_CHECKING:
    from scx_core.compare import Comparison
    from scx_core.compare.common import MeetingLevel
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble

app = typer.Typer(
    name="models",
    help="List, show, compare, rename, delete, export and import models.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_Json = Annotated[bool, typer.Option("--json", help="Print the result for machines.")]
_Model = Annotated[str, typer.Argument(help="Name of the model.")]


@app.command("list")
def list_models(context: typer.Context, json: _Json = False) -> None:
    """List the models of the workspace.

    Example: [cyan]scx models list[/]
    """
    shared: Context = context.obj
    with sentences():
        rows = [_describe(shared.workspace, name) for name in shared.workspace.models()]
        if json:
            show_json({"models": rows})
        elif rows:
            table = pd.DataFrame(rows, dtype=object).set_index("model")
            show_table(table.where(table.notna(), ""), limit=len(rows))
        else:
            show(f"There is no model in {shared.workspace.root} yet; train one, or import one.")


def _describe(workspace: Workspace, name: str) -> dict[str, Any]:
    from scx_core.ensemble import Ensemble

    try:
        ensemble = Ensemble.open(workspace.model_path(name))
        n_folds = ensemble.folds.nunique()
    except ScxError as error:
        # A damaged model is listed, too: it can be deleted.
        return {"model": name, "problem": str(error)}
    return {
        "model": name,
        "dataset": ensemble.dataset_name,
        "level": ensemble.level,
        "populations": len(ensemble.populations),
        "folds": f"{len(ensemble.trained_folds)} of {n_folds}",
        "runs": ensemble.runs_in_words.removesuffix("s").removesuffix(" run"),
        "median r": ensemble.metadata.get("median_pearson"),
        "trained": ensemble.metadata.get("provenance", {}).get("created", ""),
    }


@app.command("show")
def show_model(context: typer.Context, name: _Model, json: _Json = False) -> None:
    """Show how well a model predicts, and how it was made: a methods paragraph for a paper.

    Example: [cyan]scx models show demo[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.training.methods import methods_paragraph

        ensemble, dataset = _open(shared.workspace, name)
        methods = methods_paragraph(ensemble, dataset)
        if json:
            metrics = ensemble.metrics.reset_index().to_dict("records")
            show_json({**ensemble.metadata, "model": name, "metrics": metrics, "methods": methods})
            return
        show_table(ensemble.metrics, f"Model {name}, out of fold", limit=200)
        for notice in ensemble.metadata.get("notices", []):
            show(f"Note: {notice}")
        if dataset is None:
            say(f"Its dataset {ensemble.dataset_name!r} is not here; the methods tell less for it.")
        show(methods)


def _open(workspace: Workspace, name: str) -> "tuple[Ensemble, Dataset | None]":
    """Open a model, and its dataset where that is here with the same content."""
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble

    ensemble = Ensemble.open(workspace.model_path(name))
    try:
        dataset = Dataset.open(workspace.dataset_path(ensemble.dataset_name))
        ensemble.check_dataset(dataset)
    except ScxError:
        return ensemble, None
    return ensemble, dataset


@app.command("rename")
def rename(
    context: typer.Context,
    old: _Model,
    new: Annotated[str, typer.Argument(help="Its new name.")],
) -> None:
    """Rename a model; atlases, results and jobs that name it are told.

    Example: [cyan]scx models rename worm worm-random-folds[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.model_files import rename_model

        for sentence in rename_model(shared.workspace, old, new):
            say(sentence)
        show(f"The model {old} is called {new} now.")


@app.command("delete")
def delete(
    context: typer.Context,
    name: _Model,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a model, after listing what depends on it.

    Example: [cyan]scx models delete worm-first-try[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.model_files import delete_model, dependents

        for dependent in dependents(shared.workspace, name):
            say(dependent.sentence)
        if not yes and not typer.confirm(f"Delete the model {name}?", err=True):
            show("Nothing was deleted.")
            return
        delete_model(shared.workspace, name)
        show(f"Deleted {name}.")


@app.command("export")
def export(
    context: typer.Context,
    name: _Model,
    out: Annotated[Path, typer.Option(help="Archive to write, as FILE.zip.")],
    json: _Json = False,
) -> None:
    """Write a model into one archive, to import it elsewhere.

    Example: [cyan]scx models export worm --out worm.zip[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.model_files import export_model
        from scx_core.store import file_digest

        ensemble, dataset = _open(shared.workspace, name)
        with progress_bar() as progress:
            export_model(ensemble, out, dataset, progress)
        size, digest = out.stat().st_size, file_digest(out)
        if json:
            show_json({"model": name, "file": str(out), "bytes": size, "sha256": digest})
            return
        show(f"Wrote {name} to {out} ({size / 1e6:,.2f} MB, SHA-256 {digest}).")


@app.command("import")
def import_archive(
    context: typer.Context,
    archive: Annotated[Path, typer.Argument(help="Archive made by the export of a model.")],
    name: Annotated[
        str, typer.Option(help="Name of the new model; the archive's own if not given.")
    ] = "",
    json: _Json = False,
) -> None:
    """Import a model from an archive; everything in it is checked first.

    Example: [cyan]scx models import worm.zip --name worm-of-a-colleague[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.model_files import import_model

        with progress_bar() as progress:
            imported = import_model(archive, shared.workspace, name or None, progress)
        ensemble = imported.ensemble
        if json:
            show_json({**ensemble.metadata, "model": ensemble.name, "notices": imported.notices})
            return
        for notice in imported.notices:
            say(f"Note: {notice}")
        show(
            f"Imported {ensemble.name}: {counted(len(ensemble.populations), 'population')}, "
            f"{counted(len(ensemble.trained_folds), 'fold')} x "
            f"{ensemble.runs_in_words}, digest {ensemble.digest[:12]}."
        )


@app.command("compare")
def compare(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="A B [C]...", help="Two models or more.")],
    out: Annotated[
        Path | None, typer.Option(help="Write a row for each population and model (TSV).")
    ] = None,
    level: Annotated[
        str,
        typer.Option(
            help="Where models of several levels meet: finest (a coarse model is asked about each "
            "fine population, Δc,p,t) or coarsest (fine predictions are averaged)."
        ),
    ] = "finest",
    samples: Annotated[int, typer.Option(help="Bootstrap samples of the genes.", min=1)] = 1000,
    seed: Annotated[int, typer.Option(help="Of the samples.", min=0)] = 0,
    json: _Json = False,
) -> None:
    """Compare models by population, each against the first, on the genes that all of them tested.

    Example: [cyan]scx models compare worm worm-hybrid --out compared.tsv[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.compare import compare_models

        pairs = [_open_both(shared.workspace, name) for name in names]
        with progress_bar() as progress:
            found = compare_models(
                pairs, level=cast("MeetingLevel", level), n_samples=samples, seed=seed,
                progress=progress,
            )  # fmt: skip
        if out is not None:
            from scx_core.formulas import write_table

            write_table(out, found.by_population)
            say(f"Wrote {len(found.by_population):,} rows to {out}.")
        if json:
            _show_comparison_json(found, samples, seed)
            return
        for sentence in found.statements:
            show(sentence)
        show_table(found.pearson(), "Pearson r over genes, out of fold")
        medians = found.overall.drop(columns="n").T.rename_axis("median")
        show_table(medians.astype(object).where(medians.notna(), ""))
        for sentence in found.headlines():
            show(sentence)


def _open_both(workspace: Workspace, name: str) -> "tuple[Ensemble, Dataset]":
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble

    ensemble = Ensemble.open(workspace.model_path(name))
    return ensemble, Dataset.open(workspace.dataset_path(ensemble.dataset_name))


def _show_comparison_json(found: "Comparison", samples: int, seed: int) -> None:
    show_json(
        {
            "models": found.models,
            "genes": found.n_genes,
            "same_folds": found.same_folds,
            "samples": samples,
            "seed": seed,
            "statements": found.statements,
            "overall": found.overall.reset_index().to_dict("records"),
            "by_population": found.by_population.to_dict("records"),
        }
    )
