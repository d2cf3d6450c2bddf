"""Clusters without one: two nodes that are processes of this machine, and submitit's local jobs."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny import train_overrides

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "experiments" / "slurm" / "train.sbatch"
SRUN = """#!/bin/bash
# the command once for each node, at the same time; the script's options of srun left away
while [[ $1 == --* ]]; do shift; done
SLURM_NODEID=1 "$@" & other=$!
SLURM_NODEID=0 "$@"; code=$?
wait $other && exit $code
"""


def stub(folder, name, text):
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def environment(**more):
    return os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | more


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def test_a_run_on_two_nodes(run_inputs, tmp_path):
    """One run of two processes, which name their own node."""
    tools = tmp_path / "bin"
    tools.mkdir()
    stub(tools, "srun", SRUN)
    stub(tools, "scontrol", "#!/bin/bash\necho 127.0.0.1\necho 127.0.0.2\n")
    command = stub(tools, "colorrl", f'#!/bin/bash\nexec {sys.executable} -m colorrl "$@"\n')
    env = environment(
        PATH=f"{tools}:{os.environ['PATH']}", COLORRL=str(command), MASTER_PORT=free_port(),
        SLURM_NNODES="2", SLURM_GPUS_ON_NODE="1", SLURM_JOB_NODELIST="node[0-1]",
    )  # fmt: skip
    words = [word.replace("'", "") for word in train_overrides(run_inputs, tmp_path / "runs")]
    line = ["bash", str(SCRIPT), *words, "trainer.updates=1"]
    done = subprocess.run(
        line, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert (done.stdout + done.stderr).count("2 process(es)") == 1
    (result,) = (tmp_path / "runs").rglob("result.json")
    assert json.loads(result.read_text("utf-8"))["step"] == 1


def test_a_sweep_as_jobs_of_submitit(tmp_path):
    """Each value of the sweep is a job, with its log."""
    page = next((ROOT / "datasets/demo").glob("*/jeep.png"))
    words = ["regions", "-m", f"input={page}", "output=a,b", "hydra/launcher=submitit_local"]
    line = [sys.executable, "-m", "colorrl", *words]
    done = subprocess.run(
        line, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert all((tmp_path / name / "result.json").is_file() for name in "ab")
    assert list((tmp_path / "runs/.multirun/.submitit").iterdir())
