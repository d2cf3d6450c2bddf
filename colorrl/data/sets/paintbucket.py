"""PaintBucket-Character (Dai et al., CVPR 2024): rendered frames of 3D characters, in the layout
of github.com/ykdai/BasicPBC, dataset/README.md.

Below train/ and test/, each character has a folder with line/, seg/ and gt/. A segment's number is
R * 65536 + G * 256 + B in seg/NAME.png, 0 for the line; its colour stands in json_color/NAME.json
(train) or seg/NAME.json (test), as {"number": [R, G, B, A]}.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorrl.data.preparation.coloring import under_ink
from colorrl.data.preparation.split import deal_names
from colorrl.data.sets.listing import all_files, digest, given_folder
from colorrl.data.source import Drawing, Pixels, Rendering
from colorrl.images.folder import read_gray, read_rgba
from colorrl.regions.graph import Labels

LAYOUT = "train/PaintBucket_Char/CHARACTER/{line,seg,gt} and test/ alike"
NOWHERE = 2**24  # number of what is transparent in seg

RGBA = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class PaintBucket:
    """The set as a `Source`."""

    folder: Path | str | None

    @property
    def origin(self) -> str:
        return f"PaintBucket-Character {digest(self._root(), all_files(self._root()))}"

    def drawings(self, seed: int, held_out: float) -> list[Drawing]:
        """Every frame. test is the set's own; whole characters of train go to val."""
        frames = self._frames()
        characters = {name: name.rpartition("/")[0] for name in frames}
        own_test = {c for c in characters.values() if "test" in c.split("/")}
        home = dict.fromkeys(own_test, "test")
        train = set(characters.values()) - own_test
        if train:
            home |= deal_names(train, held_out, seed, ["val"])
        return [Drawing(name, name, home[characters[name]]) for name in frames]

    def render(self, id: str, size: int) -> Rendering | str:
        """The frame ``id`` with its segments as regions."""
        character, _, frame = id.rpartition("/")
        home = self._root() / character
        line = read_gray(home / "line" / f"{frame}.png")
        label = read_segments(home / "seg" / f"{frame}.png")
        if label.shape != line.shape:
            raise ValueError(f"{home / 'seg' / frame}.png is not as large as its line art")
        paper = np.where(label > 0, 255, 0).astype(np.uint8)
        colors = _colors(home, frame)
        if colors is None:
            fill = under_ink(read_rgba(home / "gt" / f"{frame}.png"), paper)
            return Rendering(line, fill, paints=None, label=label)
        paints = sorted({c[:3] for c in colors.values() if c[3] > 0})
        fill = under_ink(_painted(label, colors), paper)
        return Rendering(line, fill, tuple(paints), label=label)

    def _root(self) -> Path:
        return given_folder(self.folder, LAYOUT)

    def _frames(self) -> dict[str, Path]:
        """Line art of every frame of a character that has segments, by CHARACTER/FRAME."""
        root = self._root()
        homes = sorted(p.parent for p in root.rglob("line") if (p.parent / "seg").is_dir())
        frames = {
            f"{home.relative_to(root).as_posix()}/{path.stem}": path
            for home in homes
            for path in sorted((home / "line").glob("*.png"))
        }
        if not frames:
            raise FileNotFoundError(f"no character folder in {root}; it must be one with {LAYOUT}")
        return frames


def read_segments(path: Path) -> Labels:
    """(H, W) int32 segment numbers of a PNG, 0 = line, NOWHERE = transparent."""
    rgba = read_rgba(path).astype(np.int32)
    number = rgba[..., 0] * 65536 + rgba[..., 1] * 256 + rgba[..., 2]
    return np.where(rgba[..., 3] > 0, number, NOWHERE).astype(np.int32)


def _colors(home: Path, frame: str) -> dict[int, RGBA] | None:
    """Colour of each segment, None if no file says. Raises ValueError naming a bad file."""
    for path in (home / "json_color" / f"{frame}.json", home / "seg" / f"{frame}.json"):
        if path.is_file():
            try:
                table = json.loads(path.read_text(encoding="utf-8")).items()
                return {int(k): (int(r), int(g), int(b), int(a)) for k, (r, g, b, a) in table}
            except (ValueError, TypeError, AttributeError) as error:
                raise ValueError(
                    f'{path}: not {{"segment": [R, G, B, A]}} ({error}); download it again'
                ) from None
    return None


def _painted(label: Labels, colors: dict[int, RGBA]) -> Pixels:
    """(H, W, 4) each segment in its colour; transparent where none is given."""
    ids, index = np.unique(label, return_inverse=True)
    table = np.array([colors.get(int(i), (255, 255, 255, 0)) for i in ids], np.uint8)
    return table[index].reshape(*label.shape, 4)
