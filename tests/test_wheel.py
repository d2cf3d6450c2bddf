"""An installed wheel carries its configuration and its weights."""

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from colorrl.config.schema import VERBS

CHECKOUT = Path(__file__).resolve().parents[1]


def test_the_wheel_holds_conf_and_weights(tmp_path):
    built = next(WheelBuilder(str(CHECKOUT)).build(directory=str(tmp_path), versions=["standard"]))
    names = set(zipfile.ZipFile(built).namelist())
    assert {f"colorrl/conf/{verb}.yaml" for verb in [*VERBS, "shared"]} <= names
    shipped = {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / "colorrl" / "weights").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped <= names and "colorrl/studio/static/index.html" in names
    assert not [name for name in names if name.startswith(("tests/", "runs/", "datasets/"))]
