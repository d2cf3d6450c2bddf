"""The supervised stage of a pipeline: its own loss, a run of `colorrl pretrain`, its file."""

import copy
import json
from dataclasses import replace

import pytest
import torch
from diffusers import ControlNetModel

from colorrl.config.compose import run_dir
from colorrl.data.batch import collate
from colorrl.data.pairs import load_split
from colorrl.errors import UserError
from colorrl.policy.hub.generator import load_hub
from colorrl.policy.hub.parts import check_controlnet
from colorrl.policy.hub.policy import HubPolicy
from colorrl.policy.hub.supervised import Pairs, loss_weight, training_times
from colorrl.policy.pipeline import load_policy
from colorrl.policy.rollout import noise_model
from colorrl.run import checkpoint
from colorrl.scripts import pretrain
from colorrl.scripts.train import update
from colorrl.training.pipeline_task import validate
from tests.policy.hub import tiny_pipelines as tiny
from tests.policy.hub.test_policy import HUB, base, pools  # noqa: F401  a fixture
from tests.scripts.test_train import all_rows
from tests.tiny import assert_same_state, composed, train_config
from tests.training.test_algorithms import Warm
from tests.updates import SMALL, assert_ratio_one, first_parts, started

HUB = [w for w in HUB if not w.startswith("sampler")]


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample", "flow"])
def test_it_is_the_loss_of_what_the_network_predicts(run_inputs, tmp_path, kind):
    """By hand, from the noise and the clean latent. Seen to fail with weight 1 for all kinds."""
    torch.manual_seed(0)
    make = tiny.sd3 if kind == "flow" else lambda f: tiny.sd(f, kind)
    make(tmp_path / "words").save_pretrained(tmp_path / "base")
    family = "sd3_control" if kind == "flow" else "sd_control"
    words = [f"policy={family}", *HUB[1:], "policy.hub.guidance=3.0"]
    cfg = composed("train", *words, f"policy.path='{tmp_path / 'base'}'").policy
    policy = load_hub(cfg.path, cfg.hub, None, "cpu").network
    batch = collate(load_split(run_inputs / "작은 세트", "train", tiny.SIZE)[:2])
    t, seeds = training_times(policy, torch.tensor([0.2, 0.7]), 3.0), torch.tensor([4, 5])
    with torch.no_grad():
        loss = Pairs(policy, batch).loss(t, seeds)
        x0 = policy.space.encode(batch.flats)
        x1 = noise_model(policy, batch, 1, 0.0).draw(seeds)
        time = t.view(-1, 1, 1, 1)
        policy.condition = replace(policy.condition, guidance=1.0)
        clean = policy.predict((1 - time) * x0 + time * x1, t, policy.encode(batch))
        scale = torch.hypot(1 - time, time)
        signal, noise = (1 - time) / scale, time / scale
        z = signal * x0 + noise * x1
        said = (z - signal * clean) / noise  # the noise that goes with the predicted picture
        pair = {
            "epsilon": (said, x1),
            "v_prediction": (signal * said - noise * clean, signal * x1 - noise * x0),
            "sample": (clean, x0),
            "flow": ((z * scale - clean) / time, x1 - x0),
        }[kind]
    by_hand = ((pair[0] - pair[1]) ** 2).flatten(1).mean(1)
    torch.testing.assert_close(loss, by_hand, rtol=1e-3, atol=1e-5)


def test_another_kind_is_refused():
    with pytest.raises(ValueError, match="'score'"):
        loss_weight("score", torch.tensor([0.5]))


def config(base, run_inputs, runs, *more):  # noqa: F811
    return composed(
        "pretrain", *HUB, f"policy.path='{base}'", f"data.root='{run_inputs}'",
        "data.name='작은 세트'", "data.sets={}", f"runs='{runs}'", "device=cpu", "steps=6",
        "batch_size=4", "loaders=0", "log_every=1", "validate_every=6", "save_every=2",
        "warmup_steps=0", "ema_decay=0.0", "lr=0.01", "augment=flip", *more,
    )  # fmt: skip


