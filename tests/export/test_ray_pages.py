import os
import signal
import sys
from functools import partial
from types import SimpleNamespace

import pytest

from colorrl.errors import UserError
from colorrl.parallel import Lost
from colorrl.scripts.colorize import device_of
from tests.coloring import run, save

ray = pytest.importorskip("ray", reason='pip install "colorrl[ray]"')
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def on_ray():
    """Two workers of a local Ray, to which this file and the one with the generator travel."""
    from colorrl.export.ray_pages import on_ray

    for name in ("tests.coloring", __name__):
        ray.cloudpickle.register_pickle_by_value(sys.modules[name])
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="warning",
    )
    yield partial(on_ray, workers=2)
    ray.shutdown()


def test_a_local_ray_gives_the_same_bytes(tmp_path, on_ray):
    save(tmp_path / "in" / "얼굴.png")
    save(tmp_path / "in" / "b.png", mode="RGB")
    (tmp_path / "in" / "empty.png").touch()
    run(tmp_path / "in", tmp_path / "a")
    report = run(tmp_path / "in", tmp_path / "b", spread=on_ray)
    assert len(report.done) == 2 and list(report.failed) == ["empty.png"]
    made = {
        name: {p.name: p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()}
        for name in "ab"
    }
    assert made["a"] == made["b"]


def die_at_negative(item):
    if item < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return item**2


def test_a_page_that_kills_its_worker_costs_no_other(on_ray):
    items = [3, -9, *range(5, 15)]
    found = dict(on_ray(die_at_negative, items))
    assert isinstance(found.pop(-9), Lost)
    assert found == {item: item**2 for item in items if item > 0}


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_ray_refuses_a_gpu(device):
    """Seen to fail with the device handed on: each worker would ask for a GPU of its own."""
    with pytest.raises(UserError, match="backend=ray colours on CPUs"):
        device_of(SimpleNamespace(backend="ray", device=device))
    assert device_of(SimpleNamespace(backend="ray", device="auto")).type == "cpu"
