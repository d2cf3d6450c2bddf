"""Bands over seeds."""

import numpy as np
from PIL import Image
from scipy import stats

from colorrl.report.curves import band, draw_curves
from colorrl.report.fonts import legible
from colorrl.report.groups import gather
from tests.report.test_groups import run


def test_band_is_mean_and_interval_where_all_seeds_are():
    one = {"m": ([0.0, 10.0, 20.0], [0.0, 1.0, 2.0])}
    two = {"m": ([5.0, 10.0, 15.0], [2.5, 3.0, 3.5])}
    images, mean, half = band(gather([run(curves=one), run(seed=1, curves=two)])[0], "m")
    assert images.tolist() == [5, 10, 15]
    assert mean.tolist() == [1.5, 2.0, 2.5]
    values = np.array([[0.5, 1, 1.5], [2.5, 3, 3.5]])
    low, _ = stats.ttest_1samp(values, 0, axis=0).confidence_interval(0.95)
    np.testing.assert_allclose(half, values.mean(0) - low)
    assert band(gather([run()])[0], "m") is None


def test_seconds_are_those_of_the_run_itself():
    """Runs of one image rate are read off at the time they had, not at the image."""
    slow = {"m": ([10.0, 20.0], [1.0, 2.0]), "seconds": ([10.0, 20.0], [100.0, 200.0])}
    fast = {"m": ([10.0, 20.0], [1.0, 2.0]), "seconds": ([10.0, 20.0], [50.0, 150.0])}
    place, mean, _ = band(gather([run(curves=slow), run(seed=1, curves=fast)])[0], "m", "seconds")
    assert place.tolist() == [100, 150]
    assert mean.tolist() == [1.25, 1.75]
    assert band(gather([run(curves={"m": ([0.0], [1.0])})])[0], "m", "seconds") is None


def test_charts_are_drawn_for_any_name(tmp_path, recwarn):
    curves = {"m": ([0.0, 10.0], [0.0, 1.0]), "n": ([0.0], [1.0])}
    groups = gather([run("기준선", curves=curves), run("b")])
    draw_curves(groups, ["m", "n", "m", "m"], tmp_path / "c.png")
    pixels = np.asarray(Image.open(tmp_path / "c.png").convert("RGB"))
    assert (np.abs(pixels.astype(int) - (0, 0x72, 0xB2)).max(-1) < 20).any()  # the first colour
    assert not [w for w in recwarn if "Glyph" in str(w.message)]


def test_a_label_without_a_font_gives_way_to_its_column():
    assert legible("train lr=1e-5 ±…", 0) == "train lr=1e-5 ±…"
    assert legible("\U0001fa77", 2) == "column 3"
