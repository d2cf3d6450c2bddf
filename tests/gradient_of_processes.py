"""Gradient of a run's first optimiser step, whatever the number of processes: for accelerate."""

import sys
from pathlib import Path

import torch
from hydra.utils import instantiate

from colorrl.learn.update import accumulate, reduced_gradient
from colorrl.scripts.train import load_data
from colorrl.training.state import Training
from colorrl.training.steps import score
from tests.tiny import train_config
from tests.updates import advantages_of, rollouts_of


def first_step(cfg):
    """What must not depend on the number of processes; rows in the order of their seeds."""
    run = Training(cfg)
    reward = instantiate(cfg.reward)
    train, _ = load_data(cfg, run, reward)
    rollouts = rollouts_of(run, train)
    scores = [score(reward, r, 0.0) for r in rollouts]
    advantages, _ = advantages_of(run, rollouts, scores)
    loss_of = run.objective.at(run.actor, reward, 0.0)
    size = len(rollouts) // cfg.learn.optimizer_steps
    for i in range(size):
        part = loss_of(rollouts[i], advantages[i])
        accumulate(part, size * len(rollouts[0].image) * run.processes.n_processes)
    reduced_gradient(run.weights.parameters, run.processes.sum)
    seed = run.processes.gather(torch.cat([r.seed for r in rollouts]))
    order = seed.argsort()
    return run, {
        "gradient": torch.cat([p.grad.flatten() for p in run.weights.parameters]),
        "seed": seed[order],
        "noise": run.processes.gather(torch.cat([r.state[:, 0] for r in rollouts]))[order],
        "total": run.processes.gather(torch.cat([s.total for s in scores]))[order],
        "advantage": run.processes.gather(torch.cat(advantages))[order],
        "n_slots": torch.tensor(rollouts[0].sketch.regions.n_slots),
        "n_processes": torch.tensor(run.processes.n_processes),
    }


if __name__ == "__main__":
    inputs, runs, result, *overrides = sys.argv[1:]
    run, found = first_step(train_config(Path(inputs), Path(runs), *overrides))
    if run.is_main:
        torch.save(found, result)
    run.close()
