"""Every tool of the page, in Chromium: what it does to the files and on the screen."""

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

from tests.studio.browser_desk import CHOSEN, PAGE
from tests.studio.chromium import CONTROL, INNER, SHIFT, Keys

pytestmark = pytest.mark.slow
RED, GREEN = "#d22f27", "#00a040"
SWATCHES = "#strip .swatch[data-place]"

# a pixel with ink on all sides of it
INK = """
const { plane } = studio.page, { line, width } = plane.levels[0], steps = [0, 3, 6, 9, 12];
const black = (at) => line[at * plane.channels] === 0;
for (let at = 0; ; at++) if (steps.every(y => steps.every(x => black(at + y * width + x))))
  return [at % width + 6, Math.floor(at / width) + 6];"""


def middle(desk, region):
    return desk.browser.js(INNER, region)[:2]


def test_a_color_is_taken_from_the_page(quick_desk):
    """With the tool, and with Alt. Seen to fail with either of them left out."""
    page, inner = quick_desk.browser, quick_desk.colored()
    rows = quick_desk.rows()
    page.keys("i")
    page.click_area(inner[0])
    assert page.js(CHOSEN) == rows[inner[0]]["colour"]
    page.click_area(inner[1])  # the tool paints again
    assert quick_desk.rows()[inner[1]]["colour"] == rows[inner[0]]["colour"]
    page.click_area(inner[2], Keys.ALT)
    assert page.js(CHOSEN) == rows[inner[2]]["colour"] == quick_desk.rows()[inner[2]]["colour"]


def test_a_color_is_typed(quick_desk):
    """With or without #, three digits or six; what is none leaves the colour. Seen to fail with
    # alone: what is shown is then not what a click gives."""
    page = quick_desk.browser
    quick_desk.colored()
    for text, color in (("5b3a29", "#5b3a29"), ("#C03050", "#c03050"), ("0a4", "#00aa44")):
        quick_desk.type_color(text)
        assert page.js(CHOSEN) == page.js("return document.getElementById('chosen').value") == color
    quick_desk.type_color("red")
    assert page.js(CHOSEN) == color


def test_an_area_is_left_blank(quick_desk):
    """Seen to fail with a tool that paints the chosen colour."""
    page, inner = quick_desk.browser, quick_desk.colored()
    place = middle(quick_desk, inner[0])
    page.keys("e")
    page.click_area(inner[0])
    assert quick_desk.rows()[inner[0]]["colour"] is None
    assert page.color_at(*place) == "#ffffff"


def test_switches_change_the_screen_alone(quick_desk):
    """Line, colours, areas, confidence. Seen to fail with each of the four left out."""
    page, inner = quick_desk.browser, quick_desk.colored()
    before, place = quick_desk.record(), middle(quick_desk, inner[0])
    color = before["regions"][str(inner[0])]["colour"]
    ink = page.js(INK)

    def shown(key, *where):
        page.keys(key)
        page.drawn()
        return page.color_at(*where)

    assert page.color_at(*place) == color and page.color_at(*ink) == "#000000"
    assert shown("1", *ink) != "#000000" and shown("1", *ink) == "#000000"
    assert shown("2", *place) == "#ffffff" and shown("2", *place) == color
    seen = {color, areas := shown("3", *place), shown("4", *place)}
    assert len(seen) == 3 and shown("3", *place) == areas and shown("3", *place) == color
    assert quick_desk.record() == before


def test_all_of_a_color_in_the_folder(quick_desk):
    """A Shift-click with the folder chosen; one undo takes it back everywhere, one redo
    does it again. Seen to fail with the page alone, and with a redo that does nothing."""
    page, castle = quick_desk.browser, "castle.png"
    quick_desk.page = castle
    there = quick_desk.colored()[0]
    page.click_area(there)
    quick_desk.page = PAGE
    here = quick_desk.colored()[0]
    page.click_area(here)
    page.js("document.getElementById('reach').value = 'folder'")
    quick_desk.type_color(GREEN)

    def colors():
        quick_desk.page = castle
        far = quick_desk.record()["regions"][str(there)]["colour"]
        quick_desk.page = PAGE
        return quick_desk.rows()[here]["colour"], far

    page.click_area(here, SHIFT)
    assert colors() == (GREEN, GREEN)
    for key, color in (("z", RED), ("y", GREEN)):
        page.keys(CONTROL, key)
        page.settled()
        assert colors() == (color, color)


