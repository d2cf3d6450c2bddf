import json

from colorrl.report.review import review, row

REGIONS = {
    "regions": {
        "1": {"colour": None, "confidence": 1.0, "area": 1000},
        "2": {"colour": "#ff0000", "confidence": 0.2, "area": 30},
        "3": {"colour": "#00ff00", "confidence": 1.0, "area": 10},
    }
}


def regions(confidence):
    changed = json.loads(json.dumps(REGIONS))
    changed["regions"]["2"]["confidence"] = confidence
    return json.dumps(changed).encode()


def test_confidence_is_that_of_the_painted_area():
    found = row("a.png", ["a.psd", "a.flats.png"], regions(0.2))
    assert found.sure == (30 * 0.2 + 10) / 40 and (found.painted, found.unsure) == (2, 1)


def test_the_least_sure_page_comes_first_and_the_unmeasured_last():
    rows = [
        row("1화/b.png", ["1화/b.composite.png"], regions(0.9)),
        row("無題.png", ["無題.flats.png"], None),
        row("ep(1) #2.png", ["ep(1) #2.composite.png", "ep(1) #2.thumbnail.jpg"], regions(0.1)),
    ]
    html = review(rows, {"<torn>.png": "cannot be read"})
    places = [html.index(f"<figcaption>{name}") for name in ("ep(1) #2.png", "1화/b.png", "無題")]
    assert places == sorted(places)
    # the thumbnail where there is one; names as URLs have them
    assert 'src="./ep%281%29%20%232.thumbnail.jpg"' in html
    assert 'href="./ep%281%29%20%232.composite.png"><img' in html
    assert 'src="./1%ED%99%94/b.composite.png"' in html and "export=[regions,..]" in html
    assert "&lt;torn&gt;.png" in html and "0.33, 1 of 2 regions unsure" in html


def test_a_page_without_a_picture_has_links_alone():
    html = review([row("a.png", ["a.psd"], regions(0.5))], {})
    assert "<img" not in html and 'href="./a.psd"' in html
