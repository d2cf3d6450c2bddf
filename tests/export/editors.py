"""Reopens PSD and ORA files in the programs that artists use and compares them to the page.

    python -m tests.export.editors FOLDER

FOLDER is what `colorrl colorize export=[regions,psd,ora]` wrote. Needs psd-tools; GIMP and Krita
are asked where they are installed (Debian: gimp, krita, xvfb). Prints a row for each file and
program, and exits with 1 if one does not read back: flats and line exact, the composite within
one level, every name as it was given.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image
from psd_tools import PSDImage

from colorrl.export import regions
from colorrl.export.composite import composite
from colorrl.export.layers import color_layers
from colorrl.export.painted import Painted, Pixels, flats, rgba

# defines (layers FILE FOLDER); GIMP takes no comments in a script that comes by an argument
SCRIPT = Path(__file__).with_name("gimp_layers.scm")
TIMEOUT = 900  # seconds a program may take for one file: a page may have hundreds of layers


@dataclass(frozen=True, slots=True)
class Seen:
    """A layer as a program shows it."""

    name: str
    pixels: Pixels  # (h, w, 4)
    left: int
    top: int
    multiply: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as a program shows it."""

    groups: list[str]
    layers: list[Seen]  # the uppermost first
    composite: Pixels  # (H, W, 3)


@dataclass(frozen=True, slots=True)
class Verdict:
    names: bool
    flats: bool
    line: bool
    composite: int  # largest difference in levels of 255

    @property
    def good(self) -> bool:
        return self.names and self.flats and self.line and self.composite <= 1


def in_psd_tools(file: Path) -> Reading:
    """What psd-tools reads; the composite is rendered from the layers, not the stored picture."""
    psd = PSDImage.open(file)
    # psd.descendants() yields the lowest first
    found = list(psd.descendants())[::-1]
    layers = [
        Seen(x.name, _rgba(x.topil()), x.left, x.top, x.blend_mode.name == "MULTIPLY")
        for x in found
        if not x.is_group()
    ]
    groups = [layer.name for layer in found if layer.is_group()]
    return Reading(groups, layers, _rgba(psd.composite(ignore_preview=True))[..., :3])


def in_gimp(file: Path) -> Reading:
    """What GIMP reads, by its console and a Script-Fu that saves every layer as a PNG."""
    with tempfile.TemporaryDirectory() as folder:
        merged = Path(folder) / "composite.png"
        call = f'(begin {SCRIPT.read_text()} (layers "{file.resolve()}" "{folder}"))'
        _run("gimp-console", "-i", "-d", "-f", "-b", call, "-b", "(gimp-quit 0)", makes=merged)
        groups, layers = [], []
        for row in (Path(folder) / "layers.txt").read_text(encoding="utf-8").splitlines():
            number, left, top, mode, name = row.split("\t")
            picture = Path(folder) / f"{number}.png"
            if picture.exists():
                multiply = int(mode) == 30  # GIMP_LAYER_MODE_MULTIPLY
                layers.append(Seen(name, _read(picture), int(left), int(top), multiply))
            else:
                groups.append(name)
        return Reading(groups, layers, _read(merged)[..., :3])


def in_krita(file: Path) -> Reading:
    """What Krita reads, as it exports it to ORA again."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.ora"
        # without -noreset the display is gone for a moment whenever Krita closes a connection
        display = ("xvfb-run", "-a", "-s", "-noreset")
        _run(*display, "krita", "--export", "--export-filename", str(out), str(file), makes=out)
        with zipfile.ZipFile(out) as archive:
            root = ElementTree.fromstring(archive.read("stack.xml"))
            groups = [g.get("name", "") for g in root.iter("stack") if g is not root[0]]
            layers = [_ora_layer(archive, item) for item in root.iter("layer")]
            merged = _read(io.BytesIO(archive.read("mergedimage.png")))
        return Reading(groups, layers, merged[..., :3])


def _ora_layer(archive: zipfile.ZipFile, item: ElementTree.Element) -> Seen:
    pixels = _read(io.BytesIO(archive.read(item.get("src", ""))))
    left, top = int(item.get("x", 0)), int(item.get("y", 0))
    return Seen(item.get("name", ""), pixels, left, top, item.get("composite-op") == "svg:multiply")


def compare(page: Painted, reading: Reading) -> Verdict:
    """How ``reading`` differs from the ``page`` its file was made from."""
    line, *middle, paper = reading.layers
    expected = {layer.name for layer in color_layers(page)}
    names = (
        (line.name, paper.name, reading.groups)
        == (page.layers.line, page.layers.paper, [page.layers.flats])
        and {layer.name for layer in middle} == expected
        and len(middle) == len(expected)
        and line.multiply
    )
    whole = np.zeros((*page.region_index.shape, 4), np.uint8)
    for layer in reversed(middle):
        _lay(whole, layer)
    drawn = np.zeros_like(whole)
    _lay(drawn, line)
    difference = abs(reading.composite.astype(int) - composite(page)).max()
    return Verdict(names, _same(whole, flats(page)), _same(drawn, rgba(page.line)), int(difference))


def _lay(page: Pixels, layer: Seen) -> None:
    seen = layer.pixels[..., 3] > 0
    height, width = seen.shape
    page[layer.top : layer.top + height, layer.left : layer.left + width][seen] = layer.pixels[seen]


def _same(a: Pixels, b: Pixels) -> bool:
    """Equal but for the colour of what nobody sees."""
    return np.array_equal(np.where(a[..., 3:] > 0, a, 0), np.where(b[..., 3:] > 0, b, 0))


def _rgba(image: Image.Image | None) -> Pixels:
    assert image is not None
    return np.asarray(image.convert("RGBA"))


def _read(file: Path | io.BytesIO) -> Pixels:
    with Image.open(file) as image:
        return _rgba(image)


def _run(*command: str, makes: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    if not makes.exists():  # GIMP exits with 0 after an error in a script
        raise RuntimeError(f"{command[0]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


PROGRAMS: dict[str, tuple[Callable[[Path], Reading], tuple[str, ...]]] = {
    "psd-tools": (in_psd_tools, (".psd",)),
    # GIMP 2.10 opens ORA by a plug-in in Python 2, which Debian 12 does not carry
    "gimp": (in_gimp, (".psd",)),
    "krita": (in_krita, (".psd", ".ora")),
}


def installed() -> list[str]:
    """The programs that are here."""
    needs = {"gimp": ["gimp-console"], "krita": ["krita", "xvfb-run"]}
    return [name for name in PROGRAMS if all(map(shutil.which, needs.get(name, [])))]


def check(page: Painted, stem: Path) -> dict[tuple[str, str], Verdict]:
    """The verdict of each program that is here on each layered file of the page at ``stem``."""
    verdicts = {}
    for program in installed():
        read, endings = PROGRAMS[program]
        for file in (Path(f"{stem}{ending}") for ending in endings):
            if file.exists():
                verdicts[program, file.name] = compare(page, read(file))
    return verdicts


def main(folder: Path) -> int:
    """Print a row for each file and program; 1 if one of them is not as it was written."""
    bad = 0
    for path in sorted(folder.rglob(f"*{regions.JSON}")):
        stem = path.with_name(path.name.removesuffix(regions.JSON))
        for (program, name), verdict in check(regions.read(path), stem).items():
            print(f"{'ok ' if verdict.good else 'BAD'} {program:10} {name}: {verdict}", flush=True)
            bad += not verdict.good
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
