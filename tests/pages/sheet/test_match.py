"""A coloured drawing and the same one moved: every region is itself."""

import numpy as np
import pytest

from colorrl.pages.sheet.assignment import Placement
from colorrl.pages.sheet.logit import read
from colorrl.pages.sheet.lookalikes import Lookalikes
from colorrl.pages.sheet.match import Matches, match, matched
from colorrl.pages.sheet.sheet import Sheet, colors_of, figures
from colorrl.regions.segment import segment
from tests.pages.sheet.test_registration import figure, moved


def colored(*lines):
    """A sheet with the drawings ``lines`` beside each other, each region in a colour of its own."""
    gap = np.ones((len(lines[0]), 40), np.float32)
    line = np.concatenate([part for drawn in lines for part in (drawn, gap)], 1)
    regions = segment(line)
    n = regions.n_regions + 1
    colors = np.random.default_rng(0).integers(0, 256, (n, 3)).astype(np.uint8)
    bare = np.zeros(n, bool)
    bare[[0, regions.background]] = True
    return Sheet(line, regions.region_index.numpy(), colors, bare, regions.background)


@pytest.fixture(scope="module")
def sheet():
    return colored(figure())


def test_regions_are_found_again(sheet):
    matrix = np.array([[-1.2, 0, 330], [0, 1.2, 30]])  # mirrored
    page = moved(sheet.line, matrix, (330, 360))
    regions = segment(page)
    found = match(sheet, page, regions.region_index.numpy(), regions.background)
    area = regions.area.numpy()
    for region in range(1, regions.n_regions + 1):
        if region == regions.background:
            assert not found.sure[region]
            continue
        rows, columns = np.nonzero(regions.label.numpy() == region)
        x, y = (330 - columns) / 1.2, (rows - 30) / 1.2
        under = sheet.region_index[np.rint(y).astype(int), np.rint(x).astype(int)]
        true = np.bincount(under).argmax()
        if area[region] > 200:
            assert found.region[region] == true and found.sure[region]


def test_a_page_without_the_figure_has_no_sure_match(sheet):
    page = np.ones((300, 300), np.float32)
    page[60:63, 40:260] = page[200:203, 40:260] = 0
    page[60:203, 40:43] = page[60:203, 257:260] = 0
    regions = segment(page)
    found = match(sheet, page, regions.region_index.numpy(), regions.background)
    assert not found.sure.any()


def test_figures_are_what_lies_together(sheet):
    assert set(np.unique(figures(sheet))) == {0, 1}
    assert set(np.unique(figures(colored(sheet.line, sheet.line)))) == {0, 1, 2}


def test_busts_that_part_the_paper_are_two_figures():
    """Where the paper is one region alone, the rest of it makes one figure of both."""
    bust = np.ones((200, 160), np.float32)
    bust[:, [40, 41, 118, 119]] = bust[[100, 101], 40:120] = 0
    sheet = colored(bust, bust)
    region_index = sheet.region_index
    paper = [int(region_index[50, x]) for x in (20, 180, 395)]
    sheet.colors[[*paper, region_index[150, 80]]] = 255
    found = figures(sheet)
    assert len(set(paper)) == 3 and sheet.background in paper
    assert found[150, 80] and found[50, 280] and found[150, 80] != found[50, 280]
    # white as the paper is, and cut off by one edge
    assert found[150, 80] == found[50, 80]


def test_colors_by_area(sheet):
    colors = colors_of(sheet, 2)
    area = np.bincount(sheet.region_index.ravel())
    area[sheet.bare] = 0
    assert colors.shape == (2, 3) and (colors[0] == sheet.colors[area.argmax()]).all()


def test_of_two_figures_that_look_alike_neither_is_sure(sheet):
    """The page shows one of two that differ in nothing but colour."""
    line = figure()
    page = segment(line)
    found = match(colored(line, line), line, page.region_index.numpy(), page.background)
    assert not found.sure.any() and found.confidence.max() > 0
    alone = match(sheet, line, page.region_index.numpy(), page.background)
    assert alone.sure.any()


def test_sure_is_more_than_a_toss_between_two():
    assert Matches(np.array([0, 1, 1]), np.array([1, 0.5, 0.51])).sure.tolist() == [False, 0, 1]


def test_a_figure_must_stand_there_by_a_margin(sheet):
    """Of one placement, at margins about TOLD_APART; a bar of .6 leaves both unsure."""
    line = figure()
    page = segment(line)
    ids = figures(sheet)
    nobody = np.zeros(len(sheet.colors), bool)
    sure = {}
    for margin in (0.19, 0.21):
        found = [Placement(1, np.eye(3)[:2], 1.0, margin)]
        case = read(sheet, ids, found, page.region_index.numpy(), page.background, page.n_regions)
        sure[margin] = matched(case, Lookalikes(nobody, nobody)).sure.any()
    assert sure == {0.19: False, 0.21: True}