def test_an_entry_takes_its_areas_along(quick_desk):
    """Seen to fail with a strip that changes alone, and with swatches that change places when an
    area is painted."""
    page, inner = quick_desk.browser, quick_desk.colored()
    strip = "return studio.page.strip().map(entry => entry.colour)"
    first = page.js(strip)
    for region in inner[:2]:
        page.click_area(region)
    shown = page.js(strip)
    assert shown[-1] == RED and shown[:-1] == [color for color in first if color in shown]
    page.driver.find_elements("css selector", SWATCHES)[len(shown) - 1].click()
    quick_desk.type_color(GREEN)
    page.push("edit")
    page.settled()
    rows = quick_desk.rows()
    assert rows[inner[0]]["colour"] == rows[inner[1]]["colour"] == GREEN
    listed = [entry["colour"] for entry in quick_desk.record()["palette"]]
    assert listed == page.js(strip) == [*shown[:-1], GREEN]


def test_other_samples_are_one_key_away(quick_desk):
    """With their share; the key once more takes the next. Seen to fail with a key that only shows
    them, and without shares."""
    page, inner = quick_desk.browser, quick_desk.colored()
    page.keys("i")
    page.click_area(inner[0])
    before = quick_desk.rows()[inner[0]]["colour"]
    page.keys("a")
    swatches = "const shown = [...document.querySelectorAll('#choices .swatch')];"
    read = f"{swatches} return shown.length > 1 && shown.map(one => parseInt(one.textContent))"
    shares = page.until(read)
    assert sum(shares) == pytest.approx(100, abs=len(shares))
    page.settled()
    page.keys("a")
    page.settled()
    row = quick_desk.rows()[inner[0]]
    assert row["colour"] != before and row["by"] == "hand"


def test_the_mouse_zooms_and_moves_the_page(quick_desk):
    """The wheel about the pointer, a drag, the space bar over a stroke. Seen to fail with a wheel
    that zooms about the middle, with a drag that paints, and without the space bar."""
    page, inner = quick_desk.browser, quick_desk.colored()
    before, view = quick_desk.rows(), "return [studio.view.scale, studio.view.x, studio.view.y]"
    place = middle(quick_desk, inner[0])
    x, y = map(round, page.on_screen(*place))
    scale = page.js(view)[0]
    ActionChains(page.driver).scroll_from_origin(
        ScrollOrigin.from_viewport(x, y), 0, -400
    ).perform()
    page.until("return studio.view.scale > arguments[0] * 1.5", scale)
    assert page.on_screen(*place) == pytest.approx((x, y), abs=1.5)
    for held in (None, " "):
        if held:
            page.keys("s")
            ActionChains(page.driver).key_down(held).perform()
        old = page.js(view)
        page.drag([place, (place[0] + 20, place[1] + 10)])
        scale, left, top = page.js(view)
        moved = [old[0], old[1] + 20 * scale, old[2] + 10 * scale]
        assert [scale, left, top] == pytest.approx(moved, abs=1.5)
    ActionChains(page.driver).key_up(" ").perform()
    page.keys("0")
    page.until("return studio.view.whole")
    assert quick_desk.rows() == before


def test_a_second_window_overwrites_nothing(quick_desk):
    """What it did not see is shown first; then it goes on. Seen to fail with a server that does
    not look at versions."""
    page, inner = quick_desk.browser, quick_desk.colored()
    quick_desk.hold_still()
    first, (one, two) = quick_desk.rows(), (page.driver.current_window_handle, None)
    page.driver.switch_to.new_window("window")
    try:
        two = page.driver.current_window_handle
        page.open(quick_desk.server.address, PAGE)
        page.click_area(inner[0])
        page.driver.switch_to.window(one)
        page.click_area(inner[1])
        assert page.js("return document.getElementById('said').className") == "fault"
        rows = quick_desk.rows()  # those that this window shows, too
        assert rows == first | {inner[0]: rows[inner[0]]} and rows[inner[0]]["colour"] == RED
        page.click_area(inner[1])
        assert quick_desk.rows()[inner[1]]["colour"] == RED
        page.driver.switch_to.window(two)  # it looks by itself
        theirs = "return studio.page.rows.get(arguments[0]).colour === arguments[1]"
        page.until(theirs, inner[1], RED)
    finally:
        page.driver.switch_to.window(two)
        page.driver.close()
        page.driver.switch_to.window(one)
