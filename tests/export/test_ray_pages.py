import os
import signal
import sys
from functools import partial

import pytest

from colorrl.errors import UserError
from colorrl.parallel import Lost
from tests.coloring import run, save

ray = pytest.importorskip("ray", reason='pip install "colorrl[ray]"')
pytestmark = pytest.mark.slow
from colorrl.export.ray_pages import gpu_share  # noqa: E402  after Ray is known to be there


@pytest.fixture(scope="module")
def on_ray():
    """Two workers of a local Ray, to which this file and the one with the generator travel."""
    from colorrl.export.ray_pages import on_ray

    for name in ("colouring", __name__):
        ray.cloudpickle.register_pickle_by_value(sys.modules[name])
    # Ray believes in a GPU that it is told of
    ray.init(
        num_cpus=2,
        num_gpus=1,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="warning",
    )
    yield partial(on_ray, workers=2, on_gpu=False)
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


def gpus_of(item):
    return ray.get_gpu_ids()


def test_workers_share_a_gpu(on_ray):
    assert dict(on_ray(gpus_of, [0, 1, 2], on_gpu=True)) == {0: [0], 1: [0], 2: [0]}
    assert dict(on_ray(gpus_of, [0])) == {0: []}


@pytest.mark.parametrize(
    ("workers", "gpus", "share"), [(1, 1, 1), (4, 1, 1 / 4), (3, 2, 1 / 2), (2, 4, 1)]
)
def test_every_worker_finds_room_on_one_gpu(workers, gpus, share):
    assert gpu_share(workers, gpus) == share
    assert gpus * int(1 / share) >= workers


def test_no_gpu_is_said_at_once():
    with pytest.raises(UserError, match="Ray has no GPU"):
        gpu_share(2, 0)
