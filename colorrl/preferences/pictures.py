"""A question's pictures and palette as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torchvision.io import ImageReadMode, decode_image

from colorrl.color import parse_hex
from colorrl.config import UserError
from colorrl.data.colours import MAX_PALETTE
from colorrl.preferences.rankings import Question


@dataclass(frozen=True, slots=True)
class Pictures:
    """What a question shows: K colourings, in the order of the ranking where there is one."""

    line: Tensor  # (1, H, W) float32 in [0, 1], 1 = paper
    colouring: Tensor  # (K, 3, H, W) float32 sRGB in [0, 1]
    palette: Tensor  # (P, 3) float32 sRGB in [0, 1], P = MAX_PALETTE
    share: Tensor  # (P,) float32, 0 = padding


def read_pictures(folder: Path, question: Question) -> Pictures:
    """Raises UserError for a PNG that cannot be read, and pictures of different sizes."""
    order = question.order or range(len(question.colourings))
    try:
        line = decode_image(str(folder / question.line), ImageReadMode.GRAY) / 255
        files = [str(folder / question.colourings[k]) for k in order]
        colouring = torch.stack([decode_image(f, ImageReadMode.RGB) / 255 for f in files])
    except RuntimeError as fault:
        cause = str(fault).splitlines()[0]
        raise UserError(
            f"question {question.id} of {folder}: its pictures cannot be read or differ in size "
            f"({cause}); copy the folder again"
        ) from fault
    palette, share = torch.zeros(MAX_PALETTE, 3), torch.zeros(MAX_PALETTE)
    if question.palette:
        given = [parse_hex(colour) for colour in question.palette[:MAX_PALETTE]]
        palette[: len(given)] = torch.tensor(given)
        share[: len(given)] = torch.tensor(question.share[:MAX_PALETTE])
    return Pictures(line, colouring, palette, share)


def one_size(pictures: Sequence[Pictures]) -> int:
    """The side in pixels that all have. Raises UserError if they differ."""
    sizes = sorted({p.line.shape[-1] for p in pictures})
    if len(sizes) > 1:
        raise UserError(
            f"rankings of {sizes[0]} px and of {sizes[-1]} px: one reward model reads one size, "
            "give folders made by generators of one size"
        )
    return sizes[0]
