"""The small trained pipeline that comes with the package: plain diffusers and RL both take it."""

import itertools

import pytest
import torch
from diffusers import DDIMScheduler, StableDiffusionControlNetPipeline

from colorrl.data.batch import collate
from colorrl.data.load import load_pools
from colorrl.policy.hub.prompt import color_names
from colorrl.policy.pipeline import WEIGHTS, load_policy, shipped_generators
from colorrl.scripts.train import update
from tests.tiny import composed, train_config
from tests.training.test_algorithms import Warm
from tests.updates import SMALL, started

FOLDER = WEIGHTS / "control"
# Of 6 steps diffusers rounds the time after a step otherwise than the next one's own time.
WORDS = ["policy=sd_small", "policy.hub.snap=false", "policy.hub.n_steps=5"]


@pytest.fixture(scope="module")
def plain():
    """As anyone loads it, without a line of this project."""
    pipe = StableDiffusionControlNetPipeline.from_pretrained(FOLDER, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def colored(plain, sketch, colors, seed=0):
    """(3, 64, 64) by diffusers' own call."""
    image = plain(
        prompt=f"flat colors, clean line art, {colors}",
        image=(1 - sketch.line.expand(3, -1, -1))[None],
        num_inference_steps=5,
        guidance_scale=1.0,
        generator=torch.Generator().manual_seed(seed),
        output_type="pt",
    ).images[0]
    return image.float()


def painted(sketch):
    """(64, 64) bool: enclosed regions but the paper."""
    region = sketch.regions.region_index
    return (region > 0) & (region != sketch.regions.background)


@pytest.mark.slow
def test_plain_diffusers_follows_names_and_lines(plain, sketches):
    """Seen to fail with every prompt as red, and with the line art of no drawing."""
    assert isinstance(plain.scheduler, DDIMScheduler)
    for sketch in sketches:
        inside = painted(sketch)
        red, blue = (colored(plain, sketch, name) for name in ("red", "blue"))
        warmer = (red[0] - red[2] - blue[0] + blue[2])[inside].mean()
        assert warmer > 0.3, sketch.id
        paper = sketch.regions.region_index == sketch.regions.background
        darker = red[:, paper].mean() - red[:, inside].mean()
        assert darker > 0.1, sketch.id


@pytest.mark.slow
def test_it_is_sampled_here_as_in_plain_diffusers(plain, sketches):
    """From the same noise. Seen to fail with black lines on white."""
    generator = load_policy(composed("train", *WORDS).policy)
    batch, policy = collate(sketches[:1]), generator.network
    noise = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    x, grid, encoding = noise, generator.grid, policy.encode(batch)
    with torch.no_grad():
        for t, after in itertools.pairwise(grid):
            x0 = policy.predict(x, t[None], encoding)
            x = policy.space.move(x, x0, float(t), float(after), encoding)
        ours = policy.space.decode(x, encoding)[0]
    names = ", ".join(color_names(batch.palette[0], batch.share[0]))
    torch.testing.assert_close(ours, colored(plain, sketches[0], names), rtol=0, atol=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("learn", ["grpo", "nft"])
def test_one_update_moves_its_adapter(run_inputs, tmp_path, learn):
    """Seen to fail with a learning rate of 0."""
    sampler = "ode" if learn == "nft" else "cps"
    words = [
        *SMALL,
        *WORDS,
        "policy.path=control",
        f"learn={learn}",
        f"sampler={sampler}",
        "learn.lr=1e-3",
    ]
    cfg = train_config(run_inputs, tmp_path, *words)
    pools = load_pools(cfg.data, 64)
    run = started(cfg, pools)
    before = {k: v.clone() for k, v in run.policy.state_dict().items()}
    metrics, _ = update(run, pools, Warm())
    assert metrics["policy/grad_norm"] > 0
    assert any(not torch.equal(v, before[k]) for k, v in run.policy.state_dict().items())


def test_it_is_no_generator_of_this_project():
    """Seen to fail with every folder that has a model_index.json."""
    assert "control" not in shipped_generators() and "tiny" in shipped_generators()
