"""What a person does on the page: on the disk before the answer, and taken back without end."""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from colorrl.export import regions
from tests.coloring import run
from tests.studio.conftest import OTHER, PAGE, Studio

RED, BLUE = "#ff0000", "#0000ff"


def color(studio, region):
    return studio.record["regions"][str(region)]["colour"]


def test_a_page_is_colored_as_the_command_colors_it(studio, tmp_path):
    """Byte for byte, and done for the command. Seen to fail with another seed on the page."""
    report = run(studio.source, tmp_path / "command", kinds=["regions"])
    assert len(report.done) == 4
    for name in (f"{PAGE}.regions.png", "얼굴.regions.png"):
        assert (studio.output / name).read_bytes() == (tmp_path / "command" / name).read_bytes()
    ours, theirs = (
        json.loads((place / f"{PAGE}.regions.json").read_text("utf-8"))
        for place in (studio.output, tmp_path / "command")
    )
    assert ours | {"line": ""} == theirs | {"line": ""}
    assert run(studio.source, studio.output, kinds=["regions"]).skipped == [PAGE, OTHER]


def test_an_act_is_on_the_disk_before_the_answer(studio):
    """Seen to fail with files that are written when the server ends."""
    first = studio.files()
    answer = studio.act("color", regions=[2], colour=RED)
    assert color(studio, 2) == RED and answer["rows"]["2"]["by"] == "hand"
    assert answer["undo"] == "color" and answer["rows"].keys() == {"2"}
    studio.act("color", regions=[3], colour=None)
    assert color(studio, 3) is None
    later = studio.files()
    studio.act("undo")
    assert color(studio, 3) is not None and color(studio, 2) == RED
    studio.act("undo")
    assert studio.files() == first
    studio.act("undo")  # there is none: nothing happens
    again = studio.again()
    again.act("redo")
    again.act("redo")
    assert studio.files() == later


def test_all_areas_of_a_color_here_or_in_the_folder(studio):
    """Undo takes back an act on the folder on every page. Seen to fail without its group."""
    studio.act("color", regions=[2, 3], colour=BLUE)
    other = Studio(studio.source, OTHER)
    other.client = studio.client
    other.view()
    other.act("color", regions=[2], colour=BLUE)
    before = other.files()
    studio.act("color_all", **{"from": BLUE, "colour": RED})
    assert [color(studio, 2), color(studio, 3), color(other, 2)] == [RED, RED, BLUE]
    studio.act("undo")
    answer = studio.act("color_all", **{"from": BLUE, "colour": RED}, scope="folder")
    assert answer["others"] == 1 and color(other, 2) == RED and color(studio, 2) == RED
    assert studio.act("undo")["others"] == 1
    assert color(studio, 2) == BLUE and other.files() == before


def test_locked_areas_stay(studio):
    """Whatever asks. Seen to fail with `_areas_of` that forgets locks."""
    studio.act("color", regions=[2, 3], colour=BLUE)
    studio.act("lock", regions=[2], locked=True)
    assert studio.send("color", regions=[2], colour=RED)[0] == 400
    assert studio.send("join", regions=[3, 2])[0] == 400
    studio.act("color_all", **{"from": BLUE, "colour": RED})
    assert (color(studio, 2), color(studio, 3)) == (BLUE, RED)
    studio = studio.again()  # the lock is remembered
    assert studio.rows()[2]["locked"] and not studio.rows()[3]["locked"]
    studio.act("undo"), studio.act("undo")
    assert not studio.rows()[2]["locked"]


def test_an_entry_of_the_palette_takes_its_areas_along(studio):
    """Seen to fail with `follow` that nobody reads."""
    studio.act("color", regions=[2, 3], colour=BLUE)
    entries = [{"colour": RED, "name": "髪"}, {"colour": "#00ff00", "name": ""}]
    studio.act("palette", entries=entries, follow={"from": BLUE, "to": RED})
    assert color(studio, 2) == color(studio, 3) == RED
    assert studio.record["palette"] == entries
    studio.act("palette", entries=entries[::-1])
    assert studio.again().view()["palette"] == entries[::-1]
    studio.act("undo"), studio.act("undo")
    assert studio.record["palette"] == [] and color(studio, 2) == BLUE


def test_joined_areas_are_one_and_part_again(studio):
    """Ids stay 1 to R. Seen to fail without giving the last id the free number."""
    before, ids, first = studio.rows(), studio.ids(), studio.files()
    studio.act("join", regions=[3, 2])
    rows, joined = studio.rows(), studio.ids()
    assert sorted(rows) == list(range(1, len(before)))
    assert ((joined == joined[ids == 3][0]) == np.isin(ids, (2, 3))).all()
    kept = rows[int(joined[ids == 3][0])]
    assert kept["colour"] == before[3]["colour"]
    assert kept["area"] == before[2]["area"] + before[3]["area"]
    regions.read(Path(f"{studio.stem}.regions.json"))  # as every command reads it
    studio.act("undo")
    assert studio.files()[0] == first[0] and (studio.ids() == ids).all()
    studio.act("redo")
    assert (studio.again().ids() == joined).all()


