"""Each peer on a page that a line with a gap divides: known to close it, or known not to."""

import shutil
from functools import partial

import numpy as np
import pytest

from colorrl.benchmarks import peers
from colorrl.benchmarks.partition import agreement


def divided(gap: int) -> np.ndarray:
    line = np.ones((96, 128), np.float32)
    line[:, 62:65] = 0
    line[48 - gap // 2 : 48 + gap - gap // 2, 62:65] = 1
    return line


TRUTH = np.where(divided(0) > 0.5, 1 + (np.arange(128) > 63), 0).astype(np.int32)
# the largest of the tested gaps that each closes, in pixels; round ones reach into it
CLOSES = {
    "connected": (peers.connected, 0),
    "closing": (partial(peers.closing, radius=4), 4),
    "watershed": (partial(peers.distance_watershed, radius=6), 8),
    "trapped ball": (partial(peers.trapped_ball, radii=(3, 2, 1)), 4),
    "large trapped ball": (partial(peers.trapped_ball, radii=(10, 5, 2, 1)), 16),
}


@pytest.mark.parametrize("name", CLOSES)
@pytest.mark.parametrize("gap", [0, 4, 8, 16, 40])
def test_gaps_are_closed_up_to_the_peer_s_reach(name, gap):
    method, reach = CLOSES[name]
    found = method(divided(gap))
    assert found.dtype == np.int32 and found.min() > 0  # lines are filled
    error = agreement(TRUTH, found).are
    if gap <= reach:
        assert error < 0.01  # corners that no ball reaches are pieces of their own
    elif gap == 40:
        assert error > 0.3  # two halves found as one are a third


@pytest.mark.slow  # the default suite needs no program that pip cannot install, and skips nothing
@pytest.mark.skipif(shutil.which("gmic") is None, reason="G'MIC is not installed")
@pytest.mark.parametrize("gap", [0, 8])
def test_gmic_s_regions_are_read_back_from_its_colors(gap):
    assert agreement(TRUTH, peers.gmic_smart(divided(gap))).are < 0.01


def test_without_gmic_the_missing_file_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FileNotFoundError, match="gmic"):
        peers.gmic_smart(divided(0))
