"""Sets by name, alone and mixed."""

from dataclasses import fields, replace

import pytest
import torch

from colorrl.data import load
from colorrl.data.augmentation.augment import augment
from colorrl.data.batch import collate
from colorrl.data.draw import draw_from
from colorrl.data.load import load_pools, load_sketches
from colorrl.data.sets.line_folder import LineFolder
from colorrl.data.sets.procedural_set import Procedural
from colorrl.errors import UserError
from colorrl.scripts.prepare import prepare
from tests import tiny
from tests.data import layouts
from tests.data.svgs import prepare_config

PROCEDURAL = Procedural(6, 3, (3.0, 8.0), gapped=0.5, max_gap=16.0, hatched=0.5, aliased=0.5)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A root with the sets 작은 세트, procedural and folder (line art alone)."""
    root = tiny.make_run_inputs(tmp_path_factory.mktemp("mixed"))
    cfg = prepare_config(root, size=64)
    prepare(PROCEDURAL, replace(cfg, data=replace(cfg.data, name="procedural")))
    layouts.line_art(root / "선화")
    prepare(LineFolder(root / "선화", None), replace(cfg, data=replace(cfg.data, name="folder")))
    return root


def data(root, **sets):
    return replace(prepare_config(root).data, name="mixture", reader=None, sets=sets)


def test_a_mixture_holds_every_set(root):
    both = data(root, **{"작은 세트": 1.0, "procedural": 3.0})
    apart = [replace(both, name=name, sets={}) for name in both.sets]
    for split in ("train", "val"):
        each = [load_sketches(d, split, 32) for d in apart]
        assert [s.id for s in load_sketches(both, split, 32)] == [s.id for e in each for s in e]
    assert len(load_sketches(both, "val", 32, limit=2)) == 2
    assert [p.weight for p in load_pools(both, 32)] == [1.0, 3.0]


def test_too_few_held_out_drawings_are_said(root, caplog, monkeypatch):
    """Not of training's own, and not where a limit was asked for."""
    small = replace(data(root), name="작은 세트", sets={})
    load_sketches(small, "train", 32)
    load_sketches(small, "val", 32, limit=1)
    assert not caplog.records
    load_sketches(small, "val", 32)
    assert "split.held_out" in caplog.text
    caplog.clear()
    monkeypatch.setattr(load, "FEW", 1)
    load_sketches(small, "val", 32)
    assert not caplog.records


def test_sketches_of_any_sets_make_a_batch(root):
    both = data(root, **{"작은 세트": 1.0, "procedural": 1.0})
    artist = tiny.composed("pretrain", "augment=artist").augment
    drawn = draw_from(load_pools(both, 32), 8, seed=0, step=0)
    batch = collate([augment(s, i, artist) for i, s in enumerate(drawn)], n_palette=16)
    assert len(batch) == 8 and len({i.startswith("train-") for i in batch.id}) == 2
    for field in fields(batch):
        value = getattr(batch, field.name)
        if isinstance(value, torch.Tensor):
            assert value.isfinite().all(), field.name


def test_two_parts_share_no_drawing_and_lack_none(root):
    whole = data(root, procedural=1.0)
    ids = [
        {s.id for pool in load_pools(replace(whole, part=part), 32) for g in pool.groups for s in g}
        for part in ([0.0, 0.5], [0.5, 1.0], [0.0, 1.0])
    ]
    assert ids[0] and ids[1] and not ids[0] & ids[1]
    assert ids[0] | ids[1] == ids[2]


def test_faults_are_named(root):
    for part in ([0.5, 0.5], [0.2], [-1.0, 1.0]):
        with pytest.raises(UserError, match=r"data\.part=.*give \[from, to\]"):
            load_pools(replace(data(root, procedural=1.0), part=part), 32)
    with pytest.raises(UserError, match="none of the 6 train drawings"):
        load_pools(replace(data(root, procedural=1.0), part=[0.0, 1e-9]), 32)
    with pytest.raises(UserError, match=r"line art without colours.*data\.reader\.colours=FOLDER"):
        load_pools(data(root, folder=1.0), 32)
    with pytest.raises(UserError, match="colorrl prepare data=anita"):
        load_pools(data(root, anita=1.0), 32)


def test_palette_condition_and_rendering(root):
    cfg = replace(data(root), name="작은 세트")
    shares = load_sketches(cfg, "train", 32)
    colors = load_sketches(replace(cfg, palette_condition="colors"), "train", 32)
    nothing = load_sketches(replace(cfg, palette_condition="none", rendering=True), "train", 32)
    assert any(len(s.share.unique()) > 1 for s in shares)
    for a, b, c in zip(shares, colors, nothing, strict=True):
        assert torch.equal(a.palette, b.palette) and len(b.share.unique()) == 1
        assert b.share.sum() == pytest.approx(1) and (c.share == 0).all()
        assert c.rendering and not b.rendering
