"""A coloured drawing and the same one moved: every region is itself."""

import numpy as np
import pytest
from reference.test_registration import figure, moved

from colorrl.reference.match import match
from colorrl.reference.sheet import Sheet, colours_of, figures
from colorrl.regions.segment import segment


@pytest.fixture(scope="module")
def sheet():
    line = figure()
    regions = segment(line)
    n = regions.n_regions + 1
    colours = np.random.default_rng(0).integers(0, 256, (n, 3)).astype(np.uint8)
    bare = np.zeros(n, bool)
    bare[[0, regions.background]] = True
    return Sheet(line, regions.owner.numpy(), colours, bare, regions.background)


def test_regions_are_found_again(sheet):
    matrix = np.array([[-1.2, 0, 330], [0, 1.2, 30]])  # mirrored
    page = moved(sheet.line, matrix, (330, 360))
    regions = segment(page)
    found = match(sheet, page, regions.owner.numpy(), regions.background)
    area = regions.area.numpy()
    for region in range(1, regions.n_regions + 1):
        if region == regions.background:
            assert not found.sure[region]
            continue
        rows, columns = np.nonzero(regions.label.numpy() == region)
        x, y = (330 - columns) / 1.2, (rows - 30) / 1.2
        under = sheet.owner[np.rint(y).astype(int), np.rint(x).astype(int)]
        true = np.bincount(under).argmax()
        if area[region] > 200:
            assert found.region[region] == true and found.sure[region]


def test_a_page_without_the_figure_has_no_sure_match(sheet):
    page = np.ones((300, 300), np.float32)
    page[60:63, 40:260] = page[200:203, 40:260] = 0
    page[60:203, 40:43] = page[60:203, 257:260] = 0
    regions = segment(page)
    found = match(sheet, page, regions.owner.numpy(), regions.background)
    assert not found.sure.any()


def test_figures_are_what_lies_together(sheet):
    assert set(np.unique(figures(sheet))) == {0, 1}
    line = np.concatenate([sheet.line, np.ones((240, 40), np.float32), sheet.line], 1)
    regions = segment(line)
    n = regions.n_regions + 1
    bare = np.zeros(n, bool)
    bare[[0, regions.background]] = True
    two = Sheet(line, regions.owner.numpy(), np.zeros((n, 3), np.uint8), bare, regions.background)
    assert set(np.unique(figures(two))) == {0, 1, 2}


def test_colours_by_area(sheet):
    colours = colours_of(sheet, 2)
    area = np.bincount(sheet.owner.ravel())
    area[sheet.bare] = 0
    assert colours.shape == (2, 3) and (colours[0] == sheet.colours[area.argmax()]).all()


def test_of_two_figures_that_look_alike_neither_is_sure(sheet):
    """The page shows one of two that differ in nothing but colour."""
    line = np.concatenate([sheet.line, np.ones((240, 40), np.float32), sheet.line], 1)
    regions = segment(line)
    n = regions.n_regions + 1
    colours = np.random.default_rng(0).integers(0, 256, (n, 3)).astype(np.uint8)
    bare = np.zeros(n, bool)
    bare[[0, regions.background]] = True
    twins = Sheet(line, regions.owner.numpy(), colours, bare, regions.background)
    page = segment(sheet.line)
    found = match(twins, sheet.line, page.owner.numpy(), page.background)
    assert not found.sure.any() and found.confidence.max() > 0
    alone = match(sheet, sheet.line, page.owner.numpy(), page.background)
    assert alone.sure.any()
