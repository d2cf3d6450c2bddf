"""A pretrained diffusers pipeline as a policy: what the families share.

The base is frozen and shared; what learns is an adapter (or, without `lora`, a copy of the
denoiser). ``copy.deepcopy`` gives a policy with an adapter of its own over the same base, so that
policy, sampling policy and start cost one base. The start has no adapter: it is the base itself.
"""

from __future__ import annotations

import copy
import itertools
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Self

import torch
from torch import Tensor, nn

from colorrl.policy.hub import lora
from colorrl.policy.hub.coordinates import clean_image, length, nearest_timestep
from colorrl.policy.hub.family import Family, alphas_cumprod
from colorrl.policy.hub.latents import Latents
from colorrl.policy.hub.parts import CONTROLNET
from colorrl.policy.hub.prompt import prompts
from colorrl.types import SketchBatch

Embed = Callable[[list[str]], dict[str, Tensor]]  # prompts to embeddings, a row each


@dataclass(frozen=True, slots=True)
class Condition:
    """What a hub policy is conditioned on besides the sketch: see conf/policy/sd_control.yaml."""

    prompt: str  # template; {colors} is the palette by name
    negative: str
    guidance: float  # classifier-free, 1 = none
    strength: float  # of the ControlNet
    white_lines: bool  # the ControlNet expects white lines on black


@dataclass(frozen=True, slots=True)
class HubEncoding:
    """Text embeddings and line art of N sketches as the networks take them."""

    text: Mapping[str, Tensor]
    negative: Mapping[str, Tensor]  # empty without guidance
    control: Tensor
    region_index: Tensor  # (N, H, W) the region of each pixel

    def repeat(self, n: int) -> HubEncoding:
        """Each row ``n`` times in a row."""
        return HubEncoding(
            {name: rows.repeat_interleave(n, 0) for name, rows in self.text.items()},
            {name: rows.repeat_interleave(n, 0) for name, rows in self.negative.items()},
            self.control.repeat_interleave(n, 0),
            self.region_index.repeat_interleave(n, 0),
        )


