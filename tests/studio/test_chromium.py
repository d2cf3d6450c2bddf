"""A person at the page, in Chromium: after each act the files are read."""

from pathlib import Path

import numpy as np
import pytest

from colorrl.config.schema.pages import ExportConfig
from colorrl.export import formats
from colorrl.images.layered import read_psd
from colorrl.scripts.export import main as export
from tests.studio.browser_desk import PAGE
from tests.studio.chromium import CONTROL, INNER, SHIFT

pytestmark = pytest.mark.slow
RED, GREEN = "#d22f27", "#00a040"


def test_a_page_from_the_line_to_the_psd(desk):
    """Seen to fail with clicks that miss by the panel's width, with acts that only the page keeps,
    with a picture of another site, and as each step says."""
    page = desk.browser
    page.open(desk.server.address, PAGE)
    desk.shot("0 line")
    first = color_all_pages(desk)
    inner = [r for r, row in first.items() if row["by"] == "generator"]
    click_and_undo_twice(desk, inner, first)
    split_and_join(desk, inner[2])
    color_the_rest_around_a_lock(desk, inner, first)
    compare_with_the_first_colors(desk, inner[0], first)
    save_as_the_command_does(desk)
    assert page.errors() == []
    assert page.js("return performance.getEntriesByType('resource').map(one => one.name)"
                   ".filter(name => !name.startsWith(location.origin))") == []  # fmt: skip


def color_all_pages(desk):
    """All pages of the folder; the areas of the open one."""
    page = desk.browser
    page.push("all")
    listed = "return [...document.querySelectorAll('#list li')]"
    page.until(f"{listed}.every(li => li.dataset.state === 'colored')")
    page.until("return studio.page.colored")
    page.settled()
    desk.shot("1 coloured")
    return desk.rows()


def click_and_undo_twice(desk, inner, first):
    """A click, a Shift-click, two undos. Seen to fail with an undo that does nothing, and with
    a Shift-click that colours its own area alone."""
    page = desk.browser
    page.click_area(inner[0])
    assert desk.rows()[inner[0]]["colour"] == RED
    assert page.color_at(*page.js(INNER, inner[0])[:2]) == RED
    page.click_area(inner[1])
    desk.type_color(GREEN)
    page.click_area(inner[0], SHIFT)
    changed = desk.rows()
    assert changed[inner[0]]["colour"] == changed[inner[1]]["colour"] == GREEN
    desk.shot("2 clicked")
    page.keys(CONTROL, "z")
    page.keys(CONTROL, "z")
    page.settled()
    rows = desk.rows()
    assert rows[inner[0]]["colour"] == RED and rows[inner[1]] == first[inner[1]]


def split_and_join(desk, region):
    """One area by a stroke, and by two clicks again. Seen to fail with a stroke that joins,
    with a new part that is not chosen, and with a join that keeps the second colour."""
    page, rows, ids = desk.browser, desk.rows(), desk.ids()
    x = page.js(INNER, region)[0]
    column = np.flatnonzero(ids[:, x] == region)
    page.keys("s")
    page.drag([(x, y) for y in np.linspace(column.min() + 2, column.max() - 2, 9)])
    parted, new = desk.rows(), len(rows) + 1
    assert len(parted) == new and set(desk.ids()[ids == region]) == {region, new}
    assert page.js("return studio.page.chosen") == new  # its rim shows where it was parted
    desk.shot("3 split")
    page.keys("b")
    page.click_area(new)
    assert desk.rows()[new]["colour"] == GREEN != rows[region]["colour"]
    page.keys("j")
    page.click_area(region)
    page.click_area(new)
    assert desk.rows() == rows and (desk.ids() == ids).all()


def color_the_rest_around_a_lock(desk, inner, first):
    """Seen to fail with a lock that the page alone keeps: the rest is then coloured over it."""
    page, before = desk.browser, desk.rows()
    page.keys("l")
    page.click_area(inner[3])
    page.keys("b")
    page.click_area(inner[3])
    assert desk.rows()[inner[3]] == first[inner[3]]
    desk.shot("4 locked")
    version = page.js("return studio.page.version")
    page.keys("r")
    page.until("return studio.page.version > arguments[0]", version)
    page.settled()
    again = desk.rows()
    assert again[inner[0]] == before[inner[0]] and again[inner[3]] == first[inner[3]]
    assert any(again[r]["colour"] != before[r]["colour"] for r in inner[4:])
    desk.shot("5 the rest again")


