"""A generator as a folder in diffusers' convention: network, sampler settings, model card."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline
from diffusers.utils import logging
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError
from torch import Tensor

from colorrl.config.schema.generator import PolicyConfig
from colorrl.errors import UserError
from colorrl.policy.action import at_time
from colorrl.policy.guidance import guided
from colorrl.policy.outside import import_network, network_class
from colorrl.policy.protocol import LearningPolicy, Policy
from colorrl.policy.rollout import noise_model
from colorrl.types import SketchBatch

WEIGHTS = Path(__file__).parent.parent / "weights"
INDEX = "model_index.json"  # of a diffusers folder
SETTINGS = ("n_steps", "shift", "rho", "guidance")  # what a network is sampled with


class FlatColorPipeline(DiffusionPipeline):
    """Line art to flats. Holds a network and the settings it is to be sampled with.

    Args:
        network: a Policy that is also a diffusers model (RegionFlow, PlainFlow).
        n_steps: denoising steps.
        shift: time shift towards noise.
        rho: correlation of the noise within a region.
        guidance: how much palette and hints count, 1 = as the network predicts.
    """

    def __init__(
        self,
        network: Any,
        n_steps: int = 6,
        shift: float = 3.0,
        rho: float = 0.5,
        guidance: float = 1.0,
    ) -> None:
        # defaults: what has none, diffusers takes for a module and saves as null
        super().__init__()
        self.register_modules(network=network)
        self.register_to_config(n_steps=n_steps, shift=shift, rho=rho, guidance=guidance)

    @property
    def size(self) -> int:
        """Side of the square images in pixels."""
        return int(self.network.config.size)

    @property
    def grid(self) -> Tensor:
        """(T+1,) the times it is sampled at."""
        return self.network.space.times(self.config.n_steps, self.config.shift)

    @torch.no_grad()
    def sample(self, sketch: SketchBatch, seeds: Tensor, n_steps: int | None = None) -> Tensor:
        """Flats (N, 3, H, W) sRGB in [0, 1]; sample i is a function of sketch i and seeds[i]."""
        n = self.config.n_steps if n_steps is None else n_steps
        policy = guided(self.network, self.config.guidance)
        grid = policy.space.times(n, self.config.shift)
        return ode_sample(policy, sketch, grid, self.config.rho, seeds)

    __call__ = sample

    @property
    def ceilings(self) -> dict[str, Callable[[SketchBatch], Tensor]]:
        """What no policy of this kind can pass, by name: nothing, for its states are pixels."""
        return {}

    def fingerprint(self) -> str:
        """Of the weights."""
        return fingerprint(self.network)

    def write(self, folder: Path, network: Any, rho: float, guidance: float) -> None:
        """A generator folder of ``network``, with this one's steps."""
        n_steps, shift = int(self.config.n_steps), float(self.config.shift)
        save_generator(folder, network, n_steps=n_steps, shift=shift, rho=rho, guidance=guidance)


