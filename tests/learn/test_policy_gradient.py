"""Divergences from the start over stored transitions, and what a loss may not depend on."""

from dataclasses import replace

import pytest
import torch

from colorrl.learn import kl
from colorrl.learn.loss import Surrogate, reinforce
from colorrl.learn.policy_gradient import divergences, policy_gradient_loss
from tests.policy.test_rollout import rollout_of
from tests.tiny import network, perturbed, sampler

ESTIMATORS = {name: getattr(kl, name) for name in ("exact", "k1", "k2", "k3")}
KINDS = ("flow_sde", "cps", "ddim", "window")


@pytest.fixture(scope="module")
def start():
    return network("region")


@pytest.fixture(scope="module")
def moved(start):
    return perturbed(start, 3e-3)


def sampled(policy, drawings, kind, samples=3):
    walk = sampler(kind)
    return rollout_of(policy, drawings.select([0, 1]), walk, samples), walk


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_no_divergence_from_itself(start, small_drawings, kind, name):
    """Exactly 0, and 0 on deterministic steps whatever the policy."""
    rollout, walk = sampled(start, small_drawings, kind)
    apart = divergences(start, start, rollout, walk, ESTIMATORS[name])
    assert apart.shape == rollout.logp.shape and not apart.any()
    away = divergences(perturbed(start, 1e-3), start, rollout, walk, ESTIMATORS[name])
    assert torch.equal((away != 0).any(2).any(0), rollout.stochastic)


@pytest.mark.parametrize("name", ["k1", "k3"])
def test_estimators_average_to_the_closed_form(start, moved, small_drawings, name):
    """On samples of the policy itself. Seen to fail with policy and start exchanged (k1's sign)."""
    rollout, walk = sampled(moved, small_drawings, "cps", 60)
    closed, value = (
        divergences(moved, start, rollout, walk, e).sum(2) for e in (kl.exact, ESTIMATORS[name])
    )
    gap = (value - closed)[:, rollout.stochastic]
    assert (gap.mean(0).abs() < 4 * gap.std(0) / len(gap) ** 0.5).all()
    assert closed[:, rollout.stochastic].min() > 0


def test_the_loss_pulls_back_to_the_start(start, moved, small_drawings):
    """Along the gradient of the closed form: k2 and k3 with noise, k1 with nothing but noise.

    Seen to fail with the divergence detached.
    """
    rollout, walk = sampled(moved, small_drawings, "cps", 60)
    slopes = {}
    for name, estimate in ESTIMATORS.items():
        current, nothing = perturbed(moved, 0.0), torch.zeros(120)
        part = policy_gradient_loss(
            current, start, rollout, nothing, walk, reinforce, estimate, 1.0
        )
        part.loss.backward()
        grads = [p.grad.flatten() for p in current.parameters() if p.grad is not None]
        slopes[name] = torch.nn.functional.normalize(torch.cat(grads), dim=0)
        free = policy_gradient_loss(
            current, start, rollout, nothing, walk, reinforce, estimate, 0.0
        ).loss
        assert part.loss > free == 0 or name == "k1"
    along = {name: float(slope @ slopes["exact"]) for name, slope in slopes.items()}
    assert min(along["k2"], along["k3"]) > 0.5 > 0.3 > abs(along["k1"])


def test_the_scale_does_not_depend_on_the_window(start, small_drawings):
    """A loss of 1 a step is 1 a sample, and so is a KL of 1 nat an element: means over steps.

    Seen to fail with the sum over T in place of the mean over stochastic steps.
    """

    def one(logp, logp_old, advantage, count):
        each = torch.ones(len(logp))
        return Surrogate(each, 0 * each, 0 * each, 0 * each, 0 * each)

    def nat(logp, logp_ref, closed_form):
        return rollout.count  # as many nats as elements

    for kind in KINDS:
        rollout, walk = sampled(start, small_drawings, kind)
        part = policy_gradient_loss(start, start, rollout, torch.zeros(6), walk, one, nat, 0.5)
        torch.testing.assert_close(part.loss, torch.tensor(6 * 1.5))
        torch.testing.assert_close(part.columns["kl_ref"], torch.ones(6))


def test_the_order_of_steps_does_not_matter(start, moved, small_drawings):
    """Steps scored one by one, last first, add up to the loss of all; each with its own advantage.

    Seen to fail when states and log-densities were permuted apart.
    """
    rollout, walk = sampled(start, small_drawings, "cps")
    advantage = torch.randn(6, 4, 1, generator=torch.Generator().manual_seed(0))
    whole = policy_gradient_loss(moved, None, rollout, advantage, walk, reinforce)
    steps = rollout.stochastic.nonzero().flatten().tolist()
    one_by_one = []
    for k in reversed(steps):
        only = torch.arange(4) == k
        alone = replace(rollout, stochastic=only)
        one_by_one.append(policy_gradient_loss(moved, None, alone, advantage, walk, reinforce).loss)
    torch.testing.assert_close(torch.stack(one_by_one).mean(), whole.loss, rtol=1e-5, atol=1e-9)
    apart = replace(rollout, logp=rollout.logp.flip(1))
    assert not torch.isclose(
        policy_gradient_loss(moved, None, apart, advantage, walk, reinforce).loss,
        whole.loss,
    )


def test_an_advantage_of_each_step_is_its_own(start, moved, small_drawings):
    """All steps alike are the image's; a step of advantage 0 adds nothing."""
    rollout, walk = sampled(start, small_drawings, "cps")
    image = torch.randn(6, generator=torch.Generator().manual_seed(0))
    score = lambda a: policy_gradient_loss(moved, None, rollout, a, walk, reinforce).loss  # noqa: E731
    spread = image[:, None, None].expand(-1, 4, 1)
    assert torch.equal(score(spread), score(image))
    first = spread * (torch.arange(4) == 0)[:, None]
    assert score(first) != score(image) and score(0 * spread) == 0
