"""What surrounds a loss: the reward as something to follow, and the auxiliary loss."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from colorrl.data.augmentation.augment import augment
from colorrl.data.batch import collate
from colorrl.data.draw import draw_from
from colorrl.learn.update import MicroBatchLoss
from colorrl.rewards.total import TotalReward
from colorrl.seeding import Stream, seed_of
from colorrl.training.state import Training
from colorrl.types import Rollout, SketchBatch

# A term of 0 has an infinite slope under the root of a mean, and takes that of the terms that it
# multiplies: below this a term has no slope, and the others keep theirs.
LEAST_TERM = 1e-3


def with_auxiliary(run: Training, rollout: Rollout, part: MicroBatchLoss) -> MicroBatchLoss:
    """``part`` and the auxiliary loss, a sketch counting as many times as it has samples."""
    if run.cfg.learn.auxiliary is None:
        return part
    seeds = rollout.seed[:: rollout.group_size]
    sketch = auxiliary_sketches(run, seeds) if run.auxiliary_pools else rollout.sketch
    added = run.auxiliary(run.policy, sketch, seeds, run.sampler.rho)
    loss = part.loss + run.cfg.learn.auxiliary.weight * rollout.group_size * added.sum()
    return MicroBatchLoss(loss, part.columns | {"aux": added.detach()})


def auxiliary_sketches(run: Training, seeds: Tensor) -> SketchBatch:
    """A sketch of ``learn.auxiliary.sets`` for each of ``seeds`` (S,), whatever its micro-batch."""
    cfg = run.cfg
    sketches = [
        augment(
            draw_from(run.auxiliary_pools, 1, seed, 0)[0],
            seed_of(seed, Stream.AUGMENT),
            cfg.augment,
            cfg.data.palette_condition,
        )
        for seed in seeds.tolist()
    ]
    return collate(sketches, n_palette=cfg.trainer.n_palette).to(run.device)


def differentiable(
    reward: TotalReward, rollout: Rollout, progress: float
) -> Callable[[Tensor], Tensor]:
    """The reward of images (N, 3, H, W), (N,), with a finite gradient everywhere."""

    def total(image: Tensor) -> Tensor:
        sketch = rollout.sketch.repeat(rollout.group_size)
        terms = reward.score(image, sketch, rollout.group, progress).term
        return reward.total({name: v.clamp(min=LEAST_TERM) for name, v in terms.items()})

    return total