def fingerprint(network: torch.nn.Module | LearningPolicy) -> str:
    """sha256 of a network's weights: pages made by other weights are not done."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode() + value.float().cpu().numpy().tobytes())
    return digest.hexdigest()


def ode_sample(
    policy: Policy, sketch: SketchBatch, grid: Tensor, rho: float, seeds: Tensor
) -> Tensor:
    """Deterministic flats (N, 3, H, W) sRGB in [0, 1] from noise, by steps along ``grid``."""
    space = policy.space
    x = space.start(noise_model(policy, sketch, 1, rho), seeds)
    encoding = policy.encode(sketch)
    for t, t_next in pairwise(grid.tolist()):
        x0 = policy.predict(x, at_time(x, t), encoding)
        x = space.move(x, x0, t, t_next, encoding)
    return space.decode(x, encoding)


def load_policy(cfg: PolicyConfig, device: torch.device | str = "cpu") -> Any:
    """The generator that ``cfg`` names: one of this project's, or a diffusers pipeline.

    Raises UserError as `load_generator`, and for a part of a pipeline that does not fit.
    """
    if cfg.hub is None:
        if cfg.lora is not None:
            raise UserError(f"policy.lora={cfg.lora} goes with a pipeline: take policy=sd_control")
        import_network(cfg.network)
        return load_generator(cfg.path, device)
    try:
        from colorrl.policy.hub.generator import load_hub  # late: an extra, and slow to import
    except ImportError as fault:
        raise UserError(f'{fault}: pip install "colorrl[hub]"') from None
    return load_hub(cfg.path, cfg.hub, cfg.lora, device)


def load_generator(name: str, device: torch.device | str = "cpu") -> FlatColorPipeline:
    """A generator by the name of a shipped one (``tiny``), a folder, a run's folder, or a hub id.

    Raises UserError naming the file, the cause and the remedy if it is missing or damaged.
    """
    folder = _folder_of(name)
    logging.disable_progress_bar()
    try:
        pipeline = _read(folder)
    except UserError:
        raise
    except Exception as error:  # diffusers raises many kinds: all mean the folder does not load
        raise UserError(
            f"{folder} does not load as a generator: {error}. Copy the folder again, or give "
            f"another one: {', '.join(shipped_generators()) or 'none is shipped'}"
        ) from error
    absent = [name for name, p in pipeline.network.named_parameters() if p.is_meta]
    if absent:  # diffusers only logs it
        raise UserError(f"{folder / 'network'}: the weights lack {absent[0]}, copy them again")
    pipeline.network.eval().requires_grad_(False)
    return pipeline.to(device)


def _read(folder: Path) -> FlatColorPipeline:
    """As `from_pretrained`, which takes no network of a module that has no ModelMixin in it."""
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    module, name = index["network"]
    kind = network_class(module, name, folder / INDEX)
    network = kind.from_pretrained(folder / "network", local_files_only=True, use_safetensors=True)
    return FlatColorPipeline(network, **{key: index[key] for key in SETTINGS if key in index})


def _folder_of(name: str) -> Path:
    """Where the generator ``name`` lies; a hub id is downloaded, or found in the hub's cache."""
    places = [WEIGHTS / name, Path(name), Path(name) / "generator"]
    folder = next((p for p in places if (p / INDEX).is_file()), None) or _only_run(Path(name))
    if folder is None and not Path(name).exists() and re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", name):
        _refuse_run(Path(name))
        folder = _download(name)
    if folder is None or not (folder / INDEX).is_file():
        known = ", ".join(shipped_generators()) or "none"
        raise UserError(
            f"no generator {name!r}: it is neither a shipped one ({known}) nor a folder with a "
            f"{INDEX} nor a run's folder, or that above one run, nor a hub id such as owner/name"
        )
    _check_index(folder / INDEX)
    return folder


def _refuse_run(folder: Path) -> None:
    """Raises UserError for a run that has not been made: runs/NAME is no hub id."""
    runs, name = folder.parts
    if runs == "runs" or Path(runs).is_dir():
        raise UserError(
            f"no generator '{folder}': no run has written it. `colorrl pretrain name={name} "
            f"runs={runs}` makes one (or `colorrl train`, from another generator)"
        )


def _only_run(folder: Path) -> Path | None:
    """The generator of the one run below ``folder`` (runs/NAME), whatever its hash and seed."""
    found = sorted(path.parent for path in folder.glob(f"*/seed*/generator/{INDEX}"))
    if len(found) > 1:
        listed = ", ".join(str(p.parent) for p in found)
        raise UserError(f"{folder} holds the generators of several runs, name one: {listed}")
    return found[0] if found else None


def _download(name: str) -> Path:
    try:
        return Path(snapshot_download(name, allow_patterns=["*.json", "*.safetensors"]))
    except (OSError, HfHubHTTPError, ValueError) as error:
        raise UserError(
            f"no generator {name!r}: there is no such folder, and it does not come from the hub "
            f"either ({str(error).splitlines()[0]}). Check the name and the network"
        ) from error


def shipped_generators() -> list[str]:
    """Names of this project's generators that come with the package, without the pipeline there."""
    return sorted(p.parent.parent.name for p in WEIGHTS.glob("*/network/config.json"))


def _check_index(index: Path) -> None:
    """Raises UserError for no generator of ours, and imports its network if that is one of ours.

    diffusers takes classes of modules that are imported already, for importing runs their code. A
    folder decides nothing but a module of this room; `load_policy` imports what a command names.
    """
    try:
        values = json.loads(index.read_text(encoding="utf-8"))
        kind, (module, _) = values["_class_name"], values.get("network", ("", ""))
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{index} is damaged ({error!r}): copy the folder again") from error
    if kind != FlatColorPipeline.__name__:
        raise UserError(
            f"{index} describes a {kind}, not a {FlatColorPipeline.__name__}: "
            "a Stable Diffusion or FLUX pipeline goes with policy=sd_control and its like"
        )
    if module.startswith(f"{__package__}.") and importlib.util.find_spec(module) is not None:
        importlib.import_module(module)


def save_generator(
    folder: Path,
    network: Any,
    *,
    n_steps: int,
    shift: float,
    rho: float,
    guidance: float = 1.0,
    card: str | None = None,
) -> None:
    """Write a generator folder (safetensors shards under 15 MB) and its model card."""
    made = FlatColorPipeline(network, n_steps, shift, rho, guidance)
    made.save_pretrained(folder, max_shard_size="14MB")
    if card is not None:
        (folder / "README.md").write_text(card, encoding="utf-8")
