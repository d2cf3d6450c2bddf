"""What every shipped term owes: the truth's best mark, a gradient, no regard for batch mates."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from colorrl.config.compose import conf_dir
from colorrl.data.batch import collate
from colorrl.rewards.reading import read

PATHS = {path.stem: path for path in sorted(Path(conf_dir(), "reward", "term").glob("*.yaml"))}
del PATHS[
    "learned"
]  # as good as its labels, and none is shipped: tests/preferences/test_network.py
# Counts of pixels that pass or fail have none; the others have one wherever they are not at rest.
NO_GRADIENT = {"leakage"}
FAINT = {name: (0.94, 0.02) for name in ("coverage", "coverage_prior")}
FAINT |= {name: (0.5, 0.02) for name in ("adjacency", "adjacency_prior", "grouping")}


@pytest.fixture(scope="module", params=PATHS)
def term(request):
    made = instantiate(OmegaConf.load(PATHS[request.param]))
    return request.param, made


def _truth(name, sketch):
    """The flats; under their lines for the term that wants to see lines."""
    return sketch.flats * sketch.line if name == "line" else sketch.flats


def test_the_truth_has_the_best_mark(term, drawings):
    name, call = term
    truth = _truth(name, drawings)
    value = call(read(truth, drawings), drawings, 1.0).value
    if name == "coverage_prior":  # which does not know that the fish's eye is open on purpose
        assert 0.9 < value[2] < 0.95
        value[2] = 1
    # 1e-3: fp32 sums; a composite's antialiased line is a little lighter than its line art.
    torch.testing.assert_close(value, torch.ones(5), atol=1e-3, rtol=0)


def test_marks_lie_between_0_and_1(term, drawings, muddle):
    for image in (muddle, torch.zeros_like(muddle), torch.ones_like(muddle), 1 - drawings.flats):
        mark = term[1](read(image, drawings), drawings, 1.0)
        for value in (mark.value, mark.region):
            # 1e-5: fp32 sums of weights.
            assert value is None or (value.min() > -1e-5 and value.max() < 1 + 1e-5)


def test_a_term_has_the_readings_that_it_declares(term, drawings, muddle):
    """Seen to fail with Grouping declaring none."""
    mark = term[1](read(muddle, drawings), drawings, 1.0)
    assert (mark.region is not None) == (mark.sensitivity is not None) == term[1].reads_regions


def test_a_sketch_alone_is_read_as_in_a_padded_batch(term, sketches, drawings, muddle):
    _, call = term
    whole = call(read(muddle, drawings), drawings, 1.0)
    for n in (1, 2):  # of fewer regions, edges and colours than the batch has room for
        alone = collate([sketches[n]])
        slots = alone.regions.n_slots
        mark = call(read(muddle[n : n + 1], alone), alone, 1.0)
        torch.testing.assert_close(mark.value[0], whole.value[n], atol=1e-5, rtol=0)
        if mark.region is not None:
            lost = mark.sensitivity * (1 - mark.region), whole.sensitivity * (1 - whole.region)
            torch.testing.assert_close(lost[0][0], lost[1][n, :slots], atol=1e-5, rtol=0)
            assert (whole.sensitivity[n, slots:] == 0).all()


def test_gradients_reach_the_pixels(term, drawings, muddle):
    name, call = term
    # Off tolerances and clamps: almost white for coverage, neighbours that hardly differ.
    light, contrast = FAINT.get(name, (0.1, 0.8))
    image = (light + contrast * muddle).requires_grad_()
    # A palette and shares that the picture does not meet.
    sketch = replace(drawings, palette=drawings.palette.roll(1, 2))
    value = call(read(image, sketch), sketch, 1.0).value
    if name in NO_GRADIENT:
        assert not value.requires_grad
        return
    (slope,) = torch.autograd.grad(value.sum(), image)
    assert slope.isfinite().all() and slope.abs().amax((1, 2, 3)).min() > 0
    # and along it the mark rises
    step = image.detach() + 1e-4 * slope / slope.abs().amax((1, 2, 3), keepdim=True)
    assert call(read(step, sketch), sketch, 1.0).value.mean() > value.mean()


# the others are pairwise, global, or not linear in one region's pixels: see their own tests
@pytest.mark.parametrize(
    "term", ["consistency", "palette", "coverage", "accuracy", "shading"], indirect=True
)
def test_changing_a_region_moves_the_value_by_its_sensitivity(term, drawings, muddle):
    """Brute force where a term is a sum over regions: the smallest region set right."""
    call = term[1]
    before = call(read(muddle, drawings), drawings, 1.0)
    weight = drawings.regions.weight.masked_fill(drawings.regions.weight == 0, 2)
    region = weight.argmin(1)
    here = drawings.regions.label == region.view(-1, 1, 1)
    image = torch.where(here.unsqueeze(1), drawings.flats, muddle)
    after = call(read(image, drawings), drawings, 1.0)
    rows = torch.arange(5)
    moved = before.sensitivity[rows, region] * (after.region - before.region)[rows, region]
    torch.testing.assert_close(after.value - before.value, moved, atol=1e-5, rtol=0)
