"""The history on the disk: after a kill, with a full disk, beside pages that others change."""

import os

import numpy as np
import pytest

from colorrl.studio.open_page import OpenPage
from tests.coloring import run, save
from tests.studio.conftest import PAGE, Studio

RED = "#ff0000"


def test_a_kill_between_history_and_files_loses_nothing(studio, monkeypatch):
    """Of both files, for an act and for an undo. Seen to fail without `OpenPage._finish`."""

    class Killed(Exception):
        pass

    def killed(*_):
        raise Killed

    join = {"act": "join", "regions": [2, 3]}
    for said in ({"act": "color", "regions": [2], "colour": RED}, join, {"act": "undo"}):
        expected = Studio(studio.source)
        before = studio.files()
        expected.view()
        expected.act(**said)
        wanted = studio.files()
        expected.act("redo" if said["act"] == "undo" else "undo")
        studio.view()
        assert studio.files()[0] == before[0]
        with monkeypatch.context() as patch:
            patch.setattr(OpenPage, "_replace", killed)
            with pytest.raises(Killed):
                studio.send(**said)
        studio = studio.again()
        assert studio.files() == wanted


def test_a_line_that_was_cut_short_never_was(studio):
    """Seen to fail with a history that refuses the line."""
    studio.act("color", regions=[2], colour=RED)
    history = studio.output / ".studio" / f"{PAGE}.jsonl"
    whole = history.read_bytes()
    history.write_bytes(whole + whole.splitlines()[-1][:40])
    other = studio.again()
    assert history.read_bytes() == whole and other.version == studio.version
    other.act("color", regions=[3], colour=RED)


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_full_disk_changes_nothing_and_says_so(studio, monkeypatch, broken):
    """Seen to fail with a history that keeps the line."""
    history = studio.output / ".studio" / f"{PAGE}.jsonl"
    before = studio.files(), history.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, broken, full)
        status, said = studio.send("join", regions=[2, 3])
    assert status == 507 and "No space left" in said["error"]
    assert (studio.files(), history.read_bytes()) == before
    studio.act("join", regions=[2, 3])
    assert studio.files() != before[0]


def test_a_page_made_again_starts_a_new_history(studio):
    """Its regions are others. Seen to fail with the old undo on the new page."""
    studio.act("color", regions=[2], colour=RED)
    save(studio.source / PAGE, np.full((80, 80), 1.0) - np.eye(80), "RGB")
    run(studio.source, studio.output, kinds=["regions"], overwrite=True)
    view = studio.again().view()
    assert view["undo"] is None and (studio.output / ".studio" / f"{PAGE}.jsonl.1").exists()


def test_a_sketch_that_changed_is_refused(studio):
    """Seen to fail without the look at its hash."""
    save(studio.source / PAGE, np.full((80, 80), 1.0) - np.eye(80), "RGB")
    answer = studio.again().client.get("/api/page", params={"page": PAGE})
    assert answer.status_code == 400 and "has changed since" in answer.json()["error"]
