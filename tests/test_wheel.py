"""An installed wheel carries its configuration and its weights, and works outside the checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pytest
from hatchling.builders.wheel import WheelBuilder

from colorrl.config.schema import VERBS

CHECKOUT = Path(__file__).resolve().parents[1]
NOTEBOOK = CHECKOUT / "experiments" / "notebook" / "colorrl.ipynb"


def wheel(folder):
    return next(WheelBuilder(str(CHECKOUT)).build(directory=str(folder), versions=["standard"]))


def test_the_wheel_holds_conf_and_weights(tmp_path):
    names = set(zipfile.ZipFile(wheel(tmp_path)).namelist())
    assert {f"colorrl/conf/{verb}.yaml" for verb in [*VERBS, "shared"]} <= names
    shipped = {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / "colorrl" / "weights").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped <= names and "colorrl/studio/static/index.html" in names
    assert "colorrl/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "runs/", "datasets/"))]


def test_the_notebook_has_no_outputs():
    """It is kept as it was before a run: outputs would change with every one."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert len(code) > 5
    assert not any(cell.outputs or cell.execution_count for cell in code)


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of a new environment with the wheel in it.

    Its dependencies are those of this environment, by a path file: torch alone is gigabytes. The
    checkout is not reached by it, since path files inside the other environment are not followed.
    """
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", home / "venv"], check=True)
    made = home / "venv" / "bin" / "python"
    line = [made, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel(home)]
    subprocess.run(line, check=True)
    asked = [made, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return made


def run(python, folder, *words):
    """``python words`` in ``folder``, without what leads to the checkout."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    line = [str(python), *map(str, words)]
    done = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.mark.slow
def test_the_installed_command_colours_a_folder(python, tmp_path):
    """What is imported lies in the new environment, not in the checkout."""
    where = run(python, tmp_path, "-c", "import colorrl; print(colorrl.__file__)")
    assert Path(where.strip()).is_relative_to(python.parents[1])
    page = next((CHECKOUT / "datasets/demo").glob("*/jeep.png"))
    (tmp_path / "그림").mkdir()
    (tmp_path / "그림" / "차.png").write_bytes(page.read_bytes())
    command = python.parent / "colorrl"
    run(command, tmp_path, "colorize", "그림", "output=out", "device=cpu", "workers=1")
    assert {p.suffix for p in (tmp_path / "out").glob("차*")} >= {".png"}


EXECUTE = """
import nbclient, nbformat, sys
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, timeout=600).execute()
nbformat.write(notebook, sys.argv[2])
"""


@pytest.mark.slow
def test_the_notebook_runs(python, tmp_path):
    """Of the wheel: it prepares a set, colours, trains twice, compares. Its last picture is a
    page in colours."""
    run(python, tmp_path, "-c", EXECUTE, NOTEBOOK, tmp_path / "done.ipynb")
    cells = nbformat.read(tmp_path / "done.ipynb", as_version=4).cells
    shown = [o for c in cells if c.cell_type == "code" for o in c.outputs if "data" in o]
    assert "image/png" in shown[-1]["data"] and "Colored(" in shown[-1]["data"]["text/plain"]
    results = [json.loads(p.read_text("utf-8")) for p in tmp_path.glob("runs/*/*/*/result.json")]
    assert sorted(r["seed"] for r in results) == [0, 1]
    assert all(r["command"].startswith("colorrl train ") for r in results)
