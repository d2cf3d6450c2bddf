"""The sets at 256 px, wheels and LPIPS as pieces: python experiments/gpu/pack.py SET ...

Of a set go along what load_split asks for: its manifest and the caches of train at 256 px, of val and
test at the sizes of `base`, `small` and `tiny`.
"""

import sys
from pathlib import Path

from pieces import pieces, split

from colorrl.data.pairs import load_split

WORK = Path("runs/gpu")
SIZE, SMALLER = 256, (128, 64)


def pack_set(name: str) -> None:
    root = Path("datasets") / name
    wanted = [("train", SIZE), *((s, size) for s in ("val", "test") for size in (SIZE, *SMALLER))]
    home = root / "pixels" / str(SIZE)
    for kept in wanted:
        load_split(root, *kept)
    caches = [p for s, size in wanted for p in home.glob(f"cache/{s}-{size}-*.pt")]
    files = [home / "meta.json", home / "manifest.jsonl", *sorted(caches)]
    split(WORK / "pieces" / f"{name}.xz", [str(f) for f in files])


def size_of(stem: Path) -> int:
    return sum(p.stat().st_size for p in pieces(stem))


def main(sets: list[str]) -> None:
    for name in sets:
        pack_set(name)
    for name in ("wheels", "lpips"):
        split(WORK / "pieces" / name, [str(f) for f in sorted((WORK / name).glob("*.whl"))])
    print("| pieces | number | MiB |\n| --- | --: | --: |")
    for list_ in sorted((WORK / "pieces").glob("*.sha256")):
        stem = list_.with_suffix("")
        print(f"| {stem.name} | {len(pieces(stem))} | {size_of(stem) / 2**20:.1f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
