"""`colorrl prepare`: render a data set into pairs of line art and flats, and split it.

Steps: render every drawing at SCREEN_SIZE and drop the bad pairs, cluster the rest by base glyph
and by likeness, deal the clusters to the splits (but for sets that say where a drawing goes), and
(at another data.size) render the kept ones again. Which drawings are kept and where they go is
therefore the same at every size.

A set is written beside its place and moved there when it is complete: a killed run leaves
nothing that is believed. A second run checks the hashes and changes nothing.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from tqdm import tqdm

from colorrl.config.schema.data import DataConfig, PrepareConfig
from colorrl.data.load import FEW, few
from colorrl.data.preparation.build import SCREEN_SIZE, render_again, screen
from colorrl.data.preparation.demo import write_demo
from colorrl.data.preparation.manifest import (
    LAYERS,
    SPLITS,
    Entry,
    is_whole,
    manifest_text,
    read_manifest,
    write_text,
)
from colorrl.data.sets.openmoji import svg_folder
from colorrl.data.source import Source
from colorrl.errors import UserError
from colorrl.regions.segment import VERSION as REGIONS_VERSION

# raise when the same drawing and settings give other pixels or other splits
VERSION = 1
SIZES = (32, 1024)


def main(cfg: PrepareConfig) -> None:
    """Prepare ``cfg.data``; says what was kept, what was dropped and why."""
    if cfg.data.reader is None:
        sets = " and ".join(f"colorrl prepare data={name}" for name in cfg.data.sets)
        raise UserError(f"data={cfg.data.name} is made of other sets: {sets}")
    if cfg.data.source is not None and "folder" not in cfg.data.reader:
        raise UserError(f"data={cfg.data.name} comes without files: leave data.source away")
    if cfg.demo is not None and cfg.data.name != "openmoji":
        raise UserError(f"demo={cfg.demo} takes drawings of data=openmoji, not {cfg.data.name}")
    if not SIZES[0] <= cfg.data.size <= SIZES[1]:
        raise UserError(f"data.size={cfg.data.size} is not within {SIZES[0]} .. {SIZES[1]} px")
    try:
        home = prepare(instantiate(cfg.data.reader, _convert_="all"), cfg)
        if cfg.demo is not None:
            write_demo(cfg.demo, svg_folder(), read_manifest(home / "manifest.jsonl"))
    except (OSError, ValueError) as error:
        raise UserError(str(error)) from error


def prepare(source: Source, cfg: PrepareConfig) -> Path:
    """Prepare the drawings of ``source``; returns the folder pixels/SIZE of the set."""
    root = cfg.data.root / cfg.data.name
    home = root / "pixels" / str(cfg.data.size)
    settings = _settings(source, cfg)
    if not cfg.force and _is_current(home, settings, root):
        _remove_old(home)
        print(f"unchanged: {home}")
        return home
    part = _empty_part(home)
    tracked, entries, dropped = _render(source, cfg, part)
    meta = settings | {"kept": len(entries), "dropped": dict(sorted(dropped.items()))}
    write_text(part / "manifest.jsonl", manifest_text(entries))
    write_text(part / "meta.json", json.dumps(meta, indent=2, ensure_ascii=False) + "\n")
    # first the tracked manifest: a run killed in between leaves pixels of other settings, or none
    write_text(root / "manifest.jsonl", manifest_text(tracked))
    _move_into_place(part, home)
    print(summary(entries, dropped, home))
    if "folder" in (cfg.data.reader or {}) and entries[0].palette:
        print(advice(entries, cfg.data))
    return home


def _render(
    source: Source, cfg: PrepareConfig, part: Path
) -> tuple[list[Entry], list[Entry], Counter[str]]:
    """Fill ``part``; entries at SCREEN_SIZE, entries at ``cfg.data.size``, drop counts."""
    at_size = cfg.data.size == SCREEN_SIZE
    screened, dropped = screen(source, cfg, part if at_size else None)
    if not screened:
        raise ValueError(f"no drawing of {source.origin} makes a pair: {dict(dropped)}")
    entries = screened if at_size else render_again(source, screened, cfg, part)
    return screened, entries, dropped


def _empty_part(home: Path) -> Path:
    """An empty folder beside ``home``, whatever a killed run left there."""
    part = home.with_name(f".{home.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    for layer in LAYERS:
        (part / layer).mkdir(parents=True)
    return part


def summary(entries: Sequence[Entry], dropped: Counter[str], home: Path) -> str:
    """What was kept and dropped, for people."""
    lines = [f"{home}: {len(entries)} pairs of {len({e.base for e in entries})} bases"]
    for split in SPLITS:
        there = [e for e in entries if e.split == split]
        n_bases, n_clusters = len({e.base for e in there}), len({e.cluster for e in there})
        lines.append(f"  {split}: {len(there)} pairs, {n_bases} bases, {n_clusters} clusters")
    lines += [f"  dropped {n}: {reason}" for reason, n in dropped.most_common()]
    return "\n".join(lines)


def advice(entries: Sequence[Entry], data: DataConfig) -> str:
    """What to do with pairs of one's own: the next command, and whether gains will show."""
    counts = Counter(e.split for e in entries)
    small = [few(counts[s], s) for s in ("val", "test") if counts[s] < FEW]
    kind = "folder" if "colours" in (data.reader or {}) else "side_by_side"
    named = "" if data.name == kind else f" data.name={data.name}"
    command = f"colorrl pretrain recipe=house data={kind}{named}"
    return "\n".join(
        [*(f"  note: {line}" for line in small), f"next, to learn this style: {command}"]
    )


def _settings(source: Source, cfg: PrepareConfig) -> dict[str, Any]:
    """What decides the pixels and the split."""
    return {
        "source": source.origin,
        "version": VERSION,
        "regions": REGIONS_VERSION,
        "size": cfg.data.size,
        "seed": cfg.data.seed,
        "screen": dataclasses.asdict(cfg.screen),
        "split": dataclasses.asdict(cfg.split),
    }


def _is_current(home: Path, settings: dict[str, Any], root: Path) -> bool:
    """Whether ``home`` was made with ``settings`` and every file in it is as it was written."""
    try:
        meta = json.loads((home / "meta.json").read_text(encoding="utf-8"))
        entries = read_manifest(home / "manifest.jsonl")
        tracked = (root / "manifest.jsonl").is_file()
    except (OSError, ValueError):
        return False
    same = all(meta.get(key) == value for key, value in settings.items())
    whole = same and meta.get("kept") == len(entries) and tracked
    return whole and all(is_whole(home, e) for e in tqdm(entries, desc="check", unit="drawing"))


def _move_into_place(part: Path, home: Path) -> None:
    old = home.with_name(f".{home.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if home.exists():
        home.rename(old)
    part.rename(home)
    _remove_old(home)


def _remove_old(home: Path) -> None:
    """What ``home`` was before, which a killed run may have left beside it."""
    if home.exists():
        shutil.rmtree(home.with_name(f".{home.name}.old"), ignore_errors=True)
