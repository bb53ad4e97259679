"""The synthetic demonstration: a made-up genome whose regulatory grammar is known.

>>> import scx_core as scx
>>> dataset, ensemble = scx.demo.build("workspace", seed=0)
"""

from scx_core.demo.building import DEMO_NAME, build

__all__ = ["DEMO_NAME", "build"]
