"""Colours against a palette."""

from __future__ import annotations

import torch
from torch import Tensor

from colorrl.color import delta_e_2000, srgb_to_lab

# Pairs compared at once: CIEDE2000 needs about 30 floats for each, so 60 MB.
N_PAIRS = 2**19


def nearest(colors: Tensor, palette: Tensor) -> Tensor:
    """(M,) the index of the entry of ``palette`` (K, 3) nearest by CIEDE2000 to each (M, 3)."""
    lab, entries = srgb_to_lab(colors, -1), srgb_to_lab(palette, -1)
    chunks = lab.split(max(1, N_PAIRS // len(entries)))
    return torch.cat([delta_e_2000(c[:, None], entries[None]).argmin(dim=1) for c in chunks])
