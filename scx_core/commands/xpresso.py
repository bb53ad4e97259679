"""Commands for published models: import-keras, published, predict-windows, scan."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from scx_core.commands.screen import (
    progress_bar,
    say,
    sentences,
    show,
    show_json,
    show_table,
)
from scx_core.errors import ScxError
from scx_core.store import Workspace, atomic_file, check_target

if TYPE_CHECKING:
    from scx_core.sequence.genome import Genome
    from scx_core.variants.genome import Letters
    from scx_core.xpresso.scan import FoldPredictor, PublishedPredictor, RegionScan

_Json = Annotated[bool, typer.Option("--json", help="Print the result for machines.")]
_Published = Annotated[str, typer.Argument(help="Name of a published model.")]


def import_keras(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Keras .h5 file with architecture and weights.")],
    name: Annotated[str, typer.Argument(help="Name of the new published model.")],
    upstream: Annotated[
        int | None,
        typer.Option(help="Bases of its window before the TSS; 7,000 for Xpresso's 10,500."),
    ] = None,
    mean: Annotated[
        float | None, typer.Option(help="Mean of log10 expression of its training genes.")
    ] = None,
    sd: Annotated[
        float | None, typer.Option(help="Their standard deviation; both undo the z-score.")
    ] = None,
) -> None:
    """Keep a published Keras network of Xpresso's kind, to predict and scan with it.

    Example: [cyan]scx import-keras humanMedian_trainepoch.11-0.426.h5 xpresso-human[/]
    """
    from scx_core.xpresso.published import ExpressionScale
    from scx_core.xpresso.published import import_keras as keep

    workspace: Workspace = context.obj.workspace
    with sentences():
        if (mean is None) != (sd is None):
            raise ScxError("Give both --mean and --sd, or neither.")
        scale = None if mean is None or sd is None else ExpressionScale(mean, sd)
        model = keep(file, workspace, name, upstream=upstream, scale=scale)
        for notice in model.notices:
            show(f"Note: {notice}")
        config = model.config
        show(
            f"{name}: {config.upstream:,} + {config.downstream:,} bp, "
            f"{len(config.half_life)} half-life inputs, {model.unit}, digest {model.digest[:12]}"
        )


def list_models(
    context: typer.Context,
    delete: Annotated[str, typer.Option(help="Delete the published model of this name.")] = "",
    json: _Json = False,
) -> None:
    """List the published models of the workspace, or delete one.

    Example: [cyan]scx published[/]
    """
    from scx_core.xpresso.published import delete_published, list_published, open_published

    workspace: Workspace = context.obj.workspace
    with sentences():
        if delete:
            delete_published(workspace, delete)
            say(f"Deleted {delete}.")
        rows = []
        for name in list_published(workspace):
            model = open_published(workspace, name)
            rows.append(
                {
                    "name": name,
                    "window": f"{model.config.upstream:,} + {model.config.downstream:,}",
                    "half-life inputs": len(model.config.half_life),
                    "unit": model.unit,
                    "digest": model.digest,
                }
            )
        if json:
            show_json({"published": rows})
        elif not rows:
            show("There is no published model here; scx import-keras FILE NAME brings one.")
        else:
            table = pd.DataFrame(rows).set_index("name")
            show_table(table.assign(digest=table["digest"].str[:12]))


def predict_windows(
    context: typer.Context,
    model: _Published,
    fasta: Annotated[
        Path | None, typer.Argument(help="FASTA of windows, each in the direction of its gene.")
    ] = None,
    dataset: Annotated[
        str, typer.Option(help="Predict the genes of this dataset instead of a FASTA file.")
    ] = "",
    gene: Annotated[
        list[str] | None, typer.Option(help="Of the dataset; repeat for more; all if not given.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the table (TSV).")] = None,
    json: _Json = False,
) -> None:
    """Predict windows with a published model, half-life inputs at their mean.

    Example: [cyan]scx predict-windows xpresso-human windows.fa.gz --out predicted.tsv[/]
    """
    from scx_core.dataset import Dataset
    from scx_core.export.tables import table_bytes
    from scx_core.variants.genome import open_letters
    from scx_core.xpresso import windows
    from scx_core.xpresso.published import open_published

    workspace: Workspace = context.obj.workspace
    with sentences():
        if out is not None:
            check_target(out)
        if (fasta is None) == (not dataset):
            raise ScxError("Give either a FASTA file of windows or --dataset.")
        published = open_published(workspace, model)
        with progress_bar() as progress:
            if fasta is not None:
                table = windows.predict_windows(published, fasta, progress).set_index("window")
            else:
                opened = Dataset.open(workspace.dataset_path(dataset))
                letters = open_letters(opened, workspace.cache_path, progress)
                table = windows.predict_genes(published, opened, gene or None, letters, progress)
        if out is not None:
            header = {"published model": model, "digest": published.digest, "unit": published.unit}
            with atomic_file(out) as temporary:
                temporary.write_bytes(table_bytes(table, header, index=True))
            say(f"Wrote {len(table):,} rows to {out}.")
        if json:
            rows = table.reset_index().to_dict("records")
            show_json({"unit": published.unit, "predictions": rows})
        elif out is None:
            show_table(table, f"{model}, {published.unit}")


def scan(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Name of a published model, or of a model.")],
    region: Annotated[str, typer.Argument(help="Such as chr22:39500000-39600000 (1-based).")],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for the table and the tracks (bigWig, bedGraph) of both strands."
        ),
    ],
    dataset: Annotated[str, typer.Option(help="Dataset whose genome is scanned.")] = "",
    genome: Annotated[Path | None, typer.Option(help="FASTA of the genome instead.")] = None,
    step: Annotated[int, typer.Option(help="Bases between predictions.")] = 100,
    islands: Annotated[
        Path | None, typer.Option(help="BED of CpG islands; found in the letters if not given.")
    ] = None,
    fold: Annotated[
        int | None, typer.Option(help="Of a model of the workspace: fold that predicts.")
    ] = None,
    population: Annotated[
        str, typer.Option(help="Population or output; the first if not given.")
    ] = "",
) -> None:
    """Predict along a region, on both strands, as if a gene began at each position.

    Example: [cyan]scx scan xpresso-human chr22:39500000-39600000 --genome hg38.fa --out scan[/]
    """
    from scx_core.sequence.interval import Interval
    from scx_core.xpresso.islands import islands_from_bed, islands_of
    from scx_core.xpresso.scan import scan_region

    workspace: Workspace = context.obj.workspace
    with sentences():
        interval = Interval.parse(region)
        if out.exists() and not out.is_dir():
            raise ScxError(f"{out} is a file; give a folder for the tracks.")
        predictor = _predictor(workspace, model, fold, population)
        letters = _letters(workspace, dataset, genome)
        with progress_bar() as progress:
            made = scan_region(predictor, letters, interval, step, progress=progress)
        if islands is None:
            found = islands_of(letters, made.interval)
        else:
            found = islands_from_bed(islands, made.interval)
        _write(made, found, out)
        for notice in made.notices:
            show(f"Note: {notice}")
        say(f"Wrote {len(made.table):,} positions x 2 strands, {made.unit}, to {out}.")


def _write(scan: "RegionScan", islands: pd.DataFrame, folder: Path) -> None:
    """Make every file before the first is written."""
    from scx_core.export.tables import table_bytes
    from scx_core.xpresso.tracks import (
        STRANDS,
        scan_bedgraph,
        scan_bigwig,
        scan_header,
        scan_name,
        scan_table,
    )

    name = scan_name(scan)
    header = {**scan_header(scan), "positions": "0-based half-open"}
    files = {f"{name}.tsv": scan_table(scan), f"{name}_cpg.tsv": table_bytes(islands, header)}
    for strand, word in STRANDS.items():
        files[f"{name}_{word}.bw"] = scan_bigwig(scan, strand)
        files[f"{name}_{word}.bedgraph"] = scan_bedgraph(scan, strand)
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        with atomic_file(folder / file) as temporary:
            temporary.write_bytes(content)


def _predictor(
    workspace: Workspace, model: str, fold: int | None, population: str
) -> "PublishedPredictor | FoldPredictor":
    from scx_core.ensemble import Ensemble
    from scx_core.xpresso.published import list_published, open_published
    from scx_core.xpresso.scan import FoldPredictor, PublishedPredictor

    if model in list_published(workspace):
        if fold is not None:
            raise ScxError(f"The published model {model!r} has no folds; leave --fold out.")
        return PublishedPredictor(open_published(workspace, model), population)
    if model in workspace.models():
        ensemble = Ensemble.open(workspace.model_path(model))
        if fold is None:
            raise ScxError(
                f"Say with --fold which fold of {model!r} predicts; it has "
                f"{', '.join(map(str, ensemble.trained_folds))}."
            )
        return FoldPredictor(ensemble, fold, population or ensemble.populations[0])
    known = ", ".join([*list_published(workspace), *workspace.models()]) or "none yet"
    raise ScxError(f"There is no model {model!r} in {workspace.root}; there are: {known}.")


def _letters(workspace: Workspace, dataset: str, genome: Path | None) -> "Letters | Genome":
    from scx_core.dataset import Dataset
    from scx_core.sequence.genome import Genome
    from scx_core.variants.genome import open_letters

    if (genome is None) == (not dataset):
        raise ScxError("Give either --dataset, whose genome is scanned, or --genome with a FASTA.")
    if genome is not None:
        return Genome.open(genome, workspace.cache_path)
    letters = open_letters(Dataset.open(workspace.dataset_path(dataset)), workspace.cache_path)
    if not letters.complete:
        raise ScxError(f"{letters.source} Give the FASTA file with --genome.")
    return letters
