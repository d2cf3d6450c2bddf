"""Panels side by side: one row per panel name, the start first, then each group's latest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from colorrl.report.fonts import label_font, legible
from colorrl.report.groups import Group

GAP, LABEL = 16, 22  # pixels
ACROSS = 3  # panels in a row, then the row wraps
LONG = 560  # longest side of a panel in the grid, pixels
INK, FAINT = (30, 30, 34), (225, 225, 230)

Cell = tuple[str, Path]  # caption, picture


def draw_grid(groups: Sequence[Group], path: Path) -> bool:
    """Write the grid to ``path`` (PNG). False, and no file, where no run has a panel."""
    table = cells(groups)
    if not table:
        return False
    drawn = [[(caption, _picture(file)) for caption, file in row] for row in table]
    widths = [max(row[i][1].width for row in drawn if i < len(row)) for i in range(_columns(drawn))]
    heights = [max(picture.height for _, picture in row) for row in drawn]
    size = sum(widths) + GAP * (len(widths) + 1), sum(h + LABEL + GAP for h in heights) + GAP
    sheet = Image.new("RGB", size, "white")
    y = GAP
    for row, height in zip(drawn, heights, strict=True):
        x = GAP
        for (caption, picture), width in zip(row, widths, strict=False):
            _paste(sheet, caption, picture, (x, y))
            x += width + GAP
        y += height + LABEL + GAP
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, optimize=True)
    return True


def cells(groups: Sequence[Group]) -> list[list[Cell]]:
    """Rows of (caption, file). Each group shows its first seed that has the panel."""
    names = dict.fromkeys(n for g in groups for run in g.runs for n in run.panels)
    rows = [_row(groups, name) for name in names]
    return [row[i : i + ACROSS] for row in rows for i in range(0, len(row), ACROSS)]


def _row(groups: Sequence[Group], name: str) -> list[Cell]:
    row: list[Cell] = []
    for i, group in enumerate(groups):
        run = next((run for run in group.runs if name in run.panels), None)
        if run is None:
            continue
        files = run.panels[name]
        if not row and len(files) > 1:
            row.append((f"{name}: start", files[0]))
        row.append((f"{name}: {legible(group.label, i)}, seed {run.seed}", files[-1]))
    return row


def _columns(rows: Sequence[Sequence[object]]) -> int:
    return max(map(len, rows))


def _picture(path: Path) -> Image.Image:
    """Small pictures doubled by whole pixels, large ones shrunk to LONG."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    longest = max(picture.size)
    if longest > LONG:
        picture.thumbnail((LONG, LONG), Image.Resampling.LANCZOS)
        return picture
    times = LONG // longest
    size = picture.width * times, picture.height * times
    return picture.resize(size, Image.Resampling.NEAREST)


def _paste(sheet: Image.Image, caption: str, picture: Image.Image, corner: tuple[int, int]) -> None:
    x, y = corner
    draw = ImageDraw.Draw(sheet)
    font = label_font(14)
    while draw.textlength(caption, font) > picture.width and len(caption) > 4:
        caption = f"{caption[:-2]}…"
    draw.text((x, y), caption, INK, font)
    sheet.paste(picture, (x, y + LABEL))
    box = (x - 1, y + LABEL - 1, x + picture.width, y + LABEL + picture.height)
    draw.rectangle(box, outline=FAINT)
