"""Line art to RegionMap: ink, gap closing, slivers, adjacency, resizing."""
