"""Files that are complete or absent."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from pathlib import Path

LEFT_OVER = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.part")


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` at the end and is gone after a failure.

    Makes the folder. No two drafts share a name, so that of two processes at work on one file
    each publishes a whole one. An OSError names the file.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        os.replace(part, path)
    except OSError as fault:
        # a full disk is met while writing, where no file is named
        if fault.filename in (None, str(part)):
            raise OSError(f"{path}: {fault.strerror or fault}") from fault
        raise
    finally:
        with suppress(OSError):  # its folder may not even be one
            part.unlink(missing_ok=True)


def sweep(folder: Path, files: Set[Path]) -> None:
    """Remove drafts of ``files`` that a killed process left below ``folder``."""
    for place, _, names in os.walk(folder):
        for name in names:
            left = LEFT_OVER.fullmatch(name)
            if left and Path(place, left["name"]) in files:
                Path(place, name).unlink(missing_ok=True)
