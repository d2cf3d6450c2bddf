"""Any picture read in: modes, EXIF, ICC profiles, PSD, OpenRaster, folders."""
