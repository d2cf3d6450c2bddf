"""GAE against its sum written out, the value's loss, and a critic that learns and hides nothing."""

import copy
from dataclasses import replace
from functools import partial

import pytest
import torch

from colorrl.learn.critic import Critic, explained_variance, gae, value_loss
from colorrl.learn.value import RegionValue
from colorrl.policy.rollout import Sampler, sample_rollout
from tests.learn.toy import IDS, Near, Table, sketches

WALK = Sampler("cps", n_steps=5, eta=0.7, shift=3.0, rho=0.5, window=(1, 2))
SETTINGS = {"lam": 0.95, "lr": 0.01, "epochs": 20, "clip": None, "warmup": 0, "eps": 1e-4}


ALL = torch.ones(6, dtype=torch.bool)


def chains(seed=0):
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(7, 6, generator=draw), torch.randn(7, 6, generator=draw)


@pytest.mark.parametrize("lam", [0.0, 0.3, 0.95, 1.0])
def test_gae_is_its_sum(lam):
    """O(T^2). Seen to fail with V of the same step in place of the next one's."""
    value, reward = chains()
    after = torch.cat([value[:, 1:], torch.zeros(7, 1)], 1)
    delta = reward + after - value
    exact = torch.zeros_like(value)
    for k in range(6):
        for later in range(k, 6):
            exact[:, k] += lam ** (later - k) * delta[:, later]
    torch.testing.assert_close(gae(value, reward, ALL, lam), exact)


def test_a_chain_of_one_step_earns_its_reward_less_its_value():
    """Seen to fail with a second step asked for."""
    value, reward = (x[:, :1] for x in chains())
    torch.testing.assert_close(gae(value, reward, ALL[:1], 0.7), reward - value)


def test_lambda_one_is_the_monte_carlo_return():
    """Less the value: seen to fail at lambda 0.95."""
    value, reward = chains()
    to_come = reward.flip(1).cumsum(1).flip(1)
    torch.testing.assert_close(gae(value, reward, ALL, 1.0), to_come - value)


@pytest.mark.parametrize("lam", [0.0, 0.7])
def test_lambda_decays_over_decisions_alone(lam):
    """A step that draws nothing takes nothing from later rewards: GAE of the chain of decisions.

    Seen to fail with lam at every step.
    """
    value, reward = chains()
    stochastic = torch.tensor([True, False, True, False, False, False])
    decided = torch.stack([value[:, 0], value[:, 2]], 1)
    earned = torch.stack([reward[:, :2].sum(1), reward[:, 2:].sum(1)], 1)
    exact = gae(decided, earned, ALL[:2], lam)
    torch.testing.assert_close(gae(value, reward, stochastic, lam)[:, [0, 2]], exact)


class AtTime(torch.nn.Module):
    """A value that is the time it is asked for."""

    def __init__(self):
        super().__init__()
        self.none = torch.nn.Parameter(torch.zeros(()))

    def read(self, x0, sketch):
        return torch.zeros(len(x0), 1)

    def forward(self, reading, t):
        return t + 0 * self.none


def test_the_value_is_read_at_the_time_of_its_state(rollouts):
    """V(x_k, t_k). Seen to fail with ``t[1:]``, the next time, in place of ``t[:-1]``."""
    found = Critic(AtTime, device=torch.device("cpu"), seed=0, **(SETTINGS | {"epochs": 0}))
    rollout = rollouts[0][0]
    values = found._values(found._read(rollout), rollout.t)
    torch.testing.assert_close(values, rollout.t[:-1].expand(len(values), -1))


def test_value_loss_in_every_quadrant():
    """(value, target) around value_old = 0 with clip 0.2. Seen to fail with min in place of max."""
    cases = [(0.1, 1.0, True), (0.5, 1.0, False), (0.5, -1.0, True), (-0.5, -1.0, False),
             (-0.5, 1.0, True), (0.5, 0.3, True)]  # fmt: skip
    for value, target, keeps in cases:
        v = torch.tensor(value, requires_grad=True)
        loss = value_loss(v, torch.tensor(0.0), torch.tensor(target), 0.2)
        near = min(max(value, -0.2), 0.2)
        assert loss.item() == pytest.approx(max((value - target) ** 2, (near - target) ** 2) / 2)
        loss.backward()
        assert v.grad.item() == pytest.approx(value - target if keeps else 0.0)
    free = value_loss(torch.tensor(0.5), torch.tensor(0.0), torch.tensor(1.0), None)
    assert free.item() == pytest.approx(0.125)


def test_explained_variance():
    """Seen to fail with the mean square in place of the variance."""
    outcome = torch.tensor([1.0, 2.0, 3.0, 4.0])
    assert explained_variance(outcome, outcome) == 1
    assert explained_variance(outcome + 5, outcome) == 1  # a constant is no variance
    assert explained_variance(torch.zeros(4), outcome) == 0
    assert explained_variance(-outcome, outcome) == -3
    assert explained_variance(outcome, torch.ones(4)) == 0


def critic(**changes):
    network = partial(RegionValue, width=16, truth=True)
    return Critic(network, device=torch.device("cpu"), seed=3, **(SETTINGS | changes))


@pytest.fixture(scope="module")
def rollouts():
    """Ten micro-batches of the toy's four sketches, 8 samples each, with their rewards."""
    policy, found = Table(), []
    for first in range(0, 320, 32):
        seeds = torch.arange(first, first + 32)
        rollout = sample_rollout(policy, sketches(), 8, seeds, WALK, keep_x0=True)
        total = Near().score(rollout.image, rollout.sketch.repeat(8), rollout.group, 1.0).total
        reward = torch.zeros(32, WALK.n_steps)
        reward[:, -1] = total
        found.append((rollout, reward))
    return found


