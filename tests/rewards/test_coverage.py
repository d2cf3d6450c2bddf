from dataclasses import replace

import pytest
import torch

from colorrl.rewards.coverage import Coverage
from colorrl.rewards.reading import read

TERM = Coverage(role="gate", weight=1.0, blank=3.0, painted=8.0)


def test_truth_is_covered_and_a_white_page_is_not(drawings, reading, add_up):
    one = TERM(read(drawings.flats, drawings), drawings, 1.0).value
    none = TERM(read(torch.ones_like(drawings.flats), drawings), drawings, 1.0).value
    torch.testing.assert_close(one, torch.ones(5))
    torch.testing.assert_close(none, torch.zeros(5), atol=1e-6, rtol=0)
    mark = TERM(reading, drawings, 1.0)
    torch.testing.assert_close(mark.value, add_up(mark), atol=1e-5, rtol=0)


def test_half_a_blank_region_costs_half_its_stake(drawings):
    label, weight = drawings.regions.label[1], drawings.regions.weight[1]
    region = int(weight.argmax())
    pixels = (label == region).nonzero()
    half = pixels[: len(pixels) // 2]
    image = drawings.flats.clone()
    image[1, :, half[:, 0], half[:, 1]] = 1.0
    value = TERM(read(image, drawings), drawings, 1.0).value
    torch.testing.assert_close(value[1], 1 - weight[region] * len(half) / len(pixels))
    torch.testing.assert_close(value[0], torch.tensor(1.0))


def test_an_unpainted_region_may_stay_blank_and_has_no_stake(drawings):
    # The fish's eye is paper.
    mark = TERM(read(drawings.flats, drawings), drawings, 1.0)
    paper = (read(drawings.flats, drawings).truth[2] - torch.tensor([100.0, 0, 0])).norm(dim=1) < 1
    eye = (paper & (drawings.regions.weight[2] > 0)).nonzero().flatten()
    assert len(eye) == 1 and mark.sensitivity[2, eye] == 0
    torch.testing.assert_close(mark.sensitivity.sum(1), torch.ones(5))


def test_the_mark_rises_between_blank_and_painted(drawings):
    def value(lightness):  # greys of a known L*
        lab = torch.tensor([lightness, 0.0, 0.0])
        gray = (((lab[0] + 16) / 116) ** 3).clamp(min=0) ** (1 / 2.4) * 1.055 - 0.055
        image = torch.full_like(drawings.flats, gray.item())
        return TERM(read(image, drawings), drawings, 1.0).value[0].item()

    assert value(98.0) == pytest.approx(0, abs=1e-4)
    assert value(94.5) == pytest.approx(0.5, abs=0.01)
    assert value(91.0) == pytest.approx(1, abs=1e-4)


def test_without_flats_it_is_refused_by_name(drawings):
    bare = replace(drawings, flats=None)
    with pytest.raises(ValueError, match=r"coverage.*얼굴"):
        TERM(read(torch.ones(5, 3, 64, 64), bare), bare, 1.0)
