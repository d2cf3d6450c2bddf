"""Two processes against one, and runs that are killed: each in processes of their own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from colorrl.config.compose import run_dir
from colorrl.run import checkpoint
from colorrl.scripts import pretrain
from tests.gradient_of_processes import first_step
from tests.scripts.test_pretrain import assert_same_run as same_pretraining
from tests.scripts.test_train import assert_same_run, figures, rows, straight  # noqa: F401  a fixture
from tests.tiny import pretrain_config, pretrain_overrides, train_config, train_overrides

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
# Not --cpu: with it, accelerate starts one process whatever --num_processes says.
TWO = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2",
       "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]  # fmt: skip


def start(*words, **options):
    """``python words`` with as many threads as this process has."""
    threads = str(torch.get_num_threads())
    env = os.environ | {"OMP_NUM_THREADS": threads, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, *map(str, words)], cwd=ROOT, env=env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options,
    )  # fmt: skip


def finished(process):
    """Exit code and output."""
    out, _ = process.communicate(timeout=300)
    return process.returncode, out


@pytest.mark.parametrize(
    "overrides",
    [
        ["learn.credit=image"],
        ["learn.credit=mix"],
        ["learn=reinforce_sketch"],
        ["learn=ppo_gae", "learn.advantage.function.warmup=0"],
    ],
    ids=" ".join,
)
def test_two_processes_give_the_gradient_of_one(run_inputs, tmp_path, overrides):
    """Seen to fail with gradients that are not summed, and with rewards that are not gathered."""
    words = (run_inputs, tmp_path / "runs", tmp_path / "two.pt", *overrides)
    code, out = finished(start(*TWO, "tests/gradient_of_processes.py", *words))
    assert code == 0, out
    two = torch.load(tmp_path / "two.pt", weights_only=True)
    _, one = first_step(train_config(run_inputs, tmp_path / "runs", *overrides))
    assert (one["n_processes"], two["n_processes"]) == (1, 2)
    for name in ("seed", "noise", "n_slots"):
        assert torch.equal(one[name], two[name]), name
    torch.testing.assert_close(one["total"], two["total"], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(one["advantage"], two["advantage"], rtol=1e-3, atol=1e-4)
    assert one["gradient"].norm() > 0
    away = (one["gradient"] - two["gradient"]).norm() / one["gradient"].norm()
    assert away <= 1e-5


def test_a_run_of_two_processes_is_one_run(straight, run_inputs, tmp_path):  # noqa: F811
    words = train_overrides(run_inputs, tmp_path)
    code, out = finished(start(*TWO, "-m", "colorrl", "train", *words))
    assert code == 0, out
    assert out.count("paired 95 % interval") == 1 and "Traceback" not in out
    assert out.count("2 process(es)") == 1
    folder = run_dir(train_config(run_inputs, tmp_path))
    table, expected = rows(folder), rows(straight)
    assert [row["step"] for row in table] == ["1", "2", "3", "4"]
    for name in ("reward/total", "reward/std", "policy/grad_norm", "images"):
        assert float(table[0][name]) == pytest.approx(float(expected[0][name]), rel=1e-4), name
    assert figures(folder)["images"] == 64
    assert [p.name for p in checkpoint.all_of(folder)] == [
        p.name for p in checkpoint.all_of(straight)
    ]
    # the same command goes on, in one process, from what two have saved
    code, out = finished(start("-m", "colorrl", "train", *words, "resume=auto"))
    assert code == 0, out


KILLED_IN_A_SAVE = """
import os, signal, sys
from colorrl.run import checkpoint
from colorrl.cli.main import run_verb
real, calls = checkpoint._write_entry, []
def write(path, value):
    calls.append(path)
    if len(calls) == 30:
        path.write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    return real(path, value)
checkpoint._write_entry = write
run_verb("train", sys.argv[1:])
"""


def test_a_kill_in_the_middle_of_a_save(straight, run_inputs, tmp_path):  # noqa: F811
    words = train_overrides(run_inputs, tmp_path)
    code, out = finished(start("-c", KILLED_IN_A_SAVE, *words))
    assert code == -signal.SIGKILL, out
    folder = run_dir(train_config(run_inputs, tmp_path))
    assert list(folder.glob(".writing-*"))
    assert checkpoint.step_of(checkpoint.latest(folder)) == 2
    code, out = finished(start("-m", "colorrl", "train", *words, "resume=auto"))
    assert code == 0, out
    assert_same_run(folder, straight)


def test_pretraining_killed_at_any_moment(run_inputs, tmp_path):
    words = pretrain_overrides(run_inputs, tmp_path / "a")
    folder = run_dir(pretrain_config(run_inputs, tmp_path / "a"))
    kill_and_resume("pretrain", words, folder)
    cfg = pretrain_config(run_inputs, tmp_path / "b")
    pretrain.main(cfg)
    same_pretraining(folder, run_dir(cfg))


def wait_for(there, process):
    """Until ``there()`` or the process ends."""
    while not there():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.01)


def kill_and_resume(verb, words, folder):
    """The run of ``folder``, killed once it has a checkpoint and then brought to its end."""
    process = start("-m", "colorrl", verb, *words)
    wait_for(lambda: checkpoint.latest(folder) is not None, process)
    process.kill()
    process.communicate()
    code, out = finished(start("-m", "colorrl", verb, *words, "resume=auto"))
    assert code == 0, out


def test_a_kill_at_any_moment(straight, run_inputs, tmp_path):  # noqa: F811
    words = train_overrides(run_inputs, tmp_path)
    folder = run_dir(train_config(run_inputs, tmp_path))
    kill_and_resume("train", words, folder)
    assert_same_run(folder, straight)


@pytest.mark.parametrize("launcher", [[], TWO], ids=["one", "two"])
def test_ctrl_c_in_a_terminal(straight, run_inputs, tmp_path, launcher):  # noqa: F811
    many = ["trainer.updates=10000", "trainer.eval_every=100000"]
    words = [*train_overrides(run_inputs, tmp_path), *many]
    folder = run_dir(train_config(run_inputs, tmp_path, *many))
    process = start(*launcher, "-m", "colorrl", "train", *words, start_new_session=True)
    wait_for(lambda: checkpoint.latest(folder) is not None, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    code, out = finished(process)
    assert "is saved in" in out
    if not launcher:
        assert code == 130 and "Traceback" not in out
        assert out.rstrip().endswith("interrupted")
    step = checkpoint.step_of(checkpoint.latest(folder))
    checkpoint.load(checkpoint.latest(folder))
    assert f"step {step} is saved" in out
