"""What a network looks like, as data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from scx_core.annotation import ALL_HALF_LIFE_FEATURES, HALF_LIFE_FEATURES
from scx_core.errors import ScxError, join_some
from scx_core.sequence.alphabet import UNKNOWN_RULES

PADDINGS = ("published", "same", "valid")


@dataclass(frozen=True)
class ConvStage:
    """One convolution, ReLU and max-pool.

    Attributes
    ----------
    filters : int
        Output channels.
    kernel : int
        Width of a filter in input positions.
    pool : int
        Width and stride of the max-pool; a remainder at the end is dropped.
    dilation : int
        Distance between a filter's inputs.
    padding : str
        Zeros around the input. ``"published"``, as in the published scXpresso:
        ⌊dilation · (kernel − 1) / 2⌋ on both sides, and where the span is even, so that an output is
        missing, the first pool begins one position before the first output; ``"same"``: as many
        outputs as inputs, the odd zero on the right, as in Keras; ``"valid"``: none.
    """

    filters: int
    kernel: int
    pool: int
    dilation: int = 1
    padding: str = "published"

    def __post_init__(self) -> None:
        for name in ("filters", "kernel", "pool", "dilation"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ScxError(f"A convolution's {name} must be a whole number ≥ 1, not {value!r}.")
        if self.padding not in PADDINGS:
            raise ScxError(
                f"Padding {self.padding!r} is unknown; choose one of {', '.join(PADDINGS)}."
            )
        if self.lacks_ends and self.pool == 1:
            raise ScxError(
                f"A convolution that spans {self.span} positions, an even number, with padding "
                "'published' needs a pool of 2 or more; choose padding 'same'."
            )

    @property
    def span(self) -> int:
        """Input positions that one output of the convolution sees."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def lacks_ends(self) -> bool:
        """Whether the first and the last output that `pads` gives are left out of the pools."""
        return self.padding == "published" and self.span % 2 == 0

    @property
    def pads(self) -> tuple[int, int]:
        """Zeros left and right of the input, so that the first output begins the first pool."""
        total = self.span - 1
        if self.padding == "published":
            return (total + 1) // 2, (total + 1) // 2
        if self.padding == "same":
            return total // 2, total - total // 2
        return 0, 0

    def output_length(self, length: int) -> int:
        """Positions after convolution and pooling of ``length`` inputs (0 if none is left)."""
        convolved = length + sum(self.pads) - self.span + 1
        # With its ends left out, a convolution of so short an input has no output.
        nothing = self.lacks_ends and convolved < 3
        return 0 if nothing else max(convolved, 0) // self.pool


