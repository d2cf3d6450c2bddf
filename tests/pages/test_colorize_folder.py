"""Folders of pages: what is done, skipped, refused, made again."""

import json
import re
from dataclasses import replace

import pytest
import torch

from colorrl.config.schema.pages import ExportConfig
from colorrl.errors import UserError
from colorrl.export import formats
from colorrl.scripts.export import main as reexport
from tests.coloring import (
    CALLS,
    SETTINGS,
    HashGenerator,
    four_sketches,
    pixels,
    run,
    save,
    snapshot,
)
from tests.regions.drawings import draw


@pytest.fixture
def folder(tmp_path):
    return four_sketches(tmp_path / "그림")


def test_a_second_run_skips_what_is_done(folder, tmp_path):
    run(folder, tmp_path / "out")
    before = snapshot(tmp_path / "out")
    save(folder / "new.png", draw("star", 80, 3))
    generator = HashGenerator()
    report = run(folder, tmp_path / "out", generator=generator)
    assert list(report.done) == ["new.png"] and len(report.skipped) == 4
    assert generator.calls == CALLS
    assert snapshot(tmp_path / "out").items() >= before.items()


def test_a_run_that_was_cut_short_goes_on(folder, tmp_path, monkeypatch):
    run(folder, tmp_path / "whole")

    class Killed(BaseException):
        pass

    class Dying(HashGenerator):
        def sample(self, *args):
            if self.calls == 2 * CALLS:
                raise Killed
            return super().sample(*args)

    with pytest.raises(Killed):
        run(folder, tmp_path / "out", generator=Dying())
    report = run(folder, tmp_path / "out")
    assert len(report.done) == 2 and len(report.skipped) == 2
    whole = {p.name: b for p, b in snapshot(tmp_path / "whole").items()}
    assert {p.name: b for p, b in snapshot(tmp_path / "out").items()} == whole


def test_a_page_cut_between_its_files_is_made_again(folder, tmp_path, monkeypatch):
    def dies(path, page):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(formats.FORMATS, "composite", {".composite.png": dies})
        with pytest.raises(KeyboardInterrupt):
            run(folder / "얼굴.png", tmp_path / "out")
    assert (tmp_path / "out" / "얼굴.flats.png").exists()
    assert run(folder / "얼굴.png", tmp_path / "out").done == {"얼굴.png": True}


def test_nothing_is_overwritten_by_default(folder, tmp_path):
    foreign = tmp_path / "out" / "얼굴.flats.png"
    foreign.parent.mkdir()
    foreign.write_bytes(b"a week of work")
    report = run(folder, tmp_path / "out")
    assert foreign.read_bytes() == b"a week of work"
    assert len(report.done) == 3
    assert "not made by colorrl" in report.failed["얼굴.png"]
    assert "overwrite=true" in report.failed["얼굴.png"]
    again = run(folder, tmp_path / "out", replace(SETTINGS, seed=5))
    assert len(again.failed) == 4 and "other settings" in again.failed["web.webp"]
    assert foreign.read_bytes() == b"a week of work"
    report = run(folder, tmp_path / "out", overwrite=True)
    assert report.done == {"얼굴.png": True} and len(report.skipped) == 3
    assert foreign.read_bytes() != b"a week of work"


def test_another_kind_joins_what_is_there(folder, tmp_path):
    run(folder, tmp_path / "out")
    before = snapshot(tmp_path / "out")
    assert len(run(folder, tmp_path / "out", kinds=["indexed"]).done) == 4
    assert snapshot(tmp_path / "out").items() >= before.items()
    both = run(folder, tmp_path / "out", kinds=["flats", "composite", "indexed"])
    assert len(both.skipped) == 4


