"""A question's pictures as a sketch and its colourings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.io import ImageReadMode, decode_image

from colorrl.color import parse_hex
from colorrl.errors import UserError
from colorrl.preferences.rankings import Question
from colorrl.regions.graph import build
from colorrl.types import RegionMap, Sketch


@dataclass(frozen=True, slots=True)
class Pictures:
    """What a question shows: K colourings, in the order of the ranking where there is one."""

    sketch: Sketch  # line art, regions and palette, as the generator was given them
    coloring: Tensor  # (K, 3, H, W) float32 sRGB in [0, 1]


def read_pictures(folder: Path, question: Question) -> Pictures:
    """Raises UserError for a PNG that cannot be read, and pictures of different sizes."""
    order = question.order or range(len(question.colourings))
    try:
        line = decode_image(str(folder / question.line), ImageReadMode.GRAY) / 255
        files = [str(folder / question.colourings[k]) for k in order]
        coloring = torch.stack([decode_image(f, ImageReadMode.RGB) / 255 for f in files])
        regions = read_regions(folder / question.regions)
        if not line.shape[1:] == coloring.shape[2:] == regions.label.shape:
            raise ValueError("line art, regions and colourings have several sizes")
    except (RuntimeError, OSError, ValueError) as fault:
        cause = str(fault).splitlines()[0]
        raise UserError(
            f"question {question.id} of {folder}: its pictures cannot be read or differ in size "
            f"({cause}); copy the folder again"
        ) from fault
    palette, share = _palette(question)
    sketch = Sketch(question.sketch, line, regions, palette=palette, share=share)
    return Pictures(sketch, coloring)


def _palette(question: Question) -> tuple[Tensor, Tensor]:
    """(K, 3) and (K,); nothing given is one entry of share 0, as everywhere."""
    if not question.palette:
        return torch.ones(1, 3), torch.zeros(1)
    colors = [parse_hex(color) for color in question.palette]
    return torch.tensor(colors), torch.tensor(question.share)


def save_regions(regions: RegionMap, file: Path) -> None:
    """Write the labels, which say all of a RegionMap, as a 16-bit PNG."""
    Image.fromarray(regions.label.numpy().astype(np.uint16)).save(file, format="PNG")


def read_regions(file: Path) -> RegionMap:
    """What ``save_regions`` wrote. Raises OSError, or ValueError for labels with gaps."""
    with Image.open(file) as image:
        return build(np.asarray(image).astype(np.int32), sha="")


def one_size(pictures: Sequence[Pictures]) -> int:
    """The side in pixels that all have. Raises UserError if they differ."""
    sizes = sorted({p.sketch.line.shape[-1] for p in pictures})
    if len(sizes) > 1:
        raise UserError(
            f"rankings of {sizes[0]} px and of {sizes[-1]} px: one reward model reads one size, "
            "give folders made by generators of one size"
        )
    return sizes[0]
