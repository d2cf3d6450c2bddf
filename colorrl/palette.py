"""Named colours: read and written as .gpl, .hex, .txt and .json, and matched by CIEDE2000."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from colorrl.color import delta_e_2000, parse_hex, srgb_to_lab, to_hex

HEX = re.compile(r"#?(?:[0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
# paint.net writes AARRGGBB
HEX_LINE = re.compile(
    r"#?(?:[0-9a-f]{2}(?=[0-9a-f]{6}))?([0-9a-f]{6}|[0-9a-f]{3})\b(.*)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Palette:
    """K colours in their order."""

    colours: Tensor  # (K, 3) float32 sRGB in [0, 1]
    names: tuple[str, ...]  # K names, "" where a colour has none

    def __len__(self) -> int:
        return len(self.names)


def palette_from(value: str | Iterable[str]) -> Palette:
    """A palette from ``#ff0000,#00ff00``, a list of such colours, or the path of a file.

    Raises ValueError for what is neither, FileNotFoundError for a file that is not there.
    """
    parts = value.split(",") if isinstance(value, str) else list(value)
    words = [part.strip() for part in parts if part.strip()]
    if words and all(HEX.fullmatch(word) for word in words):
        return _palette([(word, "") for word in words])
    if isinstance(value, str) and Path(value).suffix.lower() in READERS:
        return read_palette(Path(value))
    raise ValueError(
        f"palette {value!r} is neither colours (#ff0000,#00ff00) nor a file ({', '.join(READERS)})"
    )


def read_palette(path: Path) -> Palette:
    """The palette in ``path``; its suffix names the format.

    Raises FileNotFoundError, or ValueError naming the file for what holds no colours.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path}: not a palette format ({', '.join(READERS)})")
    try:
        palette = _palette(reader(path.read_text(encoding="utf-8-sig")))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text ({error.reason}); save it as UTF-8") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return palette


def write_palette(path: Path, palette: Palette) -> None:
    """``palette`` as a file, complete or absent; its suffix names the format. Raises ValueError."""
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise ValueError(f"{path}: not a palette format ({', '.join(WRITERS)})")
    entries = [(to_hex(c), n) for c, n in zip(palette.colours, palette.names, strict=True)]
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(writer(entries, path.stem), encoding="utf-8")
    os.replace(temporary, path)


def nearest(colours: Tensor, palette: Tensor) -> Tensor:
    """(M,) the index of the entry of ``palette`` (K, 3) nearest by CIEDE2000 to each (M, 3)."""
    lab, entries = srgb_to_lab(colours, -1), srgb_to_lab(palette, -1)
    return delta_e_2000(lab[:, None], entries[None]).argmin(dim=1)


def palette_of(image: Tensor, n_max: int) -> tuple[Tensor, Tensor]:
    """The ``n_max`` most frequent colours (K, 3) of ``image`` (3, H, W) and their shares (K,)."""
    pixels = image.flatten(1).T
    colours, count = pixels.unique(dim=0, return_counts=True)
    order = count.argsort(descending=True, stable=True)[:n_max]
    share = count[order].float()
    return colours[order], share / share.sum()


Entry = tuple[str, str]  # hex and name


def _palette(entries: list[Entry]) -> Palette:
    if not entries:
        raise ValueError("holds no colours")
    colours, names = zip(*entries, strict=True)
    rgb = torch.tensor([parse_hex(c) for c in colours], dtype=torch.float32)
    return Palette(rgb, tuple(names))


def _read_gpl(text: str) -> list[Entry]:
    """GIMP: "R G B name" lines after a header that starts with "GIMP Palette"."""
    if not text.startswith("GIMP Palette"):
        raise ValueError("a .gpl file starts with the line 'GIMP Palette'")
    found = re.findall(r"^[ \t]*(\d+)[ \t]+(\d+)[ \t]+(\d+)(?:[ \t]+(.*))?$", text, re.MULTILINE)
    entries = []
    for *rgb, name in found:
        if max(map(int, rgb)) > 255:
            raise ValueError(f"{' '.join(rgb)} is no colour: numbers go up to 255")
        entries.append(("#" + "".join(f"{int(c):02x}" for c in rgb), _named(name)))
    return entries


def _named(name: str) -> str:
    """GIMP writes "Untitled" for a colour without a name."""
    return "" if name.strip() == "Untitled" else name.strip()


def _read_lines(text: str) -> list[Entry]:
    """One colour a line, perhaps with a name after it; ";" starts a comment (paint.net)."""
    entries = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith((";", "//")):
            continue
        found = HEX_LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"{line[:40]!r} does not start with a colour such as #ff0000")
        entries.append((found[1], found[2].strip(" \t,=:")))
    return entries


def _read_json(text: str) -> list[Entry]:
    """A list of colours, {"name": colour}, or Lospec's {"colors": [..]}."""
    content: Any = json.loads(text)
    if isinstance(content, dict) and isinstance(content.get("colors"), list):
        content = content["colors"]
    if isinstance(content, list):
        return [(str(colour), "") for colour in content]
    if isinstance(content, dict):
        return [(str(colour), name) for name, colour in content.items()]
    raise ValueError("neither a list of colours nor names with colours")


def _write_gpl(entries: list[Entry], title: str) -> str:
    rows = [f"GIMP Palette\nName: {title}\nColumns: 0\n#"]
    for colour, name in entries:
        rgb = bytes.fromhex(colour[1:])
        rows.append(f"{rgb[0]:3d} {rgb[1]:3d} {rgb[2]:3d}\t{name or 'Untitled'}")
    return "\n".join(rows) + "\n"


def _write_json(entries: list[Entry], _title: str) -> str:
    """{"name": colour} if every colour has a name of its own, else a list of colours."""
    named = {name: colour for colour, name in entries if name}
    content = named if len(named) == len(entries) else [colour for colour, _ in entries]
    return json.dumps(content, ensure_ascii=False, indent=1)


def _write_hex(entries: list[Entry], _title: str) -> str:
    """Lospec: six digits a line. Names are lost."""
    return "".join(f"{colour[1:]}\n" for colour, _ in entries)


def _write_txt(entries: list[Entry], _title: str) -> str:
    return "".join(f"{colour} {name}".rstrip() + "\n" for colour, name in entries)


READERS = {".gpl": _read_gpl, ".hex": _read_lines, ".txt": _read_lines, ".json": _read_json}
WRITERS = {".gpl": _write_gpl, ".hex": _write_hex, ".txt": _write_txt, ".json": _write_json}
