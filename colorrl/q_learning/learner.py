"""Q-learning: play, remember, step towards targets. The factors of the triad are settings."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from colorrl.config.schema.q_learning import Experience, LearnerConfig, Target
from colorrl.q_learning.approximators import Approximator
from colorrl.q_learning.decisions import END, Decisions
from colorrl.q_learning.targets import ahead, bootstrapped
from colorrl.seeding import seed_of

ALL_MOVES = 10**6  # n of Monte Carlo: more steps than a game has


@dataclass(frozen=True, slots=True)
class Factors:
    n_step: int | None  # moves until a value stands for the rest; None: never (Monte Carlo)
    experience: Experience
    target: Target


@dataclass(frozen=True, slots=True)
class Moves:
    """N moves as a learner keeps them."""

    state: Tensor  # (N,)
    action: Tensor  # (N,)
    later: Tensor  # (N,) the state n moves on, END where the game ended before
    paid: Tensor  # (N,) until then


@dataclass(frozen=True, slots=True)
class Progress:
    """How a learner stood after each measured round. K measurements."""

    calls: Tensor  # (K,) rewards paid for so far
    error: Tensor  # (K,) root mean square of Q - Q* over all moves
    worst: Tensor  # (K,) max |Q - Q*|
    largest: Tensor  # (K,) max |Q| over all moves
    lost: Tensor  # (K,) best total less that of the greedy colouring, mean over drawings


def learn(
    q: Approximator, game: Decisions, how: Factors, cfg: LearnerConfig, seed: int
) -> Progress:
    """Train ``q`` on ``game`` in place. Stops early once Q is not finite or beyond all bounds."""
    draw = torch.Generator().manual_seed(seed_of(seed, 22))
    memory: list[Moves] = []
    measured: list[tuple[float, ...]] = []
    copy_of_q, steps = q.frozen(), 0
    for turn in range(cfg.rounds + 1):
        if turn % cfg.measure_every == 0:
            measured.append((float(turn * cfg.games), *standing(q, game)))
            if not measured[-1][3] < cfg.unbounded:
                break
        fresh = play(q, game, epsilon_of(turn, how, cfg), how.n_step, cfg.games, draw)
        memory = [fresh] if how.experience == "on_policy" else [*memory, fresh][-cfg.memory :]
        for batch in batches(memory, len(fresh.state), cfg.updates, how.experience, draw):
            target_of = q if how.target == "online" else copy_of_q
            q.fit(batch.state, batch.action, targets(q, target_of, game, batch, how.target))
            steps += 1
            if steps % cfg.copy_every == 0 and how.target != "online":
                copy_of_q = q.frozen()
    return Progress(*(torch.tensor(column) for column in zip(*measured, strict=True)))


def targets(
    q: Approximator, target_of: Approximator, game: Decisions, batch: Moves, target: Target
) -> Tensor:
    """(N,) what the moves of ``batch`` are stepped towards."""
    ended = batch.later == END
    if ended.all():
        return batch.paid
    later = batch.later.clamp(min=0)
    value = target_of.values(later)
    select = q.values(later) if target == "double" else value
    return bootstrapped(batch.paid, ended, select, value, game.possible[later])


def epsilon_of(turn: int, how: Factors, cfg: LearnerConfig) -> float:
    """Share of moves made at random: from all to ``cfg.epsilon`` over the first half of rounds."""
    if how.experience == "random_replay":
        return 1.0
    return max(cfg.epsilon, 1 - 2 * turn / cfg.rounds)


def play(
    q: Approximator,
    game: Decisions,
    epsilon: float,
    n_step: int | None,
    n_games: int,
    draw: torch.Generator,
) -> Moves:
    """``n_games`` games on drawings at random, each move greedy or, by ``epsilon``, at random."""
    state = game.start[torch.randint(len(game.start), (n_games,), generator=draw)]
    length = game.deck.n_regions[game.drawing[state]]
    states, actions, total = [], [], torch.zeros(n_games)
    for _ in range(int(length.max())):
        playing = state != END
        here = state.clamp(min=0)
        chance = game.possible[here].float().multinomial(1, generator=draw)[:, 0]
        action = torch.where(
            torch.rand(n_games, generator=draw) < epsilon, chance, greedy(q, game, here)
        )
        states.append(here)
        actions.append(action)
        total += torch.where(playing, game.reward[here, action], 0.0)
        state = torch.where(playing, game.successor[here, action], END)
    visited = torch.stack(states, 1)  # (E, T)
    later, paid = ahead(visited, length, total, ALL_MOVES if n_step is None else n_step)
    made = torch.arange(visited.shape[1]) < length[:, None]
    return Moves(visited[made], torch.stack(actions, 1)[made], later[made], paid[made])


def greedy(q: Approximator, game: Decisions, state: Tensor) -> Tensor:
    """(N,) the possible move of the highest value in each state (N,)."""
    return q.values(state).masked_fill(~game.possible[state], -torch.inf).argmax(1)


def greedy_totals(q: Approximator, game: Decisions) -> Tensor:
    """(M,) total of each drawing coloured greedily."""
    state, total = game.start, torch.zeros(len(game.start))
    for _ in range(game.entry.shape[1]):
        here = state.clamp(min=0)
        action = greedy(q, game, here)
        total += torch.where(state != END, game.reward[here, action], 0.0)
        state = torch.where(state != END, game.successor[here, action], END)
    return total


def standing(q: Approximator, game: Decisions) -> tuple[float, float, float, float]:
    """Root mean square and max of |Q - Q*|, max |Q|, total lost by the greedy colouring."""
    values = torch.cat([q.values(s) for s in torch.arange(len(game.depth)).split(4096)])
    found = values[game.possible]
    error = found - game.q_star[game.possible]
    lost = (game.best - greedy_totals(q, game)).mean()
    worst = float(error.abs().max())
    return float(error.square().mean().sqrt()), worst, float(found.abs().max()), float(lost)


def batches(
    memory: list[Moves], n_moves: int, n_updates: int, experience: Experience, draw: torch.Generator
) -> list[Moves]:
    """``n_updates`` batches that together have ``n_moves``: the fresh ones once, or any."""
    whole = Moves(*(torch.cat(list(c)) for c in zip(*map(_columns, memory), strict=True)))
    if experience == "on_policy":
        rows = torch.randperm(len(whole.state), generator=draw)
    else:
        rows = torch.randint(len(whole.state), (n_moves,), generator=draw)
    return [Moves(*(c[part] for c in _columns(whole))) for part in rows.chunk(n_updates)]


def _columns(moves: Moves) -> tuple[Tensor, ...]:
    return moves.state, moves.action, moves.later, moves.paid
