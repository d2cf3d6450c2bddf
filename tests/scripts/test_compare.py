"""`colorrl compare` from run folders to a page."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from PIL import Image

from colorrl.config.compose import hash_of
from colorrl.config.schema.evaluation import CompareConfig
from colorrl.errors import UserError
from colorrl.run.csv import CsvTracker
from colorrl.run.tracker import Run
from colorrl.scripts.compare import main


def make_run(root: Path, credit: str, seed: int) -> Path:
    config = {"name": "train", "seed": seed, "learn": {"credit": credit}, "resume": None}
    folder = root / "train" / hash_of(config) / f"seed{seed}"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    tracker = CsvTracker(Run(folder, "train", "train", seed, hash_of(config), config))
    for step in range(4):
        tracker.log(step, 64 * step, {"reward/total": 0.1 * step + seed, "gold/pixel_share": 0.5})
        tracker.images(step, "val", torch.full((3, 4, 8), step / 4))
    return folder


@pytest.fixture
def runs(tmp_path):
    for credit in ("image", "region"):
        for seed in (0, 1):
            make_run(tmp_path / "runs", credit, seed)
    return tmp_path / "runs"


def test_a_comparison_leaves_all_its_files(runs, tmp_path, capsys):
    out = tmp_path / "비교"
    main(CompareConfig(report=None, publish=False, baselines=[], input=[runs], output=out))
    shown = capsys.readouterr().out
    assert "train credit=image (2 seeds)" in shown and "reward/total" in shown
    assert {p.name for p in out.iterdir()} == set(
        ["table.csv", "table.md", "progress.csv", "index.html", "result.json"]
    ) | {"curves.png", "curves_seconds.png", "grid.png"}
    html = (out / "index.html").read_text(encoding="utf-8")
    assert html.count("data:image/png") == 3 and "learn.credit" in html
    result = json.loads((out / "result.json").read_text())
    first, second = (group["reward/total"] for group in result["groups"].values())
    assert first["mean"] == pytest.approx(0.8) and first["n"] == 2
    assert second["difference"]["mean"] == pytest.approx(0)
    assert result["seed"] == [0, 1] and result["command"]


def test_figures_along_the_way_are_written_for_both_axes(runs, tmp_path):
    main(
        CompareConfig(
            report=None, publish=False, baselines=[], input=[runs], output=tmp_path / "out"
        )
    )
    with (tmp_path / "out" / "progress.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["axis"] for row in rows} == {"images", "seconds"}
    mine = [r for r in rows if (r["metric"], r["axis"]) == ("reward/total", "images")]
    assert [float(r["place"]) for r in mine[:4]] == [0, 64, 128, 192]
    assert float(mine[1]["mean"]) == pytest.approx(0.6) and mine[1]["seeds"] == "2"
    assert float(mine[1]["ci95"]) == pytest.approx(12.706 * 0.5, rel=1e-3)  # seeds 0.1 and 1.1


def make_evaluation(folder: Path, seed: int, **changes) -> Path:
    means = {"eval/reward": 0.5 + seed / 10, "gold/pixel_share": 0.6}
    result = {**means, "best of 8": {"eval/reward": 0.7}, "seed": seed, "config_hash": "a"}
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(json.dumps(result | changes))
    return folder


def test_baselines_are_columns_over_their_seeds(runs, tmp_path, capsys):
    evaluated = [make_evaluation(tmp_path / "start" / f"seed{s}", s) for s in (0, 1)]
    main(
        CompareConfig(
            report=None, publish=False, baselines=evaluated, input=[runs], output=tmp_path / "out"
        )
    )
    shown = capsys.readouterr().out
    assert "start (2 seeds)" in shown and "best of 8 (2 seeds)" in shown
    groups = json.loads((tmp_path / "out" / "result.json").read_text())["groups"]
    assert groups["start"]["eval/reward"]["mean"] == pytest.approx(0.55)
    assert groups["best of 8"]["eval/reward"] == pytest.approx(
        {"mean": 0.7, "std": 0.0, "ci95": 0.0, "n": 2}
    )


def test_what_is_no_evaluation_is_refused(runs, tmp_path):
    with pytest.raises(UserError, match=r"no evaluation.*baselines="):
        main(
            CompareConfig(
                report=None, publish=False, baselines=[runs], input=[runs], output=tmp_path / "out"
            )
        )
    bare = make_evaluation(tmp_path / "x", 0)
    (bare / "result.json").write_text('{"seed": 0, "config_hash": "a", "audit": 1}')
    with pytest.raises(UserError, match="no eval/ figures"):
        main(
            CompareConfig(
                report=None, publish=False, baselines=[bare], input=[runs], output=tmp_path / "out"
            )
        )


def test_the_grid_shows_the_start_and_each_end(runs, tmp_path):
    main(
        CompareConfig(
            report=None, publish=False, baselines=[], input=[runs], output=tmp_path / "out"
        )
    )
    grid = Image.open(tmp_path / "out" / "grid.png").convert("L")
    grays = {grid.getpixel((16 + i * (560 + 16) + 280, 16 + 22 + 140)) for i in range(3)}
    assert grays == {0, 191}  # step 0, then step 3 of both groups


def test_runs_without_panels_or_curves_are_compared_too(tmp_path):
    folder = make_run(tmp_path / "runs", "image", 0)
    for path in (folder / "panel").iterdir():
        path.unlink()
    (folder / "metrics.csv").write_text("step,images,seconds,reward/total\n1,64,1,0.5\n")
    main(
        CompareConfig(
            report=None, publish=False, baselines=[], input=[folder], output=tmp_path / "out"
        )
    )
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {"table.csv", "table.md", "index.html", "result.json"}


def test_bare_folders_work_from_the_shell(runs):
    line = [sys.executable, "-m", "colorrl", "compare", "runs/train"]
    done = subprocess.run(line, cwd=runs.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "report: runs/compare/index.html" in done.stdout


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(UserError, match="no run in"):
        main(
            CompareConfig(
                report=None, publish=False, baselines=[], input=[tmp_path], output=tmp_path / "out"
            )
        )
    assert not (tmp_path / "out").exists()


def test_contestants_of_other_settings_are_no_seeds_of_one(runs, tmp_path, capsys):
    """Two evaluations in folders of one name; what they tell of colours alone is no contestant."""
    found = []
    for place, level in (("a", 0.2), ("b", 0.8)):
        folder = tmp_path / place / "evaluate"
        folder.mkdir(parents=True)
        figures = {"eval/reward": level}
        result = {"seed": 0, "config_hash": place, "vote": figures, "told_nothing": figures}
        (folder / "result.json").write_text(json.dumps(result | figures))
        found.append(folder)
    main(
        CompareConfig(
            report=None, publish=False, baselines=found, input=[runs], output=tmp_path / "out"
        )
    )
    groups = json.loads((tmp_path / "out" / "result.json").read_text())["groups"]
    assert {"evaluate a", "evaluate b", "vote a", "vote b"} < groups.keys()
    assert [groups[f"vote {p}"]["eval/reward"]["mean"] for p in "ab"] == [0.2, 0.8]
    assert not any("told" in name for name in groups)
