"""Hints, sheets, samples and previews through colorize."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from PIL import Image

from colorrl.export.jobs import find_jobs
from colorrl.export.matches import HINT
from colorrl.pages.colorizer import defaults
from colorrl.pages.constraints.ranking import without_shares
from colorrl.pages.sheet.reading import read_sheet
from colorrl.palette import palette_from
from colorrl.spaced import spaced
from tests.coloring import SETTINGS, HashGenerator, on_paper, run, save

PAGES = ("얼굴", "plain")


@pytest.fixture
def source(tmp_path):
    save(tmp_path / "in" / "얼굴.png")
    return tmp_path / "in"


def ranking():
    """The reward that ranks samples, of conf/reward/reference_free.yaml."""
    return without_shares(instantiate(defaults().reward))


def hint(path, x, y, color, size=96):
    rgba = np.zeros((size, size, 4), np.uint8)
    rgba[y : y + 2, x : x + 2] = (*color, 255)
    Image.fromarray(rgba).save(path)


def rows(out, page="얼굴"):
    return json.loads((out / f"{page}.regions.json").read_text("utf-8"))


def test_hints_beside_the_page_and_their_change(source, tmp_path):
    hint(source / "얼굴.hints.png", 48, 48, (1, 2, 3))
    report = run(source, tmp_path / "out", kinds=["flats", "regions"])
    assert list(report.done) == ["얼굴.png"] and not report.failed
    assert on_paper(tmp_path / "out" / "얼굴.flats.png")[48, 48].tolist() == [1, 2, 3]
    hinted = [row for row in rows(tmp_path / "out")["regions"].values() if row["by"] == "hint"]
    assert [row["colour"] for row in hinted] == ["#010203"] and hinted[0]["confidence"] == 1
    assert run(source, tmp_path / "out", kinds=["flats", "regions"]).skipped == ["얼굴.png"]
    hint(source / "얼굴.hints.png", 48, 48, (9, 9, 9))
    failed = run(source, tmp_path / "out", kinds=["flats", "regions"]).failed
    assert "other settings or hints" in failed["얼굴.png"]


def test_hints_in_a_folder_of_their_own_and_white_is_blank(source, tmp_path):
    (tmp_path / "h").mkdir()
    hint(tmp_path / "h" / "얼굴.hints.png", 48, 48, (255, 255, 255))
    only = replace(SETTINGS, palette=palette_from("#ff0000"), only_palette=True)
    run(source, tmp_path / "out", only, hints=tmp_path / "h", kinds=["flats", "regions"])
    with Image.open(tmp_path / "out" / "얼굴.flats.png") as flats:
        assert np.asarray(flats)[48, 48, 3] == 0
    bare = [row["by"] for row in rows(tmp_path / "out")["regions"].values() if not row["colour"]]
    assert sorted(bare) == ["hint", "paper"]  # the region, and the paper around the drawing


def notes(output):
    """Those of the page, but for what hashes that never agree leave undecided."""
    return [note for note in rows(output)["notes"] if "is undecided" not in note]


def test_a_hint_beside_the_drawing_is_noted(source, tmp_path):
    hint(source / "얼굴.hints.png", 1, 1, (1, 2, 3))
    run(source, tmp_path / "out", kinds=["flats", "regions"])
    assert on_paper(tmp_path / "out" / "얼굴.flats.png")[90, 2].tolist() == [1, 2, 3]
    said = ["hint #010203 lies on the paper around the drawing, which gets it as a whole"]
    assert notes(tmp_path / "out") == said
    asked = replace(SETTINGS, colour_background=True)
    run(source, tmp_path / "asked", asked, kinds=["flats", "regions"])
    assert notes(tmp_path / "asked") == []


def test_the_generator_sees_the_hints(source, tmp_path):
    seen = []

    class Watching(HashGenerator):
        def sample(self, sketch, seeds, n_steps=None):
            seen.append(sketch.hint)
            return super().sample(sketch, seeds, n_steps)

    run(source, tmp_path / "a", generator=Watching())
    assert seen == [None, None]  # of its own sample and of those that vote on it
    hint(source / "얼굴.hints.png", 48, 48, (255, 0, 0))
    run(source, tmp_path / "b", generator=Watching())
    planes = seen[-1][0]
    assert planes[:, 16, 16].tolist() == [1, 0, 0, 1] and 0 < planes[3].mean() < 1
    assert (planes[:3, planes[3] == 0] == 0).all()


def test_hints_alone_have_matches(source, tmp_path):
    save(source / "plain.png")
    hint(source / "얼굴.hints.png", 48, 48, (1, 2, 3))
    report = run(source, tmp_path / "out", kinds=["matches"])
    assert len(report.done) == 2 and not report.failed
    shown = {n: np.asarray(Image.open(tmp_path / "out" / f"{n}.matches.png")) for n in PAGES}
    framed = {name: int((picture == HINT).all(2).sum()) for name, picture in shown.items()}
    assert framed["얼굴"] > 20 and framed["plain"] == 0


def test_a_bad_hint_fails_its_page_alone(source, tmp_path):
    save(source / "b.png")
    (source / "b.hints.json").write_text("[", encoding="utf-8")
    report = run(source, tmp_path / "out")
    assert list(report.done) == ["얼굴.png"] and "b.hints.json" in report.failed["b.png"]


def test_samples_are_ranked_and_do_not_hang_on_their_number(source, tmp_path):
    reward = ranking()
    settings = replace(SETTINGS, samples=3, reward=reward)
    run(source, tmp_path / "a", settings, kinds=["flats", "regions", "alternatives"])
    run(source, tmp_path / "b", settings, kinds=["flats"])
    flats = [(tmp_path / out / "얼굴.flats.png").read_bytes() for out in "ab"]
    assert flats[0] == flats[1]
    assert 0 <= rows(tmp_path / "a")["score"] <= 1
    assert (tmp_path / "a" / "얼굴.alternatives.png").exists()
    run(source, tmp_path / "one", kinds=["flats", "regions"])
    assert rows(tmp_path / "one")["score"] is None


def test_the_best_sample_wins(source, tmp_path):
    class Last(HashGenerator):
        """White pages, but for the third sample, which is as HashGenerator's."""

        count = 0

        def sample(self, sketch, seeds, n_steps=None):
            image = super().sample(sketch, seeds, n_steps)
            self.count += 1
            return image if self.count == 3 else torch.ones_like(image)

    run(source, tmp_path / "out", replace(SETTINGS, samples=3, reward=ranking()), Last())
    flat = on_paper(tmp_path / "out" / "얼굴.flats.png")
    assert (flat[48, 48] < 255).any()


