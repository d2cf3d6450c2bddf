"""Pretraining on a tiny set: it learns, resumes bit for bit, and ends as it should."""

import itertools
import math
import os
import signal
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from colorrl.config.compose import run_dir
from colorrl.data.load import load_pools
from colorrl.errors import UserError
from colorrl.policy.pipeline import load_generator
from colorrl.run import checkpoint
from colorrl.scripts import pretrain
from colorrl.scripts.pretrain import main
from colorrl.training.pretrain_state import Pretraining, seeds_of
from tests.scripts.test_train import figures, rows
from tests.tiny import assert_same_state, pretrain_config


@pytest.fixture(scope="module")
def straight(run_inputs, tmp_path_factory):
    cfg = pretrain_config(run_inputs, tmp_path_factory.mktemp("pretrain"))
    main(cfg)
    return run_dir(cfg)


def assert_same_run(one, other):
    assert_same_state(*(checkpoint.load(checkpoint.latest(f)) for f in (one, other)))
    assert rows(one) == rows(other) and figures(one) == figures(other)
    weights = "generator/network/diffusion_pytorch_model.safetensors"
    assert (one / weights).read_bytes() == (other / weights).read_bytes()


def stop_at(monkeypatch, step, act):
    real = pretrain.draw_batch

    def draw_batch(groups, cfg, at):
        if at == step - 1:
            act()
        return real(groups, cfg, at)

    monkeypatch.setattr(pretrain, "draw_batch", draw_batch)


def test_what_it_writes(straight):
    table = rows(straight)
    assert [row["step"] for row in table] == ["1", "2", "3", "4", "5", "6"]
    assert [bool(row["eval/x0_error"]) for row in table] == [False, False, True] * 2
    result = figures(straight)
    assert result["step"] == 6
    assert result["eval/x0_error"] == float(table[-1]["eval/x0_error"])
    assert (straight / "panel" / "panel-00000006.png").is_file()
    found = load_generator(str(straight))
    assert (found.config.n_steps, found.config.shift, found.config.rho) == (3, 2.0, 0.25)
    state = checkpoint.load(checkpoint.latest(straight))
    saved = list(found.network.parameters())
    assert all(torch.equal(a, b) for a, b in zip(saved, state["ema"]["shadow_params"], strict=True))


def test_batches_made_ahead_change_nothing(straight, run_inputs, tmp_path):
    cfg = pretrain_config(run_inputs, tmp_path, "loaders=2")
    main(cfg)
    assert_same_run(run_dir(cfg), straight)


def test_a_crash_and_a_resume_are_the_straight_run(straight, run_inputs, tmp_path, monkeypatch):
    def crash():
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        stop_at(patch, 4, crash)
        with pytest.raises(OSError, match="no space"):
            main(pretrain_config(run_inputs, tmp_path))
    cfg = pretrain_config(run_inputs, tmp_path, "resume=auto")
    assert checkpoint.step_of(checkpoint.latest(run_dir(cfg))) == 2
    main(cfg)
    assert_same_run(run_dir(cfg), straight)


