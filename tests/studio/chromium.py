"""Chromium of the distribution, driven as a person drives it, and what its screen shows."""

import base64
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
    "--lang=en", "--disable-dev-shm-usage",  # /dev/shm of a container may be too small for it
)  # fmt: skip
PATIENCE = 600  # s: what does not come, fails; how long it takes does not matter
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
DROP = """
const [id, content, name] = arguments, data = new DataTransfer();
data.items.add(new File([Uint8Array.from(atob(content), (one) => one.charCodeAt(0))], name));
for (const kind of ["dragenter", "dragover", "drop"]) document.getElementById(id).dispatchEvent(
  new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));"""


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
        self.driver.set_script_timeout(PATIENCE)
        self.driver.set_page_load_timeout(PATIENCE)
        self.width, self.height = width, height

    def reset(self) -> None:
        """As a new window is."""
        self.driver.get("about:blank")
        self.resize(self.width, self.height)
        self.errors()

    def resize(self, width: int, height: int, mobile: bool = False) -> None:
        """Wait until the page has this size in CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.cdp("Emulation.setDeviceMetricsOverride", **size)
        self.cdp("Emulation.setTouchEmulationEnabled", enabled=mobile, maxTouchPoints=5)
        self.until("return innerWidth === arguments[0] && innerHeight === arguments[1]",
                   width, height)  # fmt: skip
        self.drawn()

    def cdp(self, command: str, **values) -> None:
        self.driver.execute_cdp_cmd(command, values)

    def js(self, code: str, *values):
        return self.driver.execute_script(code, *values)

    def open(self, address: str, page: str) -> None:
        """Open ``page`` and wait until it is drawn."""
        self.driver.get("about:blank")
        self.driver.get(f"{address}#{quote(page, safe='')}")
        self.until("return window.studio?.page.name === arguments[0]", page)

    def until(self, code: str, *values):
        """What ``code`` returns once it is true."""
        end = time.monotonic() + PATIENCE
        while not (found := self.js(code, *values)):
            assert time.monotonic() < end, code
            time.sleep(0.05)
        return found

    def settled(self) -> None:
        """Wait until every act is answered, no long work is on, and the screen is drawn."""
        self.until("return window.studio && !studio.busy()")
        self.driver.execute_async_script("studio.page.queue.then(arguments[0])")
        self.drawn()

    def drawn(self) -> None:
        """Wait for the frame after the next one."""
        self.driver.execute_async_script(
            "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))"
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

    def touch(self, *paths) -> None:
        """Fingers, each along its path of screen places; all paths have one length."""
        for kind, places in (
            ("touchStart", [path[0] for path in paths]),
            *(("touchMove", list(places)) for places in zip(*(p[1:] for p in paths), strict=True)),
            ("touchEnd", []),
        ):
            points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
            self.cdp("Input.dispatchTouchEvent", type=kind, touchPoints=points)
        self.settled()

    def pen(self, points) -> None:
        """A stroke of a pen through ``points`` of the page."""
        places = self.js(TO_SCREEN, [list(map(float, p)) for p in points])
        kinds = ["mousePressed", *["mouseMoved"] * (len(places) - 2), "mouseReleased"]
        for kind, (x, y) in zip(kinds, places, strict=True):
            self.cdp("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1,
                     clickCount=1, pointerType="pen", force=0.5)  # fmt: skip
        self.settled()

    def on_screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a pixel of the page is on the screen."""
        return tuple(self.js(TO_SCREEN, [[x, y]])[0])

    def drop(self, id: str, file: Path) -> None:
        """A file dropped on the element ``id``."""
        self.js(DROP, id, base64.b64encode(file.read_bytes()).decode(), file.name)

    def marks(self) -> int:
        """Pixels on the screen in the blue of a frame."""
        return self.js(
            "const c = document.getElementById('canvas');"
            "const d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height)"
            ".data.buffer); return d.reduce((n, one) => n + (one === 0xffb27200), 0)"
        )

    def drag_element(self, one, other) -> None:
        """Drag the element ``one`` onto ``other`` with the mouse."""
        webdriver.ActionChains(self.driver, duration=20).click_and_hold(one).move_to_element(
            other
        ).release().perform()
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
