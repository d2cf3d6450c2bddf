"""Pictures as palettes: swatch strips, indexed images and drawings in; indexed swatch PNG out."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.images.folder import naming_damage, opened
from colorrl.images.image import Drawing, drawing_of
from colorrl.palette.record import Entry

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
LOSSY = (".jpg", ".jpeg", ".webp")  # their few colours are not those that were painted
OPAQUE = 128  # alpha from which a pixel's colour counts
N_PIXELS = 2**18  # larger pictures are thinned out to no more
N_EXACT = 64  # up to so many distinct colours are all meant
N_COMMON = 16  # of more colours, the commonest
N_CLUSTERS = 4 * N_COMMON  # so that small areas have one of their own
FLAT = 2  # a flat area's pixels differ by as little in each channel
MIN_FLAT = 0.25  # share of a picture's pixels from which its flat areas are what counts
MIN_SHARE = 0.002  # of the counted pixels: less is a blend or a speck
MIN_DISTANCE = 5.0  # CIEDE2000, as the metrics have it: what is nearer counts as the same
NOISE = 4  # in each channel: a codec's, which CIEDE2000 overrates in the dark
SIDE = 32  # pixels of a swatch
N_COLUMNS = 16
N_INDICES = 256


def read(path: Path) -> list[Entry]:
    """The colours that a picture is made of, without names; what is see-through has none.

    Indexed: the entries in use, by index. Up to 64 distinct colours, unless lossy: all of them,
    as they are met from the top left. Otherwise the commonest colour of each of up to 16 clusters.
    Raises OSError, or ValueError naming a file that cannot be read.
    """
    with naming_damage(path):
        image = opened(path)
        if image.mode == "P":
            return _entries(_in_use(image))
        rgba = _rgba(drawing_of(image))
    opaque = rgba[..., 3] >= OPAQUE
    distinct, first = np.unique(rgba[opaque, :3], axis=0, return_index=True)
    if len(distinct) <= (1 if path.suffix.lower() in LOSSY else N_EXACT):
        return _entries(distinct[first.argsort()])
    return _entries(_commonest(rgba[_telling(rgba[..., :3], opaque), :3]))


def write_png(entries: list[Entry], _title: str) -> bytes:
    """An indexed PNG of swatches in rows of 16. Names are lost; 256 colours at most."""
    n = len(entries)
    if n > N_INDICES:
        raise ValueError(f"an indexed PNG holds {N_INDICES} colours, not {n}")
    columns = min(n, N_COLUMNS)
    cells = np.full((math.ceil(n / columns), columns), n, np.uint16)  # n: no swatch there
    cells.flat[:n] = np.arange(n)
    image = Image.fromarray(np.kron(cells, np.ones((SIDE, SIDE))).astype(np.uint8), mode="P")
    image.putpalette([round(255 * c) for rgb, _ in entries for c in rgb])
    content = io.BytesIO()
    image.save(content, "PNG", **({"transparency": n} if n < cells.size else {}))
    return content.getvalue()


def _entries(rgb: NDArray[np.uint8]) -> list[Entry]:
    return [((r, g, b), "") for r, g, b in (rgb / 255).tolist()]


def _in_use(image: Image.Image) -> NDArray[np.uint8]:
    """(K, 3) the opaque palette entries that pixels of the indexed ``image`` have."""
    image.apply_transparency()
    table = np.zeros((N_INDICES, 4), np.uint8)
    stored = np.array(image.getpalette("RGBA"), np.uint8).reshape(-1, 4)
    table[: len(stored)] = stored
    used = table[np.unique(np.asarray(image))]
    return used[used[:, 3] >= OPAQUE, :3]


def _rgba(drawing: Drawing) -> NDArray[np.uint8]:
    """(H, W, 4) of ``drawing``, thinned out to ``N_PIXELS``."""
    step = math.ceil(math.sqrt(drawing[..., 0].size / N_PIXELS))
    mode = ("L", "LA", "RGB", "RGBA")[drawing.shape[2] - 1]
    pixels = np.ascontiguousarray(drawing[::step, ::step])
    image = Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes())
    return np.asarray(image.convert("RGBA"))


def _telling(rgb: NDArray[np.uint8], opaque: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(H, W) the opaque pixels of flat areas, or all opaque ones of a picture without any.

    Where areas meet, antialiasing and JPEG make colours that nobody chose.
    """
    flat = opaque.copy()
    right, below = (abs(np.diff(rgb.astype(np.int16), axis=axis)).max(2) for axis in (1, 0))
    flat[:, :-1] &= right <= FLAT
    flat[:-1] &= below <= FLAT
    return flat if flat.sum() >= MIN_FLAT * opaque.sum() else opaque


def _commonest(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(K, 3) the commonest colours of ``pixels`` (M, 3), none like another, commonest first.

    Pillow's median cut, refined by k-means, groups the pixels. A group's colour is the one that
    most of its pixels have, not their mean: flat areas give their own colour, however many
    blends surround them.
    """
    row = Image.fromarray(pixels[None])
    indexed = row.quantize(N_CLUSTERS, Image.Quantize.MEDIANCUT, kmeans=1)
    label = np.asarray(indexed).ravel().astype(np.int64)
    key = label << 24 | pixels.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    kinds, count = np.unique(key, return_counts=True)
    order = np.lexsort((-count, kinds >> 24))
    _, first = np.unique(kinds[order] >> 24, return_index=True)
    modes = kinds[order][first]
    share = np.bincount(label, minlength=N_CLUSTERS)[modes >> 24] / len(pixels)
    by_share = np.argsort(-share, kind="stable")
    shown = modes[by_share[share[by_share] >= MIN_SHARE]]
    rgb = np.stack([shown >> 16 & 255, shown >> 8 & 255, shown & 255], 1).astype(np.uint8)
    return rgb[_unlike(rgb)[:N_COMMON]]


def _unlike(rgb: NDArray[np.uint8]) -> list[int]:
    """Indices of ``rgb`` (K, 3), from the first on, that no kept one before them looks like."""
    lab = srgb_to_lab(torch.from_numpy(rgb).float() / 255, 1)
    noise = abs(np.subtract(rgb[:, None], rgb, dtype=np.int16)).max(2) <= NOISE
    near = (delta_e_2000(lab[:, None], lab[None]) < MIN_DISTANCE).numpy() | noise
    kept: list[int] = []
    for i in range(len(rgb)):
        if not near[i, kept].any():
            kept.append(i)
    return kept
