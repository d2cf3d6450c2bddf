"""The cheats are what they say, each a picture and wrong."""

from dataclasses import replace

import pytest
import torch

from colorrl.color import delta_e_76, lab_to_srgb, srgb_to_lab
from colorrl.metrics import evaluate_images
from colorrl.rewards.cheats import CHEATS, FLAT
from colorrl.rewards.cheats.flat import _map_colors
from colorrl.rewards.cheats.given import other_entries, region_colors, shaded
from colorrl.rewards.cheats.pixels import _lightened
from colorrl.rewards.reading import paint, region_mean
from tests.rewards.flat import is_flat

UNDER_INK = {"magenta_under_ink", "colour_under_ink"}  # they leave every open pixel as it is


def _image(name, drawings):
    return CHEATS[name](drawings, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", CHEATS)
def test_every_cheat_is_a_picture_and_wrong(drawings, name):
    image = _image(name, drawings)
    assert image.shape == drawings.flats.shape
    assert image.min() >= 0 and image.max() <= 1 and image.isfinite().all()
    assert torch.equal(image, _image(name, drawings))
    inside = (drawings.regions.weight > 0).float().unsqueeze(2)
    counted = paint(inside, drawings.regions.label) > 0
    if name in UNDER_INK:
        counted = drawings.regions.label.unsqueeze(1) == 0
    # 0.02 of sRGB: 3 dE, the least that a cheat changes (texture)
    assert ((image - drawings.flats).abs() * counted).amax((1, 2, 3)).min() > 0.02


def test_flat_cheats_are_those_of_one_color_a_region(drawings):
    """What paired_exact is audited with. Seen to fail with `half_flooded` among the flat ones."""
    flat = {name for name in CHEATS if is_flat(_image(name, drawings), drawings)}
    assert flat == set(FLAT)


def test_single_pixels_are_as_many_as_said(drawings):
    """One in twenty and one in seven. Seen to fail with all pixels, and with six in seven."""
    for name, share in (("sparse_inverted", 0.05), ("salt_and_pepper", 1 / 7)):
        hit = (_image(name, drawings) - drawings.flats).abs().amax(1) > 1e-3
        assert hit.float().mean().item() == pytest.approx(share, abs=0.01)  # 4 standard errors


def test_small_regions_ignored_are_the_smaller_half(drawings):
    """The middle one too where they are odd. Seen to fail with one more."""
    image, regions = _image("small_regions_ignored", drawings), drawings.regions
    for n in range(len(drawings)):
        inside = (regions.weight[n] > 0).nonzero().flatten()
        by_size = inside[regions.area[n, inside].argsort(stable=True)]
        changed = (image[n] - drawings.flats[n]).abs().amax(0) > 0.02
        wrong = regions.region_index[n][changed].unique()
        assert len(wrong) == (len(inside) + 1) // 2
        assert regions.area[n, wrong].max() <= regions.area[n, by_size[len(wrong) - 1]]


def test_gradient_falls_by_24_from_top_to_foot(drawings):
    """Seen to fail with the light from below."""
    image, background = _image("gradient", drawings), drawings.regions.background.view(-1, 1, 1)
    off = (srgb_to_lab(image, 1) - srgb_to_lab(drawings.flats, 1))[:, 0]
    inside = drawings.regions.region_index != background
    wanted = torch.linspace(12, -12, 64)[:, None].expand_as(off)
    assert (off - wanted).abs()[inside].median() < 0.1  # some colors leave sRGB and are cut
    assert not off[~inside].any()


@pytest.mark.parametrize(("by", "lightness"), [(-60.0, 0.0), (90.0, 100.0), (5.0, 37.3)])
def test_light_ends_at_black_and_at_white(by, lightness):
    """L* is cut at 0 and 100; a and b stay. Seen to fail with either end one further."""
    blue = torch.tensor([0.0, 0.0, 1.0]).view(1, 3, 1, 1)  # L* 32.3
    lab = srgb_to_lab(blue, 1)
    lab[:, 0] = lightness
    wanted = lab_to_srgb(lab, 1).clamp(0, 1)
    found = _lightened(blue, torch.full((1, 1, 1, 1), by))
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=0)


