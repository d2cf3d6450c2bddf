"""LoRA adapters of one frozen network: add, switch, copy, save in diffusers' own format.

One network serves the policy, the policy that sampled and the start: each is an adapter, and the
start is the network with all adapters off. Switching must not touch ``requires_grad``, which peft's
own methods do: the optimiser's parameters would stop learning.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils import get_peft_model_state_dict
from torch import Tensor, nn

from colorrl.errors import UserError

# the file that diffusers reads an adapter from
ADAPTER = "pytorch_lora_weights.safetensors"


@dataclass(frozen=True, slots=True)
class Lora:
    """What `policy.lora` configures (Hu et al., arXiv 2106.09685); dropout is 0, as ratios need."""

    rank: int
    alpha: float
    targets: tuple[str, ...]  # ends of module names

    def config(self) -> LoraConfig:
        return LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,  # type: ignore[arg-type]  # its code takes any number
            target_modules=list(self.targets),
            lora_dropout=0.0,
            init_lora_weights="gaussian",
        )


def layers(network: nn.Module) -> list[Any]:
    """Modules of ``network`` that carry adapters."""
    return [m for m in network.modules() if isinstance(m, BaseTunerLayer)]


def add(network: Any, name: str, lora: Lora, seed: int) -> None:
    """Add the adapter ``name``, in fp32, that changes nothing yet; a function of ``seed``.

    Raises ValueError if no module of ``network`` has a name that ends in one of the targets.
    """
    kept = {id(p): p.requires_grad for p in network.parameters()}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network.add_adapter(lora.config(), adapter_name=name)
    if not layers(network):
        listed = ", ".join(lora.targets)
        raise ValueError(f"no module's name ends in any of {listed}: see policy.lora.targets")
    for parameter in network.parameters():
        parameter.requires_grad_(kept.get(id(parameter), True))
    for parameter in parameters(network, name).values():
        parameter.data = parameter.data.float()


def parameters(network: nn.Module, name: str) -> dict[str, nn.Parameter]:
    """Parameters of the adapter ``name`` by their names, without its own name in them."""
    part = f".{name}."
    found = {k: p for k, p in network.named_parameters() if ".lora_" in k and part in k}
    return {k.replace(part, "."): p for k, p in found.items()}


@contextlib.contextmanager
def active(network: nn.Module, name: str | None) -> Iterator[None]:
    """The adapter ``name`` alone at work, or none of them.

    Under a gradient it stays so afterwards: gradient checkpointing computes the network again
    during backward, and must find the adapter that it was computed with.
    """
    found = layers(network)
    before = [module._active_adapter for module in found]
    for module in found:
        module._active_adapter = [] if name is None else [name]
    try:
        yield
    finally:
        if not torch.is_grad_enabled():
            for module, names in zip(found, before, strict=True):
                module._active_adapter = names


def remove(network: Any, name: str) -> None:
    """Take the adapter ``name`` away and leave the others as they are."""
    kept = {id(p): p.requires_grad for p in network.parameters()}
    network.delete_adapters(name)
    for parameter in network.parameters():
        parameter.requires_grad_(kept[id(parameter)])


def save(pipeline: type[Any], part: str, network: Any, name: str, folder: Path) -> None:
    """Write ``folder``/pytorch_lora_weights.safetensors, which `pipe.load_lora_weights` reads.

    The metadata hold rank and alpha: without them a file is read with alpha = rank, at another
    strength than it was trained with.
    """
    weights: dict[str, Tensor] = get_peft_model_state_dict(network, adapter_name=name)
    metadata = network.peft_config[name].to_dict()
    metadata["target_modules"] = sorted(metadata["target_modules"])  # a set, in no order
    pipeline.save_lora_weights(
        str(folder),
        **{f"{part}_lora_layers": weights, f"{part}_lora_adapter_metadata": metadata},
    )


def adapter_folder(source: str) -> Path:
    """Where the adapter of the run or folder ``source`` lies. UserError if it has none."""
    folder = Path(source).expanduser()
    for place in (folder, folder / "generator"):
        if (place / ADAPTER).is_file():
            return place
    raise UserError(f"policy.lora={source}: no {ADAPTER} in it nor in its generator/")