class HubPolicy:
    """A `LearningPolicy` over the networks of a pipeline."""

    def __init__(
        self,
        family: Family,
        networks: SimpleNamespace,
        space: Latents,
        condition: Condition,
        embed: Embed,
        adapters: lora.Lora | None,
        train_controlnet: bool = False,
    ) -> None:
        self.family, self.networks, self.space = family, networks, space
        self.condition, self.embed, self.adapters = condition, embed, adapters
        self.adapter: str | None = None
        self.train_controlnet = train_controlnet
        self.owns_controlnet = train_controlnet and adapters is None
        self.alphas = None if family.FLOW else alphas_cumprod(networks)

    @property
    def denoiser(self) -> Any:
        """The network that learns or carries the adapters."""
        return getattr(self.networks, self.family.LEARNS)

    @property
    def device(self) -> torch.device:
        found: torch.device = next(self.denoiser.parameters()).device
        return found

    @torch.no_grad()
    def encode(self, sketch: SketchBatch) -> HubEncoding:
        """Text and line art of the sketches; neither encoder learns."""
        line = sketch.line.expand(-1, 3, -1, -1)
        image = 1 - line if self.condition.white_lines else line
        text = self.embed(prompts(sketch, self.condition.prompt))
        guided = self.condition.guidance != 1
        negative = self.embed([self.condition.negative] * len(sketch)) if guided else {}
        control = self.family.control(self.networks, image)
        return HubEncoding(text, negative, control, sketch.regions.region_index)

    def predict(self, x: Tensor, t: Tensor, encoding: HubEncoding) -> Tensor:
        """The clean latent (N, C, h, w) fp32 from state ``x`` at flow times ``t`` (N,)."""
        shape = (-1, *[1] * (x.dim() - 1))
        if self.alphas is None:
            return x - t.view(shape) * self._output(x, 1000 * t, encoding)
        z = x / length(t).view(shape)
        timestep = nearest_timestep(t, self.alphas.to(t.device))
        kind = self.networks.scheduler.config.prediction_type
        return clean_image(kind, self._output(z, timestep, encoding), z, t)

    def _output(self, state: Tensor, timestep: Tensor, encoding: HubEncoding) -> Tensor:
        """The network's own prediction, fp32; with guidance of both texts in one batch."""
        text, control = encoding.text, encoding.control
        if encoding.negative:
            text = {k: torch.cat([v, text[k]]) for k, v in encoding.negative.items()}
            state, timestep, control = (torch.cat([v, v]) for v in (state, timestep, control))
        with lora.active(self.denoiser, self.adapter):
            output = self.family.output(
                self.networks,
                state.to(self.denoiser.dtype),
                timestep,
                text,
                control,
                self.condition.strength,
            ).float()
        if not encoding.negative:
            return output
        without, given = output.chunk(2)
        return without + self.condition.guidance * (given - without)

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """What learns: the adapter's, or the denoiser's without adapters; then the ControlNet's.

        Of a start with adapters: none.
        """
        if self.adapters is None:
            yield from self.denoiser.named_parameters()
        elif self.adapter is not None:
            yield from lora.parameters(self.denoiser, self.adapter).items()
        if self.owns_controlnet:
            for name, parameter in self.networks.controlnet.named_parameters():
                yield f"{CONTROLNET}.{name}", parameter

    def parameters(self) -> Iterator[nn.Parameter]:
        return (p for _, p in self.named_parameters())

    def state_dict(self) -> dict[str, Any]:
        """What is learnt, by name; empty of the start, which is the base."""
        return {name: p.detach() for name, p in self.named_parameters()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take ``state_dict``; a start that is to be other than the base gets an adapter for it.

        Raises KeyError for names that are not those of this policy.
        """
        if self.adapters is not None and self.adapter is None and state_dict:
            self._add_adapter()
        if not self.owns_controlnet and any(k.startswith(f"{CONTROLNET}.") for k in state_dict):
            self._copy_controlnet()
        own = dict(self.named_parameters())
        if set(own) != set(state_dict):
            odd = sorted(set(own) ^ set(state_dict))[0]
            raise KeyError(f"{odd} is in one of the two, adapter and checkpoint, alone")
        with torch.no_grad():
            for name, parameter in own.items():
                parameter.copy_(state_dict[name])

    def requires_grad_(self, wanted: bool = True) -> Self:
        for parameter in self.parameters():
            parameter.requires_grad_(wanted)
        return self

    def eval(self) -> Self:
        """All parts are in evaluation mode for good: dropout would change the ratio."""
        return self

    def __deepcopy__(self, memo: Any) -> HubPolicy:
        """A policy that learns on its own over the same base."""
        made = copy.copy(self)
        made._copy_controlnet()
        if self.adapters is None:
            made.networks = SimpleNamespace(**vars(made.networks))
            setattr(made.networks, self.family.LEARNS, copy.deepcopy(self.denoiser))
            return made
        made.adapter = None
        made._add_adapter()
        if self.adapter is not None:  # of a start: it has no ControlNet of its own
            own = dict(made.named_parameters())
            with torch.no_grad():
                for name, value in self.state_dict().items():
                    own[name].copy_(value)
        return made

    def _copy_controlnet(self) -> None:
        """A ControlNet of this policy's own, where it learns."""
        if self.train_controlnet:
            self.networks = SimpleNamespace(**vars(self.networks))
            self.networks.controlnet = copy.deepcopy(self.networks.controlnet)
            self.owns_controlnet = True

    def _add_adapter(self) -> None:
        """An adapter of a name that is free, taken away again with this policy."""
        assert self.adapters is not None
        taken = getattr(self.denoiser, "peft_config", {})
        name = next(n for k in itertools.count() if (n := f"policy{k}") not in taken)
        lora.add(self.denoiser, name, self.adapters, seed=0)
        self.adapter = name
        weakref.finalize(self, lora.remove, self.denoiser, name)
