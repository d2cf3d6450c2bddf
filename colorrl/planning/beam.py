"""Beam search over palette entries: regions in turn, the rest as the generator thinks likeliest."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from colorrl.planning.search import Found
from colorrl.policy.action import at_time
from colorrl.policy.entries import PointingPolicy
from colorrl.policy.rollout import Sampler, noise_model, step_seeds
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.task.deck import Deck, paint_entries, totals


@torch.no_grad()
def likeliest(policy: PointingPolicy, deck: Deck, sampler: Sampler, seed: int) -> Tensor:
    """(M, R) the entry that the generator thinks likeliest for each region at its last step.

    One chain of deterministic steps a drawing.
    """
    sketch = deck.sketch
    noise = noise_model(policy, sketch, 1, sampler.rho)
    seeds = torch.tensor([seed_of(seed, m) for m in range(len(sketch))])
    state, encoding = policy.space.start(noise, step_seeds(seeds, 0)), policy.encode(sketch)
    times = sampler.grid().tolist()
    for t, t_next in pairwise(times):
        mix = policy.predict_mix(state.contiguous(), at_time(state, t), encoding)
        state = policy.space.move(state, mix.expected(), t, t_next, encoding)
    return mix.log_share[..., 1:].argmax(2).gather(1, deck.region)


def beam(
    policy: PointingPolicy,
    deck: Deck,
    sampler: Sampler,
    reward: TotalReward,
    width: int,
    n_scored: int,
    seed: int,
) -> list[Found]:
    """For each drawing the best page that a beam of ``width`` finds, ``n_scored`` pages at most.

    Starts from ``likeliest``. Each round takes the next region, the largest first and then round
    again, and tries every other entry in each page of the beam; pages met before cost nothing.
    """
    start = likeliest(policy, deck, sampler, seed)
    steps = len(sampler.steps())
    return [_beam_of(deck, m, start[m], reward, width, n_scored, steps) for m in range(len(deck))]


def _beam_of(
    deck: Deck, m: int, start: Tensor, reward: TotalReward, width: int, n_scored: int, steps: int
) -> Found:
    n_regions, n_entries = int(deck.n_regions[m]), int(deck.n_entries[m])
    known = _scored(deck, m, reward, [tuple(start.tolist())], {})
    kept, turn = list(known), 0
    quiet = 0  # regions in a row that gave no new page
    while len(known) < n_scored and quiet < n_regions:
        rank = turn % n_regions
        children = {(*page[:rank], k, *page[rank + 1 :]) for page in kept for k in range(n_entries)}
        fresh = sorted(children - known.keys())[: n_scored - len(known)]
        quiet = 0 if fresh else quiet + 1
        known = _scored(deck, m, reward, fresh, known)
        kept = sorted({*kept, *(children & known.keys())}, key=known.__getitem__)[-width:]
        turn += 1
    best = max(known, key=known.__getitem__)
    page = paint_entries(deck, torch.tensor([m]), torch.tensor([best]))
    return Found(page, page[:, None], torch.tensor([[known[best]]]), steps, len(known))


Pages = dict[tuple[int, ...], float]


def _scored(
    deck: Deck, m: int, reward: TotalReward, fresh: list[tuple[int, ...]], known: Pages
) -> Pages:
    """``known`` with the totals of the pages ``fresh``."""
    if not fresh:
        return known
    entry = torch.tensor(fresh)
    found = totals(deck, reward, torch.full((len(fresh),), m), entry).tolist()
    return known | dict(zip(fresh, found, strict=True))
