"""Errors on the terminal: one line, and once where several processes meet the same one."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path


def say(fault: object) -> None:
    """Print ``fault`` as an error, unless another process of this launch has."""
    if _is_first(str(fault)):
        print(f"error: {fault}", file=sys.stderr, flush=True)


def _is_first(text: str) -> bool:
    """By a file in the launch's own folder on this machine, which torch's launcher makes and
    removes: FOLDER/RANK/error.json."""
    error_file = os.environ.get("TORCHELASTIC_ERROR_FILE")
    if error_file is None:
        return True
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    try:
        Path(error_file).parents[1].joinpath(f"said-{name}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
