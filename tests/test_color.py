"""Colour spaces against scikit-image and against the published CIEDE2000 pairs."""

import numpy as np
import pytest
import torch
from skimage import color as sk

from colorrl import color

# Sharma, Wu, Dalal 2005, table 1: pairs chosen for the formula's discontinuities, and dE00.
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 3.1571, -77.2803), (50.0, 0.0, -82.7485), 2.8615),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0009, -2.4900), 4.8045),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((35.0831, -44.1164, 3.7933), (35.0232, -40.0716, 1.5901), 1.8645),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.fixture
def rgb() -> torch.Tensor:
    corners = torch.cartesian_prod(*[torch.tensor([0.0, 0.02, 0.5, 1.0])] * 3)
    random = torch.rand(2000, 3, generator=torch.Generator().manual_seed(0))
    return torch.cat([corners, random])


def test_lab_agrees_with_scikit_image(rgb):
    # 0.01 dE: scikit-image rounds the white point to five digits.
    np.testing.assert_allclose(color.srgb_to_lab(rgb, -1), sk.rgb2lab(rgb), atol=0.01)


def test_white_and_black_are_exact():
    lab = color.srgb_to_lab(torch.tensor([[1.0, 1, 1], [0, 0, 0]]), 1)
    torch.testing.assert_close(lab, torch.tensor([[100.0, 0, 0], [0, 0, 0]]), atol=1e-4, rtol=0)


def test_round_trip_on_either_axis(rgb):
    lab = color.srgb_to_lab(rgb, 1)
    # Half an 8-bit step is 2e-3; fp32 leaves a few 1e-5.
    torch.testing.assert_close(color.lab_to_srgb(lab, 1), rgb, atol=4e-4, rtol=0)
    torch.testing.assert_close(color.srgb_to_lab(rgb.T, 0).T, lab)


def test_ciede2000_agrees_with_the_published_pairs():
    a, b, expected = (torch.tensor(column) for column in zip(*SHARMA, strict=True))
    torch.testing.assert_close(color.delta_e_2000(a, b), expected, atol=2e-4, rtol=0)
    torch.testing.assert_close(color.delta_e_2000(b, a), expected, atol=2e-4, rtol=0)


def test_ciede2000_agrees_with_scikit_image_and_broadcasts(rgb):
    lab = color.srgb_to_lab(rgb[:300], 1)
    ours = color.delta_e_2000(lab[:, None], lab[None])
    theirs = sk.deltaE_ciede2000(lab[:, None].numpy(), lab[None].numpy())
    # 5e-3: fp32 against fp64, largest where hues are opposite.
    np.testing.assert_allclose(ours, theirs, atol=5e-3)


def test_differences_have_finite_gradients_at_equal_colors():
    lab = color.srgb_to_lab(torch.tensor([[0.5, 0.5, 0.5], [0.2, 0.4, 0.9]]), 1)
    a = lab.clone().requires_grad_()
    (color.delta_e_2000(a, lab) + color.delta_e_76(a, lab)).sum().backward()
    assert torch.isfinite(a.grad).all()


def test_hex_round_trip():
    for text in ("#ff8000", "FF8000", " #ff8000 "):
        assert color.to_hex(torch.tensor(color.parse_hex(text))) == "#ff8000"
    assert color.parse_hex("#f00") == (1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "text", ["", "#12", "#gggggg", "red", "#1234567", "+1+2+3", "#１２３４５６"]
)
def test_bad_hex_says_what_to_write(text):
    with pytest.raises(ValueError, match="#rrggbb"):
        color.parse_hex(text)
