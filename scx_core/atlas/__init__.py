"""Atlases: the effect of every substitution in the windows of many genes, on disk."""

from scx_core.atlas.atlas import Atlas
from scx_core.atlas.build import build_atlas

__all__ = ["Atlas", "build_atlas"]
