"""Files for other programs and for papers: bundles, tracks, cubes, regions."""

from scx_core.export.bundle import bundle
from scx_core.export.cubes import cube_hdf5, cube_npz
from scx_core.export.overlaps import overlaps_bed, region_overlaps
from scx_core.export.tables import file_name, table_bytes
from scx_core.export.tracks import bedgraph_bytes, bigwig_bytes, track_table

__all__ = [
    "bedgraph_bytes",
    "bigwig_bytes",
    "bundle",
    "cube_hdf5",
    "cube_npz",
    "file_name",
    "overlaps_bed",
    "region_overlaps",
    "table_bytes",
    "track_table",
]
