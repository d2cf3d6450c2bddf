"""Every family predicts as its diffusers pipeline does, and walks as its scheduler does."""

import pytest
import torch
from diffusers import DDIMScheduler

from colorrl.policy.hub import flux_control, flux_kontext, sd3_control, sd_control, sdxl_control
from colorrl.policy.hub.coordinates import clean_image, flow_time, length
from tests.policy.hub import tiny_pipelines as tiny

PROMPTS = ["flat red", "flat blue"]
FAMILIES = {
    "sd": (sd_control, tiny.sd),
    "sdxl": (sdxl_control, tiny.sdxl),
    "sd3": (sd3_control, tiny.sd3),
    "flux": (flux_control, tiny.flux),
    "kontext": (flux_kontext, tiny.kontext),
}


@pytest.fixture(params=FAMILIES)
def family(request, tmp_path):
    torch.manual_seed(0)
    module, make = FAMILIES[request.param]
    return request.param, module, make(tmp_path / "단어")


def line_art(seed=1):
    draw = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, tiny.SIZE, tiny.SIZE, generator=draw)


class Recorder:
    """Keeps what a pipeline's scheduler is handed at every step."""

    def __init__(self, scheduler):
        self.outputs, self.states, self.timesteps = [], [], []
        self.step, scheduler.step = scheduler.step, self.record

    def record(self, output, timestep, state, *args, **kwargs):
        self.outputs.append(output)
        self.states.append(state)
        self.timesteps.append(timestep)
        return self.step(output, timestep, state, *args, **kwargs)


def run_pipeline(name, pipe, image, n_steps):
    """The pipeline's own run without guidance: what its scheduler saw, and the final latents."""
    pipe.set_progress_bar_config(disable=True)
    seen = Recorder(pipe.scheduler)
    options = {"num_inference_steps": n_steps, "output_type": "latent", "prompt": PROMPTS}
    if name == "kontext":
        options |= {"image": image, "_auto_resize": False, "max_area": tiny.SIZE**2}
        options |= {"height": tiny.SIZE, "width": tiny.SIZE}
        options |= {"guidance_scale": flux_control.DISTILLED_GUIDANCE}
    elif name in ("sd", "sdxl"):
        options |= {"image": image, "guidance_scale": 1.0}
    elif name == "sd3":
        options |= {"control_image": image * 2 - 1, "guidance_scale": 1.0}
    else:
        options |= {"control_image": image * 2 - 1}
        options |= {"guidance_scale": flux_control.DISTILLED_GUIDANCE}
    if name in (
        "sd3",
        "flux",
        "kontext",
    ):  # the pipeline draws the picture's latents; take the mode
        encode = pipe.vae.encode
        pipe.vae.encode = lambda x: sharp(encode(x))
    with torch.no_grad():
        final = pipe(generator=torch.Generator().manual_seed(3), **options).images
    return seen, final


def sharp(encoded):
    """An encoding of which every sample is the mode."""
    encoded.latent_dist.sample = lambda generator=None: encoded.latent_dist.mode()
    return encoded


def as_state(name, values, pipe):
    """Latents (N, C, h, w) of what a pipeline hands around."""
    side = tiny.SIZE // 8
    return flux_control.unpack(values, (0, 4, side, side)) if values.dim() == 3 else values


@torch.no_grad()
def test_output_is_the_pipelines_own(family):
    """Seen to fail with the ControlNet's residuals left out, and with the timestep one off."""
    name, module, pipe = family
    image = line_art()
    text, control = module.text(pipe, PROMPTS), module.control(pipe, image)
    seen, _ = run_pipeline(name, pipe, image, n_steps=3)
    for output, state, timestep in zip(seen.outputs, seen.states, seen.timesteps, strict=True):
        ours = module.output(
            pipe, as_state(name, state, pipe), timestep.expand(2).float(), text, control, 1.0
        )
        assert torch.allclose(ours, as_state(name, output, pipe), atol=1e-5)


@torch.no_grad()
def test_the_line_art_and_the_words_count(family):
    """Else the tests above could pass with a condition that is dropped. Seen to fail with zeros."""
    _, module, pipe = family
    side = tiny.SIZE // 8
    channels = pipe.vae.config.latent_channels
    state = torch.randn(2, channels, side, side, generator=torch.Generator().manual_seed(5))
    time = torch.full((2,), 500.0)

    def out(prompts, seed):
        control = module.control(pipe, line_art(seed))
        return module.output(pipe, state, time, module.text(pipe, prompts), control, 1.0)

    assert not torch.allclose(out(PROMPTS, 1), out(PROMPTS, 2), atol=1e-4)
    assert not torch.allclose(out(PROMPTS, 1), out(PROMPTS[::-1], 1), atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
def test_flow_coordinates_walk_as_ddim(tmp_path, prediction):
    """The deterministic step in flow coordinates is DDIM's. Seen to fail without `length`."""
    scheduler = DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        prediction_type=prediction,
    )
    scheduler.set_timesteps(5)
    draw = torch.Generator().manual_seed(0)
    z = torch.randn(1, 4, 8, 8, generator=draw, dtype=torch.float64)
    outputs = torch.randn(5, 1, 4, 8, 8, generator=draw, dtype=torch.float64)
    times = [*flow_time(scheduler.alphas_cumprod[scheduler.timesteps]), torch.tensor(0.0)]
    x = z * length(times[0])
    for k, timestep in enumerate(scheduler.timesteps):
        t, t_next = times[k].double(), times[k + 1].double()
        x0 = clean_image(prediction, outputs[k], x / length(t), t.expand(1))
        x = x0 * (1 - t_next / t) + x * (t_next / t)
        z = scheduler.step(outputs[k], timestep, z).prev_sample
        assert torch.allclose(x / length(t_next), z, atol=1e-5 * float(z.abs().max()))


@torch.no_grad()
def test_times_are_the_schedulers(family):
    """Seen to fail with the schedule of another number of steps."""
    name, module, pipe = family
    side = tiny.SIZE // 8
    ours = module.times(pipe, 4, (side, side))
    run_pipeline(name, pipe, line_art(), n_steps=4)
    if module.FLOW:
        theirs = pipe.scheduler.sigmas
    else:
        known = flow_time(pipe.scheduler.alphas_cumprod[pipe.scheduler.timesteps])
        theirs = torch.cat([known, torch.zeros(1)])
    assert torch.allclose(ours, theirs.float(), atol=1e-6)
