"""Pages coloured in tests: a generator of hashes, its settings, a run over a folder."""

import numpy as np
import torch
from PIL import Image

from colorrl.export.jobs import find_jobs
from colorrl.pages.colorize_folder import colorize_jobs
from colorrl.pages.settings import Settings
from tests.export.pages import LAYERS
from tests.regions.drawings import draw

SETTINGS = Settings(
    generator="tests",
    seed=0,
    n_steps=None,
    palette=None,
    only_palette=False,
    colour_background=False,
    line_layer=None,
    trap=None,
    layers=LAYERS,
)


CALLS = 2  # of the generator for a page: for its sample and for those that vote on it


class HashGenerator:
    """Colours every region by its seed and id, with a little noise on each pixel."""

    size = 32
    calls = 0

    def sample(self, sketch, seeds, n_steps=None):
        self.calls += 1
        noise = torch.Generator().manual_seed(int(seeds[0]) % 2**31)
        colors = torch.rand(len(seeds), 3, sketch.regions.n_slots, generator=noise)
        region_index = sketch.regions.region_index.flatten(1)[:, None].expand(-1, 3, -1)
        image = colors.gather(2, region_index).unflatten(2, (self.size, self.size))
        return (image + 0.01 * torch.randn(image.shape, generator=noise)).clamp(0, 1)


def run(source, output, settings=SETTINGS, generator=None, **options):
    options = {"overwrite": False, "device": torch.device("cpu")} | options
    options = {"kinds": ["flats", "composite"]} | options
    jobs = find_jobs(source, output)
    return colorize_jobs(jobs, generator or HashGenerator(), settings, **options)


def save(path, line=None, mode="L"):
    line = draw("face", 96, 3) if line is None else line
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rint(line * 255).astype(np.uint8)).convert(mode).save(path)
    return path


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def on_paper(path):
    """Flats (H, W, 3) on white: paper is see-through white."""
    flat = pixels(path)
    assert (flat[flat[..., 3] == 0][:, :3] == 255).all() and np.isin(flat[..., 3], (0, 255)).all()
    return flat[..., :3]


def snapshot(folder):
    return {p: p.read_bytes() for p in folder.rglob("*.png")}


def four_sketches(source):
    """The folder ``source`` with four sketches of several sizes, modes and formats."""
    save(source / "얼굴.png")
    save(source / "ep(1)" / "wide.png", draw("star", 120, 3)[20:90], "RGBA")
    save(source / "ep(1)" / "photo.jpg", draw("nested", 100, 4), "RGB")
    save(source / "web.webp", draw("circle in a square", 64, 2), "RGB")
    return source
