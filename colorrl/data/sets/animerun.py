"""AnimeRun (Li et al., NeurIPS 2022): frames of 3D films as cartoons, in the layout of
github.com/lisiyao21/AnimeRun, README.md and segmat/datasets.

train/ and test/ have contour/SCENE/*.png, Frame_Anime/SCENE/original/*.png and Segment/SCENE/*.npy
(integers (H, W)), matched by their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorrl.data.preparation.coloring import under_ink
from colorrl.data.preparation.split import deal_names
from colorrl.data.sets.listing import all_files, digest, given_folder, same_numbers
from colorrl.data.source import Drawing, Pixels, Rendering
from colorrl.images.folder import read_gray, read_rgba
from colorrl.regions.graph import Labels

LAYOUT = "{train,test}/{contour,Frame_Anime,Segment}/SCENE"
INK = 128  # of 255, darker is line


@dataclass(frozen=True, slots=True)
class AnimeRun:
    """The set as a `Source`."""

    folder: Path | str | None

    @property
    def origin(self) -> str:
        return f"AnimeRun {digest(self._root(), all_files(self._root()))}"

    def drawings(self, seed: int, held_out: float) -> list[Drawing]:
        """Every frame. test is the set's own; whole scenes of train go to val.

        Raises ValueError for a scene whose folders differ in their number of frames.
        """
        root, scenes = self._root(), self._scenes()
        names = {scene: f"{_split(root, scene)}/{scene.name}" for scene in scenes}
        train = [name for name in names.values() if name.startswith("train/")]
        home = deal_names(train, held_out, seed, ["val"]) if train else {}
        found = []
        for scene, name in names.items():
            n = len(_files(scene, "png"))
            folders = [scene, _frames(scene), _segments(scene)]
            same_numbers(folders, [_files(f, "npy" if f == folders[2] else "png") for f in folders])
            split = home.get(name, "test")
            found += [Drawing(f"{name}/{i:04d}", name, split) for i in range(n)]
        return found

    def render(self, id: str, size: int) -> Rendering | str:
        """A contour, its frame, and its segments less the contour as regions."""
        split, scene, number = id.split("/")
        contour = self._root() / split / "contour" / scene
        i = int(number)
        line = _dark_on_light(read_gray(_files(contour, "png")[i]))
        frame = read_rgba(_files(_frames(contour), "png")[i])
        path = _files(_segments(contour), "npy")[i]
        segment = read_segments(path)
        if not line.shape == segment.shape == frame.shape[:2]:
            raise ValueError(f"{path} is not as large as its contour and frame")
        label = np.where(line < INK, 0, segment - segment.min() + 1).astype(np.int32)
        return Rendering(line, under_ink(frame, line), paints=None, label=label, backdrop=True)

    def _root(self) -> Path:
        return given_folder(self.folder, LAYOUT)

    def _scenes(self) -> list[Path]:
        root = self._root()
        found = [p for s in ("train", "test") for p in sorted((root / s / "contour").glob("*/"))]
        if not found:
            raise FileNotFoundError(f"no scene in {root}; it must be one with {LAYOUT}")
        return found


def read_segments(path: Path) -> Labels:
    """(H, W) int32 of a .npy file. Raises ValueError naming one that holds anything else."""
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: no array can be read ({error}); download it again") from None
    if array.ndim != 2 or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{path}: {array.dtype} {array.shape} are no segment numbers (H, W)")
    return array.astype(np.int32)


def _split(root: Path, scene: Path) -> str:
    return scene.relative_to(root).parts[0]


def _segments(contour: Path) -> Path:
    return contour.parent.parent / "Segment" / contour.name


def _frames(contour: Path) -> Path:
    """Where a scene's frames are: version 1 has original/, version 2 one folder a colouring."""
    home = contour.parent.parent / "Frame_Anime" / contour.name
    inside = sorted(home.glob("*/"))
    return home / "original" if (home / "original").is_dir() else inside[0] if inside else home


def _files(folder: Path, ending: str) -> list[Path]:
    return sorted(folder.glob(f"*.{ending}"))


def _dark_on_light(line: Pixels) -> Pixels:
    return line if line.mean() > 127 else 255 - line
