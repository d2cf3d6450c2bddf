"""Strokes to line art in a style, with the regions that the strokes close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from colorrl.data.procedural.gap_cuts import cut, find_sites
from colorrl.data.procedural.hatching import hatch
from colorrl.data.procedural.strokes import (
    Line,
    Strokes,
    between_pixels,
    ink,
    regions_of,
    with_width,
)
from colorrl.regions.graph import Labels


@dataclass(frozen=True, slots=True)
class Style:
    """How a drawing is inked. Lengths in pixels."""

    width: float  # of the lines, 1 to 8
    jitter: float  # standard deviation of the width, as a share of it
    antialias: bool
    hatching: float  # share of the regions that are hatched
    gap: float  # clear length of each gap
    gaps: int  # at most; fewer where the drawing has no room
    longest: float  # gaps lie where this length would still be one clean cut
    taper: bool  # strokes thin towards a gap


PLAIN = Style(
    width=3, jitter=0.1, antialias=True, hatching=0, gap=0, gaps=0, longest=20, taper=False
)


@dataclass(frozen=True, slots=True)
class Inked:
    """Line art and what is known of it."""

    line: Line  # (H, W) float32 in [0, 1], 1 = paper
    label: Labels  # (H, W) int32 true regions, 1..R; 0 = ink of the drawing without its gaps
    n_gaps: int  # places that were found for gaps


def ink_strokes(relative: Strokes, style: Style, random: np.random.Generator) -> Inked:
    """The line art of closed strokes of ``relative`` widths (1 = full), gaps and hatches last.

    The same random state puts gaps at the same places whatever their length.
    """
    strokes = with_width(relative, style.width, style.jitter, random)
    if not style.antialias and round(style.width) % 2 == 0:
        strokes = between_pixels(strokes)
    line = ink(strokes, style.antialias)
    label = regions_of(line)
    sites = find_sites(strokes, label, style.gaps, style.longest, random)
    if style.gap and sites:
        for site in sites:
            strokes = cut(strokes, site, style.gap, style.taper)
        # cutting takes ink and never adds any
        line = np.maximum(line, ink(strokes, style.antialias))
    if style.hatching:
        shade = ink(hatch(label, style.hatching, style.width, random), style.antialias)
        line = np.minimum(line, shade)
        label = np.where(shade > 0.5, label, 0).astype(np.int32)
    return Inked(line, label, len(sites))
