"""Panels: what stands where."""

from dataclasses import replace

import pytest
import torch

from colorrl.report.panel import N_SHOWN, before_after, rows_of


def cell(grid, row, column, side=64):
    """Picture (row, column) of a grid with a border of 2 pixels."""
    y, x = (2 + place * (side + 2) for place in (row, column))
    return grid[:, y : y + side, x : x + side]


def test_rows_are_line_art_truth_and_versions_under_the_line(drawings):
    red = torch.zeros_like(drawings.flats)
    red[:, 0] = 1
    grid = rows_of(drawings, [red, 1 - red], shown=3)
    assert grid.shape == (3, 4 * 66 + 2, 3 * 66 + 2)
    line = drawings.line[1].expand(3, -1, -1)
    assert torch.equal(cell(grid, 0, 1), line)
    assert torch.equal(cell(grid, 1, 1), drawings.flats[1] * line)
    assert torch.equal(cell(grid, 2, 1), red[1] * line)
    assert torch.equal(cell(grid, 3, 1), (1 - red[1]) * line)


def test_without_a_truth_there_is_no_row_for_it(drawings):
    grid = rows_of(replace(drawings, flats=None), [torch.ones_like(drawings.flats)])
    assert grid.shape[1] == 2 * 66 + 2
    assert torch.equal(cell(grid, 1, 4), drawings.line[4].expand(3, -1, -1))


def test_the_table_holds_what_the_grid_shows(drawings):
    many = drawings.repeat(3)  # more than a panel shows
    before, after = torch.zeros(15, 3, 64, 64), torch.ones(15, 3, 64, 64)
    columns = {"eval/reward": torch.arange(15) / 16}
    grid, table = before_after(many, before, after, columns)
    assert len(table) == N_SHOWN and grid.shape == (3, 4 * 66 + 2, N_SHOWN * 66 + 2)
    assert table[4]["sketch"] == many.id[4] and table[4]["eval/reward"] == pytest.approx(4 / 16)
    assert torch.equal(table[4]["image"], many.line[4].expand(3, -1, -1))
    assert torch.equal(cell(grid, 3, 4), table[4]["image"])
    assert not cell(grid, 2, 4).any()
