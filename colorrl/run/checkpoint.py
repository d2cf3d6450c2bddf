"""Checkpoints: saved whole or not at all, loaded strictly.

    FOLDER/step-00000640/model.pt ...   one file per entry of the state
    FOLDER/step-00000640/files.json     their sizes and sha256, written last
    FOLDER/best.json                    the step that did best, and its value

A checkpoint is written under a hidden name and renamed when all of it is on the disk, so that a
kill at any moment leaves the checkpoints before it or the new one besides. One process writes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from colorrl.errors import UserError

_WRITING, _LEAVING, _REPLACED = ".writing-", ".leaving-", ".replaced-"
_PLAIN = (Tensor, str, int, float, bool, type(None))


def save(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Writes ``state`` as the checkpoint of ``step`` and returns its folder.

    ``state`` maps file names to tensors, numbers, strings, None and lists, tuples and dicts of
    them; TypeError names anything else. A checkpoint of the same step is replaced.
    """
    for name, value in state.items():
        _check_plain(value, name)
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"step-{step:08d}"
    temporary = folder / f"{_WRITING}{final.name}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    files = {f"{name}.pt": _write_entry(temporary / f"{name}.pt", v) for name, v in state.items()}
    _write_json(temporary / "files.json", {"step": step, "files": files})
    _sync_folder(temporary)
    replaced = folder / f"{_REPLACED}{final.name}"
    if final.exists():
        final.rename(replaced)  # clean() puts it back if the next line is never reached
    temporary.rename(final)
    _sync_folder(folder)
    shutil.rmtree(replaced, ignore_errors=True)
    return final


def load(checkpoint: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """The state that ``save`` was given, tensors on ``device``.

    Raises FileNotFoundError for what is missing and UserError for what is damaged.
    """
    remedy = f"remove {checkpoint} to go on from an earlier checkpoint"
    listing = checkpoint / "files.json"
    if not listing.is_file():
        raise FileNotFoundError(f"{listing} is missing, so this is no whole checkpoint: {remedy}")
    try:
        files = json.loads(listing.read_text("utf-8"))["files"]
    except (ValueError, KeyError, TypeError) as cause:
        raise UserError(f"{listing} is damaged ({cause!r}): {remedy}") from cause
    for name, expected in files.items():
        _verify(checkpoint / name, expected, remedy)
    return {
        Path(name).stem: torch.load(checkpoint / name, map_location=device, weights_only=True)
        for name in files
    }


def step_of(checkpoint: Path) -> int:
    """The step a checkpoint's folder is named after."""
    return int(checkpoint.name.removeprefix("step-"))


def all_of(folder: Path) -> list[Path]:
    """Checkpoints in ``folder``, earliest step first; none if there is no such folder."""
    return sorted((p for p in folder.glob("step-*") if p.is_dir()), key=step_of)


def latest(folder: Path) -> Path | None:
    """The checkpoint of the highest step, or None."""
    found = all_of(folder)
    return found[-1] if found else None


def mark_best(folder: Path, checkpoint: Path, value: float) -> None:
    """Notes ``checkpoint`` as the best so far, with the metric's ``value``."""
    temporary = folder / f"{_WRITING}best.json"
    _write_json(temporary, {"checkpoint": checkpoint.name, "value": value})
    temporary.replace(folder / "best.json")
    _sync_folder(folder)


def best(folder: Path) -> tuple[Path, float] | None:
    """The checkpoint noted by ``mark_best`` and its value, or None if there is no note."""
    pointer = folder / "best.json"
    if not pointer.exists():
        return None
    note = json.loads(pointer.read_text("utf-8"))
    checkpoint = folder / note["checkpoint"]
    if not checkpoint.is_dir():
        raise FileNotFoundError(f"{pointer} names {checkpoint}, which is gone: remove {pointer}")
    return checkpoint, note["value"]


def rotate(folder: Path, keep: int) -> None:
    """Removes all checkpoints but the ``keep`` latest and the best one. ValueError if keep < 1."""
    if keep < 1:
        raise ValueError(f"at least one checkpoint must stay, got keep={keep}")
    noted = best(folder)
    for old in all_of(folder)[:-keep]:
        if noted is None or old != noted[0]:
            leaving = folder / f"{_LEAVING}{old.name}"  # no half checkpoint under a whole name
            old.rename(leaving)
            shutil.rmtree(leaving)


def refuse_taken(folder: Path) -> None:
    """Raises UserError, with both remedies, if ``folder`` holds a run's checkpoints."""
    taken = latest(folder)
    if taken is not None:
        raise UserError(
            f"{folder} holds this run up to step {step_of(taken)}: resume=auto goes on with it, "
            "resume=restart starts over and removes its checkpoints, name=OTHER keeps both"
        )


def clear(folder: Path) -> None:
    """Removes every checkpoint and a run's final files: one that restarts would
    otherwise go on from the older run's steps, and be shown with its figures and pictures."""
    for name in ("result.json", "best.json", "before_after.png"):
        (folder / name).unlink(missing_ok=True)
    for name in ("generator", "best", "panel", "tensorboard"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for old in reversed(all_of(folder)):  # a kill between two leaves no gap to stumble over
        leaving = folder / f"{_LEAVING}{old.name}"
        old.rename(leaving)
        shutil.rmtree(leaving)


def clean(folder: Path) -> None:
    """Clears what a killed run left behind. Call before a run writes, never beside another."""
    for left in folder.glob(f"{_REPLACED}*"):
        final = folder / left.name.removeprefix(_REPLACED)
        if not final.exists():
            left.rename(final)
    for prefix in (_WRITING, _LEAVING, _REPLACED):
        for left in folder.glob(f"{prefix}*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def _check_plain(value: Any, where: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _check_plain(key, f"a key of {where}")
            _check_plain(item, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            _check_plain(item, f"{where}[{i}]")
    elif not isinstance(value, _PLAIN):
        raise TypeError(
            f"{where} is a {type(value).__name__}, which a checkpoint cannot hold safely: "
            "save tensors, numbers, strings, None, lists, tuples and dicts"
        )


def _write_entry(path: Path, value: Any) -> dict[str, Any]:
    with path.open("wb") as file:
        torch.save(value, file)
        file.flush()
        os.fsync(file.fileno())
    return _fingerprint(path)


def _fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def _verify(path: Path, expected: dict[str, Any], remedy: str) -> None:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing from its checkpoint: {remedy}")
    if _fingerprint(path) != expected:
        raise UserError(f"{path} is damaged (size or sha256 differs from files.json): {remedy}")


def _write_json(path: Path, value: dict[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Makes renames in ``folder`` outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
