"""``python -m scx_core``."""

from scx_core.commands import main

# Processes that train side by side import this module anew.
if __name__ == "__main__":
    main()
