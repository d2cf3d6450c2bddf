import pytest
import torch

from colorrl.data.augmentation.view import picture_of, zoom
from colorrl.data.colors import paint, region_colors
from tests.conftest import SCENES, draw


@pytest.fixture(params=SCENES)
def sketch(request):
    return draw(request.param, 64)


def dice(seed):
    return torch.Generator().manual_seed(seed)


def test_a_part_shows_what_the_whole_does_there(sketch):
    """Ten parts: flats stay flat, colours are the drawing's, shares are those of what is seen."""
    for seed in range(10):
        out = zoom(sketch, 2.0, dice(seed))
        assert out.line.shape == sketch.line.shape
        assert out.regions.n_regions <= sketch.regions.n_regions
        color = region_colors(picture_of(out), out.regions)
        assert torch.equal(paint(color, out.regions.region_index)[:3], out.flats)
        shown = {tuple(c) for c in out.palette.tolist()}
        assert shown <= {tuple(c) for c in sketch.palette.tolist()} | {(1.0, 1.0, 1.0)}
        assert out.share.sum() == pytest.approx(1)


def test_paper_stays_paper(sketch):
    """The background of a part is that of the whole, or none: never what fills the page."""
    for seed in range(10):
        out = zoom(sketch, 2.0, dice(seed))
        if out.regions.background:
            assert not out.alpha[0][out.regions.label == out.regions.background].any()
        assert out.regions.weight[out.regions.background] == 0
        assert out.regions.weight.sum() == pytest.approx(1)


def test_no_part_of_one_region(sketch):
    seen = [zoom(sketch, 12.0, dice(seed)) for seed in range(20)]
    assert any(s is sketch for s in seen)
    assert all(s.regions.n_regions - (s.regions.background > 0) >= 2 for s in seen)
