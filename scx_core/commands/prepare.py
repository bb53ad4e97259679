"""Commands that make things: import, demo, atlas."""

from pathlib import Path
from typing import Annotated

import typer

from scx_core.annotation.cage import CAGE_DISTANCE
from scx_core.commands.screen import (
    Context,
    progress_bar,
    say,
    sentences,
    show,
    show_json,
)
from scx_core.errors import ScxError
from scx_core.store import Workspace

_Json = Annotated[bool, typer.Option("--json", help="Print the result for machines.")]


def import_dataset(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the new dataset.")],
    genome: Annotated[Path, typer.Option(help="FASTA: plain, bgzip or gzip.")],
    annotation: Annotated[Path, typer.Option(help="GTF, GFF3, or a table of TSSs.")],
    expression: Annotated[Path, typer.Option(help=".h5ad, 10x .h5 or .mtx, CSV or TSV.")],
    population_column: Annotated[
        str,
        typer.Option(
            help="Column of the cells that names their population; without it the matrix is pseudobulk."
        ),
    ] = "",
    level: Annotated[
        list[str] | None,
        typer.Option(
            help="A coarser level, as NAME=COLUMN, finest first (class=class_label); repeat for more."
        ),
    ] = None,
    metadata: Annotated[
        Path | None, typer.Option(help="Table of cells, or of populations and their n_cells.")
    ] = None,
    normalize: Annotated[
        str, typer.Option(help="cpm, cp10k, tpm or none; auto: cp10k for counts, else none.")
    ] = "auto",
    layer: Annotated[str, typer.Option(help="Layer of the .h5ad; raw is its .raw.")] = "",
    log1p: Annotated[bool, typer.Option("--log1p", help="Values are log(1 + x): undo it.")] = False,
    is_population: Annotated[
        list[str] | None,
        typer.Option(help="Column of numbers of a table that is a population; repeat for more."),
    ] = None,
    not_population: Annotated[
        list[str] | None,
        typer.Option(help="Column of numbers that is none (length, id); repeat for more."),
    ] = None,
    floor: Annotated[float, typer.Option(help="log10 value of never-expressed genes.")] = -4.0,
    offset: Annotated[
        float,
        typer.Option(
            help="Take log10(mean + offset) of all genes, without a floor; 0.1 as Xpresso does."
        ),
    ] = 0.0,
    median: Annotated[
        bool,
        typer.Option("--median", help="Add the median over the finest populations as a level."),
    ] = False,
    canonical: Annotated[Path | None, typer.Option(help="List of canonical transcripts.")] = None,
    features: Annotated[Path | None, typer.Option(help="Table of half-life features.")] = None,
    ccres: Annotated[Path | None, typer.Option(help="BED of cCREs.")] = None,
    half_life: Annotated[
        str,
        typer.Option(
            help="Which lengths the half-life features are: spliced; scxpresso, as its notebook "
            "(distances on the genome); xpresso (coding exons for the density)."
        ),
    ] = "spliced",
    gc: Annotated[
        bool, typer.Option(help="Read the GC contents of 5'UTR, ORF and 3'UTR from the genome.")
    ] = True,
    cage: Annotated[
        Path | None,
        typer.Option(help="BED of CAGE peaks: TSSs move to the summit of the strongest near them."),
    ] = None,
    cage_distance: Annotated[
        int, typer.Option(help="Bases between a TSS and the summit of its CAGE peak, at most.")
    ] = CAGE_DISTANCE,
    upstream: Annotated[int, typer.Option(help="Bases before the TSS.")] = 7000,
    downstream: Annotated[int, typer.Option(help="Bases from the TSS on.")] = 3500,
    max_unknown: Annotated[
        float, typer.Option(help="Drop genes whose window holds a larger share of N.")
    ] = 1.0,
    min_cells: Annotated[int, typer.Option(help="Warn of populations with fewer cells.")] = 10,
    assembly: Annotated[str, typer.Option(help="Name of the genome build, as shown.")] = "",
    json: _Json = False,
) -> None:
    """Import a genome, an annotation and expression as a dataset.

    Example: [cyan]scx import worm --genome ce10.fa.gz --annotation WS220.tss.tsv.gz --expression cengen.tpm.tsv.gz --normalize none[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.importing import ImportRequest, build_dataset

        request = ImportRequest(
            genome=genome,
            annotation=annotation,
            expression=expression,
            levels=_levels(population_column, level or []),
            metadata=metadata,
            normalize=normalize,
            layer=layer or None,
            log1p=log1p,
            populations=tuple(is_population or ()),
            not_populations=tuple(not_population or ()),
            floor=floor,
            offset=offset,
            median=median,
            canonical=canonical,
            features=features,
            regions=ccres,
            half_life=half_life,
            gc=gc,
            cage=cage,
            cage_distance=cage_distance,
            upstream=upstream,
            downstream=downstream,
            max_unknown=max_unknown,
            min_cells=min_cells,
            assembly=assembly,
            cache=shared.workspace.cache_path,
        )
        with progress_bar() as progress:
            dataset = build_dataset(shared.workspace.dataset_path(name), request, progress)
        if json:
            show_json({"dataset": name, **dataset.metadata})
            return
        for notice in dataset.notices:
            say(f"Note: {notice}")
        show(
            f"Imported {name}: {len(dataset.genes):,} genes x {len(dataset.populations):,} "
            f"populations, {dataset.upstream:,} + {dataset.downstream:,} bases; "
            f"{len(dataset.dropped):,} genes or names left out (info {name} says why)."
        )


def _levels(population_column: str, coarser: list[str]) -> dict[str, str]:
    if not population_column:
        if coarser:
            raise ScxError("--level needs --population-column, the finest level.")
        return {}
    levels = {"population": population_column}
    for item in coarser:
        name, equals, column = item.partition("=")
        if not (name and equals and column):
            raise ScxError(f"--level {item!r} is not NAME=COLUMN, such as class=class_label.")
        if name in levels:
            raise ScxError(f"The level {name!r} is given twice; name each level once.")
        levels[name] = column
    return levels


def make_demo(
    context: typer.Context,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic genome.")] = 0,
    train: Annotated[
        bool, typer.Option("--train", help="Train the model instead of taking the one that ships.")
    ] = False,
    json: _Json = False,
) -> None:
    """Make the synthetic demonstration: a dataset with known grammar, and a trained model.

    Example: [cyan]scx --workspace workspace demo[/]
    """
    shared: Context = context.obj
    workspace: Workspace = shared.workspace
    with sentences():
        from scx_core import demo

        with progress_bar() as progress:
            dataset, ensemble = demo.build(
                workspace.root, seed=seed, train=train, progress=progress
            )
        if json:
            show_json(
                {"dataset": dataset.name, "model": ensemble.name, "root": workspace.root.as_posix()}
            )
            return
        show(
            f"The synthetic demonstration is in {workspace.root}: dataset {dataset.name} "
            f"({len(dataset.genes):,} genes), model {ensemble.name} (median Pearson "
            f"{ensemble.metrics['pearson'].median():.3f} out of fold)."
        )


def make_atlas(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Name of the model.")],
    name: Annotated[str, typer.Argument(help="Name of the new atlas.")],
    gene: Annotated[
        list[str] | None, typer.Option(help="Symbol or id; repeat for more; all if not given.")
    ] = None,
    population: Annotated[
        list[str] | None, typer.Option(help="Population; repeat for more; all if not given.")
    ] = None,
    json: _Json = False,
) -> None:
    """Store the effect of every substitution in the windows of many genes.

    An atlas that was stopped goes on where it was when the same command is given again.

    Example: [cyan]scx atlas demo first --population "Star glia-like"[/]
    """
    shared: Context = context.obj
    with sentences():
        from scx_core.atlas import build_atlas
        from scx_core.dataset import Dataset
        from scx_core.ensemble import Ensemble

        ensemble = Ensemble.open(shared.workspace.model_path(model))
        dataset = Dataset.open(shared.workspace.dataset_path(ensemble.dataset_name))
        path = shared.workspace.atlas_path(name)
        with progress_bar() as progress:
            atlas = build_atlas(
                ensemble,
                dataset,
                path,
                genes=gene or None,
                populations=population or None,
                progress=progress,
            )
        if json:
            show_json({"atlas": name, "genes": len(atlas.genes), "max_error": atlas.max_error})
            return
        show(
            f"Stored {name}: {len(atlas.genes):,} genes x {len(atlas.populations):,} populations in "
            f"{path}; largest rounding error {atlas.max_error:.2g} log10."
        )
