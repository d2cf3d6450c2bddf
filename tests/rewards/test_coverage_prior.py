from dataclasses import replace

import pytest
import torch

from colorrl.rewards.coverage_prior import CoveragePrior
from colorrl.rewards.reading import read

TERM = CoveragePrior("gate", 1.0, blank=3.0, painted=8.0, near_paper=3.0, unpainted=0.1)


def _mark(image, sketch):
    return TERM(read(image, sketch), sketch, 1.0)


def _half_blank(drawings):
    """The house with its largest region blank, and that region's share of what is enclosed."""
    area = drawings.regions.area[1] * (drawings.regions.weight[1] > 0)
    region = int(area.argmax())
    blank = (drawings.regions.region_index == region) & (torch.arange(5) == 1).view(5, 1, 1)
    image = torch.where(blank.unsqueeze(1), 1.0, drawings.flats)
    return image, region, (area[region] / area.sum()).item()


def test_blank_area_beyond_what_flats_leave_costs(drawings):
    image, region, share = _half_blank(drawings)
    mark = _mark(image, drawings)
    torch.testing.assert_close(mark.value[1], torch.tensor(1 - (share - 0.1) / 0.9))
    assert mark.region[1, region] == 0 and (mark.value[[0, 3, 4]] == 1).all()
    # Repainting the region moves the value by its stake, up to the whole.
    assert mark.value[1] + mark.sensitivity[1, region] >= 1
    assert mark.sensitivity[1, region].item() == pytest.approx(share / 0.9, rel=1e-4)


def test_what_is_painted_whole_is_credited_where_nothing_may_stay_open(drawings):
    """Blank in its place it would cost. Seen to fail with the slope of what exceeds alone."""
    full = torch.full_like(drawings.flats, 0.3)
    area = drawings.regions.area * (drawings.regions.weight > 0)
    strict = replace(TERM, unpainted=0.0)(read(full, drawings), drawings, 1.0)
    torch.testing.assert_close(strict.sensitivity, area / area.sum(1, keepdim=True))
    assert not _mark(full, drawings).sensitivity.any()  # a tenth may


def test_a_white_page_is_not_covered(drawings):
    page = _mark(torch.ones_like(drawings.flats), drawings).value
    torch.testing.assert_close(page, torch.zeros(5), atol=1e-6, rtol=0)


def test_white_paint_that_is_asked_for_may_look_blank(drawings):
    image, _, share = _half_blank(drawings)
    white = torch.cat([drawings.palette, torch.ones(5, 1, 3)], 1)
    asked = torch.cat([drawings.share * (1 - share), torch.full((5, 1), share)], 1)
    sketch = replace(drawings, palette=white, share=asked)
    assert _mark(image, sketch).value[1] == 1
    # What cheats it: any colour at all.
    assert (_mark(torch.full_like(image, 0.3), sketch).value == 1).all()
