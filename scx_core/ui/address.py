"""The choices that all pages share, and the address that holds them.

The address wins over the session, always: a link that names a dataset, a model, a gene or a
population shows that one, whatever was chosen before. The session only fills what the address
leaves out, such as after a click in the navigation, and the address then says it again. So these
widgets are not bound to the address by streamlit, which lets the session win, leaves a default out,
and drops what a link gives a page whose widget has the same name as one of the page before.

A cookie keeps the last workspace, dataset and model of this browser; a new visit begins with them.
"""

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode

import streamlit as st

#: The choices, from the widest; each belongs to those before it.
SHARED: Final = ("workspace", "dataset", "model", "gene", "population")
#: Those that a new visit begins with.
_LASTING: Final = SHARED[:3]
_COOKIE: Final = "scx_last"
_RUNS: Final = "runs_of_session"

# Streamlit adds a step to the browser's history for every change of the address that the server
# makes, also where a page that is drawn only fills in what it shows: Back then leads to the page
# that one is on, and has to be pressed twice. Here a change is a step only if a value is replaced
# by another. The names of dataset and model are in every address, from the first.
_SCRIPT: Final = """
<script>
(() => {
  window.scxNamed = NAMED;
  document.cookie = COOKIE;
  const named = (url) => {
    const full = new URL(url ?? location.href, location.href);
    if (full.origin !== location.origin) return full;
    for (const [name, value] of Object.entries(window.scxNamed))
      if (!full.searchParams.has(name)) full.searchParams.set(name, value);
    return full;
  };
  if (!window.scxHistory) {
    window.scxHistory = true;
    const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
    history.replaceState = (state, title, url) => replace(state, title, named(url));
    history.pushState = (state, title, url) => {
      const full = named(url), old = new URLSearchParams(location.search);
      const step = full.pathname !== location.pathname || [...old].some(([name, value]) =>
        full.searchParams.has(name) && !full.searchParams.getAll(name).includes(value));
      (step ? push : replace)(state, title, full);
    };
  }
  const here = new URL(location.href);
  for (const [name, value] of Object.entries(window.scxNamed)) here.searchParams.set(name, value);
  if (here.href !== location.href) history.replaceState(history.state, "", here);
})();
</script>
"""


def begin_run() -> None:
    """Count the runs of the session; the first call of a full run."""
    st.session_state[_RUNS] = st.session_state.get(_RUNS, 0) + 1


def kept(key: str) -> str | None:
    """Give the choice made last in this session, on whatever page."""
    value = st.session_state.get(f"kept_{key}")
    return None if value is None else str(value)


def keep(key: str, value: str | None) -> None:
    """Remember a choice for the other pages."""
    st.session_state[f"kept_{key}"] = value


def last_visit(key: str) -> str | None:
    """Give what this browser used last, in any visit.

    Parameters
    ----------
    key : "workspace", "dataset" or "model"
        A dataset or model counts only within its workspace.
    """
    last = dict(parse_qsl(unquote(st.context.cookies.get(_COOKIE, ""))))
    if key != "workspace" and last.get("workspace") != st.session_state.get("workspace"):
        return None
    return last.get(key)


def choose(key: str, value: str | None) -> None:
    """Make a choice from a callback: in the widget, the session and the address."""
    st.session_state[key] = value
    keep(key, value)
    write({key: value})


def chosen(key: str) -> None:
    """Follow the widget of a choice: its callback, after the person changed it."""
    switch(key, st.session_state[key])


def switch(key: str, value: str | None) -> None:
    """Take another value, in the session and the address, before the widget is drawn again.

    The narrower choices leave the address: they were made in the old context, and each page keeps
    them only if the new one has them.
    """
    keep(key, value)
    narrower = SHARED[SHARED.index(key) + 1 :] if key in _LASTING else ()
    write({key: value, **dict.fromkeys(narrower)})


def write(values: Mapping[str, str | None]) -> None:
    """Write values to the address where they differ; None takes one out."""
    changed = {
        name: value
        for name, value in values.items()
        if value is not None and st.query_params.get(name) != value
    }
    if changed:
        st.query_params.update(changed)
    for name, value in values.items():
        if value is None and name in st.query_params:
            del st.query_params[name]


def write_drawn(values: Mapping[str, str | None]) -> None:
    """Write what a page shows to the address, because it was drawn and not because of an action.

    Not in the first run of a visit: the script that keeps such changes out of the history is only
    on its way to the browser, and names dataset and model itself.
    """
    if st.session_state.get(_RUNS, 0) > 1:
        write(values)


def name_in_browser() -> None:
    """Let the browser name workspace, dataset and model in every address, and remember them."""
    chosen_now = {key: st.session_state.get(key) for key in _LASTING}
    named = {key: str(value) for key, value in chosen_now.items() if value is not None}
    cookie = f"{_COOKIE}={quote(urlencode(named))}; path=/; max-age=31536000; SameSite=Lax"
    script = _SCRIPT.replace("NAMED", _for_script(named)).replace("COOKIE", _for_script(cookie))
    st.html(script, unsafe_allow_javascript=True)


def _for_script(value: object) -> str:
    """Write a value into a script: no name can end it."""
    return json.dumps(value).replace("<", "\\u003c")
