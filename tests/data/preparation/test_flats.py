import numpy as np
import torch

from colorrl.data.preparation.flats import flatten, quantize
from colorrl.regions.graph import build

RED, GREEN = (255, 0, 0), (0, 128, 0)


def page():
    """Paper, with two 4 x 4 rooms between ink columns: label 1 around, 2 left, 3 right."""
    label = np.ones((8, 16), np.int32)
    label[1:7, 1:13] = 0
    label[2:6, 2:6], label[2:6, 8:12] = 2, 3
    return build(label, "sha")


def paint(fill, label, color, where):
    fill[label == where] = (*color, 255)


def test_majority_of_a_region_without_its_ink():
    regions = page()
    label = regions.label.numpy()
    fill = np.zeros((8, 16, 4), np.uint8)
    paint(fill, label, RED, 2)
    paint(fill, label, GREEN, 3)
    paint(fill, label, GREEN, 0)  # more ink pixels than the room has: they have no vote
    fill[2:4, 2:5] = (*GREEN, 255)  # shade: 6 of 16 pixels
    flats = flatten(fill, regions, (GREEN, RED))
    assert flats.color.tolist() == [
        [255, 255, 255, 0],
        [255, 255, 255, 0],
        [*RED, 255],
        [*GREEN, 255],
    ]
    assert flats.palette == ["#008000", "#ff0000"]
    assert flats.agreement == (10 + 16) / 32
    assert flats.spilled == 0
    assert (flats.image(regions.region_index.numpy())[3, 6, :3] == RED).all()


def test_paint_on_the_background_is_spilled():
    regions = page()
    fill = np.zeros((8, 16, 4), np.uint8)
    paint(fill, regions.label.numpy(), RED, 2)
    fill[:, 14:] = (*RED, 255)
    flats = flatten(fill, regions, (RED,))
    assert flats.spilled == 16 / 32
    assert flats.painted == 32 / 128
    assert regions.background == 1


def test_quantize_takes_half_opaque_pixels_to_the_nearest_paint():
    fill = np.array([[[200, 60, 10, 255], [10, 90, 10, 200], [255, 0, 0, 100]]], np.uint8)
    assert quantize(fill, np.array([GREEN, RED], np.int32)).tolist() == [[2, 1, 0]]
    assert quantize(fill, np.zeros((0, 3), np.int32)).tolist() == [[0, 0, 0]]


def test_flats_are_region_exact():
    regions = page()
    fill = np.random.default_rng(0).integers(0, 256, (8, 16, 4)).astype(np.uint8)
    image = torch.from_numpy(
        flatten(fill, regions, (GREEN, RED)).image(regions.region_index.numpy())
    )
    for region in range(1, 4):
        assert len(image[regions.region_index == region].unique(dim=0)) == 1


def test_without_paints_a_region_takes_its_commonest_color_and_shades_agree():
    regions = page()
    label = regions.label.numpy()
    fill = np.zeros((8, 16, 4), np.uint8)
    paint(fill, label, (200, 40, 40), 2)
    fill[2:4, 2:6] = (190, 30, 30, 255)  # shading: as many pixels, another cell of 8 levels
    fill[5, 5] = (200, 40, 40, 255)
    fill[2, 2] = (20, 20, 90, 255)  # 1 of 16 pixels is far from the region's colour
    flats = flatten(fill, regions, None)
    assert flats.color[2].tolist() == [200, 40, 40, 255]
    assert flats.color[3].tolist() == [255, 255, 255, 0] == flats.color[1].tolist()
    assert flats.agreement == 31 / 32 and flats.spilled == 0
    assert flats.palette == ["#c82828"]


def test_shading_does_not_split_a_color_into_rare_ones():
    """Ten shades of one red, each in one pixel, are more than the two pixels of one blue."""
    label = np.ones((3, 4), np.int32)
    fill = np.full((3, 4, 4), 255, np.uint8)
    fill.reshape(-1, 4)[:10, :3] = [(200 + i % 5, 100 + i // 5, 50) for i in range(10)]
    fill.reshape(-1, 4)[10:, :3] = (0, 0, 255)
    color = flatten(fill, build(label, "sha"), None).color[1]
    assert abs(color[:3].astype(int) - (202, 100, 50)).max() <= 2
