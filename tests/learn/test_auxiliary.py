"""ptx: the pretraining loss on what is drawn for RL."""

import torch

from colorrl.learn.auxiliary import ptx
from colorrl.policy.flow_matching import time_weight, x0_and_entry_error, x0_error
from colorrl.seeding import seed_of
from tests.tiny import network

SETTINGS = {"draws": 3, "time_shift": 2.0, "weight_cap": 4.0, "entry_weight": 0.5}


def test_it_is_the_mean_of_the_pretraining_loss_over_draws(small_drawings):
    """Cross entropy of palette entries included. Seen to fail without it."""
    policy, seeds = network("region"), torch.tensor([11, 12, 13, 14])
    found = ptx(policy, small_drawings, seeds, 0.5, **SETTINGS)
    each = []
    for draw in range(3):
        noise = torch.tensor([seed_of(s, draw, 2) for s in seeds.tolist()])
        u = [torch.rand((), generator=torch.Generator().manual_seed(seed_of(s, 0)))
             for s in noise.tolist()]  # fmt: skip
        t = 2 * torch.stack(u) / (1 + torch.stack(u))
        error, entry = x0_and_entry_error(policy, small_drawings, t, noise, 0.5)
        each.append(time_weight(t, 4.0) * error + 0.5 * entry)
    torch.testing.assert_close(found, torch.stack(each).mean(0), rtol=1e-4, atol=1e-6)
    assert found.shape == (4,) and len(set(found.tolist())) == 4


def test_a_policy_without_entries_learns_flow_matching_alone(small_drawings):
    policy, seeds = network("unet"), torch.tensor([11, 12, 13, 14])
    one = SETTINGS | {"draws": 1}
    noise = torch.tensor([seed_of(s, 0, 2) for s in seeds.tolist()])
    u = torch.stack([torch.rand((), generator=torch.Generator().manual_seed(seed_of(s, 0)))
                     for s in noise.tolist()])  # fmt: skip
    t = 2 * u / (1 + u)
    expected = time_weight(t, 4.0) * x0_error(policy, small_drawings, t, noise, 0.5)
    torch.testing.assert_close(ptx(policy, small_drawings, seeds, 0.5, **one), expected)


def test_a_sketch_s_loss_does_not_depend_on_its_batch(small_drawings):
    policy, seeds = network("region"), torch.tensor([11, 12, 13, 14])
    together = ptx(policy, small_drawings, seeds, 0.5, **SETTINGS)
    for i in range(4):
        alone = ptx(policy, small_drawings.select([i]), seeds[i : i + 1], 0.5, **SETTINGS)
        torch.testing.assert_close(alone[0], together[i], rtol=1e-4, atol=1e-6)


def test_its_gradient_brings_pictures_to_the_truth(small_drawings):
    policy = network("region")
    optimizer = torch.optim.Adam(policy.parameters(), lr=3e-3)
    losses = []
    for step in range(30):
        seeds = torch.tensor([seed_of(step, i) for i in range(4)])
        losses.append(ptx(policy, small_drawings, seeds, 0.5, **SETTINGS).mean())
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
