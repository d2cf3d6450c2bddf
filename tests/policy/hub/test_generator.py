"""What a pipeline is used by: the grid of its latents, and the sums that name its weights."""

import hashlib
from types import SimpleNamespace

import pytest
import torch

from colorrl.config.schema.hub import HubConfig
from colorrl.errors import UserError
from colorrl.policy.hub.generator import HubGenerator
from colorrl.policy.hub.parts import check_size, sha256_of


def made(base, asked):
    """A generator of a stand-in pipeline: 64 px over three levels of a VAE."""
    family = SimpleNamespace(
        FLOW=True,
        LEARNS="net",
        times=lambda networks, n, sides: asked.append(sides) or torch.linspace(1, 0, n + 1),
    )
    torch.manual_seed(0)
    pipe = SimpleNamespace(components={"net": torch.nn.Linear(1, 1)}, vae=levels(3))
    settings = HubConfig(
        revision=None, controlnet=None, vae=None, size=64, n_steps=3, prompt="", negative="",
        guidance=1.0, strength=1.0, lines="white_on_black", snap=False, precision="fp32",
        checkpointing=False, adapter=None, train_controlnet=False,
    )  # fmt: skip
    return HubGenerator(pipe, family, settings, base)


def test_times_are_for_the_latents_side():
    """64 px are 16 latents. Seen to fail with the remainder of the division."""
    asked = []
    assert len(made({}, asked).grid) == 4 and asked == [(16, 16)]


def test_a_fingerprint_does_not_hang_on_the_order_of_a_record():
    """It is read from JSON. Seen to fail with keys in their own order."""
    one, other, changed = (
        made(base, []).fingerprint() for base in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 2})
    )
    assert one == other != changed


def levels(n):
    return SimpleNamespace(config=SimpleNamespace(block_out_channels=(4,) * n))


@pytest.mark.parametrize(("parts", "step"), [({"unet": 2}, 8), ({"transformer": 2}, 8)])
def test_the_side_is_a_multiple_of_what_levels_halve(parts, step):
    """Four by the VAE's three levels, two by the denoiser's two or by patches of two.

    Seen to fail with a level more.
    """
    pipe = SimpleNamespace(vae=levels(3), components=parts, unet=levels(2))
    check_size(SimpleNamespace(size=3 * step), pipe)
    with pytest.raises(UserError, match=f"{step}"):
        check_size(SimpleNamespace(size=3 * step + step // 2), pipe)


def test_a_hub_s_cache_names_weights_by_their_sum(tmp_path):
    """Then nothing is read. A name that only looks like a sum is none.

    Seen to fail with either half of the check for both.
    """
    named = {"a": "c0ffee" + "0" * 58, "b": "z" * 64, "c": "c0ffee"}
    for name, blob in named.items():
        (tmp_path / blob).write_bytes(b"weights")
        (tmp_path / f"{name}.safetensors").symlink_to(tmp_path / blob)
    read = hashlib.sha256(b"weights").hexdigest()
    assert sha256_of(tmp_path) == {
        "a.safetensors": named["a"], "b.safetensors": read, "c.safetensors": read
    }  # fmt: skip