def test_a_run_learns_resumes_to_the_bit_and_leaves_an_adapter(base, run_inputs, tmp_path):  # noqa: F811
    """Seen to fail with the adapter left out of the checkpoint."""
    cfg = config(base, run_inputs, tmp_path / "a")
    pretrain.main(cfg)
    folder = run_dir(cfg)
    assert (folder / "before_after.png").is_file()
    task = pretrain.task_of(pretrain.Pretraining(cfg), folder)
    start = float(task.validate(False)["eval/own_loss"])
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert result["eval/own_loss"] != start
    # the file is the adapter that was trained, over the same base
    words = [*HUB, f"policy.path='{base}'", f"policy.lora='{folder}'"]
    loaded = load_policy(composed("train", *words).policy)
    learned = checkpoint.load(checkpoint.latest(folder))["network"]
    assert 0 < len(learned) == len(loaded.network.state_dict())
    for name, value in loaded.network.state_dict().items():  # averaged, which rounds
        torch.testing.assert_close(value, learned[name], rtol=1e-5, atol=1e-7)

    first = config(base, run_inputs, tmp_path / "b", "budget_minutes=0.0")
    pretrain.main(first)
    pretrain.main(config(base, run_inputs, tmp_path / "b", "resume=auto"))
    other = run_dir(first)
    assert_same_state(*(checkpoint.load(checkpoint.latest(f)) for f in (folder, other)))
    assert all_rows(folder)[-1] == all_rows(other)[-1]


def test_the_loss_falls(base, run_inputs, tmp_path):  # noqa: F811
    """The whole denoiser on one batch. Seen to fail with a step up."""
    words = ("policy.hub.adapter=null", "lr=0.002")
    run = pretrain.Pretraining(config(base, run_inputs, tmp_path, *words))
    batch = collate(load_split(run_inputs / "작은 세트", "train", tiny.SIZE)[:3])
    t, seeds = training_times(run.network, torch.tensor([0.1, 0.5, 0.9]), 1.0), torch.arange(3)
    losses = []
    for _ in range(12):
        loss = Pairs(run.network, batch).loss(t, seeds).mean()
        run.descend(loss)
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]


def test_validation_encodes_each_drawing_once(base, run_inputs, tmp_path, monkeypatch):  # noqa: F811
    """Whatever the number of noise levels. Seen to fail with an encoding for each level."""
    run = pretrain.Pretraining(config(base, run_inputs, tmp_path))
    seen, encode = [], HubPolicy.encode
    monkeypatch.setattr(HubPolicy, "encode", lambda self, s: seen.extend(s.id) or encode(self, s))
    sketches = load_split(run_inputs / "작은 세트", "train", tiny.SIZE)[:3]
    validate(run, sketches)
    assert sorted(seen) == sorted(s.id for s in sketches)


