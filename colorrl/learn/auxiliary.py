"""What is learnt besides the reward."""

from __future__ import annotations

import torch
from torch import Tensor

from colorrl.policy.flow_matching import shift_time, time_weight, x0_error
from colorrl.policy.protocol import Policy
from colorrl.seeding import seed_of
from colorrl.types import SketchBatch


def ptx(
    policy: Policy,
    sketch: SketchBatch,
    seeds: Tensor,
    rho: float,
    draws: int,
    time_shift: float,
    weight_cap: float,
) -> Tensor:
    """(S,) flow-matching loss of ``pretrain`` on S sketches with flats, a mean of ``draws``.

    Keeps what RL would forget: the gamma term of PPO-ptx (Ouyang et al. 2022, arXiv 2203.02155,
    equation 2). Times and noise of a sketch are a function of its seed, ``seeds`` (S,).
    """
    each = [[seed_of(seed, draw, 2) for draw in range(draws)] for seed in seeds.tolist()]
    noise = torch.tensor(each).flatten()  # (S x draws,)
    uniform = torch.tensor([_uniform(seed_of(seed, 0)) for seed in noise.tolist()])
    t = shift_time(uniform, time_shift).to(sketch.line.device)
    error = time_weight(t, weight_cap) * x0_error(policy, sketch.repeat(draws), t, noise, rho)
    return error.view(-1, draws).mean(1)


def _uniform(seed: int) -> float:
    return torch.rand((), generator=torch.Generator().manual_seed(seed)).item()
