"""Baird's counterexample: seven states, eight weights, values that no reward can explain.

The positive control of the triad: linear function, values in targets and experience of another
policy make the weights grow without bound; without any one of the three they do not.
Source: Baird 1995, "Residual algorithms"; Sutton and Barto 2018, section 11.2.
"""

from __future__ import annotations

import torch
from torch import Tensor

STATES = 7
GAMMA = 0.99
FEATURES = torch.cat(
    [
        torch.cat([2 * torch.eye(6), torch.zeros(6, 1), torch.ones(6, 1)], 1),
        torch.tensor([[0, 0, 0, 0, 0, 0, 1.0, 2.0]]),
    ]
)  # (7, 8)
FIRST = torch.tensor([1.0, 1, 1, 1, 1, 1, 10, 1])


def largest_values(
    *, bootstrap: bool, off_policy: bool, table: bool, seed: int, steps: int = 4000
) -> Tensor:
    """(steps,) max |value| while the values of "always the seventh state" are learnt.

    No move pays anything, so every true value is 0. The behaviour goes to one of the first six
    states with 6/7 and to the seventh with 1/7; ``off_policy`` corrects by importance weights, and
    without it the policy that is learnt about also behaves. ``bootstrap`` False: targets are
    returns, which are 0. ``table``: a number a state, from the values of FIRST on.
    """
    draw = torch.Generator().manual_seed(seed)
    features = torch.eye(STATES) if table else FEATURES
    weights = FEATURES @ FIRST if table else FIRST.clone()
    state, found = int(torch.randint(STATES, (1,), generator=draw)), torch.zeros(steps)
    for step in range(steps):
        seventh = not off_policy or float(torch.rand(1, generator=draw)) < 1 / STATES
        following = STATES - 1 if seventh else int(torch.randint(STATES - 1, (1,), generator=draw))
        ratio = (STATES if seventh else 0.0) if off_policy else 1.0
        here = features[state]
        target = GAMMA * features[following] @ weights if bootstrap else torch.tensor(0.0)
        weights = weights + 0.01 * ratio * (target - here @ weights) * here
        found[step] = (features @ weights).abs().max()
        state = following
    return found
