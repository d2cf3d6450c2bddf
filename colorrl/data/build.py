"""The drawings of a set, screened and rendered in parallel, with their place in a split."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from tqdm import tqdm

from colorrl.config import PrepareConfig, ScreenConfig
from colorrl.data import openmoji
from colorrl.data.manifest import Entry, pixel_sha, write_layers
from colorrl.data.pair import render_pair
from colorrl.data.split import deal
from colorrl.data.twins import signature

# Drawings are chosen and dealt at this size (pixels), whatever size they are wanted in
SCREEN_SIZE = 128


@dataclass(frozen=True, slots=True)
class Found:
    """What a worker tells of one drawing: an entry without its split, or why it was dropped."""

    id: str
    dropped: str | None = None
    signature: np.ndarray | None = None
    palette: tuple[str, ...] = ()
    n_regions: int = 0
    sha256: dict[str, str] = field(default_factory=dict)


def screen(
    paths: Sequence[Path], cfg: PrepareConfig, folder: Path | None
) -> tuple[list[Entry], Counter[str]]:
    """The kept drawings with cluster and split, and how many were dropped for which reason."""
    flags = [p for p in paths if openmoji.is_flag(p.stem)]
    rest = [p for p in paths if not openmoji.is_flag(p.stem)]
    work = partial(_screen_one, screen=cfg.screen, folder=folder)
    found = _parallel(work, rest, cfg.workers, "render")
    dropped = Counter(f.dropped for f in found if f.dropped is not None)
    if flags:
        dropped["flag"] = len(flags)
    kept = [f for f in found if f.dropped is None]
    if not kept:
        return [], dropped
    bases = [openmoji.base_of(f.id) for f in kept]
    signatures = np.stack([f.signature for f in kept if f.signature is not None])
    homes = deal([f.id for f in kept], bases, signatures, cfg.split, cfg.data.seed)
    return [_entry(f, *home) for f, home in zip(kept, homes, strict=True)], dropped


def render_again(
    source: Path, entries: Sequence[Entry], cfg: PrepareConfig, folder: Path
) -> list[Entry]:
    """``entries`` with the hashes and region counts of ``cfg.data.size``."""
    work = partial(_render_one, size=cfg.data.size, screen=None, folder=folder)
    paths = [source / f"{e.id}.svg" for e in entries]
    found = _parallel(work, paths, cfg.workers, f"render at {cfg.data.size} px")
    return [_entry(f, e.cluster, e.split) for f, e in zip(found, entries, strict=True)]


def _screen_one(path: Path, screen: ScreenConfig, folder: Path | None) -> Found:
    return _render_one(path, SCREEN_SIZE, screen, folder)


def _render_one(path: Path, size: int, screen: ScreenConfig | None, folder: Path | None) -> Found:
    pair = render_pair(path, size, screen)
    if isinstance(pair, str):
        return Found(path.stem, dropped=pair)
    if folder is not None:
        write_layers(folder, path.stem, pair.layers)
    return Found(
        path.stem,
        signature=signature(pair.layers["line"]),
        palette=tuple(pair.palette),
        n_regions=pair.n_regions,
        sha256={layer: pixel_sha(pixels) for layer, pixels in pair.layers.items()},
    )


def _entry(found: Found, cluster: str, split: str) -> Entry:
    return Entry(
        id=found.id,
        base=openmoji.base_of(found.id),
        cluster=cluster,
        split=split,
        n_regions=found.n_regions,
        palette=list(found.palette),
        sha256=found.sha256,
    )


def _parallel(
    work: Callable[[Path], Found], paths: Sequence[Path], workers: int, title: str
) -> list[Found]:
    """``work`` of each path, in order, in ``workers`` processes, with a progress bar."""
    bar = partial(tqdm, total=len(paths), desc=title, unit="drawing")
    if workers <= 1:
        return list(bar(map(work, paths)))
    # spawn: a fork of a process whose torch has started threads may hang
    with multiprocessing.get_context("spawn").Pool(workers, _one_thread) as pool:
        return list(bar(pool.imap(work, paths, chunksize=16)))


def _one_thread() -> None:
    """The processes are the parallelism: threads inside them would fight for the same cores."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
