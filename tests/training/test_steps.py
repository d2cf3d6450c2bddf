"""The steps of an update: their random numbers, their order, their faults."""

import contextlib
import copy
from types import SimpleNamespace

import pytest
import torch

from colorrl.scripts import train
from colorrl.scripts.train import update
from colorrl.seeding import StepSeeds
from colorrl.training import steps
from colorrl.training.actor import Actor
from colorrl.training.batch_size import micro_size
from colorrl.training.steps import local_indices, sample, score
from tests.training.test_state import started
from tests.updates import drawn, local_of, sampled


def test_noise_is_a_function_of_step_place_and_sample(cfg):
    """Seen to fail with one seed for a group."""
    run, train, _ = started(cfg)
    (sketch, *_) = drawn(run, train, local_of(run)[:1])
    seen = {}
    for run.step in (0, 1):
        for place in (0, 1):
            seen[run.step, place] = sampled(run, sketch, [place])
    seeds = torch.cat([rollout.seed for rollout in seen.values()])
    assert len(seeds) == 16 and len(seeds.unique()) == 16
    again = sampled(run, sketch, [1])
    assert torch.equal(again.state, seen[1, 1].state)
    assert not torch.equal(seen[0, 1].state, seen[1, 1].state)


def test_two_processes_draw_the_noise_of_one(cfg, monkeypatch):
    """Every sample of a step its own. Seen to fail with indices counted within the process."""

    def seeds(n_processes):
        for rank in range(n_processes):
            actor = Actor(None, None, None, contextlib.nullcontext)
            size = micro_size(cfg, n_processes)
            for local in local_indices(cfg.trainer.sketches, size, rank, n_processes):
                group = cfg.trainer.group_size
                yield from sample(actor, None, local, group, StepSeeds(cfg.seed, 3)).tolist()

    monkeypatch.setattr(steps, "sample_rollout", lambda *given: given[3])
    one, two = list(seeds(1)), list(seeds(2))
    assert len(one) == len(set(one)) == cfg.trainer.sketches * cfg.trainer.group_size
    assert sorted(one) == sorted(two)


def test_scores_are_of_their_own_colorings(cfg, monkeypatch):
    """Micro-batch by micro-batch, in order. Seen to fail with the scores reversed."""
    run, drawings, reward = started(cfg)
    seen, real = [], train.advantage
    monkeypatch.setattr(train, "advantage", lambda *given: seen.append(given) or real(*given))
    update(run, drawings, reward)
    ((_, _, rollouts, scores, _, _),) = seen
    assert len(rollouts) == len(scores) == 4
    for rollout, scored in zip(rollouts, scores, strict=True):
        assert torch.equal(score(reward, rollout, 0.0).total, scored.total)
    assert not torch.equal(scores[0].total, scores[1].total)


def test_a_fault_of_the_reward_ends_the_update_with_its_own_words(cfg):
    """Seen to fail with the fault caught where scores are taken."""
    run, drawings, _ = started(cfg)

    def gone(*given):
        raise ConnectionError("the judge is gone")

    with pytest.raises(ConnectionError, match="the judge is gone"):
        update(run, drawings, SimpleNamespace(score=gone))


def test_indices_cover_the_step_once_whatever_the_processes_and_micro_batches(cfg):
    """Each optimiser step sees the same sketches: its share of local_indices, in any split."""
    for n_processes in (1, 2):
        for micro in (1, 2, 4):
            steps = [set(), set()]
            for rank in range(n_processes):
                fake = copy.copy(cfg)
                object.__setattr__(fake, "trainer", copy.copy(cfg.trainer))
                object.__setattr__(fake.trainer, "micro_sketches", micro)
                size = micro_size(fake, n_processes)
                batches = local_indices(cfg.trainer.sketches, size, rank, n_processes)
                half = len(batches) // 2
                for i, part in enumerate((batches[:half], batches[half:])):
                    steps[i] |= {p for batch in part for p in batch}
            assert steps == [{0, 1}, {2, 3}]
