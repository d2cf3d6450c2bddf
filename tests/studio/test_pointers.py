"""Fingers, a pen, drags and drops at the page, in Chromium."""

from pathlib import Path

import numpy as np
import pytest

from colorrl.config.schema.pages import ExportConfig
from colorrl.scripts.export import main as export
from tests.studio.chromium import CONTROL, INNER

pytestmark = pytest.mark.slow
RED = "#d22f27"
VIEW = "return [studio.view.scale, studio.view.x, studio.view.y]"
MIDDLE = """
const box = document.getElementById("canvas").getBoundingClientRect();
return [box.left + box.width / 2, box.top + box.height / 2];"""
UNDER = "return studio.view.page({ clientX: arguments[0], clientY: arguments[1] })"


def along(start, end, n=9):
    """A path of ``n`` places."""
    return [tuple(place) for place in np.linspace(start, end, n)]


def test_fingers_zoom_pan_and_tap(quick_desk):
    """Two zoom about what lies between them and pan; one pans; a tap colours. Seen to fail with
    two fingers that pan alone, and with a tap at the end of a zoom."""
    page, inner = quick_desk.browser, quick_desk.colored()
    page.resize(1024, 768, mobile=True)
    before = quick_desk.rows()
    scale = page.js(VIEW)[0]
    x, y = page.js(MIDDLE)
    under = page.js(UNDER, x, y)
    page.touch(along((x - 60, y), (x - 120, y)), along((x + 60, y), (x + 120, y)))
    wide, left, top = page.js(VIEW)
    assert wide == pytest.approx(2 * scale, rel=0.02)
    assert page.js(UNDER, x, y) == pytest.approx(under, abs=2 / wide)  # 2 px of the screen
    page.touch(along((x - 60, y), (x + 20, y + 40)), along((x + 60, y), (x + 140, y + 40)))
    assert page.js(VIEW) == pytest.approx([wide, left + 80, top + 40], abs=2)
    page.touch(along((x, y), (x - 80, y - 40)))
    assert page.js(VIEW) == pytest.approx([wide, left, top], abs=2)
    page.touch(along((x - 120, y), (x - 60, y)), along((x + 120, y), (x + 60, y)))
    assert page.js(VIEW)[0] == pytest.approx(scale, rel=0.02)
    assert quick_desk.rows() == before  # no finger coloured anything so far
    page.touch([page.on_screen(*page.js(INNER, inner[0])[:2])])
    assert quick_desk.rows()[inner[0]]["colour"] == RED
    quick_desk.shot("touched")


def test_all_areas_of_a_color_by_touch(quick_desk):
    """Without a Shift key. Seen to fail with a tap that looks at the key alone."""
    page, inner = quick_desk.browser, quick_desk.colored()
    page.resize(1024, 768, mobile=True)
    for region in inner[:2]:
        page.click_area(region)
    page.js("document.getElementById('reach').value = 'page'; studio.take('#00a040')")
    page.touch([page.on_screen(*page.js(INNER, inner[1])[:2])])
    rows = quick_desk.rows()
    assert rows[inner[0]]["colour"] == rows[inner[1]]["colour"] == "#00a040"


def test_a_pen_splits_an_area(quick_desk):
    """Seen to fail with strokes that only a mouse draws."""
    page, inner = quick_desk.browser, quick_desk.colored()
    rows, ids, x = quick_desk.rows(), quick_desk.ids(), page.js(INNER, inner[2])[0]
    column = np.flatnonzero(ids[:, x] == inner[2])
    page.keys("s")
    page.pen([(x, y) for y in np.linspace(column.min() + 2, column.max() - 2, 9)])
    assert len(quick_desk.rows()) == len(rows) + 1


def test_a_sheet_that_is_dropped_frames_what_it_decides(quick_desk):
    """Seen to fail with rows that do not say who decided."""
    quick_desk.page = "castle.png"
    page, inner = quick_desk.browser, quick_desk.colored()
    page.click_area(inner[0])
    record = Path(f"{quick_desk.stem}.regions.json")
    export(ExportConfig(record, ["composite"], overwrite=True))
    page.keys(CONTROL, "z")
    page.settled()
    page.js("studio.page.choose(0)")  # its rim is no frame
    page.drawn()
    assert page.marks() == 0
    page.drop("stage", Path(f"{quick_desk.stem}.composite.png"))
    page.until("return [...studio.page.rows.values()].some(row => row.by === 'sheet')")
    page.settled()
    rows = quick_desk.rows()
    assert rows[inner[0]]["by"] == "sheet" and rows[inner[0]]["colour"] == RED
    assert page.marks() > 50
    quick_desk.shot("sheet")


def test_the_palette_is_dropped_and_reordered_by_dragging(quick_desk, tmp_path):
    """Seen to fail with a drag that ends where it began."""
    page = quick_desk.browser
    quick_desk.colored()
    colors = ["#112233", "#ff0000", "#00aa00", "#0000ff"]
    file = tmp_path / "집.hex"
    file.write_text("".join(f"{color[1:]}\n" for color in colors), "utf-8")
    page.drop("strip", file)
    shown = "return studio.page.palette.map(entry => entry.colour)"
    page.until("return studio.page.palette.length === arguments[0]", len(colors))
    page.settled()
    swatches = page.driver.find_elements("css selector", "#strip .swatch[data-place]")
    page.drag_element(swatches[0], swatches[2])
    assert page.js(shown) == [*colors[1:3], colors[0], colors[3]]
    assert [entry["colour"] for entry in quick_desk.record()["palette"]] == page.js(shown)
    quick_desk.shot("palette")
