"""Searches over denoising: particles whose predicted clean images a reward compares.

Each of S sketches has P particles. Before a step draws, a rule says which particle each of the P
goes on from, by the rewards of the clean images predicted so far. All searches with P particles
make P predictions a step; they differ in how many pages they have scored.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor

from colorrl.planning.pages import decoded, rewards
from colorrl.policy.distribution import taken
from colorrl.policy.guidance import guided
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import Sampler, noise_model, step_seeds
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.types import SketchBatch


class Rule(Protocol):
    """Which particles go on."""

    def asks(self, step: int, n_steps: int) -> bool:
        """Whether the predictions of this step are scored."""
        ...

    def parents(self, now: Tensor, before: Tensor | None, draw: torch.Generator) -> Tensor:
        """(S, P) int64, the particle that each goes on from.

        ``now`` (S, P) rewards of the predicted clean images; ``before`` those of the particles
        they came from when last asked, None at first.
        """
        ...


@dataclass(frozen=True, slots=True)
class BestOfN:
    """Particles go their own ways, and the best page is kept."""

    def asks(self, step: int, n_steps: int) -> bool:
        return False

    def parents(self, now: Tensor, before: Tensor | None, draw: torch.Generator) -> Tensor:
        raise AssertionError("best of n asks nothing on the way")


@dataclass(frozen=True, slots=True)
class Svdd:
    """All go on from the particle whose predicted clean image is worth most.

    SVDD-PM at temperature 0 (Li et al. 2024, arXiv 2408.08252): the value of a state is the reward
    of its predicted clean image.
    """

    def asks(self, step: int, n_steps: int) -> bool:
        return 0 < step < n_steps - 1  # what the last step makes is compared itself

    def parents(self, now: Tensor, before: Tensor | None, draw: torch.Generator) -> Tensor:
        return now.argmax(1, keepdim=True).expand_as(now)


@dataclass(frozen=True, slots=True)
class FkSteering:
    """Particles are drawn again by exp(strength x what their predicted reward has gained).

    Feynman-Kac steering with the difference potential (Singhal et al. 2025, arXiv 2501.06848),
    multinomial, at every ``every``-th step.
    """

    strength: float
    every: int

    def asks(self, step: int, n_steps: int) -> bool:
        return 0 < step < n_steps - 1 and step % self.every == 0

    def parents(self, now: Tensor, before: Tensor | None, draw: torch.Generator) -> Tensor:
        gained = now if before is None else now - before
        chance = (self.strength * gained).softmax(1)
        return chance.multinomial(now.shape[1], replacement=True, generator=draw)


@dataclass(frozen=True, slots=True)
class Found:
    """The best page of each sketch and what it took."""

    image: Tensor  # (S, 3, H, W) sRGB
    pages: Tensor  # (S, P, 3, H, W) all that the search ended with
    total: Tensor  # (S, P) their rewards by what guided
    network_calls: int  # predictions a sketch
    reward_calls: int  # pages scored a sketch


@torch.no_grad()
def search(
    policy: Policy,
    sketch: SketchBatch,
    sampler: Sampler,
    reward: TotalReward,
    rule: Rule,
    n_particles: int,
    seed: int,
    *,
    snapped: bool,
) -> Found:
    """The best colouring of each row of ``sketch`` that ``n_particles`` find under ``rule``.

    Pages are compared, and given back, as they are or ``snapped`` to the palette.
    A row's search is a function of (seed, row). The first particles of best of n are those of any
    smaller n.
    """
    policy, n_sketches, n = guided(policy, sampler.guidance), len(sketch), n_particles
    seeds = torch.tensor([seed_of(seed, s, i) for s in range(n_sketches) for i in range(n)])
    draw = torch.Generator().manual_seed(seed_of(seed, 24))
    noise = noise_model(policy, sketch, n, sampler.rho)
    encoding, many = policy.encode(sketch).repeat(n), sketch.repeat(n)
    page = partial(decoded, policy, encoding=encoding, sketch=many, snapped=snapped)
    state, before, asked = policy.space.start(noise, step_seeds(seeds, 0)), None, 0
    steps = sampler.steps()
    for k, step in enumerate(steps):
        transition: Any = sampler.transition(policy, encoding, state, step, noise)
        if rule.asks(k, len(steps)):
            now = rewards(reward, page(transition.x0), many).view(n_sketches, n)
            parents = rule.parents(now, before, draw)
            before, asked = now.gather(1, parents), asked + n
            first = torch.arange(n_sketches)[:, None] * n
            transition = taken(transition, (first + parents).flatten(), noise)
        state = transition.sample(partial(step_seeds, seeds, k + 1)).state
    pages = page(state)
    total = rewards(reward, pages, many).view(n_sketches, n)
    pages = pages.unflatten(0, (n_sketches, n))
    return Found(best_of(pages, total), pages, total, n * len(steps), asked + n)


def best_of(pages: Tensor, total: Tensor) -> Tensor:
    """(S, 3, H, W) of ``pages`` (S, P, 3, H, W) those of the highest ``total`` (S, P)."""
    return pages[torch.arange(len(pages)), total.argmax(1)]
