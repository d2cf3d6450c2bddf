"""The reward model: a generator that reads a colouring, and a head that says how good it is.

InstructGPT's begins as the model that it will judge (arXiv 2203.02155): what knows how to answer
knows something of answers. A generator knows which palette entry a region should have, so its
opinion of the entry that a region does have is what the head begins with.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from diffusers.utils import logging
from torch import Tensor, nn

from colorrl.errors import UserError
from colorrl.policy.region_flow import RegionEncoding, RegionFlow
from colorrl.types import SketchBatch

# At which the generator reads the colouring: what is there, and what it would put there itself.
# States are without noise, so that a score is a function of the picture.
TIMES = (0.05, 0.9)
LEAST = -9.0  # nats of a log-share; less says no more
OFF_PALETTE = 8.0  # slope of tanh: a region .1 off its entry reads .66
SHAPE = ("size", "patch", "width", "n_blocks", "n_token_layers", "n_heads")


class RegionHead(nn.Module):
    """A score (N,) in nats of log-odds: the mean over regions, by weight, of an MLP of features."""

    mean: Tensor
    std: Tensor
    offset: Tensor

    def __init__(self, n_features: int, hidden: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(n_features, hidden), nn.GELU(), nn.Linear(hidden, 1, bias=False)
        )
        nn.init.zeros_(self.mlp.get_parameter("2.weight"))  # no opinion at first
        self.register_buffer("mean", torch.zeros(n_features))  # of regions' features, when fitted
        self.register_buffer("std", torch.ones(n_features))
        # what makes the scores of the colourings it was fitted to 0 on average
        self.register_buffer("offset", torch.zeros(()))

    def forward(self, reading: Tensor, moved: Tensor | float = 0.0) -> Tensor:
        """``reading`` (N, S, F + 1): features and weights; ``moved`` is added to the former."""
        features, weight = reading[..., :-1], reading[..., -1]
        scale = (features - self.mean) / self.std + moved
        score: Tensor = (self.mlp(scale)[..., 0] * weight).sum(1) - self.offset
        return score


class RewardModel(ModelMixin, ConfigMixin):
    """s(colouring, sketch): a beats b with probability sigmoid(s_a - s_b).

    The generator stays as it is: from 2,000 questions of 4 its weights would learn the drawings by
    heart. Deviation from InstructGPT, which has 33,000 questions of 4 to 9 and trains the whole.

    Args:
        size, patch, width, n_blocks, n_token_layers, n_heads: of the generator, as RegionFlow.
        hidden: units of the head.
    """

    generator: RegionFlow
    head: RegionHead

    @register_to_config
    def __init__(
        self,
        size: int = 32,
        patch: int = 4,
        width: int = 96,
        n_blocks: int = 4,
        n_token_layers: int = 4,
        n_heads: int = 4,
        hidden: int = 64,
    ) -> None:
        super().__init__()
        shape = (size, patch, width, n_blocks, n_token_layers, n_heads)
        self.generator = RegionFlow(*shape).requires_grad_(False)
        self.n_features = 2 + len(TIMES) * (width + 2)
        self.head = RegionHead(self.n_features, hidden)

    def read(self, image: Tensor, sketch: SketchBatch) -> Tensor:
        """(N, S, F + 1) features and weights of regions in images (N, 3, H, W) in [0, 1].

        ``sketch`` has N rows, or N / K for K images in a row of each. Raises ValueError for
        another size than the model's, and without a palette.
        """
        size = self.config.size
        if image.shape[-2:] != (size, size):
            raise ValueError(
                f"the reward model was fitted at {size} x {size} px, the images are "
                f"{tuple(image.shape[-2:])}: fit one to rankings of that size"
            )
        each = len(image) // len(sketch)
        encoding = self.generator.encode(sketch).repeat(each)
        weight = sketch.regions.weight.repeat_interleave(each, 0)
        x = image * 2 - 1
        away, entry = assigned_entry(x, encoding)
        features = [away, torch.tanh(OFF_PALETTE * away)]
        for t in TIMES:
            token, shares = self.generator.read_regions(
                (1 - t) * x, x.new_full((len(x),), t), encoding
            )
            own = shares.gather(2, entry).clamp(min=LEAST)
            features += [token, own, own.exp()]
        return torch.cat([*features, weight[..., None]], 2)

    def forward(self, image: Tensor, sketch: SketchBatch) -> Tensor:
        """(N,) scores; arguments as ``read``."""
        score: Tensor = self.head(self.read(image, sketch))
        return score


def assigned_entry(x: Tensor, encoding: RegionEncoding) -> tuple[Tensor, Tensor]:
    """How far (N, S, 1) the mean colour of each region in ``x`` is from the palette entry next to
    it, in units of [-1, 1], and that entry (N, S, 1), from 1; 0 and 0 without a palette."""
    color = encoding.member @ x.flatten(2).transpose(1, 2) / encoding.area.clamp(min=1)
    given = encoding.valid[:, 0, :, -encoding.palette.shape[1] :]  # (N, 1, K)
    # as differences: a matrix product rounds a distance of 0 to some 1e-3
    apart = torch.cdist(color, encoding.palette, compute_mode="donot_use_mm_for_euclid_dist")
    away, entry = apart.masked_fill(~given, torch.inf).min(2, keepdim=True)
    some = away.isfinite()
    return torch.where(some, away, 0.0), torch.where(some, entry + 1, 0)


def init_from(generator: Any, hidden: int) -> RewardModel:
    """A reward model that reads as ``generator`` does. Raises UserError for a network without
    regions."""
    if not isinstance(generator, RegionFlow):
        raise UserError(
            f"a reward model begins as a RegionFlow, this generator is a "
            f"{type(generator).__name__}: give start= one that was pretrained with policy=flow"
        )
    model = RewardModel(**{name: generator.config[name] for name in SHAPE}, hidden=hidden)
    model.generator.load_state_dict(generator.state_dict())
    return model.eval()


def load_reward_model(path: str | Path) -> RewardModel:
    """The frozen reward model in the folder ``path``. UserError names file, cause and remedy."""
    config = Path(path) / "config.json"
    if not config.is_file():
        raise UserError(
            f"no reward model in {path}: {config} is missing. Fit one to rankings: "
            f"colorrl prefer label=rule, then colorrl reward_model output={path}"
        )
    logging.disable_progress_bar()
    try:
        model = RewardModel.from_pretrained(path, local_files_only=True, use_safetensors=True)
    except Exception as fault:  # diffusers raises many kinds: all mean the folder does not load
        raise UserError(
            f"{path} does not load as a reward model: {fault}. Copy the folder again, or fit it "
            "again with colorrl reward_model"
        ) from fault
    absent = [name for name, p in model.named_parameters() if p.is_meta]
    if absent:  # diffusers only logs it
        raise UserError(f"{path}: the weights lack {absent[0]}, fit it again or copy the folder")
    return model.eval().requires_grad_(False)
