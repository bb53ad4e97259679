"""Who looks at the page."""

import os
from ipaddress import ip_address, ip_network
from typing import Final

import streamlit as st

from scx_core.errors import ScxError

#: Addresses or networks, with commas between, of the proxies that sign visitors in.
PROXIES: Final = "SCX_TRUSTED_PROXIES"
_HEADER: Final = "X-Forwarded-User"
_LOOPBACK: Final = "127.0.0.1"
_LONGEST: Final = 200


def person() -> str:
    """Name of the person: of the login, else as a trusted proxy in front of the server tells it.

    Returns
    -------
    str
        Empty where nobody knows; the queue then counts all such visitors as one.

    Raises
    ------
    ScxError
        If ``SCX_TRUSTED_PROXIES`` holds something else than addresses.
    """
    if st.user.get("is_logged_in", False):
        told = st.user.get("email") or st.user.get("name") or ""
    else:
        # Streamlit gives no address for a connection from this machine.
        peer = st.context.ip_address or _LOOPBACK
        given = st.context.headers.get(_HEADER, "")
        told = given if given and is_trusted(peer, os.environ.get(PROXIES, "")) else ""
    return str(told).strip()[:_LONGEST]


def is_trusted(peer: str, proxies: str) -> bool:
    """Whether a connection comes from a proxy whose headers are believed.

    Parameters
    ----------
    peer : str
        IP address at the other end of the connection.
    proxies : str
        Addresses or networks (``10.0.0.2``, ``10.1.0.0/16``), with commas between; empty for none.

    Raises
    ------
    ScxError
        If ``proxies`` holds something else.
    """
    try:
        networks = [ip_network(part.strip()) for part in proxies.split(",") if part.strip()]
    except ValueError as error:
        raise ScxError(
            f"{PROXIES} holds what is no IP address or network ({error}); write addresses such as "
            "10.0.0.2 or 10.1.0.0/16, with commas between."
        ) from error
    try:
        address = ip_address(peer)
    except ValueError:
        return False  # a name or a socket: nobody that was configured
    mapped = getattr(address, "ipv4_mapped", None) or address
    loopback = mapped.is_loopback and any(network.is_loopback for network in networks)
    return loopback or any(mapped in network for network in networks)
