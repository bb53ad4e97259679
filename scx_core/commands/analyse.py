"""Commands that ask: info, predict, ism, variants."""

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import numpy as np
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
from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.progress import duration
from scx_core.store import Workspace, atomic_file, check_target

if TYPE_CHECKING:
    from scx_core.ensemble import Ensemble
    from scx_core.mutagenesis import Effects

_Json = Annotated[bool, typer.Option("--json", help="Print the result for machines.")]
_Model = Annotated[str, typer.Argument(help="Name of the model.")]
_SHOWN_EFFECTS = 10
_SHOWN = "effect (log10)"


def show_info(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of a dataset or model; all if not given.")] = "",
    json: _Json = False,
) -> None:
    """Show what is in the workspace, or one dataset or model.

    Example: [cyan]scx info worm[/]
    """
    workspace: Workspace = context.obj.workspace
    with sentences():
        if not name:
            _list(workspace, json)
        elif name in (*workspace.datasets(), *workspace.models()):
            _show_both(workspace, name, json)
        else:
            known = ", ".join([*workspace.datasets(), *workspace.models()]) or "nothing yet"
            raise ScxError(f"There is no dataset or model {name!r} in {workspace.root}: {known}.")


def _list(workspace: Workspace, json: bool) -> None:
    found = {"datasets": workspace.datasets(), "models": workspace.models()}
    if json:
        show_json({"workspace": str(workspace.root), **found})
        return
    for kind, names in found.items():
        show(f"{kind}: {', '.join(names) or 'none'}")


def _show_both(workspace: Workspace, name: str, json: bool) -> None:
    """Show the dataset and the model of a name: they may share it."""
    from scx_core.ensemble import Ensemble

    found: dict[str, object] = {}
    if name in workspace.datasets():
        dataset = Dataset.open(workspace.dataset_path(name))
        reasons = _count_reasons(dataset)
        found["dataset"] = {**dataset.metadata, "dropped": reasons.to_dict("records")}
        if not json:
            _show_dataset(dataset, reasons)
    if name in workspace.models():
        ensemble = Ensemble.open(workspace.model_path(name))
        found["model"] = dict(ensemble.metadata)
        if not json:
            show_table(ensemble.metrics, f"Model {name}, out of fold")
    if json:
        show_json({"name": name, **found})


def _count_reasons(dataset: Dataset) -> pd.DataFrame:
    reasons = dataset.dropped.groupby(["source", "reason"]).size().rename("n").reset_index()
    return reasons.sort_values("n", ascending=False, kind="stable")


def _show_dataset(dataset: Dataset, reasons: pd.DataFrame) -> None:
    show(
        f"{dataset.name}: {len(dataset.genes):,} genes x {len(dataset.populations):,} populations, "
        f"{dataset.metadata['assembly']}, window {dataset.upstream:,} + {dataset.downstream:,} bp, "
        f"digest {dataset.digest[:12]}"
    )
    for notice in dataset.notices:
        show(f"Note: {notice}")
    for source, reason, n in reasons.head(12).itertuples(index=False):
        show(f"Left out: {n:,} x {reason} ({source})")
    if len(reasons) > 12:
        show(f"Left out for {len(reasons) - 12} other reasons: see dropped.parquet.")


def predict(
    context: typer.Context,
    model: _Model,
    gene: Annotated[
        list[str] | None, typer.Option(help="Symbol or id; repeat for more; all if not given.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the table (TSV).")] = None,
    json: _Json = False,
) -> None:
    """Predict expression, out of fold, in log10 pseudobulk units.

    Example: [cyan]scx predict demo --gene CACNA1I[/]
    """
    workspace: Workspace = context.obj.workspace
    with sentences():
        if out is not None:
            check_target(out)
        dataset, ensemble = _open(workspace, model)
        with progress_bar() as progress:
            predicted = ensemble.predict(dataset, gene or None, progress)
        if out is not None:
            _write(predicted, out, index=True)
        if json:
            show_json({"unit": "log10 pseudobulk", "predictions": predicted.to_dict("index")})
        elif out is None:
            observed = dataset.expression.loc[predicted.index, list(ensemble.populations)]
            if len(predicted) == 1:
                gene_id = predicted.index[0]
                both = pd.DataFrame(
                    {
                        "predicted": predicted.loc[gene_id],
                        "observed": observed.loc[gene_id].astype(float),
                    }
                ).rename_axis("population")
                show_table(
                    both,
                    _title(dataset, gene_id, ensemble.fold_of(gene_id), ensemble.runs_of(gene_id)),
                    200,
                )
            else:
                show_table(predicted, "Predicted, log10 pseudobulk, out of fold")


