"""A pipeline's parts from folders or the hub: read by name, checked, never executed.

Only the classes that a family lists are loaded, from safetensors alone: a folder's own code,
pickles and unknown classes are refused by the name of the part.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, LocalEntryNotFoundError

from colorrl.config.schema.hub import HubConfig
from colorrl.errors import UserError
from colorrl.policy.hub.family import Family
from colorrl.policy.pipeline import WEIGHTS

INDEX = "model_index.json"
CONTROLNET = "controlnet"
PICKLES = (".bin", ".pt", ".ckpt")
WEIGHTLESS = ("tokenizer", "scheduler")
SWITCHED_OFF = ("requires_safety_checker", "add_watermarker")
UNUSED = ("safety_checker", "feature_extractor", "image_encoder")
FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]  # all that is ever fetched


def located(source: str, revision: str | None, what: str) -> Path:
    """The folder ``source``, or the hub repository of that id at ``revision``; ``what`` it is for.

    A name in this package's weights is that folder. Raises UserError for what is none of these,
    with the hub's reason in one line.
    """
    folder = next((f for f in (WEIGHTS / source, Path(source).expanduser()) if f.is_dir()), None)
    if folder is not None:
        return folder
    if source.count("/") != 1 or source.startswith((".", "/", "~")):
        raise UserError(f"{what}: no folder {source}")
    try:
        return Path(snapshot_download(source, revision=revision, allow_patterns=FILES))
    except GatedRepoError:
        raise UserError(
            f"{what}: {source} is gated: accept its licence on the hub and log in "
            "(`hf auth login`), or give a folder that holds it"
        ) from None
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError) as fault:
        reason = (str(fault).strip() or type(fault).__name__).splitlines()[0]
        raise UserError(
            f"{what}: there is no folder {source}, and the hub does not give it: {reason}"
        ) from None


def read_index(folder: Path) -> dict[str, Any]:
    """model_index.json of ``folder``. Raises UserError if it is missing or damaged."""
    path = folder / INDEX
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(index["_class_name"], str):
            raise TypeError("_class_name is no text")
    except FileNotFoundError:
        raise UserError(f"{folder} has no {INDEX}: it is no folder of save_pretrained") from None
    except (ValueError, KeyError, TypeError) as fault:
        raise UserError(f"{path} is damaged ({fault!r}): copy the folder again") from None
    return dict(index)


def load(
    family: Family,
    base: Path,
    elsewhere: Mapping[str, Path],
    dtype: torch.dtype,
) -> Any:
    """The pipeline of ``family`` in evaluation mode; parts ``elsewhere`` (part -> folder) first.

    A part elsewhere is a folder of its own or of a pipeline that has it. Raises UserError naming
    the part that is missing, of another class, pickled, or does not fit the others.
    """
    index = read_index(base)
    parts = {
        name: load_part(name, kinds, _place(name, base, elsewhere), index.get(name), dtype)
        for name, kinds in family.PARTS.items()
    }
    parts["scheduler"] = _scheduler(base, index.get("scheduler"))
    check_fit(parts)
    known = inspect.signature(family.PIPELINE.__init__).parameters
    absent = {name: None for name in UNUSED if name in known}
    fixed = {
        name: False for name in ("requires_safety_checker", "add_watermarker") if name in known
    }
    return family.PIPELINE(**parts, **absent, **fixed)


def _place(name: str, base: Path, elsewhere: Mapping[str, Path]) -> Path:
    other = elsewhere.get(name)
    if other is None:
        return base / name
    return other / name if (other / name).is_dir() else other


def load_part(
    name: str, kinds: tuple[str, ...], folder: Path, entry: Any, dtype: torch.dtype
) -> Any:
    """The part ``name`` from ``folder``, of one of ``kinds``; ``entry`` is what the index says."""
    if not folder.is_dir() or not any(folder.iterdir()):
        option = "policy.hub.controlnet=FOLDER_OR_ID" if name == "controlnet" else "another folder"
        raise UserError(f"{folder.parent} has no {name}: give {option}")
    said = ".".join(entry) if isinstance(entry, list) and all(entry) else None
    if said is not None and said not in kinds:
        raise UserError(
            f"{folder.parent / INDEX}: {name} is {said}, expected {kinds[0]}; nothing of it is run"
        )
    library, kind = kinds[0].split(".")
    options: dict[str, Any] = {"local_files_only": True}
    if not name.startswith(WEIGHTLESS):
        if not any(folder.glob("*.safetensors")):
            pickled = sorted(p.name for p in folder.iterdir() if p.suffix in PICKLES)
            found = f"only {pickled[0]}, a pickle that could run code" if pickled else "no weights"
            raise UserError(f"{folder} holds {found}: save it again with safe_serialization=True")
        options |= {"torch_dtype": dtype, "use_safetensors": True}
    try:
        part = getattr(importlib.import_module(library), kind).from_pretrained(folder, **options)
    except Exception as fault:  # the libraries raise many kinds: all mean that it does not load
        reason = str(fault).strip().splitlines()[0]
        raise UserError(f"{folder} does not load as a {kinds[0]}: {reason}") from fault
    return part if name.startswith(WEIGHTLESS) else part.eval().requires_grad_(False)


def _scheduler(base: Path, entry: Any) -> Any:
    """The scheduler that the index names, of diffusers' own."""
    import diffusers

    library, kind = entry if isinstance(entry, list) else (None, None)
    made = getattr(diffusers, str(kind), None) if library == "diffusers" else None
    if made is None or not issubclass(made, diffusers.SchedulerMixin):
        raise UserError(f"{base / INDEX}: scheduler is {entry}, expected a scheduler of diffusers")
    return made.from_pretrained(base / "scheduler", local_files_only=True)


