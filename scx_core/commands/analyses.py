"""Commands that ask trained models questions: sets of genes, specific genes, more genes, species."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scx_core.commands.screen import (
    Context,
    progress_bar,
    sentences,
    show,
    show_json,
    show_table,
)
from scx_core.errors import ScxError

if TYPE_CHECKING:
    import pandas as pd

    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble
    from scx_core.store import Workspace

app = typer.Typer(
    name="analyses", help="Ask trained models questions.", no_args_is_help=True,
    rich_markup_mode="rich",
)  # fmt: skip
_Json = Annotated[bool, typer.Option("--json", help="Print the result for machines.")]
_Out = Annotated[Path | None, typer.Option(help="Write the genes as TSV.")]


def _open(workspace: "Workspace", model: str) -> tuple["Ensemble", "Dataset"]:
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble

    ensemble = Ensemble.open(workspace.model_path(model))
    return ensemble, Dataset.open(workspace.dataset_path(ensemble.dataset_name))


@app.command("gene-set")
def gene_set(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Name of the model.")],
    genes: Annotated[Path, typer.Argument(help="Text file of symbols or ids.")],
    population: Annotated[
        list[str] | None, typer.Option(help="Population; may be given several times; all if not.")
    ] = None,
    out: _Out = None,
    json: _Json = False,
) -> None:
    """Ask whether a list of genes is expressed more or less than its sequence predicts.

    Example: [cyan]scx analyses gene-set demo list.txt --population Sst[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.analyses.gene_sets import gene_set_residuals, split_names

        names = split_names(genes.read_text(encoding="utf-8", errors="replace"))
        found = gene_set_residuals(*_open(shared.workspace, model), names, population)
        _write(out, found.residuals)
        _tell(found.table, found.statements, "Residuals, observed − predicted (log10)", json)


@app.command("specific")
def specific(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Name of model A.")],
    population: Annotated[str, typer.Argument(help="Population A.")],
    other: Annotated[str, typer.Argument(help="Population B.")],
    other_model: Annotated[str, typer.Option(help="Model B, if it is another.")] = "",
    threshold: Annotated[
        float, typer.Option(help="Least difference of specific genes, log10.")
    ] = 1.0,
    partners: Annotated[
        Path | None, typer.Option(help="Table of gene of A and gene of B, such as orthologues.")
    ] = None,
    out: _Out = None,
    json: _Json = False,
) -> None:
    """Ask whether predictions tell the genes that are specific to one of two populations.

    Example: [cyan]scx analyses specific demo Sst Vip --threshold 0.5[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.analyses.specific_genes import Side, classify_specific_genes, read_partners

        first = _open(shared.workspace, model)
        second = _open(shared.workspace, other_model) if other_model else first
        found = classify_specific_genes(
            Side(*first, population), Side(*second, other), threshold=threshold,
            partners=None if partners is None else read_partners(partners.read_bytes()),
        )  # fmt: skip
        _write(out, found.genes)
        _tell(
            found.table, found.statements, "Specific genes by the difference of predictions", json
        )


@app.command("learning-curve")
def learning_curve(
    context: typer.Context,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    name: Annotated[str, typer.Argument(help="Name of the curve.")],
    architecture: Annotated[str, typer.Option(help="By the dataset if not given.")] = "",
    fold: Annotated[str, typer.Option(help="Whose genes are used: a number or name.")] = "0",
    sizes: Annotated[
        str, typer.Option(help="Numbers of training genes, as 100,500; a tenth to all if empty.")
    ] = "",
    repeats: Annotated[int, typer.Option(help="Models of each size.")] = 3,
    epochs: Annotated[int | None, typer.Option(help="Epochs (paper: 40).")] = None,
    n_folds: Annotated[int | None, typer.Option(help="Folds (paper: 20).")] = None,
    level: Annotated[str, typer.Option(help="Level of the populations to predict.")] = "population",
    seed: Annotated[int, typer.Option(help="Of genes, weights and batches.")] = 0,
    detach: Annotated[
        bool, typer.Option("--detach", help="Train as a job; see the command jobs.")
    ] = False,
    json: _Json = False,
) -> None:
    """Ask how much better models would be with more genes.

    Example: [cyan]scx analyses learning-curve demo curve --sizes 200,400,800[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.analyses.learning_curve import LearningCurveRequest, run_learning_curve
        from scx_core.dataset import Dataset
        from scx_core.training.architecture import suggest_architecture

        opened = Dataset.open(shared.workspace.dataset_path(dataset))
        settings: dict[str, Any] = {
            "level": level, "n_folds": n_folds, "epochs": epochs, "seed": seed,
        }  # fmt: skip
        request = LearningCurveRequest(
            dataset, name, architecture or suggest_architecture(opened), fold, _numbers(sizes),
            repeats, {field: value for field, value in settings.items() if value is not None},
        )  # fmt: skip
        if detach:
            from scx_core.jobs import start_job

            request.plan(opened)
            job = start_job(shared.workspace, "learning-curve", request.to_dict())
            show(f"Started the job {job.id}; scx jobs show {job.id} tells how it goes.")
            return
        with progress_bar() as progress:
            found = run_learning_curve(shared.workspace, request, progress)
        _tell(found.table, (), "Pearson r on the same test genes, median over populations", json)


@app.command("cross-species")
def predict_other(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Name of the model.")],
    dataset: Annotated[str, typer.Argument(help="Name of another dataset.")],
    pair: Annotated[
        list[str] | None,
        typer.Option(help="MODEL_POPULATION=DATASET_POPULATION; by equal names if not given."),
    ] = None,
    half_life: Annotated[
        str, typer.Option(help="own, trained or mean: how half-life features are scaled.")
    ] = "own",
    all_folds: Annotated[
        bool, typer.Option("--all-folds", help="Average the models of all folds, not of the first.")
    ] = False,
    out: _Out = None,
    json: _Json = False,
) -> None:
    """Ask whether models predict the genes of another dataset, such as of another species.

    Example: [cyan]scx analyses cross-species human mouse --pair "Sst=Sst Gaba"[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.analyses.cross_species import cross_species
        from scx_core.dataset import Dataset

        ensemble, _ = _open(shared.workspace, model)
        other = Dataset.open(shared.workspace.dataset_path(dataset))
        with progress_bar() as progress:
            found = cross_species(
                ensemble, other, _pairs(pair), half_life=half_life, progress=progress,
                folds=ensemble.trained_folds if all_folds else None,
            )  # fmt: skip
        _write(out, found.predicted)
        _tell(found.table, found.statements, f"{model} on the genes of {dataset}", json)


def _numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    wrong = [part for part in parts if not part.isdigit()]
    if wrong:
        raise ScxError(f"--sizes: {wrong[0]!r} is no number of genes; write them as 100,500.")
    return tuple(int(part) for part in parts)


def _pairs(texts: list[str] | None) -> dict[str, str] | None:
    if not texts:
        return None
    pairs = {}
    for text in texts:
        name, equals, other = text.partition("=")
        if not equals:
            raise ScxError(
                f"--pair {text!r} pairs nothing; write MODEL_POPULATION=DATASET_POPULATION."
            )
        pairs[name.strip()] = other.strip()
    return pairs


def _write(out: Path | None, table: "pd.DataFrame") -> None:
    if out is None:
        return
    from scx_core.formulas import write_table

    write_table(out, table, index=True)


def _tell(table: "pd.DataFrame", statements: tuple[str, ...], title: str, json: bool) -> None:
    if json:
        rows = table.reset_index().to_dict("records")
        show_json({"rows": rows, "statements": list(statements)})
        return
    show_table(table, title)
    for sentence in statements:
        show(sentence)