def test_shift_moves_two_pixels_to_the_right(drawings):
    """A 48th of 64 px is one: the least is two. Seen to fail with 48 px more."""
    assert torch.equal(_image("shift", drawings), drawings.flats.roll(2, 3))


def test_noise_has_its_standard_deviation(drawings):
    """8 of 255 on pixels that no clamp reaches. Seen to fail with a remainder for a product."""
    off = _image("noise", drawings) - drawings.flats
    inside = (drawings.flats > 0.2) & (drawings.flats < 0.8)
    n = int(inside.sum())
    assert off[inside].std().item() * 255 == pytest.approx(8, rel=4 / (2 * n) ** 0.5)
    assert abs(off[inside].mean().item()) * 255 < 4 * 8 / n**0.5


def test_a_map_takes_the_first_ink_that_no_smaller_neighbour_has():
    """Two pairs that do not touch. Seen to fail with the inks of all edges taken."""
    assert _map_colors([[1, 2], [3, 4], [2, 4]], 5, 3) == [0, 0, 1, 0, 2]


def test_the_dominant_color_is_the_one_of_most_pixels(drawings):
    """Not of most regions. Seen to fail with their number counted."""
    page, true = _image("dominant_colour", drawings), region_colors(drawings)
    for n in range(len(drawings)):
        area = {}
        for r in range(1, drawings.regions.n_slots):
            key = tuple(true[n, r].mul(255).round().tolist())
            area[key] = area.get(key, 0.0) + drawings.regions.area[n, r].item()
        wanted = torch.tensor(max(area, key=area.get)) / 255
        torch.testing.assert_close(
            page[n], wanted[:, None, None].expand(3, 64, 64), atol=1e-3, rtol=0
        )


def test_permuted_colors_keep_groups_and_background(drawings):
    image = _image("permuted_colours", drawings)
    torch.testing.assert_close(image[:, :, 0, 0], drawings.flats[:, :, 0, 0])
    row = evaluate_images(image, drawings)
    assert (row["grouping_ari"] > 0.99).all() and (row["region_accuracy"] == 0).all()


def test_map_coloring_never_gives_neighbors_one_color(drawings):
    image = _image("map_colouring", drawings)
    region_index = drawings.regions.region_index
    beside = region_index[:, :, 1:] != region_index[:, :, :-1]
    step = (image[:, :, :, 1:] - image[:, :, :, :-1]).abs().sum(1)
    assert (step[beside] > 0.05).all()


def test_small_regions_blank_keeps_to_its_share(drawings):
    """Seen to fail when white regions counted as painted, and with no region left to blank."""
    image, regions = _image("small_regions_blank", drawings), drawings.regions
    # 1e-3: a region's mean of equal fp32 numbers is off by a rounding
    changed = (image - drawings.flats).abs().amax(1) > 1e-3
    assert (image.movedim(1, -1)[changed] == 1).all()
    for n in range(len(drawings)):
        bare = regions.region_index[n][changed[n]].unique()
        inside = regions.area[n] * (regions.weight[n] > 0)
        share = inside[bare].sum() / inside.sum()
        assert len(bare) == 1 or share <= 0.12
        assert inside[bare].max() <= inside[inside > 0].median()
    # the fish in white but for its largest region and its smallest: only they can be blanked
    fish = drawings.select([2])
    area = fish.regions.area[0] * (fish.regions.weight[0] > 0)
    painted = [int(area.argmax()), int(area.masked_fill(area == 0, torch.inf).argmin())]
    colors = torch.ones(1, fish.regions.n_slots, 3)
    colors[0, painted] = 0.3
    flats = paint(colors, fish.regions.region_index)
    image = CHEATS["small_regions_blank"](replace(fish, flats=flats), torch.Generator())
    changed = (image - flats).abs().amax(1) > 1e-3
    assert fish.regions.region_index[changed].unique().tolist() == painted[1:]
    colors[0, painted[1]] = 1.0  # the smallest one is white, too: the largest is left
    flats = paint(colors, fish.regions.region_index)
    image = CHEATS["small_regions_blank"](replace(fish, flats=flats), torch.Generator())
    changed = (image - flats).abs().amax(1) > 1e-3
    assert fish.regions.region_index[changed].unique().tolist() == painted[:1]


