"""Estimators that claim to be unbiased, against the toy's gradient in closed form.

The reward is -|colours - target|^2. A picture's colours are Gaussian with mean slope x table, so
the gradient of the expected reward is -2 slope (slope x table - target). A policy gradient knows
its stochastic steps alone: what the last, deterministic one does itself is the world to it, and
the first slope is that of the steps that draw.
"""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from colorrl.learn.advantage import (
    batch_centred,
    branch_centred,
    group_centred,
    leave_one_out,
    monte_carlo,
)
from colorrl.learn.critic import gae
from colorrl.learn.loss import ppo_clip, reinforce
from colorrl.learn.policy_gradient import policy_gradient_loss
from colorrl.learn.reward_gradient import replay_end, reward_gradient_loss
from colorrl.learn.running_baselines import EmaBaseline
from colorrl.policy.rollout import Sampler, sample_rollout
from tests.learn.toy import IDS, TARGET, Rows, Table, region_mean, sketches, slope

GROUP = 800
WALK = Sampler("cps", n_steps=4, eta=0.7, shift=3.0, rho=0.5)
START = 0.3 * TARGET  # on the way, so that no gradient is 0


class Rowed(Table):
    """The table with a row for each sample, so that gradients are per sample."""

    def __init__(self) -> None:
        super().__init__()
        self.color.data = START.repeat_interleave(GROUP, 0)

    def encode(self, sketch):
        return Rowed.Every(torch.arange(len(self.color)))

    class Every(Rows):
        def repeat(self, n):
            return self


@pytest.fixture(scope="module")
def policy():
    return Rowed()


@pytest.fixture(scope="module")
def rollout(policy):
    return sample_rollout(policy, sketches(), GROUP, torch.arange(len(IDS) * GROUP), WALK)


def reward_of(image):
    away = region_mean(2 * image - 1) - TARGET.repeat_interleave(GROUP, 0)
    return -away.square().sum((1, 2))


def with_a_past(reward, group):
    baseline = EmaBaseline(0.9)
    baseline.load_state_dict({"value": -1.0})
    return baseline(reward, group)


def against_a_value(reward, rollout):
    """GAE with lambda = 1 and some value that reads the state: it must not matter which."""
    value = rollout.state[:, :-1].mean((2, 3, 4)) - 0.5
    earned = torch.zeros_like(value)
    earned[:, -1] = reward
    return gae(value, earned, rollout.stochastic, 1.0).unsqueeze(2)


DRAWS = WALK.stochastic().nonzero().flatten().tolist()


def far_from(gradient, acting, share=1.0):
    """Largest distance of the mean of gradients (N, 2, 3) from the truth, in standard errors."""
    truth = share * -2 * slope(WALK, acting) * (slope(WALK) * START - TARGET)  # (S, 2, 3)
    each = gradient.unflatten(0, (len(IDS), GROUP))
    error = each.std(1) / GROUP**0.5
    return ((each.mean(1) - truth) / error).abs().max().item()


def policy_gradient(policy, rollout, advantage, surrogate):
    """(N, 2, 3) of the summed log-density: the loss is a mean over steps and elements."""
    policy.zero_grad()
    policy_gradient_loss(
        policy, None, rollout, advantage, WALK, surrogate, None, 0.0
    ).loss.backward()
    steps, elements = rollout.stochastic.sum(), rollout.count[0].sum()
    return -policy.color.grad * steps * elements


def surrogates():
    yield "reinforce", reinforce
    yield "ppo_clip", lambda *given: ppo_clip(*given, 1e-4, 1e-4, 1e-4)


ESTIMATORS = {
    "monte_carlo": monte_carlo,
    "leave_one_out": leave_one_out,
    "batch_centred": batch_centred,
    "ema": with_a_past,
}


