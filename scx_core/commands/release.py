"""Commands about models in the published file layout of scXpresso: import-release, export-release."""

from pathlib import Path
from typing import Annotated

import typer

from scx_core.commands.screen import Context, progress_bar, say, sentences, show, show_json
from scx_core.errors import ScxError, counted

_Json = Annotated[bool, typer.Option("--json", help="Print the result for machines.")]


def import_release(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of the release.")],
    name: Annotated[
        str, typer.Option(help="Name of the new dataset and model; the folder's if not given.")
    ] = "",
    annotation: Annotated[
        Path | None, typer.Option(help="GTF, GFF3 or table of TSSs, to place the genes.")
    ] = None,
    genome: Annotated[Path | None, typer.Option(help="FASTA, to compare the windows with.")] = None,
    ccres: Annotated[Path | None, typer.Option(help="BED of cCREs.")] = None,
    labels: Annotated[
        Path | None, typer.Option(help="CSV of labels, where the folder has several.")
    ] = None,
    sequences: Annotated[
        Path | None, typer.Option(help="HDF5 of sequences, where the folder has several.")
    ] = None,
    models: Annotated[
        str, typer.Option(help="Beginning of the models' folders, where there are several.")
    ] = "",
    columns: Annotated[
        str, typer.Option(help="Columns of the labels that were trained on, from 0, as 0,1,4.")
    ] = "",
    upstream: Annotated[int, typer.Option(help="Bases of the window before the TSS.")] = 7000,
    downstream: Annotated[int, typer.Option(help="Bases of the window from the TSS on.")] = 3500,
    level: Annotated[str, typer.Option(help="Name of the populations' level.")] = "population",
    assembly: Annotated[str, typer.Option(help="Name of the genome build, as shown.")] = "",
    json: _Json = False,
) -> None:
    """Import models and data in the published layout of scXpresso, without training.

    Some of the folds and runs are enough; genes of the other folds say so.

    Example: [cyan]scx import-release scxpresso_release --annotation gencode.gtf.gz --genome hg38.fa.gz[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.release import ReleaseRequest, run_import

        request = ReleaseRequest(
            folder.resolve(),
            annotation=_resolved(annotation),
            genome=_resolved(genome),
            regions=_resolved(ccres),
            labels=labels,
            sequences=sequences,
            models=models,
            columns=_numbers(columns),
            upstream=upstream,
            downstream=downstream,
            level=level,
            assembly=assembly,
        )
        with progress_bar() as progress:
            dataset, ensemble = run_import(request, shared.workspace, name, progress)
        if json:
            show_json({**ensemble.metadata, "model": ensemble.name, "dataset": dataset.name})
            return
        notices = dict.fromkeys([*dataset.notices, *ensemble.metadata["notices"]])
        for notice in notices:
            say(f"Note: {notice}")
        show(
            f"Imported {ensemble.name}: {counted(len(dataset.genes), 'gene')} x "
            f"{counted(len(ensemble.populations), 'population')}, "
            f"{counted(len(ensemble.trained_folds), 'fold')} x {ensemble.runs_in_words}."
        )


def _resolved(path: Path | None) -> Path | None:
    return None if path is None else path.resolve()


def _numbers(text: str) -> tuple[int, ...]:
    items = [item.strip() for item in text.split(",") if item.strip()]
    wrong = [item for item in items if not item.isdecimal()]
    if wrong:
        raise ScxError(f"--columns {text!r}: {wrong[0]!r} is no column number; write 0,1,4.")
    return tuple(int(item) for item in items)


def export_release(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Name of the model.")],
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    genome: Annotated[
        Path | None, typer.Option(help="FASTA, for the letters outside the window; else N.")
    ] = None,
    json: _Json = False,
) -> None:
    """Write a model and its dataset in the published layout of scXpresso.

    Example: [cyan]scx export-release worm worm_release --genome ce10.fa.gz[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.dataset import Dataset
        from scx_core.ensemble import Ensemble
        from scx_core.release import export_release as export

        ensemble = Ensemble.open(shared.workspace.model_path(model))
        dataset = Dataset.open(shared.workspace.dataset_path(ensemble.dataset_name))
        with progress_bar() as progress:
            exported = export(
                ensemble, dataset, folder.resolve(), genome, shared.workspace.cache_path, progress
            )
        if json:
            show_json(
                {"model": model, "folder": str(exported.path), "notices": list(exported.notices)}
            )
            return
        for notice in exported.notices:
            say(f"Note: {notice}")
        show(
            f"Wrote {model} to {exported.path}: {counted(len(dataset.genes), 'gene')}, "
            f"{counted(len(ensemble.trained_folds), 'fold')} x {ensemble.runs_in_words}."
        )
