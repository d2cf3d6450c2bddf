"""How much better a sample, or one region of it, is than what it is measured against.

Estimators share one call, ``(reward (N,), group (N,)) -> (N,)``, so that a configuration names
one. A group is the G samples of one sketch, known by its id alone; groups must come whole, all of
one size. With several processes, gather rewards first where an estimator looks past its group.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def monte_carlo(reward: Tensor, group: Tensor) -> Tensor:
    """r itself, the return of every step of its chain: unbiased, and as noisy as can be."""
    check_finite(reward)
    return reward


def group_normalised(reward: Tensor, group: Tensor, eps: float) -> Tensor:
    """(r - group mean) / (group std + eps), std over the G samples (divisor G).

    ``eps`` in units of reward: groups whose spread is far below it fade out, and a group of equal
    rewards gives exactly 0. GRPO (Shao et al. 2024, arXiv 2402.03300, section 4.1.2).
    """
    rows, order = _by_group(reward, group)
    deviation = _centered(rows)
    std = deviation.square().mean(1, keepdim=True).sqrt()
    return _undo(deviation / (std + eps), order)


def group_centred(reward: Tensor, group: Tensor) -> Tensor:
    """r - group mean, in units of reward: no division that favours groups of little spread.

    Dr. GRPO (Liu et al. 2025, arXiv 2503.20783).
    """
    rows, order = _by_group(reward, group)
    return _undo(_centered(rows), order)


def leave_one_out(reward: Tensor, group: Tensor) -> Tensor:
    """r - mean of the group's other samples, an unbiased baseline.

    RLOO (Kool et al. 2019; Ahmadian et al. 2024, arXiv 2402.14740).
    """
    rows, order = _by_group(reward, group)
    size = rows.shape[1]
    return _undo(_centered(rows) * (size / (size - 1)), order)


def best_of_group(reward: Tensor, group: Tensor) -> Tensor:
    """1 for the best of each group, the first of those that tie, 0 for the others.

    A group of equal rewards has no best and is 0 throughout. Best-of-n fine-tuning: RAFT (Dong et
    al. 2023, arXiv 2304.06767).
    """
    rows, order = _by_group(reward, group)
    first = torch.nn.functional.one_hot(rows.argmax(1), rows.shape[1])
    differ = rows.amax(1, keepdim=True) > rows.amin(1, keepdim=True)
    return _undo((first * differ).to(reward.dtype), order)


def branch_centred(reward: Tensor, chains: Sequence[int]) -> Tensor:
    """(S, G, T) what each step's branch earns beyond its siblings, in units of reward.

    ``reward`` (S, G) of G samples of each sketch, ``chains`` (T+1,) how many of them differ at each
    state (`Sampler.chains`). A branch earns the mean of the samples that it ends in. Its siblings
    are the branches of the last parting before its next state, at first those of the sketch; the
    baseline is the mean of the others. They parted before the step drew, so it is unbiased. A step
    that all samples of a sketch share has no siblings and is 0.
    """
    check_finite(reward)
    size, advantages = reward.shape[1], []
    for k, width in enumerate(chains[1:], 1):
        parents = max((n for n in chains[:k] if n < width), default=1)
        earned = reward.unflatten(1, (width, -1)).mean(2)
        siblings = width // parents
        apart = _centered(earned.reshape(-1, siblings)) * (siblings / max(siblings - 1, 1))
        advantages.append(apart.view(-1, width).repeat_interleave(size // width, 1))
    return torch.stack(advantages, 2)


def branch_normalised(reward: Tensor, chains: Sequence[int], eps: float) -> Tensor:
    """`branch_centred` over the spread of the sketch's samples, std with divisor G, plus ``eps``.

    One scale for all steps of a sketch, as in group_normalised, whose bias it has.
    """
    spread = reward.std(1, correction=0)[:, None, None]
    return branch_centred(reward, chains) / (spread + eps)


def batch_centred(reward: Tensor, group: Tensor) -> Tensor:
    """r - mean of the batch's other samples, whatever their group."""
    return leave_one_out(reward, torch.zeros_like(group))


def batch_normalised(reward: Tensor, group: Tensor, eps: float) -> Tensor:
    """(r - batch mean) / (batch std + eps), whatever the groups."""
    return group_normalised(reward, torch.zeros_like(group), eps)


def region_advantage(credit: Tensor, advantage: Tensor, group: Tensor, count: Tensor) -> Tensor:
    """Region credit (N, R+1) on the scale of the image ``advantage`` (N,), (N, R+1).

    Each region's credit is centred on its group, then the group is scaled so that its mean square
    over samples and regions, a region weighing its elements ``count`` (N, R+1), equals that of
    ``advantage``: with scores independent between elements the policy gradient then has the same
    noise, and estimators and credits share a learning rate. A group without credit gives 0.
    """
    rows, order = _by_group(credit, group)  # (groups, G, R+1)
    weight = count[order].view_as(rows)
    image = advantage[order].view(rows.shape[:2])  # (groups, G)
    deviation = _centered(rows)
    mean_square = (weight * deviation.square()).sum((1, 2)) / weight.sum((1, 2))
    scale = (image.square().mean(1) / mean_square).sqrt()
    scale = torch.where(mean_square > 0, scale, 0.0)
    return _undo(deviation * scale[:, None, None], order)


def assign(
    kind: str, advantage: Tensor, credit: Tensor, group: Tensor, count: Tensor, mix: float
) -> Tensor:
    """The advantage an update uses: (N,) for ``image``, (N, R+1) for ``region`` and ``mix``.

    ``mix`` blends (1 - mix) of the image's advantage with mix of each region's. Region credit is
    biased, as a region's pixels act on others through the network.
    """
    if kind == "image":
        return advantage
    regional = region_advantage(credit, advantage, group, count)
    if kind == "region":
        return regional
    if kind == "mix":
        return (1 - mix) * advantage[:, None] + mix * regional
    raise ValueError(f"unknown credit {kind!r}: image, region or mix")


def zero_variance_share(reward: Tensor, group: Tensor) -> float:
    """Share of groups whose samples all earn the same, and so teach nothing."""
    rows, _ = _by_group(reward, group)
    return (rows == rows[:, :1]).all(1).float().mean().item()


def _by_group(values: Tensor, group: Tensor) -> tuple[Tensor, Tensor]:
    """``values`` (N, ...) as (groups, G, ...), and the order of N that does it."""
    check_finite(values)
    _, sizes = group.unique(return_counts=True)
    size = int(sizes[0])
    if (sizes != size).any() or size < 2:
        raise ValueError(
            f"groups must share one size of at least 2, got sizes {sizes.tolist()}: "
            "keep the samples of a sketch together"
        )
    order = group.argsort(stable=True)
    return values[order].view(-1, size, *values.shape[1:]), order


def _undo(rows: Tensor, order: Tensor) -> Tensor:
    flat = rows.flatten(0, 1)
    return torch.empty_like(flat).index_copy_(0, order, flat)


def _centered(rows: Tensor) -> Tensor:
    """Deviation from the mean over axis 1, exactly 0 where all are equal (a mean rounds)."""
    equal = (rows == rows[:, :1]).all(1, keepdim=True)
    return torch.where(equal, 0.0, rows - rows.mean(1, keepdim=True))


def check_finite(values: Tensor) -> None:
    """Raises ValueError naming the rows of ``values`` (N, ...) that are not finite."""
    bad = (~values.isfinite()).flatten(1).any(1) if values.dim() > 1 else ~values.isfinite()
    if bad.any():
        raise ValueError(f"reward is not finite for samples {bad.nonzero()[:, 0].tolist()}")
