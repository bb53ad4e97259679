"""The command that trains."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from scx_core.errors import counted

if TYPE_CHECKING:
    from scx_core.ensemble import Ensemble
    from scx_core.training.request import TrainingRequest


def train_model(
    context: typer.Context,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    model: Annotated[str, typer.Argument(help="Name of the new model.")],
    architecture: Annotated[
        str,
        typer.Option(
            help="scxpresso, tissue, xpresso, sequence, half-life or small; by the dataset if not given."
        ),
    ] = "",
    level: Annotated[str, typer.Option(help="Level of the populations to predict.")] = "population",
    split: Annotated[
        str, typer.Option(help="random, chromosome, or family (paralogues stay together).")
    ] = "random",
    families: Annotated[
        str,
        typer.Option(
            help="Table of gene and family for --split family; by similar sequence if not given."
        ),
    ] = "",
    n_folds: Annotated[
        int | None, typer.Option(help="Folds of the random and family splits (paper: 20).")
    ] = None,
    folds: Annotated[
        str,
        typer.Option(help="Folds to train: numbers or chromosomes, as 0,1 or chrIV; all if empty."),
    ] = "",
    runs: Annotated[int | None, typer.Option(help="Models per fold (paper: 5).")] = None,
    combine: Annotated[
        str,
        typer.Option(
            help="mean of the runs (paper), or best: of each fold the lowest validation loss alone; "
            "by the architecture if not given."
        ),
    ] = "",
    epochs: Annotated[int | None, typer.Option(help="Epochs (paper: 40).")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Genes per step (paper: 128).")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of Adam (paper: 0.0005).")] = None,
    loss: Annotated[
        str,
        typer.Option(help="mse (paper), or hybrid: alpha (1 - r across populations) + beta MSE."),
    ] = "mse",
    alpha: Annotated[float, typer.Option(help="Weight of 1 - r in the hybrid loss.")] = 1.0,
    beta: Annotated[float, typer.Option(help="Weight of the MSE in the hybrid loss.")] = 1.0,
    validation: Annotated[
        int,
        typer.Option(help="Validation genes; 0: 1,000, or a tenth of the non-test genes if fewer."),
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of weights, dropout and batches.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    workers: Annotated[
        int, typer.Option(help="Processes that train side by side; 0 for one a core.")
    ] = 0,
    scheduler: Annotated[
        str,
        typer.Option(
            help="Dask scheduler that the models are trained on: tcp://host:8786, a batch system "
            "(slurm, pbs, sge, lsf), or a name of the file SCX_SCHEDULERS; --detach takes no address."
        ),
    ] = "",
    detach: Annotated[
        bool, typer.Option("--detach", help="Train as a job; see the command jobs.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result for machines.")] = False,
) -> None:
    """Train a model by cross-validation and evaluate it out of fold.

    A training that was stopped goes on where it was when the same command is given again. The
    weights do not depend on where it runs nor on how often it was stopped.

    Example: [cyan]scx train worm quick --folds 0,1 --runs 2 --epochs 3[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.dataset import Dataset
        from scx_core.engines import Engine
        from scx_core.training.architecture import suggest_architecture
        from scx_core.training.request import TrainingRequest

        opened = Dataset.open(shared.workspace.dataset_path(dataset))
        chosen = architecture or suggest_architecture(opened)
        settings: dict[str, Any] = {
            "level": level, "split": split, "families": str(Path(families).resolve()) if families else "",
            "n_folds": n_folds, "runs": runs, "combine": combine or None,
            "epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate,
            "loss": loss, "alpha": alpha, "beta": beta, "n_validation": validation, "seed": seed,
            "device": device,
        }  # fmt: skip
        request = TrainingRequest(
            dataset, model, chosen, settings,
            folds=tuple(item.strip() for item in folds.split(",") if item.strip()),
            engine=Engine(workers, scheduler),
        )  # fmt: skip
        if detach:
            _detach(shared, request, json)
            return
        with progress_bar() as progress:
            ensemble = request.run(shared.workspace, progress, on_notice=say)
        _show(ensemble, json)


def _detach(shared: Context, request: "TrainingRequest", json: bool) -> None:
    from scx_core.jobs import start_job
    from scx_core.training.request import TrainingRequest

    request = TrainingRequest.from_dict(request.to_dict())  # as the job will read it
    request.plan(shared.workspace)  # refuse here, not in the log of a job
    job = start_job(shared.workspace, "train", request.to_dict())
    if json:
        show_json({"job": job.id, "state": job.state})
        return
    show(f"Started the job {job.id}; scx jobs show {job.id} tells how it goes.")


def _show(ensemble: "Ensemble", json: bool) -> None:
    if json:
        show_json({"model": ensemble.name, **ensemble.metadata})
        return
    show_table(ensemble.metrics, f"Out of fold: {ensemble.name}")
    show(
        f"Trained {ensemble.name}: {counted(len(ensemble.trained_folds), 'fold')} x "
        f"{ensemble.runs_in_words}; median Pearson over populations "
        f"{ensemble.metrics['pearson'].dropna().median():.3f}; "
        f"{ensemble.metadata['collapsed_runs_restarted']} collapsed runs restarted."
    )
