"""Sets that people have, each in its own on-disk form, prepared and read back."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from colorrl.config.schema.data import SplitConfig
from colorrl.data.pairs import load_split
from colorrl.data.preparation.manifest import read_manifest
from colorrl.data.sets.animerun import AnimeRun
from colorrl.data.sets.anita import Anita
from colorrl.data.sets.line_folder import LineFolder
from colorrl.data.sets.paintbucket import PaintBucket
from colorrl.data.sets.side_by_side import SideBySide
from colorrl.errors import UserError
from colorrl.scripts.prepare import main, prepare
from tests import tiny
from tests.data import layouts
from tests.data.svgs import prepare_config

SETS = {
    "paintbucket": (PaintBucket, layouts.paintbucket),
    "anita": (Anita, layouts.anita),
    "animerun": (AnimeRun, layouts.animerun),
    "side_by_side": (SideBySide, layouts.side_by_side),
    "folder": (lambda folder: LineFolder(folder, f"{folder}-colours"), None),
}

SEED = 7  # deals each of the small sets something to every split


def config(root, name):
    cfg = prepare_config(root, size=64)
    # the scenes are drawn here, not screened: two colours are fewer than some have at this size
    screen = replace(cfg.screen, max_spilled=1.0)
    split = SplitConfig(likeness=0.99, held_out=0.2, max_held_out=12, learned=[])
    data = replace(cfg.data, name=name, seed=SEED)
    return replace(cfg, data=data, screen=screen, split=split)


@pytest.fixture(scope="module", params=SETS)
def prepared(request, tmp_path_factory):
    """(name, root of the prepared set)."""
    root = tmp_path_factory.mktemp("sets")
    make, write = SETS[request.param]
    folder = root / "원본"
    if write is None:
        layouts.line_art(folder, root / "원본-colours")
    else:
        write(folder)
    prepare(make(folder), config(root, request.param))
    return request.param, root / request.param


def everything(root):
    return [s for split in ("train", "val", "test") for s in load_split(root, split, 64)]


def test_colors_are_those_of_the_scenes(prepared):
    name, root = prepared
    known = {hexa for shapes in layouts.SCENES.values() for _, _, hexa in shapes if hexa}
    sketches = everything(root)
    assert len(sketches) >= 6
    for sketch in sketches:
        found = {"#" + bytes((c * 255).round().byte().tolist()).hex() for c in sketch.palette}
        assert found <= known | {"#ffffff"} and len(found & known) >= 2, (sketch.id, found)
        assert sketch.line.shape == (1, 64, 64) and sketch.line.min() < 0.5
        if name != "animerun":  # half of a figure, so that what is beside it is painted too
            assert not sketch.alpha[0][sketch.regions.label == sketch.regions.background].any()


def test_splits_are_the_sets_own_or_of_whole_groups(prepared):
    name, root = prepared
    entries = read_manifest(root / "manifest.jsonl")
    assert {e.split for e in entries} == {"train", "val", "test"}
    group = {
        "paintbucket": lambda e: e.id.rpartition("/")[0],
        "anita": lambda e: e.id.split("/")[0],
        "animerun": lambda e: e.base,
        "side_by_side": lambda e: e.id,
        "folder": lambda e: e.cluster,
    }[name]
    homes = Counter(g for g, _ in {(group(e), e.split) for e in entries})
    assert set(homes.values()) == {1}
    if name in ("paintbucket", "animerun", "side_by_side"):
        own = {e.id for e in entries if {"test", "val"} & set(e.id.split("/"))}
        assert own == {e.id for e in entries if e.split == "test"} and own


def test_regions_of_a_set_that_knows_them_are_its_own(tmp_path):
    """A line with a gap leaks, a segment does not."""
    layouts.paintbucket(tmp_path)
    home = tmp_path / "train" / "PaintBucket_Char" / "캐릭터0"
    with Image.open(home / "line" / "0000.png") as image:
        line = np.array(image)
    line[:, 40:52] = 0  # a band without line
    Image.fromarray(line).save(home / "line" / "0000.png")
    rendering = PaintBucket(tmp_path).render("train/PaintBucket_Char/캐릭터0/0000", 64)
    assert len(np.unique(rendering.label)) == len(np.unique(layouts.Shown(layouts.NAMES[0]).label))
    assert (rendering.line[:, 40:52] == 255).all()


def test_line_art_alone_has_no_colors(tmp_path):
    folder = layouts.line_art(tmp_path / "선화")
    prepare(LineFolder(folder, None), config(tmp_path, "folder"))
    sketches = everything(tmp_path / "folder")
    assert sketches and all(s.flats is s.palette is None for s in sketches)
    assert all(s.regions.n_regions >= 3 for s in sketches)


@pytest.mark.parametrize("name", SETS)
def test_the_command_names_what_is_missing(name, tmp_path):
    data = [f"data={name}", f"data.root='{tmp_path}'", "workers=1"]
    with pytest.raises(UserError, match=r"give data\.source=FOLDER"):
        main(tiny.composed("prepare", *data))
    with pytest.raises(UserError, match=r"no folder .*없음; data\.source must be one with"):
        main(tiny.composed("prepare", *data, f"data.source='{tmp_path / '없음'}'"))
    (tmp_path / "빈").mkdir()
    with pytest.raises(UserError, match=r"no .* in .*빈; .* must be one with"):
        main(tiny.composed("prepare", *data, f"data.source='{tmp_path / '빈'}'"))


def test_faults_name_the_file(tmp_path):
    home = layouts.paintbucket(tmp_path / "a") / "train" / "PaintBucket_Char" / "캐릭터0"
    (home / "json_color" / "0000.json").write_text(json.dumps({"300": [1, 2, 3]}))
    with pytest.raises(ValueError, match=r"0000\.json: not .*segment"):
        PaintBucket(tmp_path / "a").render("train/PaintBucket_Char/캐릭터0/0000", 64)
    layouts.animerun(tmp_path / "b")
    run, scene = AnimeRun(tmp_path / "b"), tmp_path / "b" / "train" / "Segment" / "scene0"
    (scene / "0007.npy").write_bytes(b"no array")
    with pytest.raises(ValueError, match=r"0007\.npy: no array"):
        run.render("train/scene0/0000", 64)
    (scene / "0007.npy").unlink()
    with pytest.raises(ValueError, match=r"matched by their order, but there are 2 in .*contour"):
        run.drawings(0, 0.2)
    layouts.save(tmp_path / "c" / "1.png", layouts.Shown("house").opaque())
    with pytest.raises(ValueError, match=r"1\.png is 96 x 96 px; data\.source must have"):
        SideBySide(tmp_path / "c").render("1", 64)
    folder = layouts.line_art(tmp_path / "d", tmp_path / "e")
    next((tmp_path / "e" / "線画").iterdir()).unlink()
    with pytest.raises(ValueError, match=r"1 line arts have no colouring in .*線画/"):
        LineFolder(folder, tmp_path / "e").drawings(0, 0.1)


def test_a_changed_folder_is_prepared_again(tmp_path):
    folder = layouts.line_art(tmp_path / "선화")
    before = LineFolder(folder, None).origin
    assert LineFolder(folder, None).origin == before
    layouts.save(folder / "new.png", layouts.Shown("fish").line)
    assert LineFolder(folder, None).origin != before


def test_a_dark_page_is_turned(tmp_path):
    layouts.animerun(tmp_path)
    for path in (tmp_path / "train" / "contour" / "scene0").iterdir():
        with Image.open(path) as image:
            layouts.save(path, 255 - np.asarray(image))
    assert AnimeRun(tmp_path).render("train/scene0/0000", 64).line.mean() > 127
