"""What jobs do."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from scx_core.errors import ScxError
from scx_core.store import Workspace


class Reporter(Protocol):
    """Whom the work tells how far it is; several threads may.

    Attributes
    ----------
    cancel_flag : Path
        Exists as soon as somebody asked the work to stop. It is ended half a second later, whatever
        it is doing, so all work keeps on disk what it has finished.
    """

    cancel_flag: Path

    def progress(self, fraction: float, message: str) -> None:
        """Tell the fraction done and what is being done now; raises to cancel."""

    def metrics(self, values: Mapping[str, Any]) -> None:
        """Tell of one epoch: ``fold``, ``run``, ``epoch``, numbers; ``by_population`` if known."""

    def notice(self, sentence: str) -> None:
        """Tell something worth knowing."""


Kind = Callable[[Workspace, Mapping[str, Any], Reporter], None]


def run_training(workspace: Workspace, parameters: Mapping[str, Any], reporter: Reporter) -> None:
    """Train a model.

    Parameters
    ----------
    workspace : Workspace
    parameters : mapping
        JSON form of `TrainingRequest`.
    reporter : Reporter
    """
    from scx_core.dataset import Dataset
    from scx_core.training.record import EpochRecord
    from scx_core.training.request import TrainingRequest

    request = TrainingRequest.from_dict(parameters)
    dataset = Dataset.open(workspace.dataset_path(request.dataset))
    _, settings = request.fitted(dataset)
    populations = dataset.populations_at(settings.level)

    def on_epoch(fold: int, run: int, record: EpochRecord) -> None:
        values = {"fold": fold, "run": run, **record.to_dict()}
        if record.by_population:
            values["by_population"] = dict(zip(populations, record.by_population, strict=True))
        reporter.metrics(values)

    request.run(workspace, reporter.progress, on_epoch, reporter.notice)


def run_import(workspace: Workspace, parameters: Mapping[str, Any], reporter: Reporter) -> None:
    """Import a dataset.

    Parameters
    ----------
    workspace : Workspace
    parameters : mapping
        ``name``; ``request``: JSON form of `ImportRequest`; ``checked``: the paths are resolved and
        were judged by a page, so that none may be a link by now.
    reporter : Reporter
    """
    from scx_core.import_folder.folder import require_same
    from scx_core.importing import ImportRequest, build_dataset
    from scx_core.importing.checking import inputs_of

    request = {"cache": str(workspace.cache_path), **_needed(parameters, "request")}
    target = workspace.dataset_path(_needed(parameters, "name"))
    asked = ImportRequest.from_dict(request)
    if parameters.get("checked"):
        require_same(inputs_of(asked).values())
    dataset = build_dataset(target, asked, reporter.progress)
    for notice in dataset.notices:
        reporter.notice(notice)


def run_atlas(workspace: Workspace, parameters: Mapping[str, Any], reporter: Reporter) -> None:
    """Store the effects of every substitution in the windows of many genes.

    Parameters
    ----------
    workspace : Workspace
    parameters : mapping
        ``model``; ``name`` of the new atlas; ``genes`` and ``populations``: names, all if missing.
    reporter : Reporter
    """
    from scx_core.atlas import build_atlas
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble

    ensemble = Ensemble.open(workspace.model_path(_needed(parameters, "model")))
    build_atlas(
        ensemble,
        Dataset.open(workspace.dataset_path(ensemble.dataset_name)),
        workspace.atlas_path(_needed(parameters, "name")),
        genes=_names(parameters, "genes"),
        populations=_names(parameters, "populations"),
        progress=reporter.progress,
    )


def run_gene_set(workspace: Workspace, parameters: Mapping[str, Any], reporter: Reporter) -> None:
    """Mutate every letter in the windows of a set of genes; see `scx_core.jobs.gene_set`.

    Parameters
    ----------
    workspace : Workspace
    parameters : mapping
        ``model``; ``name`` of the result; ``genes``: names, or ``"all"``; ``populations``: names,
        all if missing.
    reporter : Reporter
    """
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble
    from scx_core.jobs.gene_set import mutate_gene_set

    ensemble = Ensemble.open(workspace.model_path(_needed(parameters, "model")))
    mutate_gene_set(
        ensemble,
        Dataset.open(workspace.dataset_path(ensemble.dataset_name)),
        result_path(workspace, _needed(parameters, "name")),
        genes=_names(parameters, "genes"),
        populations=_names(parameters, "populations"),
        progress=reporter.progress,
    )


def run_variants(workspace: Workspace, parameters: Mapping[str, Any], reporter: Reporter) -> None:
    """Score a list of variants into ``results/<name>``; see `scx_core.variants.score_file`.

    Parameters
    ----------
    workspace : Workspace
    parameters : mapping
        ``model``; ``name`` of the result; ``table``: path of the list inside the workspace;
        ``options``: JSON form of `ScoringOptions`, may be missing.
    reporter : Reporter
    """
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble
    from scx_core.variants.pipeline import ScoringOptions
    from scx_core.variants.score_file import score_file

    ensemble = Ensemble.open(workspace.model_path(_needed(parameters, "model")))
    score_file(
        workspace,
        ensemble,
        Dataset.open(workspace.dataset_path(ensemble.dataset_name)),
        file_inside(workspace, _needed(parameters, "table")),
        result_path(workspace, _needed(parameters, "name")),
        ScoringOptions.from_dict(parameters.get("options", {})),
        reporter.progress,
        reporter.notice,
    )


def run_fetch(workspace: Workspace, parameters: Mapping[str, Any], reporter: Reporter) -> None:
    """Fetch a public source into the workspace's ``sources``; see `scx_core.fetch`.

    Parameters
    ----------
    workspace : Workspace
    parameters : mapping
        ``name`` of the source.
    reporter : Reporter
    """
    from scx_core.fetch import fetch

    fetch(
        _needed(parameters, "name"), workspace.root / "sources", reporter.progress, reporter.notice
    )


def run_search(workspace: Workspace, parameters: Mapping[str, Any], reporter: Reporter) -> None:
    """Search for an architecture; see `scx_core.search`.

    Parameters
    ----------
    workspace : Workspace
    parameters : mapping
        JSON form of `SearchRequest`.
    reporter : Reporter
        Epochs are told with the number of the trial as the run.
    """
    from scx_core.search.request import SearchRequest
    from scx_core.search.running import run_search as search
    from scx_core.training.record import EpochRecord

    def on_epoch(trial: int, record: EpochRecord) -> None:
        reporter.metrics({"fold": 0, "run": trial, **record.to_dict()})

    request = SearchRequest.from_dict(parameters)
    search(workspace, request, reporter.progress, on_epoch, reporter.notice)


def run_learning_curve(
    workspace: Workspace, parameters: Mapping[str, Any], reporter: Reporter
) -> None:
    """Train on ever more genes; see `scx_core.analyses.learning_curve`.

    Parameters
    ----------
    workspace : Workspace
    parameters : mapping
        JSON form of `LearningCurveRequest`.
    reporter : Reporter
    """
    from scx_core.analyses.learning_curve import LearningCurveRequest
    from scx_core.analyses.learning_curve import run_learning_curve as run

    run(workspace, LearningCurveRequest.from_dict(parameters), reporter.progress)


def run_import_release(
    workspace: Workspace, parameters: Mapping[str, Any], reporter: Reporter
) -> None:
    """Import a model in the published layout; see `scx_core.release`.

    Parameters
    ----------
    workspace : Workspace
    parameters : mapping
        ``name`` of the new dataset and model; ``request``: JSON form of `ReleaseRequest`.
    reporter : Reporter
    """
    from scx_core.release import ReleaseRequest, run_import

    request = ReleaseRequest.from_dict(_needed(parameters, "request"))
    name = _needed(parameters, "name")
    dataset, ensemble = run_import(request, workspace, name, reporter.progress)
    for notice in dict.fromkeys([*dataset.notices, *ensemble.metadata["notices"]]):
        reporter.notice(notice)


def result_path(workspace: Workspace, name: str) -> Path:
    """Folder of what a job computed, there or not."""
    from scx_core.store import check_name

    return workspace.root / "results" / check_name(name, "result")


def file_inside(workspace: Workspace, text: str) -> Path:
    """Resolve a path that a person gave; it must be a file inside the workspace.

    Raises
    ------
    ScxError
        If it leads outside, or there is no such file.
    """
    path = (workspace.root / text).resolve()
    if not path.is_relative_to(workspace.root):
        raise ScxError(
            f"The file {text!r} lies outside the workspace {workspace.root}; copy it in."
        )
    if not path.is_file():
        raise ScxError(f"There is no file {text!r} in {workspace.root}; check the path.")
    return path


def _needed(parameters: Mapping[str, Any], name: str) -> Any:
    if name not in parameters:
        raise ScxError(f"The job names no {name}; give it among the parameters and start again.")
    return parameters[name]


def _names(parameters: Mapping[str, Any], name: str) -> list[str] | None:
    """Names that were listed; None for all."""
    given = parameters.get(name)
    if given is None or given == "all":
        return None
    if isinstance(given, str) or not all(isinstance(item, str) for item in given):
        raise ScxError(f"{name} must be a list of names or 'all', not {given!r}.")
    return list(given)


KINDS: Final[Mapping[str, Kind]] = {
    "train": run_training,
    "import": run_import,
    "ism": run_gene_set,
    "atlas": run_atlas,
    "variants": run_variants,
    "fetch": run_fetch,
    "import-release": run_import_release,
    "search": run_search,
    "learning-curve": run_learning_curve,
}
