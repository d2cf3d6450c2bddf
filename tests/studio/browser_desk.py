"""A folder of the demo on the desk: its server, a window on it, and what lies on the disk."""

import json
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from PIL import Image

from tests.studio.chromium import CONTROL, Browser, Keys
from tests.studio.conftest import PATIENCE, studio_over

DEMO = Path(__file__).parents[2] / "datasets" / "demo"
PAGE = "도자기 인형.png"
# the colour that a click gives
CHOSEN = "return document.getElementById('hex').value"
RED, GREEN = "#d22f27", "#00a040"


class Threaded:
    """A server in a thread of the tests: nothing has to be loaded."""

    def __init__(self, folder: Path) -> None:
        place = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{place.getsockname()[1]}/"
        settings = {"log_level": "warning", "access_log": False, "lifespan": "off"}
        self.server = uvicorn.Server(uvicorn.Config(studio_over(folder)[1], **settings))
        self.thread = threading.Thread(target=self.server.run, args=[[place]], daemon=True)
        self.thread.start()

    def end(self) -> None:
        """End it once what it answers is answered."""
        self.server.should_exit = True
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


class Desk:
    """A folder of the demo, its server, a window on it, and what lies on the disk."""

    def __init__(self, folder: Path, serve: Callable[[Path], Any], browser: Browser) -> None:
        """``serve``: a server over a folder."""
        self.serve, self.page = serve, PAGE
        self.folder = folder / "그림"
        self.folder.mkdir()
        for name in (PAGE, "castle.png"):
            shutil.copy(DEMO / name, self.folder)
        self.shots = folder / "shots"
        self.shots.mkdir()
        self.server = serve(self.folder)
        self.browser = browser
        browser.reset()

    @property
    def stem(self) -> str:
        return str(self.folder / "coloured" / self.page.removesuffix(".png"))

    def rows(self) -> dict[int, dict]:
        """The areas on the disk, which are those that the page shows."""
        found = self.record()["regions"]
        ids = self.ids()
        assert sorted(map(int, found)) == np.unique(ids).tolist()
        shown = self.browser.js("return [...studio.page.rows]")
        assert {str(region): row["colour"] for region, row in shown} == {
            region: row["colour"] for region, row in found.items()
        }
        return {int(region): row for region, row in found.items()}

    def record(self) -> dict:
        """The page's file."""
        return json.loads(Path(f"{self.stem}.regions.json").read_text("utf-8"))

    def ids(self) -> np.ndarray:
        with Image.open(f"{self.stem}.regions.png") as image:
            return np.asarray(image).astype(int) @ (65536, 256, 1)

    def colored(self) -> list[int]:
        """Open the page and colour it; the areas that the generator coloured."""
        self.browser.open(self.server.address, self.page)
        self.browser.push("color")
        self.browser.until("return studio.page.colored")
        self.browser.settled()
        return [r for r, row in self.rows().items() if row["by"] == "generator"]

    def type_color(self, text: str) -> None:
        """Type a colour into the field and leave it."""
        field = self.browser.driver.find_element("id", "hex")
        field.click()
        self.browser.keys(CONTROL, "a")
        field.send_keys(text, Keys.TAB)

    def hold_still(self) -> None:
        """The open window no longer looks by itself whether another one changed the page."""
        self.browser.js("for (let i = setInterval(() => 0, 1e9); i > 0; i--) clearInterval(i)")

    def serve_again(self) -> None:
        """A new server in place of one that was killed."""
        self.server = self.serve(self.folder)
        self.browser.open(self.server.address, self.page)
        self.browser.until("return studio.page.colored")

    def shot(self, name: str) -> None:
        self.browser.driver.save_screenshot(str(self.shots / f"{name}.png"))

    def end(self) -> None:
        self.browser.driver.get("about:blank")
        self.server.end()