@pytest.mark.parametrize("exported", [False, True])
@pytest.mark.parametrize("kinds", [["regions", "psd", "flats"], ["flats"]])
def test_an_edit_is_not_undone_by_asking_for_another_kind(tmp_path, exported, kinds):
    """Seen to be lost after `colorrl export`, and left out of files made beside it."""
    save(tmp_path / "in" / "쪽.png")
    out = tmp_path / "out"
    run(tmp_path / "in", out, kinds=["regions", "psd"])
    path = out / "쪽.regions.json"
    path.write_text(
        re.sub('"colour": "#[0-9a-f]+"', '"colour": "#00ff00"', path.read_text("utf-8"))
    )
    edited = path.read_bytes()
    if exported:
        reexport(ExportConfig(input=out, export=None, overwrite=False))
        assert run(tmp_path / "in", out, kinds=["regions", "psd"]).skipped == ["쪽.png"]
    assert "changed by hand" in run(tmp_path / "in", out, kinds=kinds).failed["쪽.png"]
    assert path.read_bytes() == edited and not (out / "쪽.flats.png").exists()
    reexport(ExportConfig(input=out, export=["flats"], overwrite=False))
    assert (pixels(out / "쪽.flats.png")[..., :3] == [0, 255, 0]).all(2).any()
    assert run(tmp_path / "in", out, kinds=["regions", "flats"]).skipped == ["쪽.png"]
    assert not run(tmp_path / "in", out, kinds=["regions", "flats"], overwrite=True).failed
    assert '"by": "hand"' in path.read_text("utf-8")
    assert (pixels(out / "쪽.flats.png")[..., :3] == [0, 255, 0]).all(2).any()
    assert run(tmp_path / "in", out, kinds=kinds).failed == {}


def test_bad_files_are_listed_and_do_not_stop_the_rest(folder, tmp_path):
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("not a picture")
    whole = (folder / "얼굴.png").read_bytes()
    (folder / "torn.png").write_bytes(whole[: len(whole) // 2])
    report = run(folder, tmp_path / "out")
    assert len(report.done) == 4
    assert set(report.failed) == {"empty.png", "text.jpg", "torn.png"}
    assert all(report.failed.values())
    assert not list((tmp_path / "out").rglob("*torn*"))


def test_where_nothing_can_be_written_no_page_is_colored(folder, tmp_path):
    generator = HashGenerator()
    (tmp_path / "out").touch()
    with pytest.raises(UserError, match=f"nothing can be written to {re.escape(str(tmp_path))}"):
        run(folder, tmp_path / "out", generator=generator)
    assert generator.calls == 0


def test_output_inside_input_is_not_read_again(folder):
    run(folder, folder / "out")
    report = run(folder, folder / "out")
    assert len(report.skipped) == 4 and not report.done
    assert len(run(folder, folder / "out2").done) == 4


def test_the_journal_is_utf8_json(folder, tmp_path):
    run(folder, tmp_path / "out")
    states = (tmp_path / "out" / ".colorize").rglob("*.json")
    kept = [json.loads(path.read_text("utf-8")) for path in states]
    assert "얼굴.png" in {state["page"] for state in kept} and len(kept) == 4
    assert all(all(state["made"].values()) for state in kept)


def test_the_generator_moves_to_its_device_where_it_works(folder, tmp_path, monkeypatch):
    """A fake of a GPU: what is there does not travel to the processes that colour."""

    class Traveling(HashGenerator):
        where = "cpu"

        def to(self, device):
            self.where = device.type
            return self

        def sample(self, sketch, seeds, n_steps=None):
            assert sketch.line.device.type == self.where
            return torch.rand(len(seeds), 3, self.size, self.size).to(self.where)

    generator = Traveling()
    run(folder, tmp_path / "a", generator=generator)
    assert generator.where == "cpu"
    # "meta" is the one device besides the CPU that every torch has; its pictures have no values
    monkeypatch.setattr(torch.Tensor, "cpu", lambda self: torch.zeros(self.shape))
    report = run(folder, tmp_path / "b", generator=generator, device=torch.device("meta"))
    assert generator.where == "meta" and len(report.done) == 4
