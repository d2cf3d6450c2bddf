"""The suite of artists' pages end to end, small."""

from functools import partial

import numpy as np
import pytest

from colorrl.benchmarks.artist_kinds import KINDS, LEVELS, case
from colorrl.benchmarks.artists import ArtistSuite, compared, ours, plain
from colorrl.errors import UserError


def suite(**changes):
    values = {
        "name": "artists",
        "kinds": ["negative"],
        "drawings": 1,
        "size": 224,
        "methods": {"ours": ours, "plain": plain},
        "only": None,
        "max_bled": 0.03,
        "max_per_area": 1.6,
        "seed": 0,
        "limit": None,
        "workers": 1,
    }
    return ArtistSuite(**values | changes)


def test_figures_of_a_small_run():
    report = suite()()
    values = report.values
    assert values["bench/negative_2/ours/bled"] < 0.01 < values["bench/negative_2/plain/bled"]
    assert values["bench/notes/ours/recall"] == 1 and values["bench/notes/ours/precision"] == 1
    assert "## ours: share of the area bled" in report.markdown and not report.failures


def test_what_misses_its_bar_fails():
    """Bars that nothing can meet. Seen to fail with `_short` left out."""
    assert suite(kinds=["scale"], max_per_area=0.1)().failures
    with pytest.raises(UserError, match="kinds: what is none of"):
        suite(kinds=["what"])()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_every_level_and_the_same_twice(kind):
    for level in range(LEVELS):
        made, again = (case(kind, level, 3, 96) for _ in range(2))
        assert made.picture.dtype == np.uint8 and made.picture.shape[:2] == made.truth.shape
        assert np.array_equal(made.picture, again.picture) and made.truth.max() > 1


def test_bled_is_what_lies_in_another_areas_region():
    truth = np.repeat([[1, 1, 2, 2]], 30, axis=0).astype(np.int32)
    assert compared(truth, truth) == (0, 2, 2)
    assert compared(truth, np.ones_like(truth)) == (0.5, 1, 2)
    assert partial(compared, truth)(np.arange(120).reshape(30, 4).astype(np.int32))[0] == 0
