"""Checkpoints of a release, read without running anything that is in them, and written alike.

The published networks are two ``nn.Sequential`` called ``conv`` and ``fc``; their layers have the
numbers of those, so that ``conv.0`` and ``conv.3`` are convolutions and ``fc.0``, ``fc.3`` (and
``fc.6`` of the tissue model) are dense.
"""

import io
import pickle
import pickletools
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from scx_core.errors import ScxError, join_some, reason_of
from scx_core.models import CNNConfig, build_model, preset
from scx_core.release.layout import FEATURES
from scx_core.release.sequences import LETTER_ORDER

_FAMILY: Final = "cnn"
_FIRST: Final = "conv.0.weight"
_JOINED: Final = "fc.0.weight"
#: A published checkpoint has 0.5 to 2 MB, with the state of its optimiser.
_LARGEST: Final = 1_000_000_000


def published_names(config: CNNConfig) -> dict[str, str]:
    """Name in a checkpoint of each tensor of our network."""
    names = {}
    for number in range(len(config.stages)):
        names[f"stages.conv{number}"] = f"conv.{3 * number}"
    for number in range(len(config.hidden)):
        names[f"head.dense{number}"] = f"fc.{3 * number}"
    names["head.output"] = f"fc.{3 * len(config.hidden)}"
    return {
        f"{ours}.{part}": f"{theirs}.{part}"
        for ours, theirs in names.items()
        for part in ("weight", "bias")
    }


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], int]:
    """Read weights and the epoch that they are of; the optimiser's state is left alone.

    Raises
    ------
    ScxError
        If the file is no checkpoint, is damaged, holds pickled objects (named), or holds weights
        that are not numbers.
    """
    if path.stat().st_size > _LARGEST:
        raise ScxError(
            f"{_shown(path)} has {path.stat().st_size / 1e6:,.0f} MB, more than any checkpoint of a "
            "release; get it again."
        )
    _refuse_other_pickles(path)
    _refuse_packed(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refusal(path, error) from error
    except (
        RuntimeError, EOFError, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError,
    ) as error:  # fmt: skip
        raise ScxError(
            f"{_shown(path)} is no checkpoint, or is damaged ({reason_of(error)}); get it again."
        ) from error
    state = content.get("state_dict") if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in state.items()
    ):
        raise ScxError(
            f"{_shown(path)} holds no state_dict of weights; a checkpoint of a release holds epoch "
            "and state_dict."
        )
    size = path.stat().st_size
    for name, value in state.items():
        # A tensor may repeat one number, and a packed one unpack to anything: both claim memory.
        claimed = value.numel() * value.element_size()
        if claimed > size:
            raise ScxError(
                f"{name} of {_shown(path)} claims {claimed / 1e6:,.1f} MB, but the file has "
                f"{size / 1e6:,.1f} MB, so it is damaged; get it again."
            )
        if not torch.isfinite(value).all():
            raise ScxError(
                f"{name} of {_shown(path)} holds values that are not numbers; get it again."
            )
    epoch = content.get("epoch")
    return dict(state), epoch if isinstance(epoch, int) and epoch > 0 else 1


def _refuse_other_pickles(path: Path) -> None:
    """Refuse a pickle that PyTorch did not write: its own files are zip archives, or of protocol 2."""
    with path.open("rb") as file:
        begin = file.read(2)
        if begin[:1] != b"\x80" or begin[1:] == b"\x02":
            return
        file.seek(0)
        names = []
        texts: list[str] = []
        try:
            for code, argument, _ in pickletools.genops(file):
                if code.name == "GLOBAL":
                    names.append(str(argument).replace(" ", "."))
                elif code.name == "STACK_GLOBAL":
                    names.append(".".join(texts[-2:]))
                elif isinstance(argument, str):
                    texts.append(argument)
        except ValueError:
            names.append("and damaged")
    raise _pickled(path, list(dict.fromkeys(names)) or ["not PyTorch's"])


