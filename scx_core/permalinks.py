"""What a link to a view was made from, and how that differs from what is here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scx_core import __version__

#: Digits of a digest that a link holds: 48 bits tell any two datasets apart.
DIGITS: Final = 12
DATASET_DIGEST: Final = "dataset_digest"
MODEL_DIGEST: Final = "model_digest"
VERSION: Final = "version"
_LONGEST_VERSION: Final = 20
#: What a link holds besides the choices.
STAMPS: Final = (DATASET_DIGEST, MODEL_DIGEST, VERSION)


@dataclass(frozen=True)
class LinkedState:
    """What a link was made from; a part that an old link does not name is empty.

    Attributes
    ----------
    dataset, model : str
        Names.
    dataset_digest, model_digest : str
        The first 12 hexadecimal digits, in lower case.
    version : str
        Of the program.
    """

    dataset: str = ""
    dataset_digest: str = ""
    model: str = ""
    model_digest: str = ""
    version: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "LinkedState":
        """Read the parameters of a link; those that it lacks stay empty.

        Digests and version are shown to whoever opens the link, so they keep only the characters
        that such things have.
        """
        return cls(
            dataset=parameters.get("dataset", ""),
            dataset_digest=_word(parameters.get(DATASET_DIGEST, "").lower(), DIGITS),
            model=parameters.get("model", ""),
            model_digest=_word(parameters.get(MODEL_DIGEST, "").lower(), DIGITS),
            version=_word(parameters.get(VERSION, ""), _LONGEST_VERSION),
        )

    def stamps(self) -> dict[str, str]:
        """Give the parameters that a link holds besides its choices."""
        values = (self.dataset_digest[:DIGITS], self.model_digest[:DIGITS], self.version)
        return {name: value for name, value in zip(STAMPS, values, strict=True) if value}


def _word(text: str, longest: int) -> str:
    return re.sub(r"[^A-Za-z0-9.+-]", "", text)[:longest]


def differences(linked: LinkedState, here: LinkedState) -> list[str]:
    """Say how what is shown differs from what a link was made from.

    A name that is not here at all is said by the choice of dataset and model, not here.

    Parameters
    ----------
    linked : LinkedState
        Of the link.
    here : LinkedState
        Of what is shown. An empty digest is not compared.

    Returns
    -------
    list of str
        A sentence for each difference.
    """
    sentences = []
    parts = (
        ("dataset", linked.dataset, linked.dataset_digest, here.dataset, here.dataset_digest),
        ("model", linked.model, linked.model_digest, here.model, here.model_digest),
    )
    for kind, wanted, digest, name, own in parts:
        same_name = wanted in ("", name)
        if digest and own and same_name and not own.startswith(digest):
            sentences.append(
                f"The link was made with another {kind} under the name {name} (digest {digest}); "
                f"the one here has the digest {own[:DIGITS]}, so numbers can differ."
            )
    made_with = linked.version
    if made_with and made_with != (here.version or __version__):
        sentences.append(
            f"The link was made with scX Explorer {made_with}, this is "
            f"{here.version or __version__}; numbers can differ in small ways."
        )
    return sentences
