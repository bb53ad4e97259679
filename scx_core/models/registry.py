"""Names of network families: a stored model says which one it is."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from scx_core.errors import ScxError
from scx_core.models.cnn import SequenceCNN
from scx_core.models.config import CNNConfig

FAMILIES = {"cnn": (SequenceCNN, CNNConfig)}


def build_model(family: str, config: CNNConfig | Mapping[str, Any]) -> nn.Module:
    """Build an untrained network.

    Parameters
    ----------
    family : str
        Name in `FAMILIES`.
    config : CNNConfig or mapping
        The family's configuration, or its JSON form.

    Raises
    ------
    ScxError
        If the family is unknown or the configuration does not fit it.
    """
    if family not in FAMILIES:
        raise ScxError(
            f"Model family {family!r} is unknown to this version; it knows {', '.join(FAMILIES)}."
        )
    network, configuration = FAMILIES[family]
    if isinstance(config, Mapping):
        config = configuration.from_dict(config)
    return network(config)
