"""G'MIC's smart colouring (Fourey et al. 2018): what the program does without strokes of a person.

It then gives each area it finds a random colour. As a baseline its areas are what counts: each of
its colours gives way to the palette's nearest.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from colorrl.types import SketchBatch

# its arguments of fx_colorize_lineart_smart: random colours, its own defaults otherwise
SMART = "0,95,0,0,1,24,200,0,75,2,60,20,90,1,10,1,0"
GROWN = 4  # times: at 64 px its defaults, made for pages, take whole drawings for one area


def gmic_smart(sketch: SketchBatch, _: Generator) -> Tensor:
    """Flats (N, 3, H, W): its random colours, or the given palette's nearest; the background paper.

    Raises FileNotFoundError without the program ``gmic``.
    """
    images = torch.stack([_picture(sketch, n) for n in range(len(sketch))])
    outside = sketch.regions.region_index == sketch.regions.background.view(-1, 1, 1)
    return torch.where(outside[:, None], 1.0, images.to(sketch.line.device))


def _picture(sketch: SketchBatch, n: int) -> Tensor:
    line = sketch.line[n, 0].cpu().numpy()
    large = cv2.resize(line, None, fx=GROWN, fy=GROWN, interpolation=cv2.INTER_CUBIC)
    color = smart_colors(large.clip(0, 1))[GROWN // 2 :: GROWN, GROWN // 2 :: GROWN, ::-1]
    image = torch.from_numpy(color.astype(np.float32) / 255).clamp(0, 1)  # (H, W, 3)
    if sketch.palette is not None and sketch.share is not None and sketch.share[n].any():
        palette = sketch.palette[n][sketch.share[n] > 0].cpu()
        image = palette[torch.cdist(image, palette).argmin(2)]
    return image.permute(2, 0, 1)


def smart_colors(line: NDArray[np.float32]) -> NDArray[np.uint16]:
    """(H, W, 3) blue, green, red of ``line`` (H, W) in [0, 1]; light ones exceed 255.

    Raises FileNotFoundError without the program ``gmic``.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "line.png", Path(folder) / "colours.png"
        cv2.imwrite(str(source), np.rint(line * 255).astype(np.uint8))
        command = ["gmic", "-v", "-1", str(source), "to_rgb", "fx_colorize_lineart_smart"]
        subprocess.run(
            [*command, SMART, "k[1]", "round", "o", str(made)],
            check=True,
            capture_output=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        # 16 bits: see above
        return np.asarray(cv2.imread(str(made), cv2.IMREAD_UNCHANGED), dtype=np.uint16)
