"""Fold-out boxes that a link leads to: it opens them, and the page scrolls there.

A link names the box in the address, ``?open=published``. The box stays open as long as the address
says so, and the browser scrolls once for each such address.
"""

import json
from typing import Final

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from scx_core.ui.router import current_page

#: Name of the box in the address.
OPEN: Final = "open"
_SCROLLED: Final = "box_scrolled_to"
#: Boxes whose content is made only while they are open: streamlit holds whether they are.
_WATCHED: Final = ("fetch", "published")
#: Boxes that links lead to, by key: the page of each.
BOXES: Final = {
    "import_box": "datasets",
    "fetch": "datasets",
    "published": "training",
    "scan_published": "scan",
    "variants_sources": "variants",
}
# What stands above grows while it is drawn: the box is brought into view until the page is still,
# or until the person scrolls.
_SCROLL: Final = """
<script>
(() => {
  clearInterval(window.scxScrolling);
  const box = BOX;
  if (!box) return;
  let looks = 0, still = 0, own = false;
  for (const what of ["wheel", "touchstart", "keydown", "mousedown"])
    addEventListener(what, () => { own = true; }, {once: true, passive: true});
  window.scxScrolling = setInterval(() => {
    const found = document.querySelector(`.st-key-${box}`);
    const app = document.querySelector(".stApp");
    still = found && app?.dataset.testScriptState === "notRunning" ? still + 1 : 0;
    if (!own) found?.scrollIntoView({block: "start"});
    if (own || still > 8 || ++looks > 300) clearInterval(window.scxScrolling);
  }, 200);
})();
</script>
"""


def scroll_to_box() -> None:
    """Let the browser scroll to the box that the address names; in every run, before the page."""
    asked = _asked()
    address = (current_page(), asked)
    new = asked is not None and st.session_state.get(_SCROLLED) != address
    st.session_state[_SCROLLED] = address
    if new and asked in _WATCHED:
        st.session_state[asked] = True
    st.html(
        _SCROLL.replace("BOX", json.dumps(asked if new else None)), unsafe_allow_javascript=True
    )


def linked_box(label: str, key: str, *, icon: str, expanded: bool = False) -> ExpanderContainer:
    """Draw a fold-out box that a link can open.

    Parameters
    ----------
    label : str
    key : str
        Of `BOXES`.
    icon : str
    expanded : bool
        Open without a link.
    """
    if key in _WATCHED:
        return st.expander(label, key=key, icon=icon, bind="query-params")
    return st.expander(label, key=key, icon=icon, expanded=expanded or _asked() == key)


def box_link(label: str, key: str, *, icon: str = ":material/arrow_forward:") -> None:
    """Draw a link that opens a box, on this page or another, and scrolls there.

    Parameters
    ----------
    label : str
    key : str
        Of `BOXES`.
    icon : str
    """
    if BOXES[key] == current_page():
        # A link would take everything else out of the address.
        st.button(
            label, key=f"open_{key}", icon=icon, type="tertiary", on_click=lead_to, args=(key,)
        )
        return
    st.page_link(f"pages/{BOXES[key]}.py", label=label, icon=icon, query_params={OPEN: key})


def lead_to(key: str) -> None:
    """Name a box of the page in the address, so that it is open and scrolled to in the next run."""
    st.session_state.pop(_SCROLLED, None)
    st.query_params[OPEN] = key


def _asked() -> str | None:
    """Give the box that the address names; None where it is none of this page."""
    key = st.query_params.get(OPEN)
    return key if key is not None and BOXES.get(key) == current_page() else None
