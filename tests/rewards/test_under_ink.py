"""Paint under the ink: either neighbour's colour is right, anything else costs."""

from dataclasses import replace

import pytest
import torch

from colorrl.color import delta_e_76
from colorrl.rewards.cheats.given import region_colors
from colorrl.rewards.reading import paint, read
from colorrl.rewards.under_ink import UnderInk

TERM = UnderInk("gate", 1.0, slack=2.0, tau=20.0)


def _mark(image, sketch):
    return TERM(read(image, sketch), sketch, 1.0)


def test_value_equals_a_loop_over_ink_pixels(drawings, reading, add_up):
    mark = TERM(reading, drawings, 1.0)
    for n in range(len(drawings)):
        kept = []
        for y, x in (drawings.regions.label[n] == 0).nonzero().tolist():
            sides = {
                int(m[n, y, x]) for m in (drawings.regions.region_index, drawings.regions.across)
            }
            away = min(
                delta_e_76(reading.lab[n, :, y, x], reading.center[n, r]).item()
                for r in sides - {0}
            )
            kept.append(torch.tensor(-max(0.0, away - 2) / 20).exp().item())
        assert mark.value[n].item() == pytest.approx(sum(kept) / len(kept), abs=1e-4)
    torch.testing.assert_close(add_up(mark), mark.value)
    assert mark.value.max() < 0.95  # the muddle tests something


def test_either_side_of_a_line_may_go_on_under_it(drawings):
    """Seen to fail with the owner's colour alone."""
    ink = (drawings.regions.label == 0) & (drawings.regions.across > 0)
    across = paint(region_colors(drawings), drawings.regions.across)
    image = torch.where(ink.unsqueeze(1), across, drawings.flats)
    torch.testing.assert_close(_mark(image, drawings).value, torch.ones(5))


def test_a_color_of_neither_side_shuts_the_gate(drawings):
    ink = drawings.regions.label.unsqueeze(1) == 0
    magenta = torch.tensor([1.0, 0.0, 1.0]).view(1, 3, 1, 1)
    assert (_mark(torch.where(ink, magenta, drawings.flats), drawings).value < 0.1).all()


def test_a_sketch_without_ink_asks_for_nothing(drawings, muddle):
    regions = replace(drawings.regions, label=drawings.regions.region_index)
    mark = _mark(muddle, replace(drawings, regions=regions))
    assert (mark.value == 1).all() and (mark.sensitivity == 0).all()
