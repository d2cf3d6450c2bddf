"""Rollouts against their own transitions, scored again: the ratio before a step is exactly 1."""

import itertools
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal

from colorrl.learn.advantage import assign
from colorrl.learn.loss import Surrogate, ppo_clip
from colorrl.learn.policy_gradient import policy_gradient_loss, replayed
from colorrl.learn.update import statistics
from colorrl.policy.action import RegionColors, WholeState
from colorrl.policy.distribution import GaussianState, RegionMeans
from colorrl.policy.noise import NoiseModel, draw_noise
from colorrl.policy.pipeline import ode_sample
from colorrl.policy.rollout import sample_rollout, step_seeds
from colorrl.policy.transition import step
from colorrl.seeding import seed_of
from tests.tiny import NETWORKS, network, sampler

GROUP = 3
ACTIONS = {"pixels": WholeState(), "regions": RegionColors()}
PPO = partial(ppo_clip, clip_low=1e-4, clip_high=1e-4)


@pytest.fixture(scope="module", params=NETWORKS)
def policy(request):
    return network(request.param)


def rollout_of(policy, sketch, walk, group=GROUP):
    seeds = torch.arange(len(sketch) * group) + 100
    return sample_rollout(policy, sketch, group, seeds, walk)


def part(rollout, sketches):
    """The rows of ``sketches`` as a rollout of their own."""
    rows = (torch.tensor(sketches)[:, None] * GROUP + torch.arange(GROUP)).flatten()
    names = ("state", "logp", "count", "image", "seed")
    return replace(
        rollout,
        sketch=rollout.sketch.select(sketches),
        group=torch.arange(len(sketches)).repeat_interleave(GROUP),
        **{name: getattr(rollout, name)[rows] for name in names},
    )


def densities(policy, rollout, walk):
    """(N, T', R+1) log-densities of the stochastic steps, scored again."""
    seen = []

    def spy(logp, logp_old, advantage, count):
        seen.append(logp.detach())
        none = torch.zeros(len(logp))
        return Surrogate(none, none, none, none, none)

    policy_gradient_loss(
        policy, None, rollout, torch.zeros(len(rollout.image)), walk, spy, None, 0.0
    )
    return torch.stack(seen, 1)


@pytest.mark.parametrize("rho", [0.0, 0.5])
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("kind", ["flow_sde", "cps", "ddim", "window"])
def test_the_first_ratio_is_exactly_one(policy, small_drawings, kind, action, rho):
    """Seen to fail with states cast to bf16 after they are scored, and with a mean 1e-6 off at
    replay.
    """
    walk = replace(sampler(kind, rho), action=ACTIONS[action])
    rollout = rollout_of(policy, small_drawings.select([0, 1]), walk)
    again = densities(policy, rollout, walk)
    assert torch.equal(again, rollout.logp[:, rollout.stochastic])
    assert again.abs().sum() > 0
    credit = torch.randn(rollout.count.shape, generator=torch.Generator().manual_seed(1))
    advantage = torch.tensor([1.0, -0.5, -0.5] * 2)
    for kind in ("image", "region", "mix"):
        assigned = assign(kind, advantage, credit, rollout.group, rollout.count, 0.5)
        marks = policy_gradient_loss(policy, None, rollout, assigned, walk, PPO)
        assert (marks.columns["log_ratio"] == 0).all() and marks.loss.detach() == 0
        figures = statistics([marks], lambda x: x)
        assert figures["policy/ratio_max"] == 1 and figures["policy/ess"] == 1


@pytest.mark.parametrize("action", ACTIONS)
def test_the_ratio_leaves_one_when_the_policy_moves(small_drawings, action):
    walk = replace(sampler(), action=ACTIONS[action])
    rollout = rollout_of(network("region"), small_drawings.select([0, 1]), walk)
    moved = network("region")
    with torch.no_grad():
        moved.free_colour.bias += 1e-3
    assert not torch.equal(densities(moved, rollout, walk), rollout.logp[:, rollout.stochastic])


