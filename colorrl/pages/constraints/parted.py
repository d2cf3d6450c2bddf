"""The paper around a drawing, wherever a figure, a pole or a panel from edge to edge parts it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colorrl.regions.graph import Labels

# of the page's rim: what holds an upper corner and so much of it is paper
RIM = 0.08
# a strip: its sides differ so many times at least. There what holds both lower corners is paper,
# too; on a page that is as often the clothes of a bust that is cut off
STRIP = 2.0


def is_strip(shape: tuple[int, ...]) -> bool:
    """Whether a page of ``shape`` is scrolled rather than looked at as a whole."""
    return max(shape) >= STRIP * min(shape)


def parted_paper(region_index: Labels, background: int) -> NDArray[np.bool_]:
    """(R+1,) True for the ``background`` of ``region_index`` (H, W) and what it was parted into."""
    found = np.zeros(int(region_index.max()) + 1, bool)
    rim = np.concatenate(
        [region_index[0], region_index[-1], region_index[1:-1, 0], region_index[1:-1, -1]]
    )
    share = np.bincount(rim, minlength=len(found)) / rim.size
    corners = [int(region_index[0, 0]), int(region_index[0, -1])]
    if is_strip(region_index.shape) and region_index[-1, 0] == region_index[-1, -1]:
        corners.append(int(region_index[-1, 0]))
    for region in corners if background else []:
        found[region] = share[region] >= RIM
    found[background] = True
    found[0] = False
    return found
