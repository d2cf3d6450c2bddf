"""Advantage estimators by hand, by brute force and on a bandit whose gradient is known."""

import itertools
import math

import pytest
import torch

from colorrl.learn.advantage import (
    assign,
    batch_centred,
    batch_normalised,
    best_of_group,
    branch_centred,
    branch_normalised,
    group_centred,
    group_normalised,
    leave_one_out,
    region_advantage,
    zero_variance_share,
)
from colorrl.learn.running_baselines import EmaBaseline

GROUP = torch.tensor([7, 3, 7, 3, 3, 7])  # ids interleaved, neither sorted nor consecutive
REWARD = torch.tensor([0.1, 0.5, 0.4, 0.2, 0.8, 0.4])
ESTIMATORS = {
    "normalised": lambda r, g: group_normalised(r, g, 1e-4),
    "centred": group_centred,
    "leave_one_out": leave_one_out,
    "batch_centred": batch_centred,
    "batch_normalised": lambda r, g: batch_normalised(r, g, 1e-4),
    "best_of_group": best_of_group,
}


def test_group_normalized_by_hand():
    """Seen to fail with the divisor G - 1, and with eps as a floor."""
    # Group 7: 0.1 0.4 0.4, mean 0.3, std sqrt(0.06 / 3); group 3: 0.5 0.2 0.8, mean 0.5.
    eps = 0.01
    low, high = math.sqrt(0.02) + eps, math.sqrt(0.06) + eps
    exact = torch.tensor([-0.2 / low, 0.0, 0.1 / low, -0.3 / high, 0.3 / high, 0.1 / low])
    torch.testing.assert_close(group_normalised(REWARD, GROUP, eps), exact, rtol=1e-5, atol=1e-6)


def test_centered_and_leave_one_out_by_brute_force():
    """Seen to fail without G / (G - 1)."""
    for i in range(6):
        mates = GROUP[i] == GROUP
        others = mates & (torch.arange(6) != i)
        centered = REWARD[i] - REWARD[mates].mean()
        torch.testing.assert_close(group_centred(REWARD, GROUP)[i], centered)
        left = REWARD[i] - REWARD[others].mean()
        torch.testing.assert_close(leave_one_out(REWARD, GROUP)[i], left)
        rest = REWARD[i] - (REWARD.sum() - REWARD[i]) / 5
        torch.testing.assert_close(batch_centred(REWARD, GROUP)[i], rest)


def test_the_best_of_a_group_is_the_first_of_equals():
    """Seen to fail with all that tie taken: two pictures would count twice."""
    assert best_of_group(REWARD, GROUP).tolist() == [0, 0, 1, 0, 1, 0]


def test_batch_normalized_looks_past_groups():
    exact = (REWARD - REWARD.mean()) / (REWARD.std(correction=0) + 0.01)
    torch.testing.assert_close(batch_normalised(REWARD, GROUP, 0.01), exact)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_equal_rewards_give_exactly_zero(name):
    """Seen to fail with a plain difference from the mean."""
    group, rounded = torch.arange(30) % 2, 0
    for value in torch.linspace(0.1, 0.9, 40):
        reward = value.repeat(30)
        rounded += int((reward - reward.mean()).any())
        assert torch.equal(ESTIMATORS[name](reward, group), torch.zeros(30))
    assert rounded > 0  # a plain difference from the fp32 mean is not 0 everywhere


@pytest.mark.parametrize("name", ESTIMATORS)
def test_order_of_samples_does_not_matter(name):
    """Seen to fail with rows left in the groups' order."""
    shuffle = torch.randperm(6, generator=torch.Generator().manual_seed(0))
    moved = ESTIMATORS[name](REWARD[shuffle], GROUP[shuffle])
    torch.testing.assert_close(moved, ESTIMATORS[name](REWARD, GROUP)[shuffle])


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_bad_rewards_are_named(name, bad):
    """Seen to fail where all rewards had to be bad."""
    reward = REWARD.clone()
    reward[[2, 5]] = bad
    with pytest.raises(ValueError, match=r"\[2, 5\]"):
        ESTIMATORS[name](reward, GROUP)
    with pytest.raises(ValueError, match=r"\[2, 5\]"):
        EmaBaseline(0.9)(reward, GROUP)


@pytest.mark.parametrize("name", ["normalised", "centred", "leave_one_out"])
@pytest.mark.parametrize("group", [[0, 0, 0, 0, 1, 1], [0, 1, 2, 3, 4, 5]])
def test_groups_must_be_whole(name, group):
    """Seen to fail where only the first group's size is looked at."""
    with pytest.raises(ValueError, match="groups must share one size"):
        ESTIMATORS[name](REWARD, torch.tensor(group))


def test_zero_variance_share():
    reward = torch.tensor([0.1, 0.5, 0.1, 0.2, 0.8, 0.1])
    assert zero_variance_share(reward, GROUP) == 0.5
    assert zero_variance_share(REWARD, GROUP) == 0.0


def _bandit_gradient(estimate) -> float:
    """E[mean_i A_i d log p(a_i) / d theta], exactly, over all outcomes of three pulls."""
    logit, payoff = 0.4, (0.2, 1.0)
    p = 1 / (1 + math.exp(-logit))  # of arm 1
    total = 0.0
    for arms in itertools.product((0, 1), repeat=3):
        chance = math.prod(p if a else 1 - p for a in arms)
        reward = torch.tensor([payoff[a] for a in arms], dtype=torch.float64)
        score = torch.tensor([a - p for a in arms], dtype=torch.float64)
        advantage = estimate(reward, torch.zeros(3, dtype=torch.long))
        total += chance * (advantage * score).mean().item()
    return total


