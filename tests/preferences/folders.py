"""A folder with rankings, made without a generator."""

from pathlib import Path

import numpy as np
import torch
from torchvision.utils import save_image

from colorrl.preferences.pictures import save_regions
from colorrl.preferences.rankings import Question, write_rankings
from colorrl.regions.segment import segment


def make_folder(folder: Path, n: int, size: int = 32, order=None) -> Path:
    """``n`` questions of three colourings, grey 0, 1/4 and 2/4, on white line art."""
    (folder / "images").mkdir(parents=True)
    questions = []
    for i in range(n):
        files = tuple(f"images/{i:06d}-{k}.png" for k in range(3))
        for k, file in enumerate(files):
            save_image(torch.full((3, size, size), k / 4), folder / file)
        line = f"images/{i:06d}-line.png"
        save_image(torch.ones(1, size, size), folder / line)
        regions = f"images/{i:06d}-regions.png"
        save_regions(segment(np.ones((size, size), np.float32)), folder / regions)
        given = {"palette": ("#ff0000",), "share": (1.0,)}
        order = None if order is None else tuple(order)
        questions.append(Question(f"{i:06d}", "거북이", line, regions, files, order=order, **given))
    write_rankings(folder, questions)
    return folder
