"""Searches on held-out sketches beside the best of as many samples, at equal costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from colorrl.bars import inner_bar
from colorrl.evaluation.judge import Judge
from colorrl.planning.search import BestOfN, Found, Rule, best_of, search
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import Sampler
from colorrl.seeding import seed_of


@dataclass(frozen=True, slots=True)
class Contestant:
    """One search's pages of M sketches and its costs a sketch."""

    image: Tensor  # (M, 3, H, W)
    diversity: Tensor  # (M,) mean absolute difference of the pages it ended with, 0 for one
    network_calls: int
    reward_calls: int


def contestants(
    policy: Policy,
    judge: Judge,
    sampler: Sampler,
    rules: Mapping[str, Rule],
    n_particles: int,
    sizes: set[int],
    seed: int,
    *,
    snapped: bool,
) -> dict[str, Contestant]:
    """Every rule by name, and the best of n at the network and at the reward calls of each, at
    those of one sample and at ``sizes``."""
    run = partial(_run, policy, judge, sampler, seed=seed, snapped=snapped)
    found = {name: run(rule, n_particles) for name, rule in rules.items()}
    made = {name: whole(parts) for name, parts in found.items()}
    sizes = {1, n_particles, *sizes, *(one.reward_calls for one in made.values())}
    many = run(BestOfN(), max(sizes))
    return {
        **{best_of_name(n): whole([_first(f, n) for f in many]) for n in sorted(sizes)},
        **made,
    }


def best_of_name(n: int) -> str:
    return f"best of {n}"


def _run(
    policy: Policy,
    judge: Judge,
    sampler: Sampler,
    rule: Rule,
    n: int,
    *,
    seed: int,
    snapped: bool,
) -> list[Found]:
    bar = inner_bar(judge.batches, desc=type(rule).__name__, unit="batch")
    return [
        search(policy, batch, sampler, judge.reward, rule, n, seed_of(seed, b), snapped=snapped)
        for b, batch in enumerate(bar)
    ]


def _first(found: Found, n: int) -> Found:
    """Best of the first ``n`` of more samples."""
    pages, total = found.pages[:, :n], found.total[:, :n]
    calls = found.network_calls // found.pages.shape[1] * n
    return Found(best_of(pages, total), pages, total, calls, n)


def whole(parts: Sequence[Found]) -> Contestant:
    """The batches ``parts`` of one search; its pages scored are the most that any took."""
    return Contestant(
        torch.cat([part.image for part in parts]),
        torch.cat([_spread(part.pages) for part in parts]),
        max(part.network_calls for part in parts),
        max(part.reward_calls for part in parts),
    )


def _spread(pages: Tensor) -> Tensor:
    """(S,) mean absolute difference of two different ones of ``pages`` (S, P, 3, H, W)."""
    n = pages.shape[1]
    if n == 1:
        return torch.zeros(len(pages))
    flat = pages.flatten(2)
    pairs = torch.stack([torch.cdist(one, one, p=1) for one in flat]) / flat.shape[2]
    return pairs.sum((1, 2)) / (n * (n - 1))
