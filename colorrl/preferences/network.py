"""The reward model: a small convolutional network that scores a colouring of a line art."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from diffusers.utils import logging
from torch import Tensor, nn

from colorrl.config import UserError
from colorrl.policy.region_layers import GridBlock

N_PLANES = 10
OFF_PALETTE = 8.0  # slope of tanh: a pixel .1 of sRGB off its entry reads .66


class RewardModel(ModelMixin, ConfigMixin):
    """s(colouring, line art, palette): a beats b with probability sigmoid(s_a - s_b).

    Args:
        size: side of the square image in pixels that it is fitted at, a multiple of 4.
        width: channels of the finer of its two grids.
        n_blocks: blocks on the coarser one.
    """

    @register_to_config
    def __init__(self, size: int = 32, width: int = 48, n_blocks: int = 2) -> None:
        super().__init__()
        self.stem = nn.Conv2d(N_PLANES, width, 4, stride=2, padding=1)
        self.fine = GridBlock(width, timed=False)
        self.down = nn.Conv2d(width, 2 * width, 2, stride=2)
        self.coarse = nn.ModuleList(GridBlock(2 * width, timed=False) for _ in range(n_blocks))
        self.n_features = 6 * width + 2 * N_PLANES
        self.head = nn.Sequential(
            nn.Linear(self.n_features, 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, 1),
        )
        # what makes the scores of the colourings it was fitted to 0 on average
        self.register_buffer("offset", torch.zeros(()))

    def features(
        self, image: Tensor, line: Tensor, palette: Tensor | None, share: Tensor | None
    ) -> Tensor:
        """(N, F) of images (N, 3, H, W) and line art (N, 1, H, W) in [0, 1].

        ``palette`` (N, P, 3) with ``share`` (N, P), 0 = padding; None = no palette. Raises
        ValueError for another size than the model's.
        """
        size = self.config.size
        if image.shape[-2:] != (size, size):
            raise ValueError(
                f"the reward model was fitted at {size} x {size} px, the images are "
                f"{tuple(image.shape[-2:])}: fit one to rankings of that size"
            )
        seen = planes(image, line, palette, share)
        fine = self.fine(self.stem(seen))
        coarse = self.down(fine)
        for block in self.coarse:
            coarse = block(coarse)
        # mean: the whole picture; max: one region that is wrong. Of what is seen too: colourings of
        # one sketch differ by little, and from 470 questions convolutions alone foresaw nothing
        grids = (seen.abs(), fine, coarse)
        return torch.cat([g for grid in grids for g in (grid.mean((2, 3)), grid.amax((2, 3)))], 1)

    def score(self, features: Tensor) -> Tensor:
        """(N,) in nats of log-odds, of ``features`` (N, F)."""
        score: Tensor = self.head(features)[:, 0] - self.offset
        return score

    def forward(
        self,
        image: Tensor,
        line: Tensor,
        palette: Tensor | None = None,
        share: Tensor | None = None,
    ) -> Tensor:
        """(N,) scores; arguments as ``features``."""
        return self.score(self.features(image, line, palette, share))


def planes(image: Tensor, line: Tensor, palette: Tensor | None, share: Tensor | None) -> Tensor:
    """(N, 10, H, W): ink; the colour under it as a person sees it; of the nearest palette entry how
    far it is by channel and how much of it is lacking; over the page how far the painted shares
    are from those asked (half the L1 distance); and that there is a palette.

    The latter six are 0 without a palette, and fade under ink, which hides what is painted there.
    """
    seen = torch.cat([1 - line, 2 * image * line - 1], 1)
    if palette is None or share is None:
        return torch.cat([seen, seen.new_zeros(len(seen), 6, *seen.shape[2:])], 1)
    pixels, bare = (x.flatten(2).transpose(1, 2) for x in (image, line))  # (N, HW, 3), (N, HW, 1)
    with torch.no_grad():
        nearest, painted = entries(pixels, bare, palette, share)
    lack = share - painted  # (N, P)
    entry = palette.gather(1, nearest.unsqueeze(2).expand(-1, -1, 3))
    given = (share > 0).any(1).to(image.dtype)[:, None, None]
    away = lack.abs().sum(1)[:, None, None].expand_as(bare) / 2
    off = torch.tanh(OFF_PALETTE * (entry - pixels))
    told = [off, lack.gather(1, nearest).unsqueeze(2), away, torch.ones_like(bare)]
    shown = (torch.cat(told, 2) * given * bare).transpose(1, 2)
    return torch.cat([seen, shown.unflatten(2, image.shape[2:])], 1)


def entries(pixels: Tensor, bare: Tensor, palette: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Nearest entry (N, HW) of ``pixels`` (N, HW, 3), and each entry's painted share (N, P).

    Of the area, weighed by ``bare`` (N, HW, 1), that is not nearer to white than to any entry:
    shares that are asked for leave the paper out.
    """
    # as differences: a matrix product rounds a distance of 0 to some 1e-3
    apart = torch.cdist(pixels, palette, compute_mode="donot_use_mm_for_euclid_dist")
    apart = apart.masked_fill(share.unsqueeze(1) == 0, torch.inf)
    distance, nearest = apart.min(2)
    paint = bare[..., 0] * (distance <= (1 - pixels).norm(dim=2))  # (N, HW)
    area = (F.one_hot(nearest, palette.shape[1]) * paint.unsqueeze(2)).sum(1)
    return nearest, area / area.sum(1, keepdim=True).clamp(min=1)


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
            "anew with colorrl reward_model"
        ) from fault
    absent = [name for name, p in model.named_parameters() if p.is_meta]
    if absent:  # diffusers only logs it
        raise UserError(f"{path}: the weights lack {absent[0]}, copy the folder again")
    return model.eval().requires_grad_(False)
