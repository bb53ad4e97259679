"""A user's text as one bounded line, whatever is in it; drawing rules come after this."""

import unicodedata
from typing import Final

#: Longest name on a page or in a figure, in characters.
NAME: Final = 80
#: Longest sentence, in characters; a sentence may quote several names.
SENTENCE: Final = 1500
#: Format characters that people write by: joiners of scripts and emoji.
_JOINERS: Final = "\u200c\u200d"


def one_line(text: object, limit: int = NAME) -> str:
    """Write a text on one line, without what cannot be seen, and not longer than stated.

    Line breaks, tabs and other control characters become spaces. Characters that turn the reading
    direction or have no width are left out: they make a name look like another one. Half of a
    surrogate pair, which no page can be sent, becomes U+FFFD.

    Parameters
    ----------
    text : object
        Shown with ``str``.
    limit : int
        Characters that stay; of a longer text the middle is left out, since names of one source
        often differ at their ends.
    """
    # A text of megabytes is cut before it is looked at; 4 leaves room for what is dropped.
    given = _cut(str(text), 4 * limit)
    kept = []
    for character in given:
        category = unicodedata.category(character)
        if category in ("Cc", "Zl", "Zp", "Zs"):
            kept.append(" ")
        elif category == "Cs":
            kept.append("\ufffd")
        elif category != "Cf" or character in _JOINERS:
            kept.append(character)
    return _cut(" ".join("".join(kept).split()), limit)


def _cut(text: str, limit: int) -> str:
    """Leave out the middle of a text that is too long."""
    if len(text) <= limit:
        return text
    end = limit // 3
    return f"{text[: limit - end - 1]}…{text[len(text) - end :]}"
