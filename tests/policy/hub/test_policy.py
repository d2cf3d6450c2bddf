"""A Stable Diffusion pipeline with a ControlNet as the policy of real updates."""

import copy
import gc
import json
import pickle

import cv2
import numpy as np
import pytest
import torch
from diffusers import StableDiffusionControlNetPipeline
from huggingface_hub import ModelCard
from PIL import Image

from colorrl.data.load import load_pools
from colorrl.errors import UserError
from colorrl.policy.hub import lora
from colorrl.policy.hub.generator import RECORD
from colorrl.policy.pipeline import load_policy
from colorrl.run.hub import write_card
from colorrl.scripts import colorize, evaluate
from colorrl.scripts.train import update
from colorrl.training.batch_size import memory_by_part
from tests.policy.hub import tiny_pipelines as tiny
from tests.tiny import composed, train_config
from tests.training.test_algorithms import Warm
from tests.updates import SMALL, assert_ratio_one, assert_resumes, first_parts, started

slow = pytest.mark.slow
HUB = [
    "policy=sd_control",
    f"policy.hub.size={tiny.SIZE}",
    "policy.hub.n_steps=3",
    "policy.hub.prompt='flat {colors}'",
    "policy.hub.negative=grey",
    "policy.hub.adapter.rank=2",
    "policy.hub.adapter.alpha=4",
    "sampler=flow_sde",
    "sampler/action=pixels",
]
VARIANTS = {
    "guided": ["policy.hub.guidance=3.0"],
    "unguided": ["policy.hub.guidance=1.0"],
    "checkpointed": ["policy.hub.guidance=3.0", "policy.hub.checkpointing=true"],
    "snapped": ["policy.hub.guidance=1.0", "policy.hub.snap=true"],
    "whole": ["policy.hub.guidance=1.0", "policy.hub.adapter=null"],
    "regions": ["policy.hub.guidance=1.0", "sampler/action=regions"],
}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A pipeline folder that diffusers' own save_pretrained wrote."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("모델") / "base"
    tiny.sd(folder.parent / "words").save_pretrained(folder)
    return folder


@pytest.fixture
def make(base, run_inputs, tmp_path):
    def made(*more):
        words = [*SMALL, *HUB, f"policy.path='{base}'", "learn.lr=1e-3", *more]
        return started(train_config(run_inputs, tmp_path, *words), pools(run_inputs))

    return made


def pools(run_inputs):
    return load_pools(train_config(run_inputs, run_inputs / "runs").data, tiny.SIZE)


def filled(run):
    """The run with an adapter that changes something: its second matrices start at zero."""
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in run.policy.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=draw)
    return run


@pytest.mark.parametrize("name", VARIANTS)
def test_the_first_ratio_is_one_to_the_bit(make, run_inputs, name):
    """Seen to fail with guidance in sampling alone, and with the line art of a fresh draw."""
    run = make(*VARIANTS[name]) if name == "whole" else filled(make(*VARIANTS[name]))
    assert_ratio_one(*first_parts(run, pools(run_inputs), Warm()))


@pytest.mark.parametrize("learn", ["grpo", pytest.param("nft", marks=slow), "reward_backprop"])
def test_an_update_moves_the_adapter_and_nothing_else(make, run_inputs, learn):
    """Seen to fail with the base left trainable, and with an adapter that is not switched on."""
    more = ["sampler=ode"] if learn in ("nft", "reward_backprop") else []
    run = make(f"learn={learn}", "policy.hub.guidance=1.0", *more)
    network = run.policy.denoiser
    frozen = {k: v.clone() for k, v in network.state_dict().items() if "lora" not in k}
    before = {k: v.clone() for k, v in run.policy.state_dict().items()}
    for _ in range(2):  # the first step moves the second matrices, the second the first ones too
        metrics, _ = update(run, pools(run_inputs), Warm())
    assert metrics["policy/grad_norm"] > 0
    assert all(torch.equal(network.state_dict()[k], v) for k, v in frozen.items())
    moved = [k for k, v in run.policy.state_dict().items() if not torch.equal(v, before[k])]
    assert len(moved) == len(before) > 0


@pytest.mark.parametrize("learn", ["grpo", pytest.param("nft", marks=slow)])
def test_a_resumed_run_is_the_same_to_the_bit(make, run_inputs, tmp_path, learn):
    """Seen to fail without the adapter in the checkpoint."""
    more = ["sampler=ode"] if learn == "nft" else ["learn/kl=exact", "learn.kl.reset_every=1"]
    assert_resumes(
        lambda *words: make(f"learn={learn}", *more, *words),
        pools(run_inputs),
        Warm(),
        tmp_path / "checkpoints",
        n=1,
    )


def test_memory_counts_the_base_once_and_what_learns_apart(make):
    """Rank 2 on four matrices of each attention. Seen to fail with adapters counted in the base."""
    run = make()
    parts = memory_by_part(run)
    unet = run.generator.pipe.unet
    whole = sum(p.nbytes for p in unet.parameters())
    learning = sum(p.nbytes for p in run.weights.parameters)
    assert 0 < learning < parts["unet"] and parts["unet"] == whole - learning
    assert parts["AdamW"] == 2 * parts["gradients"] == 2 * learning == 2 * parts["policy's own"]
    assert {"controlnet", "vae", "text_encoder"} <= parts.keys()


def test_the_start_is_the_base_and_adapters_go_with_their_policies(make):
    """Seen to fail with adapters that stay: one a step would fill the memory."""
    run = filled(make())
    assert not run.reference.state_dict()
    network = run.policy.denoiser
    sampled_by = copy.deepcopy(run.policy)
    assert len(network.peft_config) == 2
    same = zip(sampled_by.parameters(), run.policy.parameters(), strict=True)
    assert all(torch.equal(a, b) and a is not b for a, b in same)
    del sampled_by
    gc.collect()
    assert list(network.peft_config) == [run.policy.adapter]
    assert all(p.requires_grad for p in run.policy.parameters())


