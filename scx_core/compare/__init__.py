"""Models side by side: the same genes, the same populations, and how sure a difference is."""

from scx_core.compare.comparison import Comparison, compare_models

__all__ = ["Comparison", "compare_models"]
