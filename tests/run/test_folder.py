"""Run folders read back, and clear words for what is no run."""

import pytest
import yaml

from colorrl.config.compose import hash_of
from colorrl.errors import UserError
from colorrl.run.folder import find_runs, read_run

CONFIG = {"name": "이름", "seed": 4, "learn": {"lr": 2e-5}, "resume": None}
METRICS = "step,images,seconds,a,gold/b\n1,64,0.5,1.0,\n2,128,1.0,nan,7.5\n3,192,1.5,3.0,\n"


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "runs" / "이름" / "seed4"
    (folder / "panel").mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG, allow_unicode=True), "utf-8")
    (folder / "metrics.csv").write_text(METRICS, "utf-8")
    (folder / "result.json").write_text('{"gold/b": 8.0}')
    for name in ("val-00000010", "val-00000009", "000250", "before_after"):
        (folder / "panel" / f"{name}.png").touch()
    return folder


def test_what_a_run_left_is_read(run):
    read = read_run(run)
    assert (read.name, read.seed, read.config_hash) == ("이름", 4, hash_of(CONFIG))
    assert read.curves["gold/b"] == ([128.0], [7.5])
    assert read.curves["a"] == ([64.0, 192.0], [1.0, 3.0])  # nan is no point of a curve
    assert read.result["gold/b"] == 8.0
    assert [path.stem for path in read.panels["val"]] == ["val-00000009", "val-00000010"]
    assert set(read.panels) == {"val", "panel", "before_after"}


def test_runs_are_found_below_a_folder_and_once(run):
    assert [r.path for r in find_runs([run.parents[1], run])] == [run]


def test_runs_below_a_folder_come_by_verb_and_by_the_size_of_values(tmp_path):
    """Folders are named by hashes. Seen to fail in order of their names."""
    lrs = {"f": 1e-5, "a": 1e-3, "c": 2e-4}
    configs = {k: {"name": "n", "seed": 0, "learn": {"lr": lr}} for k, lr in lrs.items()}
    configs["0"] = {"name": "n", "seed": 0, "entry_weight": 1.0}
    for name, config in configs.items():
        folder = tmp_path / name / "seed0"
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")
        (folder / "metrics.csv").write_text(METRICS, "utf-8")
    assert [r.path.parent.name for r in find_runs([tmp_path])] == ["f", "c", "a", "0"]
    given = [tmp_path / "0", tmp_path / "c"]
    assert [r.path.parent.name for r in find_runs(given)] == ["0", "c"]  # a person's own order


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("config.yaml", None, "no config.yaml"),
        ("config.yaml", "a: [", "config.yaml is not YAML"),
        ("config.yaml", "- 1", "lacks `name` or `seed`"),
        ("metrics.csv", "a,b\n1,2\n", "no columns step and images"),
        ("metrics.csv", "step,images,a\n1,64,1\n2,128,x\n", "metrics.csv, line 3"),
        ("metrics.csv", None, "no run in"),
        ("result.json", "{", "result.json is not JSON"),
    ],
)
def test_what_is_no_run_is_named(run, name, text, message):
    (run / name).unlink()
    if text is not None:
        (run / name).write_text(text)
    with pytest.raises(UserError, match=message):
        find_runs([run])


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"no folder .*없음"):
        find_runs([tmp_path / "없음"])
