"""``python -m scx_core``."""

from scx_core.commands import main

main()
