import numpy as np
import pytest
import torch

from colorrl.pages.page import conditioned_on, fit, owners, region_colors, region_medians
from colorrl.palette import palette_from
from colorrl.regions.segment import segment
from tests.regions.drawings import draw


def painted(page, colors):
    """A generator's image that shows ``colors`` (R+1, 3) of the page without a fault."""
    old = torch.from_numpy(page.kept)[page.sketch.regions.region_index.long()]
    return colors[old.clamp(max=len(colors) - 1)].permute(2, 0, 1).contiguous()


@pytest.mark.parametrize("shape", [(300, 200), (180, 400), (256, 256), (40, 30)])
def test_colors_come_back_from_any_page(shape):
    whole = draw("face", 400, 5)
    line = np.ones(shape, np.float32)
    h, w = min(shape[0], 400), min(shape[1], 400)
    line[:h, :w] = whole[(400 - h) // 2 : (400 + h) // 2, (400 - w) // 2 : (400 + w) // 2]
    regions = segment(line)
    page = fit(line, regions, 64, None)
    assert page.sketch.line.shape == (1, 64, 64)
    colors = torch.rand(regions.n_regions + 1, 3, generator=torch.Generator().manual_seed(0))
    found = region_colors(page, painted(page, colors))
    kept = page.kept[(page.kept > 0) & (page.kept <= regions.n_regions)]
    assert len(kept) and torch.equal(found[kept], colors[kept])


def test_paper_is_added_around_a_wide_page():
    line = draw("face", 128, 3)[40:90]
    page = fit(line, segment(line), 64, None)
    top = int((128 - 50) / 2 / 2)
    assert (page.sketch.line[0, : top - 1] == 1).all()
    assert (page.sketch.line[0, -top + 1 :] == 1).all()
    assert page.sketch.line.min() < 0.3


def test_padding_is_no_region_of_a_page_without_background():
    line = np.ones((40, 80), np.float32)
    line[:3], line[-3:], line[:, :3], line[:, -3:], line[:, 39:42] = 0, 0, 0, 0, 0
    regions = segment(line)
    assert regions.background == 0 and regions.n_regions == 2
    page = fit(line, regions, 32, None)
    colors = torch.tensor([[0.0] * 3, [1, 0, 0], [0, 1, 0]])
    image = painted(page, torch.cat([colors, torch.tensor([[0, 0, 1.0]])]))
    assert torch.equal(region_colors(page, image)[1:], colors[1:])


def test_a_region_too_small_for_the_sketch_takes_the_color_at_its_center():
    line = np.ones((512, 512), np.float32)
    line[100:112, 200:212] = 0
    line[103:109, 203:209] = 1
    regions = segment(line)
    page = fit(line, regions, 16, None)
    assert regions.n_regions == 2 and len(page.kept) == 2
    image = torch.zeros(3, 16, 16)
    image[0, 3, 6] = 1
    assert region_colors(page, image)[2].tolist() == [1, 0, 0]


def test_medians_resist_outliers():
    label = torch.tensor([[1, 1, 1, 0], [2, 2, 2, 2]])
    image = torch.tensor([[0.2, 0.2, 0.9, 0.5], [0.1, 0.1, 0.1, 0.8]]).expand(3, 2, 4)
    medians = region_medians(image, label)
    assert medians[1].tolist() == pytest.approx([0.2] * 3)
    assert medians[2].tolist() == pytest.approx([0.1] * 3)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_pages_of_one_kind(value):
    line = np.full((50, 70), value, np.float32)
    page = fit(line, segment(line), 16, None)
    assert region_colors(page, torch.zeros(3, 16, 16))[0].tolist() == [1, 1, 1]


def test_the_palette_is_the_condition():
    line = draw("face", 64, 2)
    page = fit(line, segment(line), 32, palette_from("#ff0000,#00ff00"))
    assert page.sketch.palette.tolist() == [[1, 0, 0], [0, 1, 0]]
    assert page.sketch.share.tolist() == [0.5, 0.5]
    assert fit(line, segment(line), 32, None).sketch.share.sum() == 0


def test_color_runs_under_the_line_as_far_as_asked():
    line = np.ones((40, 60), np.float32)
    line[:, 20:40] = 0
    regions = segment(line)
    whole = owners(regions, None)
    assert (whole[:, :30] == whole[0, 0]).all() and (whole[:, 30:] == whole[0, 59]).all()
    for trap in (1, 3):
        region_index = owners(regions, trap)
        assert (region_index[:, 20 + trap : 40 - trap] == 0).all()
        assert (region_index[:, : 20 + trap] == whole[0, 0]).all() and (
            region_index[:, 40 - trap :] > 0
        ).all()


def test_a_page_is_conditioned_on_its_own_colors():
    """Colours that look alike are one, and the paper has none: with all of them listed, shares say
    little, and with the paper's white the drawing's would be small."""
    line = draw("face", 128, 3)
    page = fit(line, segment(line), 64, None)
    order = 1 + np.argsort(-page.regions.area.numpy()[1:])
    face, *eyes = (region for region in order.tolist() if region != page.regions.background)
    colors = torch.ones(page.regions.n_regions + 1, 3)
    colors[face] = torch.tensor([0.9, 0.6, 0.4])
    colors[eyes] = torch.tensor([0.1, 0.2, 0.8])
    colors[eyes[0]] += 0.01
    bare = np.arange(len(colors)) == page.regions.background
    sketch = conditioned_on(page, colors, bare).sketch
    assert torch.equal(sketch.palette, colors[[face, eyes[0]]])
    area = page.regions.area[[face, *eyes]].float()
    assert torch.allclose(sketch.share, torch.stack([area[0], area[1:].sum()]) / area.sum())
    assert sketch.share.sum() == pytest.approx(1)
    bare[eyes] = True  # such as bubbles: nobody sees the colour that a sample gave them
    assert conditioned_on(page, colors, bare).sketch.palette.tolist() == colors[[face]].tolist()
