"""Q as a table, a line or a network: values of states, and one step towards targets."""

from __future__ import annotations

import copy
from typing import Protocol

import torch
from torch import Tensor, nn

from colorrl.q_learning.decisions import Decisions
from colorrl.q_learning.features import move_features, region_tokens


class Approximator(Protocol):
    def values(self, state: Tensor) -> Tensor:
        """Q (N, A) of the states ``state`` (N,), without a gradient."""
        ...

    def fit(self, state: Tensor, action: Tensor, target: Tensor) -> None:
        """One step of Q(state, action) towards ``target``, (N,) each."""
        ...

    def frozen(self) -> Approximator:
        """A copy that does not follow."""
        ...


class Table:
    """A number for each move, which steps by ``rate`` times its mean error."""

    def __init__(self, game: Decisions, rate: float) -> None:
        self.q = torch.zeros(game.possible.shape, dtype=torch.float64)
        self.rate = rate

    def values(self, state: Tensor) -> Tensor:
        return self.q[state].float()

    def fit(self, state: Tensor, action: Tensor, target: Tensor) -> None:
        flat = self.q.view(-1)
        move = state * self.q.shape[1] + action
        place, row = move.unique(return_inverse=True)
        error = torch.zeros(len(place), dtype=flat.dtype)
        error.index_add_(0, row, target.double() - flat[move])
        flat[place] += self.rate * error / torch.bincount(row)

    def frozen(self) -> Table:
        return copy.deepcopy(self)


class Fitted:
    """A module of a move's inputs, stepped by the semi-gradient of the mean squared error."""

    def __init__(self, module: nn.Module, inputs: tuple[Tensor, ...], optimizer: str, rate: float):
        """``inputs``: (S, A, ...) each. ``optimizer``: the name of one in torch.optim."""
        self.module, self.inputs = module, inputs
        self.optimizer = getattr(torch.optim, optimizer)(module.parameters(), lr=rate)

    def values(self, state: Tensor) -> Tensor:
        with torch.no_grad():
            found: Tensor = self.module(*(x[state] for x in self.inputs))
            return found

    def fit(self, state: Tensor, action: Tensor, target: Tensor) -> None:
        found = self.module(*(x[state, action] for x in self.inputs))
        loss = 0.5 * (found - target).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def frozen(self) -> Fitted:
        other = copy.copy(self)  # inputs are shared
        other.module = copy.deepcopy(self.module)
        return other


class Linear(nn.Module):
    """w . features + b, features divided by their norm's root mean square: rates mean the same."""

    def __init__(self, features: Tensor) -> None:
        super().__init__()
        self.scale = float(features.square().sum(-1).mean().sqrt())
        self.line = nn.Linear(features.shape[-1], 1)
        nn.init.zeros_(self.line.weight)
        nn.init.zeros_(self.line.bias)

    def forward(self, features: Tensor) -> Tensor:
        found: Tensor = self.line(features / self.scale)[..., 0]
        return found


class RegionQ(nn.Module):
    """A sum over region tokens beside the move's features (Zaheer et al. 2017, 1703.06114)."""

    def __init__(self, n_features: int, n_token: int, width: int) -> None:
        super().__init__()
        self.token = nn.Sequential(nn.Linear(n_token, width), nn.ReLU(), nn.Linear(width, width))
        self.head = nn.Sequential(
            nn.Linear(n_features + width, width), nn.ReLU(),
            nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1),
        )  # fmt: skip

    def forward(self, features: Tensor, tokens: Tensor) -> Tensor:
        found: Tensor = self.head(torch.cat([features, self.token(tokens).sum(-2)], -1))[..., 0]
        return found


def table(game: Decisions, rate: float) -> Table:
    return Table(game, rate)


def linear(game: Decisions, rate: float) -> Fitted:
    """Zero at first, stepped by plain gradient descent."""
    features = move_features(game)
    return Fitted(Linear(features[game.possible]), (features,), "SGD", rate)


def network(game: Decisions, rate: float, width: int) -> Fitted:
    """Its weights are drawn from torch's generator. Stepped by Adam."""
    features, tokens = move_features(game), region_tokens(game)
    module = RegionQ(features.shape[-1], tokens.shape[-1], width)
    return Fitted(module, (features, tokens), "Adam", rate)


def elsewhere(q: Fitted, game: Decisions) -> Fitted:
    """``q`` on the drawings of another ``game``, as a linear one or a network generalises."""
    other = copy.copy(q)
    inputs = (move_features(game), region_tokens(game))
    other.inputs = inputs[: len(q.inputs)]
    return other
