"""Who works in a folder: one run alone, or shards of one beside each other.

The lock is the system's (POSIX record locks, which NFS has too) and ends with the process that
holds it, however that ends; its children have no part in it. Where there is none, as on Windows, a
run says so once and takes itself for the only one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

from colorrl.errors import UserError

try:
    import fcntl
except ModuleNotFoundError:
    fcntl = None  # type: ignore[assignment]

NAME = "lock"
log = logging.getLogger(__name__)


@contextmanager
def lock_of(folder: Path) -> Iterator[IO[str]]:
    """The lock file of ``folder``, made if need be. UserError where nothing can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / NAME).open("a+")
    except OSError as fault:  # now, and not after hours of work that has no place
        raise UserError(f"nothing can be written to {folder}: {fault.strerror}") from None
    with file:
        yield file


def take(file: IO[str], *, shared: bool) -> bool:
    """Whether the lock is ours now, ``shared`` or alone, in place of how it was held before.

    True where the system has no locks, and a warning.
    """
    if fcntl is None:
        _no_locks(file.name)
        return True
    try:
        fcntl.lockf(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # POSIX allows either for a lock that others hold
        return False
    except OSError:
        _no_locks(file.name)
    return True


@cache
def _no_locks(place: str) -> None:
    log.warning("no lock can be taken on %s: see that no other run works there", place)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Raises UserError where another process is at work in the run ``folder``.

    And where nothing can be written. A lock is its process's: do not open the file again in the
    same one.
    """
    with lock_of(folder) as file:
        if not take(file, shared=False):
            raise UserError(
                f"another run is at work in {folder}: wait for it, stop it, or give this one "
                "name=OTHER"
            )
        yield
