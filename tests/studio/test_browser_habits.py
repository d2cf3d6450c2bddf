"""What people tried who had never seen the page, in Chromium: each stumbled here once."""

import base64
import io

import pytest
from PIL import Image
from selenium.webdriver import ActionChains
from selenium.webdriver.support.ui import Select

from tests.studio.browser_desk import CHOSEN
from tests.studio.chromium import INNER

pytestmark = pytest.mark.slow
SAID = "const said = document.getElementById('said'); return said.hidden ? '' : said.textContent"


def test_what_is_typed_after_a_double_click_replaces_the_color(quick_desk):
    """The double-click had left the #, and ##6b3e1f was no colour. What is none is said.

    Seen to fail with one # at most, and with a colour that came back in silence.
    """
    page = quick_desk.browser
    quick_desk.colored()
    field = page.driver.find_element("id", "hex")
    before = page.js(CHOSEN)
    ActionChains(page.driver).double_click(field).send_keys("#6b3e1f").perform()
    assert page.js(CHOSEN) in ("#6b3e1f", "##6b3e1f")
    assert page.js("return document.getElementById('chosen').value") == "#6b3e1f" != before
    quick_desk.type_color("##5b3a29")
    assert page.js(CHOSEN) == "#5b3a29"
    quick_desk.type_color("#6b3e1f")
    ActionChains(page.driver).double_click(field).send_keys("brown\n").perform()
    page.js("document.getElementById('hex').blur()")
    assert page.js(CHOSEN) == "#6b3e1f" and "brown" in page.js(SAID)


def test_keys_work_after_a_language_is_chosen(quick_desk):
    """Seen to fail with the list of languages keeping the keys."""
    page = quick_desk.browser
    quick_desk.colored()
    language = page.driver.find_element("id", "language")
    Select(language).select_by_value("ko")
    page.keys("5")
    assert page.js("return studio.page.show.compare")
    page.keys("5")
    Select(language).select_by_value("en")


def test_the_line_of_a_comparison_is_dragged(quick_desk):
    """And the page stays where it is. Seen to fail with a drag that moves the page."""
    page = quick_desk.browser
    quick_desk.colored()
    page.keys("5")
    stands = page.js("return [studio.view.x, studio.view.y]")
    middle, end, row = page.js(
        "const v = studio.view, c = v.canvas, at = (share) => (share * c.width - v.x) / v.scale;"
        "return [at(0.5), at(0.25), (c.height / 2 - v.y) / v.scale]"
    )
    page.drag([(middle, row), ((middle + end) / 2, row), (end, row)])
    assert page.js("return studio.page.split") == pytest.approx(0.25, abs=0.01)
    assert page.js("return [studio.view.x, studio.view.y]") == stands
    assert page.js("return document.getElementById('sides').hidden") is False
    page.keys("5")


def test_a_chosen_color_stays_in_the_strip(quick_desk):
    """Where no area has it any more. Seen to fail with the colours of areas alone."""
    page, inner = quick_desk.browser, quick_desk.colored()
    for color in ("#c8202c", "#00a040"):
        quick_desk.type_color(color)
        page.click_area(inner[0])
        page.settled()
    shown = page.js("return studio.page.strip().map((entry) => entry.colour)")
    assert {"#c8202c", "#00a040"} <= set(shown)
    assert "#c8202c" not in {row["colour"] for row in quick_desk.rows().values()}


def test_a_lock_reaches_what_a_click_reaches(quick_desk):
    """All areas of the colour. Seen to fail with the clicked area alone."""
    page, inner = quick_desk.browser, quick_desk.colored()
    quick_desk.type_color("#c8202c")
    for region in inner[:2]:
        page.click_area(region)
        page.settled()
    Select(page.driver.find_element("id", "reach")).select_by_value("page")
    page.keys("l")
    page.click_area(inner[0])
    page.settled()
    rows = quick_desk.rows()
    assert all(page.js("return studio.page.rows.get(arguments[0]).locked", r) for r in inner[:2])
    assert rows[inner[0]]["colour"] == rows[inner[1]]["colour"] == "#c8202c"
    Select(page.driver.find_element("id", "reach")).select_by_value("area")


def test_the_picture_in_the_list_follows(quick_desk):
    """Of the page that is open. Seen to fail with the picture of before."""
    page, inner = quick_desk.browser, quick_desk.colored()
    picture = "document.querySelector('#list [aria-current=true] img').src"
    assert not page.js(f"return {picture}").startswith("data:")
    quick_desk.type_color("#c8202c")
    page.click_area(max(inner, key=lambda r: page.js(INNER, r)[2]))
    page.until(f"return {picture}.startsWith('data:image/png')")
    drawn = base64.b64decode(page.js(f"return {picture}").split(",")[1])
    counted = Image.open(io.BytesIO(drawn)).convert("RGB").getcolors(1 << 16)
    assert (0xC8, 0x20, 0x2C) in {color for _, color in counted}


def test_tools_stay_where_they_are(quick_desk):
    """Whatever the palette and the area say. Seen to fail with a strip as high as its colours."""
    page, inner = quick_desk.browser, quick_desk.colored()
    tops = set()
    for n, region in ((1, inner[0]), (30, inner[1])):
        entries = [{"colour": f"#{8 * i:02x}4060", "name": ""} for i in range(n)]
        said = {"act": "palette", "entries": entries, "follow": None}
        page.js("return studio.page.act(arguments[0])", said)
        page.click_area(region)
        page.settled()
        assert page.js("return document.querySelectorAll('#strip .swatch').length") == n + 1
        tops.add(page.js("return document.getElementById('tools').getBoundingClientRect().top"))
    assert len(tops) == 1
