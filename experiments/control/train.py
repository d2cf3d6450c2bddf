"""Trains a small Stable Diffusion pipeline with a ControlNet: python experiments/control/train.py

First the VAE, then U-Net, ControlNet and text encoder together on latents that are encoded once.
State lies in runs/control/, so that a killed run goes on. The pipeline goes to
colorrl/weights/control.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import parts
import torch
from begin import begin
from diffusers import StableDiffusionControlNetPipeline
from pool import Pool, pool
from torch import Tensor, nn

from colorrl.policy.pipeline import fingerprint

STATE, SHIPPED = Path("runs/control"), Path("colorrl/weights/control")
VAE_STEPS, VAE_BATCH, VAE_RATE, KL = 1600, 8, 2e-3, 1e-6
PART = 32  # pixels along each side of a cut
WHOLE = 0.25  # share of the VAE's steps with whole pictures
STEPS, BATCH, RATE = 1200, 16, 1e-3
DROPPED = 0.1  # share of prompts that are left out, for guidance
QUIET = -6.0  # log variance of the VAE's noise at first: at 0 it drowns the latents
SAVE_EVERY = 100


def rate(step: int, steps: int) -> float:
    """Share of the largest rate: a rise over 50 steps, then half a cosine to 0."""
    warm = min(1.0, (step + 1) / 50)
    return warm * 0.5 * (1 + float(torch.cos(torch.tensor(torch.pi * step / steps))))


def resumed(file: Path, state: dict[str, Any]) -> int:
    """The step at which ``file`` was kept, whose parts ``state`` then has; 0 without one."""
    if not file.is_file():
        return 0
    kept = torch.load(file, weights_only=True)
    for key, part in state.items():
        part.load_state_dict(kept[key])
    return int(kept["step"])


def keep(file: Path, state: dict[str, Any], step: int) -> None:
    kept = {key: part.state_dict() for key, part in state.items()} | {"step": step}
    torch.save(kept, file.with_suffix(".tmp"))
    file.with_suffix(".tmp").replace(file)


def fit(
    name: str,
    networks: dict[str, nn.Module],
    loss: Callable[[Tensor], Tensor],
    n: int,
    steps: int,
    batch: int,
    lr: float,
    average: float,
) -> None:
    """Minimise ``loss`` of random rows out of ``n``; leaves averaged weights in ``networks``."""
    whole = nn.ModuleDict(networks)
    mean = copy.deepcopy(whole)
    optimizer = torch.optim.AdamW(whole.parameters(), lr=lr, weight_decay=1e-2, betas=(0.9, 0.99))
    file, state = STATE / f"{name}.pt", {"whole": whole, "mean": mean, "optimizer": optimizer}
    first = resumed(file, state)
    started, seen = time.time(), 0.0
    for step in range(first, steps):
        torch.manual_seed(step)  # of rows, times and noise alike: a resumed run draws the same
        for group in optimizer.param_groups:
            group["lr"] = lr * rate(step, steps)
        value = loss(torch.randint(n, (batch,)))
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(whole.parameters(), 1.0)
        optimizer.step()
        decay = min(average, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(mean.parameters()), list(whole.parameters()), 1 - decay)
        seen += value.item()
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == steps:
            speed = (step + 1 - first) * batch / (time.time() - started)
            print(
                f"{name} {step + 1}/{steps} loss {seen / SAVE_EVERY:.4f} {speed:.1f}/s", flush=True
            )
            seen = 0.0
            keep(file, state, step + 1)
    whole.load_state_dict(mean.state_dict())


def made(name: str, make: Callable[[], Any]) -> Any:
    """What ``make`` returned, kept in the state's folder."""
    file = STATE / f"{name}.pt"
    if not file.is_file():
        torch.save(make(), file)
    return torch.load(file, weights_only=False)  # written here, by the line above