def test_scoring_regions_draws_the_same_states(small_drawings):
    policy, sketch = network("region"), small_drawings.select([0, 1])
    pixels, regions = (
        rollout_of(policy, sketch, replace(sampler(), action=a)) for a in ACTIONS.values()
    )
    assert torch.equal(pixels.state, regions.state)
    assert torch.equal(regions.count, 3.0 * (pixels.count > 0))
    assert not torch.equal(pixels.logp, regions.logp)


def test_logp_of_region_means_ignores_texture_inside_regions(small_drawings):
    """A policy that changes within regions alone keeps its ratio, and no gradient asks for it."""
    policy, sketch = network("region"), small_drawings.select([0, 1])
    x = rollout_of(policy, sketch, replace(sampler(), action=RegionColors())).state[:, 1]
    region_index = sketch.regions.region_index.repeat_interleave(GROUP, 0)
    noise = NoiseModel(region_index, sketch.regions.n_slots, 0.5)
    texture = draw_noise(region_index, noise.n_slots, 0.0, torch.arange(len(region_index)))
    hot = noise.member
    mean = (texture.flatten(2) @ hot.transpose(1, 2)) / hot.sum(2).clamp(min=1)[:, None]
    texture = texture - (mean @ hot).view_as(texture)
    whole = GaussianState(0 * x, torch.tensor(0.3), x, noise)
    means = RegionMeans(whole)
    torch.testing.assert_close(means.log_prob(x + texture), means.log_prob(x), rtol=1e-4, atol=1e-3)
    assert (whole.log_prob(x + texture) - whole.log_prob(x)).abs().max() > 100


def test_other_micro_batch_sizes_agree_within_rounding(policy, small_drawings):
    walk = sampler()
    rollout = rollout_of(policy, small_drawings, walk)
    advantage = torch.zeros(GROUP)
    for i in range(len(small_drawings)):
        marks = policy_gradient_loss(
            policy, None, part(rollout, [i]), advantage, walk, PPO, None, 0.0
        )
        assert marks.columns["log_ratio"].exp().sub(1).abs().max() <= 1e-5


def test_dropout_would_spoil_the_ratio_and_is_off_in_evaluation(small_drawings):
    """Seen to fail with a rollout in training mode."""
    policy = network("unet")
    for module in policy.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.1
    walk = sampler()
    rollout = rollout_of(policy, small_drawings.select([0]), walk)
    assert torch.equal(densities(policy, rollout, walk), rollout.logp[:, rollout.stochastic])
    policy.train()
    assert not torch.equal(densities(policy, rollout, walk), rollout.logp[:, rollout.stochastic])


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_region_sums_add_up_to_the_images_density(small_drawings, rho):
    """Against torch.distributions on the states, with the covariance written out."""
    policy, walk, sketch = network("region"), sampler(rho=rho), small_drawings.select([1])
    rollout = rollout_of(policy, sketch, walk, group=1)
    region_index = sketch.regions.region_index[0].flatten()
    same = (region_index[:, None] == region_index[None, :]).double()
    covariance = rho * same + (1 - rho) * torch.eye(len(region_index), dtype=torch.float64)
    law = MultivariateNormal(torch.zeros(len(region_index), dtype=torch.float64), covariance)
    steps = rollout.stochastic.nonzero().flatten().tolist()
    assert len(steps) == walk.n_steps - 1
    for k in steps:
        step = replayed(policy, rollout, walk)(k)
        d = ((rollout.state[:, k + 1] - step.mean) / step.std)[0].flatten(1).double()
        expected = law.log_prob(d).sum() - d.numel() * step.std.double().log()
        # fp32 sums of 3,072 elements
        torch.testing.assert_close(rollout.logp[0, k].sum().double(), expected, rtol=1e-5, atol=0)


def test_deterministic_steps_carry_no_density(small_drawings):
    """Seen to fail with every step scored."""
    walk = sampler("window")
    rollout = rollout_of(network("region"), small_drawings.select([0]), walk)
    assert rollout.stochastic.tolist() == [False, True, True, False]
    assert (rollout.logp[:, ~rollout.stochastic] == 0).all()
    assert (rollout.logp[:, rollout.stochastic].abs().sum(2) > 0).all()
    # Samples of one sketch differ all the same: their first noise does.
    assert rollout.image[0].sub(rollout.image[1]).abs().max() > 0.01


