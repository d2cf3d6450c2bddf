"""Edits of the truth do what their knobs say."""

import pytest
import torch
from torch.nn.functional import max_pool2d

from colorrl.color import srgb_to_lab
from colorrl.rewards.cheats.edits import EDITS, FAR, KNOBS
from colorrl.rewards.cheats.given import painted_regions
from colorrl.rewards.cheats.pixels import blurred


def edited(name, drawings, luck=0.5, **knobs):
    """``drawings`` edited with knobs k0 to k5, 0.5 where not given; ``luck`` everywhere."""
    turned = torch.full((len(drawings), KNOBS), 0.5)
    for knob, value in knobs.items():
        turned[:, int(knob[1])] = value
    if not torch.is_tensor(luck):
        luck = torch.full((len(drawings), *drawings.line.shape[2:]), luck)
    return EDITS[name](drawings, drawings.flats, turned, luck)


def changed(image, drawings):
    return (image - drawings.flats).abs().amax(1) > 1e-3


def of_regions(drawings, chosen):
    """(N, H, W) bool: pixels and ink of the ``chosen`` (N, R+1) regions."""
    return chosen.gather(1, drawings.regions.region_index.flatten(1)).view_as(
        drawings.regions.region_index
    )


def inside_by_size(drawings):
    area = drawings.regions.area.masked_fill(~painted_regions(drawings), torch.inf)
    return area.sort(1)


def test_blank_pales_the_smallest_region_by_its_knob(drawings):
    """From 0.3 of the way to white to all of it. Seen to fail with knob 1 for knob 2."""
    _, order = inside_by_size(drawings)
    smallest = torch.zeros_like(painted_regions(drawings)).scatter(1, order[:, :1], True)
    there = of_regions(drawings, smallest).unsqueeze(1)
    for knob, share in ((0.0, 0.3), (0.5, 0.65), (1.0, 1.0)):
        image = edited("blank", drawings, k0=0.0, k1=0.0, k2=knob)
        wanted = torch.where(there, drawings.flats + share * (1 - drawings.flats), drawings.flats)
        torch.testing.assert_close(image, wanted)


def test_regions_are_taken_by_size_until_their_share_is_reached(drawings):
    """Seen to fail with the share not squared, and with the first region not counted."""
    area, order = inside_by_size(drawings)
    area = area.masked_fill(area.isinf(), 0.0)
    for n in range(len(drawings)):
        count = int((area[n] > 0).sum())
        for first, most in ((0.0, 0.8), (0.6, 0.9), (1.0, 0.3)):
            start = min(int(first * count), count - 1)
            taken, total = [], 0.0
            for place in range(start, count):
                total += float(area[n, place])
                if place == start or total <= most**2 * float(area[n].sum()):
                    taken.append(int(order[n, place]))
            image = edited("blank", drawings, k0=first, k1=most, k2=1.0)
            white = (image[n] == 1).all(0)
            chosen = torch.isin(drawings.regions.region_index[n], torch.tensor(taken))
            assert white[chosen].all()
            assert torch.equal(image[n][:, ~chosen], drawings.flats[n][:, ~chosen])


def test_shift_moves_a_color_in_lab_by_the_square_of_the_knob(drawings):
    """Half is no move, 0.8 is 0.36 of FAR. Seen to fail without the square."""
    assert not changed(edited("shift", drawings, k0=0.0, k1=1.0), drawings).any()
    image = edited("shift", drawings, k0=0.0, k1=1.0, k2=0.4)
    off = srgb_to_lab(image, 1) - srgb_to_lab(drawings.flats, 1)
    inside = of_regions(drawings, painted_regions(drawings))
    gray = off[:, 0][inside & (drawings.flats.amax(1) < 0.9)]
    assert gray.median().item() == pytest.approx(-0.04 * FAR, abs=0.05)


def test_recolor_takes_the_entry_of_its_knob(drawings):
    """Seen to fail with the entry before it."""
    image = edited("recolour", drawings, k0=0.0, k1=1.0, k2=0.99)
    full = drawings.select([0])  # of most entries: none is left beyond its last
    assert torch.equal(edited("recolour", full, k0=0.0, k1=1.0, k2=1.0), image[:1])
    last = (drawings.share > 0).sum(1) - 1
    entry = drawings.palette[torch.arange(len(drawings)), last]
    inside = of_regions(drawings, painted_regions(drawings)).unsqueeze(1)
    wanted = torch.where(inside, entry[:, :, None, None], drawings.flats)
    torch.testing.assert_close(image, wanted)


def test_sprinkled_pixels_are_as_many_as_the_square_of_the_knob(drawings):
    """Of even luck, and inverted above half of knob 5. Seen to fail without the square."""
    n, _, height, width = drawings.flats.shape
    luck = torch.linspace(0, 1, height * width).view(1, height, width).expand(n, -1, -1)
    image = edited("pixels", drawings, luck, k0=0.7, k1=0.0, k5=0.6)
    hit = (luck < 0.49).unsqueeze(1)
    torch.testing.assert_close(image, torch.where(hit, 1 - drawings.flats, drawings.flats))
    moved = edited("pixels", drawings, luck, k0=0.7, k1=0.0, k2=0.9, k5=0.5)
    assert not torch.equal(moved, image)
    assert torch.equal(moved[:, :, 32:], drawings.flats[:, :, 32:])


