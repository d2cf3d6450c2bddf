"""Inputs of the fuzz suite: files and arrays that people, programs and bad luck make.

An input is a function of (seed, number) alone: its plan says what it is, ``build`` makes it.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from psd_tools import PSDImage

from colorrl.benchmarks.fuzz_drawings import ARRAYS, DRAWINGS, Gray, Random, sprinkled
from colorrl.palette import Palette, write_palette
from colorrl.palette.files import FORMATS
from colorrl.seeding import seed_of

SHARES = {"picture": 0.7, "array": 0.05, "palette": 0.25}
SMALL, LARGE = 256, 3000  # pixels
LARGE_SHARE = 0.05  # of the pictures and arrays
# Formats that hold a mode, under the suffix that a folder of line art has for them
FILES = {
    "L": (("PNG", ".png"), ("JPEG", ".jpg"), ("BMP", ".png"), ("PSD", ".psd")),
    "RGB": (("PNG", ".png"), ("JPEG", ".jpeg"), ("WEBP", ".webp"), ("PSD", ".psd")),
    "RGBA": (("PNG", ".PNG"), ("WEBP", ".webp"), ("ORA", ".ora"), ("PSD", ".psd")),
    "P": (("PNG", ".png"), ("GIF", ".png")),
    "1": (("PNG", ".png"),),
    "I;16": (("PNG", ".png"),),
    "LA": (("PNG", ".png"),),
    "CMYK": (("JPEG", ".jpg"), ("TIFF", ".tif"), ("PSD", ".psd")),
    "F": (("TIFF", ".tiff"), ("TIFF", ".png")),
}
PALETTES = (*FORMATS, ".png", ".jpg", ".webp", ".gif")
NAMES = ("", "빨강", "肌 色", "red", "a\tb", "\ud800", "색" * 300, "#ff0000", "0 0 0")
DAMAGE = {"none": 0.4, "empty": 0.05, "cut": 0.2, "flipped": 0.2, "header": 0.1, "random": 0.05}
ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class Plan:
    """What the input is."""

    what: str  # picture, array or palette
    form: str  # mode of a picture, suffix of a palette, oddity of an array
    content: str  # what is drawn
    damage: str  # what happened to the file afterwards
    size: tuple[int, int]  # width and height in pixels, of pictures and arrays

    @property
    def kind(self) -> str:
        return f"{self.what} {self.form}"

    def __str__(self) -> str:
        width, height = self.size
        return f"{self.kind}, {self.content} {width} x {height}, damage: {self.damage}"


def plan(seed: int, number: int) -> tuple[Plan, Random]:
    """Input ``number`` of the run ``seed``, and the random numbers to build it with."""
    random = np.random.default_rng(seed_of(seed, number))
    what = _one_of(random, SHARES)
    forms = {"picture": tuple(FILES), "array": tuple(ARRAYS), "palette": PALETTES}[what]
    damage = "none" if what == "array" else _one_of(random, DAMAGE)
    form, content = str(random.choice(forms)), str(random.choice(list(DRAWINGS)))
    return Plan(what, form, content, damage, _size(random, what)), random


def build(plan: Plan, random: Random, folder: Path) -> Path | NDArray[np.generic]:
    """The file, made in ``folder``, or the array."""
    if plan.what == "array":
        return ARRAYS[plan.form](np.divide(_drawing(plan, random), 255, dtype=np.float32), random)
    if plan.what == "palette":
        path = folder / f"색표 {plan.form}{plan.form}"
        _write_palette(path, plan, random)
    else:
        form, suffix = FILES[plan.form][random.integers(len(FILES[plan.form]))]
        path = folder / f"그림 {plan.form.replace(';', '')}{suffix}"
        path.write_bytes(
            _encoded(_in_mode(_drawing(plan, random), plan.form, random), form, random)
        )
    path.write_bytes(_damaged(path.read_bytes(), plan.damage, random))
    return path


def _one_of(random: Random, shares: dict[str, float]) -> str:
    return str(random.choice(list(shares), p=list(shares.values())))


def _size(random: Random, what: str) -> tuple[int, int]:
    """Mostly small, now and then a single row, column or pixel."""
    if what != "palette" and random.random() < LARGE_SHARE:
        width, height = np.exp(random.uniform(np.log(SMALL), np.log(LARGE), 2))
    else:
        width, height = random.integers(1, SMALL + 1, 2) ** (random.random(2) > 0.08)
    return int(width), int(height)


def _drawing(plan: Plan, random: Random) -> Gray:
    return DRAWINGS[plan.content](plan.size[::-1], random)


def _in_mode(gray: Gray, mode: str, random: Random) -> Image.Image:
    image = Image.fromarray(gray)
    if mode == "I;16":
        return Image.fromarray(gray.astype(np.uint16) * 257)
    if mode == "F":
        floats = np.divide(gray, 255, dtype=np.float32)
        return Image.fromarray(
            sprinkled(np.nan)(floats, random) if random.random() < 0.3 else floats
        )
    if mode in ("LA", "RGBA"):
        image = image.convert(mode)
        image.putalpha(Image.fromarray(random.permutation(gray.ravel()).reshape(gray.shape)))
    if mode == "P":
        image = image.convert("RGB").quantize(int(random.integers(2, 257)))
        image.info["transparency"] = int(random.integers(256))
    return image if image.mode == mode else image.convert(mode)


def _encoded(image: Image.Image, form: str, random: Random) -> bytes:
    options = {}
    if form in ("PNG", "JPEG", "WEBP") and random.random() < 0.2:
        exif = Image.Exif()
        exif[ORIENTATION] = int(random.integers(0, 12))  # 1 to 8 mean something
        options["exif"] = (
            exif.tobytes() if random.random() < 0.7 else b"Exif\0\0" + random.bytes(20)
        )
    content = io.BytesIO()
    if form == "PSD":
        PSDImage.frompil(image).save(content)
    elif form == "ORA":
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("mimetype", "image/openraster")
            archive.writestr("mergedimage.png", _encoded(image, "PNG", random))
    else:
        image.save(content, form, **options)
    return content.getvalue()


def _write_palette(path: Path, plan: Plan, random: Random) -> None:
    if path.suffix in FORMATS:
        n = int(random.choice([1, 2, 5, 16, 256]))
        names = tuple(str(name) for name in random.choice(NAMES, n))
        write_palette(path, Palette(torch.from_numpy(random.random((n, 3))).float(), names))
    else:
        mode = str(random.choice(["L", "RGB"] if path.suffix == ".jpg" else ["RGB", "RGBA"]))
        _in_mode(_drawing(plan, random), mode, random).save(path)


def _damaged(content: bytes, damage: str, random: Random) -> bytes:
    if damage == "empty":
        return b""
    if damage == "random":
        return random.bytes(int(random.integers(1, 2000)))
    if damage == "cut":
        return content[: random.integers(len(content))]
    reach = {"none": 0, "header": min(64, len(content)), "flipped": len(content)}[damage]
    changed = np.frombuffer(content, np.uint8).copy()
    for place in random.integers(0, reach, random.integers(1, 9)) if reach else ():
        changed[place] = random.choice([changed[place] ^ 1 << random.integers(8), 0, 255])
    return changed.tobytes()
