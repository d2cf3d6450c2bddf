"""The toy with a network in which regions look at each other, and what credits make of it.

Each region's prediction leans on its own state and, by ``across``, on the other region's: so a
region's noise moves its neighbour too, as in a real network. The reward is -|colours - target|^2,
a sum over regions; the gradient of its expectation is known in closed form for linear steps.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from colorrl.learn.advantage import assign, leave_one_out
from colorrl.learn.loss import reinforce
from colorrl.learn.policy_gradient import policy_gradient_loss
from colorrl.policy.rollout import Sampler, sample_rollout
from colorrl.policy.transition import coefficients
from colorrl.types import Rollout
from tests.learn.toy import IDS, LEAN, TARGET, Rows, Table, paint, region_mean, sketches

WALK = Sampler("cps", n_steps=4, eta=0.7, shift=3.0, rho=0.5)
START = 0.3 * TARGET
GROUP = 8


class Coupled(Table):
    """A row of colours for each of ``groups`` x GROUP samples a sketch: a gradient for each."""

    def __init__(self, across: float, groups: int) -> None:
        super().__init__()
        self.across = across
        self.color.data = START.repeat_interleave(groups * GROUP, 0)

    def encode(self, sketch):
        return Coupled.Every(torch.arange(len(self.color)))

    def predict(self, x, t, code):
        mean = region_mean(x)
        return paint(self.color[code.index] + LEAN * mean + self.across * mean.flip(1))

    class Every(Rows):
        def repeat(self, n):
            return self


def jacobian(across: float, acting: list[int]) -> Tensor:
    """(2, 2) d mean colours / d table, through the steps ``acting`` alone."""
    lean = torch.tensor([[LEAN, across], [across, LEAN]])
    mean = torch.zeros(2, 2)
    for k, (t, t_next) in enumerate(pairwise(WALK.grid().tolist())):
        a, b, _ = coefficients(WALK.kind, t, t_next, WALK.eta)
        mean = a * torch.eye(2) * (k in acting) + (a * lean + b * torch.eye(2)) @ mean
    return mean


def truth(across: float) -> Tensor:
    """(S, 2, 3) gradient of the expected reward through the steps that draw."""
    draws = WALK.stochastic().nonzero().flatten().tolist()
    away = jacobian(across, list(range(WALK.n_steps))) @ START - TARGET
    return -2 * jacobian(across, draws).T @ away


@dataclass(frozen=True)
class Found:
    """What a credit's gradients are, against the truth; scale is free, as a learning rate is."""

    angle: float  # degrees between their mean and the truth, all sketches together
    error: float  # of that angle: what the groups' spread alone would turn the truth by
    noise: float  # variance of a group's gradient, over the square of its mean


def measured(kind: str, across: float, groups: int, mix: float = 0.5) -> Found:
    """``groups`` groups of each sketch, sampled and scored as training does."""
    policy = Coupled(across, groups)
    seeds = torch.arange(len(IDS) * groups * GROUP)
    rollout = sample_rollout(policy, sketches(), groups * GROUP, seeds, WALK)
    group = torch.arange(len(seeds)) // GROUP
    target = TARGET.repeat_interleave(groups * GROUP, 0)
    reward = -(region_mean(2 * rollout.image - 1) - target).square().sum(2)  # (N, 2)
    credit = torch.cat([torch.zeros(len(seeds), 1), reward], 1)
    advantage = leave_one_out(reward.sum(1), group)
    weight = assign(kind, advantage, credit, group, rollout.count, mix)
    return _against(truth(across), _gradients(policy, rollout, weight).unflatten(0, (-1, GROUP)))


def _gradients(policy: Coupled, rollout: Rollout, weight: Tensor) -> Tensor:
    policy_gradient_loss(policy, None, rollout, weight, WALK, reinforce).loss.backward()
    assert policy.color.grad is not None
    return -policy.color.grad  # (N, 2, 3)


def _against(true: Tensor, gradient: Tensor) -> Found:
    each = gradient.sum(1).unflatten(0, (len(IDS), -1)).flatten(2)  # (S, groups, 6)
    mean, true = each.mean(1), true.flatten(1)
    spread = each.var(1).sum()
    cosine = (mean * true).sum() / mean.norm() / true.norm()
    angle = cosine.clamp(-1, 1).acos().rad2deg()
    error = (spread / each.shape[1]).sqrt() / mean.norm()
    return Found(float(angle), float(error.rad2deg()), float(spread / mean.square().sum()))