def test_estimators_are_unbiased_on_a_bandit():
    """Seen to fail without leave-one-out's G / (G - 1)."""
    p = 1 / (1 + math.exp(-0.4))
    exact = (1.0 - 0.2) * p * (1 - p)  # d/d logit of p 1.0 + (1 - p) 0.2
    assert _bandit_gradient(leave_one_out) == pytest.approx(exact, rel=1e-12)
    assert _bandit_gradient(batch_centred) == pytest.approx(exact, rel=1e-12)
    # A mean that holds the sample itself shrinks the gradient by 1 - 1/G and bends nothing.
    assert _bandit_gradient(group_centred) == pytest.approx(exact * 2 / 3, rel=1e-12)

    def with_a_past(reward, group):
        baseline = EmaBaseline(0.9)
        baseline.load_state_dict({"value": 0.3})
        return baseline(reward, group)

    assert _bandit_gradient(with_a_past) == pytest.approx(exact, rel=1e-12)


def test_ema_baseline_knows_the_past_only():
    """Seen to fail with the batch counted in first."""
    baseline = EmaBaseline(0.75)
    one, two = torch.tensor([0.0, 1.0]), torch.tensor([1.0, 1.0])
    group = torch.zeros(2, dtype=torch.long)
    torch.testing.assert_close(baseline(one, group), torch.tensor([-1.0, 1.0]))
    torch.testing.assert_close(baseline(two, group), torch.tensor([0.5, 0.5]))
    resumed = EmaBaseline(0.75)
    resumed.load_state_dict(baseline.state_dict())
    exact = 0.75 * 0.5 + 0.25 * 1.0
    for b in (baseline, resumed):
        torch.testing.assert_close(b(one, group), one - exact)
    with pytest.raises(ValueError, match="decay"):
        EmaBaseline(1.0)


def _credit(n_slots: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    credit = torch.randn(6, n_slots, generator=torch.Generator().manual_seed(1))
    count = torch.zeros(6, n_slots)
    count[GROUP == 7] = torch.tensor([0.0, 12.0, 48.0, 36.0])
    count[GROUP == 3] = torch.tensor([6.0, 90.0, 0.0, 0.0])
    return credit * (count > 0), count


def test_region_advantage_has_the_image_s_mean_square():
    credit, count = _credit()
    image = group_normalised(REWARD, GROUP, 1e-4)
    regional = region_advantage(credit, image, GROUP, count)
    for g in (3, 7):
        rows = g == GROUP
        centered = credit[rows] - credit[rows].mean(0)
        mean_square = (count[rows] * centered**2).sum() / count[rows].sum()
        exact = centered * (image[rows].square().mean() / mean_square).sqrt()
        torch.testing.assert_close(regional[rows], exact)
    # Scaling a group's credit, or padding it, changes nothing.
    torch.testing.assert_close(region_advantage(5 * credit, image, GROUP, count), regional)
    pad = torch.zeros(6, 3)
    padded = region_advantage(torch.cat([credit, pad], 1), image, GROUP, torch.cat([count, pad], 1))
    torch.testing.assert_close(padded[:, :4], regional)
    assert not padded[:, 4:].any()


def test_region_advantage_of_nothing_is_zero():
    credit, count = _credit()
    image = group_centred(REWARD, GROUP)
    credit[GROUP == 3] = 0.1  # equal over samples: no region did better than its mates
    regional = region_advantage(credit, image, GROUP, count)
    assert torch.equal(regional[GROUP == 3], torch.zeros(3, 4))
    assert regional.isfinite().all() and regional[GROUP == 7].any()
    flat = torch.where(GROUP == 7, 0.0, image)
    assert not region_advantage(credit, flat, GROUP, count)[GROUP == 7].any()


def test_assign():
    credit, count = _credit()
    image = group_centred(REWARD, GROUP)
    regional = region_advantage(credit, image, GROUP, count)
    arguments = (image, credit, GROUP, count)
    assert torch.equal(assign("image", *arguments, 0.3), image)
    assert torch.equal(assign("region", *arguments, 0.3), regional)
    mixed = 0.7 * image[:, None] + 0.3 * regional
    torch.testing.assert_close(assign("mix", *arguments, 0.3), mixed)
    with pytest.raises(ValueError, match="pixel"):
        assign("pixel", *arguments, 0.3)


def test_branches_by_hand():
    """Two first chains part in two at the second step. Seen to fail with cousins as siblings."""
    reward = torch.tensor([[1.0, 3.0, 6.0, 10.0]])
    found = branch_centred(reward, (2, 2, 4, 4))
    first = [-6.0, -6.0, 6.0, 6.0]  # 2 against 8
    second = [-2.0, 2.0, -4.0, 4.0]
    expected = torch.tensor([first, second, second]).T[None]
    torch.testing.assert_close(found, expected)
    scaled = branch_normalised(reward, (2, 2, 4, 4), 0.5)
    torch.testing.assert_close(scaled, expected / (reward.std(correction=0) + 0.5))


def test_without_branches_it_is_leave_one_out_and_what_all_share_is_0():
    reward = torch.tensor([[0.1, 0.4, 0.4], [0.5, 0.2, 0.8]])
    plain = leave_one_out(reward.flatten(), torch.arange(6) // 3).view(2, 3, 1).expand(-1, -1, 2)
    torch.testing.assert_close(branch_centred(reward, (3, 3, 3)), plain)
    assert not branch_centred(reward, (1, 1, 3))[..., 0].any()
