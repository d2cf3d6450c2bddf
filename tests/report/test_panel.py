"""Panels: what stands where."""

from dataclasses import replace

import pytest
import torch

from colorrl.report.panel import N_SHOWN, before_after, rows_of


def cell(grid, row, column, side=64, across=12):
    """Picture (row, column) of ``across`` in a grid with a border of 2 pixels, names before it."""
    y, x = (2 + place * (side + 2) for place in (row, column))
    x += names(grid, across, side).shape[2]
    return grid[:, y : y + side, x : x + side]


def names(grid, across, side=64):
    """What stands before ``across`` pictures."""
    return grid[:, :, : grid.shape[2] - across * (side + 2) - 2]


def test_rows_are_line_art_truth_and_versions_under_the_line(drawings):
    red = torch.zeros_like(drawings.flats)
    red[:, 0] = 1
    grid = rows_of(drawings, {"red": red, "赤": 1 - red}, shown=3)
    assert grid.shape[1] == 4 * 66 + 2
    line = drawings.line[1].expand(3, -1, -1)
    assert torch.equal(cell(grid, 0, 1, across=3), line)
    assert torch.equal(cell(grid, 1, 1, across=3), drawings.flats[1] * line)
    assert torch.equal(cell(grid, 2, 1, across=3), red[1] * line)
    assert torch.equal(cell(grid, 3, 1, across=3), (1 - red[1]) * line)


def test_each_row_has_its_name_before_it(drawings):
    """Ink in every row's strip, other ink for another name."""
    white = torch.ones_like(drawings.flats)
    one, other = (rows_of(drawings, {name: white}) for name in ("before", "sample"))
    strips = [s[:, i * 66 : (i + 1) * 66] for s in (names(one, 5),) for i in range(3)]
    assert all((strip < 0.5).any() for strip in strips)
    assert one.shape != other.shape or not torch.equal(names(one, 5), names(other, 5))


def test_without_a_truth_there_is_no_row_for_it(drawings):
    grid = rows_of(replace(drawings, flats=None), {"sample": torch.ones_like(drawings.flats)})
    assert grid.shape[1] == 2 * 66 + 2
    assert torch.equal(cell(grid, 1, 4, across=5), drawings.line[4].expand(3, -1, -1))


def test_the_table_holds_what_the_grid_shows(drawings):
    many = drawings.repeat(3)  # more than a panel shows
    before, after = torch.zeros(15, 3, 64, 64), torch.ones(15, 3, 64, 64)
    columns = {"eval/reward": torch.arange(15) / 16}
    grid, table = before_after(many, before, after, columns)
    assert len(table) == N_SHOWN and grid.shape[1] == 4 * 66 + 2
    assert table[4]["sketch"] == many.id[4] and table[4]["eval/reward"] == pytest.approx(4 / 16)
    assert torch.equal(table[4]["image"], many.line[4].expand(3, -1, -1))
    assert torch.equal(cell(grid, 3, 4), table[4]["image"])
    assert not cell(grid, 2, 4).any()
