"""Bands over seeds."""

import numpy as np
from PIL import Image
from report.test_groups import run

from colorrl.report.curves import band, draw_curves
from colorrl.report.fonts import legible
from colorrl.report.groups import gather


def test_band_is_mean_and_spread_where_all_seeds_are():
    one = {"m": ([0.0, 10.0, 20.0], [0.0, 1.0, 2.0])}
    two = {"m": ([5.0, 10.0, 15.0], [2.5, 3.0, 3.5])}
    images, mean, spread = band(gather([run(curves=one), run(seed=1, curves=two)])[0], "m")
    assert images.tolist() == [5, 10, 15]
    assert mean.tolist() == [1.5, 2.0, 2.5]
    np.testing.assert_allclose(spread, np.std([[0.5, 1, 1.5], [2.5, 3, 3.5]], axis=0, ddof=1))
    assert band(gather([run()])[0], "m") is None


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
