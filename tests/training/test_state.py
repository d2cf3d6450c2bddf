"""A run's state: what an update may change, what it must not, and what a checkpoint brings back."""

import contextlib
import copy
from types import SimpleNamespace

import pytest
import torch
from hydra.utils import instantiate

from colorrl.errors import UserError
from colorrl.policy.pipeline import load_generator, ode_sample
from colorrl.run import checkpoint
from colorrl.scripts import train
from colorrl.scripts.train import load_data, update
from colorrl.seeding import StepSeeds
from colorrl.training import steps
from colorrl.training.actor import Actor
from colorrl.training.batch_size import micro_size
from colorrl.training.state import Training
from colorrl.training.steps import local_indices, sample, score
from tests.tiny import train_config
from tests.updates import drawn, local_of, sampled


def started(cfg):
    """A run with its data."""
    run = Training(cfg)
    reward = instantiate(cfg.reward)
    train, _ = load_data(cfg, run, reward)
    return run, train, reward


@pytest.fixture
def cfg(run_inputs, tmp_path):
    return train_config(run_inputs, tmp_path, "trainer.eval_sketches=1")


def weights(module):
    return {k: v.clone() for k, v in module.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_updates_move_the_policy_alone(cfg):
    """The reference stays the generator on the disk, weight for weight and pixel for pixel.

    Seen to fail with the policy in training mode, and with one network for policy and reference.
    """
    run, train, reward = started(cfg)
    policy, start = weights(run.policy), load_generator(cfg.policy.path)
    for _ in range(2):
        update(run, train, reward)
    assert not same(weights(run.policy), policy)
    assert same(weights(run.reference), weights(start.network)) and same(
        policy, start.network.state_dict()
    )
    sketch, seeds = drawn(run, train)[0], torch.arange(1)
    flats = [
        ode_sample(p, sketch, run.grid, run.sampler.rho, seeds)
        for p in (run.reference, start.network)
    ]
    assert torch.equal(*flats)
    assert not any(p.requires_grad for p in run.reference.parameters())
    modules = [*run.policy.modules(), *run.reference.modules()]
    assert not any(m.training for m in modules)  # dropout stays off
    assert (run.step, run.images) == (2, 32)


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


def test_one_process_agrees_with_itself(cfg):
    """Seen to fail where two had to wish it."""
    processes = Training(cfg).processes
    assert processes.agree(True) and not processes.agree(False)


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


def test_a_gradient_that_is_not_finite_is_skipped_counted_and_stops_the_run(cfg, capsys):
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
    assert "update skipped" in capsys.readouterr().out
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


def test_a_checkpoint_brings_all_of_it_back(cfg, tmp_path):
    run, train, reward = started(cfg)
    run.resume(tmp_path)
    update(run, train, reward)
    run.before, run.start_images = {"eval/reward": torch.rand(2)}, torch.rand(2, 3, 4, 4)
    run.best_gold, run.best_step, run.weights.n_bad = 0.25, 1, 2
    run.save(tmp_path)
    assert checkpoint.best(tmp_path) == (tmp_path / "step-00000001", 0.25)
    again = Training(train_config(cfg.data.root, tmp_path, "resume=auto"))
    assert again.resume(tmp_path) == 1
    expected, found = run.state(), again.state()
    assert expected.keys() == found.keys()
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], rtol=0, atol=0)


def test_starting_anew_leaves_nothing_of_the_older_run(cfg, tmp_path):
    run = Training(cfg)
    run.step = run.best_step = 99
    run.save(tmp_path)
    run.write_generator(tmp_path / "generator")
    (tmp_path / "panel").mkdir()
    (tmp_path / "result.json").write_text("{}")
    with pytest.raises(UserError, match=r"up to step 99: resume=auto.*resume=restart"):
        run.resume(tmp_path)
    again = train_config(cfg.data.root, tmp_path, "resume=restart")
    assert Training(again).resume(tmp_path) is None
    assert checkpoint.latest(tmp_path) is None and checkpoint.best(tmp_path) is None
    assert not {"generator", "panel", "result.json"} & {p.name for p in tmp_path.iterdir()}


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


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sampler.kind=ode", "no step of the sampler is stochastic"),
        ("sampler.eta=0", "no step of the sampler is stochastic"),
        ("sampler.rho=1.0", r"sampler.*rho must lie in \[0, 1\)"),
        ("sampler.window=[2,5]", r"sampler.*window \(2, 5\) does not fit 3 steps"),
        ("sampler.window=[2]", r"sampler\.window=\[2\]"),
        ("sampler.n_steps=0", "sampler.*n_steps"),
        ("device=gpu0", "device=gpu0"),
        ("policy.path=nowhere", "no generator 'nowhere'"),
        # the folder holds a network of another kind than policy= says
        ("policy=region reward=paired_exact", "holds a RegionFlow.*may paint pixels"),
    ],
)
def test_settings_that_cannot_train_are_refused(run_inputs, tmp_path, override, message):
    with pytest.raises(UserError, match=message):
        Training(train_config(run_inputs, tmp_path, *override.split()))


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
