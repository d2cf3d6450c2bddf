"""Files as pieces under 15 MB with their hashes, and back, for machines that files reach by size.

    python experiments/gpu/pieces.py split STEM PATH ...   # STEM.000 STEM.001 ... and STEM.sha256
    python experiments/gpu/pieces.py join STEM             # checks all, then writes the PATHs

The pieces put together are a tar archive, packed by xz if STEM ends in .xz.
"""

import hashlib
import io
import sys
import tarfile
from pathlib import Path

PIECE = 14 * 2**20  # bytes


class Writer(io.RawIOBase):
    """A file that is written as pieces."""

    def __init__(self, stem: Path) -> None:
        for old in [*pieces(stem), listing(stem)]:
            old.unlink(missing_ok=True)
        stem.parent.mkdir(parents=True, exist_ok=True)
        self.stem, self.left, self.written, self.file = stem, 0, 0, None

    def write(self, data) -> int:
        rest = memoryview(data)
        while rest:
            if self.left == 0:
                self._next()
            head, rest = rest[: self.left], rest[self.left :]
            self.file.write(head)
            self.left -= len(head)
        return len(data)

    def close(self) -> None:
        if self.file:
            self.file.close()
        super().close()

    def _next(self) -> None:
        if self.file:
            self.file.close()
        self.file = open(f"{self.stem}.{self.written:03d}", "wb")
        self.left, self.written = PIECE, self.written + 1


def pieces(stem: Path) -> list[Path]:
    return sorted(stem.parent.glob(f"{stem.name}.[0-9][0-9][0-9]"))


def listing(stem: Path) -> Path:
    return stem.with_name(f"{stem.name}.sha256")


def split(stem: Path, paths: list[str]) -> None:
    """``paths``, relative to the working folder, as pieces."""
    with Writer(stem) as out, tarfile.open(fileobj=out, mode=f"w|{kind(stem)}") as tar:
        for path in paths:
            tar.add(path)
    lines = [f"{sha(piece)}  {piece.name}\n" for piece in pieces(stem)]
    listing(stem).write_text("".join(lines), encoding="utf-8")


def join(stem: Path) -> None:
    """The files of ``stem``'s pieces, below the working folder. Exits naming a piece amiss."""
    listed = [line.split("  ") for line in listing(stem).read_text("utf-8").splitlines()]
    whole = [stem.with_name(name) for _, name in listed]
    for (expected, _), piece in zip(listed, whole, strict=True):
        if not piece.is_file() or sha(piece) != expected:
            sys.exit(f"error: {piece} is missing or damaged: bring it again")
    with Reader(whole) as source, tarfile.open(fileobj=source, mode=f"r|{kind(stem)}") as tar:
        tar.extractall(".", filter="data")


class Reader(io.RawIOBase):
    """Pieces read as one file."""

    def __init__(self, files: list[Path]) -> None:
        self.files, self.file = list(files), io.BytesIO()

    def read(self, size: int = -1) -> bytes:
        found = self.file.read(size)
        while not found and self.files:
            self.file.close()
            self.file = open(self.files.pop(0), "rb")
            found = self.file.read(size)
        return found


def kind(stem: Path) -> str:
    return "xz" if stem.suffix == ".xz" else ""


def sha(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    verb, stem, *paths = sys.argv[1:]
    {"split": split, "join": lambda stem, _: join(stem)}[verb](Path(stem), paths)
