"""What is unusual about pages: in result.json, review.html, on the screen and in the exit code."""

import json
import logging

import pytest

from colorrl.errors import UserError
from colorrl.scripts.colorize import main
from tests.coloring import save
from tests.regions.drawings import draw
from tests.tiny import composed


@pytest.fixture
def folder(tmp_path):
    """A clean page and a negative."""
    save(tmp_path / "in" / "clean.png", draw("face", 128, 3))
    save(tmp_path / "in" / "1화" / "음화.png", 1 - draw("face", 256, 3))
    return tmp_path


def colorize(folder, *words):
    words = [f"input='{folder}/in'", f"output='{folder}/out'", "device=cpu", "workers=1", *words]
    main(composed("colorize", *words))


def test_notes_stand_in_result_review_and_log(folder, caplog):
    """Seen to fail with the notes of pages left out of `finish`."""
    with caplog.at_level(logging.WARNING):
        colorize(folder)
    result = json.loads((folder / "out" / "result.json").read_text(encoding="utf-8"))
    kinds = {page: [kind for kind, _ in notes] for page, notes in result["notes"].items()}
    assert kinds["1화/음화.png"][0] == "negative" and "clean.png" not in kinds
    said = result["notes"]["1화/음화.png"][0][1]
    assert said in (folder / "out" / "review.html").read_text(encoding="utf-8")
    assert sum("negative" in r.getMessage() and said in r.getMessage() for r in caplog.records) == 1


def test_strict_makes_notes_a_fault_after_all_pages_are_written(folder):
    """Also of pages that an earlier run made. Seen to fail with the notes of new pages alone."""
    for _ in range(2):
        with pytest.raises(UserError, match="strict=true: 1 of 2") as fault:
            colorize(folder, "strict=true")
        assert fault.value.exit_code == 1
        assert (folder / "out" / "clean.composite.png").exists()
        assert (folder / "out" / "1화" / "음화.composite.png").exists()


def test_strict_says_nothing_of_pages_without_notes(folder):
    """Seen to fail with strict=true raising for any run."""
    (folder / "in" / "1화" / "음화.png").unlink()
    colorize(folder, "strict=true")


def test_the_figure_of_the_first_page_is_asked_for_on_the_command_line(folder):
    """Seen to fail with the key not passed on: the second page takes colours of its own."""
    (folder / "in" / "1화" / "음화.png").unlink()
    save(folder / "in" / "second.png", draw("face", 160, 3)[:, ::-1])
    colorize(folder, "consistent=true", "export=[regions]")

    def colors(page):
        rows = json.loads((folder / "out" / f"{page}.regions.json").read_text())["regions"]
        return {row["colour"] for row in rows.values()} - {None}

    assert colors("clean") == colors("second")
    with pytest.raises(UserError, match="sheet="):
        main(composed("colorize", "input=s3://a/b", f"output={folder}/c", "consistent=true"))
