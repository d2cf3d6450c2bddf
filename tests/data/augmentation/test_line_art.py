from dataclasses import replace

import pytest
import torch

from colorrl.data.augmentation.line_art import on_paper, redraw, toned, widened, with_gaps
from tests.conftest import SCENES, draw
from tests.data.augmentation.test_augment import NEVER, equal

ALWAYS = replace(NEVER, width=1.0, gaps=1.0, tone=1.0, paper=1.0)


@pytest.fixture(params=SCENES)
def sketch(request):
    return draw(request.param, 64)


def dice(seed=0):
    return torch.Generator().manual_seed(seed)


def ink(line):
    return float((1 - line).sum())


def test_the_line_alone_changes_and_the_seed_decides(sketch):
    out = redraw(sketch, 3, ALWAYS)
    assert equal(replace(out, line=sketch.line), sketch) and not torch.equal(out.line, sketch.line)
    assert equal(out, redraw(sketch, 3, ALWAYS)) and not equal(out, redraw(sketch, 4, ALWAYS))
    assert out.line.dtype == torch.float32 and out.line.min() >= 0 and out.line.max() <= 1
    assert redraw(sketch, 3, NEVER) is sketch


def test_width_goes_both_ways(sketch):
    """Scenes have lines of one pixel: half a step wider on both sides is twice the ink."""
    assert 1.7 < ink(widened(sketch.line, 0.5)) / ink(sketch.line) < 2.3
    assert ink(widened(sketch.line, -0.5)) < 0.8 * ink(sketch.line)
    assert torch.equal(widened(sketch.line, 0.0), sketch.line)


def test_gaps_open_the_line_between_two_regions(sketch):
    out = with_gaps(sketch.line, sketch.regions, 4, 6.0, dice())
    changed = out != sketch.line
    assert (out >= sketch.line).all() and changed.any()
    # a disc of a diameter up to 6 px and half a pixel of softness takes at most 7 px of a line
    # of one pixel, up to three lines in a crossing
    assert changed.sum() <= 4 * 7 * 3
    bare = replace(sketch.regions, across=torch.zeros_like(sketch.regions.across))
    assert torch.equal(with_gaps(sketch.line, bare, 4, 6.0, dice()), sketch.line)


def test_tones_are_one_for_all_or_one_a_region(sketch):
    seen = set()
    for seed in range(12):
        out = toned(sketch.line, sketch.regions, 0.35, dice(seed))
        dark = 1 - out[sketch.line == 0]
        assert dark.min() >= 0.35 - 1e-6 and dark.max() <= 1 and (out[sketch.line == 1] == 1).all()
        seen.add(len(dark.unique()) > 1)
    assert seen == {True, False}


def test_paper_is_darker_and_has_grain(sketch):
    white = torch.ones_like(sketch.line)
    plain = on_paper(white, 0.25, 0.0, dice(1))
    assert 0.75 <= plain.min() < plain.max() <= 1
    # no step from pixel to pixel: 0.25 over the 21 px between two of three places
    assert (plain.diff(dim=2).abs().max()) < 0.25 / 21 * 1.5
    grainy = on_paper(white, 0.0, 0.06, dice(1))
    assert 0.001 < grainy.std() < 0.06