def test_ctrl_c_saves_and_the_resumed_run_is_the_same(
    straight, run_inputs, tmp_path, monkeypatch, capsys
):
    with monkeypatch.context() as patch:
        stop_at(patch, 3, lambda: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            main(pretrain_config(run_inputs, tmp_path))
    assert "step 3 is saved" in capsys.readouterr().out
    cfg = pretrain_config(run_inputs, tmp_path, "resume=auto")
    assert not (run_dir(cfg) / "result.json").exists()
    main(cfg)
    assert_same_run(run_dir(cfg), straight)


def test_a_budget_ends_with_a_checkpoint_and_a_generator(run_inputs, tmp_path):
    cfg = pretrain_config(run_inputs, tmp_path, "budget_minutes=0.0")
    main(cfg)
    assert figures(run_dir(cfg))["step"] == 1
    assert checkpoint.step_of(checkpoint.latest(run_dir(cfg))) == 1
    assert load_generator(str(run_dir(cfg))).size == 32


def test_a_rehearsal_prints_and_writes_nothing(run_inputs, tmp_path, capsys):
    main(pretrain_config(run_inputs, tmp_path, "dry_run=true", "budget_minutes=0.0"))
    out = capsys.readouterr().out
    assert "6 steps of 4 sketches" in out and "expected time 0 min" in out
    assert not list(tmp_path.iterdir())


def test_a_run_from_a_start_ends_with_before_and_after(run_inputs, tmp_path):
    """Six rows of pictures: line, truth, before and after with palettes and without.

    Seen to fail with the trained weights in the place of the start's.
    """
    words = ("steps=2", "validate_every=2", "lr=0.05", "warmup_steps=0", "ema_decay=0.0",
             f"start='{run_inputs / 'gen'}'")  # fmt: skip
    cfg = pretrain_config(run_inputs, tmp_path, *words)
    main(cfg)

    def pictures(of):
        """Without the strip of names on the left: three held-out drawings side by side."""
        page = np.asarray(Image.open(run_dir(of) / "before_after.png").convert("RGB"))
        return page[:, -(3 * (32 + 2) + 2) :].astype(int)

    page = pictures(cfg)
    side = (page.shape[0] - 2) // 6 - 2
    assert side == 32
    rows_ = [page[2 + i * (side + 2) :][:side] for i in range(6)]
    assert (rows_[2] != rows_[3]).any() and (rows_[4] != rows_[5]).any()
    assert (rows_[2] != rows_[4]).any()
    other = pretrain_config(run_inputs, tmp_path / "other", *words, "lr=0.001")
    main(other)
    again = pictures(other)
    assert (again[2 + 2 * (side + 2) :][:side] == rows_[2]).all()  # the start, whatever was learned


def test_it_learns(run_inputs, tmp_path):
    """Four drawings by heart: the error falls to a fraction of the first one."""
    cfg = pretrain_config(
        run_inputs, tmp_path, "steps=50", "validate_every=50", "lr=3e-3", "augment=flip",
        "save_every=50",
    )  # fmt: skip
    main(cfg)
    errors = [float(row["train/x0_error"]) for row in rows(run_dir(cfg))]
    assert sum(errors[-10:]) < 0.6 * sum(errors[:10])


def test_the_last_step_is_validated_once(run_inputs, tmp_path, monkeypatch):
    """Also at steps that no row of metrics.csv is due at."""
    seen = []
    validate = pretrain.validate
    monkeypatch.setattr(
        pretrain, "validate", lambda run, *rest: seen.append(run.step) or validate(run, *rest)
    )
    words = ("steps=6", "validate_every=2", "log_every=5", "warmup_steps=0")
    main(pretrain_config(run_inputs, tmp_path, *words))
    assert seen == [2, 4, 6]


def test_the_learning_rate_warms_up_and_falls(run_inputs, tmp_path):
    run = Pretraining(pretrain_config(run_inputs, tmp_path, "steps=100", "warmup_steps=10"))
    rates = []
    for run.step in range(101):
        rates.append(run.learning_rate() / run.cfg.lr)
    assert rates[0] == pytest.approx(0.1) and max(rates) == rates[9]
    assert rates[50] == pytest.approx(0.525, abs=1e-3) and rates[100] == pytest.approx(0.05)
    assert all(a > b for a, b in itertools.pairwise(rates[10:]))


def test_the_averaged_weights_come_and_go(run_inputs, tmp_path):
    run = Pretraining(pretrain_config(run_inputs, tmp_path))
    with torch.no_grad():
        for p in run.network.parameters():
            p += 1
    before = [p.clone() for p in run.network.parameters()]
    with pytest.raises(RuntimeError, match="now"), run.averaged():
        assert not torch.equal(next(run.network.parameters()), before[0])
        raise RuntimeError("now")
    assert all(torch.equal(a, b) for a, b in zip(before, run.network.parameters(), strict=True))


def test_seeds_differ_by_row_step_and_purpose():
    drawn = [seeds_of(0, purpose, step, 8) for purpose in (1, 5) for step in (0, 1)]
    assert len(torch.cat(drawn).unique()) == 32 and math.isfinite(drawn[0].float().sum())


def test_several_processes_are_refused(run_inputs, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="one process"):
        main(pretrain_config(run_inputs, tmp_path))


def test_it_goes_on_from_a_generator(run_inputs, tmp_path):
    """Of its size and of half of it; another shape is named."""
    cfg = pretrain_config(run_inputs, tmp_path)
    gen = str(run_inputs / "gen")
    shape = {**load_generator(gen).network.config}
    spec = {"_target_": "colorrl.policy.region_flow.RegionFlow"} | {
        k: v for k, v in shape.items() if not k.startswith("_")
    }

    def started(**changes):
        policy = replace(cfg.policy, network=spec | changes)
        return Pretraining(replace(cfg, policy=policy, start=gen)).network

    expected = load_generator(gen).network.state_dict()
    same, twice = started(), started(size=64, patch=8)
    assert all(torch.equal(v, expected[k]) for k, v in same.state_dict().items())
    assert torch.equal(twice.region_in.weight, expected["region_in.weight"])
    with pytest.raises(UserError, match=r"set policy\.network\.width=16"):
        started(width=24)


def test_bf16_is_near_and_weights_stay_fp32(run_inputs, tmp_path):
    """bf16 keeps 8 bits: 0.4 % of each number, so five times that of their sum is far enough."""
    cfg = pretrain_config(run_inputs, tmp_path)
    pools = load_pools(cfg.data, Pretraining(cfg).size)
    batch = pretrain.draw_batch(pools, cfg, 0)
    full, half = (Pretraining(replace(cfg, precision=p)) for p in ("no", "bf16"))
    expected, found = float(full.update(batch)), float(half.update(batch))
    assert found != expected and found == pytest.approx(expected, rel=0.02)
    assert all(p.dtype == torch.float32 for p in half.network.parameters())


def test_compiled_steps_are_the_same_and_nothing_else_is_compiled(
    run_inputs, tmp_path, monkeypatch
):
    """As one graph without breaks. Inductor, which is not ours, would take minutes."""
    graph = partial(torch.compile, backend="aot_eager", fullgraph=True)
    monkeypatch.setattr(torch, "compile", graph)
    cfg = pretrain_config(run_inputs, tmp_path)
    runs = [Pretraining(replace(cfg, compile=c)) for c in (False, True)]
    pools = load_pools(cfg.data, runs[0].size)
    padded = pretrain.draw_batch(pools, runs[1].cfg, 0)
    assert padded.regions.n_slots % pretrain.SLOTS == 0
    errors = [float(run.update(padded)) for run in runs]
    # fused or not, sums of fp32 differ by roundings
    assert errors[1] == pytest.approx(errors[0], rel=1e-5)
    assert runs[1].compiled_model.predict_mix is not runs[1].network.predict_mix
    assert "predict_mix" not in vars(runs[1].network)