@dataclass(frozen=True)
class CNNConfig:
    """A convolutional network over the window, joined by half-life features.

    Attributes
    ----------
    n_outputs : int
        Cell populations predicted together.
    upstream, downstream : int
        Bases of the window before the TSS, and from the TSS on.
    stages : tuple of ConvStage
        In order; empty for a network of half-life features alone.
    hidden : tuple of int
        Units of the dense layers before the output.
    dropout : tuple of float
        After each dense layer, while training.
    half_life : tuple of str
        Half-life features used, in order; empty for sequence alone. Inputs of a published network
        that names none are ``unnamed_1``, ``unnamed_2`` … and always at their mean.
    unknown : str
        How letters other than A, C, G and T are read; see `scx_core.sequence.alphabet.code_weights`.
    """

    n_outputs: int
    upstream: int = 7000
    downstream: int = 3500
    stages: tuple[ConvStage, ...] = (ConvStage(128, 6, 30), ConvStage(32, 9, 10))
    hidden: tuple[int, ...] = (64,)
    dropout: tuple[float, ...] = (0.00099,)
    half_life: tuple[str, ...] = HALF_LIFE_FEATURES
    unknown: str = "shared"

    def __post_init__(self) -> None:
        if self.n_outputs < 1:
            raise ScxError("A model needs at least one cell population to predict.")
        if self.upstream < 0 or self.downstream < 1:
            raise ScxError(
                f"The window cannot be {self.upstream} bases upstream and {self.downstream} "
                "downstream; give upstream ≥ 0 and downstream ≥ 1."
            )
        if len(self.dropout) != len(self.hidden):
            raise ScxError(
                f"{len(self.hidden)} dense layers need {len(self.hidden)} dropout rates, not "
                f"{len(self.dropout)}."
            )
        if any(not 0 <= rate < 1 for rate in self.dropout):
            raise ScxError(f"Dropout rates must lie in [0, 1), not {join_some(self.dropout)}.")
        known = {*ALL_HALF_LIFE_FEATURES, *unnamed_features(len(self.half_life))}
        wrong = [name for name in self.half_life if name not in known]
        if wrong:
            raise ScxError(
                f"Half-life features {join_some(wrong)} are unknown; there are "
                f"{join_some(ALL_HALF_LIFE_FEATURES, 9)}."
            )
        if self.unknown not in UNKNOWN_RULES:
            raise ScxError(
                f"The rule {self.unknown!r} for unknown letters is unknown; choose one of "
                f"{', '.join(UNKNOWN_RULES)}."
            )
        if not self.stages and not self.half_life:
            raise ScxError("A model needs convolutions or half-life features as its input.")
        if self.stages and self.positions_left < 1:
            raise ScxError(
                f"A window of {self.length:,} bases is too short for these convolutions and pools: "
                "nothing is left after them; lengthen the window or pool less."
            )

    @property
    def length(self) -> int:
        """Bases of the window."""
        return self.upstream + self.downstream

    @property
    def positions_left(self) -> int:
        """Positions after the last pool."""
        length = self.length
        for stage in self.stages:
            length = stage.output_length(length)
        return length

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read back `to_dict`.

        Raises
        ------
        ScxError
            If a field is missing, unknown or out of range.
        """
        fields = dict(values)
        try:
            fields["stages"] = tuple(ConvStage(**stage) for stage in fields["stages"])
            for name in ("hidden", "dropout", "half_life"):
                fields[name] = tuple(fields[name])
            return cls(**fields)
        except (KeyError, TypeError) as error:
            raise ScxError(f"The model's configuration is damaged: {error}.") from error


def unnamed_features(count: int) -> tuple[str, ...]:
    """Names of half-life inputs that a published network does not name."""
    return tuple(f"unnamed_{number + 1}" for number in range(count))


def preset(name: str, n_outputs: int, **changes: Any) -> CNNConfig:
    """Give a published architecture for ``n_outputs`` populations.

    Parameters
    ----------
    name : str
        ``"scxpresso"``: the multitask model (Michielsen et al. 2024, Methods). ``"tissue"``: their
        tissue model, which is Xpresso (Agarwal & Shendure 2020) with five half-life features: a
        second hidden layer of 2. ``"xpresso"``: Xpresso itself (Agarwal & Shendure 2020), with eight
        half-life features, the padding of Keras, and nothing for unknown letters. ``"sequence"``: scXpresso without half-life features.
        ``"half-life"``: half-life features alone. ``"small"``: for a short window and few genes, as
        in the demonstration; finer pools, fewer filters.
    n_outputs : int
    **changes
        Fields of `CNNConfig` to set otherwise, such as the window.
    """
    presets = {
        "scxpresso": CNNConfig(n_outputs),
        "tissue": CNNConfig(n_outputs, hidden=(64, 2), dropout=(0.00099, 0.01546)),
        "xpresso": CNNConfig(
            n_outputs,
            stages=(ConvStage(128, 6, 30, padding="same"), ConvStage(32, 9, 10, padding="same")),
            hidden=(64, 2),
            dropout=(0.00099, 0.01546),
            half_life=ALL_HALF_LIFE_FEATURES,
            unknown="zero",
        ),
        "sequence": CNNConfig(n_outputs, half_life=()),
        "half-life": CNNConfig(n_outputs, stages=()),
        "small": CNNConfig(
            n_outputs,
            stages=(ConvStage(48, 6, 5), ConvStage(16, 9, 20)),
            hidden=(32,),
            dropout=(0.001,),
        ),
    }
    if name not in presets:
        raise ScxError(f"Architecture {name!r} is unknown; choose one of {', '.join(presets)}.")
    if name == "sequence":
        changes["half_life"] = ()
    return replace(presets[name], **changes)


PRESETS = ("scxpresso", "tissue", "xpresso", "sequence", "half-life", "small")
