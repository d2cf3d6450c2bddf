"""Files of an npm package of an exact version, packed by npm once and kept in a folder."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 600  # seconds that npm may take


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A package as the file that `npm pack` writes. Pickled into the processes that render."""

    name: str  # such as @iconify-json/noto
    version: str
    folder: Path  # where its file is, or is to be
    given: bool  # the folder is the user's own: npm is not asked

    @classmethod
    def of(cls, spec: str, folder: Path | str | None, cache: Path | str) -> NpmPackage:
        """The package NAME@VERSION in the user's ``folder``; None: in ``cache``, packed by npm."""
        name, _, version = spec.rpartition("@")
        return cls(name, version, Path(folder or cache), folder is not None)

    @property
    def spec(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def file(self) -> Path:
        """The file's place, named as npm names it."""
        return self.folder / f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"

    def ready(self) -> Path:
        """The package's file, packed if it is not there.

        Raises FileNotFoundError, with the remedy, where npm is missing, fails or is not asked.
        """
        if not self.file.is_file():
            if self.given:
                raise FileNotFoundError(
                    f"no {self.file.name} in {self.folder}; "
                    f"write it there with: npm pack {self.spec}"
                )
            _pack(self)
        return self.file

    def text(self, path: str) -> str:
        """A file of the package. Raises ValueError if it is not whole or of another version."""
        return _text(self.ready(), self.name, self.version, path)

    def json(self, path: str) -> Any:
        """A JSON file of the package, read once per process."""
        return _json(self, path)


def _pack(package: NpmPackage) -> None:
    """Write the package's file whole or not at all."""
    by_hand = (
        f"run: npm pack {package.spec} where it is, then give data.source=FOLDER, the one with "
        f"{package.file.name}"
    )
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError(
            f"{package.spec} comes from npm, which is not installed; install Node.js with npm, "
            f"or {by_hand}"
        )
    package.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=package.folder, prefix=".part-") as part:
        command = [npm, "pack", package.spec]
        try:
            done = subprocess.run(  # npm writes where it runs
                command, cwd=part, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            raise FileNotFoundError(
                f"npm pack {package.spec} took over {PATIENCE} s; {by_hand}"
            ) from None
        packed = Path(part) / package.file.name
        if done.returncode != 0 or not packed.is_file():
            lines = [x for x in done.stderr.splitlines() if x.strip() and "complete log" not in x]
            said = (lines or ["no reason given"])[-1].strip()
            raise FileNotFoundError(f"npm pack {package.spec} failed ({said}); {by_hand}")
        os.replace(packed, package.file)


@functools.lru_cache(maxsize=16)
def _json(package: NpmPackage, path: str) -> Any:
    return json.loads(package.text(path))


def _text(file: Path, name: str, version: str, path: str) -> str:
    try:
        with tarfile.open(file) as archive:
            about = json.loads(_member(archive, "package.json"))
            found = f"{about.get('name')}@{about.get('version')}"
            if found != f"{name}@{version}":
                raise ValueError(f"it holds {found}, not {name}@{version}")
            return _member(archive, path)
    except (tarfile.TarError, OSError, EOFError, KeyError, ValueError) as error:
        raise ValueError(
            f"{file}: not that package ({error}); remove it to have it packed"
        ) from None


def _member(archive: tarfile.TarFile, path: str) -> str:
    member = archive.extractfile(f"package/{path}")
    if member is None:
        raise ValueError(f"{path} is not a file")
    return member.read().decode("utf-8")