def ask(found, some):
    rollouts, rewards = zip(*some, strict=True)
    return found(rollouts, rewards, lambda x: x, lambda x: x)


def test_stored_predictions_are_those_of_the_states(rollouts):
    rollout, policy = rollouts[0][0], Table()
    for k in range(WALK.n_steps):
        x0 = policy.predict(rollout.state[:, k], rollout.t[k].expand(32), policy.encode(
            rollout.sketch).repeat(8))  # fmt: skip
        assert torch.equal(rollout.x0[:, k], x0)


def test_the_value_learns_what_pictures_earn(rollouts):
    """Explained variance on rewards it has not seen. Seen to fail with epochs 0."""
    found = critic()
    _, first = ask(found, rollouts[:2])
    assert first["value/explained_variance"] == 0  # it starts from 0 everywhere
    for k in range(2, 10, 2):
        _, figures = ask(found, rollouts[k : k + 2])
    assert figures["value/explained_variance"] > 0.5
    assert 0 < figures["value/loss"] < first["value/loss"]


def test_a_value_that_does_not_learn_has_no_loss(rollouts):
    """Seen to fail with 1."""
    assert ask(critic(epochs=0), rollouts[:1])[1]["value/loss"] == 0


def test_the_gradient_is_that_of_the_mean_loss(rollouts, monkeypatch):
    """Over all values of all micro-batches. AdamW would not show a wrong scale.

    Seen to fail with the number of values subtracted from their sum.
    """
    found, twin, seen = critic(epochs=1), critic(), []
    weights = list(found.network.parameters())
    monkeypatch.setattr(
        found.optimizer, "step", lambda: seen.append(torch.cat([p.grad.flatten() for p in weights]))
    )
    _, figures = ask(found, rollouts[:2])
    losses = []
    for rollout, reward in rollouts[:2]:
        value = twin._values(twin._read(rollout), rollout.t)
        old = value.detach()
        target = old + gae(old, reward, rollout.stochastic, 0.95)
        losses.append(value_loss(value, old, target, None))
    mean = torch.cat(losses).mean()
    mean.backward()
    wanted = torch.cat([p.grad.flatten() for p in twin.network.parameters()])
    assert wanted.norm() > 0 and (seen[0] - wanted).norm() < 1e-5 * wanted.norm()
    assert figures["value/loss"] == pytest.approx(mean.item())


def test_advantages_are_of_the_value_before_it_learns(rollouts):
    """A value that knew these rewards already would hide them: seen to fail with the fit first."""
    idle, busy = critic(epochs=0), critic(epochs=50)
    once, again = ask(idle, rollouts[:1])[0][0], ask(busy, rollouts[:1])[0][0]
    assert torch.equal(once, again)
    assert once.shape == (32, WALK.n_steps, 1)


def test_advantages_are_whitened_over_stochastic_steps(rollouts):
    """The window's, over all micro-batches. Seen to fail without the mask."""
    found = critic()
    ask(found, rollouts[:2])
    advantages, _ = ask(found, rollouts[2:4])
    seen = torch.cat(advantages)[:, rollouts[0][0].stochastic]
    assert seen.shape == (64, 2, 1)
    torch.testing.assert_close(seen.mean(), torch.tensor(0.0), rtol=0, atol=1e-5)
    torch.testing.assert_close(seen.std(correction=0), torch.tensor(1.0), rtol=0, atol=1e-2)


def test_the_value_warms_up_alone(rollouts):
    found = critic(warmup=2)
    zero = [not torch.cat(ask(found, rollouts[k : k + 1])[0]).any() for k in range(4)]
    assert zero == [True, True, False, False]


def test_a_critic_goes_on_where_it_was(rollouts):
    """Bit for bit: seen to fail without the optimiser's state."""
    found, resumed = critic(), critic()
    ask(found, rollouts[:1])
    resumed.load_state_dict(copy.deepcopy(found.state_dict()))
    for some in (rollouts[1:2], rollouts[2:3]):
        (a,), figures = ask(found, some)
        (b,), again = ask(resumed, some)
        assert torch.equal(a, b) and figures == again


def test_micro_batches_do_not_matter(rollouts):
    """Each rollout by halves of its sketches: up to rounding."""
    rollout, reward = rollouts[0]
    names = ("state", "logp", "count", "image", "seed", "x0")
    halves = []
    for rows, some in ((slice(0, 16), [0, 1]), (slice(16, 32), [2, 3])):
        cut = {name: getattr(rollout, name)[rows] for name in names}
        part = replace(rollout, sketch=rollout.sketch.select(some), **cut)
        halves.append((part, reward[rows]))
    whole, cut = critic(), critic()
    for _ in range(2):
        (a,), figures = ask(whole, [(rollout, reward)])
        parts, again = ask(cut, halves)
        torch.testing.assert_close(torch.cat(parts), a, rtol=1e-3, atol=1e-4)
        assert again == pytest.approx(figures, rel=1e-3, abs=1e-5)


def test_a_value_without_the_truth_needs_none(rollouts):
    rollout = rollouts[0][0]
    blind, blank = RegionValue(8, truth=False), replace(sketches(), flats=None)
    reading = blind.read(rollout.x0[:4, 0], blank)
    assert reading.shape == (len(IDS), 3, 7) and blind(reading, torch.ones(4)).shape == (4,)
    with pytest.raises(ValueError, match=r"sketch 'a' has none.*truth=false"):
        RegionValue(8, truth=True).read(rollout.x0[:4, 0], blank)
    with pytest.raises(ValueError, match="lam"):
        critic(lam=1.5)
