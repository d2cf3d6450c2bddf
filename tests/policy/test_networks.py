"""The three networks behind one interface: what they read, and what must not matter to them."""

import inspect
from dataclasses import replace

import pytest
import torch
from hydra.utils import get_object

from colorrl.data.batch import collate
from colorrl.policy.protocol import Policy
from colorrl.policy.region_layers import region_geometry, region_hints, region_matrix
from tests.tiny import NETWORKS, composed, network


@pytest.fixture(scope="module", params=NETWORKS)
def policy(request):
    return network(request.param)


def state(n, size=32, seed=0):
    return torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(seed))


def hints(sketch):
    """Red dabbed on the first region of each sketch."""
    mask = (sketch.regions.label == 1)[:, None].float()
    return torch.cat([mask, 0 * mask, 0 * mask, mask], 1)


@torch.no_grad()
def predicted(policy, sketch, x=None, t=0.7):
    x = state(len(sketch)) if x is None else x
    return policy.predict(x, torch.full((len(x),), t), policy.encode(sketch))


def test_interface(policy, small_drawings):
    assert isinstance(policy.encode, object) and callable(policy.predict)
    typed: Policy = policy
    image = predicted(typed, small_drawings)
    assert image.shape == (4, 3, 32, 32) and image.dtype == torch.float32


def test_what_it_is_told_matters(policy, small_drawings):
    """Line art, palette, hints, task, time and state each change the picture."""
    base = predicted(policy, small_drawings)
    others = {
        "line": predicted(policy, replace(small_drawings, line=1 - small_drawings.line)),
        "palette": predicted(policy, replace(small_drawings, palette=1 - small_drawings.palette)),
        "no palette": predicted(
            policy, replace(small_drawings, share=torch.zeros_like(small_drawings.share))
        ),
        "hint": predicted(policy, replace(small_drawings, hint=hints(small_drawings))),
        "rendering": predicted(policy, replace(small_drawings, rendering=torch.ones(4) > 0)),
        "time": predicted(policy, small_drawings, t=0.2),
        "state": predicted(policy, small_drawings, state(4, seed=1)),
    }
    for name, image in others.items():
        assert (image - base).abs().amax((1, 2, 3)).min() > 1e-4, name


def test_the_palettes_order_does_not_matter(policy, small_drawings):
    k = small_drawings.palette.shape[1]
    turned = torch.arange(k).roll(1)
    changed = replace(
        small_drawings,
        palette=small_drawings.palette[:, turned],
        share=small_drawings.share[:, turned],
    )
    torch.testing.assert_close(
        predicted(policy, changed), predicted(policy, small_drawings), rtol=0, atol=1e-5
    )


def test_palette_padding_does_not_matter(policy, sketches, small_drawings):
    extra = torch.rand(4, 3, 3)
    padded = replace(
        small_drawings,
        palette=torch.cat([small_drawings.palette, extra], 1),
        share=torch.cat([small_drawings.share, torch.zeros(4, 3)], 1),
    )
    torch.testing.assert_close(
        predicted(policy, padded), predicted(policy, small_drawings), rtol=0, atol=1e-5
    )


def test_a_repeated_code_serves_a_group(policy, small_drawings):
    x, t = state(8), torch.full((8,), 0.5)
    with torch.no_grad():
        shared = policy.predict(x, t, policy.encode(small_drawings).repeat(2))
        each = policy.predict(x, t, policy.encode(small_drawings.repeat(2)))
    torch.testing.assert_close(shared, each, rtol=0, atol=1e-5)


def test_every_parameter_learns(policy, small_drawings):
    policy.zero_grad(set_to_none=True)
    image = policy.predict(state(4), torch.full((4,), 0.7), policy.encode(small_drawings))
    image.square().mean().backward()
    without = [n for n, p in policy.named_parameters() if p.grad is None]
    policy.zero_grad(set_to_none=True)
    assert not without


@pytest.mark.parametrize("missing", [["palette", "share"], ["palette"], ["share"]])
def test_a_palette_is_required(policy, small_drawings, missing):
    """With its shares. Seen to fail where both must be missing to be refused."""
    with pytest.raises(ValueError, match="pass an empty one"):
        policy.encode(replace(small_drawings, **dict.fromkeys(missing)))


