"""A user's text in a figure, drawn as it is.

Plotly reads every text as a small HTML: names of traces and axes, categories, annotations, hover
labels and what is filled into them. There a name could be a link, or take its own end away.
"""

from collections.abc import Iterable

from scx_core.one_line import NAME, one_line


def as_label(text: object, limit: int = NAME) -> str:
    """Write a user's text for plotly: bounded, on one line, without a meaning to it.

    Parameters
    ----------
    text : object
        Shown with ``str``.
    limit : int
        Characters that are shown at most.
    """
    return exact(one_line(text, limit))


def as_labels(texts: Iterable[object]) -> list[str]:
    """Write names that tell rows, columns or classes apart; see `as_label`.

    Different names stay different where only their middles differ: a number follows the later ones.
    """
    written: dict[str, str] = {}
    taken: set[str] = set()
    shown = [str(text) for text in texts]
    for text in shown:
        if text not in written:
            label = plain = as_label(text)
            number = 1
            while label in taken:
                number += 1
                label = f"{plain} ({number})"
            taken.add(label)
            written[text] = label
    return [written[text] for text in shown]


def exact(text: object) -> str:
    """Write a text for plotly in full: `html.unescape` gives the same text back.

    For ``customdata``, which hover labels show and which tells what was clicked.
    """
    # Of the signs of HTML only these begin something; alleles ("A>G") stay readable.
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace("%{", "%&#123;")
