"""The colours of a page's regions, as the generator sees it: whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorrl.pages.constraints.given import Given
from colorrl.pages.constraints.ranking import scored, with_given
from colorrl.pages.page import Page, region_colours
from colorrl.pages.samples import Draws, settled
from colorrl.pages.settings import Settings
from colorrl.rewards.total import TotalReward
from colorrl.types import Sketch


@dataclass(frozen=True, slots=True)
class Worn:
    """The N colourings of a page of R regions, best first."""

    colours: Tensor  # (N, R+1, 3) sRGB
    confidence: list[NDArray[np.float32]]  # (R+1,) each, NaN = not measured
    scores: list[float | None]  # of the reference-free reward, None = not asked for


def colours_of(page: Page, bound: Given, settings: Settings, draws: Draws, *, sure: bool) -> Worn:
    """What the generator gives the regions of ``page`` under what is ``bound``.

    ``sure``: say of several samples, too, how sure their colours are.
    """
    images = draws.images(page, 0, settings.samples, alone=True)
    scores = ranked(images, page.sketch, settings.reward)
    # the best first, of equal ones the first
    order = sorted(range(settings.samples), key=lambda i: -(scores[i] or 0.0))
    worn = draws.allowed(torch.stack([region_colours(page, images[i]) for i in order]))
    worn[:, bound.known] = torch.from_numpy(bound.colours[bound.known] / np.float32(255))
    worn, confidence = settled(page, worn, bound.bare, draws, sure=sure)
    return Worn(worn, confidence, [scores[i] for i in order])


def ranked(images: Tensor, sketch: Sketch, reward: TotalReward | None) -> list[float | None]:
    """The reward of each of ``images`` (N, 3, S, S) as the page would wear it, None without one."""
    if reward is None:
        return [None] * len(images)
    return list(scored(with_given(images, sketch), sketch, reward).tolist())
