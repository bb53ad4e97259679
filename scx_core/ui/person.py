"""Who looks at the page."""

import streamlit as st


def person() -> str:
    """Name of the person: of the login, else as a proxy in front of the server tells it.

    Returns
    -------
    str
        Empty where nobody knows; the queue then counts all such visitors as one.
    """
    if st.user.get("is_logged_in", False):
        told = st.user.get("email") or st.user.get("name") or ""
    else:
        told = st.context.headers.get("X-Forwarded-User", "")
    return str(told).strip()
