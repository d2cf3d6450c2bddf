"""Losses by their gradients: tables, limits and double precision."""

import math

import pytest
import torch

from colorrl.learn.loss import clipped, effective_sample_share, ppo_clip, reinforce
from colorrl.policy.action import RegionColors
from colorrl.policy.noise import NoiseModel

COUNT = torch.tensor([[0.0, 12.0, 300.0, 2760.0]]).repeat(3, 1)  # D = 3072
ADVANTAGE = torch.tensor([1.5, -0.5, 0.25])


def _gradient(loss_of, log_ratio: torch.Tensor) -> torch.Tensor:
    logp = log_ratio.clone().requires_grad_()
    loss_of(logp).loss.sum().backward()
    assert logp.grad is not None
    return logp.grad


@pytest.mark.parametrize(
    ("advantage", "ratio", "keeps"),
    [
        # better than expected: push the ratio up, but not past 1 + high
        (1.0, 0.7, True),
        (1.0, 0.95, True),
        (1.0, 1.15, True),
        (1.0, 1.25, False),
        # worse than expected: push it down, but not past 1 - low
        (-1.0, 1.25, True),
        (-1.0, 1.05, True),
        (-1.0, 0.95, True),
        (-1.0, 0.85, False),
    ],
)
def test_clip_direction(advantage, ratio, keeps):
    """An asymmetric range, low 0.1 and high 0.2, in all four quadrants.

    Seen to fail with the clamp alone, and with min in place of max.
    """
    log_ratio = torch.tensor([math.log(ratio)], requires_grad=True)
    loss, high, low = clipped(log_ratio, torch.tensor([advantage]), 0.1, 0.2)
    loss.sum().backward()
    exact = -advantage * ratio if keeps else 0.0
    assert log_ratio.grad is not None
    assert log_ratio.grad.item() == pytest.approx(exact, rel=1e-5)
    assert (high.item(), low.item()) == (not keeps and advantage > 0, not keeps and advantage < 0)
    bounded = min(max(ratio, 0.9), 1.2)
    pessimistic = max(-advantage * (ratio - 1), -advantage * (bounded - 1))
    assert loss.item() == pytest.approx(pessimistic, rel=1e-5)


@pytest.mark.parametrize(
    ("advantage", "ratio", "keeps"),
    [(1.0, 1.6, False), (1.0, 0.5, True), (-1.0, 1.45, True), (-1.0, 1.55, False),
     (-1.0, 0.5, False), (-1.0, 0.95, True)],
)  # fmt: skip
def test_dual_clip_direction(advantage, ratio, keeps):
    """Dual 0.5: what did badly and became likelier counts up to there. Seen to fail without."""
    log_ratio = torch.tensor([math.log(ratio)], requires_grad=True)
    loss, high, low = clipped(log_ratio, torch.tensor([advantage]), 0.1, 0.2, 0.5)
    loss.sum().backward()
    assert log_ratio.grad is not None
    assert log_ratio.grad.item() == pytest.approx(-advantage * ratio if keeps else 0.0, rel=1e-5)
    assert high.item() + low.item() == (not keeps)
    assert high.item() == (not keeps and ratio > 1)
    assert loss.item() <= 0.5 + 1e-6  # of an advantage of -1
    if advantage < 0 and ratio > 1.5:
        assert loss.item() == pytest.approx(0.5)


@pytest.mark.parametrize("ratio", [0.5, 2.0])
def test_an_advantage_of_zero_is_held_at_no_bound(ratio):
    """Nothing is learnt from it, so no clip acts. Seen to fail with A <= 0 for A < 0."""
    _, high, low = clipped(torch.tensor([math.log(ratio)]), torch.zeros(1), 0.1, 0.2, 0.5)
    assert not high.any() and not low.any()


def test_dual_clip_of_regions_is_at_their_spread():
    """As the other bounds: clip sqrt(D n) of a region's sum."""
    bound = 1e-3 * math.sqrt(3072) * COUNT.sqrt()
    worse = -torch.ones(3, 4)
    loss_of = lambda p: ppo_clip(p, torch.zeros(3, 4), worse, COUNT, 1e-4, 1e-4, 1e-3)  # noqa: E731
    assert (_gradient(loss_of, 0.99 * bound)[:, 1:] > 0).all()
    assert not _gradient(loss_of, 1.01 * bound)[:, 1:].any()


