from dataclasses import replace

import torch

from colorrl.rewards.line import LinePreservation
from colorrl.rewards.reading import read

TERM = LinePreservation(role="gate", weight=1.0, width=0.05)


def _value(image, sketch):
    return TERM(read(image, sketch), sketch, 1.0).value


def test_the_composite_keeps_its_lines_and_flats_have_none(drawings):
    truth = _value(drawings.flats * drawings.line, drawings)
    torch.testing.assert_close(truth, torch.ones(5), atol=1e-3, rtol=0)
    assert (_value(drawings.flats, drawings) < 0.5).all()


def test_half_a_line_erased_costs_what_it_covers(drawings):
    kept = drawings.line.clone()
    kept[..., :32] = 1.0
    value = _value(kept.expand(-1, 3, -1, -1), drawings)
    ink = 1 - drawings.line
    expected = ink[..., 32:].sum((1, 2, 3)) / ink.sum((1, 2, 3))
    torch.testing.assert_close(value, expected, atol=1e-3, rtol=0)


def test_a_grey_line_erased_costs_by_how_dark_it_was(drawings):
    """Gray .5 has an L* of 53.4. Seen to fail with the line's lightness not in [0, 1]."""
    grey = replace(drawings, line=torch.where(drawings.line < 1, 0.5, 1.0))
    value = _value(torch.ones_like(drawings.flats), grey)
    torch.testing.assert_close(value, torch.full((5,), 0.534), atol=1e-3, rtol=0)


def test_a_new_line_costs_and_a_dark_shape_does_not(drawings):
    page = drawings.flats * drawings.line
    crossed, filled = page.clone(), page.clone()
    crossed[:, :, 3:4] = 0.0
    filled[:, :, :12, :12] = 0.0
    cost = 1 - _value(crossed, drawings)
    length = 64 / (1 - drawings.line).sum((1, 2, 3))
    torch.testing.assert_close(cost, length, atol=0.05, rtol=0)
    assert (_value(filled, drawings) > 0.97).all()


def test_a_black_page_cheats_it(drawings):
    torch.testing.assert_close(_value(torch.zeros_like(drawings.flats), drawings), torch.ones(5))
