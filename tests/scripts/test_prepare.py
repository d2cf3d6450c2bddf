import dataclasses
import json
import os
import shutil

import pytest

from colorrl.data.pairs import load_split
from colorrl.data.preparation import build
from colorrl.data.preparation.manifest import read_manifest
from colorrl.data.sets.openmoji import OpenMoji
from colorrl.errors import UserError
from colorrl.scripts.prepare import main, prepare
from tests.data.svgs import prepare_config, write_drawings


@pytest.fixture
def source(tmp_path):
    return OpenMoji(write_drawings(tmp_path / "svg"))


@pytest.fixture
def config(tmp_path):
    return prepare_config(tmp_path / "모음")


def snapshot(folder):
    """Every file below ``folder`` with its bytes."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def stamps(folder):
    return {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in folder.rglob("*")}


def test_what_is_kept_and_why_the_rest_is_not(source, config, capsys):
    home = prepare(source, config)
    entries = {e.id: e for e in read_manifest(home / "manifest.jsonl")}
    assert set(entries) == {"1F3E0", "1F3E0-1F3FB", "1F3E1", "1F36A", "1F3AF"}
    assert entries["1F3E1"].cluster == entries["1F3E0-1F3FB"].cluster == "1F3E0"
    assert len({e.cluster for e in entries.values()}) == 3
    assert entries["1F3AF"].palette == ["#1e50a0", "#ea5a47", "#ffffff"]
    dropped = json.loads((home / "meta.json").read_text(encoding="utf-8"))["dropped"]
    assert dropped == {"fewer than 2 enclosed regions": 1, "flag": 1, "no line group": 1}
    said = capsys.readouterr().out
    assert "5 pairs of 4 bases" in said and "dropped 1: flag" in said


def test_a_second_run_changes_nothing(source, config, capsys):
    home = prepare(source, config)
    before = stamps(config.data.root)
    assert prepare(source, config) == home
    assert stamps(config.data.root) == before
    assert "unchanged" in capsys.readouterr().out


def test_force_renders_the_same_again(source, config):
    home = prepare(source, config)
    before, inodes = snapshot(config.data.root), stamps(home)
    prepare(source, dataclasses.replace(config, force=True))
    assert snapshot(config.data.root) == before
    assert stamps(home) != inodes


@pytest.mark.parametrize("damage", ["truncate", "remove", "repaint", "manifest", "meta"])
def test_damage_is_mended(source, config, damage):
    home = prepare(source, config)
    before = snapshot(config.data.root)
    flats, line = home / "flats" / "1F3E0.png", home / "line" / "1F3E0.png"
    if damage == "truncate":
        flats.write_bytes(flats.read_bytes()[:50])
    elif damage == "remove":
        line.unlink()
    elif damage == "repaint":
        flats.write_bytes((home / "flats" / "1F36A.png").read_bytes())
    elif damage == "manifest":
        path = home / "manifest.jsonl"
        path.write_text("".join(path.read_text("utf-8").splitlines(True)[:-1]), "utf-8")
    else:
        (home / "meta.json").write_text("{}")
    prepare(source, config)
    assert snapshot(config.data.root) == before


def test_other_settings_are_prepared_again(source, config):
    home = prepare(source, config)
    strict = dataclasses.replace(config.screen, min_painted=0.2)
    prepare(source, dataclasses.replace(config, screen=strict))
    assert len(read_manifest(home / "manifest.jsonl")) < 5


def test_a_killed_run_leaves_nothing_that_is_believed(source, config, monkeypatch):
    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(build, "signature", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare(source, config)
    root = config.data.root / config.data.name
    assert os.listdir(root / "pixels") == [".128.part"]
    with pytest.raises(FileNotFoundError, match="colorrl prepare"):
        load_split(root, "train", 64)
    home = prepare(source, config)
    assert os.listdir(root / "pixels") == ["128"]
    assert len(snapshot(home)) == 5 * 4 + 2


def test_what_a_kill_at_the_end_leaves_is_cleared_and_hides_nothing(source, config):
    home = prepare(source, config)
    old = home.with_name(".128.old")
    shutil.copytree(home, old)
    root = config.data.root / config.data.name
    assert load_split(root, read_manifest(home / "manifest.jsonl")[0].split, 64)
    prepare(source, config)
    assert os.listdir(root / "pixels") == ["128"]


def test_every_size_keeps_and_splits_alike(source, config):
    prepare(source, config)
    root = config.data.root / config.data.name
    tracked = (root / "manifest.jsonl").read_bytes()
    small = prepare(
        source, dataclasses.replace(config, data=dataclasses.replace(config.data, size=64))
    )
    assert (root / "manifest.jsonl").read_bytes() == tracked
    pairs = zip(
        read_manifest(root / "manifest.jsonl"), read_manifest(small / "manifest.jsonl"), strict=True
    )
    for at_128, at_64 in pairs:
        assert (at_128.id, at_128.split) == (at_64.id, at_64.split)
        assert at_128.sha256["line"] != at_64.sha256["line"]
    assert load_split(root, at_64.split, 64)[0].line.shape == (1, 64, 64)


def test_the_seed_deals_the_splits(source, tmp_path):
    splits = set()
    for seed in range(4):
        home = prepare(source, prepare_config(tmp_path / str(seed), seed=seed))
        splits.add(tuple(e.split for e in read_manifest(home / "manifest.jsonl")))
    assert len(splits) > 1


@pytest.mark.slow
def test_processes_change_nothing(source, config, tmp_path):
    alone = prepare(source, config)
    data = dataclasses.replace(config.data, root=tmp_path / "two")
    together = prepare(source, dataclasses.replace(config, data=data, workers=2))
    assert snapshot(alone) == snapshot(together)


def test_mistakes_are_named(config, tmp_path):
    def refused(message, **changes):
        with pytest.raises(UserError, match=message):
            main(dataclasses.replace(config, **changes))

    data = dataclasses.replace
    refused(r"data\.size=16 .*32 \.\. 1024", data=data(config.data, size=16))
    empty = {"_target_": "colorrl.data.sets.openmoji.OpenMoji", "folder": str(tmp_path)}
    refused(r"no \.svg files", data=data(config.data, reader=empty))
    made = {"_target_": "colorrl.data.sets.dicebear.DiceBear", "train": {}, "held_out": {}}
    refused("comes without files", data=data(config.data, source=tmp_path, reader=made))
    refused("demo=.* takes drawings of data=openmoji", demo=tmp_path)
    mixed = data(config.data, reader=None, sets={"a": 1.0, "b": 2.0})
    refused("made of other sets: colorrl prepare data=a and colorrl prepare data=b", data=mixed)
