"""Public data from where they are published, to a folder."""

from scx_core.fetch.fetching import fetch, fetched
from scx_core.fetch.sources import Source, find_source, read_sources

__all__ = ["Source", "fetch", "fetched", "find_source", "read_sources"]
