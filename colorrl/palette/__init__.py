"""Named colours: palette files of many programs in and out, and matching by CIEDE2000.

``files`` knows the formats by suffix; ``text``, ``photoshop``, ``exchange`` and ``picture`` each
read and write one family of them.
"""

from colorrl.palette.files import palette_from, read_palette, write_palette
from colorrl.palette.match import nearest
from colorrl.palette.record import Palette

__all__ = ["Palette", "nearest", "palette_from", "read_palette", "write_palette"]
