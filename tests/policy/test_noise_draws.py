"""Noise as it is drawn: its covariance, and what a sample depends on."""

import math

import pytest
import torch

from colorrl.policy.noise import (
    draw_noise,
)
from tests.policy.test_noise import SLOTS, owner


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_noise_has_the_scored_covariance(rho):
    n, region_index = 4000, owner(1)
    z = draw_noise(region_index.expand(n, -1, -1), SLOTS, rho, torch.arange(n)).double().flatten(2)
    flat = region_index.flatten()
    same = (flat[:, None] == flat[None]).double()
    exact = (1 - rho) * torch.eye(36, dtype=torch.float64) + rho * same
    bound = 5 * math.sqrt(2 / (3 * n))  # five standard errors of a variance; pairs have less
    pooled = torch.einsum("ncp,ncq->pq", z, z) / (3 * n)
    assert (pooled - exact).abs().max() < bound
    between_channels = torch.einsum("np,np->p", z[:, 0], z[:, 1]) / n
    assert between_channels.abs().max() < 5 / math.sqrt(n)
    assert z.mean().abs() < 5 / math.sqrt(3 * n * 3 if rho else 3 * n * 36)


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_a_sample_is_independent_of_batch_mates_and_padding(rho):
    region_index = torch.randint(1, 33, (5, 64, 64), generator=torch.Generator().manual_seed(2))
    seeds = torch.tensor([5, 2**62 + 7, 11, 3, 9])
    batch = draw_noise(region_index, 33, rho, seeds)
    for i in range(5):
        alone = draw_noise(region_index[i : i + 1], 33, rho, seeds[i : i + 1])
        assert torch.equal(batch[i], alone[0])
    for n_slots in (34, 64, 65, 300):
        assert torch.equal(draw_noise(region_index, n_slots, rho, seeds), batch)
    assert not torch.equal(draw_noise(region_index, 33, rho, seeds + 1), batch)
