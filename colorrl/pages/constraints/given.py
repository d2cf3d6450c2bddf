"""What a page's colours are bound to before anything is sampled: hints, a sheet, what stays paper.

In this order, the first that says something of a region decides: a hint on it; a match on the
sheet that is sure enough; the rules for bubbles and gutters; that the paper around the drawing
stays bare. What is left, the generator colours, and it sees the colours that are given.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorrl.config.schema.pages import Blank
from colorrl.export.painted import hex_of
from colorrl.pages.constraints.bubbles import bubbles, gutters
from colorrl.pages.constraints.hints import Hints, named
from colorrl.pages.constraints.parted import parted_paper
from colorrl.pages.sheet.match import Matches, match
from colorrl.pages.sheet.sheet import Sheet
from colorrl.palette import Palette, nearest
from colorrl.types import Partition

By = Literal["generator", "hint", "sheet", "paper"]
RULES = {"bubbles": bubbles, "gutters": gutters}
ON_PAPER = "lies on the paper around the drawing, which gets it as a whole"


@dataclass(frozen=True, slots=True)
class Control:
    """What a person asks of every page of a run."""

    sheet: Sheet | None = None
    leave_blank: tuple[Blank, ...] = ("bubbles", "gutters")
    colour_background: bool = False  # False = the paper around the drawing stays bare
    palette: Palette | None = None
    only_palette: bool = False  # no other colour appears

    def words(self) -> list[object]:
        """What identifies a control, for a hash; the palette is hashed elsewhere."""
        sheet = "" if self.sheet is None else sheet_sha(self.sheet)
        return [sheet, sorted(self.leave_blank)]


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of a page's R regions; index 0 is nobody's."""

    colors: NDArray[np.uint8]  # (R+1, 3) sRGB, where known
    known: NDArray[np.bool_]  # (R+1,) the colour is given
    bare: NDArray[np.bool_]  # (R+1,) the paper shows
    by: tuple[By, ...]  # R+1, who decides, of bare regions too; paper = what stays bare by a rule
    bubble: NDArray[np.bool_]  # (R+1,) bare because it looks like a speech bubble
    confidence: NDArray[np.float32]  # (R+1,) in [0, 1], of what is given; NaN where nothing is
    matches: Matches | None  # None without a sheet
    notes: tuple[str, ...]  # for the log


def given(
    line: NDArray[np.float32], regions: Partition, control: Control, hints: Hints | None
) -> Given:
    """What ``control`` and the page's own ``hints`` say of the line art ``line`` (H, W).

    Raises ValueError for a hint that does not fit the page or the palette.
    """
    region_index, n = regions.region_index.numpy(), regions.n_regions + 1
    colors = np.full((n, 3), 255, np.uint8)
    by = np.full(n, "generator", object)
    confidence = np.full(n, np.nan, np.float32)
    by[0] = "paper"
    if not control.colour_background:
        by[parted_paper(region_index, regions.background)] = "paper"
    blank = {rule: RULES[rule](regions.label.numpy()) for rule in control.leave_blank}
    for left in blank.values():
        by[left] = "paper"
    bare = by == "paper"
    bubble = blank.get("bubbles", np.zeros(n, bool)).copy()
    matches = None
    if control.sheet is not None:
        matches = match(control.sheet, line, region_index, regions.background)
        sure = np.flatnonzero(matches.sure)
        counterpart = matches.region[sure]
        by[sure], bare[sure] = "sheet", control.sheet.bare[counterpart]
        bubble[sure] = False
        colors[sure] = snapped(control.sheet.colors[counterpart], control)
        confidence[sure] = matches.confidence[sure]
    hinted, notes = ({}, []) if hints is None else hints.on(region_index)
    if hinted.get(regions.background) is not None and not control.colour_background:
        notes = [*notes, f"hint {named(hinted[regions.background])} {ON_PAPER}"]
    bubble[list(hinted)] = False
    for region, color in hinted.items():
        by[region], bare[region], confidence[region] = "hint", color is None, 1
        colors[region] = (255, 255, 255) if color is None else color
    if control.only_palette:
        check_hints(colors[(by == "hint") & ~bare], control)
    confidence[bare] = np.where(np.isnan(confidence[bare]), 1, confidence[bare])
    known = ((by == "hint") | (by == "sheet")) & ~bare
    return Given(colors, known, bare, tuple(by), bubble, confidence, matches, tuple(notes))


def snapped(colors: NDArray[np.uint8], control: Control) -> NDArray[np.uint8]:
    """``colors`` (N, 3), or the nearest of the palette where nothing else may appear."""
    if not control.only_palette or control.palette is None or not len(colors):
        return colors
    listed = control.palette.colors
    index = nearest(torch.from_numpy(colors / np.float32(255)), listed)
    return np.asarray(np.rint(listed[index].numpy() * 255), np.uint8)


def check_hints(colors: NDArray[np.uint8], control: Control) -> None:
    """Raise ValueError for a hint that a hard palette does not hold."""
    for color, allowed in zip(colors, snapped(colors, control), strict=True):
        if (color != allowed).any():
            raise ValueError(
                f"hint {hex_of(color)} is not in the palette, and only_palette=true allows no "
                f"other colour; the nearest is {hex_of(allowed)}"
            )


def hint_planes(given: Given, label: Tensor, kept: NDArray[np.int64]) -> Tensor | None:
    """(4, S, S) sRGB and 1 where a region of the generator's sketch has its colour given, else 0.

    ``label`` (S, S) are the sketch's regions and ``kept`` (R'+1,) those of the page behind them.
    None where nothing is given: the generator then reads no hints at all.
    """
    # the paper that makes a page square may be a region that the page does not have
    at = np.where(kept < len(given.known), kept, 0)
    known_here = given.known[at] & (at > 0)
    if not known_here.any():
        return None
    known = torch.from_numpy(known_here.astype(np.float32))
    colors = torch.from_numpy(given.colors[at] / np.float32(255)) * known[:, None]
    return torch.cat([colors, known[:, None]], 1)[label.long()].permute(2, 0, 1).contiguous()


def sheet_sha(sheet: Sheet) -> str:
    """sha256 of all that a sheet gives."""
    parts = (sheet.line, sheet.region_index, sheet.colors, sheet.bare)
    return hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in parts)).hexdigest()
