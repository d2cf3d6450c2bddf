"""Who made a figure: command, commit, versions."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import metadata
from pathlib import Path
from shlex import join

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("colorrl", "torch", "torchvision", "diffusers", "accelerate", "numpy", "lpips")

_given: ContextVar[str | None] = ContextVar("command", default=None)


@contextmanager
def commanded(words: Sequence[str]) -> Iterator[None]:
    """Figures written within are those of the command ``words``."""
    token = _given.set(join(words))
    try:
        yield
    finally:
        _given.reset(token)


def command() -> str:
    """The command line as it was typed, without the interpreter's own path; the same command where
    Python called a verb."""
    if (given := _given.get()) is not None:
        return given
    _, *words = sys.orig_argv
    if not words or words[0].startswith("-"):  # python -m colorrl train, python -u ...
        return f"python {join(words)}".strip()
    return join([Path(words[0]).name, *words[1:]])


def commit(checkout: Path = CHECKOUT) -> str:
    """Full sha of the checkout, ``-dirty`` after it if files differ; ``unknown`` outside one."""
    top, sha = _git(checkout, "rev-parse", "--show-toplevel"), _git(checkout, "rev-parse", "HEAD")
    # An installed wheel may lie inside somebody else's repository: that commit is not ours.
    if not sha or not top or Path(top).resolve() != checkout.resolve():
        return "unknown"
    return f"{sha}-dirty" if _git(checkout, "status", "--porcelain", "-uno") else sha


def versions() -> dict[str, str]:
    """Python and the packages a figure may depend on."""
    found = {"python": sys.version.split()[0]}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def _git(folder: Path, *args: str) -> str | None:
    """What git says, None where it fails or is not installed."""
    try:
        line = ["git", "-C", str(folder), *args]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
