"""Pages fetch nothing and escape everything."""

from html.parser import HTMLParser

import pytest
from PIL import Image

from colorrl.report import page


def test_a_page_is_whole_and_escaped(tmp_path):
    Image.new("RGB", (2, 2)).save(tmp_path / "a.png")
    text = page.page(
        "<b>비교</b>",
        page.heading("a & b"),
        page.table(["<i>"], [["</td><script>"]]),
        page.code("x < y"),
        page.picture(tmp_path / "a.png", 'say "hi"'),
    )
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)
    parser.feed(text)
    assert "script" not in tags and "i" not in tags and "b" not in tags
    assert "data:image/png;base64,iVBOR" in text
    assert "http" not in text and 'src="data' in text


def test_a_missing_picture_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        page.picture(tmp_path / "none.png")
