"""Line art to RegionMap: ink, gap closing, slivers, adjacency, resizing; `colorrl regions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from colorrl.schema.pages import RegionsConfig


def main(cfg: RegionsConfig) -> None:
    """`colorrl regions`."""
    # late: whoever wants regions alone need not import the folders and formats
    from colorrl import region_pages

    region_pages.main(cfg)
