"""The pretraining objective against sums written out."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from colorrl.policy.flow_matching import (
    pixel_weight,
    region_entry,
    shift_time,
    target,
    time_weight,
    x0_and_entry_error,
    x0_error,
)
from colorrl.policy.noise import draw_noise
from colorrl.policy.space import PIXELS


class Says:
    """A policy that always predicts ``image``, and remembers what it was shown."""

    space = PIXELS

    def __init__(self, image):
        self.image = image

    def encode(self, sketch):
        return sketch.id

    def predict(self, x, t, encoding):
        self.state, self.t = x, t
        return self.image


def test_shifted_times():
    u = torch.linspace(0, 1, 5)
    torch.testing.assert_close(shift_time(u, 1.0), u)
    torch.testing.assert_close(shift_time(u, 3.0), torch.tensor([0, 0.5, 0.75, 0.9, 1.0]))


def test_time_weight():
    t = torch.tensor([1.0, 0.8, 0.5, 0.25, 0.0])
    torch.testing.assert_close(time_weight(t, 4.0), torch.tensor([1, 1 / 0.64, 4, 4, 4]))


def test_pixel_weights_are_half_per_pixel_and_half_per_region(small_drawings):
    regions = small_drawings.regions
    weight = pixel_weight(regions)
    torch.testing.assert_close(weight.sum((1, 2)), torch.ones(4))
    for n in range(4):
        for r in regions.region_index[n].unique().tolist():
            inside = regions.region_index[n] == r
            expected = 0.5 * inside.float().mean() + 0.5 * regions.weight[n, r]
            torch.testing.assert_close(weight[n][inside].sum(), expected)


def test_a_page_of_paper_weighs_pixels_alike(small_drawings):
    regions = replace(
        small_drawings.regions, weight=torch.zeros_like(small_drawings.regions.weight)
    )
    assert (pixel_weight(regions) == 1 / 32**2).all()


def test_the_target_is_what_is_asked_for(small_drawings):
    asked = replace(small_drawings, rendering=torch.tensor([True, False, False, True]))
    fill = small_drawings.fill.clone()
    fill[:, :, 5:9, 5:9] = torch.tensor([0.2, 0.4, 0.6, 0.5])[:, None, None]
    found = target(replace(asked, fill=fill))
    assert torch.equal(found[1:3], small_drawings.flats[1:3])
    torch.testing.assert_close(found[0, :, 6, 6], torch.tensor([0.6, 0.7, 0.8]))  # half over white
    assert torch.equal(target(small_drawings), small_drawings.flats)
    with pytest.raises(ValueError, match="flats alone"):
        target(replace(asked, fill=None))


def test_a_region_wears_its_palette_entry(small_drawings):
    """Seen to fail with entries counted from 0, and with padding as an entry."""
    entry = region_entry(small_drawings)
    regions = small_drawings.regions
    assert (entry > 0).any()
    for n in range(4):
        for r in regions.label[n].unique().tolist()[1:]:
            color = small_drawings.flats[n, :, regions.region_index[n] == r][:, 0]
            palette = small_drawings.palette[n, small_drawings.share[n] > 0].tolist()
            assigned = color.tolist()
            assert entry[n, r] == (1 + palette.index(assigned) if assigned in palette else 0)


def test_a_slot_without_pixels_has_no_entry(small_drawings):
    """Also where white is an entry. Seen to fail with white in empty slots."""
    white = torch.ones_like(small_drawings.palette)
    entry = region_entry(replace(small_drawings, palette=white))
    assert (small_drawings.regions.area == 0).any()
    bare = (
        torch.nn.functional.one_hot(
            small_drawings.regions.region_index.flatten(1), small_drawings.regions.n_slots
        ).sum(1)
        == 0
    )
    assert bare.any() and not entry[bare].any() and (entry > 0).any()


def test_the_cross_entropy_of_a_known_mix(small_drawings):
    """A network that gives the true entry 1/4 of each mix errs by log 4 where regions count."""
    entry = region_entry(small_drawings)
    shares = torch.full((*entry.shape, 1 + small_drawings.palette.shape[1]), -9.0)
    shares = shares.scatter(2, entry[..., None], -math.log(4.0))

    class Mixes(Says):
        def predict_mix(self, x, t, encoding):
            return SimpleNamespace(expected=lambda: self.image, log_share=shares)

    truth = small_drawings.flats * 2 - 1
    t, seeds = torch.full((4,), 0.5), torch.arange(4)
    error, surprise = x0_and_entry_error(Mixes(truth), small_drawings, t, seeds, 0.5)
    counted = (small_drawings.regions.weight * (entry > 0)).sum(1)
    assert (error == 0).all() and (counted > 0.5).all()
    torch.testing.assert_close(surprise, counted * math.log(4.0))


def test_the_error_is_of_the_clean_image(small_drawings):
    truth = small_drawings.flats * 2 - 1
    t, seeds = torch.tensor([0.2, 0.5, 0.9, 1.0]), torch.arange(4)
    assert (x0_error(Says(truth), small_drawings, t, seeds, 0.5) == 0).all()
    off = truth.clone()
    off[2] += 0.3
    found = x0_error(Says(off), small_drawings, t, seeds, 0.5)
    torch.testing.assert_close(found, torch.tensor([0, 0, 0.09, 0]), atol=1e-6, rtol=1e-4)


def test_the_state_lies_between_truth_and_noise(small_drawings):
    policy, t, seeds = (
        Says(torch.zeros(4, 3, 32, 32)),
        torch.tensor([0.0, 0.5, 0.9, 1.0]),
        torch.arange(4),
    )
    x0_error(policy, small_drawings, t, seeds, 0.5)
    regions = small_drawings.regions
    noise = draw_noise(regions.region_index, regions.n_slots, 0.5, seeds)
    truth = small_drawings.flats * 2 - 1
    torch.testing.assert_close(policy.state[0], truth[0])
    torch.testing.assert_close(policy.state[3], noise[3])
    torch.testing.assert_close(policy.state[1], 0.5 * truth[1] + 0.5 * noise[1])
    assert torch.equal(policy.t, t)


def test_line_art_alone_is_refused(small_drawings):
    with pytest.raises(ValueError, match="needs flats"):
        x0_error(Says(None), replace(small_drawings, flats=None), torch.ones(4), torch.ones(4), 0.5)
