import numpy as np

from colorrl.benchmarks.comics import comic
from colorrl.regions.segment import segment


def test_a_page_is_a_function_of_its_seed_and_has_panels_of_figures():
    page, again, other = (comic(seed, 300, 220) for seed in (3, 3, 4))
    assert page.line.shape == (300, 220) and np.array_equal(page.line, again.line)
    assert not np.array_equal(page.line, other.line)
    # more than its panels alone, which are nine at most
    assert page.label.max() > 10 and (page.label == 0).mean() < 0.4


def test_the_same_page_at_any_size():
    small, large = comic(5, 320, 240), comic(5, 640, 480)
    shrunk = large.line.reshape(320, 2, 240, 2).mean((1, 3))
    # lines of 2 px end a pixel apart at most: a tenth of the paper at the very worst
    assert abs(shrunk - small.line).mean() < 0.1
    assert abs(shrunk - comic(6, 320, 240).line).mean() > abs(shrunk - small.line).mean()


def test_its_regions_are_those_of_the_lines_before_gaps_were_cut():
    page = comic(1, 400, 400)
    assert page.n_gaps > 0
    # without closing gaps, regions of the truth run into one another
    open_label = segment(page.line, ball=0).label.numpy()
    assert open_label.max() < page.label.max()
