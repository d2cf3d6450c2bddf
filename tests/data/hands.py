"""npm packages of emoji in Iconify's form, small ones."""

import io
import json
import tarfile
from pathlib import Path

from colorrl.data.preparation.manifest import Entry, manifest_text
from colorrl.data.sets.emoji_hand import EmojiHand

HAND, NAMES, SHADED = "@hands/손@1.0.0", "@hands/names@2.0.0", "@hands/shaded@1.0.0"


def rooms(left: str, right: str, shape: str = "") -> str:
    """Two boxes side by side on a page of 64, and ``shape`` over them."""
    return (
        f'<path fill="{left}" d="M4 8h28v48H4z"/><path fill="{right}" d="M32 8h28v48H32z"/>{shape}'
    )


HOUSE = rooms("#d22f27", "#fcea2b")
ICONS = {
    "house": HOUSE,
    "garden": rooms("#5c9e31", "#1e50a0"),
    "cat-face": rooms("#ea5a47", "#b399c8"),
    "flag-of-nowhere": rooms("#d22f27", "#1e50a0"),
    "light-hand": rooms("#fadcbc", "#5c9e31"),
}
CHARS = {
    "1f3e0": "house",
    "1f3e0-fe0f": "house",
    "1f3e1": "garden",
    "1f431": "cat-face",
    "1f1e6-1f1e7": "flag-of-nowhere",
    "270b-1f3fb": "light-hand",
}


def write_package(folder: Path, spec: str, icons: dict[str, str], chars: dict[str, str]) -> Path:
    """The file that npm would write for ``spec``."""
    members = {
        "icons.json": {
            "width": 64,
            "height": 64,
            "icons": {n: {"body": b} for n, b in icons.items()},
            "aliases": {
                "home": {"parent": "house"},
                "drawing-mirrored": {"parent": "house", "hFlip": True},
            },
        },
        "chars.json": chars,
    }
    files = {member: ("", content, "") for member, content in members.items()}
    return write_files(folder, spec, files)


def write_files(folder: Path, spec: str, files: dict[str, tuple[str, object, str]]) -> Path:
    """The file that npm would write for ``spec``: each of JSON, with text before and after it."""
    name, _, version = spec.rpartition("@")
    path = folder / f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
    folder.mkdir(parents=True, exist_ok=True)
    about = {"package.json": ("", {"name": name, "version": version}, "")}
    with tarfile.open(path, "w:gz") as archive:
        for member, (before, content, after) in (about | files).items():
            data = f"{before}{json.dumps(content)}{after}".encode()
            info = tarfile.TarInfo(f"package/{member}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def write_held_out(root: Path, **splits: str) -> Path:
    """OpenMoji's manifest below ``root``, of drawings u1F3E1="val" and so on."""
    entries = [
        Entry(base[1:], base[1:], base[1:], split, 3, ["#000000"], {})
        for base, split in splits.items()
    ]
    path = root / "openmoji" / "manifest.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(manifest_text(entries), encoding="utf-8")
    return path


def hand(root: Path, **changes) -> EmojiHand:
    """The hand HAND below ``root``, with the garden held out, its package packed already."""
    held_out = write_held_out(root, u1F3E0="train", u1F3E1="val")
    packages = root / "꾸러미"
    write_package(packages, HAND, ICONS, CHARS)
    settings = {"package": HAND, "shaded": None, "names": None, "use": "train", "folder": packages,
                "cache": root / "packages", "held_out": held_out}  # fmt: skip
    return EmojiHand(**(settings | changes))