def check_fit(parts: Mapping[str, Any]) -> None:
    """Raises UserError where VAE, denoiser and ControlNet have other channels or text widths."""
    denoiser = "unet" if "unet" in parts else "transformer"
    config = parts[denoiser].config
    latent = parts["vae"].config.latent_channels
    flux = denoiser == "transformer" and "axes_dims_rope" in config
    expected = 4 * latent if flux else latent
    if config.in_channels != expected:
        raise UserError(
            f"{denoiser} takes {config.in_channels} channels and vae has {latent}: "
            "an inpainting or depth model, or a VAE of another family, does not fit"
        )
    if "controlnet" not in parts:
        return
    control = parts["controlnet"].config
    for key in ("cross_attention_dim", "joint_attention_dim", "block_out_channels"):
        ours, theirs = config.get(key), control.get(key)
        if ours is not None and theirs is not None and ours != theirs:
            raise UserError(
                f"controlnet has {key} {theirs} and {denoiser} {ours}: "
                "it was made for another family or version"
            )


def check_asked(cfg: HubConfig, family: Family, lora: str | None) -> None:
    """UserError for settings that exclude each other."""
    if lora is not None and cfg.adapter is None:
        raise UserError(
            f"policy.lora={lora} is an adapter, policy.hub.adapter=null asks for none: leave one "
            "of them out"
        )
    if cfg.controlnet is not None and CONTROLNET not in family.PARTS:
        raise UserError(
            f"a {family.PIPELINE.__name__} takes the line art as an image and has no ControlNet: "
            "leave policy.hub.controlnet out"
        )


def check_size(cfg: HubConfig, pipe: Any) -> None:
    """Raises UserError for a size that the VAE and the denoiser's levels cannot halve."""
    step = 2 ** (len(pipe.vae.config.block_out_channels) - 1)
    if "unet" in pipe.components:
        step *= 2 ** (len(pipe.unet.config.block_out_channels) - 1)
    else:
        step *= 2
    if cfg.size % step:
        raise UserError(f"policy.hub.size={cfg.size}: take a multiple of {step} pixels")


def check_controlnet(cfg: HubConfig, pipe: Any) -> None:
    """Raises UserError for a ControlNet that is to learn and is not there, or not in fp32."""
    if not cfg.train_controlnet:
        return
    if CONTROLNET not in pipe.components:
        raise UserError(
            f"policy.hub.train_controlnet=true: a {type(pipe).__name__} has no ControlNet"
        )
    if cfg.precision != "fp32":
        raise UserError(
            f"policy.hub.train_controlnet=true with policy.hub.precision={cfg.precision}: small "
            "steps would round to nothing; take fp32, and trainer.precision=bf16 for speed"
        )


def sha256_of(folder: Path) -> dict[str, str]:
    """File name -> sha256 of the weights in ``folder``; a hub's cache names its files by it."""
    found = {}
    for path in sorted(folder.glob("*.safetensors")):
        cached = path.resolve().name
        if len(cached) == 64 and set(cached) <= set("0123456789abcdef"):
            found[path.name] = cached
            continue
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
