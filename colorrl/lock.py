"""Who works in a folder: one run alone, or shards of one beside each other.

The lock is the system's (POSIX record locks, which NFS has too) and ends with the process that
holds it, however that ends; its children have no part in it. Where there is none, as on Windows, a
run takes itself for the only one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from colorrl.config import UserError

try:
    import fcntl
except ModuleNotFoundError:
    fcntl = None  # type: ignore[assignment]

NAME = "lock"


@contextmanager
def lock_of(folder: Path) -> Iterator[IO[str] | None]:
    """The lock file of ``folder``, made if need be; None where nothing can be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / NAME).open("a+")
    except OSError:  # every page will say so
        yield None
        return
    with file:
        yield file


def take(file: IO[str] | None, *, shared: bool) -> bool:
    """Whether the lock is ours now, ``shared`` or alone, in place of how it was held before."""
    if file is None or fcntl is None:
        return True
    try:
        fcntl.lockf(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # POSIX allows either for a lock that others hold
        return False
    except OSError:
        return True
    return True


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Raises UserError where another process is at work in the run ``folder``.

    Where no lock can be made nothing is refused. A lock is its process's: do not open the file
    again in the same one.
    """
    with lock_of(folder) as file:
        if not take(file, shared=False):
            raise UserError(
                f"another run is at work in {folder}: wait for it, stop it, or give this one "
                "name=OTHER"
            )
        yield