@pytest.mark.parametrize("adapter", ["lora", "whole"])
def test_a_controlnet_learns_and_goes_on_into_rl(base, run_inputs, tmp_path, adapter):  # noqa: F811
    """It is in what a run leaves, plain diffusers reads it, and RL starts from it with ratio 1.

    The start can be reset to it. Seen to fail with the ControlNet shared with the start (the
    ratio), left out of the file, and not copied for a start that has an adapter (the reset); and
    with a card of a whole pipeline that was made "from scratch".
    """
    words = ["policy.hub.train_controlnet=true"]
    words += ["policy.hub.adapter=null", "lr=0.001"] if adapter == "whole" else []
    cfg = config(base, run_inputs, tmp_path / "a", *words)
    pretrain.main(cfg)
    folder = run_dir(cfg) / "generator"
    if adapter == "whole":
        card = (folder / "README.md").read_text(encoding="utf-8")
        assert f"| started from | {base} |" in card
        assert "| network | `diffusers.StableDiffusionControlNetPipeline` |" in card
    learned = checkpoint.load(checkpoint.latest(run_dir(cfg)))["network"]
    start = ControlNetModel.from_pretrained(base / "controlnet").state_dict()
    plain = ControlNetModel.from_pretrained(folder / "controlnet").state_dict()
    assert {f"controlnet.{k}" for k in plain} <= learned.keys()
    for name, value in plain.items():
        torch.testing.assert_close(value, learned[f"controlnet.{name}"], rtol=1e-5, atol=1e-7)
    assert any(not torch.equal(value, start[name]) for name, value in plain.items())

    place = (
        [f"policy.path='{folder}'", "policy.hub.adapter=null"]
        if adapter == "whole"
        else [f"policy.path='{base}'", f"policy.lora='{folder}'"]
    )
    rl = [*SMALL, *HUB, *words[:1], *place, "sampler=flow_sde", "sampler/action=pixels"]
    rl.append("learn/kl=exact")
    run = started(train_config(run_inputs, tmp_path, *rl), pools(run_inputs))
    rollouts, losses = first_parts(run, pools(run_inputs), Warm())
    assert_ratio_one(rollouts, losses)
    before = {k: v.clone() for k, v in run.reference.networks.controlnet.state_dict().items()}
    update(run, pools(run_inputs), Warm())
    now = run.policy.networks.controlnet.state_dict()
    assert all(torch.equal(v, plain[k]) for k, v in before.items())
    assert any(not torch.equal(v, plain[k]) for k, v in now.items())
    kept = run.reference.networks.controlnet.state_dict()
    assert all(torch.equal(v, before[k]) for k, v in kept.items())
    run.penalty.reset_every = 1
    update(run, pools(run_inputs), Warm())
    learnt, reset = run.policy.state_dict(), run.reference.state_dict()
    assert any(name.startswith("controlnet.") for name in learnt)
    assert assert_same_state(reset, learnt) is None


def test_a_run_from_a_trained_controlnet_keeps_it(base, run_inputs, tmp_path):  # noqa: F811
    """RL of the adapter alone leaves the ControlNet that it sampled with beside its adapter.

    Seen to fail with the ControlNet written only where it learns.
    """
    first = config(base, run_inputs, tmp_path / "a", "policy.hub.train_controlnet=true")
    pretrain.main(first)
    folder = run_dir(first)
    words = [*HUB, f"policy.path='{base}'", f"policy.lora='{folder}'"]
    generator = load_policy(composed("train", *words).policy)
    policy = copy.deepcopy(generator.network)
    generator.write(tmp_path / "again", policy, 0.0, 1.0)
    one, two = (
        ControlNetModel.from_pretrained(f / "controlnet").state_dict()
        for f in (folder / "generator", tmp_path / "again")
    )
    assert all(torch.equal(v, two[k]) for k, v in one.items())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["policy.hub.precision=bf16"], "take fp32"),
        (["policy=flux_kontext"], "FluxKontextPipeline has no ControlNet"),
    ],
)
def test_a_controlnet_that_cannot_learn_is_refused(words, message):
    """Before anything is trained. Seen to fail without `check_controlnet`."""

    class FluxKontextPipeline:
        components = ()

    class Other:
        components = ("controlnet",)

    cfg = composed("train", "policy=sd_control", *words, "policy.hub.train_controlnet=true")
    pipe = FluxKontextPipeline() if "policy=flux_kontext" in words else Other()
    with pytest.raises(UserError, match=message):
        check_controlnet(cfg.policy.hub, pipe)


@pytest.mark.parametrize(
    ("word", "message"), [("start=tiny", "policy.lora"), ("compile=true", "compile=false")]
)
def test_what_a_pipeline_does_not_do_is_refused(base, run_inputs, tmp_path, word, message):  # noqa: F811
    with pytest.raises(UserError, match=message):
        pretrain.main(config(base, run_inputs, tmp_path, word))
