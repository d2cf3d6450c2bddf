"""What is learnt besides the reward."""

from __future__ import annotations

import torch
from torch import Tensor

from colorrl.policy.flow_matching import pretraining_errors, shift_time, time_weight
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
    entry_weight: float,
) -> Tensor:
    """(S,) loss of ``pretrain`` on S sketches with flats, a mean of ``draws``.

    Flow matching and, of a policy that points at palette entries, their cross entropy.

    Keeps what RL would forget: the gamma term of PPO-ptx (Ouyang et al. 2022, arXiv 2203.02155,
    equation 2). Times and noise of a sketch are a function of its seed, ``seeds`` (S,).
    """
    each = [[seed_of(seed, draw, 2) for draw in range(draws)] for seed in seeds.tolist()]
    noise = torch.tensor(each).flatten()  # (S x draws,)
    uniform = torch.tensor([_uniform(seed_of(seed, 0)) for seed in noise.tolist()])
    t = shift_time(uniform, time_shift).to(sketch.line.device)
    batch = sketch.repeat(draws)
    error, entry = pretraining_errors(policy, batch, t, noise, rho, entry_weight)
    loss = time_weight(t, weight_cap) * error + entry_weight * entry
    return loss.view(-1, draws).mean(1)


def _uniform(seed: int) -> float:
    return torch.rand((), generator=torch.Generator().manual_seed(seed)).item()
