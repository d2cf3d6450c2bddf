"""What a value is moved towards. Pure functions of tensors."""

from __future__ import annotations

import torch
from torch import Tensor


def bootstrapped(
    paid: Tensor, ended: Tensor, select: Tensor, value: Tensor, possible: Tensor
) -> Tensor:
    """(N,) ``paid`` + the value of the best move n steps on, 0 where the game ``ended`` before.

    ``select`` (N, A) says which move is best and ``value`` (N, A) what it is worth: one tensor in
    Q-learning (Watkins 1989), the learner's and a frozen copy's in double DQN (van Hasselt et al.
    2016, arXiv 1509.06461). ``paid`` (N,) undiscounted, ``ended`` (N,) bool, ``possible`` (N, A).
    """
    best = select.masked_fill(~possible, -torch.inf).argmax(1, keepdim=True)
    return paid + torch.where(ended, 0.0, value.gather(1, best)[:, 0])


def ahead(states: Tensor, length: Tensor, total: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """State and pay (E, T) n steps after each of E games' moves.

    ``states`` (E, T) padded, ``length`` (E,) moves of each, ``total`` (E,) paid at the end. The
    state is -1 where the game ends within n steps: then ``total`` was paid.
    """
    later = torch.arange(states.shape[1]) + n
    within = later < length[:, None]
    state = states.gather(1, later.clamp(max=states.shape[1] - 1).expand_as(states))
    return torch.where(within, state, -1), torch.where(within, 0.0, total[:, None])
