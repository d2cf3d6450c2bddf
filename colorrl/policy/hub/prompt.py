"""A palette as words: the text condition of pipelines that read no colours.

Names are those of CSS Color Module Level 4 (matplotlib's copy); the nearest by CIEDE2000 is taken.
"""

from __future__ import annotations

import re
from functools import cache

import torch
from matplotlib.colors import CSS4_COLORS, to_rgb
from torch import Tensor

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.types import SketchBatch

PLACE = "{colors}"  # where a template has the names
# Prefixes that CSS writes without a space; a text encoder knows the words, not their compounds.
_PREFIX = re.compile(r"^(light|dark|medium|pale|deep|hot|dim)(?=[a-z]{3})")


def spoken(name: str) -> str:
    """The CSS colour ``name`` as words: light blue of lightblue."""
    return _PREFIX.sub(r"\1 ", name)


@cache
def _names() -> tuple[list[str], Tensor]:
    """Words and their CIELAB colours (C, 3); of two names for one colour the first counts."""
    of_color: dict[str, str] = {}
    for name, code in CSS4_COLORS.items():
        of_color.setdefault(str(code), spoken(name))
    rgb = torch.tensor([to_rgb(code) for code in of_color])
    return list(of_color.values()), srgb_to_lab(rgb, -1)


def color_names(palette: Tensor, share: Tensor) -> list[str]:
    """Names of the entries of ``palette`` (K, 3) sRGB with a ``share`` (K,) above 0, largest first.

    An entry whose nearest name has appeared already adds nothing.
    """
    words, lab = _names()
    there = [k for k in share.argsort(descending=True, stable=True).tolist() if share[k] > 0]
    chosen = srgb_to_lab(palette.float().cpu(), -1)[there]
    apart = delta_e_2000(chosen[:, None], lab[None])
    return list(dict.fromkeys(words[i] for i in apart.argmin(1).tolist()))


def prompts(sketch: SketchBatch, template: str) -> list[str]:
    """``template`` for each sketch, its palette's names in the place of ``{colors}``.

    Without a palette the place stays empty, and so does a comma that would stand before it.
    """
    written = []
    for row in range(len(sketch)):
        names: list[str] = []
        if sketch.palette is not None and sketch.share is not None:
            names = color_names(sketch.palette[row], sketch.share[row].cpu())
        text = template.replace(PLACE, ", ".join(names))
        written.append(re.sub(r"[,\s]+$", "", text))
    return written
