"""The reward model, the reward term and the value made of it."""

from dataclasses import replace

import pytest
import torch

from colorrl.errors import UserError
from colorrl.preferences.network import RewardModel, assigned_entry, init_from, load_reward_model
from colorrl.preferences.reward_term import Learned
from colorrl.preferences.value import RewardModelValue
from colorrl.rewards.reading import read
from tests.tiny import network, perturbed


def small(by: float = 0.05) -> RewardModel:
    """One with an opinion, that began as tiny's generator."""
    torch.manual_seed(2)
    model = init_from(network("region"), hidden=8)
    model.head = perturbed(model.head, by)
    model.head.offset += 0.25
    return model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("보상") / "model"
    small().save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def model(folder):
    return load_reward_model(folder)


def test_it_is_saved_and_loaded_with_its_offset(folder, small_drawings):
    again = load_reward_model(folder)
    assert float(again.head.offset) == 0.25 and not again.training
    assert not any(p.requires_grad for p in again.parameters())
    with torch.no_grad():
        score = again(small_drawings.flats, small_drawings)
        assert torch.equal(score, small()(small_drawings.flats, small_drawings))


def test_it_begins_as_the_generator_and_without_an_opinion(small_drawings):
    """Guards against a generator of new weights, and a head that prefers by chance."""
    generator = network("region")
    model = init_from(generator, hidden=8)
    for name, weight in generator.state_dict().items():
        assert torch.equal(model.generator.state_dict()[name], weight), name
    assert torch.equal(model(small_drawings.flats, small_drawings), torch.zeros(4))
    with pytest.raises(UserError, match=r"begins as a RegionFlow.*UNetFlow.*policy=flow"):
        init_from(network("unet"), hidden=8)


def test_a_folder_without_a_model_is_named(tmp_path, folder):
    with pytest.raises(UserError, match=r"no reward model in .*colorrl reward_model"):
        load_reward_model(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(UserError, match="does not load as a reward model"):
        load_reward_model(tmp_path)


def test_it_sees_line_colors_and_palette_and_no_batch_mates(model, small_drawings):
    score = model(small_drawings.flats, small_drawings)
    others = [
        (1 - small_drawings.flats, small_drawings),
        (small_drawings.flats, replace(small_drawings, line=small_drawings.line.flip(-1))),
        (small_drawings.flats, replace(small_drawings, palette=small_drawings.palette.flip(2))),
        (small_drawings.flats, replace(small_drawings, share=0 * small_drawings.share)),
    ]
    for other in others:
        assert ((model(*other) - score).abs() > 1e-6).any()
    alone = model(small_drawings.flats[1:2], small_drawings.select([1]))
    torch.testing.assert_close(alone, score[1:2], rtol=1e-4, atol=1e-5)  # convolutions round


def test_several_colorings_of_a_sketch_are_read_at_once(model, small_drawings):
    """The same as one by one; guards against sketches in turn instead of in a row."""
    images = torch.cat([small_drawings.flats, 1 - small_drawings.flats]).unflatten(0, (2, 4))
    images = images.transpose(0, 1).flatten(0, 1)  # both of a sketch in a row
    once = model(images, small_drawings)
    torch.testing.assert_close(once, model(images, small_drawings.repeat(2)), rtol=1e-4, atol=1e-5)
    assert once.shape == (8,)


def test_assigned_entry(small_drawings):
    """The entry of its colour, at no distance; padding attracts nothing, no palette is no entry."""
    code = network("region").encode(small_drawings)
    counted = small_drawings.regions.weight > 0
    away, entry = assigned_entry(2 * small_drawings.flats - 1, code)
    # means of many equal numbers in float32
    painted = counted & (away[..., 0] < 1e-4)
    assert painted.sum() > 0.8 * counted.sum()  # an eye is unpainted: white is in no palette
    exists = small_drawings.share.gather(1, (entry[..., 0] - 1).clamp(min=0)) > 0
    assert exists[counted].all()
    # padding is black: guards against a missing mask
    dark, _ = assigned_entry(torch.full_like(small_drawings.flats, -0.99), code)
    assert (dark[counted] > 0.05).all()
    bare = replace(small_drawings, share=torch.zeros_like(small_drawings.share))
    away, entry = assigned_entry(2 * small_drawings.flats - 1, network("region").encode(bare))
    assert not away.any() and not entry.any()


def test_another_size_is_refused(model, drawings):
    with pytest.raises(ValueError, match=r"fitted at 32 x 32 px, the images are \(64, 64\)"):
        model(drawings.flats, drawings)


def test_the_term_is_a_probability_with_a_slope(folder, model, small_drawings):
    term = Learned("mean", 1.0, str(folder), temperature=2.0)
    image = (0.1 + 0.8 * small_drawings.flats).requires_grad_()
    mark = term(read(image, small_drawings), small_drawings, 1.0)
    score = model(image, small_drawings)
    torch.testing.assert_close(mark.value, torch.sigmoid(score / 2))
    (slope,) = torch.autograd.grad(mark.value.sum(), image)
    assert slope.isfinite().all() and (slope.abs().amax((1, 2, 3)) > 0).all()
    bare = replace(small_drawings, share=torch.zeros_like(small_drawings.share))
    assert term(read(image, bare), bare, 1.0).value.isfinite().all()
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