def cut(picture: Tensor) -> Tensor:
    """Of (N, 3, H, W) a random part of each, or a quarter of them whole: the same work."""
    if torch.rand(()) < WHOLE:
        return picture[: max(1, len(picture) // 4)]
    room = picture.shape[-1] - PART + 1
    corner = torch.randint(room, (len(picture), 2)).tolist()
    cuts = [p[:, y : y + PART, x : x + PART] for p, (y, x) in zip(picture, corner, strict=True)]
    return torch.stack(cuts)


def fit_vae(vae: Any, data: Pool) -> None:
    """Error of what it decodes, and a little divergence from a normal distribution."""

    def loss(rows: Tensor) -> Tensor:
        picture = cut(data.pictures(rows))
        found = vae.encode(picture).latent_dist
        error = vae.decode(found.sample()).sample - picture
        return error.abs().mean() + 2 * error.square().mean() + KL * found.kl().mean()

    begin(vae, QUIET)
    fit("vae", {"vae": vae}, loss, len(data), VAE_STEPS, VAE_BATCH, VAE_RATE, 0.995)
    vae.requires_grad_(False)


@torch.no_grad()
def latents(vae: Any, data: Pool) -> Tensor:
    """(P, 4, h, w) modes, not scaled."""
    rows = torch.arange(len(data)).split(64)
    return torch.cat([vae.encode(data.pictures(r)).latent_dist.mode() for r in rows])


def fit_denoiser(pipe: Any, data: Pool, known: Tensor, name: str) -> None:
    """v at uniform times; a tenth of the prompts is empty."""
    unet, controlnet, text = pipe.unet, pipe.controlnet, pipe.text_encoder
    scheduler, words = pipe.scheduler, pipe.tokenizer
    longest = {"padding": "max_length", "truncation": True, "return_tensors": "pt"}
    tokens = words(data.prompt, **longest).input_ids
    empty = words([""], **longest).input_ids
    known = known * pipe.vae.config.scaling_factor

    def loss(rows: Tensor) -> Tensor:
        x0, noise = known[rows], torch.randn(len(rows), *known.shape[1:])
        t = torch.randint(len(scheduler.alphas_cumprod), (len(rows),))
        dropped = torch.rand(len(rows), 1) < DROPPED
        states = text(torch.where(dropped, empty, tokens[rows]))[0]
        z = scheduler.add_noise(x0, noise, t)
        line = data.white_lines(rows)
        down, middle = controlnet(
            z, t, encoder_hidden_states=states, controlnet_cond=line, return_dict=False
        )
        said = unet(
            z,
            t,
            encoder_hidden_states=states,
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
            return_dict=False,
        )[0]
        return (said - scheduler.get_velocity(x0, noise, t)).square().mean()

    networks = {"unet": unet, "controlnet": controlnet, "text_encoder": text}
    fit(name, networks, loss, len(data), STEPS, BATCH, RATE, 0.998)


def assembled() -> StableDiffusionControlNetPipeline:
    """The pipeline with random weights, the same each time."""
    torch.manual_seed(0)
    words = parts.tokenizer(STATE / "tokenizer")
    unet = parts.denoiser()
    return StableDiffusionControlNetPipeline(
        vae=parts.autoencoder(),
        text_encoder=parts.text_encoder(words),
        tokenizer=words,
        unet=unet,
        controlnet=parts.controlnet(unet),
        scheduler=parts.scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def main() -> None:
    torch.set_num_threads(1)
    STATE.mkdir(parents=True, exist_ok=True)
    pipe = assembled()
    data = Pool(**made("pool", lambda: vars(pool("train"))))
    print(
        f"{len(data)} pictures, {parts.size_of(pipe.unet, pipe.controlnet):,} parameters",
        flush=True,
    )
    fit_vae(pipe.vae, data)
    made_by = fingerprint(pipe.vae)[:8]  # another VAE has other latents, and another denoiser
    known = made(f"latents-{made_by}", lambda: latents(pipe.vae, data))
    pipe.vae.register_to_config(scaling_factor=round(1 / known.std().item(), 4))
    if "vae" in sys.argv[1:]:
        return
    fit_denoiser(pipe, data, known, f"denoiser-{made_by}")
    pipe.to(torch.float16).save_pretrained(SHIPPED, max_shard_size="14MB")


if __name__ == "__main__":
    main()
