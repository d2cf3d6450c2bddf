"""A person's own folder of line art, with a folder of colourings beside it or without."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from colorrl.data.preparation.coloring import under_ink, without_paper
from colorrl.data.sets.listing import digest, given_folder, picture, pictures
from colorrl.data.source import Drawing, Rendering
from colorrl.images.folder import read_gray, read_rgba

LAYOUT = "line art (PNG, JPEG, WebP), in folders of its own or not"


@dataclass(frozen=True, slots=True)
class LineFolder:
    """The set as a `Source`: line art of ``folder``; colourings of the same names in ``colours``.

    Without ``colours`` the sketches have no flats: nothing that needs them can use the set.
    """

    folder: Path | str | None
    colours: Path | str | None

    @property
    def origin(self) -> str:
        origin = f"line art {digest(self._root(), self._lines().values())}"
        if self.colours is None:
            return origin
        return f"{origin} colours {digest(Path(self.colours), self._colored().values())}"

    def drawings(self, seed: int, held_out: float) -> list[Drawing]:
        """Every line art, to be dealt by likeness. Raises ValueError if one has no colouring."""
        lines = self._lines()
        if self.colours is not None:
            missing = sorted(lines.keys() - self._colored().keys())
            if missing:
                raise ValueError(
                    f"{len(missing)} line arts have no colouring in {self.colours}, such as "
                    f"{missing[0]}: give it the same name there"
                )
        return [Drawing(name, name) for name in lines]

    def render(self, id: str, size: int) -> Rendering | str:
        """A line art and its colouring, if there is one."""
        line = read_gray(picture(self._root(), id))
        if self.colours is None:
            return Rendering(line, fill=None, paints=None)
        color = read_rgba(picture(Path(self.colours), id))
        if color.shape[:2] != line.shape:
            return "line art and colouring differ in size"
        fill = under_ink(without_paper(color), line)
        return Rendering(line, fill, paints=None, backdrop=True)

    def _root(self) -> Path:
        return given_folder(self.folder, LAYOUT)

    def _lines(self) -> dict[str, Path]:
        return pictures(self._root(), LAYOUT)

    def _colored(self) -> dict[str, Path]:
        return pictures(given_folder(self.colours, LAYOUT), LAYOUT)