def compare_with_the_first_colors(desk, region, first):
    """Seen to fail with a slider that shows what is there now on both sides."""
    page = desk.browser
    x, y, _ = page.js(INNER, region)
    page.keys("5")
    for place, color in ((1000, first[region]["colour"]), (0, RED)):
        page.js("const s = document.getElementById('slider'); s.value = arguments[0];"
                "s.dispatchEvent(new Event('input'))", place)  # fmt: skip
        page.drawn()
        assert page.color_at(x, y) == color
        desk.shot(f"6 before {place}")
    page.keys("5")


def save_as_the_command_does(desk):
    """Byte for byte. Seen to fail with one byte more in the PSD of the page."""
    page = desk.browser
    page.keys("x")
    page.push("go")
    page.until("return document.querySelectorAll('#files a').length === 2")
    desk.shot("7 saved")
    psd = Path(f"{desk.stem}.psd")
    saved = psd.read_bytes()
    assert read_psd(psd, None).size == desk.ids().shape[::-1]
    export(ExportConfig(Path(f"{desk.stem}.regions.json"), ["psd"], overwrite=True))
    assert psd.read_bytes() == saved


def test_a_new_server_and_a_new_window_go_on(mortal_desk):
    """Seen to fail with a history that is kept in memory."""
    page, inner = mortal_desk.browser, mortal_desk.colored()
    first = mortal_desk.rows()
    page.click_area(inner[0])
    mortal_desk.server.end(kill=True)
    page.click_area(inner[1])  # the page says that it is not saved
    page.until("return document.getElementById('said').className === 'fault'")
    mortal_desk.serve_again()
    rows = mortal_desk.rows()
    assert rows[inner[0]]["colour"] == RED and rows[inner[1]] == first[inner[1]]
    page.keys(CONTROL, "z")
    page.settled()
    assert mortal_desk.rows() == first


def test_acts_that_are_under_way_reach_their_page(quick_desk):
    """Clicks, and at once another page. Seen to fail with acts that look which page is open when
    their turn comes."""
    page, inner = quick_desk.browser, quick_desk.colored()
    page.js(
        """for (const id of arguments[0]) studio.page.act(
          { act: "color", regions: [id], colour: arguments[1] });
        document.querySelector("#list li[data-page='castle.png']").click();""",
        inner, RED,
    )  # fmt: skip
    page.until("return studio.page.name === 'castle.png'")
    page.js("document.querySelector('#list li[data-page=\"' + arguments[0] + '\"]').click()", PAGE)
    page.until("return studio.page.name === arguments[0] && studio.page.ready", PAGE)
    rows = quick_desk.rows()
    assert all(rows[region]["colour"] == RED for region in inner)


def test_every_kind_of_every_page_is_saved(quick_desk):
    """From the dialog. Seen to fail with the open page alone."""
    page = quick_desk.browser
    quick_desk.colored()
    page.push("all")
    page.until("return [...document.querySelectorAll('#list li')]"
               ".every(li => li.dataset.state !== 'plain')")  # fmt: skip
    page.settled()
    page.keys("x")
    page.js("for (const one of document.querySelectorAll('#kinds input')) one.checked = true;"
            "document.querySelector('[name=scope][value=all]').checked = true;"
            "document.getElementById('training').value = 'samples';")  # fmt: skip
    page.push("go")
    page.until("return document.querySelector('#files a[href=\"/rank/\"]')")
    quick_desk.shot("all saved")
    assert not page.js("return document.getElementById('files').textContent.includes('✖')")
    output = quick_desk.folder / "coloured"
    for stem in (Path(quick_desk.stem), output / "castle"):
        assert all(path.exists() for path in formats.files_of(formats.FORMATS, stem))
    page.driver.get(f"{quick_desk.server.address}rank/")
    page.until("return document.querySelectorAll('#shown figure').length === 4")
    quick_desk.shot("rank")
    page.keys("2", "1")
    assert page.errors() == []
