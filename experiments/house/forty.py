"""Forty finished pages as a studio has them: side-by-side PNGs of a prepared set's train drawings.

    python experiments/house/forty.py SET FOLDER [N [SPLIT]]

SET is a folder of prepared pictures such as datasets/twemoji/pixels/64, FOLDER takes the pages: the
coloured drawing on the left, its line art on the right.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from colorrl.data.preparation.manifest import read_manifest
from colorrl.spaced import spaced


def main(prepared: Path, folder: Path, n: int = 40, split: str = "train") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    entries = [e for e in read_manifest(prepared / "manifest.jsonl") if e.split == split]
    for entry in spaced(entries, n):
        flats = np.asarray(Image.open(prepared / "flats" / f"{entry.id}.png").convert("RGBA"))
        line = np.asarray(Image.open(prepared / "line" / f"{entry.id}.png").convert("L"))
        alpha = flats[..., 3:] / 255
        white = flats[..., :3] * alpha + 255 * (1 - alpha)
        inked = white * (line[..., None] / 255)
        page = np.concatenate([inked, np.repeat(line[..., None], 3, 2)], 1)
        Image.fromarray(page.round().astype(np.uint8)).save(folder / f"{entry.id}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:4]), *sys.argv[4:])
