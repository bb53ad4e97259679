"""Commands about variants: score them, and what finds their places (rsIDs, chain files)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
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
from scx_core.errors import ScxError
from scx_core.store import Workspace, check_target

if TYPE_CHECKING:
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble
    from scx_core.variants.pipeline import ScoringOptions

chains = typer.Typer(help="Chain files, which move positions between genome builds.")
rsids = typer.Typer(help="Sources of rsIDs: dbSNP VCFs, tables, GWAS catalogues.")
#: Ends of the names of files that are written alone.
_FILES = (".tsv", ".tsv.gz", ".vcf", ".vcf.gz")
_Json = Annotated[bool, typer.Option("--json", help="Print the result for machines.")]


def score_variants(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Name of the model.")],
    input: Annotated[  # noqa: A002
        Path | None,
        typer.Option(help="VCF, GWAS catalogue, summary statistics, table, rsIDs; plain or gzip."),
    ] = None,
    variant: Annotated[
        list[str] | None,
        typer.Option(help="A variant, as chr22:39570542:A:C or an rsID; repeat for more."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="A file (.tsv, .tsv.gz, .vcf, .vcf.gz), or a new folder for all of them, which "
            "suits lists of any length."
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="What a column is, as ROLE=COLUMN (position=BP); repeat for more."),
    ] = None,
    build: Annotated[str, typer.Option(help="Genome build of the list; found out if empty.")] = "",
    given_only: Annotated[
        bool, typer.Option("--given-only", help="The list's own change alone, not all three.")
    ] = False,
    rank: Annotated[
        int, typer.Option(help="Genes whose variants are ranked in the window; -1 for all.")
    ] = 50,
    detach: Annotated[
        bool, typer.Option("--detach", help="Score as a job; see the command jobs.")
    ] = False,
    json: _Json = False,
) -> None:
    """Score variants for every cell population, out of fold, in log10 expression.

    Every row of the list comes out, with its effects or the reason why it has none. A file that
    was scored in part goes on where it was when the same command is given again.

    Example: [cyan]scx variants demo --input variants.tsv --out effects[/]
    """
    shared: Context = context.obj
    workspace = shared.workspace
    with sentences():
        from scx_core.dataset import Dataset
        from scx_core.ensemble import Ensemble
        from scx_core.variants.pipeline import ScoringOptions

        if (input is None) == (not variant):
            raise ScxError("Give either --input with a list, or --variant.")
        options = ScoringOptions(
            roles=_roles(column or []), build=build, all_substitutions=not given_only,
            ranked_genes=None if rank < 0 else rank,
        )  # fmt: skip
        if detach:
            _detach(shared, model, input, out, options, json)
            return
        ensemble = Ensemble.open(workspace.model_path(model))
        dataset = Dataset.open(workspace.dataset_path(ensemble.dataset_name))
        if out is not None and not out.name.endswith(_FILES):
            if input is None:
                raise ScxError("A folder as --out needs --input with a list; name a .tsv file.")
            _score_file(workspace, ensemble, dataset, input, out, options, json)
            return
        if out is not None:
            check_target(out)
        _score_here(workspace, ensemble, dataset, input, variant or [], out, options, json)


def _roles(given: list[str]) -> dict[str, str]:
    roles = {}
    for item in given:
        role, equals, name = item.partition("=")
        if not (role and equals):
            raise ScxError(f"--column {item!r} is not ROLE=COLUMN, such as position=BP.")
        roles[role] = name
    return roles


def _detach(
    shared: Context,
    model: str,
    path: Path | None,
    out: Path | None,
    options: "ScoringOptions",
    json: bool,
) -> None:
    from scx_core.jobs import start_job
    from scx_core.variants.uploads import keep_list

    if path is None:
        raise ScxError("--detach needs --input with a list.")
    kept = keep_list(shared.workspace, path)
    name = out.name if out is not None else f"{model}-{kept.stem[:12]}"
    parameters = {
        "model": model, "name": name, "table": str(kept.relative_to(shared.workspace.root)),
        "options": options.to_dict(),
    }  # fmt: skip
    job = start_job(shared.workspace, "variants", parameters)
    if json:
        show_json({"job": job.id, "state": job.state, "result": name})
        return
    show(f"Started the job {job.id}; the result will be in {shared.workspace.root}/results/{name}.")


def _score_file(
    workspace: Workspace,
    ensemble: "Ensemble",
    dataset: "Dataset",
    path: Path,
    out: Path,
    options: "ScoringOptions",
    json: bool,
) -> None:
    from scx_core.variants.score_file import score_file

    with progress_bar() as progress:
        summary = score_file(workspace, ensemble, dataset, path, out, options, progress, say)
    if json:
        show_json(summary)
        return
    table = pd.DataFrame(list(summary["by_outcome"].items()), columns=["outcome", "rows"])
    show_table(table.set_index("outcome"), f"{summary['rows']:,} rows of {path.name}")
    show(f"Written: {out}/effects.tsv.gz, effects.vcf.gz, columns.tsv, summary.tsv.")


def _score_here(
    workspace: Workspace,
    ensemble: "Ensemble",
    dataset: "Dataset",
    path: Path | None,
    typed: list[str],
    out: Path | None,
    options: "ScoringOptions",
    json: bool,
) -> None:
    from scx_core.variants.pipeline import Scorer, count_outcomes
    from scx_core.variants.reading import read_variants

    given = read_variants(path if path is not None else "\n".join(typed), roles=options.roles)
    with (
        progress_bar() as progress,
        Scorer(workspace, ensemble, dataset, options, progress) as scorer,
    ):
        placed = scorer.place(given)
        scored = scorer.score(placed.placed, progress)
    for notice in (*placed.notices, *scorer.notices):
        say(f"Note: {notice}")
    if out is not None:
        _write(out, given.rows, scored, ensemble, dataset)
    if json:
        show_json({"unit": "log10 pseudobulk", "rows": scored.to_dict("records")})
        return
    if out is None:
        _show_scored(scored)
    outcomes = count_outcomes(scored, len(given))
    told = ", ".join(f"{rows:,} {name}" for name, rows in outcomes.itertuples(index=False))
    say(f"{len(given):,} rows read: {told}.")


def _write(
    out: Path,
    rows: pd.DataFrame,
    scored: pd.DataFrame,
    ensemble: "Ensemble",
    dataset: "Dataset",
) -> None:
    from scx_core.variants.score_file import describe_effects
    from scx_core.variants.writing import write_tsv, write_vcf

    header = describe_effects(ensemble, dataset)
    if ".vcf" in out.name:
        write_vcf(out, scored, ensemble.populations, header, assembly=dataset.metadata["assembly"])
    else:
        write_tsv(out, rows, scored, header, ensemble.populations)


def _show_scored(scored: pd.DataFrame) -> None:
    """Show the scored changes, then the parts that were not scored and why."""
    good = scored[scored["reason"] == ""]
    if not good.empty:
        shown: dict[str, Any] = {
            "variant": good["chromosome"] + ":" + good["position"].astype(str),
            "gene": good["gene_name"],
            "bp from TSS": good["relative_to_tss"].astype(int),
            "change": good["genome_reference"] + ">" + good["substitution"],
            "in file": np.where(good["given"].eq(True), "yes", ""),
            "largest effect (log10)": good["largest_effect"],
            "in population": good["largest_population"],
            "cCRE": good["region"],
        }
        show_table(pd.DataFrame(shown).set_axis(good["row"]).rename_axis("row"))
    bad = scored.loc[scored["reason"] != "", ["row", "reason"]]
    for row, reason in bad.itertuples(index=False):
        show(f"Row {row}: {reason}.")


@chains.command("add")
def add_chain(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Chain file, plain or gzip.")],
    source: Annotated[str, typer.Argument(help="Build it leads from, such as hg19.")],
    target: Annotated[str, typer.Argument(help="Build it leads to, such as hg38.")],
) -> None:
    """Register a chain file: lists on its source build are then moved to its target.

    Example: [cyan]scx chains add hg19ToHg38.over.chain.gz hg19 hg38[/]
    """
    with sentences():
        from scx_core.variants.liftover import register_chain

        chain = register_chain(context.obj.workspace, file, source, target)
        show(f"Registered the chain from {chain}.")


@chains.command("list")
def list_chains(context: typer.Context) -> None:
    """List the registered chain files."""
    with sentences():
        from scx_core.variants.liftover import list_chains as registered

        for chain in registered(context.obj.workspace):
            show(f"{chain} ({chain.file})")


@chains.command("remove")
def remove_chain(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="Build it leads from.")],
    target: Annotated[str, typer.Argument(help="Build it leads to.")],
) -> None:
    """Delete a registered chain file."""
    with sentences():
        from scx_core.variants.liftover import remove_chain as remove

        remove(context.obj.workspace, source, target)


@rsids.command("add")
def add_rsids(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="VCF, GWAS catalogue or table with ids and places.")],
    name: Annotated[str, typer.Argument(help="Name of the source.")],
    build: Annotated[
        str, typer.Option(help="Genome build, where the file does not state it.")
    ] = "",
) -> None:
    """Register a source that rsIDs are looked up in.

    Example: [cyan]scx rsids add gwas_catalog.tsv catalogue --build hg38[/]
    """
    with sentences():
        from scx_core.variants.rsid_sources import describe_source, register

        with progress_bar() as progress:
            source = register(context.obj.workspace, file, name, build=build, progress=progress)
        show(describe_source(source))


@rsids.command("list")
def list_rsids(context: typer.Context) -> None:
    """List the registered sources of rsIDs."""
    with sentences():
        from scx_core.variants.rsid_sources import describe_source, registered

        for source in registered(context.obj.workspace):
            show(describe_source(source))


@rsids.command("remove")
def remove_rsids(
    context: typer.Context, name: Annotated[str, typer.Argument(help="Name of the source.")]
) -> None:
    """Delete a registered source of rsIDs."""
    with sentences():
        from scx_core.variants.rsid_sources import remove

        remove(context.obj.workspace, name)
