"""What training makes small."""

from typing import Final

from torch import Tensor, nn

from scx_core.errors import ScxError
from scx_core.training.settings import TrainingSettings

#: Standard deviation across populations, in z-units, below which a gene does not vary. It bounds
#: the gradient of the correlation, and costs 1e-4 of the correlation of a gene that varies by 1.
LEAST_SPREAD: Final = 0.01
#: Two populations correlate by +1 or −1, whatever is predicted.
_FEWEST_POPULATIONS: Final = 3


def training_loss(predicted: Tensor, truth: Tensor, settings: TrainingSettings) -> Tensor:
    """Give the loss of a batch: a mean over genes.

    Parameters
    ----------
    predicted, truth : Tensor, shape (genes, populations)
        z-scores.
    settings : TrainingSettings
        Uses ``loss``, ``alpha`` and ``beta``.

    Returns
    -------
    Tensor, scalar
        ``"mse"``: mean squared error. ``"hybrid"``: ``alpha * (1 - r) + beta * mse``, where r is the
        mean over genes of `correlation_across_populations`.

    Notes
    -----
    Source of the hybrid: Mittal 2025.
    """
    mse = nn.functional.mse_loss(predicted, truth)
    if settings.loss == "mse":
        return mse
    r = correlation_across_populations(predicted, truth).mean()
    return settings.alpha * (1 - r) + settings.beta * mse


def correlation_across_populations(predicted: Tensor, truth: Tensor) -> Tensor:
    """Pearson correlation over the populations of each gene, with a gradient everywhere.

    It is ``covariance / sqrt((variance + e²) (variance' + e²))`` with e `LEAST_SPREAD`. So a gene
    that does not vary, in truth or prediction, has correlation 0: it adds ``alpha`` to the hybrid
    loss. If the truth is constant, nothing pulls at its prediction; if the prediction is, it is
    pulled towards the truth.

    Parameters
    ----------
    predicted, truth : Tensor, shape (genes, populations)

    Returns
    -------
    Tensor, shape (genes,)
    """
    x = predicted - predicted.mean(dim=1, keepdim=True)
    y = truth - truth.mean(dim=1, keepdim=True)
    least = LEAST_SPREAD**2
    # Two roots: the product of two small variances would be lost in single precision.
    scale = (x.square().mean(dim=1) + least).sqrt() * (y.square().mean(dim=1) + least).sqrt()
    return (x * y).mean(dim=1) / scale


def check_loss(settings: TrainingSettings, n_populations: int) -> None:
    """Refuse a loss that the populations do not allow.

    Raises
    ------
    ScxError
        If the hybrid loss would correlate over fewer than three populations.
    """
    if settings.loss == "hybrid" and n_populations < _FEWEST_POPULATIONS:
        raise ScxError(
            f"The hybrid loss correlates across populations and needs at least "
            f"{_FEWEST_POPULATIONS}; the level {settings.level!r} has {n_populations}. Choose the "
            "loss 'mse', or a finer level."
        )
