"""The loss of a micro-batch: ``learn.loss``, the KL in it, and the auxiliary loss."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

from hydra.utils import instantiate
from torch import Tensor

from colorrl.config.schema.learn import LearnConfig, TrainConfig
from colorrl.data.draw import Pool, draw_from
from colorrl.data.load import load_pools
from colorrl.errors import UserError
from colorrl.learn.update import Loss, MicroBatch, MicroBatchLoss
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import Sampler
from colorrl.rewards.total import TotalReward
from colorrl.seeding import Stream, seed_of
from colorrl.training.actor import Actor
from colorrl.training.batches import BatchMaker
from colorrl.training.penalty import Penalty
from colorrl.types import Rollout, SketchBatch

# A term of 0 has an infinite slope under the root of a mean, and takes that of the terms that it
# multiplies: below this a term has no slope, and the others keep theirs.
LEAST_TERM = 1e-3

# The loss of a rollout and its advantages, None for a loss that takes none.
LossOf = Callable[[Rollout, Tensor | None], MicroBatchLoss]


@dataclass(slots=True)
class Auxiliary:
    """``learn/auxiliary=``: what is learnt besides the reward."""

    function: Callable[[Policy, SketchBatch, Tensor, float], Tensor]  # (S,), see AuxiliaryConfig
    weight: float
    pools: list[Pool]  # its own drawings; none = those that are coloured
    make_batch: BatchMaker

    def add(
        self, policy: Policy, rollout: Rollout, rho: float, to: MicroBatchLoss
    ) -> MicroBatchLoss:
        """``to`` and this loss, a sketch counting as many times as it has samples."""
        seeds = rollout.seed[:: rollout.group_size]
        sketch = self.sketches(seeds) if self.pools else rollout.sketch
        added = self.function(policy, sketch, seeds, rho)
        loss = to.loss + self.weight * rollout.group_size * added.sum()
        return MicroBatchLoss(loss, to.columns | {"aux": added.detach()})

    def sketches(self, seeds: Tensor) -> SketchBatch:
        """A sketch of ``pools`` for each of ``seeds`` (S,), whatever its micro-batch."""
        drawn = [draw_from(self.pools, 1, seed, 0)[0] for seed in seeds.tolist()]
        return self.make_batch(drawn, [seed_of(seed, Stream.AUGMENT) for seed in seeds.tolist()])


@dataclass(slots=True)
class Objective:
    """What an update minimises."""

    loss: Loss
    penalty: Penalty
    auxiliary: Auxiliary | None

    def at(self, actor: Actor, reward: TotalReward, progress: float) -> LossOf:
        """The loss of this update, for the policy as it is whenever it is called.

        In the precision that sampled. ``progress`` 0..1 of the run narrows the reward's tolerances.
        """
        policy = actor.policy
        sampled_by = copy.deepcopy(policy) if self.loss.needs_snapshot else policy
        with_kl = self.penalty.in_loss and self.penalty.coef > 0

        def loss_of(rollout: Rollout, advantage: Tensor | None) -> MicroBatchLoss:
            batch = MicroBatch(
                policy=policy,
                sampled_by=sampled_by,
                reference=actor.reference if with_kl else None,
                rollout=rollout,
                advantage=advantage,
                sampler=actor.sampler,
                kl=self.penalty.estimator,
                kl_coef=self.penalty.coef,
                reward=differentiable(reward, rollout, progress),
            )
            with actor.autocast():
                part = self.loss(batch)
                if self.auxiliary is not None:
                    part = self.auxiliary.add(policy, rollout, actor.sampler.rho, part)
                return part

        return loss_of


def make_objective(
    cfg: TrainConfig, penalty: Penalty, sampler: Sampler, size: int, make_batch: BatchMaker
) -> Objective:
    """As ``learn`` sets it, for drawings of ``size`` px.

    Raises UserError where ``sampler`` does not suit the loss, and as `load_pools`.
    """
    return Objective(make_loss(cfg.learn, sampler), penalty, make_auxiliary(cfg, size, make_batch))


def make_loss(learn: LearnConfig, sampler: Sampler) -> Loss:
    """The loss that ``learn.loss`` names. UserError where ``sampler`` does not suit it."""
    loss: Loss = instantiate(learn.loss)
    if loss.needs_reward_gradient and not sampler.action.differentiable:
        raise UserError(
            "learn.loss follows the reward's gradient, which what sampler/action draws does "
            "not pass on; take sampler=ode"
        )
    return loss


def make_auxiliary(cfg: TrainConfig, size: int, make_batch: BatchMaker) -> Auxiliary | None:
    """What ``learn.auxiliary`` names, with its sets whole. Raises UserError as `load_pools`."""
    auxiliary = cfg.learn.auxiliary
    if auxiliary is None:
        return None
    pools = []
    if auxiliary.sets:
        pools = load_pools(replace(cfg.data, sets=auxiliary.sets, part=[0.0, 1.0]), size)
    return Auxiliary(instantiate(auxiliary.function), auxiliary.weight, pools, make_batch)


def differentiable(
    reward: TotalReward, rollout: Rollout, progress: float
) -> Callable[[Tensor], Tensor]:
    """The reward of images (N, 3, H, W), (N,), with a finite gradient everywhere."""

    def total(image: Tensor) -> Tensor:
        sketch = rollout.sketch.repeat(rollout.group_size)
        terms = reward.score(image, sketch, rollout.group, progress).term
        return reward.total({name: v.clamp(min=LEAST_TERM) for name, v in terms.items()})

    return total
