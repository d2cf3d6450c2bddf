"""The gradient of the reward itself, through the last steps of sampling."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor

from colorrl.learn.update import MicroBatch, MicroBatchLoss
from colorrl.policy.action import predict_x0
from colorrl.policy.guidance import guided
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import Sampler
from colorrl.types import Rollout

Replay = Callable[[Policy, Rollout, Sampler], Tensor]


class RewardGradient:
    """Minus the reward of the images that ``function`` replays with a gradient."""

    needs_advantage: ClassVar[bool] = False
    needs_log_probs: ClassVar[bool] = False
    needs_reward_gradient: ClassVar[bool] = True
    needs_snapshot: ClassVar[bool] = False

    def __init__(self, function: Replay, off_policy: bool) -> None:
        self.function, self.off_policy = function, off_policy

    def __call__(self, batch: MicroBatch) -> MicroBatchLoss:
        return reward_gradient_loss(
            batch.policy, batch.rollout, batch.sampler, batch.reward, self.function
        )


def reward_gradient_loss(
    policy: Policy,
    rollout: Rollout,
    sampler: Sampler,
    reward: Callable[[Tensor], Tensor],
    replayed: Replay,
) -> MicroBatchLoss:
    """Minus the reward of the images that ``replayed`` gives; ``reward`` takes (N, 3, H, W)."""
    image = replayed(policy, rollout, sampler)
    with torch.autocast(image.device.type, enabled=False):
        total = reward(image.float())
    return MicroBatchLoss(-total.sum(), {})


def replay_end(policy: Policy, rollout: Rollout, sampler: Sampler, last_steps: int) -> Tensor:
    """Images (N, 3, H, W) in [0, 1] with the graph of their last ``last_steps`` steps.

    DRaFT-K (Clark et al. 2023, arXiv 2309.17400, section 4); all steps if there are no more.
    Values are the stored states', gradients those of the means, the noise being held: so it is
    exact for the policy that sampled. Raises ValueError for less than one step.
    """
    if last_steps < 1:
        raise ValueError(f"learn.loss.function.last_steps={last_steps}: at least 1")
    steps = sampler.steps()
    first = max(0, len(steps) - last_steps)
    policy = guided(policy, sampler.guidance)
    encoding = policy.encode(rollout.sketch).repeat(rollout.group_size)
    x = rollout.state[:, first]
    for k, step in enumerate(steps[first:], first):
        mean, _ = step.move(x, predict_x0(policy, encoding, x, step))
        x = rollout.state[:, k + 1] + (mean - mean.detach())
    return policy.space.decode(x, encoding)
