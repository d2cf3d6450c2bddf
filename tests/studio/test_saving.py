"""Files that the page saves are, byte for byte, those that the commands write."""

import json
from pathlib import Path

from colorrl.config.schema.pages import ExportConfig
from colorrl.export import formats
from colorrl.export.reexport import KINDS
from colorrl.scripts.export import main as export
from tests.coloring import four_sketches, run
from tests.studio.conftest import OTHER, PAGE, SEVERAL, Studio

RED = "#ff0000"


def file(studio, kind):
    (path,) = formats.files_of([kind], studio.stem)
    return path


def test_what_the_page_saves_is_what_the_command_writes(studio, tmp_path):
    """Byte for byte. Seen to fail with one kind left out."""
    kinds = list(KINDS)
    studio.act("color", regions=[2], colour=RED)
    studio.act("join", regions=[3, 4])
    end = studio.work("export", kinds=kinds)
    assert end["done"] == 1 and not end["failed"], end
    ours = {p: p.read_bytes() for p in studio.stem.parent.glob(f"{studio.stem.name}.*")}
    assert len(ours) == 12
    for path in ours:
        if ".regions." not in path.name:
            path.unlink()
    export(ExportConfig(Path(f"{studio.stem}.regions.json"), kinds, overwrite=True))
    assert {p: p.read_bytes() for p in ours} == ours
    states = {p["page"]: p["state"] for p in studio.client.get("/api/folder").json()["pages"]}
    assert states == {PAGE: "exported", OTHER: "colored", "ep(1)/wide.png": "plain",
                      "web.webp": "plain"}  # fmt: skip


def test_areas_are_saved_as_colorize_writes_them_around_edits(studio):
    """Of colours and of the palette. Seen to fail with a palette that colorize takes back."""
    studio.act("color", regions=[2], colour=RED)
    studio.act("palette", entries=[{"colour": RED, "name": "髪"}])
    assert not studio.work("export", kinds=["regions"])["failed"]
    ours = studio.files()
    report = run(studio.source, studio.output, kinds=["regions"], overwrite=True)
    assert PAGE in report.done and studio.files() == ours


def test_other_samples_are_saved_as_colorize_draws_them(studio):
    """On areas that were joined, too. Seen to fail with the regions of the lines alone."""
    studio.act("join", regions=[3, 2])
    end = studio.work("export", kinds=["alternatives", "flats"])
    assert end["result"] == ["alternatives", "flats"] and not end["failed"]
    path = file(studio, "alternatives")
    ours = path.read_bytes()
    path.unlink()
    run(studio.source, studio.output, SEVERAL, kinds=["regions", "alternatives"], overwrite=True)
    assert path.read_bytes() == ours


def test_what_hints_decided_is_saved_as_colorize_frames_it(tmp_path):
    """Seen to fail with who decided left out on reading."""
    source = four_sketches(tmp_path / "in")
    hints = {"regions": {"2": RED, "3": None}}
    (source / "얼굴.hints.json").write_text(json.dumps(hints), "utf-8")
    studio = Studio(source, OTHER)
    studio.work("color")
    assert not studio.work("export", kinds=["matches"])["failed"]
    run(source, tmp_path / "command", kinds=["regions", "matches"])
    theirs = (tmp_path / "command" / file(studio, "matches").name).read_bytes()
    assert file(studio, "matches").read_bytes() == theirs


def test_every_file_can_be_fetched_and_progress_names_the_page(studio):
    """Seen to fail with the first file of a kind alone, and without the page's name."""
    kinds = studio.client.get("/api/folder").json()["kinds"]
    assert kinds == {kind: list(endings) for kind, endings in formats.FORMATS.items()}
    said = {"work": "export", "pages": [PAGE, OTHER], "kinds": list(kinds)}
    started = studio.client.post("/api/start", json=said).json()
    assert started["of"] == 2 and started["now"] in (PAGE, OTHER)
    end = studio.end_of(started)
    assert end["now"] is None and end["done"] == 2 and not end["failed"]
    for ending in (ending for endings in kinds.values() for ending in endings):
        answer = studio.client.get("/api/file", params={"page": PAGE, "ending": ending})
        assert answer.content == Path(f"{studio.stem}{ending}").read_bytes()


def test_samples_that_were_changed_by_others_stay(studio):
    """Seen to fail without the look at the journal."""
    file(studio, "alternatives").write_bytes(b"mine")
    end = studio.work("export", kinds=["alternatives"])
    assert "changed by hand or is not ours" in end["failed"][PAGE]
    assert file(studio, "alternatives").read_bytes() == b"mine"
    assert not studio.work("export", kinds=["alternatives"], overwrite=True)["failed"]
