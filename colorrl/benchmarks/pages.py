"""`colorrl bench suite=pages`: a folder of pages coloured, as a studio would run it.

Three parts. The folder: seconds and memory per megapixel of `colorrl colorize` on comic pages of
many sizes, or on a folder of yours. The contest: the same pages of one size segmented by G'MIC's
smart colouring, and coloured to the last file by us, against their true regions. The check: every
file exact under a hard palette.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import trange

from colorrl.benchmarks.comics import comic
from colorrl.benchmarks.exactness import faults
from colorrl.benchmarks.footprint import Footprint, watched
from colorrl.benchmarks.page_contest import Contest, errors, of_gmic
from colorrl.benchmarks.page_tables import Folder, figures, missed, page
from colorrl.benchmarks.report import Report
from colorrl.data.procedural.strokes import Line
from colorrl.errors import UserError
from colorrl.export.jobs import Job, find_jobs
from colorrl.export.memory import pixels
from colorrl.palette import palette_from
from colorrl.seeding import seed_of
from colorrl.spaced import spaced

# of the check: far apart, so that a blend of two is none of them
PALETTE = "#ff0000,#00c040,#2040ff,#ffd000,#808080,#f0c0a0"
KINDS = "[flats,composite]"


@dataclass(frozen=True, slots=True)
class PagesSuite:
    """The suite; call it to run it."""

    name: str
    input: Path | None  # folder of line art; None = comic pages of our own
    pages: int
    sides: tuple[int, int]  # pixels of the longer side, least and most
    contest: int  # pages
    contest_side: int  # pixels
    checked: int  # pages, evenly spaced over the folder
    generator: str
    workers: int  # processes that colour
    overrides: list[str]  # further words for `colorrl colorize`
    limit: int | None  # of pages, contest and checked
    seed: int

    def __call__(self) -> Report:
        with tempfile.TemporaryDirectory() as name:
            work = Path(name)
            source = self._source(work)
            folder = self._colored(source, work)
            wrong, checked = self._wrong(source, work)
            contest = self._contest(work)
        found = figures(folder, contest, checked, wrong)
        return Report(found, page(found, wrong), missed(found, wrong))

    def _few(self, n: int) -> int:
        return n if self.limit is None else min(n, self.limit)

    def _source(self, work: Path) -> Path:
        if self.input is not None:
            return Path(self.input)
        folder = work / "pages"
        folder.mkdir()
        for number in trange(self._few(self.pages), desc="drawing pages", unit="page"):
            write_page(folder, self.seed, number, self.sides)
        return folder

    def _colored(self, source: Path, work: Path) -> Folder:
        sizes = sorted(_megapixels(job.path) for job in _jobs(source, work / "coloured"))
        cost = _watched(self._command(source, work / "coloured", KINDS), work / "log.txt")
        return Folder(len(sizes), sum(sizes), sum(sizes[-self.workers :]), cost)

    def _wrong(self, source: Path, work: Path) -> tuple[list[str], int]:
        """What is not exact, and how many pages were looked at."""
        output, some = work / "checked", work / "some"
        n = self._few(self.checked)
        if n == 0:
            return [], 0
        some.mkdir()
        jobs = _jobs(source, output)
        for job in spaced(jobs, n):
            (some / job.page.replace("/", "_")).symlink_to(job.path.resolve())
        words = [f"palette={PALETTE}", "only_palette=true"]
        _watched([*self._command(some, output, "[flats,composite,psd]"), *words], work / "log.txt")
        palette, jobs = palette_from(PALETTE), _jobs(some, output)
        return [fault for job in jobs for fault in faults(job, palette)], len(jobs)

    def _command(self, source: Path, output: Path, kinds: str) -> list[str]:
        words = [f"input={source}", f"output={output}", f"export={kinds}", f"seed={self.seed}"]
        words += [f"policy.path={self.generator}", f"workers={self.workers}", *self.overrides]
        return [sys.executable, "-m", "colorrl", "colorize", *words]

    def _contest(self, work: Path) -> Contest:
        side, folder, output = self.contest_side, work / "contest", work / "contest_coloured"
        folder.mkdir()
        numbers = range(max(1, self._few(self.contest)))
        drawn = [comic(seed_of(self.seed, number, 1), side, side * 3 // 4) for number in numbers]
        for number, inked in zip(numbers, drawn, strict=True):
            Image.fromarray(_gray(inked.line)).save(folder / f"{number}.png")
        command = self._command(folder, output, KINDS)
        first = _watched(command, work / "log.txt").processor_s
        # it finds all pages done; the lesser of two, so that noise does not speak for us
        start = min(_watched(command, work / "log.txt").processor_s for _ in range(2))
        return Contest((first - start) / len(drawn), start, errors(drawn), *of_gmic(drawn))


def write_page(folder: Path, seed: int, number: int, sides: tuple[int, int]) -> None:
    """Page ``number``: its longer side within ``sides`` px, upright or lying, in mixed formats."""
    random = np.random.default_rng(seed_of(seed, number))
    long = round(float(np.exp(random.uniform(*np.log(sides)))))
    short = round(long * random.uniform(0.65, 1))
    height, width = (long, short) if random.random() < 0.7 else (short, long)
    gray = _gray(comic(seed_of(seed, number), height, width).line)
    stem = folder / f"{number:04d}"
    if number % 4 == 1:  # ink on transparent paper
        ink = np.dstack([np.zeros((height, width, 3), np.uint8), 255 - gray])
        Image.fromarray(ink).save(f"{stem}.png", compress_level=1)
    elif number % 4 == 2:
        Image.fromarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)).save(f"{stem}.jpg", quality=92)
    else:
        Image.fromarray(gray).save(f"{stem}.png", compress_level=1)


def _gray(line: Line) -> NDArray[np.uint8]:
    return np.rint(line * 255).astype(np.uint8)


def _jobs(source: Path, output: Path) -> list[Job]:
    try:
        return find_jobs(source, output)
    except (OSError, ValueError) as fault:
        raise UserError(str(fault)) from None


def _megapixels(path: Path) -> float:
    try:
        with path.open("rb") as file:
            return pixels(path, file) / 1e6
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as fault:
        raise UserError(
            f"{path}: does not say its size ({fault}); take it out of suite.input"
        ) from None


def _watched(command: list[str], log: Path) -> Footprint:
    """``command`` watched. Raises UserError with its last words if it fails."""
    try:
        return watched(command, log)
    except subprocess.CalledProcessError as fault:
        said = fault.output[fault.output.rfind("error: ") :]
        raise UserError(f"a page cannot be coloured, and no bar holds without it: {said}") from None