def test_a_sheet_gives_a_page_its_colors(tmp_path):
    line = np.full((240, 240), 255, np.uint8)
    cv2.circle(line, (110, 120), 80, 0, 3)
    cv2.circle(line, (90, 100), 16, 0, 3)
    cv2.rectangle(line, (120, 140), (160, 170), 0, 3)
    cv2.polylines(
        line, [np.array([[60, 60], [30, 10], [120, 35], [200, 20], [180, 75]])], False, 0, 3
    )
    fill = np.full((240, 240, 3), 255, np.uint8)
    cv2.circle(fill, (110, 120), 80, (250, 200, 150), -1)
    cv2.circle(fill, (90, 100), 16, (20, 90, 200), -1)
    cv2.rectangle(fill, (120, 140), (160, 170), (200, 40, 40), -1)
    picture = (fill * (line[..., None] / 255)).astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "sheet.png")
    (tmp_path / "in").mkdir()
    page = cv2.warpAffine(
        line, np.array([[-1.1, 0, 300], [0, 1.1, 20]]), (320, 300), borderValue=255
    )
    Image.fromarray(page).save(tmp_path / "in" / "a.png")
    settings = replace(SETTINGS, sheet=read_sheet(tmp_path / "sheet.png", None, "線画"))
    run(tmp_path / "in", tmp_path / "out", settings, kinds=["flats", "regions", "matches"])
    flat = on_paper(tmp_path / "out" / "a.flats.png")
    for (x, y), color in {
        (300 - 121, 152): (250, 200, 150),
        (300 - 99, 130): (20, 90, 200),
        (300 - 154, 190): (200, 40, 40),
    }.items():
        assert flat[y, x].tolist() == list(color)
    found = rows(tmp_path / "out", "a")["regions"].values()
    assert {row["by"] for row in found} >= {"sheet"}
    assert all(row["match"] >= 0.5 for row in found if row["by"] == "sheet")
    assert (tmp_path / "out" / "a.matches.png").exists()
    # what the sheet leaves paper is decided by the sheet too
    eye = (settings.sheet.colors == (20, 90, 200)).all(1)
    bare = replace(settings, sheet=replace(settings.sheet, bare=settings.sheet.bare | eye))
    run(tmp_path / "in", tmp_path / "bare", bare, kinds=["regions"])
    found = rows(tmp_path / "bare", "a")["regions"].values()
    assert {row["by"] for row in found if row["colour"] is None} == {"sheet", "paper"}
    without = replace(SETTINGS, sheet=None)
    assert without.sha() != settings.sha()


def test_a_preview_is_evenly_spaced_and_the_rest_follows(tmp_path):
    for i in range(5):
        save(tmp_path / "in" / f"{i}.png")
    jobs = find_jobs(tmp_path / "in", tmp_path / "out")
    assert [job.page for job in spaced(jobs, 2)] == ["0.png", "2.png"]
    assert spaced(jobs, None) == spaced(jobs, 9) == jobs


class White(HashGenerator):
    def sample(self, sketch, seeds, n_steps=None):
        return torch.ones(len(seeds), 3, self.size, self.size)


def test_a_large_white_area_is_noted_unless_a_person_left_it_bare(source, tmp_path):
    """The face is a third of its page, its eyes a fiftieth."""
    run(source, tmp_path / "out", generator=White(), kinds=["regions"])
    page = rows(tmp_path / "out")
    note = "region {}, {:.0%} of the page, is left almost white by the generator"
    face = max((i for i in page["regions"] if i != "1"), key=lambda i: page["regions"][i]["area"])
    assert [n.split(":")[0] for n in page["notes"]] == [
        note.format(face, page["regions"][face]["area"] / 96**2)
    ]
    hint(source / "얼굴.hints.png", 48, 48, (255, 255, 255))
    run(source, tmp_path / "hinted", generator=White(), kinds=["regions"])
    run(source, tmp_path / "coloured", kinds=["regions"])
    assert not notes(tmp_path / "hinted") and not notes(tmp_path / "coloured")


def test_a_large_bubble_is_noted(tmp_path):
    line = np.full((300, 300), 255, np.uint8)
    cv2.ellipse(line, (150, 150), (110, 80), 0, 0, 360, 0, 3)
    for x in range(90, 210, 20):
        cv2.rectangle(line, (x, 140), (x + 10, 158), 0, 2)
    Image.fromarray(line).save(tmp_path / "a.png")
    run(
        tmp_path / "a.png",
        tmp_path / "out",
        replace(SETTINGS, leave_blank=("bubbles",)),
        kinds=["regions"],
    )
    (note,) = rows(tmp_path / "out", "a")["notes"]
    assert "is left bare as a speech bubble" in note
