"""Does the same picture keep its score when its resolution doubles?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from colorrl.audit.finding import Finding
from colorrl.audit.scoring import score_batch
from colorrl.audit.subjects import Subjects
from colorrl.bars import inner_bar
from colorrl.config.schema.audit import BarsConfig
from colorrl.config.schema.words import Spec
from colorrl.data.batch import collate
from colorrl.regions.graph import build
from colorrl.rewards.cheats import Cheat
from colorrl.rewards.cheats.given import flats_of
from colorrl.types import Sketch, SketchBatch

LPIPS = "colorrl.rewards.perceptual.Perceptual"  # sees another picture at another size
KEY = 2000


def without_lpips(reward: Spec) -> Spec:
    """The ``reward`` less its LPIPS terms."""
    terms = {name: t for name, t in reward["terms"].items() if t["_target_"] != LPIPS}
    return {**reward, "terms": terms}


def audit_resolution(subjects: Subjects, sketches: Sequence[Sketch], bars: BarsConfig) -> Finding:
    """Every cheat, made at the audited size, there and with each pixel repeated 2 x 2.

    ``subjects`` holds ``sketches`` and a reward without LPIPS.
    """
    large, left = [], iter(sketches)
    for batch in subjects.batches:
        grown = [doubled(sketch) for sketch in islice(left, len(batch))]
        large.append(collate(grown).to(batch.line.device))
    versions: dict[str, Cheat] = {"truth": lambda sketch, _: flats_of(sketch), **subjects.cheats}
    moved = {
        name: _moved(subjects, large, cheat, key)
        for key, (name, cheat) in enumerate(inner_bar(versions.items(), desc="double"), KEY)
    }
    most = {name: float(by.max()) for name, by in moved.items()}
    return Finding(
        name="resolution",
        title="Twice the resolution",
        note=(
            "How far the total, LPIPS left out, moves when the same picture and the same regions "
            f"have twice the pixels along each side; asked for: {bars.resolution:g} on each."
        ),
        head=["", "mean", "p95", "most"],
        body=[
            [n, *(f"{x:.4f}" for x in (float(by.mean()), float(by.quantile(0.95)), most[n]))]
            for n, by in moved.items()
        ],
        figures={f"{name}/moved": by for name, by in most.items()},
        failures={
            name: f"moves by up to {by:.4f}, not {bars.resolution:g}"
            for name, by in most.items()
            if not by <= bars.resolution
        },
    )


def doubled(sketch: Sketch) -> Sketch:
    """``sketch`` with every pixel repeated 2 x 2 and its regions measured again."""
    regions = build(_repeated(sketch.regions.label).numpy(), sketch.regions.sha)
    layers = {name: getattr(sketch, name) for name in ("line", "flats", "alpha", "fill")}
    grown: dict[str, Any] = {name: _repeated(x) for name, x in layers.items() if x is not None}
    return replace(sketch, regions=regions, **grown)


def _moved(subjects: Subjects, large: Sequence[SketchBatch], coloring: Cheat, key: int) -> Tensor:
    """(M,) how far each sketch's total moves."""
    moved = []
    for i, image in enumerate(subjects.color(coloring, key)):
        small = score_batch(subjects.reward, subjects.batches[i], image)
        big = score_batch(subjects.reward, large[i], _repeated(image))
        moved.append((big.total - small.total).abs())
    return torch.cat(moved)


def _repeated(image: Tensor) -> Tensor:
    return image.repeat_interleave(2, -1).repeat_interleave(2, -2)
