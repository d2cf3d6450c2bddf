"""The reward model, the reward term and the value made of it."""

from dataclasses import replace

import pytest
import torch

from colorrl.config import UserError
from colorrl.preferences.network import RewardModel, load_reward_model, planes
from colorrl.preferences.value import RewardModelValue
from colorrl.rewards.learned import Learned
from colorrl.rewards.reading import read
from tests.tiny import perturbed


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(2)
    model = perturbed(RewardModel(size=32, width=8, n_blocks=1), 0.05)
    model.offset += 0.25
    path = tmp_path_factory.mktemp("보상") / "model"
    model.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def model(folder):
    return load_reward_model(folder)


def inputs(sketch):
    return sketch.line, sketch.palette, sketch.share


def test_it_is_saved_and_loaded_with_its_offset(folder, small_drawings):
    again = load_reward_model(folder)
    assert float(again.offset) == 0.25 and not again.training
    assert not any(p.requires_grad for p in again.parameters())
    with torch.no_grad():
        score = again(small_drawings.flats, *inputs(small_drawings))
        raw = again.head(again.features(small_drawings.flats, *inputs(small_drawings)))[:, 0]
    torch.testing.assert_close(score, raw - 0.25)


def test_a_folder_without_a_model_is_named(tmp_path, folder):
    with pytest.raises(UserError, match=r"no reward model in .*colorrl reward_model"):
        load_reward_model(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(UserError, match="does not load as a reward model"):
        load_reward_model(tmp_path)


def test_it_sees_line_colours_and_palette_and_no_batch_mates(model, small_drawings):
    score = model(small_drawings.flats, *inputs(small_drawings))
    line, palette, share = inputs(small_drawings)
    for other in (
        (1 - small_drawings.flats, line, palette, share),
        (small_drawings.flats, line.flip(-1), palette, share),
        (small_drawings.flats, line, palette.flip(2), share),
        (small_drawings.flats, line, palette, share.flip(0)),
        (small_drawings.flats, line, None, None),
    ):
        assert ((model(*other) - score).abs() > 1e-6).any()
    alone = model(*(x[1:2] for x in (small_drawings.flats, line, palette, share)))
    torch.testing.assert_close(alone, score[1:2], rtol=1e-4, atol=1e-5)  # convolutions round


def test_no_palette_and_one_without_shares_are_the_same(small_drawings):
    line, palette, share = inputs(small_drawings)
    none = planes(small_drawings.flats, line, None, None)
    empty = planes(small_drawings.flats, line, palette, torch.zeros_like(share))
    assert torch.equal(none, empty) and none.shape[1] == 10


def test_a_picture_in_palette_colours_is_at_no_distance(small_drawings):
    line, palette, share = inputs(small_drawings)
    seen = planes(small_drawings.flats, line, palette, share)
    painted = (small_drawings.alpha > 0) & (line > 0.5)
    assert (seen[:, 4:7] * painted).abs().max() < 1e-5
    # padding must not attract: guards against a missing mask
    grey = planes(torch.full_like(small_drawings.flats, 0.01), line, palette, share)
    assert (grey[:, 4:7].abs().amax((1, 2, 3)) > 0.05).all()


def test_another_size_is_refused(model, drawings):
    with pytest.raises(ValueError, match=r"fitted at 32 x 32 px, the images are \(64, 64\)"):
        model(drawings.flats, *inputs(drawings))


def test_the_term_is_a_probability_with_a_slope(folder, model, small_drawings):
    term = Learned("mean", 1.0, str(folder), temperature=2.0)
    image = (0.1 + 0.8 * small_drawings.flats).requires_grad_()
    mark = term(read(image, small_drawings), small_drawings, 1.0)
    score = model(image, *inputs(small_drawings))
    torch.testing.assert_close(mark.value, torch.sigmoid(score / 2))
    (slope,) = torch.autograd.grad(mark.value.sum(), image)
    assert slope.isfinite().all() and (slope.abs().amax((1, 2, 3)) > 0).all()
    bare = replace(small_drawings, palette=None, share=None)
    assert term(read(image, bare), bare, 1.0).value.shape == (4,)
    with pytest.raises(ValueError, match="temperature"):
        Learned("mean", 1.0, str(folder), temperature=0.0)


def test_the_value_begins_as_the_learned_reward(folder, small_drawings):
    """At every time; then time matters. Seen to fail with a gain drawn at random."""
    torch.manual_seed(0)
    value = RewardModelValue(str(folder), pays=10.0, temperature=2.0)
    term = Learned("mean", 1.0, str(folder), temperature=2.0)
    clean = 2 * small_drawings.flats - 1
    reading = value.read(clean, small_drawings)
    for t in (0.1, 0.9):
        now = value(reading, torch.full((4,), t))
        reward = term(read(small_drawings.flats, small_drawings), small_drawings, 1.0).value
        torch.testing.assert_close(now, 10 * reward, rtol=1e-4, atol=1e-4)
    optimizer = torch.optim.AdamW(value.parameters(), lr=1e-2)
    for _ in range(3):  # the time embedding learns once its gain has left 0
        early, late = (value(reading, torch.full((4,), t)) for t in (0.9, 0.1))
        (early - late + 1).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    assert (
        (value(reading, torch.full((4,), 0.9)) - value(reading, torch.full((4,), 0.1))).abs().max()
    )


def test_what_the_value_learns_is_its_head_alone(folder):
    value = RewardModelValue(str(folder), pays=1.0, temperature=1.0)
    names = {name.split(".")[0] for name, _ in value.named_parameters()}
    assert names == {"head", "time", "gain"}
    assert all(p.requires_grad for p in value.parameters())
