"""The drawings that the small pipeline learns from: line art, flats and prompts, in one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir
from parts import SIZE, TEMPLATE
from torch import Tensor

from colorrl.config.compose import check, conf_dir
from colorrl.data.augmentation.augment import augment
from colorrl.data.batch import collate
from colorrl.data.pairs import load_split
from colorrl.policy.hub.prompt import prompts
from colorrl.seeding import seed_of

SET = Path("datasets/dicebear")
# The first view of a drawing keeps its colours; a third of the others has random ones.
AS_IT_IS = ["augment=flip"]
RECOLORED = ["augment=flip", "augment.rotate_hue=0.3", "augment.invent=0.35", "augment.permute=0.2"]
VIEWS = 4  # of each drawing


@dataclass(frozen=True)
class Pool:
    """P pictures as bytes, and the prompt of each."""

    line: Tensor  # (P, 1, H, W) uint8, 255 = paper
    flats: Tensor  # (P, 3, H, W) uint8 sRGB
    prompt: list[str]

    def __len__(self) -> int:
        return len(self.prompt)

    def white_lines(self, rows: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] of ``rows``: white on black, as `policy=sd_control` gives them."""
        return 1 - self.line[rows].float().expand(-1, 3, -1, -1) / 255

    def pictures(self, rows: Tensor) -> Tensor:
        """(N, 3, H, W) flats of ``rows`` in [-1, 1]."""
        return self.flats[rows].float() / 127.5 - 1


def pool(split: str) -> Pool:
    """``VIEWS`` views of each drawing of ``split``, a function of its name alone."""
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        plain, changed = (
            check("pretrain", compose("pretrain", words)).augment for words in (AS_IT_IS, RECOLORED)
        )
    line, flats, said = [], [], []
    for n, sketch in enumerate(load_split(SET, split, SIZE)):
        views = [augment(sketch, seed_of(n, v), changed if v else plain) for v in range(VIEWS)]
        batch = collate(views)
        line.append((255 * batch.line).round().byte())
        flats.append((255 * batch.flats).round().byte())
        said += prompts(batch, TEMPLATE)
    return Pool(torch.cat(line), torch.cat(flats), said)
