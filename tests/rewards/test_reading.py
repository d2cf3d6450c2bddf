"""Region reductions against loops, and what makes the region colour robust."""

import pytest
import torch

from colorrl.color import srgb_to_lab
from colorrl.rewards.reading import paint, read, region_mean


def test_region_means_equal_a_loop(drawings, muddle):
    means = region_mean(muddle, drawings.regions)
    for n in range(len(drawings)):
        for r in range(drawings.regions.n_slots):
            pixels = muddle[n][:, drawings.regions.label[n] == r]
            expected = pixels.mean(1) if pixels.numel() else torch.zeros(3)
            torch.testing.assert_close(means[n, r], expected, atol=1e-5, rtol=0)


def test_a_flat_region_reads_as_its_color(drawings):
    reading = read(drawings.flats, drawings)
    known = drawings.regions.area > 0
    known[:, 0] = False  # ink
    # 0.01 dE: three Weiszfeld steps on equal pixels leave rounding alone.
    torch.testing.assert_close(reading.center[known], reading.truth[known], atol=0.01, rtol=0)
    assert reading.spread[drawings.regions.label > 0].max() < 0.01


def test_a_fifth_of_outliers_hardly_moves_the_center(drawings):
    stained = drawings.flats.clone()
    stained[:, :, ::5] = 0.0  # every fifth row black
    gap = (read(stained, drawings).center - read(drawings.flats, drawings).center).norm(dim=2)
    mean_gap = region_mean(srgb_to_lab(stained, 1), drawings.regions)
    mean_gap = (mean_gap - read(drawings.flats, drawings).truth).norm(dim=2)
    counted = drawings.regions.weight > 0
    # The mean moves by a fifth of the distance to black, 10 to 20 dE.
    assert mean_gap[counted].mean() > 12
    assert gap[counted].mean() < 4


def test_ink_pixels_do_not_count(drawings):
    inked = torch.where(drawings.regions.label.unsqueeze(1) == 0, 0.3, drawings.flats)
    a, b = read(inked, drawings), read(drawings.flats, drawings)
    torch.testing.assert_close(a.center[:, 1:], b.center[:, 1:])


def test_paint_and_mean_are_inverse(drawings):
    values = torch.rand(*drawings.regions.area.shape, 2)
    back = region_mean(paint(values, drawings.regions.label), drawings.regions)
    known = drawings.regions.area > 0
    # 1e-4: thousands of equal fp32 values added one by one.
    torch.testing.assert_close(back[known], values[known], atol=1e-4, rtol=0)


def test_a_wrong_size_is_refused(drawings):
    with pytest.raises(ValueError, match="resize"):
        read(drawings.flats[:, :, ::2], drawings)
