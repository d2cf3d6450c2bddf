"""A drawing as it came to the line art that the rest reads: dark lines on white paper.

Clean ink on white paper comes out as it is, byte by byte. What else is done is noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.images.blue import without_blue
from colorrl.images.fills import COLORED, fills
from colorrl.images.image import Drawing, channels, luma, strokes
from colorrl.images.negative import is_negative, positive
from colorrl.images.notes import Note
from colorrl.images.paper import HEADROOM, Channel, Paper, over_paper, paper_of
from colorrl.images.tone import texture
from colorrl.regions.graph import counted
from colorrl.regions.ink import Mask, ink_mask, line_width

# grain over these is smoothed by a Gaussian of so many px before ink is looked for
SMOOTHED = ((0.0, 0.7), (0.012, 1.0), (0.03, 1.4))
# ink is at least so dark as a share of the lines' own darkness, and reaches as far as the second
SURE, FAINT = 0.5, 0.33
# standard deviations of the paper's grain that ink has to pass, and the least darkness (of 255)
OVER_GRAIN, LEAST = 5.0, 14.0
# fainter than this share of the ink's threshold is paper in what is shown
SHOWN = 0.6
# what is nowhere lighter than this is no paper
DARK = 0.35
BOX: NDArray[np.uint8] = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class LineArt:
    """What is read off a drawing."""

    lines: Mask | None  # (H, W) the ink that was found; None: clean, it is read off ``shown``
    shown: Drawing  # (H, W, C) what lies over the colours
    original: Drawing | None  # as it came, where ``shown`` is something else
    tone: Mask | None  # (H, W) where ``shown`` is tone or hatching, which regions know nothing of
    notes: tuple[Note, ...]

    @property
    def ink(self) -> NDArray[np.float32]:
        """(H, W) in [0, 1], 1 = paper: what regions are found in. Made when it is asked for."""
        return strokes(self.shown) if self.lines is None else (~self.lines).astype(np.float32)

    @property
    def line(self) -> NDArray[np.float32]:
        """(H, W) in [0, 1], 1 = paper: what the generator sees."""
        return luma(self.shown)


def line_art(drawing: Drawing, drop_blue: bool = False) -> LineArt:
    """The line art of ``drawing``, its paper white and its lines dark; ``drop_blue``: without blue
    pencil."""
    notes: list[Note] = []
    original = None
    if drop_blue:
        drawn, share = without_blue(drawing)
        if share:
            drawing, original = drawn, drawing
            notes.append(Note("blue", f"{share:.1%} of the page is blue pencil: dropped"))
    if is_negative(drawing):
        original = drawing if original is None else original
        drawing = positive(drawing)
        notes.append(Note("negative", "light lines on dark: inverted"))
    planes = channels(drawing)
    papers = [paper_of(plane) for plane in planes]
    if all(p.is_white for p in papers) or max(p.surface.max() for p in papers) < DARK:
        return _without_texture(LineArt(None, drawing, original, None, tuple(notes)))
    ink, shown = _off_paper(planes, papers)
    notes += _on_paper(papers, negative=any(note.kind == "negative" for note in notes))
    original = drawing if original is None else original
    return _without_texture(LineArt(ink, shown, original, None, tuple(notes)))


def _without_texture(art: LineArt) -> LineArt:
    """``art`` with its flat fills as areas and its tone apart; itself where it has neither."""
    drawn = ink_mask(art.ink) if art.lines is None else art.lines
    planes = channels(art.shown)
    flat = fills(planes, drawn)
    lines = drawn if flat is None else (drawn & ~flat.mask) | flat.rim
    tone = texture(lines)
    if flat is None and tone is None:
        return art
    notes, shown, original = list(art.notes), art.shown, art.original
    if flat is not None and flat.colored >= COLORED:
        said = f"{flat.colored:.0%} of the page is coloured already: its line was taken out"
        notes.append(Note("coloured", said))
        near = cv2.dilate((drawn & ~flat.mask).view(np.uint8), BOX) > 0
        gray = np.where(near & ~flat.mask, np.minimum.reduce(planes), np.uint8(255))
        shown, original = gray[..., None], shown if original is None else original
    if tone is not None:
        lines &= ~tone
        said = f"{tone.mean():.1%} of the page is tone or hatching: kept apart from the lines"
        notes.append(Note("tone", said))
        tone = (cv2.dilate(tone.view(np.uint8), BOX) > 0) & ~lines
    return LineArt(lines, shown, original, tone, tuple(notes))


def _on_paper(papers: Sequence[Paper], *, negative: bool) -> list[Note]:
    low = min(float(p.surface.min()) for p in papers)
    grain = max(p.grain for p in papers)
    if negative:
        return []
    said = f"the paper is not white (down to {low:.0%}, grain {grain:.1%}): divided out"
    return [Note("paper", said)]


def _off_paper(planes: Sequence[Channel], papers: Sequence[Paper]) -> tuple[Mask, Drawing]:
    """(H, W) where ink is, and the drawing on white paper."""
    over = [over_paper(c, p) for c, p in zip(planes, papers, strict=True)]
    darkest = over[0].copy()
    for channel in over[1:]:
        np.minimum(darkest, channel, out=darkest)
    grain = max(p.grain for p in papers)
    sigma = max(s for least, s in SMOOTHED if grain >= least)
    smooth = np.asarray(cv2.GaussianBlur(darkest, (0, 0), sigma), np.uint8)
    white, noise = _white_and_noise(smooth)
    depth = np.asarray(cv2.subtract(np.full_like(smooth, white), smooth), np.uint8)
    least = max(OVER_GRAIN * noise, LEAST)
    contrast = _contrast(depth, least)
    ink = _without_specks(_joined(depth, max(SURE * contrast, least), max(FAINT * contrast, least)))
    threshold = max(FAINT * contrast, least)
    return ink, _shown(over, white, ink | (depth > threshold))


def _white_and_noise(smooth: Channel) -> tuple[int, float]:
    """The level of the paper, and the standard deviation of its grain, both of 255."""
    count = np.bincount(smooth.ravel()[:: max(1, smooth.size // 2**22)], minlength=256)
    # the mode: most of a page is paper
    near = np.convolve(count, np.ones(3), "same")
    low = round(255 * HEADROOM * 0.8)
    white = low + int(near[low:].argmax())
    above = count[white:]
    spread = (above * np.arange(len(above)) ** 2).sum() / max(1, above.sum())
    return white, float(np.sqrt(spread))


def _contrast(depth: Channel, least: float) -> float:
    """How dark the core of the lines is, of 255."""
    count = counted(depth, 256)
    count[: int(least) + 1] = 0
    total = np.cumsum(count)
    return float(np.searchsorted(total, 0.8 * total[-1])) if total[-1] else 255.0


def _joined(depth: Channel, sure: float, faint: float) -> Mask:
    """What is darker than ``faint`` and hangs together with something darker than ``sure``."""
    label = cv2.connectedComponents((depth > faint).view(np.uint8), connectivity=8)[1]
    has = np.zeros(int(label.max()) + 1, bool)
    has[label[depth > sure]] = True
    has[0] = False
    return np.asarray(has[label])


def _without_specks(ink: Mask) -> Mask:
    """``ink`` without pieces smaller than a dot of the pen, and its pinholes filled."""
    small = max(4, line_width(ink) ** 2 / 2)
    for _ in range(2):  # specks of ink, then those of paper
        _, label, stats, _ = cv2.connectedComponentsWithStats(ink.view(np.uint8), connectivity=8)
        keep = stats[:, cv2.CC_STAT_AREA] >= small
        ink = ~(ink & keep[label])
    return ink


def _shown(over: Sequence[Channel], white: int, drawn: Mask) -> Drawing:
    """The channels of ``over`` with ``white`` at 255, and nothing but paper off what is drawn."""
    near = cv2.dilate(drawn.view(np.uint8), np.ones((5, 5), np.uint8)) > 0
    table = np.minimum(np.rint(np.arange(256) * 255 / white), 255).astype(np.uint8)
    return np.stack([np.where(near, table[c], np.uint8(255)) for c in over], axis=2)
