"""Gradients of stored transitions: the same however they are cut, and where they must be zero."""

from functools import partial

import pytest
import torch

from colorrl.learn.kl import exact
from colorrl.learn.loss import ppo_clip, reinforce
from colorrl.learn.policy_gradient import policy_gradient_loss
from colorrl.learn.update import (
    accumulate,
    clip_gradient,
    reduced_gradient,
    statistics,
)
from tests.policy.test_rollout import GROUP, part, rollout_of
from tests.tiny import network, perturbed, sampler

WALK = sampler()
LOSS = partial(ppo_clip, clip_low=1e-3, clip_high=1e-3)


@pytest.fixture(scope="module")
def policy():
    return network("region")


@pytest.fixture(scope="module")
def rollout(policy, small_drawings):
    return rollout_of(policy, small_drawings, WALK)


@pytest.fixture(scope="module")
def advantage(rollout):
    return torch.randn(len(rollout.image), generator=torch.Generator().manual_seed(2))


def gradient(policy, rollouts, advantages, loss=LOSS, reference=None, kl_coef=0.0):
    """Flat gradient over all ``rollouts``, accumulated one after the other."""
    policy.zero_grad(set_to_none=True)
    n = sum(len(r.image) for r in rollouts)
    for r, a in zip(rollouts, advantages, strict=True):
        accumulate(policy_gradient_loss(policy, reference, r, a, WALK, loss, exact, kl_coef), n)
    parameters = list(policy.parameters())
    reduced_gradient(parameters, lambda x: x)
    return torch.cat([p.grad.flatten() for p in parameters])


@pytest.mark.parametrize("moved", [0.0, 1e-3])
@pytest.mark.parametrize("regional", [False, True])
def test_micro_batches_add_up_to_the_batch(policy, rollout, advantage, regional, moved):
    """Seen to fail with a loss that is a mean over the micro-batch."""
    current = perturbed(policy, moved)
    if regional:
        slope = torch.linspace(0.5, 1.5, rollout.count.shape[1])
        advantage = advantage[:, None] * slope
    whole = gradient(current, [rollout], [advantage])
    assert whole.norm() > 0
    for cut in ([[0, 1], [2, 3]], [[0], [1], [2], [3]], [[3], [0, 1, 2]]):
        parts = [part(rollout, sketches) for sketches in cut]
        rows = [torch.tensor(c)[:, None] * GROUP + torch.arange(GROUP) for c in cut]
        pieces = gradient(current, parts, [advantage[r.flatten()] for r in rows])
        # of the whole: an element near 0 is a difference of roundings
        assert (pieces - whole).norm() <= 1e-5 * whole.norm()


def test_equal_advantages_per_region_are_the_images(policy, rollout, advantage):
    """At ratio 1, where clipping is not at work."""
    spread = advantage[:, None].expand(-1, rollout.count.shape[1])
    image, region = (gradient(policy, [rollout], [a]) for a in (advantage, spread))
    torch.testing.assert_close(image, region, rtol=1e-4, atol=1e-6 * image.abs().max().item())
    same = gradient(policy, [rollout], [advantage], loss=reinforce)
    torch.testing.assert_close(image, same, rtol=1e-4, atol=1e-6 * image.abs().max().item())


def test_the_gradient_raises_the_density_of_what_did_well(policy, rollout, advantage):
    """A small step against the gradient: better samples become likelier, worse ones less so."""
    current = perturbed(policy, 0.0)
    slope = gradient(current, [rollout], [advantage])
    with torch.no_grad():
        first = 0
        for p in current.parameters():
            p -= 1e-3 * slope[first : first + p.numel()].view_as(p) / slope.norm()
            first += p.numel()
    marks = policy_gradient_loss(current, None, rollout, advantage, WALK, LOSS)
    assert (marks.columns["log_ratio"].mean(1) * advantage).sum() > 0


def test_divergence_from_the_start(policy, rollout, advantage):
    """Exactly 0 with no gradient before the first step; both appear once the policy has moved."""
    nothing = torch.zeros_like(advantage)
    start = policy_gradient_loss(policy, policy, rollout, nothing, WALK, LOSS, exact, 1.0)
    assert (start.columns["kl_ref"] == 0).all()
    assert (gradient(policy, [rollout], [nothing], reference=policy, kl_coef=1.0) == 0).all()
    moved = perturbed(policy, 1e-2)
    marks = policy_gradient_loss(moved, policy, rollout, nothing, WALK, LOSS, exact, 1.0)
    assert (marks.columns["kl_ref"] > 0).all()
    pulled = gradient(moved, [rollout], [nothing], reference=policy, kl_coef=1.0)
    assert pulled.norm() > 0
    half = gradient(moved, [rollout], [nothing], reference=policy, kl_coef=0.5)
    torch.testing.assert_close(half, pulled / 2)
    assert (gradient(moved, [rollout], [nothing], reference=policy, kl_coef=0.0) == 0).all()


def test_the_reference_takes_no_gradient(policy, rollout, advantage):
    moved, reference = perturbed(policy, 1e-2), perturbed(policy, 0.0)
    gradient(moved, [rollout], [advantage], reference=reference, kl_coef=1.0)
    assert all(p.grad is None for p in reference.parameters())


def test_figures_of_a_policy_that_moved(policy, rollout, advantage):
    marks = policy_gradient_loss(
        perturbed(policy, 1e-2), None, rollout, advantage, WALK, LOSS, None, 0.0
    )
    figures = statistics([marks], lambda x: x)
    assert figures["policy/ratio_max"] > 1 and figures["policy/approx_kl"] > 0
    assert 0 < figures["policy/clip_frac_hi"] + figures["policy/clip_frac_lo"] <= 1
    assert 1 / marks.columns["log_ratio"].numel() <= figures["policy/ess"] < 0.9
    doubled = statistics([marks], lambda x: torch.cat([x, x]))
    assert doubled["policy/approx_kl"] == pytest.approx(figures["policy/approx_kl"])


def test_the_gradient_crosses_in_one_piece():
    weights = [torch.zeros(2, 2, requires_grad=True), torch.zeros(3, requires_grad=True)]
    weights[0].grad = torch.tensor([[1.0, 2.0], [2.0, 0.0]])
    crossed = []
    norm = reduced_gradient(weights, lambda x: crossed.append(x) or 2 * x)
    assert len(crossed) == 1 and crossed[0].numel() == 7
    assert norm == 6 and weights[1].grad.tolist() == [0, 0, 0]
    clip_gradient(weights, norm, 3.0)
    torch.testing.assert_close(weights[0].grad, torch.tensor([[1.0, 2.0], [2.0, 0.0]]))
    clip_gradient(weights, torch.tensor(3.0), 4.0)
    torch.testing.assert_close(weights[0].grad, torch.tensor([[1.0, 2.0], [2.0, 0.0]]))
    weights[0].grad[0, 0] = torch.nan
    assert not reduced_gradient(weights, lambda x: x).isfinite()
