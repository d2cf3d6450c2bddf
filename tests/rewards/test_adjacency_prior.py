from dataclasses import replace

import torch

from colorrl.rewards.adjacency_prior import AdjacencyPrior, as_asked
from colorrl.rewards.cheats import CHEATS
from colorrl.rewards.reading import inside_share, paint, read

TERM = AdjacencyPrior(role="gate", weight=1.0, full=10.0, usual=0.5, least=0.25, near_paper=3.0)


def _value(image, sketch):
    return TERM(read(image, sketch), sketch, 1.0).value


def test_value_equals_a_loop_over_inner_edges(drawings, reading, d00):
    mild = read(drawings.flats * 0.04 + 0.5, drawings)  # colours 1 to 4 dE apart
    for seen in (reading, mild):
        mark = TERM(seen, drawings, 1.0)
        for n in range(len(drawings)):
            won = length = 0.0
            background = drawings.regions.background[n]
            for (i, j), contact in zip(
                drawings.regions.edges[n].tolist(),
                drawings.regions.contact[n].tolist(),
                strict=True,
            ):
                if background not in (i, j) and contact:
                    won += contact * min(1.0, d00(seen.center[n, i], seen.center[n, j]) / 10)
                    length += contact
            expected = 0.25 + 0.75 * min(1.0, won / length / 0.5) if length else 1.0
            assert abs(mark.value[n].item() - expected) < 1e-3
            # An edge stands in two regions' readings: half their lack is the term's.
            lack = 1 - (mark.sensitivity[n] * mark.region[n]).sum() / 2 - 0.25 if length else 0.0
            if mark.sensitivity[n].any():
                assert abs(lack - (1 - expected)) < 1e-3
    assert mark.value.min() < 0.9


def test_one_color_keeps_the_least_and_a_map_all(drawings):
    gray = _value(torch.full_like(drawings.flats, 0.5), drawings)
    torch.testing.assert_close(gray, torch.full((5,), 0.25), atol=1e-3, rtol=0)
    maps = CHEATS["map_colouring"](drawings, torch.Generator().manual_seed(0))
    assert (_value(maps, drawings) == 1).all()
    torch.testing.assert_close(_value(drawings.flats, drawings), torch.ones(5))


def test_a_blank_region_is_no_difference_unless_white_is_asked_for(drawings):
    """Seen to fail when edges of blank regions counted: leaving one out paid for a contrast.

    And with such edges taken for alike in place of left out: the door is half of what is left.
    """
    house, slots = drawings.select([1]), drawings.regions.n_slots
    blank = torch.full((1, slots, 3), 0.4)
    roof = house.regions.region_index[0, 20, 32]  # it touches the wall alone
    blank[0, roof] = 1.0
    image = paint(blank, house.regions.region_index)
    white = replace(house, palette=torch.ones_like(house.palette))
    assert _value(image, white).item() > 0.5
    torch.testing.assert_close(_value(image, house), torch.tensor([0.25]), atol=1e-3, rtol=0)
    blank[0, house.regions.region_index[0, 46, 23]] = 0.8
    image = paint(blank, house.regions.region_index)
    torch.testing.assert_close(_value(image, house), torch.ones(1))


def test_blank_area_beyond_the_share_of_white_is_no_difference(drawings):
    """Of the window, none, a tenth or all. Seen to fail with differences of all blank regions."""
    house, slots = drawings.select([1]), drawings.regions.n_slots
    door, window = (house.regions.region_index[0, y, x] for y, x in ((46, 23), (41, 41)))
    area = inside_share(house.regions)[0]
    assert area[door] > area[window] > 0
    palette = torch.full_like(house.palette, 0.4)
    palette[:, 0] = 1.0

    def value(white, *blank):
        share = torch.zeros_like(house.share)
        share[0, :2] = torch.stack([white, 1 - white])
        colors = torch.full((1, slots, 3), 0.4)
        colors[0, list(blank)] = 1.0
        asked = replace(house, palette=palette, share=share)
        return _value(paint(colors, house.regions.region_index), asked).item()

    right = value(area[door], door)
    tenth = value(area[door] + area[window] / 10, door, window)
    all_of_it = value(area[door] + area[window], door, window)
    assert 0.5 < right < tenth < all_of_it == 1
    assert abs(value(area[door], door, window) - right) < 1e-3


def test_the_largest_blank_regions_are_taken_first():
    """A region that the share ends in has a part. Seen to fail with the smallest first."""
    area = torch.tensor([[0.0, 0.1, 0.4, 0.2, 0.3]])
    blank = torch.tensor([[False, True, True, True, False]])
    expected = {0.0: [1, 0, 0, 0, 1], 0.3: [1, 0, 0.75, 0, 1], 0.5: [1, 0, 1, 0.5, 1]}
    expected[0.7] = [1, 1, 1, 1, 1]
    for white, kept in expected.items():
        found = as_asked(blank, area, torch.tensor([[white]]))
        torch.testing.assert_close(found, torch.tensor([kept], dtype=torch.float32))
