import numpy as np
import pytest
import torch

from colorrl.data.colors import MAX_PALETTE, paint, palette_of, region_colors
from colorrl.regions.graph import build
from tests.conftest import draw


def stripes(widths):
    """Regions side by side, 4 px high, inside a background of one pixel's width."""
    row = np.repeat(np.arange(2, len(widths) + 2), widths)
    return build(np.pad(np.tile(row, (4, 1)), 1, constant_values=1).astype(np.int32), "sha")


def test_paint_and_read_are_inverse():
    regions = draw("house", 64).regions
    color = torch.rand(regions.n_regions + 1, 4, generator=torch.Generator().manual_seed(0))
    found = region_colors(paint(color, regions.region_index), regions)
    assert torch.equal(found[1:], color[1:])
    assert not found[0].any()


def test_shares_are_of_the_painted_area_without_the_background():
    regions = stripes([2, 4, 1, 3])
    color = torch.tensor([[0.0] * 3, [1, 1, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1]])
    painted = torch.tensor([True, True, True, True, True, False])
    palette, share = palette_of(color, painted, regions)
    assert palette.tolist() == [[0, 1, 0], [1, 0, 0]]
    assert share.tolist() == pytest.approx([4 / 7, 3 / 7])


def test_white_is_a_color_where_it_is_paint():
    regions = stripes([2, 6])
    color = torch.tensor([[0.0] * 3, [1, 1, 1], [1, 1, 1], [0, 0, 1]])
    palette, share = palette_of(color, torch.tensor([False, False, True, True]), regions)
    assert palette.tolist() == [[0, 0, 1], [1, 1, 1]]
    assert share.tolist() == [0.75, 0.25]


def test_the_rarest_colors_join_their_nearest():
    n = MAX_PALETTE + 2
    regions = stripes([1, 1] + [3] * (n - 2))
    gray = torch.linspace(0, 1, n)
    color = torch.cat([torch.zeros(2), gray])[:, None].expand(-1, 3).contiguous()
    palette, share = palette_of(color, torch.ones(n + 2, dtype=torch.bool), regions)
    assert len(palette) == MAX_PALETTE
    assert share.sum().item() == pytest.approx(1)
    # 0 joined 1, which then was still the rarest and joined 2
    assert palette[0].tolist() == pytest.approx([gray[2].item()] * 3)
    assert share[0].item() == pytest.approx(5 / (2 + 3 * (n - 2)))


def test_no_paint_at_all():
    regions = stripes([2, 2])
    palette, share = palette_of(torch.ones(4, 3), torch.zeros(4, dtype=torch.bool), regions)
    assert palette.shape == (1, 3) and share.tolist() == [0]
