"""A policy that is no picture: the state is a token for each region, a step unmasks some of them.

All of it stands in this file: the room that the Protocols leave for such a kind.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import nn

from colorrl.learn.advantage import leave_one_out
from colorrl.learn.kl import exact
from colorrl.learn.loss import reinforce
from colorrl.learn.policy_gradient import divergences, policy_gradient_loss, replayed
from colorrl.policy.distribution import Draw
from colorrl.policy.entries import draw_entries
from colorrl.policy.pipeline import ode_sample
from colorrl.policy.rollout import Sampler, sample_rollout
from colorrl.policy.transition import time_grid
from tests.learn.toy import IDS, OWNER, Rows, sketches

HIDDEN = -1
COLORS = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
GROUP = 200


class TokenSpace:
    """(N, R+1) int64: the entry of each region, HIDDEN before it is decided."""

    channels, noisy, region_exact, times = 1, False, True, staticmethod(time_grid)

    def region_index(self, regions):
        slots = torch.arange(regions.n_slots).expand_as(regions.area)
        return torch.where(regions.area > 0, slots, 0)

    def start(self, noise, seeds):
        return torch.full_like(noise.region_index, HIDDEN)

    def move(self, x, x0, t, t_next, encoding):
        return torch.where(due(x, t_next), x0.argmax(2), x)

    def decode(self, x0, encoding):
        return (
            COLORS[x0]
            .gather(1, OWNER.flatten()[None, :, None].expand(len(x0), -1, 3))
            .mT.view(len(x0), 3, *OWNER.shape[1:])
        )


def due(x, t_next):
    """Hidden regions of x (N, 3) that are decided: the first one by half time, then all."""
    return (x == HIDDEN) & (torch.tensor([True, t_next <= 0.5, t_next == 0]))


@dataclass
class Unmasking:
    """A `Transition` of tokens."""

    log_share: torch.Tensor  # (N, R+1, E)
    x: torch.Tensor
    t_next: float

    @property
    def x0(self):
        return self.log_share

    def sample(self, seeds):
        drawn = draw_entries(self.log_share, seeds(1))
        return Draw(torch.where(due(self.x, self.t_next), drawn, self.x))

    def log_prob(self, outcome):
        logp = self.log_share.gather(2, outcome.clamp(min=0)[..., None])[..., 0]
        return torch.where(self._decided(), logp, 0.0)

    def kl(self, other):
        apart = (self.log_share.exp() * (self.log_share - other.log_share)).sum(2)
        return torch.where(self._decided(), apart, 0.0)

    def _decided(self):
        return due(self.x, self.t_next) & (torch.arange(self.x.shape[1]) > 0)


class Unmask:
    """An `Action`."""

    differentiable = False

    def draws(self, kind, eta, grid):
        return torch.tensor([t_next <= 0.5 for _, t_next in pairwise(grid.tolist())])

    def count(self, noise, encoding):
        return (noise.region_index > 0).float()

    def check(self, policy, sampler):
        pass

    def transition(self, policy, encoding, x, step, noise):
        return Unmasking(policy.predict(x, torch.full((len(x),), step.t), encoding), x, step.t_next)


class Tokens(nn.Module):
    """A table of logits; the second region's leans on what the first one was given."""

    space = TokenSpace()

    def __init__(self):
        super().__init__()
        self.logits = nn.Parameter(0.3 * torch.randn(len(IDS), 3, 3, generator=SEED()))
        self.lean = nn.Parameter(0.5 * torch.randn(3, 3, generator=SEED()))

    def encode(self, sketch) -> Any:
        return Rows(torch.tensor([IDS.index(i) for i in sketch.id]))

    def predict(self, x, t, encoding):
        seen = torch.where(x[:, 1:2] == HIDDEN, 0.0, self.lean[x[:, 1].clamp(min=0)])
        logits = self.logits[encoding.index]
        return torch.stack([*logits.unbind(1)[:2], logits[:, 2] + seen], 1).log_softmax(2)


def SEED():
    return torch.Generator().manual_seed(4)


WALK = Sampler("ode", n_steps=4, eta=0.0, shift=1.0, rho=0.0, action=Unmask())


@pytest.fixture(scope="module")
def policy():
    return Tokens()


@pytest.fixture(scope="module")
def rollout(policy):
    return sample_rollout(policy, sketches(), GROUP, torch.arange(len(IDS) * GROUP), WALK)


def test_tokens_are_sampled_and_scored_as_pictures_are(policy, rollout):
    """Every region is decided once, the first ratio is exactly 1, nothing else is scored."""
    assert rollout.choice is None and (rollout.state[:, -1] >= 0).all()
    assert torch.equal(rollout.image, policy.space.decode(rollout.state[:, -1], None))
    law = replayed(policy, rollout, WALK)
    for k in rollout.stochastic.nonzero().flatten().tolist():
        assert torch.equal(law(k).log_prob(rollout.outcome(k)), rollout.logp[:, k])
    assert (rollout.logp != 0).sum(1).tolist() == [[0, 1, 1]] * len(rollout.image)
    assert not divergences(policy, policy, rollout, WALK, exact).any()
    assert ode_sample(policy, sketches(), WALK.grid(), 0.0, torch.arange(4)).shape == (4, 3, 6, 6)


def test_the_policy_gradient_of_tokens_is_exact(policy, rollout):
    """Against all nine colourings of each sketch, within 4 standard errors of groups of samples.

    Seen to fail with the second region's choice drawn without the first one's.
    """
    worth = torch.rand(3, 3, generator=SEED())
    reward = worth[rollout.state[:, -1, 1], rollout.state[:, -1, 2]]
    estimates = []
    for part in range(20):  # of every sketch's samples
        rows = torch.arange(len(reward)).view(len(IDS), 20, -1)[:, part].flatten()
        cut = {name: getattr(rollout, name)[rows] for name in ("state", "logp", "count", "image")}
        some = replace(rollout, group=rollout.group[rows], seed=rollout.seed[rows], **cut)
        policy.zero_grad()
        advantage = leave_one_out(reward[rows], some.group)
        policy_gradient_loss(
            policy, None, some, advantage, WALK, reinforce, None, 0.0
        ).loss.backward()
        scale = 2 * int(rollout.stochastic.sum()) / len(rows)  # of elements and steps
        estimates.append(-policy.lean.grad * scale)
    policy.zero_grad()
    first = policy.logits[:, 1].log_softmax(1).exp()  # (S, 3)
    second = (policy.logits[:, 2, None] + policy.lean).log_softmax(2).exp()  # (S, 3, 3)
    (first[:, :, None] * second * worth).sum((1, 2)).mean().backward()
    found = torch.stack(estimates)
    error = found.std(0) / len(found) ** 0.5
    assert ((found.mean(0) - policy.lean.grad).abs() < 4 * error).all()
    assert (policy.lean.grad.abs() > 4 * error).any()
