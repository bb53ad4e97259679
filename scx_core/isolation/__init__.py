"""Readers of files that strangers give, each in a process of its own with limits."""

from scx_core.isolation.running import Limits, run_isolated

__all__ = ["Limits", "run_isolated"]
