"""A grown generator answers as the small one did."""

from dataclasses import replace

import torch

from colorrl.policy.grow import grow
from tests.tiny import network


def doubled(image):
    return image.repeat_interleave(2, -1).repeat_interleave(2, -2)


@torch.no_grad()
def test_grown_says_the_same(small_drawings):
    """Seen to fail without either division by 4, and with pixels spread in another order."""
    small = network("region")
    large = grow(small)
    assert large.config.size == 64 and large.config.patch == 8
    region_index = doubled(small_drawings.regions.region_index)
    regions = replace(small_drawings.regions, region_index=region_index)
    page = replace(small_drawings, line=doubled(small_drawings.line), regions=regions)
    x = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    t = torch.full((4,), 0.6)
    expected = doubled(small.predict(x, t, small.encode(small_drawings)))
    found = large.predict(doubled(x), t, large.encode(page))
    # the spread of a region is read to half a pixel more: up to 0.01 of it moves
    torch.testing.assert_close(found, expected, rtol=0, atol=0.01)
    assert expected.std() > 0.1
