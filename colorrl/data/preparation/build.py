"""The drawings of a set, screened and rendered in parallel, with their place in a split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from colorrl.config.schema.data import PrepareConfig, ScreenConfig
from colorrl.data.preparation.manifest import Entry, pixel_sha, write_layers
from colorrl.data.preparation.pair import make_pair
from colorrl.data.preparation.split import deal
from colorrl.data.preparation.twins import signature
from colorrl.data.source import Drawing, Source
from colorrl.parallel import parallel_map

# Drawings are chosen and dealt at this size (pixels), whatever size they are wanted in
SCREEN_SIZE = 128


@dataclass(frozen=True, slots=True)
class Found:
    """A worker's answer for one drawing: an entry without its split, or why it was dropped."""

    id: str
    dropped: str | None = None
    signature: np.ndarray | None = None
    palette: tuple[str, ...] = ()
    n_regions: int = 0
    sha256: dict[str, str] = field(default_factory=dict)


def screen(
    source: Source, cfg: PrepareConfig, folder: Path | None
) -> tuple[list[Entry], Counter[str]]:
    """The kept drawings with cluster and split, and how many were dropped for which reason."""
    drawings = source.drawings(cfg.data.seed, cfg.split.held_out)
    work = partial(_render_one, source, SCREEN_SIZE, cfg.screen, folder)
    found = parallel_map(work, [d.id for d in drawings], cfg.workers, "render", "drawing", 16)
    dropped = Counter(f.dropped for f in found if f.dropped is not None)
    pairs = [(d, f) for d, f in zip(drawings, found, strict=True) if f.dropped is None]
    homes = _homes(pairs, cfg)
    return [_entry(f, d, *homes[d.id]) for d, f in pairs], dropped


def render_again(
    source: Source, entries: Sequence[Entry], cfg: PrepareConfig, folder: Path
) -> list[Entry]:
    """``entries`` with the hashes and region counts of ``cfg.data.size``."""
    work = partial(_render_one, source, cfg.data.size, None, folder)
    title = f"render at {cfg.data.size} px"
    found = parallel_map(work, [e.id for e in entries], cfg.workers, title, "drawing", 16)
    return [_entry(f, e, e.cluster, e.split) for f, e in zip(found, entries, strict=True)]


def _homes(
    pairs: Sequence[tuple[Drawing, Found]], cfg: PrepareConfig
) -> dict[str, tuple[str, str]]:
    """(cluster, split) of each drawing by id: its own where it has one, else by likeness."""
    homes = {d.id: (d.base, d.split) for d, _ in pairs if d.split is not None}
    loose = [(d, f) for d, f in pairs if d.split is None]
    if loose:
        names, bases = [d.id for d, _ in loose], [d.base for d, _ in loose]
        signatures = np.stack([f.signature for _, f in loose if f.signature is not None])
        dealt = deal(names, bases, signatures, cfg.split, cfg.data.seed)
        homes |= dict(zip(names, dealt, strict=True))
    return homes


def _render_one(
    source: Source, size: int, screen: ScreenConfig | None, folder: Path | None, id: str
) -> Found:
    rendering = source.render(id, size)
    pair = rendering if isinstance(rendering, str) else make_pair(rendering, size, screen)
    if isinstance(pair, str):
        return Found(id, dropped=pair)
    if folder is None:
        sha256 = {layer: pixel_sha(pixels) for layer, pixels in pair.layers.items()}
    else:
        sha256 = write_layers(folder, id, pair.layers)
    return Found(
        id,
        signature=signature(pair.layers["line"]),
        palette=tuple(pair.palette),
        n_regions=pair.n_regions,
        sha256=sha256,
    )


def _entry(found: Found, drawing: Drawing | Entry, cluster: str, split: str) -> Entry:
    return Entry(
        id=found.id,
        base=drawing.base,
        cluster=cluster,
        split=split,
        n_regions=found.n_regions,
        palette=list(found.palette),
        sha256=found.sha256,
        variant_of=drawing.variant_of,
    )