@pytest.mark.parametrize("name", ["flow", "region", "dit", "unet"])
def test_a_network_made_without_settings_is_the_configured_one(name):
    """Seen to fail with each default of the constructors one more."""
    spec = dict(composed("train", f"policy={name}").policy.network)
    made = inspect.signature(get_object(spec.pop("_target_"))).parameters
    default = {key: parameter.default for key, parameter in made.items()}
    assert spec == {key: default[key] for key in spec}
    unnamed = {key: value for key, value in default.items() if key not in spec}
    assert unnamed == ({"temperature": 1.0} if name == "region" else {})


def test_region_padding_does_not_matter(small_drawings):
    """To the network whose tokens are regions."""
    policy, slots = network("region"), small_drawings.regions.n_slots
    regions = small_drawings.regions
    more = torch.zeros(4, 5)
    padded = replace(
        small_drawings,
        regions=replace(
            regions,
            area=torch.cat([regions.area, more], 1),
            weight=torch.cat([regions.weight, more], 1),
        ),
    )
    assert padded.regions.n_slots == slots + 5
    torch.testing.assert_close(
        predicted(policy, padded), predicted(policy, small_drawings), rtol=0, atol=1e-5
    )


def test_the_order_of_regions_does_not_matter():
    """Ids are names: renaming them leaves the picture as it is."""
    from tests.conftest import draw

    policy, sketch = network("region"), collate([draw("house", 32)])
    n = sketch.regions.n_slots
    new = torch.cat([torch.zeros(1, dtype=torch.long), torch.arange(1, n).roll(1)])  # old -> new
    regions = sketch.regions
    old = new.argsort()
    renamed = replace(
        regions,
        label=new[regions.label],
        region_index=new[regions.region_index],
        across=new[regions.across],
        area=regions.area[:, old],
        weight=regions.weight[:, old],
        background=new[regions.background],
    )
    torch.testing.assert_close(
        predicted(policy, replace(sketch, regions=renamed)),
        predicted(policy, sketch),
        rtol=0,
        atol=1e-5,
    )


def test_nothing_asked_is_flats_without_hints(policy, small_drawings):
    asked = replace(small_drawings, hint=torch.zeros(4, 4, 32, 32), rendering=torch.zeros(4) > 0)
    plain = replace(small_drawings, hint=None, rendering=None)
    assert torch.equal(predicted(policy, asked), predicted(policy, plain))


def test_a_hint_is_read_anywhere_in_its_region():
    """Seen to fail with a sum in place of the mean."""
    member = region_matrix(torch.tensor([[[0, 1, 1, 2]]]), 4)
    dot, stroke = torch.zeros(2, 4, 1, 4)
    dot[:, 0, 2] = torch.tensor([1.0, 0.5, 0.0, 1.0])
    stroke[:, 0, 1:3] = torch.tensor([1.0, 0.5, 0.0, 1.0])[:, None]
    none = [0.0] * 4
    for hint in (dot, stroke):
        assert region_hints(member, hint[None])[0].tolist() == [none, [1, 0, -1, 1], none, none]


def test_another_size_is_refused(drawings):
    with pytest.raises(ValueError, match="this generator draws 32 x 32"):
        network("region").encode(drawings)


def test_region_matrix_and_geometry():
    region_index = torch.zeros(1, 8, 8, dtype=torch.long)
    region_index[:, :, 4:] = 1
    region_index[:, 6:, 4:] = 2
    member = region_matrix(region_index, 4)
    assert (member.sum(1) == 1).all() and member.sum((2, 3)).tolist() == [[32, 24, 8, 0]]
    background = torch.tensor([2])
    area = member.sum((2, 3))[..., None]
    found = region_geometry(member, area, background)[0]
    left, _, low, absent = found
    assert left[2] == pytest.approx(-0.5) and left[1] == pytest.approx(0)  # column, row
    assert low[1] == pytest.approx(0.75) and low[2] == pytest.approx(0.5)
    assert found[:, 6].tolist() == [0, 0, 1, 0] and (absent == 0).all()
    assert low[0] == pytest.approx(torch.tensor(8 / 64).log().item() / 8)
    # spread: 4 columns of 0.25 about their middle
    assert low[4] == pytest.approx((0.25**2 * 15 / 12) ** 0.5)
