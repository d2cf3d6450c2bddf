"""A person at the page, in Chromium: after each act the files are read."""

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorrl.config.schema.pages import ExportConfig
from colorrl.images.layered import read_psd
from colorrl.scripts.export import main as export
from tests.studio.chromium import CONTROL, INNER, SHIFT, Browser, Server

pytestmark = pytest.mark.slow
DEMO = Path(__file__).parents[2] / "datasets" / "demo"
PAGE = "도자기 인형.png"
RED, GREEN = "#d22f27", "#00a040"


class Desk:
    """A folder of the demo, its server, a window on it, and what lies on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "그림"
        self.folder.mkdir()
        for name in (PAGE, "castle.png"):
            shutil.copy(DEMO / name, self.folder)
        self.shots = folder / "shots"
        self.shots.mkdir()
        self.server = Server(self.folder)
        self.browser = Browser(folder / "profile")

    @property
    def stem(self) -> str:
        return str(self.folder / "coloured" / PAGE.removesuffix(".png"))

    def rows(self) -> dict[int, dict]:
        """The areas on the disk, which are those that the page shows."""
        found = json.loads(Path(f"{self.stem}.regions.json").read_text("utf-8"))["regions"]
        ids = self.ids()
        assert sorted(map(int, found)) == np.unique(ids).tolist()
        shown = self.browser.js("return [...studio.page.rows]")
        assert {str(region): row["colour"] for region, row in shown} == {
            region: row["colour"] for region, row in found.items()
        }
        return {int(region): row for region, row in found.items()}

    def ids(self) -> np.ndarray:
        with Image.open(f"{self.stem}.regions.png") as image:
            return np.asarray(image).astype(int) @ (65536, 256, 1)

    def shot(self, name: str) -> None:
        self.browser.driver.save_screenshot(str(self.shots / f"{name}.png"))

    def end(self) -> None:
        self.browser.end()
        self.server.end()


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.end()


def test_a_page_from_the_line_to_the_psd(desk):
    """Seen to fail with clicks that miss by the panel's width, and with acts that only the page
    keeps."""
    page = desk.browser
    page.open(desk.server.address, PAGE)
    desk.shot("0 line")
    page.push("all")
    listed = "return [...document.querySelectorAll('#list li')]"
    page.until(f"{listed}.every(li => li.dataset.state === 'colored')")
    page.until("return studio.page.colored")
    desk.shot("1 coloured")
    first = desk.rows()
    inner = [r for r, row in first.items() if row["by"] == "generator"]

    page.click_area(inner[0])
    assert desk.rows()[inner[0]]["colour"] == RED
    assert page.color_at(*page.js(INNER, inner[0])[:2]) == RED
    page.click_area(inner[1])
    page.js("document.getElementById('hex').value = arguments[0];"
            "document.getElementById('hex').dispatchEvent(new Event('input'))", GREEN)  # fmt: skip
    page.click_area(inner[0], SHIFT)
    changed = desk.rows()
    assert changed[inner[0]]["colour"] == changed[inner[1]]["colour"] == GREEN
    desk.shot("2 clicked")

    page.keys(CONTROL, "z")
    page.keys(CONTROL, "z")
    page.settled()
    rows = desk.rows()
    assert rows[inner[0]]["colour"] == RED and rows[inner[1]] == first[inner[1]]

    ids, x = desk.ids(), page.js(INNER, inner[2])[0]
    column = np.flatnonzero(ids[:, x] == inner[2])
    page.keys("s")
    page.drag([(x, y_) for y_ in np.linspace(column.min() + 2, column.max() - 2, 9)])
    parted = desk.rows()
    assert len(parted) == len(rows) + 1 and set(desk.ids()[ids == inner[2]]) == {
        inner[2],
        len(parted),
    }
    desk.shot("3 split")
    page.keys("j")
    page.click_area(inner[2])
    page.click_area(len(parted))
    assert desk.rows() == rows and (desk.ids() == ids).all()

    page.keys("l")
    page.click_area(inner[3])
    page.keys("b")
    page.click_area(inner[3])
    assert desk.rows()[inner[3]] == first[inner[3]]
    desk.shot("4 locked")

    version = page.js("return studio.page.version")
    page.keys("r")
    page.until("return studio.page.version > arguments[0]", version)
    again = desk.rows()
    assert again[inner[0]] == rows[inner[0]] and again[inner[3]] == first[inner[3]]
    assert any(again[r]["colour"] != rows[r]["colour"] for r in inner[4:])
    desk.shot("5 the rest again")

    page.keys("x")
    page.push("go")
    page.until("return document.querySelectorAll('#files a').length === 2")
    desk.shot("6 saved")
    psd = Path(f"{desk.stem}.psd")
    saved = psd.read_bytes()
    assert read_psd(psd, None).size == ids.shape[::-1]
    export(ExportConfig(Path(f"{desk.stem}.regions.json"), ["psd"], overwrite=True))
    assert psd.read_bytes() == saved
    assert page.errors() == []


def test_a_new_server_and_a_new_window_go_on(desk):
    """Seen to fail with a history that is kept in memory."""
    page = desk.browser
    page.open(desk.server.address, PAGE)
    page.push("color")
    page.until("return studio.page.colored")
    first = desk.rows()
    inner = [r for r, row in first.items() if row["by"] == "generator"]
    page.click_area(inner[0])
    desk.server.end(kill=True)
    page.click_area(inner[1])  # the page says that it is not saved
    page.until("return document.getElementById('said').className === 'fault'")
    desk.server = Server(desk.folder)
    page.open(desk.server.address, PAGE)
    page.until("return studio.page.colored")
    assert desk.rows()[inner[0]]["colour"] == RED and desk.rows()[inner[1]] == first[inner[1]]
    page.keys(CONTROL, "z")
    page.settled()
    assert desk.rows() == first


def test_languages_keys_and_a_tablet(desk):
    """Words in place in each language, at 1,280 x 720 and on a tablet of 1,024 x 768."""
    page = desk.browser
    page.open(desk.server.address, PAGE)
    for code, word in (("ko", "실행 취소"), ("ja", "元に戻す"), ("en", "Undo")):
        page.js("const s = document.getElementById('language'); s.value = arguments[0];"
                "s.dispatchEvent(new Event('change'))", code)  # fmt: skip
        assert page.js("return document.getElementById('undo').textContent") == word
        desk.shot(code)
    page.keys("?")
    assert page.js("return document.querySelectorAll('#keys tr').length") > 20
    desk.shot("keys")
    for size in ((1280, 720), (1024, 768), (768, 1024)):
        over = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": True}
        page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", over)
        time.sleep(0.3)
        wide = page.js("return document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, size
        right = page.js("return document.getElementById('help').getBoundingClientRect().right")
        assert right <= size[0]
        desk.shot(f"{size[0]}")
