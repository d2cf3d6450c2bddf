"""What an optimiser step changes, and the average that follows it."""

import copy

import pytest
import torch

from colorrl.errors import UserError
from colorrl.scripts.train import update
from colorrl.training.state import Training
from tests.tiny import train_config
from tests.training.test_state import same, started, weights


def test_only_what_may_learn_moves(run_inputs, tmp_path):
    cfg = train_config(run_inputs, tmp_path, "trainer.eval_sketches=1", "learn.trainable=query|key")
    run, train, reward = started(cfg)
    before = weights(run.policy)
    update(run, train, reward)
    moved = {
        k.split(".")[0] for k, v in weights(run.policy).items() if not torch.equal(v, before[k])
    }
    assert moved == {"query", "key"}
    with pytest.raises(UserError, match=r"learn\.trainable=nothing.*query"):
        Training(train_config(run_inputs, tmp_path, "learn.trainable=nothing"))


def test_the_optimizer_is_adamw_as_configured(run_inputs, tmp_path):
    """Seen to fail with one beta for both."""
    words = ["learn.lr=0.002", "learn.betas=[0.7,0.95]", "learn.weight_decay=0.03"]
    run = Training(train_config(run_inputs, tmp_path, *words))
    (group,) = run.weights.optimizer.param_groups
    assert (group["lr"], group["betas"], group["weight_decay"]) == (0.002, (0.7, 0.95), 0.03)


def test_averaged_weights_come_and_go_without_a_trace(cfg):
    """Seen to fail without the restore."""
    run, train, reward = started(cfg)
    for _ in range(2):
        update(run, train, reward)
    before = weights(run.policy)
    with run.weights.averaged():
        assert not same(weights(run.policy), before)
        shadow = [p.clone() for p in run.weights.parameters]
    assert same(weights(run.policy), before)
    assert all(
        torch.equal(a, b) for a, b in zip(shadow, run.weights.ema.shadow_params, strict=True)
    )
    with pytest.raises(RuntimeError, match="measuring failed"), run.weights.averaged():
        raise RuntimeError("measuring failed")
    assert same(weights(run.policy), before)


def test_a_gradient_that_is_not_finite_is_skipped_counted_and_stops_the_run(cfg):
    cfg = copy.deepcopy(cfg)
    run = Training(cfg)
    before, optimizer = weights(run.policy), copy.deepcopy(run.weights.optimizer.state_dict())
    for n in range(1, cfg.learn.max_bad_updates + 1):
        for p in run.weights.parameters:
            p.grad = torch.full_like(p, torch.nan if n % 2 else torch.inf)
        assert not torch.tensor(run.weights.step(run.processes.sum)).isfinite()
        assert run.weights.n_bad == n
    assert same(weights(run.policy), before) and run.weights.optimizer.state_dict() == optimizer
    assert all(p.grad is None for p in run.weights.parameters)
    run.weights.parameters[0].grad = torch.full_like(run.weights.parameters[0], torch.nan)
    with pytest.raises(UserError, match=r"learn\.max_bad_updates=10.*lower learn\.lr"):
        run.weights.step(run.processes.sum)


def test_a_good_step_after_a_bad_one_is_taken(cfg):
    run, train, reward = started(cfg)
    run.weights.parameters[0].grad = torch.full_like(run.weights.parameters[0], torch.nan)
    run.weights.step(run.processes.sum)
    before = weights(run.policy)
    metrics, _ = update(run, train, reward)
    assert metrics["policy/n_bad_updates"] == 1 and not same(weights(run.policy), before)


def test_weights_are_averaged_after_the_step_as_configured(cfg):
    """decay x start + (1 - decay) x first step, from the first step on.

    Seen to fail with the average taken before the optimiser's step, and with the warm-up of the
    averaging rule, which stayed below .98 for 441 steps.
    """
    run, _, _ = started(cfg)
    start = [p.detach().clone() for p in run.weights.parameters]
    for p in run.weights.parameters:
        p.grad = torch.ones_like(p)
    run.weights.step(run.processes.sum)
    decay = cfg.learn.ema_decay
    for old, new, mean in zip(
        start, run.weights.parameters, run.weights.ema.shadow_params, strict=True
    ):
        assert not torch.equal(old, new)
        torch.testing.assert_close(mean, decay * old + (1 - decay) * new.detach())
