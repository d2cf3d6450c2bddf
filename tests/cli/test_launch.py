"""Several processes: one line of error, whoever meets it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from colorrl.cli import launch, said

ROOT = Path(__file__).parents[2]


def test_a_wrong_configuration_starts_no_process(monkeypatch, capsys):
    monkeypatch.setattr(launch, "_processes", lambda options, command: pytest.fail("started"))
    wrong = "reward.combine._target_=colorrl.rewards.combine.Combinatio"
    with pytest.raises(SystemExit) as left:
        launch.launch(["--num_processes", "2", "train", wrong])
    err = capsys.readouterr().err
    assert left.value.code == 2 and err.count("\n") == 1
    assert err.startswith("error: colorrl train: reward.combine._target_: ")
    assert "did you mean 'Combination'?" in err


def test_a_launch_without_a_verb(capsys):
    with pytest.raises(SystemExit) as left:
        launch.launch(["--num_processes", "2"])
    assert left.value.code == 2 and "name a verb" in capsys.readouterr().err


def test_processes_of_one_launch_say_the_same_thing_once(tmp_path, monkeypatch, capsys):
    """Another thing is said by whoever meets it. Seen to fail with rank 0 alone speaking."""
    for rank, text in enumerate(["no data", "no data", "no GPU"]):
        folder = tmp_path / str(rank)
        folder.mkdir()
        monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(folder / "error.json"))
        said.say(text)
    assert capsys.readouterr().err == "error: no data\nerror: no GPU\n"


@pytest.mark.slow
def test_two_processes_without_data_answer_with_one_error(tmp_path):
    """Two lines: the error, and which process ended, in place of the launcher's traceback."""
    words = ["launch", "--num_processes", "2", "train", "device=cpu", f"data.root={tmp_path}"]
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-m", "colorrl", *words],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("error: ") == 1 and "Traceback" not in done.stderr
    assert "colorrl prepare" in done.stderr and "exit code 1" in done.stderr
