"""One run alone in its folder."""

import errno
import fcntl
import subprocess
import sys

import pytest

from colorrl.config.compose import run_dir
from colorrl.errors import UserError
from colorrl.run.lock import alone
from colorrl.scripts import pretrain, train
from tests.tiny import pretrain_config, train_config

HOLD = """
import sys
from pathlib import Path
from colorrl.run.lock import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize(("verb", "config"), [(train, train_config), (pretrain, pretrain_config)])
def test_a_folder_at_work_is_refused_until_the_other_run_ends(verb, config, run_inputs, tmp_path):
    """Of another process: a lock is its process's own. Two runs once wrote one metrics.csv."""
    cfg = config(run_inputs, tmp_path, "resume=auto")
    folder = run_dir(cfg)
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout.readline() == "held\n"
    with pytest.raises(UserError, match="another run is at work"):
        verb.main(cfg)
    assert [p.name for p in folder.iterdir()] == ["lock"]
    other.communicate()
    with alone(folder):
        pass


def test_the_lock_comes_before_the_slow_loading(run_inputs, tmp_path, monkeypatch):
    def loads(*_):
        raise AssertionError("loaded")

    monkeypatch.setattr(train, "load_data", loads)
    cfg = train_config(run_inputs, tmp_path)
    folder = run_dir(cfg)
    folder.parent.mkdir(parents=True)
    folder.touch()
    with pytest.raises(UserError, match=r"nothing can be written to .*seed0: File exists"):
        train.main(cfg)


def test_where_there_are_no_locks_a_run_says_so_once(tmp_path, monkeypatch, caplog):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", no_locks)
    for _ in range(2):
        with alone(tmp_path):
            pass
    assert [r.getMessage() for r in caplog.records] == [
        f"no lock can be taken on {tmp_path}/lock: see that no other run works there"
    ]
