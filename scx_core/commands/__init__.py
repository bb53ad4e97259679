"""The command line: ``scx`` or ``python -m scx_core``."""

from scx_core.commands.app import app, main

__all__ = ["app", "main"]
