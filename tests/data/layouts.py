"""Small sets in the on-disk forms that the adapters read, made of the scenes of conftest."""

import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tests.conftest import SCENES, draw

SIZE = 96
NAMES = [*SCENES, *(f"{name} 2" for name in SCENES)]


class Shown:
    """A scene as arrays: line (H, W), colours (H, W, 4) and label (H, W)."""

    def __init__(self, name: str) -> None:
        sketch = draw(name.removesuffix(" 2"), SIZE)
        self.line = (sketch.line[0].numpy() * 255).astype(np.uint8)
        self.label = sketch.regions.label.numpy()
        rgb = (sketch.flats.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
        alpha = (sketch.alpha[0].numpy() * 255).astype(np.uint8)
        self.colors = np.dstack([rgb, alpha])
        if name.endswith(" 2"):  # another drawing: mirrored, lower
            self.line, self.label, self.colors = (
                np.roll(x[:, ::-1], 3, 0) for x in (self.line, self.label, self.colors)
            )

    def opaque(self) -> np.ndarray:
        """(H, W, 3) its colours on white, lines drawn over them."""
        alpha = self.colors[..., 3:] / 255
        page = self.colors[..., :3] * alpha + 255 * (1 - alpha)
        return (page * (self.line[..., None] / 255)).round().astype(np.uint8)


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def paintbucket(root: Path) -> Path:
    """Four characters of train with json_color, one of test with seg/NAME.json, one real clip."""
    for i, name in enumerate(NAMES[:6]):
        real, test = i == 5, i >= 4
        home = root / ("test" if test else "train")
        home = home / ("PaintBucket_Real" if real else "PaintBucket_Char") / f"캐릭터{i}"
        scene = Shown(name)
        ink = np.where(scene.line < 128, 255, 0).astype(np.uint8)
        save(home / "line" / "0000.png", np.dstack([np.zeros((*ink.shape, 3), np.uint8), ink]))
        number = scene.label * 300  # over 255: green counts 256
        save(
            home / "seg" / "0000.png",
            np.dstack([number >> 16, number >> 8 & 255, number & 255]).astype(np.uint8),
        )
        save(home / "gt" / "0000.png", scene.colors)
        if not real:
            path = home / ("seg" if test else "json_color") / "0000.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(_color_table(scene, number)))
    return root


def _color_table(scene: Shown, number: np.ndarray) -> dict[str, list[int]]:
    """Segment -> RGBA as the set writes it: nothing for the line, zeros for the background."""
    table = {}
    for n in np.unique(number[number > 0]):
        rgba = scene.colors[number == n][0]
        table[str(n)] = [0, 0, 0, 0] if rgba[3] == 0 else rgba.tolist()
    return table


def anita(root: Path) -> Path:
    """Five films of two scenes; one more scene has sketches alone."""
    for i, name in enumerate(NAMES):
        scene, home = Shown(name), root / f"Film_{i // 2}" / f"scene_{i % 2}"
        for frame in ("0001", "0002"):
            save(home / "sketch" / f"{frame}.png", scene.line)
            save(home / "color" / f"{frame}.png", scene.colors)
            save(home / "composition" / f"{frame}.png", scene.opaque())
    save(root / "Film_0" / "scene_9" / "sketch" / "0001.png", scene.line)
    return root


def animerun(root: Path) -> Path:
    """Eight scenes of train and two of test, of wide frames; colours in original/ or color_1/."""
    for i, name in enumerate(NAMES):
        split, shown = ("test" if i >= 8 else "train"), f"scene{i}"
        scene, wide = Shown(name), (SIZE // 2, SIZE)
        line, frame, label = (x[: wide[0]] for x in (scene.line, scene.opaque(), scene.label))
        version = "original" if i % 2 else "color_1"
        for number in (7, 8):
            save(root / split / "contour" / shown / f"{number:04d}.png", line)
            save(root / split / "Frame_Anime" / shown / version / f"{number:04d}.png", frame)
            path = root / split / "Segment" / shown / f"{number:04d}.npy"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, label.astype(np.int64))
    return root


def side_by_side(root: Path) -> Path:
    for i, name in enumerate(NAMES):
        scene = Shown(name)
        pair = np.hstack([scene.opaque(), np.repeat(scene.line[..., None], 3, 2)])
        save(root / ("val" if i >= 8 else "train") / f"{i}.png", pair)
    return root


def line_art(root: Path, colors: Path | None = None) -> Path:
    """Line art of several sizes and modes below folders with Korean and Japanese names."""
    for i, name in enumerate(NAMES):
        scene, folder = Shown(name), ("스케치", "線画")[i % 2]
        scale = 1 + i % 3
        line = cv2.resize(scene.line, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
        save(root / folder / f"{name} [{i}].png", line)
        if colors is not None:
            shown = cv2.resize(
                scene.opaque(), None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST
            )
            save(colors / folder / f"{name} [{i}].png", shown)
    return root