def test_squares_of_one_luck_have_the_side_of_their_knob(drawings):
    """1 to 8 pixels, cut at the edge. Seen to fail with squares of one pixel more."""
    luck = torch.rand(5, 64, 64, generator=torch.Generator().manual_seed(0))
    for knob, side in ((0.0, 1), (0.5, 4), (1.0, 8), (0.3, 3)):
        hit = changed(edited("pixels", drawings, luck, k0=0.7, k1=knob, k5=1.0), drawings)
        few = luck[:, : -(-64 // side), : -(-64 // side)] < 0.49
        grown = few.repeat_interleave(side, 1).repeat_interleave(side, 2)[:, :64, :64]
        assert torch.equal(hit, grown & changed(1 - drawings.flats, drawings))


@pytest.mark.parametrize("width", range(0, 12))
def test_a_rim_lies_along_the_lines_or_far_from_them(drawings, width):
    """Up to 6 pixels, by steps of one; odd numbers are the rest. Seen to fail with 3 x RIM, and
    with ink left out.
    """
    ink = (drawings.regions.label.unsqueeze(1) == 0).float()
    for _ in range(width // 2 + 1):
        ink = max_pool2d(ink, 3, 1, 1)
    near = (ink > 0)[:, 0]
    image = edited("rim", drawings, 0.0, k0=1.0, k1=0.0, k2=0.0, k5=(width + 0.5) / 12)
    where = near if width % 2 == 0 else ~near
    assert not (changed(image, drawings) & ~where).any()
    assert changed(image, drawings)[where].float().mean() > 0.9


def test_a_rim_is_denser_than_pixels_at_one_knob(drawings):
    """(1 - (1 - k)^3)^2 of its pixels. Seen to fail with the knob as it is."""
    luck = torch.rand(5, 64, 64, generator=torch.Generator().manual_seed(0))
    image = edited("rim", drawings, luck, k0=0.4, k1=0.0, k2=0.0, k5=0.05)
    hit = changed(image, drawings)
    assert not (hit & (luck >= 0.784**2)).any() and hit[luck < 0.784**2].any()
    assert (hit & (luck > 0.59)).any()


def test_paper_is_the_background_alone(drawings):
    """Seen to fail with all pixels."""
    image = edited("paper", drawings, 0.0, k0=1.0, k5=1.0)
    outside = drawings.regions.region_index == drawings.regions.background.view(-1, 1, 1)
    assert torch.equal(changed(image, drawings), outside)


def test_ink_is_mixed_with_a_color_by_its_knob(drawings):
    """Seen to fail with open pixels in place of ink."""
    under = drawings.regions.label.unsqueeze(1) == 0
    color = torch.tensor([0.2, 0.4, 0.9]).view(1, 3, 1, 1)
    image = edited("ink", drawings, 0.7, k0=0.7, k1=0.25, k2=0.2, k3=0.4, k4=0.9)
    mixed = 0.75 * drawings.flats + 0.25 * color
    torch.testing.assert_close(image, torch.where(under, mixed, drawings.flats))
    assert torch.equal(edited("ink", drawings, 0.8, k0=0.7), drawings.flats)


def test_light_falls_from_its_side(drawings):
    """Knob 0 is the angle: 0 lights the right, a quarter the lower end. By up to FAR / 2 L*.

    Seen to fail with rows and columns exchanged, and with FAR.
    """
    base = srgb_to_lab(drawings.flats, 1)[:, 0]
    inside = of_regions(drawings, painted_regions(drawings)) & (base > 30) & (base < 70)
    row, column = torch.meshgrid(*[torch.linspace(-1, 1, 64)] * 2, indexing="ij")
    for angle, ramp in ((0.0, column), (0.25, row), (0.125, (row + column) / 2**0.5)):
        image = edited("light", drawings, k0=angle, k1=0.6)
        off = srgb_to_lab(image, 1)[:, 0] - base
        wanted = (0.6 * FAR / 2 * ramp).expand_as(off)
        error = (off - wanted).abs()[inside]
        assert error.median() < 0.1  # colors that leave sRGB are cut
        outside = ~of_regions(drawings, painted_regions(drawings))
        assert not changed(image, drawings)[outside].any()


def test_smear_moves_by_whole_pixels_and_blurs_from_a_tenth_on(drawings):
    """-4 to 4 down and to the right. Seen to fail with rows and columns exchanged."""
    image = edited("smear", drawings, k0=0.09, k1=1.0, k2=0.25)
    torch.testing.assert_close(image, drawings.flats.roll([4, -2], [2, 3]))
    soft = edited("smear", drawings, k0=0.5, k1=0.5, k2=0.5)
    torch.testing.assert_close(soft, blurred(drawings.flats, 1.5).clamp(0, 1))
