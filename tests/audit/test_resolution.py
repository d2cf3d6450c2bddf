"""A score that depends on the number of pixels is caught."""

from dataclasses import dataclass

import torch

from colorrl.audit.resolution import audit_resolution, doubled, without_lpips
from colorrl.rewards.accuracy import Accuracy
from colorrl.types import TermScore
from tests.tiny import composed


@dataclass(frozen=True, slots=True)
class Smooth:
    """Counts touching pixels that are alike: more of them at twice the size."""

    role: str = "gate"
    weight: float = 1.0

    def __call__(self, reading, sketch, progress):
        step = (reading.image[..., 1:] - reading.image[..., :-1]).abs().amax(1)
        return TermScore((step < 0.01).float().mean((1, 2)))


def test_a_term_that_counts_touching_pixels_moves(subjects, sketches, bars):
    found = audit_resolution(subjects({"smooth": Smooth()}), sketches, bars)
    assert "noise" in found.failures and "checkerboard" in found.failures
    assert "white_page" not in found.failures
    sound = subjects({"accuracy": Accuracy("mean", 1.0, 10.0, 0.5, 2.0)})
    assert audit_resolution(sound, sketches, bars).failures == {}


def test_doubled_is_the_same_picture_with_four_times_the_pixels(sketches):
    small, large = sketches[0], doubled(sketches[0])
    torch.testing.assert_close(large.regions.area[1:], 4 * small.regions.area[1:])
    torch.testing.assert_close(large.regions.weight, small.regions.weight)
    assert torch.equal(large.flats[:, ::2, ::2], small.flats)
    assert torch.equal(large.regions.contact, 2 * small.regions.contact)
    # a row that the band ends in is in or out as a whole: at most 2.1 % of the five drawings' bands
    band = [(s.regions.across > 0).float().mean() for s in (small, large)]
    assert abs(band[1] / band[0] - 1) < 0.03


def test_lpips_alone_is_left_out():
    reward = composed("audit").reward
    assert set(reward["terms"]) - set(without_lpips(reward)["terms"]) == {"perceptual"}
    assert "perceptual" in reward["terms"]  # not changed in place
