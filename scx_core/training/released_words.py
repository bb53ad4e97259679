"""How a model of a release was made, where its methods differ from those of a training here."""

from collections.abc import Iterator

from scx_core.citations import SCXPRESSO
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble


def is_released(ensemble: Ensemble) -> bool:
    """Whether a model is of a release: its networks were trained elsewhere."""
    return ensemble.metadata.get("origin") == "release"


def released_data(dataset: Dataset) -> Iterator[str]:
    """Say where sequences, half-life features and expression are from."""
    inputs = dataset.metadata["provenance"].get("inputs", {})
    named = [
        f"{what} from {inputs[use]['file']} (SHA-256 {inputs[use]['sha256'][:12]}…)"
        for use, what in (
            ("sequences", "sequences and z-scored half-life features"),
            ("labels", "log10 pseudobulk expression"),
        )
        if use in inputs
    ]
    files = f": {' and '.join(named)}" if named else ""
    yield f"Data are those of a release in the file layout of scXpresso ({SCXPRESSO}){files}."
    floor = f"{dataset.metadata['floor']:g}".replace("-", "−")
    yield f"Expression of genes that were never seen in a population is {floor}."


def released_fitting(_: Ensemble) -> Iterator[str]:
    """Say that the weights were taken as they are, and how outputs become expression."""
    yield (
        f"The networks are those of the release; they were trained as described there ({SCXPRESSO}) "
        "and were not trained further."
    )
    yield (
        "Half-life features are z-scored in the release, over all genes. Expression was z-scored in "
        "each population with the mean and the standard deviation over the training genes of the fold; "
        "predictions are given in log10 units again."
    )


def released_runs(ensemble: Ensemble) -> Iterator[str]:
    """Say how many networks predict a gene."""
    yield (
        f"The release holds {ensemble.runs_in_words} for each fold; predictions of a fold's runs were "
        "averaged."
    )
