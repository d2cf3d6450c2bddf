from dataclasses import replace

import torch

from colorrl.rewards.adjacency_prior import AdjacencyPrior
from colorrl.rewards.cheats import CHEATS
from colorrl.rewards.reading import paint, read

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
    """Seen to fail when edges of blank regions counted: leaving one out paid for a contrast."""
    house, slots = drawings.select([1]), drawings.regions.n_slots
    blank = torch.full((1, slots, 3), 0.4)
    roof = house.regions.region_index[0, 20, 32]  # it touches the wall alone
    blank[0, roof] = 1.0
    image = paint(blank, house.regions.region_index)
    white = replace(house, palette=torch.ones_like(house.palette))
    assert _value(image, white).item() > 0.5
    torch.testing.assert_close(_value(image, house), torch.tensor([0.25]), atol=1e-3, rtol=0)
