import json

from colorrl.report.review import review, row

REGIONS = {
    "notes": [],
    "regions": {
        "1": {"colour": None, "confidence": 1.0, "area": 1000},
        "2": {"colour": "#ff0000", "confidence": 0.2, "area": 30},
        "3": {"colour": "#00ff00", "confidence": 1.0, "area": 10},
    },
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
    html = review(rows, {"<torn>.png": "cannot be read"}, {r.name for r in rows})
    places = [html.index(f"<figcaption>{name}") for name in ("ep(1) #2.png", "1화/b.png", "無題")]
    assert places == sorted(places)
    # the thumbnail where there is one; names as URLs have them
    assert 'src="./ep%281%29%20%232.thumbnail.jpg"' in html
    assert 'href="./ep%281%29%20%232.composite.png"><img' in html
    assert 'src="./1%ED%99%94/b.composite.png"' in html and "export=[regions,..]" in html
    assert "From other runs" not in html
    assert "&lt;torn&gt;.png" in html and "0.33, 1 of 2 regions unsure" in html


def test_notes_of_a_page_are_in_its_caption():
    noted = json.dumps(REGIONS | {"notes": ["no line closes an area", "region 3: <bare>"]}).encode()
    html = review([row("a.png", ["a.flats.png"], noted)], {}, {"a.png"})
    assert "1 of 2 regions unsure. no line closes an area. region 3: &lt;bare&gt;<" in html


def test_pages_of_other_runs_are_listed_apart():
    rows = [row(f"{name}.png", [f"{name}.flats.png"], regions(0.1)) for name in "abc"]
    html = review(rows, {"c.png": "made with other settings"}, {"b.png"})
    captions = [html.index(f"<figcaption>{name}.png") for name in "bac"]
    assert captions == sorted(captions)
    assert captions[0] < html.index("From other runs") < captions[1]
    assert "Pages of the last run: 1." in html and html.index("Failed") < captions[0]


def test_a_page_without_a_picture_has_links_alone():
    html = review([row("a.png", ["a.psd"], regions(0.5))], {}, {"a.png"})
    assert "<img" not in html and 'href="./a.psd"' in html