def test_first_pass_is_the_policy_gradient():
    """At ratio 1: -A / D for every region's sum, for PPO as for REINFORCE; the value is 0."""
    zero = torch.zeros(3, 4)
    exact = (-ADVANTAGE / 3072)[:, None].expand(3, 4)
    for loss_of in (
        lambda logp: ppo_clip(logp, zero, ADVANTAGE, COUNT, 1e-4, 1e-4),
        lambda logp: reinforce(logp, zero, ADVANTAGE, COUNT),
    ):
        torch.testing.assert_close(_gradient(loss_of, zero), exact)
        start = loss_of(zero)
        assert torch.equal(start.loss, torch.zeros(3))
        assert torch.equal(start.log_ratio.exp(), torch.ones(3))
        assert not start.clipped_high.any() and not start.clipped_low.any()


def test_equal_region_advantages_give_the_image_s_gradient():
    zero, equal = torch.zeros(3, 4), ADVANTAGE[:, None].expand(3, 4)
    image = _gradient(lambda p: ppo_clip(p, zero, ADVANTAGE, COUNT, 1e-4, 1e-4), zero)
    region = _gradient(lambda p: ppo_clip(p, zero, equal, COUNT, 1e-4, 1e-4), zero)
    torch.testing.assert_close(region, image)
    plain = _gradient(lambda p: reinforce(p, zero, equal, COUNT), zero)
    torch.testing.assert_close(plain, image)


def test_a_region_s_gradient_is_its_own_advantage_over_d():
    advantage = torch.tensor([[3.0, -2.0, 1.0, 0.5]]).repeat(3, 1)
    zero = torch.zeros(3, 4)
    for loss_of in (
        lambda logp: ppo_clip(logp, zero, advantage, COUNT, 1e-4, 1e-4),
        lambda logp: reinforce(logp, zero, advantage, COUNT),
    ):
        torch.testing.assert_close(_gradient(loss_of, zero), -advantage / 3072)


def test_image_ratio_is_the_root_of_the_density_ratio():
    """Seen to fail with ratios of whole densities."""
    log_ratio = torch.tensor([[0.0, 0.1, -0.4, 0.9]]).repeat(3, 1)
    surrogate = ppo_clip(log_ratio + 5, torch.full((3, 4), 5.0), ADVANTAGE, COUNT, 0.1, 0.1)
    torch.testing.assert_close(surrogate.log_ratio, torch.full((3,), 0.6 / 3072))
    exact = -ADVANTAGE * math.expm1(0.6 / 3072)
    torch.testing.assert_close(surrogate.loss, exact, rtol=1e-5, atol=0)
    assert not surrogate.log_ratio.requires_grad


def test_regions_are_clipped_at_one_spread():
    """Each region's log-ratio / sqrt(n) is held at clip sqrt(D): 1 % inside moves, outside not.

    Seen to fail with bounds that go with n, not with its root.
    """
    clip, elements = 1e-4, 3072
    bound = clip * math.sqrt(elements) * COUNT.sqrt()  # of the region's sum; ratio - 1 ~ log-ratio
    advantage = torch.ones(3, 4)
    loss_of = lambda logp: ppo_clip(logp, torch.zeros(3, 4), advantage, COUNT, clip, clip)  # noqa: E731
    inside, outside = _gradient(loss_of, 0.99 * bound), _gradient(loss_of, 1.01 * bound)
    assert (inside[:, 1:] < 0).all()
    assert not outside[:, 1:].any()
    # Two of three regions beyond the upper bound, by elements.
    log_ratio = 1.01 * bound * torch.tensor([0.0, 1.0, 1.0, -1.0])
    surrogate = loss_of(log_ratio)
    torch.testing.assert_close(surrogate.clipped_high, torch.full((3,), 312 / 3072))
    assert not surrogate.clipped_low.any()
    low = ppo_clip(log_ratio, torch.zeros(3, 4), -advantage, COUNT, clip, 2 * clip)
    torch.testing.assert_close(low.clipped_low, torch.full((3,), 2760 / 3072))


