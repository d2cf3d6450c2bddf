from functools import partial

import pytest
from test_colorize import run, save

ray = pytest.importorskip("ray", reason='pip install "colorrl[ray]"')


@pytest.mark.slow
def test_a_local_ray_gives_the_same_bytes(tmp_path):
    from colorrl.export.ray_pages import on_ray

    save(tmp_path / "in" / "얼굴.png")
    save(tmp_path / "in" / "b.png", mode="RGB")
    (tmp_path / "in" / "empty.png").touch()
    run(tmp_path / "in", tmp_path / "a")
    # workers import the generator of the tests as we do
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        report = run(tmp_path / "in", tmp_path / "b", spread=partial(on_ray, workers=2))
    finally:
        ray.shutdown()
    assert len(report.done) == 2 and list(report.failed) == ["empty.png"]
    made = {
        name: {p.name: p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()}
        for name in "ab"
    }
    assert made["a"] == made["b"]
