"""A network in words that can go into a paper."""

from collections.abc import Iterator, Mapping
from typing import Final

import torch

from scx_core.citations import SCXPRESSO, XPRESSO
from scx_core.errors import counted, join_some
from scx_core.models import CNNConfig, ConvStage, build_model, preset

_FEATURES: Final[Mapping[str, str]] = {
    "utr5_length": "5′UTR length",
    "utr3_length": "3′UTR length",
    "orf_length": "ORF length",
    "intron_length": "intron length",
    "exon_density": "exon density (exons per kilobase of ORF)",
    "utr5_gc": "5′UTR GC content",
    "orf_gc": "ORF GC content",
    "utr3_gc": "3′UTR GC content",
}

_LETTERS: Final[Mapping[str, str]] = {
    "shared": "ambiguous letters share the weight of the bases that they stand for",
    "zero": "ambiguous letters weigh nothing",
}


def describe_network(
    config: CNNConfig, family: str, half_life_scale: str = "log10"
) -> Iterator[str]:
    """Tell of a network layer by layer, in sentences.

    Parameters
    ----------
    config : CNNConfig
    family : str
        See `scx_core.models.build_model`.
    half_life_scale : {"log10", "z-score"}
        What the dataset holds; see `scx_core.annotation.network_half_life`.
    """
    yield f"The model is {_architecture(config)}."
    if config.stages:
        yield (
            f"Its input is the sequence from {config.upstream:,} bp upstream to {config.downstream:,} "
            f"bp downstream of the TSS ({config.length:,} bp on the strand of the gene), one-hot "
            f"encoded; {_LETTERS[config.unknown]}, and positions beyond the end of a chromosome count "
            "as N."
        )
        layers = [_layer(stage) for stage in config.stages]
        yield (
            f"It passes {counted(len(layers), 'convolutional layer')}: {'; then '.join(layers)}. The "
            f"{config.stages[-1].filters * config.positions_left:,} values that are left are flattened."
        )
    if config.half_life:
        names = join_some([_FEATURES.get(name, name) for name in config.half_life], 9)
        joined = "They are joined by" if config.stages else "Its input consists of"
        yield (
            f"{joined} {counted(len(config.half_life), 'half-life feature')} of the transcript "
            f"({names}), {_scaled(config, half_life_scale)}; unknown values are set to the mean."
        )
    yield from _head(config)
    with torch.device("meta"):  # to count weights, none is needed
        network = build_model(family, config)
    yield f"Each network has {sum(value.numel() for value in network.parameters()):,} weights."


def _architecture(config: CNNConfig) -> str:
    shape = (config.stages, config.hidden, config.dropout)
    published, tissue, xpresso = (
        preset(name, config.n_outputs) for name in ("scxpresso", "tissue", "xpresso")
    )
    if shape == (xpresso.stages, xpresso.hidden, xpresso.dropout):
        return f"the convolutional neural network of Xpresso ({XPRESSO})"
    if shape == (published.stages, published.hidden, published.dropout):
        less = "" if config.half_life else ", here without half-life features"
        return f"the convolutional neural network of scXpresso ({SCXPRESSO}){less}"
    if shape == (tissue.stages, tissue.hidden, tissue.dropout):
        return (
            f"the convolutional neural network of Xpresso ({XPRESSO}) in the form used for tissues "
            f"by {SCXPRESSO.replace(' 2024', ' (2024)')}"
        )
    if not config.stages:
        return f"a dense neural network of half-life features, trained like scXpresso ({SCXPRESSO})"
    return f"a convolutional neural network of the kind of scXpresso ({SCXPRESSO})"


def _scaled(config: CNNConfig, half_life_scale: str) -> str:
    if half_life_scale == "z-score":
        return "z-scored as the data were given"
    if any(name.endswith("_gc") for name in config.half_life):
        return (
            "lengths and density as log10(x + 0.1), GC contents as fractions, z-scored on the "
            "training genes"
        )
    return "as log10(x + 0.1) and z-scored on the training genes"


def _layer(stage: ConvStage) -> str:
    left, right = stage.pads
    if stage.lacks_ends:
        left, right = left - 1, right - 1
    if left == right:
        padding = f"{left} zeros on either side" if left else "no padding"
    else:
        padding = f"{left} zeros on the left and {right} on the right"
    early = ", beginning one position before the first output" if stage.lacks_ends else ""
    dilation = f", dilation {stage.dilation}" if stage.dilation > 1 else ""
    return (
        f"{counted(stage.filters, 'filter')} of width {stage.kernel}{dilation} ({padding}), ReLU and "
        f"max-pooling over {counted(stage.pool, 'position')}{early}"
    )


def _head(config: CNNConfig) -> Iterator[str]:
    outputs = counted(config.n_outputs, "population")
    if not config.hidden:
        yield f"A linear layer gives one value for each of {outputs}."
        return
    dense = [
        f"{counted(units, 'unit')} with ReLU{f' and dropout {rate:g}' if rate else ''}"
        for units, rate in zip(config.hidden, config.dropout, strict=True)
    ]
    yield (
        f"{counted(len(dense), 'dense layer follows', 'dense layers follow')} "
        f"({', then '.join(dense)}), and a linear layer with one output for each of {outputs}."
    )
