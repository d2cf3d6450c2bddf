"""G'MIC's smart colouring as a baseline, with a stand-in for the program."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from colorrl.evaluation.baselines import gmic


@pytest.fixture
def halves(monkeypatch):
    """Left half in blue (B, G, R = 250, 10, 10), right half lighter than 255."""

    def colors(line):
        made = np.full((*line.shape, 3), 300, np.uint16)
        made[:, : line.shape[1] // 2] = (250, 10, 10)
        return made

    monkeypatch.setattr(gmic, "smart_colors", colors)


def test_its_colors_give_way_to_the_palette_s_nearest(drawings, halves):
    flag = drawings.select([3])
    image = gmic.gmic_smart(flag, torch.Generator())
    blue = flag.palette[0][flag.palette[0][:, 2].argmax()]
    inside = (flag.regions.region_index[0] != flag.regions.background[0])[:, :32]
    left = image[0][:, :, :32][:, inside]
    assert torch.equal(left, blue[:, None].expand_as(left))
    outside = flag.regions.region_index[0] == flag.regions.background[0]
    assert (image[0][:, outside] == 1).all()


def test_without_a_palette_its_own_colors_stay(drawings, halves):
    flag = replace(drawings.select([3]), share=torch.zeros(1, drawings.share.shape[1]))
    image = gmic.gmic_smart(flag, torch.Generator())
    inside = flag.regions.region_index[0] != flag.regions.background[0]
    colors = image[0][:, inside].T.unique(dim=0)
    expected = torch.tensor([[10, 10, 250], [255, 255, 255]]) / 255
    torch.testing.assert_close(colors, expected)


@pytest.mark.slow  # needs a program that pip cannot install
@pytest.mark.skipif(shutil.which("gmic") is None, reason="G'MIC is not installed")
def test_the_program_finds_areas_of_a_small_drawing(drawings):
    image = gmic.gmic_smart(replace(drawings, palette=None, share=None), torch.Generator())
    assert all(len(row.flatten(1).T.unique(dim=0)) >= 3 for row in image)