def test_what_a_run_writes_loads_in_plain_diffusers_and_here(make, base, run_inputs, tmp_path):
    """Seen to fail with the weights of the base in place of the adapter's.

    A license is added to the adapter's own card; it had replaced it.
    """
    run = filled(make("policy.hub.guidance=1.0"))
    folder = tmp_path / "붓" / "generator"
    run.write_generator(folder)
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    assert record["base"]["path"] == str(base) and record["base"]["sha256"]
    (folder.parent / "config.yaml").touch()
    card = ModelCard.load(write_card(folder.parent, "mit"))
    assert (card.data.base_model, card.data.license) == (str(base), "mit")
    again = load_policy(
        composed("train", *HUB, f"policy.path='{base}'", f"policy.lora='{folder.parent}'").policy
    )
    saved, ours = again.network.state_dict(), run.policy.state_dict()
    assert saved.keys() == ours.keys()
    assert all(torch.equal(saved[k], ours[k]) for k in ours)
    assert again.network.adapters == lora.Lora(2, 4.0, again.network.adapters.targets)
    plain = StableDiffusionControlNetPipeline.from_pretrained(base)
    plain.load_lora_weights(folder)
    state = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    text = run.policy.embed(["flat red"])["states"]
    theirs = plain.unet(state, 500, encoder_hidden_states=text).sample
    with lora.active(run.policy.denoiser, run.policy.adapter), torch.no_grad():
        assert torch.allclose(run.policy.denoiser(state, 500, text).sample, theirs, atol=1e-5)


@pytest.mark.parametrize(("part", "key"), [("sha256", "path"), ("controlnet", "hub.controlnet")])
def test_an_adapter_of_another_base_is_refused(make, base, tmp_path, part, key):
    """With another denoiser, or another ControlNet. Seen to fail with the denoiser's sum alone."""
    run = make()
    run.write_generator(tmp_path / "generator")
    path = tmp_path / "generator" / RECORD
    sha = next(iter(run.generator.base[part].values()))
    path.write_text(path.read_text().replace(sha, "0"))
    cfg = composed("train", *HUB, f"policy.path='{base}'", f"policy.lora='{tmp_path}'")
    with pytest.raises(UserError, match=f"other weights.*policy.{key}"):
        load_policy(cfg.policy)


def test_a_loaded_adapter_where_none_is_asked_for_is_refused(base):
    """Before anything is trained: the run would die when it writes. Seen to fail so."""
    words = [f"policy.path='{base}'", "policy.lora=somewhere", "policy.hub.adapter=null"]
    with pytest.raises(UserError, match="leave one of them out"):
        load_policy(composed("train", *HUB, *words).policy)


def test_a_size_that_the_levels_cannot_halve_is_refused(base):
    cfg = composed("train", *HUB, f"policy.path='{base}'", "policy.hub.size=72")
    with pytest.raises(UserError, match="multiple"):
        load_policy(cfg.policy)


@pytest.mark.parametrize("more", [["learn=ppo_gae"], ["learn/auxiliary=ptx"]])
def test_what_reads_pixels_of_states_is_refused_when_composing(base, more):
    with pytest.raises(UserError, match="latent"):
        composed("train", *HUB, f"policy.path='{base}'", *more)


def test_another_process_loads_it_from_where_it_lies(base):
    """As the workers of colorize do. Seen to fail with the settings left out."""
    generator = load_policy(composed("train", *HUB, f"policy.path='{base}'").policy)
    again = pickle.loads(pickle.dumps(generator))
    assert again.fingerprint() == generator.fingerprint()
    other = load_policy(
        composed("train", *HUB, f"policy.path='{base}'", "policy.hub.prompt=other").policy
    )
    assert other.fingerprint() != generator.fingerprint()


def test_evaluate_measures_the_pipeline_and_what_its_vae_loses(base, run_inputs, tmp_path):
    """Seen to fail with the times of another kind of policy, and with the VAE left out."""
    words = [f"policy.path='{base}'", f"data.root='{run_inputs}'", "data.name='작은 세트'"]
    words += ["device=cpu", f"output='{tmp_path}'", "baselines=[]", "votes=0", "best_of=0"]
    words += ["samples=1", "limit=2", "palette_conditions=[colors]", "data.sets={}"]
    evaluate.main(composed("evaluate", *HUB[:7], *words))
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    table = json.dumps(result)
    assert "truth through the VAE" in table and "truth through the VAE, snapped" in table


def test_colorize_gives_each_region_one_color_of_the_decoded_picture(base, tmp_path):
    """Through the command's own code. Seen to fail where pipelines are not loaded."""
    page = np.full((96, 128), 255, np.uint8)
    cv2.circle(page, (64, 48), 30, 0, 3)
    (tmp_path / "그림").mkdir()
    cv2.imwrite(str(tmp_path / "page.png"), page)
    (tmp_path / "page.png").rename(tmp_path / "그림" / "원.png")
    words = [
        f"policy.path='{base}'",
        f"input='{tmp_path / '그림'}'",
        f"output='{tmp_path / 'out'}'",
    ]
    colorize.main(
        composed("colorize", *HUB[:7], *words, "device=cpu", "workers=1", "export=[flats]")
    )
    flats = Image.open(tmp_path / "out" / "원.flats.png")
    assert flats.size == (128, 96)
    assert len(set(flats.convert("RGB").crop((50, 34, 78, 62)).getdata())) == 1
