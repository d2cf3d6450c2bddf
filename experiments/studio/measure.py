"""The colouring page on a large drawing: click to screen, frames while zooming, memory of the tab.

    python -m experiments.studio.measure FOLDER

FOLDER, new, takes the drawing (4,000 x 6,000 px, 1,200 areas) and the profile of the browser.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import psutil
from PIL import Image

from colorrl.config.schema.pages import LayerNames
from colorrl.export import formats
from colorrl.export.journal import file_sha
from colorrl.export.painted import Painted, Source
from colorrl.images.clean import line_art
from colorrl.images.folder import read_drawing
from colorrl.regions.segment import part
from tests.studio.chromium import Browser, Server
from tests.studio.conftest import SERVE

WIDTH, HEIGHT, ACROSS, DOWN = 4000, 6000, 30, 40
PAGE = "large.png"
CLICKS, FRAMES = 60, 150
# ms from the event of the mouse to the frame after the one that was drawn for it
WATCH = """
window.shown = [];
document.getElementById("canvas").addEventListener("pointerup", (event) => {
  const late = () => shown.push(performance.now() - event.timeStamp);
  requestAnimationFrame(() => requestAnimationFrame(late));
}, true);"""
# ms of each frame while the wheel turns
ZOOM = """
const [frames, done] = arguments, times = [];
let last = performance.now(), n = 0;
const step = (now) => {
  times.push(now - last);
  last = now;
  studio.view.zoom(n % 60 < 30 ? 1.06 : 1 / 1.06, 500 + 3 * (n % 60), 300);
  if (++n < frames) requestAnimationFrame(step); else done(times.slice(2));
};
requestAnimationFrame(step);"""


def draw(path: Path) -> None:
    """A net of wavy lines, 8 px wide, in a frame."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    columns = (x + 24 * np.sin(y / 130)) / (WIDTH / ACROSS)
    rows = (y + 24 * np.sin(x / 170)) / (HEIGHT / DOWN)
    off = [np.abs(columns - np.rint(columns)), np.abs(rows - np.rint(rows))]
    near = np.minimum(off[0] * WIDTH / ACROSS, off[1] * HEIGHT / DOWN)
    line = np.where(near < 4, 0, 255).astype(np.uint8)
    Image.fromarray(cv2.GaussianBlur(line, (3, 3), 0)).save(path)


def color(path: Path, output: Path) -> int:
    """Write the files that colorize would, in random colours; how many areas there are."""
    drawing = read_drawing(path)
    regions = part(line_art(drawing).ink)
    n = regions.n_regions + 1
    page = Painted(
        source=Source(path.name, path, file_sha(path), None),
        line=drawing,
        region_index=regions.region_index.numpy(),
        colors=np.random.default_rng(0).integers(0, 256, (n, 3)).astype(np.uint8),
        bare=np.arange(n) == 0,
        confidence=np.linspace(0, 1, n).astype(np.float32),
        palette=(),
        layers=LayerNames(line="線画", flats="밑색", paper="용지"),
        by=("paper", *["generator"] * (n - 1)),
    )
    formats.write(["regions"], output / path.stem, page)
    return n - 1


def main(folder: Path) -> None:
    """Measure, and print one line of JSON."""
    source = folder / "pages"
    source.mkdir(parents=True)
    draw(source / PAGE)
    found: dict[str, object] = {"areas": color(source / PAGE, source / "coloured")}
    server, browser = Server(source, code=SERVE), Browser(folder / "profile")
    browser.reset()
    try:
        browser.open(server.address, PAGE)
        browser.until("return studio.page.colored")
        found["zoom"] = frames(browser)
        browser.js("studio.view.fit(studio.page.plane.width, studio.page.plane.height)")
        found["click"] = clicks(browser)
        found["memory_mb"] = memory(folder / "profile")
    finally:
        browser.end()
        server.end()
    print(json.dumps(found))


def clicks(browser: Browser) -> dict[str, float]:
    """ms from click to screen."""
    browser.js(WATCH)
    for region in np.random.default_rng(1).choice(np.arange(2, 1000), CLICKS, replace=False):
        browser.click_area(int(region))
    times = np.array(browser.until("return shown.length >= arguments[0] && shown", CLICKS))
    return {f"p{p}_ms": round(float(np.percentile(times, p)), 1) for p in (50, 95)} | {
        "n": len(times)
    }


def frames(browser: Browser) -> dict[str, float]:
    """Frames a second while zooming in and out again."""
    times = np.array(browser.driver.execute_async_script(ZOOM, FRAMES))
    return {
        "mean_fps": round(1000 / times.mean(), 1),
        "p95_frame_ms": round(float(np.percentile(times, 95)), 1),
    }


def memory(profile: Path) -> int:
    """MB of the largest process of the browser, which is that of the tab."""
    own = []
    for process in psutil.process_iter(["cmdline", "memory_info"]):
        words = process.info["cmdline"] or []
        if "--type=renderer" in words and any(str(profile) in word for word in words):
            own.append(process.info["memory_info"].rss)
    return round(max(own) / 2**20)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
