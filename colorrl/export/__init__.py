"""What an artist opens: flats, composite, PSD, OpenRaster, indexed, region maps, palettes."""
