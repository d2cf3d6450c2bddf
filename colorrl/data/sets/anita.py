"""Anita (Pan, github.com/zhenglinpan/AnitaDataset): hand-drawn animation, a folder a scene.

FILM/SCENE/sketch/0001.png with FILM/SCENE/color/0001.png beside it, if the scene was coloured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from colorrl.data.preparation.coloring import under_ink, without_paper
from colorrl.data.preparation.split import deal_names
from colorrl.data.sets.listing import all_files, digest, given_folder, picture
from colorrl.data.source import Drawing, Rendering
from colorrl.images.folder import find_images, read_gray, read_rgba

LAYOUT = "FILM/SCENE/sketch/0001.png and FILM/SCENE/color/0001.png"


@dataclass(frozen=True, slots=True)
class Anita:
    """The set as a `Source`."""

    folder: Path | str | None

    @property
    def origin(self) -> str:
        return f"Anita {digest(self._root(), all_files(self._root()))}"

    def drawings(self, seed: int, held_out: float) -> list[Drawing]:
        """Every coloured frame; whole films are held out, or scenes if there are few films."""
        names = list(self._pairs())
        films = {name.split("/")[0] for name in names}
        depth = 1 if len(films) > 2 else 2
        unit = {name: "/".join(name.split("/")[:depth]) for name in names}
        home = deal_names(unit.values(), held_out, seed)
        return [Drawing(n, n.rpartition("/")[0], home[unit[n]]) for n in names]

    def render(self, id: str, size: int) -> Rendering | str:
        """A sketch and its colouring, which has lines of its own."""
        scene, _, frame = id.rpartition("/")
        home = self._root() / scene
        line = read_gray(picture(home / "sketch", frame))
        color = read_rgba(picture(home / "color", frame))
        if color.shape[:2] != line.shape:
            return "sketch and colouring differ in size"
        fill = under_ink(without_paper(color), line)
        return Rendering(line, fill, paints=None, backdrop=True)

    def _root(self) -> Path:
        return given_folder(self.folder, LAYOUT)

    def _pairs(self) -> dict[str, Path]:
        """FILM/SCENE/FRAME -> the sketch, of those that have a colouring."""
        root = self._root()
        found = [(p.parent.name, p.parent.parent / p.stem, p) for p in find_images(root)]
        colored = {frame for layer, frame, _ in found if layer == "color"}
        names = {
            frame.relative_to(root).as_posix(): path
            for layer, frame, path in found
            if layer == "sketch" and frame in colored
        }
        if not names:
            raise FileNotFoundError(f"no coloured scene in {root}; it must be one with {LAYOUT}")
        return names