def test_a_stroke_parts_areas_and_one_across_the_seam_joins_them(studio):
    """Of each the largest part keeps the id. Seen to fail with a stroke that is not led on to the
    rim: its ends are 3 px short of it."""
    ids, rows = studio.ids(), studio.rows()
    column = int(np.argwhere(ids == 2)[:, 1].mean())
    inside = np.flatnonzero(ids[:, column] == 2).tolist()
    studio.act("split", stroke=[[column, inside[0] + 3], [column, inside[-1] - 3]])
    parted, now = studio.ids(), studio.rows()
    new = {r for r in now if r not in rows}
    assert 2 in ids[np.isin(parted, list(new))] and sorted(now) == list(range(1, len(now) + 1))
    for region in new:
        (whole,) = np.unique(ids[parted == region])
        assert now[region]["colour"] == rows[whole]["colour"]
        assert now[whole]["area"] + now[region]["area"] == rows[whole]["area"]
    for region, row in now.items():
        assert row["area"] == (parted == region).sum()
    regions.read(Path(f"{studio.stem}.regions.json"))
    last = max(new)
    y, x = np.argwhere(parted == last).T
    row = int(y[np.abs(x - column) < 3].mean())
    studio.act("color", regions=[last], colour=RED)
    studio.act("join", stroke=[[column - 4, row], [column + 4, row]])
    assert len(studio.rows()) == len(now) - 1
    for _ in range(3):
        studio.act("undo")
    assert (studio.ids() == ids).all() and studio.rows() == rows


def test_a_stroke_that_parts_nothing_says_so(studio):
    """Seen to fail with an act that changes nothing."""
    status, said = studio.send("split", stroke=[[48, 48], [50, 50]])
    assert status == 400 and "parts no area" in said["error"]


def test_what_others_write_is_seen_and_never_overwritten_blindly(studio):
    """Seen to fail without the look at the files' times."""
    path = Path(f"{studio.stem}.regions.json")
    text = path.read_text("utf-8").replace(studio.rows()[2]["colour"], BLUE)
    path.write_text(text, "utf-8")
    status, said = studio.send("color", regions=[3], colour=RED)
    assert status == 409 and said["error"] and path.read_text("utf-8") == text
    assert studio.rows()[2]["colour"] == BLUE
    studio.act("color", regions=[3], colour=RED)
    assert color(studio, 2) == BLUE


def test_the_rest_is_colored_again_around_what_is_kept(studio):
    """Seen to fail with `kept` that forgets what a person coloured."""
    studio.act("color", regions=[2], colour=RED)
    studio.act("lock", regions=[3], locked=True)
    before = studio.rows()
    assert studio.work("recolor")["result"] > 0
    after = studio.rows()
    assert after[2] == before[2] and after[3] == before[3]
    assert after[4]["colour"] != before[4]["colour"]
    studio.act("undo")
    assert studio.rows() == before


def test_other_samples_say_their_choice_with_its_share(studio):
    """Seen to fail with counts in place of shares."""
    found = studio.work("choices")["result"]
    shares = {region: [share for _, share in choices] for region, choices in found.items()}
    assert shares and all(abs(sum(one) - 1) < 0.01 for one in shares.values())
    assert all(one == sorted(one, reverse=True) for one in shares.values())


def test_a_sheet_decides_what_it_knows_and_nothing_a_person_did(studio, tmp_path):
    """The page itself, in other colours, is the sheet. Seen to fail with hand-made areas that
    follow the sheet, too."""
    studio.act("color", regions=[2], colour="#10a0e0")
    studio.act("color", regions=[3], colour="#e0a010")
    studio.act("color", regions=[4], colour="#a01060")
    studio.work("export", kinds=["composite"])
    sheet = Path(f"{studio.stem}.composite.png").read_bytes()
    for _ in range(2):
        studio.act("undo")
    query = {"kind": "sheet", "name": "sheet.png", "page": PAGE}
    head = {"Content-Type": "application/octet-stream"}
    started = studio.client.post("/api/upload", params=query, content=sheet, headers=head)
    end = studio.end_of(started.json())
    assert not end["failed"] and end["result"] > 0, end
    rows = studio.rows()
    assert rows[2]["by"] == "hand"
    assert {r for r, row in rows.items() if row["by"] == "sheet"} & {3, 4}


def test_a_palette_file_is_read(studio):
    """And the colours of a picture, as of a sheet. Seen to fail with the name of the server's copy
    in the fault."""
    query = {"kind": "palette", "name": "집.hex", "page": PAGE}
    head = {"Content-Type": "application/octet-stream"}
    answer = studio.client.post(
        "/api/upload", params=query, content=b"ff0000\n00ff00\n", headers=head
    )
    assert [e["colour"] for e in answer.json()["entries"]] == ["#ff0000", "#00ff00"]
    picture = io.BytesIO()
    halves = [[[200, 30, 30]] * 8, [[20, 90, 200]] * 8]
    Image.fromarray(np.array(halves, np.uint8)).save(picture, "PNG")
    sheet = studio.client.post(
        "/api/upload", params=query | {"name": "시트.png"}, content=picture.getvalue(), headers=head
    )
    assert {e["colour"] for e in sheet.json()["entries"]} == {"#c81e1e", "#145ac8"}
    bad = studio.client.post("/api/upload", params=query, content=b"\x00", headers=head)
    assert bad.status_code == 400 and "집.hex" in bad.json()["error"]
