"""Line art for pictures that have none: lines drawn where their parts meet."""
