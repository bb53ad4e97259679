"""Commands that search for an architecture."""

import json as json_text
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
from scx_core.errors import ScxError, counted

if TYPE_CHECKING:
    from scx_core.search import Search

_SHOWN = (
    "outcome",
    "validation_loss",
    "epochs",
    "batch_size",
    "upstream",
    "downstream",
    "n_stages",
)


def search_architecture(
    context: typer.Context,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    name: Annotated[str, typer.Argument(help="Name of the search; one of this name goes on.")],
    trials: Annotated[int, typer.Option(help="Networks to train, in all.")] = 30,
    architecture: Annotated[
        str,
        typer.Option(
            help="Gives what is not searched, such as the half-life features: scxpresso, sequence, "
            "small …; by the dataset if not given."
        ),
    ] = "",
    level: Annotated[str, typer.Option(help="Level of the populations to predict.")] = "population",
    fold: Annotated[
        str, typer.Option(help="Whose training and validation genes are used: a number or name.")
    ] = "0",
    split: Annotated[str, typer.Option(help="random, chromosome, or family.")] = "random",
    n_folds: Annotated[int | None, typer.Option(help="Folds (paper: 20).")] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of a trial (10 if not given).")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of Adam.")] = None,
    seed: Annotated[int, typer.Option(help="Of the choices, weights and batches.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    space: Annotated[
        Path | None,
        typer.Option(help="JSON file of bounds that differ; scx search-space shows all."),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Search as a job; see the command jobs.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result for machines.")] = False,
) -> None:
    """Search for an architecture by the validation loss of one fold (Xpresso's space, TPE).

    A search that was stopped goes on where it was when the same command is given again.

    Example: [cyan]scx search worm first --trials 50[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.dataset import Dataset
        from scx_core.search.request import SearchRequest
        from scx_core.search.running import run_search
        from scx_core.training.architecture import suggest_architecture

        opened = Dataset.open(shared.workspace.dataset_path(dataset))
        settings: dict[str, Any] = {
            "level": level, "split": split, "n_folds": n_folds, "epochs": epochs,
            "learning_rate": learning_rate, "seed": seed, "device": device,
        }  # fmt: skip
        request = SearchRequest(
            dataset, name, trials, architecture or suggest_architecture(opened), fold,
            {field: value for field, value in settings.items() if value is not None},
            _read_space(space),
        )  # fmt: skip
        if detach:
            from scx_core.jobs import start_job

            request.plan(opened)  # refuse here, not in the log of a job
            request.space_for(opened)
            job = start_job(shared.workspace, "search", request.to_dict())
            if json:
                show_json({"job": job.id, "state": job.state})
            else:
                show(f"Started the job {job.id}; scx jobs show {job.id} tells how it goes.")
            return
        with progress_bar() as progress:
            found = run_search(shared.workspace, request, progress, on_notice=say)
        _show(found, json)


def search_results(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="Name of the search; all are listed if missing.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Write all trials as TSV.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result for machines.")] = False,
) -> None:
    """Show what a search has found so far, finished or not.

    Example: [cyan]scx search-results first --out trials.tsv[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.search import Search, list_searches, search_path

        if not name:
            names = list_searches(shared.workspace)
            if json:
                show_json(names)
            else:
                show("\n".join(names) or "No search has begun here.")
            return
        found = Search.open(search_path(shared.workspace, name))
        if out is not None:
            from scx_core.formulas import write_table

            write_table(out, found.trials, index=True)
        _show(found, json)


def search_space(
    context: typer.Context,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
) -> None:
    """Print the space that a search on a dataset would use, to edit and give with --space.

    Example: [cyan]scx search-space worm > space.json[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.dataset import Dataset
        from scx_core.search.space import SearchSpace

        opened = Dataset.open(shared.workspace.dataset_path(dataset))
        show_json(SearchSpace.of(opened).to_dict())


def search_train(
    context: typer.Context,
    search: Annotated[str, typer.Argument(help="Name of the search.")],
    model: Annotated[str, typer.Argument(help="Name of the new model.")],
    folds: Annotated[
        str, typer.Option(help="Folds to train: numbers or names; all if empty.")
    ] = "",
    runs: Annotated[int | None, typer.Option(help="Models per fold (paper: 5).")] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs (paper: 40).")] = None,
    workers: Annotated[int, typer.Option(help="Processes side by side; 0 for one a core.")] = 0,
    detach: Annotated[
        bool, typer.Option("--detach", help="Train as a job; see the command jobs.")
    ] = False,
) -> None:
    """Train a model with the best architecture of a search.

    Where its window is shorter than the dataset's, a dataset with that window is made beside it.

    Example: [cyan]scx search-train first better --folds 0 --runs 2[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.dataset import Dataset
        from scx_core.engines import Engine
        from scx_core.jobs import start_job
        from scx_core.search import Search, search_path
        from scx_core.search.handing_on import best_request, prepare_dataset

        found = Search.open(search_path(shared.workspace, search))
        dataset = Dataset.open(shared.workspace.dataset_path(found.dataset_name))
        request = best_request(
            found, dataset, model, runs=runs, epochs=epochs, engine=Engine(workers),
            folds=tuple(item.strip() for item in folds.split(",") if item.strip()),
        )  # fmt: skip
        cut = prepare_dataset(shared.workspace, found, dataset)
        if cut.name != dataset.name:
            say(f"The model is trained on {cut.name}: {cut.notices[-1]}")
        request.plan(shared.workspace)
        if detach:
            job = start_job(shared.workspace, "train", request.to_dict())
            show(f"Started the job {job.id}; scx jobs show {job.id} tells how it goes.")
            return
        with progress_bar() as progress:
            ensemble = request.run(shared.workspace, progress, on_notice=say)
        show_table(ensemble.metrics, f"Out of fold: {ensemble.name}")


def _read_space(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        values = json_text.loads(path.read_text(encoding="utf-8"))
    except (json_text.JSONDecodeError, UnicodeDecodeError) as error:
        raise ScxError(f"{path} is no JSON ({error}); scx search-space writes one.") from error
    if not isinstance(values, dict):
        raise ScxError(f"{path} holds no bounds by name; scx search-space writes such a file.")
    return values


def _show(found: "Search", json: bool) -> None:
    best = found.best
    if json:
        show_json(
            {
                "search": found.name,
                "dataset": found.dataset_name,
                "finished": found.finished,
                "trained": found.n_trained,
                "impossible": found.n_impossible,
                "best": None
                if best is None
                else {"trial": best[0], "validation_loss": best[2], **best[1].to_dict()},
                "importance": found.importance().shares.to_dict(),
            }
        )
        return
    trained = found.trials[found.trials["outcome"].isin(("trained", "pruned"))]
    if len(trained):
        ordered = trained.sort_values(["outcome", "validation_loss"], ascending=[False, True])
        show_table(ordered[list(_SHOWN)], f"Trials of {found.name}, best first", limit=15)
    show(
        f"{counted(found.n_trained, 'network')} of {found.metadata['trials']} trained; "
        f"{counted(found.n_impossible, 'impossible one')} passed over."
    )
    if best is not None:
        show(f"Best, trial {best[0]}, validation loss {best[2]:.4f}: {best[1].words}")
        show(f"Train it: scx search-train {found.name} MODEL")
