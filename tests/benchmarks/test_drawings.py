"""Which drawings the gap benchmark takes, and what is true of them."""

import numpy as np
import pytest

from colorrl.benchmarks import drawings
from colorrl.benchmarks.drawings import Name, load, names, spaced
from colorrl.config.compose import conf_dir
from colorrl.data.preparation.manifest import read_manifest

MANIFEST = conf_dir().parent / "datasets" / "openmoji" / "manifest.jsonl"


def test_splits_share_no_drawing():
    tune, test = (names(MANIFEST, split, 10_000, 500) for split in ("tune", "test"))
    assert not set(tune) & set(test)
    entries = read_manifest(MANIFEST)
    bases = {s: {e.base for e in entries if e.split == s} for s in ("train", "test")}
    assert len(test) == len(bases["test"]) + 500 and len(tune) == len(bases["train"]) + 500
    assert [n.source for n in names(MANIFEST, "test", 20, 3)].count("openmoji") == 20


@pytest.mark.parametrize(("limit", "n"), [(None, 7), (3, 3), (7, 7), (9, 7), (0, 0)])
def test_a_limit_is_spread_evenly(limit, n):
    these = [Name("procedural", str(i)) for i in range(7)]
    assert len(spaced(these, limit)) == n
    assert limit != 3 or [x.key for x in spaced(these, limit)] == ["0", "2", "4"]


SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72">
<g id="color"><rect x="12" y="12" width="48" height="48" fill="#ea5a47"/></g>
<g id="skin-shadow"><rect x="12" y="12" width="48" height="20" fill="#d22f27"/></g>
<g id="line"><path d="{path}" fill="none" stroke="#000" stroke-width="2"/></g></svg>"""
CLOSED, OPEN = "M12 12h48v48h-48z", "M12 12h48v48"


@pytest.mark.parametrize("path", [CLOSED, OPEN])
def test_paint_separates_open_drawings_from_closed_ones(path, tmp_path, monkeypatch):
    (tmp_path / "1F.svg").write_text(SVG.format(path=path))
    monkeypatch.setattr(drawings.openmoji, "svg_folder", lambda: tmp_path)
    subject = load(Name("openmoji", "1F"), 144)
    if path == CLOSED:
        assert subject.open is None
        # a skeleton: the line of 4 px is one of a pixel now
        assert np.count_nonzero(subject.strokes) == pytest.approx(4 * 96, abs=8)
    else:
        line, label = subject.open
        assert line.shape == label.shape == (144, 144)
        # page and square, which is open to it; the shadow is no region
        assert label.max() == 2 and label[72, 40] != label[72, 4] > 0
        assert label[30, 72] == label[100, 72]


def test_procedural_drawings_are_closed():
    assert load(Name("procedural", "3"), 128).open is None
