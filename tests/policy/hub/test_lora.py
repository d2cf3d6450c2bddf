"""Adapters of one network: switched without a trace, copied, saved as a standard file."""

import pytest
import torch
from diffusers import DDIMScheduler

from colorrl.policy.hub import lora, sd_control
from tests.policy.hub import tiny_pipelines as tiny

RANK_32 = lora.Lora(rank=32, alpha=64.0, targets=("to_q", "to_k", "to_v", "to_out.0"))


@pytest.fixture
def pipe(tmp_path):
    torch.manual_seed(0)
    made = tiny.sd(tmp_path / "words")
    made.unet.requires_grad_(False)
    return made


def fill(network, name, seed=0):
    """Random numbers in the adapter, whose second matrix starts at zero."""
    draw = torch.Generator().manual_seed(seed)
    for parameter in lora.parameters(network, name).values():
        parameter.data.normal_(0, 0.2, generator=draw)


def output(pipe, name, seed=2):
    draw = torch.Generator().manual_seed(seed)
    state = torch.randn(2, 4, 8, 8, generator=draw)
    image = torch.rand(2, 3, tiny.SIZE, tiny.SIZE, generator=draw)
    text = sd_control.text(pipe, ["flat red", "flat blue"])
    time = torch.full((2,), 500.0)
    with lora.active(pipe.unet, name):
        return sd_control.output(pipe, state, time, text, image, 1.0)


@torch.no_grad()
def test_switched_off_it_is_the_base_to_the_bit(pipe):
    """Seen to fail with the adapter left on."""
    base = output(pipe, None)
    lora.add(pipe.unet, "policy", RANK_32, seed=0)
    assert torch.equal(output(pipe, "policy"), base)  # it changes nothing yet
    fill(pipe.unet, "policy")
    assert not torch.allclose(output(pipe, "policy"), base, atol=1e-3)
    assert torch.equal(output(pipe, None), base)


@torch.no_grad()
def test_adapters_do_not_see_each_other(pipe):
    """Seen to fail with both of them active."""
    for seed, name in enumerate(("policy", "sampled")):
        lora.add(pipe.unet, name, RANK_32, seed)
        fill(pipe.unet, name, seed)
    first, second = output(pipe, "policy"), output(pipe, "sampled")
    assert not torch.allclose(first, second, atol=1e-3)
    lora.remove(pipe.unet, "sampled")
    assert torch.equal(output(pipe, "policy"), first)


def test_switching_leaves_what_learns_alone(pipe):
    """Seen to fail with peft's own switches: they take gradients away from what is switched off."""
    lora.add(pipe.unet, "policy", RANK_32, seed=0)
    fill(pipe.unet, "policy")
    learnt = lora.parameters(pipe.unet, "policy")
    assert all(p.requires_grad and p.dtype == torch.float32 for p in learnt.values())
    assert sum(p.requires_grad for p in pipe.unet.parameters()) == len(learnt)
    with torch.no_grad():
        output(pipe, None)
        lora.add(pipe.unet, "sampled", RANK_32, seed=1)
        output(pipe, "sampled")
        lora.remove(pipe.unet, "sampled")
    assert all(p.requires_grad for p in learnt.values())  # whatever was at work last
    output(pipe, "policy").square().mean().backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in learnt.values())


def test_an_adapter_taken_away_leaves_the_others_frozen_or_learning(pipe):
    """peft switches another one on in its place. Seen to fail with what that learns left so."""
    for seed, name in enumerate(("frozen", "policy", "sampled")):
        lora.add(pipe.unet, name, RANK_32, seed)
    for parameter in lora.parameters(pipe.unet, "frozen").values():
        parameter.requires_grad_(False)
    lora.remove(pipe.unet, "sampled")  # the one at work: it was added last
    frozen, policy = (lora.parameters(pipe.unet, name).values() for name in ("frozen", "policy"))
    assert not any(p.requires_grad for p in frozen) and all(p.requires_grad for p in policy)


def test_checkpointed_gradients_are_those_of_the_adapter_that_was_active(pipe):
    """Backward computes the network again. Seen to fail with the adapter switched back at once."""
    for seed, name in enumerate(("policy", "sampled")):  # the last one added is at work at first
        lora.add(pipe.unet, name, RANK_32, seed)
        fill(pipe.unet, name, seed)
    learnt = lora.parameters(pipe.unet, "policy")

    def gradients():
        value = output(pipe, "policy")
        with torch.no_grad():
            output(pipe, None)
        value.square().mean().backward()
        found = {k: p.grad.clone() for k, p in learnt.items()}  # None where another was active
        pipe.unet.zero_grad(set_to_none=True)
        return value.detach(), found

    plain, expected = gradients()
    pipe.unet.enable_gradient_checkpointing()
    again, found = gradients()
    assert torch.equal(plain, again)
    assert all(torch.allclose(found[k], expected[k], rtol=1e-5, atol=1e-7) for k in expected)


def test_a_saved_file_gives_equal_pictures_in_plain_diffusers(pipe, tmp_path):
    """Seen to fail without the metadata: alpha is then read as the rank."""
    lora.add(pipe.unet, "policy", RANK_32, seed=0)
    fill(pipe.unet, "policy")
    lora.save(sd_control.PIPELINE, "unet", pipe.unet, "policy", tmp_path / "붓")
    torch.manual_seed(0)
    plain = tiny.sd(tmp_path / "words")  # the same base, and nothing of ours
    plain.load_lora_weights(str(tmp_path / "붓"))
    options = {
        "prompt": "flat red",
        "image": torch.rand(1, 3, tiny.SIZE, tiny.SIZE, generator=torch.Generator().manual_seed(4)),
        "num_inference_steps": 2,
        "output_type": "pt",
    }
    pictures = []
    for one in (pipe, plain):
        one.scheduler = DDIMScheduler.from_config(one.scheduler.config)
        one.set_progress_bar_config(disable=True)
        pictures.append(one(generator=torch.Generator().manual_seed(5), **options).images)
    assert torch.allclose(*pictures, atol=1e-5)
    plain.unload_lora_weights()
    bare = plain(generator=torch.Generator().manual_seed(5), **options).images
    assert not torch.allclose(bare, pictures[0], atol=1e-2)


def test_targets_that_match_nothing_are_refused(pipe):
    wrong = lora.Lora(rank=4, alpha=4.0, targets=("nothing",))
    with pytest.raises(ValueError, match="nothing"):
        lora.add(pipe.unet, "policy", wrong, seed=0)
