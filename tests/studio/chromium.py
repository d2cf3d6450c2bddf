"""Chromium of the distribution, driven as a person drives it, and what its screen shows."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from selenium import webdriver
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.mouse_button import MouseButton
from selenium.webdriver.common.keys import Keys

REMEDY = "is not there: apt-get install -y chromium chromium-driver"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
    "--lang=en",
)  # fmt: skip
# the pixel of an area that is farthest from its rim and from ink, on the screen
INNER = """
const {page, view} = studio, level = page.plane.levels[0], id = arguments[0];
const [left, top, right, bottom] = page.rows.get(id).bbox;
const free = (x, y) => page.plane.at(x, y) === id
  && level.line[(y * level.width + x) * page.plane.channels] > 250;
let best = [0, 0, 0];
for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) {
  let reach = 0;
  while (reach < 60 && free(x + reach, y) && free(x - reach, y) && free(x, y + reach)
    && free(x, y - reach)) reach++;
  if (reach > best[2]) best = [x, y, reach];
}
return best;"""
TO_SCREEN = """
const {view} = studio, box = document.getElementById("canvas").getBoundingClientRect();
const place = (at, from) => ((at + .5) * view.scale + from) / view.ratio;
return arguments[0].map(([x, y]) => [place(x, view.x) + box.left, place(y, view.y) + box.top]);"""


def program(name: str) -> str:
    """Where the program is. Fails, with the remedy, where it is not."""
    found = shutil.which(name)
    assert found, f"{name} {REMEDY}"
    return found


class Server:
    """`colorrl studio` as a process."""

    def __init__(self, folder: Path, *options: str, code: str | None = None) -> None:
        words = ["-m", "colorrl", "studio"] if code is None else ["-c", code]
        root = Path(__file__).parents[2]
        self.process = subprocess.Popen(
            [sys.executable, *words, str(folder), "port=0", "browser=false", *options],
            stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(root)},
        )  # fmt: skip
        said = self.process.stdout.readline()
        assert "http://" in said, said
        self.address = said.split()[2]

    def end(self, kill: bool = False) -> None:
        """End it, as Ctrl-C does or without a word."""
        self.process.kill() if kill else self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()


class Browser:
    """A window of its own, with a profile of its own below ``profile``."""

    def __init__(self, profile: Path, width: int = 1280, height: int = 720) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = program("chromium")
        for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(program("chromedriver"))
        self.driver = webdriver.Chrome(options, service)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def js(self, code: str, *values):
        return self.driver.execute_script(code, *values)

    def open(self, address: str, page: str) -> None:
        """Open ``page`` and wait until it is drawn."""
        self.driver.get("about:blank")
        self.driver.get(f"{address}#{quote(page, safe='')}")
        self.until("return window.studio?.page.name === arguments[0]", page)

    def until(self, code: str, *values, seconds: float = 90):
        """What ``code`` returns once it is true."""
        end = time.monotonic() + seconds
        while not (found := self.js(code, *values)):
            assert time.monotonic() < end, code
            time.sleep(0.05)
        return found

    def settled(self) -> None:
        """Wait until every act is answered and the screen is drawn."""
        self.driver.execute_async_script(
            "const done = arguments[0]; studio.page.queue.then(() => requestAnimationFrame(() =>"
            " requestAnimationFrame(done)));"
        )

    def push(self, id: str) -> None:
        self.driver.find_element("id", id).click()

    def keys(self, *pressed: str) -> None:
        """One after another, the last with all before held."""
        chain = webdriver.ActionChains(self.driver, duration=0)
        for key in pressed[:-1]:
            chain.key_down(key)
        chain.send_keys(pressed[-1])
        for key in pressed[:-1]:
            chain.key_up(key)
        chain.perform()

    def click_area(self, region: int, *held: str) -> None:
        """A click into the middle of an area."""
        x, y, reach = self.js(INNER, region)
        assert reach > 0, f"area {region} has no free pixel"
        ((left, top),) = self.js(TO_SCREEN, [[x, y]])
        chain = webdriver.ActionChains(self.driver, duration=0)
        for key in held:
            chain.key_down(key)
        chain.w3c_actions.pointer_action.move_to_location(round(left), round(top))
        chain.click()
        for key in held:
            chain.key_up(key)
        chain.perform()
        self.settled()

    def drag(self, points) -> None:
        """A stroke through ``points`` of the page."""
        places = self.js(TO_SCREEN, [list(map(float, p)) for p in points])
        actions = ActionBuilder(self.driver, duration=20)
        pointer = actions.pointer_action
        pointer.move_to_location(*map(round, places[0]))
        pointer.pointer_down(MouseButton.LEFT)
        for place in places[1:]:
            pointer.move_to_location(*map(round, place))
        pointer.pointer_up(MouseButton.LEFT)
        actions.perform()
        self.settled()

    def color_at(self, x: float, y: float) -> str:
        """#rrggbb that the screen shows at a pixel of the page."""
        return self.js(
            "const [[x, y]] = arguments[0], v = studio.view, c = document.getElementById('canvas');"
            "const d = c.getContext('2d').getImageData(Math.round(x * v.scale + v.x),"
            "Math.round(y * v.scale + v.y), 1, 1).data;"
            "return '#' + [0, 1, 2].map(i => d[i].toString(16).padStart(2, '0')).join('')",
            [[x + 0.5, y + 0.5]],
        )

    def errors(self) -> list[str]:
        """What the browser complained of."""
        return [row["message"] for row in self.driver.get_log("browser")]

    def end(self) -> None:
        self.driver.quit()


CONTROL, SHIFT = Keys.CONTROL, Keys.SHIFT
