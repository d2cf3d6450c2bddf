"""A few held-out line arts as files in several modes: a folder for `colorrl colorize`."""

from pathlib import Path
from colorrl.data.manifest import Entry


def write_demo(folder: Path, source: Path, entries: list[Entry]) -> None:
    raise NotImplementedError
