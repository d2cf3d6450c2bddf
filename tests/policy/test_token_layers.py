"""What region tokens read of the line art, against loops over cells and pairs."""

import math

import pytest
import torch

from colorrl.policy.token_layers import cell_geometry, pair_features

SIDE = 4
AXIS = [-0.75, -0.25, 0.25, 0.75]  # centres of four cells


@pytest.fixture
def member():
    """(1, 4, 4, 4) shares of cells: nothing under ink, paper, an L and a part of one cell."""
    shares = torch.zeros(1, 4, SIDE, SIDE)
    shares[0, 2, 1:4, 1] = 1.0
    shares[0, 2, 3, 2] = 0.5
    shares[0, 3, 1, 3] = 0.25
    shares[0, 1] = 1 - shares[0, 2] - shares[0, 3]
    return shares


def by_loop(shares: torch.Tensor, is_paper: bool) -> list[float]:
    """The nine numbers of one region."""
    cells = [(shares[i, j].item(), AXIS[i], AXIS[j]) for i in range(SIDE) for j in range(SIDE)]
    whole = sum(s for s, _, _ in cells)
    powers = {"y": (1, 0), "x": (0, 1), "yy": (2, 0), "xx": (0, 2), "xy": (1, 1)}
    mean = {k: sum(s * y**p * x**q for s, y, x in cells) / whole for k, (p, q) in powers.items()}
    area = whole / SIDE**2
    rim = sum(
        shares[i, j].item() * ((i in (0, 3)) + (j in (0, 3))) for i in range(4) for j in range(4)
    )
    spread = [math.sqrt(mean[2 * k] - mean[k] ** 2) for k in "yx"]
    tilt = mean["xy"] - mean["y"] * mean["x"]
    first = [math.log(area) / 8, math.sqrt(area), mean["y"], mean["x"]]
    return [*first, *spread, tilt, rim / (4 * SIDE), float(is_paper)]


def test_geometry_is_that_of_a_loop_over_cells(member):
    """Seen to fail with the tilt's product added, and with the rim's first column for its last."""
    found = cell_geometry(member, torch.tensor([1]))[0]
    assert not found[0].any()
    for region in (1, 2, 3):
        wanted = torch.tensor(by_loop(member[0, region], region == 1))
        torch.testing.assert_close(found[region], wanted, atol=1e-6, rtol=1e-5)
    without = cell_geometry(member, torch.tensor([0]))[0]
    assert not without[:, -1].any()


def test_pairs_are_those_of_a_loop(member):
    """Seen to fail with sizes added, and with another number in place of a size."""
    geometry = cell_geometry(member, torch.tensor([1]))
    contact = torch.zeros(1, 4, 4)
    contact[0, 1, 2] = contact[0, 2, 1] = 6.0
    contact[0, 1, 3] = contact[0, 3, 1] = 3.0
    found, g = pair_features(geometry, contact)[0], geometry[0]
    share = [0.0, 0.0, *(g[k, 1].item() ** 2 for k in (2, 3))]  # of the page, without the paper
    middle = sum(s * g[k, 3].item() for k, s in enumerate(share)) / sum(share)
    length = [max(1.0, row.sum().item()) for row in contact[0]]
    for i in range(1, 4):
        for j in range(1, 4):
            down, right = (g[j, k].item() - g[i, k].item() for k in (2, 3))
            size = g[j, 0].item() - g[i, 0].item()
            touching = contact[0, i, j].item()
            wanted = [
                touching / length[i],
                touching / length[j],
                float(touching > 0),
                down,
                right,
                math.hypot(down, right),
                abs(g[i, 3].item() + g[j, 3].item() - 2 * middle),
                abs(down),
                size,
                abs(size),
                sum(abs(g[j, k].item() - g[i, k].item()) for k in (4, 5)),
            ]
            assert found[i, j].tolist() == pytest.approx(wanted, abs=1e-5)
