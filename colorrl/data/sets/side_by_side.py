"""Pictures that show a colouring on the left and its sketch on the right, such as the 1024 x 512
px of Kaggle's anime-sketch-colorization-pair (train/ and val/)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from colorrl.data.preparation.coloring import under_ink, without_paper
from colorrl.data.preparation.render import on_white
from colorrl.data.preparation.split import split_of
from colorrl.data.sets.listing import digest, given_folder, picture, pictures
from colorrl.data.source import Drawing, Rendering
from colorrl.images.folder import read_rgba

LAYOUT = "pictures twice as wide as high, the colouring left of its sketch"


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The set as a `Source`."""

    folder: Path | str | None

    @property
    def origin(self) -> str:
        return f"side by side {digest(self._root(), self._files().values())}"

    def drawings(self, seed: int, held_out: float) -> list[Drawing]:
        """Every picture, dealt by name; what lies in a folder val or test is the test split."""
        names = list(self._files())
        home = {name: split_of(name, held_out, seed) for name in names}
        own_test = {n for n in names if {"val", "test"} & set(n.split("/")[:-1])}
        if own_test:  # then the rest is train and val
            home = {n: "train" if s == "test" else s for n, s in home.items()}
        return [Drawing(n, n, "test" if n in own_test else home[n]) for n in names]

    def render(self, id: str, size: int) -> Rendering | str:
        """The two halves. Raises ValueError for a picture of another shape."""
        path = picture(self._root(), id)
        both = read_rgba(path)
        height, width = both.shape[:2]
        if abs(width - 2 * height) > 2:
            raise ValueError(f"{path} is {width} x {height} px; data.source must have {LAYOUT}")
        color, sketch = both[:, : width // 2], both[:, width - width // 2 :]
        line = np.asarray(cv2.cvtColor(on_white(sketch), cv2.COLOR_RGB2GRAY), np.uint8)
        fill = under_ink(without_paper(color), line)
        return Rendering(line, np.ascontiguousarray(fill), paints=None, backdrop=True)

    def _root(self) -> Path:
        return given_folder(self.folder, LAYOUT)

    def _files(self) -> dict[str, Path]:
        return pictures(self._root(), LAYOUT)
