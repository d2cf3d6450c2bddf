import json
import sys

import pytest

from colorrl.benchmarks.footprint import Footprint, watched
from colorrl.benchmarks.page_contest import Contest
from colorrl.benchmarks.page_tables import Folder, figures, missed, page
from colorrl.benchmarks.pages import write_page
from colorrl.errors import UserError
from colorrl.images.folder import read_drawing
from colorrl.scripts.bench import main
from tests.tiny import composed


def test_pages_are_a_function_of_seed_and_number(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for number in range(4):
            write_page(tmp_path / folder, 0, number, (100, 160))
    made = sorted((tmp_path / "a").iterdir())
    assert [p.suffix for p in made] == [".png", ".png", ".jpg", ".png"]
    assert all(p.read_bytes() == (tmp_path / "b" / p.name).read_bytes() for p in made)
    drawings = [read_drawing(p) for p in made]
    assert [d.shape[2] for d in drawings] == [1, 4, 3, 1]
    assert all(100 <= max(d.shape[:2]) <= 160 for d in drawings)


def test_memory_and_time_of_all_processes_count(tmp_path):
    """A child holds 200 MB, its own child 100 MB, and works for most of a second."""
    inner = tmp_path / "inner.py"
    inner.write_text("import time\nx = b'1' * 10**8\nwhile time.process_time() < 0.6: pass\n")
    outer = tmp_path / "outer.py"
    outer.write_text(
        "import subprocess, sys\nx = b'1' * (2 * 10**8)\n"
        f"subprocess.run([sys.executable, {str(inner)!r}])\n"
    )
    cost = watched([sys.executable, str(outer)], tmp_path / "log")
    assert 300 < cost.peak_mb < 400 and 0.4 <= cost.processor_s < 3 and cost.wall_s >= 0.4


FOLDER = Folder(2, 10.0, 5.0, Footprint(wall_s=4.0, processor_s=7.0, peak_mb=600.0))


def test_bars():
    won = figures(FOLDER, Contest(0.5, 3.0, [0.1, 0.2], [1.0, 2.0], [0.2, 0.3]), 2, [])
    assert won["bench/folder/s_per_mp"] == pytest.approx(0.4)
    assert won["bench/folder/peak_mb_per_mp"] == pytest.approx(120)
    assert won["bench/contest/times_faster"] == pytest.approx(3)
    assert missed(won, []) == ()
    heavy = won | {"bench/folder/peak_mb_per_mp": 121}
    assert missed(heavy, []) == ("MB at the peak for each MP at work: 121, the bar is at most 120",)
    lost = figures(FOLDER, Contest(1.0, 3.0, [0.3], [1.0], [0.2]), 2, ["a.png: bad"])
    assert len(missed(lost, ["a.png: bad"])) == 4  # speed, error, faults, and which
    alone = figures(FOLDER, Contest(1.0, 3.0, [0.3], [], []), 0, [])
    assert missed(alone, []) == () and "not installed" in page(alone, [])


def test_a_folder_that_cannot_be_measured(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "깨진.ora").write_bytes(b"")
    words = ["suite=pages", f"suite.input={tmp_path}/in", f"output={tmp_path}/out"]
    with pytest.raises(UserError, match=r"깨진\.ora: does not say its size"):
        main(composed("bench", *words))


@pytest.mark.slow
def test_the_suite_end_to_end(tmp_path):
    words = [
        "limit=2",
        "workers=2",
        "suite.sides=[120,160]",
        "suite.contest_side=160",
        "suite.checked=2",
    ]
    # pages this small cannot reach the bar in time: the command starts slower than it colours
    with pytest.raises(UserError, match="wall seconds a megapixel"):
        main(composed("bench", "suite=pages", f"output={tmp_path}", *words))
    values = json.loads((tmp_path / "result.json").read_text())
    assert values["bench/check/faults"] == 0 and values["bench/folder/pages"] == 2
    assert values["bench/folder/peak_mb_per_mp"] > 120  # the command takes more than such pages
