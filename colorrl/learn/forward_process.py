"""Losses on the forward process: sampled pictures, noised again. No log-density is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor

from colorrl.learn.update import MicroBatch, MicroBatchLoss
from colorrl.policy.action import at_time
from colorrl.policy.guidance import guided
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import Sampler, noise_model, step_seeds
from colorrl.types import Rollout

ForwardLoss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


class ForwardProcess:
    """A loss of sampled pictures that are noised again.

    ``positive_alone``: pictures without a positive advantage teach nothing and are left out.
    """

    needs_advantage: ClassVar[bool] = True
    needs_log_probs: ClassVar[bool] = False
    needs_reward_gradient: ClassVar[bool] = False
    needs_snapshot: ClassVar[bool] = True

    def __init__(self, function: ForwardLoss, off_policy: bool, positive_alone: bool) -> None:
        self.function, self.off_policy = function, off_policy
        self.positive_alone = positive_alone

    def __call__(self, batch: MicroBatch) -> MicroBatchLoss:
        assert batch.advantage is not None
        return forward_process_loss(
            batch.policy,
            batch.sampled_by,
            batch.rollout,
            batch.advantage,
            batch.sampler,
            self.function,
            positive(batch.advantage) if self.positive_alone else None,
        )


def forward_process_loss(
    policy: Policy,
    sampled_by: Policy,
    rollout: Rollout,
    advantage: Tensor,
    sampler: Sampler,
    loss: ForwardLoss,
    rows: Tensor | None = None,
) -> MicroBatchLoss:
    """Mean of ``loss`` over the sampler's times, at each of which the pictures are noised again.

    ``advantage`` (N,), or (N, R+1) to weigh each region's pixels by its own; ``sampled_by`` is
    the policy as it was when it sampled. Noise is a function of a sample's seed and the step.
    ``rows``: the samples that count, None = all.
    """
    policy, sampled_by = (guided(p, sampler.guidance) for p in (policy, sampled_by))
    sketch, n, seed, clean = rollout.sketch, rollout.group_size, rollout.seed, rollout.state[:, -1]
    if rows is not None:
        sketch, n = sketch.select(rollout.group[rows].tolist()), 1
        seed, clean, advantage = seed[rows.cpu()], clean[rows], advantage[rows]
    noise = noise_model(policy, sketch, n, sampler.rho)
    weight = per_pixel(advantage, noise.region_index)
    encoding = policy.encode(sketch).repeat(n)
    with torch.no_grad():
        encoding_before = sampled_by.encode(sketch).repeat(n)
    losses, moved = [], []
    for k, t in enumerate(sampler.grid()[:-1].tolist()):
        time = at_time(clean, t)
        x = policy.space.noised(clean, time, noise, step_seeds(seed, k, 1))
        now = policy.predict(x, time, encoding).float()
        with torch.no_grad():
            before = sampled_by.predict(x, time, encoding_before).float()
        losses.append(loss(now, before, clean, weight))
        moved.append((now.detach() - before).square().mean((1, 2, 3)))
    # as many rows in every process, whatever counts there
    columns = {"x0_moved": torch.stack(moved, 1).mean().expand(len(rollout.image))}
    return MicroBatchLoss(torch.stack(losses, 1).mean(1).sum(), columns)


def positive(advantage: Tensor) -> Tensor:
    """Rows of ``advantage`` (N, ...) with a positive value; the first where there is none."""
    rows = (advantage.flatten(1) if advantage.dim() > 1 else advantage[:, None]).amax(1) > 0
    found = rows.nonzero()[:, 0]
    return found if len(found) else rows.new_zeros(1, dtype=torch.long)


def nft(
    now: Tensor,
    before: Tensor,
    clean: Tensor,
    advantage: Tensor,
    beta: float,
    advantage_range: float,
) -> Tensor:
    """(N,) loss of predicted clean images, all (N, 3, H, W), at one time.

    [r |x+ - x0|^2 + (1 - r) |x- - x0|^2] / beta with the implicit policies
    x+, x- = before +- beta (now - before), and the optimality
    r = 1/2 + clip(A / advantage_range, -1, 1) / 2 of ``advantage`` (N, 1, H or 1, W or 1).
    DiffusionNFT (Zheng et al. 2025, arXiv 2509.16117, theorem 3.2), written for x0 in place of v:
    v - v' = (x0' - x0) / t. Each square is over its own mean error, detached: the paper's
    adaptive weight. Deviation: the policy that samples is the current one, not its average.
    """
    r = 0.5 + 0.5 * (advantage / advantage_range).clamp(-1, 1)
    away = beta * (now - before)
    positive, negative = (_over_its_mean(x0 - clean) for x0 in (before + away, before - away))
    return (r * positive + (1 - r) * negative).mean((1, 2, 3)) / beta


def imitate(now: Tensor, before: Tensor, clean: Tensor, advantage: Tensor) -> Tensor:
    """(N,) squared error to the sampled picture, weighed by its ``advantage`` if that is positive.

    Fine-tuning on what did well (RAFT, Dong et al. 2023, arXiv 2304.06767); what did badly teaches
    nothing, as to flee from it has no end. Shapes as nft.
    """
    return (advantage.clamp(min=0) * (now - clean).square()).mean((1, 2, 3))


def _over_its_mean(error: Tensor) -> Tensor:
    return error.square() / error.detach().abs().mean((1, 2, 3), keepdim=True).clamp(min=1e-5)


def per_pixel(advantage: Tensor, region_index: Tensor) -> Tensor:
    """(N, 1, 1, 1) of an image's ``advantage`` (N,), (N, 1, H, W) of its regions' (N, R+1)."""
    if advantage.dim() == 1:
        return advantage.view(-1, 1, 1, 1)
    return advantage.gather(1, region_index.flatten(1)).view(region_index.shape).unsqueeze(1)
