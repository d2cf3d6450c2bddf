"""A pipeline's prediction by hand: times, guidance, and the clean image."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from colorrl.policy.hub import flux_control, flux_kontext
from colorrl.policy.hub.coordinates import flow_time, length, nearest_timestep
from colorrl.policy.hub.latents import Latents
from colorrl.policy.hub.policy import Condition, HubEncoding, HubPolicy

ALPHAS = torch.linspace(0.99, 0.01, 200)


def output(networks, state, timestep, text, control, scale):
    """A stand-in network in which every argument counts."""
    return state * text["word"] + timestep.view(-1, 1, 1, 1) / 1000 + scale * control


@pytest.fixture
def policy():
    family = SimpleNamespace(FLOW=True, LEARNS="net", output=output)
    net = nn.Linear(1, 1)
    net.dtype = torch.float32
    networks = SimpleNamespace(net=net)
    space = Latents(vae=None, schedule=lambda n: n, n_steps=3, flow=True, snap=False)
    return HubPolicy(family, networks, space, Condition("", "", 3.0, 0.5, True), None, None)


def encoding(guided):
    draw = torch.Generator().manual_seed(1)
    word, none, control = (torch.randn(2, 1, 1, 1, generator=draw) for _ in range(3))
    negative = {"word": none} if guided else {}
    return HubEncoding({"word": word}, negative, control, torch.zeros(2, 1, 1))


@pytest.mark.parametrize("guided", [True, False])
def test_flow_matching_and_guidance_by_hand(policy, guided):
    """x - t v, v = v(none) + 3 (v(word) - v(none)). Seen to fail with x - t + v, and with the
    remainder in place of the sum.
    """
    x, t = (
        torch.randn(2, 4, 3, 3, generator=torch.Generator().manual_seed(0)),
        torch.tensor([0.3, 0.8]),
    )
    code = encoding(guided)
    time = t.view(-1, 1, 1, 1)
    given = x * code.text["word"] + time + 0.5 * code.control
    if guided:
        without = x * code.negative["word"] + time + 0.5 * code.control
        given = without + 3 * (given - without)
    torch.testing.assert_close(policy.predict(x, t, code), x - time * given)


@pytest.mark.parametrize("flow", [True, False])
def test_a_chain_starts_at_the_length_of_its_first_time(flow):
    """hypot(.3, .7) = .7616 of a noise model, 1 of a flow. Seen to fail with whole multiples."""
    space = Latents(None, lambda n: torch.tensor([0.7, 0.3, 0.0]), 3, flow=flow, snap=False)
    drawn = torch.randn(2, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    found = space.start(SimpleNamespace(draw=lambda seeds: drawn), torch.arange(2))
    torch.testing.assert_close(found, drawn * (1.0 if flow else 0.58**0.5))


def test_a_noise_model_sees_the_nearest_timestep(policy):
    """And its state at unit length. Seen to fail with the timestep above."""
    policy.alphas = ALPHAS
    policy.networks.scheduler = SimpleNamespace(config=SimpleNamespace(prediction_type="sample"))
    x, t = (
        torch.randn(2, 4, 3, 3, generator=torch.Generator().manual_seed(0)),
        torch.tensor([0.3, 0.8]),
    )
    code = encoding(False)
    index = (flow_time(ALPHAS) - t[:, None].double()).abs().argmin(1)
    z = x / length(t).view(-1, 1, 1, 1)
    wanted = z * code.text["word"] + index.view(-1, 1, 1, 1) / 1000 + 0.5 * code.control
    torch.testing.assert_close(policy.predict(x, t, code), wanted)


def test_the_nearest_timestep_by_brute_force():
    """The lower of two that are as near. Seen to fail with the time above on both sides."""
    known = flow_time(ALPHAS)
    t = torch.cat(
        [torch.rand(500, generator=torch.Generator().manual_seed(0)), torch.tensor([0.0, 1.0])]
    )
    wanted = (known - t[:, None].double()).abs().argmin(1)
    assert torch.equal(nearest_timestep(t, ALPHAS), wanted)


def test_latents_by_hand():
    """The VAE sees x0 / scaling + shift. Seen to fail with x0 - scaling."""
    config = SimpleNamespace(scaling_factor=0.5, shift_factor=0.1)
    vae = SimpleNamespace(
        config=config, dtype=torch.float32, decode=lambda z: SimpleNamespace(sample=z / 10)
    )
    space = Latents(vae=vae, schedule=lambda n: n, n_steps=3, flow=True, snap=False)
    x0 = torch.tensor([[[[0.4, -1.0]]]])
    torch.testing.assert_close(space.decode(x0, None), torch.tensor([[[[0.545, 0.405]]]]))


def test_a_flux_controlnet_with_an_encoder_sees_the_picture():
    """In [-1, 1]. Seen to fail with whole numbers."""
    net = SimpleNamespace(input_hint_block=object(), dtype=torch.float32)
    seen = flux_control.control(SimpleNamespace(controlnet=net), torch.tensor([0.0, 0.75, 1.0]))
    assert seen.tolist() == [-1.0, 0.5, 1.0]


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_kontext_has_nothing_to_scale(scale):
    """Seen to fail with a check of more than 1 alone."""
    with pytest.raises(ValueError, match="no ControlNet to scale"):
        flux_kontext.output(None, torch.zeros(1), torch.zeros(1), {}, torch.zeros(1), scale)
