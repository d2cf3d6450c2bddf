"""The loss of a micro-batch, by what it reads of a rollout (`learn.loss.reads`)."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from colorrl.data.augmentation.augment import augment
from colorrl.data.batch import collate
from colorrl.data.draw import draw_from
from colorrl.learn import forward_process, policy_gradient, reward_gradient
from colorrl.learn.update import Part
from colorrl.policy.protocol import Policy
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.training.state import Training
from colorrl.types import Rollout, SketchBatch

# A term of 0 has an infinite slope under the root of a mean, and takes that of the terms that it
# multiplies: below this a term has no slope, and the others keep theirs.
LEAST_TERM = 1e-3


def objective(
    run: Training,
    rollout: Rollout,
    advantage: Tensor | None,
    sampled_by: Policy,
    reward: TotalReward,
    progress: float,
) -> Part:
    """The rollout under the policy as it is now, as it was sampled: same batch, same precision.

    ``advantage`` is None for the reward's own gradient; ``sampled_by`` the policy that sampled.
    """
    with run.accelerator.autocast():
        if advantage is None:
            total = differentiable(reward, rollout, progress)
            part = reward_gradient.follow(run.policy, rollout, run.sampler, total, run.loss)
        elif run.cfg.learn.loss.reads == "images":
            part = forward_process.regress(
                run.policy, sampled_by, rollout, advantage, run.sampler, run.loss
            )
        else:
            part = over_transitions(run, rollout, advantage)
        return with_aux(run, rollout, part)


def over_transitions(run: Training, rollout: Rollout, advantage: Tensor) -> Part:
    """The policy gradient, with the KL where that is part of the loss."""
    kl = run.cfg.learn.kl
    in_loss = kl is not None and kl.where == "loss" and run.kl_coef > 0
    return policy_gradient.rescore(
        run.policy,
        run.reference if in_loss else None,
        rollout,
        advantage,
        run.sampler,
        run.loss,
        run.kl,
        run.kl_coef,
    )


def with_aux(run: Training, rollout: Rollout, part: Part) -> Part:
    """``part`` and the auxiliary loss, a sketch counting as many times as it has samples."""
    if run.cfg.learn.aux is None:
        return part
    seeds = rollout.seed[:: rollout.n_samples]
    sketch = remembered(run, seeds) if run.aux_pools else rollout.sketch
    aux = run.aux(run.policy, sketch, seeds, run.sampler.rho)
    loss = part.loss + run.cfg.learn.aux.weight * rollout.n_samples * aux.sum()
    return Part(loss, part.columns | {"aux": aux.detach()})


def remembered(run: Training, seeds: Tensor) -> SketchBatch:
    """A sketch of ``learn.aux.sets`` for each of ``seeds`` (S,), whatever its micro-batch."""
    cfg = run.cfg
    drawn = [
        augment(
            draw_from(run.aux_pools, 1, seed, 0)[0],
            seed_of(seed, 4),
            cfg.augment,
            cfg.data.palette_condition,
        )
        for seed in seeds.tolist()
    ]
    return collate(drawn, n_palette=cfg.trainer.n_palette).to(run.device)


def differentiable(
    reward: TotalReward, rollout: Rollout, progress: float
) -> Callable[[Tensor], Tensor]:
    """The reward of images (N, 3, H, W), (N,), with a finite gradient everywhere."""
    sketch = rollout.sketch.repeat(rollout.n_samples)

    def total(image: Tensor) -> Tensor:
        terms = reward.score(image, sketch, rollout.group, progress).term
        return reward.total({name: v.clamp(min=LEAST_TERM) for name, v in terms.items()})

    return total
