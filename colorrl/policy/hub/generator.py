"""A hub pipeline as a generator: loaded, sampled, and written as a run leaves it.

A run writes its adapter as `pytorch_lora_weights.safetensors`, which plain diffusers reads with
`pipe.load_lora_weights`, and `colorrl.json`, which says over which base and how it was trained.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from colorrl.config.schema.hub import HubConfig
from colorrl.errors import UserError
from colorrl.policy.hub import (
    flux_control,
    flux_kontext,
    parts,
    sd3_control,
    sd_control,
    sdxl_control,
)
from colorrl.policy.hub.card import card
from colorrl.policy.hub.family import Family
from colorrl.policy.hub.latents import Latents, snapped
from colorrl.policy.hub.lora import Lora, adapter_folder, save
from colorrl.policy.hub.parts import CONTROLNET
from colorrl.policy.hub.policy import Condition, HubPolicy
from colorrl.policy.pipeline import fingerprint, ode_sample
from colorrl.types import SketchBatch

RECORD = "colorrl.json"
LOADED = "loaded"
# Pipelines by what their index calls them; one without a ControlNet takes it from elsewhere.
FAMILIES: Mapping[str, Family] = {
    "StableDiffusionPipeline": sd_control,
    "StableDiffusionControlNetPipeline": sd_control,
    "StableDiffusionXLPipeline": sdxl_control,
    "StableDiffusionXLControlNetPipeline": sdxl_control,
    "StableDiffusion3Pipeline": sd3_control,
    "StableDiffusion3ControlNetPipeline": sd3_control,
    "FluxPipeline": flux_control,
    "FluxControlNetPipeline": flux_control,
    "FluxKontextPipeline": flux_kontext,
}
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class HubGenerator:
    """What `load_policy` returns for a hub pipeline, used as `FlatColorPipeline` is."""

    def __init__(self, pipe: Any, family: Family, cfg: HubConfig, base: dict[str, Any]) -> None:
        self.pipe, self.family, self.hub, self.base = pipe, family, cfg, base
        self.lora: str | None = None
        self.trained_controlnet = cfg.train_controlnet  # or the adapter that is loaded brings one
        networks = SimpleNamespace(**pipe.components)
        side = cfg.size // 2 ** (len(pipe.vae.config.block_out_channels) - 1)
        space = Latents(
            vae=pipe.vae,
            schedule=lambda n: family.times(networks, n, (side, side)),
            n_steps=cfg.n_steps,
            flow=family.FLOW,
            snap=cfg.snap,
        )
        condition = Condition(
            cfg.prompt, cfg.negative, cfg.guidance, cfg.strength, cfg.lines == "white_on_black"
        )
        adapters = None
        if cfg.adapter is not None:
            adapters = Lora(cfg.adapter.rank, cfg.adapter.alpha, tuple(cfg.adapter.targets))
        self.texts: dict[str, dict[str, Tensor]] = {}
        self.network = HubPolicy(
            family, networks, space, condition, self._embed, adapters, cfg.train_controlnet
        )
        self.config = SimpleNamespace(n_steps=cfg.n_steps, shift=1.0, rho=0.0, guidance=1.0)

    @property
    def size(self) -> int:
        """Side of the square images in pixels."""
        return self.hub.size

    @property
    def components(self) -> dict[str, Any]:
        """The pipeline's parts by name."""
        found: dict[str, Any] = self.pipe.components
        return found

    @property
    def grid(self) -> Tensor:
        """(T+1,) the times it is sampled at."""
        return self.network.space.times(self.hub.n_steps, 1.0)

    @torch.no_grad()
    def sample(self, sketch: SketchBatch, seeds: Tensor, n_steps: int | None = None) -> Tensor:
        """Flats (N, 3, H, W) sRGB in [0, 1]; sample i is a function of sketch i and seeds[i]."""
        grid = self.network.space.times(n_steps or self.hub.n_steps, 1.0)
        return ode_sample(self.network, sketch, grid, 0.0, seeds)

    @property
    def ceilings(self) -> dict[str, Callable[[SketchBatch], Tensor]]:
        """The truth encoded and decoded by the VAE, as decoded and snapped to its regions."""

        def through(batch: SketchBatch) -> Tensor:
            assert batch.flats is not None
            space = replace(self.network.space, snap=False)
            return space.decode(space.encode(batch.flats), None)

        return {
            "truth through the VAE": through,
            "truth through the VAE, snapped": lambda b: snapped(through(b), b.regions.region_index),
        }

    def to(self, device: torch.device | str) -> HubGenerator:
        """Denoiser, ControlNet and VAE go to ``device``; text encoders stay on the processor."""
        for name, part in self.pipe.components.items():
            if isinstance(part, torch.nn.Module) and not name.startswith("text_encoder"):
                part.to(device)
        return self

    @torch.no_grad()
    def _embed(self, prompts: list[str]) -> dict[str, Tensor]:
        """Embeddings of ``prompts`` on the denoiser's device, each text computed once."""
        for prompt in dict.fromkeys(prompts):
            if prompt not in self.texts:
                self.texts[prompt] = self.family.text(self.pipe, [prompt])
        rows = [self.texts[prompt] for prompt in prompts]
        network = self.network.denoiser
        return {
            key: torch.cat([row[key] for row in rows]).to(self.network.device, network.dtype)
            for key in rows[0]
        }

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process loads it from where it lies: weights of a base are not sent about."""
        return load_hub, (self.base["path"], self.hub, self.lora, "cpu")

    def fingerprint(self) -> str:
        """Of the base, the adapter and the settings that pictures depend on."""
        text = json.dumps([self.base, asdict(self.hub)], sort_keys=True)
        return hashlib.sha256((text + fingerprint(self.network)).encode()).hexdigest()

    def write(self, folder: Path, network: HubPolicy, rho: float, guidance: float) -> None:
        """What ``network`` learnt: an adapter with its record and card, or the whole pipeline.

        ``rho`` and ``guidance`` are settings of other generators: a pipeline keeps none of them.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if network.adapter is None:
            components = {name: getattr(network.networks, name) for name in self.pipe.components}
            pipe = self.family.PIPELINE(**components)
            pipe.save_pretrained(folder, safe_serialization=True)
            return
        save(self.family.PIPELINE, self.family.LEARNS, network.denoiser, network.adapter, folder)
        if self.trained_controlnet:
            network.networks.controlnet.save_pretrained(folder / CONTROLNET)
        record = {"base": self.base, "hub": asdict(self.hub)}
        (folder / RECORD).write_text(
            json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        (folder / "README.md").write_text(
            card(self.base, self.hub, self.family, self.trained_controlnet),
            encoding="utf-8",
        )


def load_hub(
    path: str, cfg: HubConfig, lora: str | None, device: torch.device | str
) -> HubGenerator:
    """The pipeline at ``path`` (folder or hub id), with the adapter ``lora`` on top.

    Raises UserError naming the part that is missing or does not fit.
    """
    folder = parts.located(path, cfg.revision, "policy.path")
    kind = parts.read_index(folder)["_class_name"]
    if kind not in FAMILIES:
        raise UserError(f"{folder} holds a {kind}; known are {', '.join(FAMILIES)}")
    family = FAMILIES[kind]
    parts.check_asked(cfg, family, lora)
    other = {
        name: parts.located(source, None, f"policy.hub.{name}")
        for name, source in (("controlnet", cfg.controlnet), ("vae", cfg.vae))
        if source is not None
    }
    trained = None if lora is None else adapter_folder(lora)
    if trained is not None and (trained / CONTROLNET).is_dir():
        other[CONTROLNET] = trained / CONTROLNET
    pipe = parts.load(family, folder, other, DTYPES[cfg.precision])
    parts.check_size(cfg, pipe)
    parts.check_controlnet(cfg, pipe)
    if cfg.checkpointing:
        getattr(pipe, family.LEARNS).enable_gradient_checkpointing()
        if cfg.train_controlnet:
            pipe.controlnet.enable_gradient_checkpointing()
    base = {
        "path": path,
        "revision": cfg.revision,
        "sha256": parts.sha256_of(folder / family.LEARNS),
    }
    if CONTROLNET in family.PARTS:
        base[CONTROLNET] = parts.sha256_of(other.get(CONTROLNET, folder / CONTROLNET))
    generator = HubGenerator(pipe, family, cfg, base).to(device)
    if lora is not None and trained is not None:
        _load_adapter(generator, lora, trained)
    return generator


def _load_adapter(generator: HubGenerator, source: str, folder: Path) -> None:
    """Read the adapter in ``folder`` into the network, which then carries it."""
    record = folder / RECORD
    if record.is_file():
        trained = json.loads(record.read_text(encoding="utf-8"))["base"]
        over = {"policy.path": "sha256"}
        if not (folder / CONTROLNET).is_dir():  # else it brings its own
            over["policy.hub.controlnet"] = CONTROLNET
        for part, key in over.items():
            if key in trained and trained[key] != generator.base.get(key):
                raise UserError(
                    f"policy.lora={source} was trained over other weights than those of "
                    f"{generator.base['path']} (see {record}): give {part} its base"
                )
    network = generator.network
    try:
        generator.pipe.load_lora_weights(str(folder), adapter_name=LOADED)
    except Exception as fault:  # the libraries raise many kinds: all mean that it does not fit
        reason = str(fault).strip().splitlines()[0]
        base = generator.base["path"]
        raise UserError(f"policy.lora={source} does not fit {base}: {reason}") from None
    network.denoiser.requires_grad_(False)
    found = network.denoiser.peft_config[LOADED]
    network.adapters = Lora(found.r, float(found.lora_alpha), tuple(found.target_modules))
    network.adapter, generator.lora = LOADED, source
    if (folder / CONTROLNET).is_dir():
        generator.trained_controlnet = True