@pytest.mark.parametrize("name", [*ESTIMATORS, "gae"])
def test_policy_gradients_are_unbiased(policy, rollout, name):
    """Seen to fail with half the leave-one-out advantage, by 8 standard errors."""
    reward = reward_of(rollout.image)
    if name == "gae":
        advantage = against_a_value(reward, rollout)
    else:
        advantage = ESTIMATORS[name](reward, rollout.group)
    for _, surrogate in surrogates():
        gradient = policy_gradient(policy, rollout, advantage, surrogate)
        assert far_from(gradient, DRAWS) < 4 < far_from(gradient, DRAWS, share=0.0)
        assert far_from(gradient, None) > 40  # the last step is not the policy's to credit


def test_a_mean_of_all_shrinks_the_gradient_by_its_own_share(policy, rollout):
    """Groups of two, where that is a half."""
    reward = reward_of(rollout.image)
    pairs = torch.arange(len(reward)) // 2
    gradient = policy_gradient(policy, rollout, group_centred(reward, pairs), reinforce)
    assert far_from(gradient, DRAWS, share=0.5) < 4 < far_from(gradient, DRAWS)


def test_the_reward_s_own_gradient_is_unbiased_through_all_steps(policy, rollout):
    """And through fewer it is that of the steps it sees. Seen to fail with one step more."""
    for last_steps in (WALK.n_steps, 2, 1):
        seen = range(WALK.n_steps - last_steps, WALK.n_steps)
        policy.zero_grad()
        part = reward_gradient_loss(
            policy, rollout, WALK, reward_of, lambda *given, k=last_steps: replay_end(*given, k)
        )
        part.loss.backward()
        assert torch.equal(replay_end(policy, rollout, WALK, last_steps), rollout.image)
        assert far_from(-policy.color.grad, seen) < 4
        assert far_from(-policy.color.grad, range(2)) > 4


def test_the_toy_s_slope(rollout):
    """The closed form itself, on the pictures: within 4 standard errors."""
    each = region_mean(2 * rollout.image - 1).unflatten(0, (len(IDS), GROUP))
    error = each.std(1) / GROUP**0.5
    assert ((each.mean(1) - slope(WALK) * START) / error).abs().max() < 4
    assert (rollout.image > 0).all() and (rollout.image < 1).all()  # where clamping is silent
    assert all(t > t_next for t, t_next in pairwise(rollout.t.tolist()))


TREES, ENDS = 200, 8


class ByTree(Table):
    """The table with a row for each tree, so that gradients are per tree."""

    def __init__(self) -> None:
        super().__init__()
        self.color.data = START.repeat_interleave(TREES, 0)

    def encode(self, sketch):
        return Rows(torch.arange(len(sketch)))


@pytest.mark.parametrize("branches", [(2, 2, 2), (1, 4), (4,), (2,)])
def test_branches_have_the_whole_gradient(branches):
    """Of all steps that have siblings, at every way to part.

    A tree whose samples part at the second step learns nothing of the first.

    Seen to fail with a branch among its own siblings, by 20 standard errors.
    """
    policy, walk = ByTree(), replace(WALK, branches=branches)
    seeds = torch.arange(len(IDS) * TREES * ENDS)
    rollout = sample_rollout(policy, sketches().repeat(TREES), ENDS, seeds, walk)
    away = region_mean(2 * rollout.image - 1) - TARGET.repeat_interleave(TREES * ENDS, 0)
    reward = -away.square().sum((1, 2)).view(-1, ENDS)
    advantage = branch_centred(reward, rollout.chains).flatten(0, 1).unsqueeze(2)
    alone = [k for k in DRAWS if rollout.chains[k + 1] > 1]
    gradient = policy_gradient(policy, rollout, advantage, reinforce) / ENDS
    truth = -2 * slope(WALK, alone) * (slope(WALK) * START - TARGET)
    each = gradient.unflatten(0, (len(IDS), TREES))
    error = each.std(1) / TREES**0.5
    assert ((each.mean(1) - truth) / error).abs().max() < 4
    assert ((each.mean(1) - 0.5 * truth) / error).abs().max() > 4
