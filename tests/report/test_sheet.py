"""Sheets: every pixel of a picture is there, enlarged, and nothing covers it."""

import numpy as np
import pytest
import torch
from PIL import Image

from colorrl.report.sheet import GAP, Strip, caption, draw_sheet

CAPTION = caption(12)


@pytest.mark.parametrize("scale", [1, 3])
def test_pictures_stand_in_rows_enlarged_by_whole_pixels(scale, tmp_path):
    pictures = torch.rand(2, 2, 3, 5, 4)
    strips = [Strip("짧은", pictures[0]), Strip("a longer name", pictures[1], ["0.10", "0.20"])]
    draw_sheet(strips, tmp_path / "결과" / "sheet.png", scale)
    with Image.open(tmp_path / "결과" / "sheet.png") as opened:
        sheet = np.asarray(opened)
    right = sheet.shape[1]
    for y in range(2):
        for x in range(2):
            top = GAP + y * (5 * scale + CAPTION + GAP)
            left = right - (2 - x) * (4 * scale + GAP)
            found = sheet[top : top + 5 * scale, left : left + 4 * scale]
            exact = (pictures[y, x] * 255).byte().permute(1, 2, 0).numpy()
            assert np.array_equal(found, exact.repeat(scale, 0).repeat(scale, 1))
    margin, end = right - 2 * (4 * scale + GAP), GAP + 5 * scale
    assert (sheet[-CAPTION - GAP : -GAP, margin:] < 100).any()  # the second row's scores
    assert not (sheet[end : end + CAPTION, margin:] < 100).any()  # the first has none
    assert (sheet[:, :margin] < 100).any()  # names


@pytest.mark.parametrize("width", [250, 360])
def test_captions_grow_with_the_pictures(width, tmp_path):
    """Of a row of four shown 1,000 px wide, figures are 10 px high (an 8 of 13 px at 360: 6)."""
    strip = Strip("", torch.ones(4, 3, 200, width), ["8"] * 4)
    draw_sheet([strip], tmp_path / "sheet.png", scale=1)
    with Image.open(tmp_path / "sheet.png") as opened:
        line = np.asarray(opened)[GAP + 200 :]
    high = int((line < 100).any((1, 2)).sum())
    assert high * 1000 / line.shape[1] >= 10 and len(line) == caption(width) + GAP
