"""A trained network with its scaling: from base codes to log10 expression."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from scx_core.errors import ScxError, join_some
from scx_core.models import CNNConfig, build_model
from scx_core.store import quick_file
from scx_core.training.codes import trainable
from scx_core.training.data import Scaling

_SCALING: Final = ("target_mean", "target_scale", "half_life_mean", "half_life_scale")
_PREFIX: Final = "scaling."
_BATCH: Final = 64


@dataclass(frozen=True)
class TrainedRun:
    """One of the models of a fold.

    Attributes
    ----------
    model : nn.Module
        In evaluation mode.
    scaling : Scaling
    """

    model: nn.Module
    scaling: Scaling

    @cached_property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return next(self.model.parameters()).device

    @cached_property
    def network(self) -> nn.Module:
        """The model as it reads base codes: by table look-up on a CPU, with the same weights."""
        return trainable(self.model, self.device).eval()

    def predict(
        self, codes: NDArray[np.uint8], half_life: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Predict log10 expression.

        Parameters
        ----------
        codes : ndarray of uint8, shape (genes, length)
        half_life : ndarray of float64, shape (genes, features)
            log10(x + 0.1); NaN where unknown.

        Returns
        -------
        ndarray of float64, shape (genes, populations), log10 units
        """
        scaled = self.scaling.scale_half_life(half_life)
        parts = [
            self.forward(codes[start : start + _BATCH], scaled[start : start + _BATCH])
            for start in range(0, len(codes), _BATCH)
        ]
        return self.scaling.unscale_targets(np.concatenate(parts))

    def forward(
        self, codes: NDArray[np.uint8], scaled_half_life: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """z-scored predictions of one batch, shape (genes, populations)."""
        with torch.inference_mode():
            half_life = torch.from_numpy(scaled_half_life).to(self.device)
            return self.network(codes, half_life).cpu().numpy()

    def save(self, path: Path) -> None:
        """Write weights and scaling as safetensors, whole or not at all."""
        tensors = {name: value.contiguous() for name, value in self.model.state_dict().items()}
        tensors |= {
            _PREFIX + name: torch.from_numpy(np.ascontiguousarray(getattr(self.scaling, name)))
            for name in _SCALING
        }
        # By way of bytes, so that a full disk is an ordinary error of the system.
        with quick_file(path) as temporary:
            temporary.write_bytes(save(tensors))

    @classmethod
    def load(cls, path: Path, family: str, config: CNNConfig, device: str = "cpu") -> "TrainedRun":
        """Read weights and scaling.

        Raises
        ------
        ScxError
            If the file is missing or damaged, or its tensors do not fit the configuration.
        """
        try:
            tensors = load_file(path, device=device)
        except FileNotFoundError as error:
            raise ScxError(f"The weights {path} are missing; train the model again.") from error
        except SafetensorError as error:
            raise ScxError(f"The weights {path} are damaged ({error}); train again.") from error
        model = build_model(family, config).to(device)
        expected = model.state_dict()
        wrong = [
            name
            for name in sorted(expected.keys() | {n for n in tensors if not n.startswith(_PREFIX)})
            if name not in expected
            or name not in tensors
            or expected[name].shape != tensors[name].shape
        ]
        missing = [name for name in _SCALING if _PREFIX + name not in tensors]
        if wrong or missing:
            raise ScxError(
                f"The weights {path} do not fit the model: {join_some([*wrong, *missing])} differ."
            )
        if any(not torch.isfinite(value).all() for value in tensors.values()):
            raise ScxError(f"The weights {path} hold values that are not numbers; train again.")
        model.load_state_dict({name: tensors[name] for name in expected})
        scaling = Scaling(*(tensors[_PREFIX + name].cpu().numpy() for name in _SCALING))
        return cls(model.eval(), scaling)
