"""Credits against the closed form, where regions do and do not look at each other."""

import pytest

from tests.learn.coupled import measured

GROUPS = 200


def test_image_credit_points_where_the_truth_does():
    """However the network is wired."""
    for across in (0.0, 0.3):
        found = measured("image", across, GROUPS)
        assert found.angle < 2 * found.error < 45


def test_region_credit_is_right_and_less_noisy_where_regions_are_alone():
    image, region = (measured(kind, 0.0, GROUPS) for kind in ("image", "region"))
    assert region.angle < 2 * region.error
    assert region.noise < 0.8 * image.noise


@pytest.mark.parametrize("kind", ["region", "mix"])
def test_region_credit_turns_away_where_a_region_moves_its_neighbor(kind):
    """It does not see what a region's noise earns elsewhere. Seen to fail with ``kind`` image."""
    found = measured(kind, 0.3, GROUPS)
    assert found.angle > 3 * found.error
