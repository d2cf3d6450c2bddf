"""The files of a prepared set that jobs need: python experiments/gpu/packed.py FOLDER

Its manifest, and the caches (made here where absent) of train at 256 px and of val and test at the
sizes of `base`, `small` and `tiny`.
"""

import sys
from pathlib import Path

from colorrl.data.pairs import load_split

SIZE, HELD_OUT = 256, (256, 128, 64)


def main(root: Path) -> None:
    home = root / "pixels" / str(SIZE)
    wanted = [("train", SIZE), *((s, size) for s in ("val", "test") for size in HELD_OUT)]
    for split, size in wanted:
        load_split(root, split, size)
    print(home / "meta.json", home / "manifest.jsonl", sep="\n")
    for split, size in wanted:
        print(max(home.glob(f"cache/{split}-{size}-*.pt"), key=lambda p: p.stat().st_mtime))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