def _refuse_packed(path: Path) -> None:
    """Refuse an archive that is larger inside than outside: PyTorch packs nothing."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            claimed = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, OSError) as error:
        raise ScxError(
            f"{_shown(path)} is damaged: no weights can be read from it; get it again."
        ) from error
    if claimed > path.stat().st_size:
        raise ScxError(
            f"{_shown(path)} claims {claimed / 1e6:,.1f} MB, but the file has "
            f"{path.stat().st_size / 1e6:,.1f} MB, so it is damaged; get it again."
        )


def _pickled(path: Path, names: list[str]) -> ScxError:
    return ScxError(
        f"{_shown(path)} holds pickled objects ({join_some(names)}), which could run code when they are "
        "read; save its state_dict alone with torch.save and try again."
    )


def _refusal(path: Path, error: Exception) -> ScxError:
    try:
        unsafe = sorted(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    except (ValueError, RuntimeError, OSError, EOFError, KeyError, pickle.UnpicklingError):
        unsafe = re.findall(r"GLOBAL ([\w.]+)", str(error))
    if unsafe:
        return _pickled(path, unsafe)
    kind = "is damaged" if zipfile.is_zipfile(path) else "is no checkpoint, or is damaged"
    return ScxError(f"{_shown(path)} {kind}: no weights can be read from it; get it again.")


def _shown(path: Path) -> str:
    """Name a checkpoint by its fold's folder, its run's folder and its file."""
    return "/".join(path.parts[-3:])


def recognise(state: Mapping[str, Tensor], path: Path, upstream: int, downstream: int) -> CNNConfig:
    """Tell which published network a checkpoint is of: the multitask or the tissue model.

    Parameters
    ----------
    state : mapping of str to Tensor
    path : Path
        For the message.
    upstream, downstream : int
        The window that the models were trained on.

    Raises
    ------
    ScxError
        If keys or shapes are other than those of both; they are listed.
    """
    name = "tissue" if "fc.6.weight" in state else "scxpresso"
    last = state.get("fc.6.bias" if name == "tissue" else "fc.3.bias")
    n_outputs = last.shape[0] if last is not None and last.ndim == 1 and len(last) else 1
    config = preset(name, n_outputs, upstream=upstream, downstream=downstream, half_life=FEATURES)
    joined = state.get(_JOINED)
    with_all = _shapes(config)[_JOINED]
    if joined is not None and tuple(joined.shape) == (with_all[0], with_all[1] - len(FEATURES)):
        config = preset(name, n_outputs, upstream=upstream, downstream=downstream, half_life=())
    check_shapes(state, config, path)
    return config


def _shapes(config: CNNConfig) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        ours = build_model(_FAMILY, config).state_dict()
    return {theirs: tuple(ours[name].shape) for name, theirs in published_names(config).items()}


def check_shapes(state: Mapping[str, Tensor], config: CNNConfig, path: Path) -> None:
    """Refuse a checkpoint whose keys and shapes are not those of a network.

    Raises
    ------
    ScxError
        It lists what differs.
    """
    expected = _shapes(config)
    found = {name: tuple(value.shape) for name, value in state.items()}
    differing = [
        f"{name} is {_size(found[name])} instead of {_size(shape)}"
        for name, shape in expected.items()
        if name in found and found[name] != shape
    ]
    differing += [f"{name} is missing" for name in expected if name not in found]
    differing += [f"{name} is unknown" for name in found if name not in expected]
    if differing:
        raise ScxError(
            f"{_shown(path)} is not of the published network for a window of {config.upstream:,} + "
            f"{config.downstream:,} bases: {join_some(differing, 12)}; give checkpoints of scXpresso's "
            "multitask or tissue model, and the window that they were trained on."
        )


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a number"


def to_ours(state: Mapping[str, Tensor], config: CNNConfig) -> dict[str, Tensor]:
    """Rename the weights of a checkpoint, and put their letters into the order ACGT."""
    renamed = {
        ours: state[theirs].detach().float().contiguous()
        for ours, theirs in published_names(config).items()
    }
    first = next(name for name, theirs in published_names(config).items() if theirs == _FIRST)
    renamed[first] = renamed[first][:, list(LETTER_ORDER)].contiguous()
    return renamed


def to_published(state: Mapping[str, Tensor], config: CNNConfig) -> dict[str, Tensor]:
    """Rename the weights of our network, and put their letters into the order ACTG."""
    renamed = {theirs: state[ours] for ours, theirs in published_names(config).items()}
    renamed[_FIRST] = renamed[_FIRST][:, list(LETTER_ORDER)].contiguous()
    return renamed


def write_checkpoint(path: Path, state: Mapping[str, Tensor], epoch: int) -> None:
    """Write the weights of a checkpoint; the folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {"epoch": epoch, "state_dict": dict(state)}
    # PyTorch's own writer tells a full disk by an error without a number, which none can tell apart.
    buffer = io.BytesIO()
    torch.save(content, buffer)
    path.write_bytes(buffer.getbuffer())
