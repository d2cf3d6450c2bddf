"""The page on a run before and after: every figure and picture of it is there."""

from html.parser import HTMLParser

import pytest
from PIL import Image

from colorrl.report.before_after import before_after, colored, gains
from colorrl.report.contest import HEADLINE

RESULT = {
    f"{metric}_{part}": value
    for i, metric in enumerate(HEADLINE)
    for part, value in {
        "before": 0.1 + i,
        "after": 0.25 + i,
        "gain": 0.15,
        "gain_ci95": [-0.05, 0.2],
    }.items()
} | {
    **{"hacking": [], "step": 12, "images": 1536, "seed": 3, "device": "cpu"},
    **{"command": "colorrl train a<b", "commit": "abc1234"},
}
MEAN = dict.fromkeys(HEADLINE, 0.5)
EVALUATED = MEAN | {"split": "val", "sketches": 93, "start": MEAN, "white page": MEAN}


class Reader(HTMLParser):
    """Text by tag, and how many of each tag."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text, self.count = [], {}, {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag  # well-formed

    def handle_data(self, data):
        if self.open:
            self.text.setdefault(self.open[-1], []).append(data.strip())


@pytest.fixture
def folder(tmp_path):
    """Pictures as the demo's stages leave them."""
    names = ["evaluate/contact", "compare/curves"]
    names += [
        f"coloured/{t}/{n}" for t in ("before", "after") for n in ("집.composite", "집.flats")
    ]
    names += [f"coloured/{t}/동물/a b.composite" for t in ("before", "after")]
    for name in names:
        path = tmp_path / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), "red").save(path)
    return tmp_path


def test_figures_baselines_and_pictures_are_there(folder):
    read = Reader(before_after(folder, RESULT, EVALUATED, ["white page"]))
    assert read.open == [] and read.count["table"] == 2 and read.count["img"] == 2 + 2 * 2
    cells = read.text["td"]
    first = cells.index("eval/reward ↑")
    assert cells[first : first + 5] == ["eval/reward ↑", "0.100", "0.250", "+0.150",
                                        "-0.050 .. +0.200"]  # fmt: skip
    heads = ["metric", "before", "after"]
    assert read.text["th"] == [*heads, "gain", "95 % interval", *heads, "white page"]
    assert {"동물/a b", "집"} <= set(read.text["figcaption"])
    assert "No held-out metric got worse beyond chance." in read.text["p"]
    assert any("1,536" in note and "93 val sketches" in note for note in read.text["p"])
    assert read.text["code"] == ["colorrl train a<b   commit abc1234"]


def test_an_alarm_is_shown_and_missing_curves_are_not(folder):
    (folder / "compare" / "curves.png").unlink()
    read = Reader(before_after(folder, RESULT | {"hacking": ["gold/x"]}, EVALUATED, []))
    assert "Held-out metrics got worse while the reward rose: gold/x." in read.text["p"]
    assert "Learning curves" not in read.text["h2"]


def test_what_is_not_defined_is_a_dash():
    nothing = {"gold/lpips_vgg_gain": None, "gold/lpips_vgg_gain_ci95": [None, None]}
    assert gains(RESULT | nothing)[-1][3:] == ["–", "– .. –"]


def test_a_page_that_only_one_of_them_colored_is_an_error(folder):
    (folder / "coloured" / "after" / "집.composite.png").unlink()
    with pytest.raises(FileNotFoundError, match="집"):
        before_after(folder, RESULT, EVALUATED, [])
    names = [name for *_, name in colored(folder / "coloured" / "before", folder)]
    assert names == ["동물/a b", "집"]
