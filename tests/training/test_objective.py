"""What surrounds the losses: a reward that can be followed everywhere, and the auxiliary part."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch

from colorrl.errors import UserError
from colorrl.learn.update import MicroBatchLoss
from colorrl.rewards.total import TotalReward
from colorrl.training.actor import Actor
from colorrl.training.objective import (
    LEAST_TERM,
    Auxiliary,
    Objective,
    differentiable,
    make_loss,
)
from colorrl.training.penalty import Penalty
from colorrl.types import TermScore
from tests.tiny import GATED, SIZE, composed


class Blue:
    """How blue an image is, less 0.5 and not below 0."""

    role, weight = "mean", 1.0

    def __call__(self, reading, sketch, progress):
        return TermScore((reading.image[:, 2].mean((1, 2)) - 0.5).clamp(min=0))


class Red(Blue):
    def __call__(self, reading, sketch, progress):
        return TermScore(reading.image[:, 0].mean((1, 2)))


def test_a_term_of_nothing_has_a_finite_slope(small_drawings):
    """And does not silence the others. Seen to fail with LEAST_TERM = 0."""
    reward = TotalReward({"blue": Blue(), "red": Red()}, GATED)
    image = torch.full((8, 3, SIZE, SIZE), 0.25).requires_grad_()
    rollout = SimpleNamespace(
        sketch=small_drawings, image=image, group_size=2, group=torch.arange(4).repeat_interleave(2)
    )
    total = differentiable(reward, rollout, 1.0)(image)
    torch.testing.assert_close(total, torch.full((8,), (LEAST_TERM * 0.25) ** 0.5))
    total.sum().backward()
    assert image.grad.isfinite().all()
    assert (image.grad[:, 0] > 0).all() and not image.grad[:, 1:].any()


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_the_auxiliary_loss_counts_a_sketch_as_often_as_it_has_samples(weight):
    """So that it is a mean over sketches, whatever the group: losses are summed over samples."""
    rollout = SimpleNamespace(sketch=[0, 1], group_size=3, seed=torch.arange(6))
    asked = []

    def aux(policy, of, seeds, rho):
        asked.append((of, seeds.tolist(), rho))
        return torch.tensor([1.0, 3.0])

    auxiliary = Auxiliary(aux, weight, [], None)
    part = auxiliary.add(
        None, rollout, 0.5, MicroBatchLoss(torch.tensor(9.0), {"x": torch.ones(6)})
    )
    assert part.loss == 9 + weight * 3 * 4 and asked == [([0, 1], [0, 3], 0.5)]
    assert part.columns["aux"].tolist() == [1, 3] and part.columns["x"].tolist() == [1] * 6


def test_an_objective_without_an_auxiliary_loss_is_the_loss(small_drawings):
    """Of the policy as it is, the snapshot where the loss asks for one, the KL where it is in it.

    Seen to fail with the snapshot always taken, and with the reference always given.
    """
    seen = []

    class Kept:
        needs_snapshot = False

        def __call__(self, batch):
            seen.append(batch)
            return MicroBatchLoss(torch.tensor(2.0), {})

    actor = Actor(
        torch.nn.Linear(1, 1), torch.nn.Linear(1, 1), SimpleNamespace(rho=0.5), nullcontext
    )
    penalty, loss = Penalty(None), Kept()
    assert Objective(loss, penalty, None).at(actor, None, 0.0)("rollout", "advantage").loss == 2
    penalty.in_loss, penalty.coef, loss.needs_snapshot = True, 0.1, True
    Objective(loss, penalty, None).at(actor, None, 0.0)("rollout", "advantage")
    without, with_kl = seen
    assert without.reference is None and without.sampled_by is without.policy is actor.policy
    assert with_kl.reference is actor.reference and with_kl.kl_coef == 0.1
    assert with_kl.sampled_by is not actor.policy and with_kl.policy is actor.policy


@pytest.mark.parametrize(("learn", "follows"), [("nft", False), ("reward_backprop", True)])
def test_a_loss_that_follows_the_reward_needs_actions_that_pass_its_slope_on(learn, follows):
    """Others take any action. Seen to fail with a forward process that asks for the slope."""
    cfg = composed("train", f"learn={learn}", "sampler=ode").learn
    sampler = SimpleNamespace(action=SimpleNamespace(differentiable=False))
    if follows:
        with pytest.raises(UserError, match="sampler=ode"):
            make_loss(cfg, sampler)
    else:
        make_loss(cfg, sampler)
    sampler.action.differentiable = True
    assert make_loss(cfg, sampler).needs_reward_gradient == follows
