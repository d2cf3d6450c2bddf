"""Questions made from a generator: colourings of the same sketch to be ranked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torchvision.utils import save_image
from tqdm import tqdm

from colorrl.color import to_hex
from colorrl.data.batch import collate
from colorrl.policy.pipeline import FlatColorPipeline
from colorrl.preferences.pictures import save_regions
from colorrl.preferences.rankings import Question, write_rankings
from colorrl.seeding import seed_of
from colorrl.types import Sketch

CHUNK = 32  # sketches sampled at a time


def make_questions(
    folder: Path,
    generator: FlatColorPipeline,
    sketches: Sequence[Sketch],
    candidates: int,
    seed: int,
    n_palette: int,
) -> None:
    """Write a question of ``candidates`` colourings for each of ``sketches`` to ``folder``.

    Colouring k of question i is a function of (seed, i, k), so its place says nothing. The
    list is written last: a folder that has one is whole.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    questions: list[Question] = []
    starts = range(0, len(sketches), CHUNK)
    for first in tqdm(starts, desc="colour", unit=f"{CHUNK} sketches"):
        chunk = sketches[first : first + CHUNK]
        batch = collate(chunk, n_palette=n_palette).to(generator.device)
        places = range(first, first + len(chunk))
        seeds = [seed_of(seed, 14, i, k) for i in places for k in range(candidates)]
        images = generator.sample(batch.repeat(candidates), torch.tensor(seeds)).cpu()
        groups = images.unflatten(0, (len(chunk), candidates))
        questions += [
            _saved(folder, i, sketch, group)
            for i, sketch, group in zip(places, chunk, groups, strict=True)
        ]
    write_rankings(folder, questions)


def _saved(folder: Path, i: int, sketch: Sketch, colourings: Tensor) -> Question:
    name = f"{i:06d}"
    files = tuple(f"images/{name}-{k}.png" for k in range(len(colourings)))
    for file, picture in zip(files, colourings, strict=True):
        save_image(picture, folder / file)
    line = f"images/{name}-line.png"
    save_image(sketch.line, folder / line)
    regions = f"images/{name}-regions.png"
    save_regions(sketch.regions, folder / regions)
    given = [] if sketch.palette is None or sketch.share is None else _palette(sketch)
    return Question(
        id=name,
        sketch=sketch.id,
        line=line,
        regions=regions,
        colourings=files,
        palette=tuple(color for color, _ in given),
        share=tuple(share for _, share in given),
    )


def _palette(sketch: Sketch) -> list[tuple[str, float]]:
    assert sketch.palette is not None and sketch.share is not None
    pairs = zip(sketch.palette, sketch.share.tolist(), strict=True)
    return [(to_hex(color), round(share, 6)) for color, share in pairs if share > 0]
