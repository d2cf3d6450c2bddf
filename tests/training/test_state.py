"""A run's state: what an update may change, what it must not, and what a checkpoint brings back."""

import pytest
import torch
from hydra.utils import instantiate

from colorrl.errors import UserError
from colorrl.policy.pipeline import load_generator, ode_sample
from colorrl.run import checkpoint
from colorrl.scripts.train import load_data, update
from colorrl.training.state import Training
from tests.tiny import train_config
from tests.updates import drawn


def started(cfg):
    """A run with its data."""
    run = Training(cfg)
    reward = instantiate(cfg.reward)
    train, _ = load_data(cfg, run, reward)
    return run, train, reward


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


def test_one_process_agrees_with_itself(cfg):
    """Seen to fail where two had to wish it."""
    processes = Training(cfg).processes
    assert processes.agree(True) and not processes.agree(False)


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
