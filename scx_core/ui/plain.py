"""The one way in which a user's text is drawn on a page.

Names from files, links, uploads and from the disk are anybody's. Almost every text of streamlit is
Markdown: not only ``st.markdown``, but labels, ``help=``, the options of radio, pills and segmented
controls, tabs, expanders, values of metrics, toasts, progress. There a name could fetch a picture
from elsewhere, or become a link. All of these get `plain`. What streamlit draws as it is (options
of a selectbox, cells and names of columns, ``st.code``, ``alt``) gets `scx_core.one_line.one_line`;
plotly has `scx_core.figures.text.label`, ``st.html`` the `html.escape` of the standard library.
"""

import re
from typing import Final

from scx_core.one_line import NAME, SENTENCE, one_line

#: Characters that mean something to Markdown wherever they stand.
_ALWAYS: Final = re.compile(r"[\\`*\[\]{}<>$~|#]")
#: Underscores at the edge of a word; within one they are drawn as they are.
_UNDERSCORE: Final = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
#: Colons that may begin a directive, such as ``:red``; not those before a number or a space.
_COLON: Final = re.compile(r":(?![\d\s])")
#: Entities, which would be drawn as the character they name.
_ENTITY: Final = re.compile(r"&(?=#?\w+;)")
#: Beginnings of lists and rulers; quotes and headings are among the signs above.
_LIST: Final = re.compile(r"^(?=[-+](?:[-+\s]|$)|=)")
_NUMBERED: Final = re.compile(r"^(\d+)(?=[.)])")

# What streamlit looks for after Markdown was read, in the text itself, where no backslash helps:
# an invisible character that joins words keeps it from being found.
_JOINER: Final = "\u2060"
_PROTOCOL: Final = re.compile(r"(https?:|www)(?=//|\.)", re.IGNORECASE)
_EMAIL: Final = re.compile(r"(?<=[-.\w+])@(?=[-\w])")
_ICON: Final = re.compile(r":(?=material[/_])")
#: ``:smile:``, but not alleles and positions of ``1:12345:A:G``; two numbers are emoji.
_EMOJI: Final = re.compile(r":(?=(?!(?:[A-Z]+|(?!100:|1234:)\d+):)[\w+-]+:)")
_AFTER_READING: Final = (_PROTOCOL, _EMAIL, _ICON, _EMOJI)


def plain(text: object, limit: int = NAME) -> str:
    """Write a user's text so that Markdown shows it as it is: no link, picture, icon or formula.

    Parameters
    ----------
    text : object
        Shown with ``str``.
    limit : int
        Characters that are shown at most.

    Returns
    -------
    str
        One line. It may stand anywhere in a Markdown text, also within ``**…**``.
    """
    line = one_line(text, limit)
    for pattern in _AFTER_READING:
        line = pattern.sub(lambda found: found[0] + _JOINER, line)
    line = _ALWAYS.sub(r"\\\g<0>", line)
    line = _UNDERSCORE.sub(r"\\_", line)
    line = _COLON.sub(r"\\:", line)
    line = _ENTITY.sub(r"\\&", line)
    line = _LIST.sub(r"\\", line)
    return _NUMBERED.sub(r"\1\\", line)


def plain_sentence(text: object) -> str:
    """Write a sentence that quotes a user's text; see `plain`."""
    return plain(text, SENTENCE)
