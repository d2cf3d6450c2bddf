"""The sketches that a reward is audited on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from colorrl.audit.scoring import Scored, joined, score_batch
from colorrl.config.schema.audit import AuditConfig
from colorrl.data.augmentation.augment import recolor, rotate_hue
from colorrl.data.batch import collate
from colorrl.data.load import load_sketches
from colorrl.rewards import cheats, corruptions
from colorrl.rewards.cheats import Cheat, edits
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.spaced import spaced
from colorrl.types import Sketch, SketchBatch

BATCH = 32  # sketches scored together
KEY = 5000
GRAY = 0.1  # of sRGB's range: channels that differ by less are a grey's


@dataclass(frozen=True, slots=True)
class Subjects:
    """The sketches of an audit, in batches on one device, and the reward they are scored by."""

    reward: TotalReward
    batches: Sequence[SketchBatch]
    seed: int

    def __len__(self) -> int:
        return sum(map(len, self.batches))

    @property
    def cheats(self) -> Mapping[str, Cheat]:
        """Those that a generator which the reward is made for can paint."""
        return cheats.FLAT if self.reward.region_exact else cheats.CHEATS

    @property
    def corruptions(self) -> Mapping[str, corruptions.Series]:
        return corruptions.FLAT if self.reward.region_exact else corruptions.CORRUPTIONS

    @property
    def edits(self) -> Mapping[str, edits.Edit]:
        return edits.FLAT if self.reward.region_exact else edits.EDITS

    def color(self, coloring: Cheat, key: int) -> Iterator[Tensor]:
        """``coloring`` of each batch; its randomness is a function of the seed and ``key``."""
        for i, batch in enumerate(self.batches):
            yield coloring(batch, torch.Generator().manual_seed(seed_of(self.seed, key, i)))

    def score(self, coloring: Cheat, key: int) -> Scored:
        """``coloring`` of every sketch, scored."""
        images = self.color(coloring, key)
        parts = [
            score_batch(self.reward, batch, image)
            for batch, image in zip(self.batches, images, strict=True)
        ]
        return joined(parts)


def make_subjects(
    reward: TotalReward, sketches: Sequence[Sketch], seed: int, device: torch.device
) -> Subjects:
    """``sketches`` in batches on ``device``."""
    chunks = (sketches[i : i + BATCH] for i in range(0, len(sketches), BATCH))
    return Subjects(reward, [collate(chunk).to(device) for chunk in chunks], seed)


def load(cfg: AuditConfig) -> list[Sketch]:
    """The splits of ``cfg`` one after the other, then the recoloured copies.

    UserError as ``load_sketches``.
    """
    drawn = [
        sketch
        for split in cfg.split
        for sketch in load_sketches(cfg.data, split, cfg.size, cfg.limit)
    ]
    colored = [sketch for sketch in spaced(drawn, cfg.recoloured) if has_hue(sketch)]
    return drawn + [turned(s, seed_of(cfg.seed, KEY, i)) for i, s in enumerate(colored)]


def has_hue(sketch: Sketch) -> bool:
    """Whether a colour of ``sketch``'s palette is no grey."""
    assert sketch.palette is not None
    return bool((sketch.palette.amax(1) - sketch.palette.amin(1)).amax() > GRAY)


def turned(sketch: Sketch, seed: int) -> Sketch:
    """``sketch`` with all hues turned by one random angle of 30 to 330 degrees; greys stay."""
    assert sketch.palette is not None
    draw = torch.Generator().manual_seed(seed)
    angle = math.radians(30 + 300 * torch.rand((), generator=draw).item())
    copy = recolor(sketch, rotate_hue(sketch.palette, angle))
    return replace(copy, id=f"{sketch.id}, hues turned by {math.degrees(angle):.0f} degrees")