def _title(dataset: Dataset, gene_id: str, fold: int, runs: int) -> str:
    gene = dataset.genes.loc[gene_id]
    return (
        f"{gene['gene_name']} ({gene_id}) {gene['chromosome']}:{gene['tss']:,} ({gene['strand']}), "
        f"log10 pseudobulk, fold {fold}, {runs} run{'s' if runs != 1 else ''} that never saw it"
    )


def mutate(
    context: typer.Context,
    model: _Model,
    gene: Annotated[str, typer.Option(help="Symbol or id of the gene.")],
    population: Annotated[
        str, typer.Option(help="Population to list; the first if not given.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write all effects: .tsv (table) or .npz (arrays).")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="auto, incremental, batch or full (the slow oracle).")
    ] = "auto",
    json: _Json = False,
) -> None:
    """Substitute every letter of a gene's window and predict the effect of each.

    Example: [cyan]scx ism demo --gene CACNA1I --out effects.tsv[/]
    """
    workspace: Workspace = context.obj.workspace
    with sentences():
        if out is not None:
            check_target(out)
        dataset, ensemble = _open(workspace, model)
        chosen = population or ensemble.populations[0]
        if chosen not in ensemble.populations:
            raise ScxError(
                f"The model {model!r} does not predict {chosen!r}; it predicts "
                f"{', '.join(ensemble.populations[:10])}."
            )
        from scx_core.mutagenesis import EFFECT

        started = perf_counter()
        with progress_bar() as progress:
            effects = ensemble.saturation_mutagenesis(dataset, gene, progress, engine)
        seconds = perf_counter() - started
        if out is not None and out.suffix == ".npz":
            _write_arrays(effects, out)
        elif out is not None:
            _write(effects.to_frame(), out)
        shown = effects.to_frame().rename(columns={EFFECT + chosen: _SHOWN})
        strongest = shown.sort_values(_SHOWN, key=np.abs, ascending=False)
        strongest = strongest.head(_SHOWN_EFFECTS)[
            ["chromosome", "position", "relative_to_tss", "reference", "alternative", _SHOWN]
        ]
        wild_type = float(effects.wild_type[effects.populations.index(chosen)])
        if json:
            show_json(
                {
                    "gene_id": effects.gene_id,
                    "fold": effects.fold,
                    "runs": effects.n_runs,
                    "population": chosen,
                    "unit": "log10 pseudobulk, substituted minus wild type, gene's strand",
                    "wild_type": wild_type,
                    "seconds": round(seconds, 3),
                    "strongest": strongest.to_dict("records"),
                }
            )
            return
        show(_title(dataset, effects.gene_id, effects.fold, effects.n_runs))
        show(
            f"Wild type in {chosen}: {wild_type:.3f} log10. Strongest substitutions (gene's strand):"
        )
        show_table(strongest.set_index("relative_to_tss").rename_axis("bp from TSS"))
        n_effects = len(effects.codes) * 3
        say(
            f"{n_effects:,} substitutions x {len(effects.populations)} populations in {duration(seconds)}."
        )


def _open(workspace: Workspace, model: str) -> "tuple[Dataset, Ensemble]":
    from scx_core.ensemble import Ensemble

    ensemble = Ensemble.open(workspace.model_path(model))
    return Dataset.open(workspace.dataset_path(ensemble.dataset_name)), ensemble


def _write(frame: pd.DataFrame, path: Path, index: bool = False) -> None:
    from scx_core.formulas import write_table

    write_table(path, frame, index=index)
    say(f"Wrote {len(frame):,} rows to {path}.")


def _write_arrays(effects: "Effects", path: Path) -> None:
    with atomic_file(path) as temporary:
        np.savez_compressed(
            temporary,
            effects=effects.values,
            spread=effects.spread,
            wild_type=effects.wild_type,
            codes=effects.codes,
            genome_positions=effects.genome_positions,
            populations=np.array(effects.populations),
        )
    say(f"Wrote {len(effects.codes):,} x 4 x {len(effects.populations)} effects to {path}.")
