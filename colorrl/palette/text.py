"""Palettes as text: GIMP's .gpl, lines of hex digits (.hex, .txt) and .json.

UTF-8, or UTF-16 with a byte order mark (what Notepad calls Unicode); written as UTF-8.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

import torch

from colorrl.color import parse_hex, to_hex
from colorrl.palette.record import RGB, Entry

# paint.net writes AARRGGBB
HEX_LINE = re.compile(
    r"#?(?P<alpha>[0-9a-f]{2}(?=[0-9a-f]{6}))?(?P<rgb>[0-9a-f]{6}|[0-9a-f]{3})\b(?P<name>.*)",
    re.IGNORECASE,
)
GPL_LINE = re.compile(r"([0-9]+)\s+([0-9]+)\s+([0-9]+)(?:\s+(.*))?")
CLEAR = "00"  # alpha of a transparent entry
CLEAR_GPL = re.compile(r"(?:[0-9]+\s+){3}0+(?:\s|$)")
GPL_HEADER = ("Name:", "Columns:", "Channels:", "#")
JSON_COLOR = ("hex", "color", "colour", "value")  # what programs call it in a list of objects


def read_gpl(content: bytes) -> list[Entry]:
    """GIMP: "R G B name" lines below "GIMP Palette"; R G B A if Aseprite's header says so, where
    what is transparent is left out."""
    first, *lines = _decoded(content).split("\n")
    if not first.startswith("GIMP Palette"):
        raise ValueError("a .gpl file starts with the line 'GIMP Palette'")
    rest = [line.strip() for line in lines]
    rows = [line for line in rest if line and not line.startswith(GPL_HEADER)]
    alpha = "Channels: RGBA" in rest
    return [_gpl_entry(row, alpha) for row in rows if not (alpha and CLEAR_GPL.match(row))]


def read_lines(content: bytes) -> list[Entry]:
    """One colour a line, perhaps with a name after it; ";" starts a comment (paint.net)."""
    entries = []
    for line in filter(None, map(str.strip, _decoded(content).splitlines())):
        if line.startswith((";", "//")):
            continue
        found = HEX_LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"{line[:40]!r} does not start with a colour such as #ff0000")
        if found["alpha"] != CLEAR:
            entries.append((parse_hex(found["rgb"]), found["name"].strip(" \t,=:")))
    return entries


def read_json(content: bytes) -> list[Entry]:
    """A list of colours or of {"name", "hex"}, {"name": colour}, or Lospec's {"colors": [..]}."""
    try:
        found: Any = json.loads(_decoded(content))
    except RecursionError:
        raise ValueError("not a palette: nested too deeply") from None
    if isinstance(found, dict) and isinstance(found.get("colors"), list):
        found = found["colors"]
    if isinstance(found, dict):
        return [(parse_hex(str(color)), name) for name, color in found.items()]
    if isinstance(found, list):
        return [_json_entry(item) for item in found]
    raise ValueError("neither a list of colours nor names with colours")


def write_gpl(entries: list[Entry], title: str) -> bytes:
    rows = [f"GIMP Palette\nName: {title}\nColumns: 0\n#"]
    for color, name in entries:
        r, g, b = (round(255 * c) for c in color)
        rows.append(f"{r:3d} {g:3d} {b:3d}\t{name or 'Untitled'}")
    return ("\n".join(rows) + "\n").encode()


def write_hex(entries: list[Entry], _title: str) -> bytes:
    """Lospec: six digits a line. Names are lost."""
    return "".join(f"{_hex(color)[1:]}\n" for color, _ in entries).encode()


def write_txt(entries: list[Entry], _title: str) -> bytes:
    return "".join(f"{_hex(color)} {name}".rstrip() + "\n" for color, name in entries).encode()


def write_json(entries: list[Entry], _title: str) -> bytes:
    """A list of colours, or of {"name", "hex"} if any of them has a name."""
    named = any(name for _, name in entries)
    content = [{"name": name, "hex": _hex(c)} if named else _hex(c) for c, name in entries]
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _decoded(content: bytes) -> str:
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 or UTF-16 text ({error.reason}); save it as UTF-8") from error


def _gpl_entry(line: str, alpha: bool) -> Entry:
    found = GPL_LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"{line[:40]!r} is no colour: write it as 255 136 0 name")
    *rgb, name = found.groups()
    if any(len(c.lstrip("0")) > 3 or int(c) > 255 for c in rgb):
        raise ValueError(f"{line[:40]!r} is no colour: numbers go up to 255")
    r, g, b = (int(c) / 255 for c in rgb)
    return (r, g, b), _named(name or "", alpha)


def _named(name: str, alpha: bool) -> str:
    """GIMP writes "Untitled" for a colour without a name."""
    name = re.sub(r"^[0-9]+\s*", "", name) if alpha else name
    return "" if name.strip() == "Untitled" else name


def _json_entry(item: object) -> Entry:
    if not isinstance(item, dict):
        return parse_hex(str(item)), ""
    keys = [key for key in JSON_COLOR if key in item]
    if not keys:
        raise ValueError(f"{str(item)[:40]} names no colour: give it a 'hex'")
    return parse_hex(str(item[keys[0]])), str(item.get("name") or "")


def _hex(color: RGB) -> str:
    return to_hex(torch.tensor(color))
