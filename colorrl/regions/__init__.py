"""Line art to RegionMap: ink, gap closing, sliver merging, adjacency, resizing, cache."""