def test_largest_region_off_is_8_off_in_one_region(drawings):
    """Seen to fail with the background counted as a region."""
    image, regions = _image("largest_region_off", drawings), drawings.regions
    off = delta_e_76(*(srgb_to_lab(x, 1).movedim(1, -1) for x in (image, drawings.flats)))
    moved = off > 1
    inside = regions.area * (regions.weight > 0)
    assert torch.equal(moved, regions.region_index == inside.argmax(1).view(-1, 1, 1))
    # 8, but for what leaves the gamut of sRGB
    assert 7 < off[moved].median() < 8.1 and off[moved].max() < 10


def test_paint_under_ink_leaves_open_pixels_alone(drawings):
    is_open = (drawings.regions.label > 0).unsqueeze(1)
    for name in UNDER_INK:
        assert (_image(name, drawings) == drawings.flats).masked_select(is_open).all()
    ink = _image("magenta_under_ink", drawings).movedim(1, -1)[~is_open[:, 0]]
    assert (ink == torch.tensor([1.0, 0.0, 1.0])).all()


def test_dither_and_stripes_keep_what_a_region_reads(drawings):
    """The mean of the one and the median of the other are the truth's: that is the cheat."""
    regions, true = drawings.regions, region_colors(drawings)
    large = regions.area > 100  # a checkerboard's halves differ by a pixel or two in small regions
    large[:, 0] = False
    mean = region_mean(_image("dither", drawings), regions)
    assert (mean - true)[large].abs().max() < 0.02
    right = (_image("striped", drawings) - drawings.flats).abs().amax(1, keepdim=True) < 1e-6
    share = region_mean(right.float(), regions).squeeze(2)
    assert share[large].min() > 0.5 and share[regions.weight > 0].mean() < 0.75


def test_shuffled_pixels_are_the_truths_own(drawings):
    ours, true = (
        x.flatten(2).sum(1).sort(1).values
        for x in (_image("shuffled_pixels", drawings), drawings.flats)
    )
    torch.testing.assert_close(ours, true)


def test_color_in_lines_leaves_the_paper_white(drawings):
    image, ink = _image("colour_in_lines", drawings), drawings.regions.label.unsqueeze(1) == 0
    assert (image.masked_select(~ink) == 1).all()
    assert torch.equal(image.masked_select(ink), drawings.flats.masked_select(ink))


def test_neighbors_give_their_colors(drawings):
    """In 'flag' the disc in the middle stripe has that stripe as its only neighbour."""
    image, flag = _image("neighbour_colours", drawings), 3
    true = drawings.flats[flag, :, 32, 10]  # the middle stripe
    torch.testing.assert_close(image[flag, :, 32, 32], true)
    torch.testing.assert_close(image[flag, :, 0, 0], drawings.flats[flag, :, 0, 0])


def test_texture_stays_under_what_gold_sees(drawings):
    labs = [srgb_to_lab(x, 1).movedim(1, -1) for x in (_image("texture", drawings), drawings.flats)]
    assert 2.0 < delta_e_76(*labs).median() <= 3.1


def test_other_entries_are_the_palettes_and_other(drawings):
    colors = region_colors(drawings)
    other = other_entries(drawings, colors, torch.Generator().manual_seed(0))
    known = drawings.regions.area > 0
    assert ((other - colors).abs().amax(2)[known] > 0.05).all()
    away = (other.unsqueeze(2) - drawings.palette.unsqueeze(1)).abs().amax(3).amin(2)
    assert (away[known] < 1e-6).all()


def test_shaded_is_the_rendered_fill_on_paper(drawings):
    torch.testing.assert_close(shaded(drawings, torch.Generator()), drawings.flats)