def test_without_noise_it_is_the_generator_s_own_sample(policy, small_drawings):
    """The same times in the same order. Seen to fail with the time after next in ``move``."""
    walk, seeds = sampler("ode"), torch.arange(len(small_drawings))
    rollout = sample_rollout(policy, small_drawings, 1, seeds, walk)
    first = torch.tensor([seed_of(s, 0) for s in seeds.tolist()])
    with torch.no_grad():
        image = ode_sample(policy, small_drawings, walk.grid(), walk.rho, first)
    # the pipeline leaves memory layouts as they come, and matrix products round by layout
    torch.testing.assert_close(rollout.image, image, rtol=0, atol=1e-5)


def test_steps_outside_the_window_are_euler_s(small_drawings):
    """Seen to fail with the sampler's own kind: its mean leaves room for noise that never comes."""
    walk, policy, sketch = sampler("window"), network("region"), small_drawings.select([0])
    rollout = rollout_of(policy, sketch, walk)
    encoding = policy.encode(sketch).repeat(GROUP)
    for k in (0, 3):
        x, (t, t_next) = rollout.state[:, k], rollout.t[k : k + 2].tolist()
        x0 = policy.predict(x, torch.full((GROUP,), t), encoding)
        euler, std = step("ode", x, x0, t, t_next, 0.0)
        torch.testing.assert_close(rollout.state[:, k + 1], euler, rtol=0, atol=1e-6)
        assert std == 0


def test_shapes_and_units(policy, small_drawings):
    rollout = rollout_of(policy, small_drawings, sampler())
    n, slots = len(small_drawings) * GROUP, small_drawings.regions.n_slots
    assert rollout.state.shape == (n, 5, 3, 32, 32) and rollout.state.dtype == torch.float32
    assert rollout.logp.shape == (n, 4, slots) and rollout.count.shape == (n, slots)
    assert (rollout.count.sum(1) == 3 * 32 * 32).all()
    assert rollout.group.tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert rollout.group_size == GROUP
    assert torch.equal(rollout.image, ((rollout.state[:, -1] + 1) / 2).clamp(0, 1))


def test_no_two_steps_draw_with_the_same_seeds(small_drawings, monkeypatch):
    """Nor a step with the start. Seen to fail with the first step at the start's place."""
    places, real = [], step_seeds

    def kept(seeds, *place):
        places.append(place)
        return real(seeds, *place)

    monkeypatch.setattr("colorrl.policy.rollout.step_seeds", kept)
    rollout_of(network("region"), small_drawings, sampler())
    assert len(places) == len(set(places)) == 4  # the start and three steps that draw


def test_a_sample_depends_on_its_sketch_and_seed_alone(small_drawings):
    """Not on its batch mates, and on padding only by rounding: the noise is the same to the bit."""
    walk, policy = sampler(), network("region")
    together = rollout_of(policy, small_drawings, walk)
    for i, g in itertools.product(range(len(small_drawings)), (0, GROUP - 1)):
        row = i * GROUP + g
        one = small_drawings.select([i])
        alone = sample_rollout(policy, one, 1, together.seed[row : row + 1], walk)
        assert torch.equal(alone.state[0, 0], together.state[row, 0])
        torch.testing.assert_close(alone.image[0], together.image[row], rtol=0, atol=1e-5)


def test_noise_differs_between_steps_and_samples(small_drawings):
    sketch = small_drawings.select([0])
    rollout = rollout_of(network("region"), sketch, sampler())
    assert not torch.equal(rollout.state[0, 0], rollout.state[1, 0])
    first = draw_noise(sketch.regions.region_index, sketch.regions.n_slots, 0.5, rollout.seed[:1])
    assert not torch.equal(first[0], rollout.state[0, 0])  # seeds of steps are derived