def test_small_ratios_survive_fp32():
    """A log-ratio of 3e-9 per element: exp() - 1 would round it to 0."""
    log_ratio = torch.zeros(3, 4)
    log_ratio[:, 1] = 1e-5
    exact = -ADVANTAGE.double() * math.expm1(1e-5 / 3072)
    for advantage in (ADVANTAGE, ADVANTAGE[:, None].expand(3, 4)):
        loss = ppo_clip(log_ratio, torch.zeros(3, 4), advantage, COUNT, 1e-4, 1e-4).loss
        torch.testing.assert_close(loss.double(), exact, rtol=1e-5, atol=0)


def test_padding_changes_nothing():
    log_ratio = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)) * (COUNT > 0)
    pad = torch.zeros(3, 2)
    for advantage in (ADVANTAGE, torch.ones(3, 4)):
        wide = advantage if advantage.dim() == 1 else torch.cat([advantage, pad], 1)
        narrow = ppo_clip(log_ratio, 0 * log_ratio, advantage, COUNT, 1e-3, 1e-3)
        grown = torch.cat([log_ratio, pad], 1)
        padded = ppo_clip(grown, 0 * grown, wide, torch.cat([COUNT, pad], 1), 1e-3, 1e-3)
        torch.testing.assert_close(padded.loss, narrow.loss)
        torch.testing.assert_close(padded.clipped_high, narrow.clipped_high)


def test_effective_sample_share():
    assert effective_sample_share(torch.full((8,), 700.0)).item() == pytest.approx(1.0)
    lone = torch.tensor([50.0, 0.0, 0.0, 0.0])
    assert effective_sample_share(lone).item() == pytest.approx(0.25)
    weights = torch.tensor([1.0, 2.0, 3.0])
    assert effective_sample_share(weights.log()).item() == pytest.approx(36 / 14 / 3)


def test_reach_says_whether_a_clip_is_idle():
    """The farthest ratio over its range: 1 is where clipping begins."""
    count = torch.full((1, 4), 3.0)
    for share in (0.5, 2.0):
        logp = torch.full((1, 4), 3 * math.log1p(0.1 * share))
        image = ppo_clip(logp, torch.zeros(1, 4), torch.ones(1), count, 0.2, 0.1)
        assert image.reach.item() == pytest.approx(share, rel=1e-4)
        assert bool(image.clipped_high) == (share > 1)
        fallen = ppo_clip(-logp, torch.zeros(1, 4), -torch.ones(1), count, 0.05, 0.1)
        assert fallen.reach.item() == pytest.approx(-math.expm1(-math.log1p(0.1 * share)) / 0.05)
    region = torch.tensor([[0.0, 0.0, 12 * math.log1p(0.1 * 0.5), 0.0]])  # 3 of 12 dimensions
    alone = ppo_clip(region, torch.zeros(1, 4), torch.ones(1, 4), count, 0.1, 0.1)
    assert alone.reach.item() == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize("credit", ["image", "region"])
def test_a_clip_range_means_one_thing_at_every_size(credit):
    """As many nats for a drawing of 32 and of 256 px and for an eye and a coat.

    Seen to fail with dimensions counted in pixels.
    """
    bounds = []
    for side in (32, 256):
        region_index = torch.ones(1, side, side, dtype=torch.long)
        region_index[:, : side // 16, : side // 16] = 2  # an eye
        count = RegionColors().count(NoiseModel(region_index, 4, 0.5), None)
        advantage = torch.ones(1) if credit == "image" else torch.ones(1, 4)
        for region in (1, 2):
            logp = torch.zeros(1, 4)
            for nats in torch.linspace(0.001, 1, 1000).tolist():
                logp[0, region] = nats
                if ppo_clip(logp, torch.zeros(1, 4), advantage, count, 0.01, 0.01).reach > 1:
                    break
            bounds.append(nats)
    assert max(bounds) == min(bounds) < 1
