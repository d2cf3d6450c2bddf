"""Nearest-region colouring: it knows again what it has seen."""

from dataclasses import replace

import pytest
import torch

from colorrl.data.batch import collate
from colorrl.evaluation.baselines import nearest
from colorrl.evaluation.baselines.features import region_features
from colorrl.metrics import evaluate_images
from colorrl.rewards.cheats.given import painted_regions


@pytest.fixture(scope="module")
def learned(sketches):
    return nearest.fit(sketches)


@pytest.fixture
def one_neighbor(monkeypatch):
    monkeypatch.setattr(nearest, "NEIGHBORS", 1)


def accuracy(learned, batch, given=None):
    image = learned(given or batch, torch.Generator().manual_seed(0))
    return evaluate_images(image, batch)["region_accuracy_area"]


def test_a_drawing_it_has_learned_is_colored_right(learned, drawings, one_neighbor):
    found = accuracy(learned, drawings)
    assert (found[[0, 1, 3, 4]] == 1).all()
    assert 0.9 < found[2] < 1  # the fish's bare eye: paper counts as a rare colour
    untold = replace(drawings, share=torch.zeros_like(drawings.share))
    assert (accuracy(learned, drawings, untold) == 1).all()  # its neighbours' own colours
    blind = replace(untold, palette=None, share=None, flats=None, alpha=None, fill=None)
    assert (accuracy(learned, drawings, blind) == 1).all()


def test_regions_are_known_by_place_and_shape_not_by_number(learned, sketches, one_neighbor):
    """Regions numbered backwards: the background's id moves too."""
    turned = []
    for sketch in sketches:
        regions, n = sketch.regions, sketch.regions.n_regions
        order = torch.cat([torch.zeros(1, dtype=torch.long), torch.arange(n, 0, -1)])
        new = order.int()
        turned.append(
            replace(
                sketch,
                regions=replace(
                    regions,
                    label=new[regions.label.long()],
                    region_index=new[regions.region_index.long()],
                    across=new[regions.across.long()],
                    area=regions.area[order],
                    weight=regions.weight[order],
                    edges=new[regions.edges.long()],
                    background=int(order[regions.background]),
                ),
            )
        )
    turned_batch = collate(turned)
    untold = replace(turned_batch, share=torch.zeros_like(turned_batch.share))
    assert (accuracy(learned, turned_batch, untold) == 1).all()


def test_features_do_not_look_at_colors(drawings):
    blind = replace(drawings, flats=None, alpha=None, fill=None, palette=None, share=None)
    for a, b in zip(region_features(drawings), region_features(blind), strict=True):
        assert torch.equal(a, b) and a.isfinite().all()
    widths = [group.shape[2] for group in region_features(drawings)]
    assert widths == [6, 4, 64, 64]


def test_the_palette_overrules_the_colors_of_neighbors(learned, drawings):
    """In a palette of blues alone everything is blue, or paper."""
    blue = torch.tensor([0.1, 0.2, 0.9])
    given = replace(drawings, palette=blue.expand_as(drawings.palette))
    image = learned(given, torch.Generator())
    inside = painted_regions(drawings)[:, 1:].sum()
    assert inside > 20
    colors = image.movedim(1, 3).reshape(-1, 3).unique(dim=0)
    assert {tuple(c) for c in colors.tolist()} <= {tuple(blue.tolist()), (1.0, 1.0, 1.0)}


def test_shares_count_where_colors_do_not_tell(learned, drawings, one_neighbor):
    """Two colours unlike any that was learned: the neighbour's share decides."""
    house = drawings.select([1])
    green, violet = torch.tensor([0.0, 1.0, 0.0]), torch.tensor([0.6, 0.0, 1.0])
    order = house.share[0].argsort(descending=True)
    palette = house.palette.clone()
    palette[0, order[0]], palette[0, order[1:]] = green, violet
    image = learned(replace(house, palette=palette), torch.Generator())
    largest = house.regions.area[0].masked_fill(~painted_regions(house)[0], 0).argmax()
    seen = image[0][:, house.regions.label[0] == largest].mean(1)
    torch.testing.assert_close(seen, green)
