"""Region tokens: what they read, what must not matter, and which regions are decided when."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from colorrl import Colorizer
from colorrl.data.batch import collate
from colorrl.policy.action import at_time
from colorrl.policy.pipeline import ode_sample, save_generator
from colorrl.policy.region_tokens import RegionTokens
from colorrl.policy.rollout import noise_model
from colorrl.policy.token_encoding import distinct
from colorrl.policy.token_layers import cell_geometry, cell_shares, contact_lengths, pair_features
from colorrl.policy.unmask import REGIONS, due_regions, entries, likeliest, most_certain, painted
from colorrl.types import SketchBatch
from tests.conftest import SCENES, draw
from tests.tiny import token_network


@pytest.fixture(scope="module")
def tokens():
    return token_network()


@torch.no_grad()
def shares(network, sketch, entry=None, known=None):
    encoding = network.encode(sketch)
    entry = torch.zeros(encoding.exists.shape, dtype=torch.long) if entry is None else entry
    known = torch.zeros_like(encoding.exists) if known is None else known
    return network.log_shares(encoding, entry, known)


def sampled(network, sketch, seeds):
    with torch.no_grad():
        return ode_sample(network, sketch, REGIONS.times(4, 1.0), 0.0, seeds)


def hints(sketch: SketchBatch) -> torch.Tensor:
    """Red dabbed on the first region of each sketch."""
    mask = (sketch.regions.label == 1)[:, None].float()
    return torch.cat([mask, 0 * mask, 0 * mask, mask], 1)


def test_cells_are_the_share_of_their_pixels(small_drawings):
    """Against average pooling of one-hot maps. Seen to fail with rows and columns swapped."""
    region_index, n_slots = small_drawings.regions.region_index, small_drawings.regions.n_slots
    one_hot = torch.nn.functional.one_hot(region_index, n_slots).permute(0, 3, 1, 2).float()
    wanted = torch.nn.functional.avg_pool2d(one_hot, 4)
    torch.testing.assert_close(cell_shares(region_index, n_slots, 4), wanted)


def test_contact_is_counted_between_every_two_pixels():
    """Two columns of 4 pixels and a corner. Seen to fail without the pairs one above the other."""
    region_index = torch.tensor([[[1, 1, 2, 2]] * 3 + [[1, 1, 3, 3]]])
    contact = contact_lengths(region_index, 4)
    assert contact[0, 1].tolist() == [0, 0, 3, 1] and contact[0, 2].tolist() == [0, 3, 0, 2]
    assert torch.equal(contact, contact.transpose(1, 2))


def test_geometry_of_absent_regions_is_zero_and_pairs_are_finite(small_drawings):
    region_index = small_drawings.regions.region_index
    member = cell_shares(region_index, small_drawings.regions.n_slots + 3, 4)
    geometry = cell_geometry(member, small_drawings.regions.background)
    assert not geometry[:, -3:].any() and not geometry[:, 0].any()
    pairs = pair_features(geometry, contact_lengths(region_index, member.shape[1]))
    assert pairs.isfinite().all()


def test_what_it_is_conditioned_on_matters(tokens, small_drawings):
    """Line art, palette, hints and known colours each change the decisions."""
    base = shares(tokens, small_drawings)
    entry = torch.zeros(base.shape[:2], dtype=torch.long)
    entry[:, 1] = 1
    known = torch.zeros_like(entry, dtype=torch.bool)
    known[:, 1] = True
    others = {
        "line": shares(tokens, replace(small_drawings, line=1 - small_drawings.line)),
        "palette": shares(tokens, replace(small_drawings, palette=1 - small_drawings.palette)),
        "hint": shares(tokens, replace(small_drawings, hint=hints(small_drawings))),
        "known": shares(tokens, small_drawings, entry, known),
    }
    for name, found in others.items():
        apart = (found.exp() - base.exp()).abs().amax((1, 2))
        assert apart.min() > 1e-5, name


def test_decisions_are_distributions_over_what_exists(tokens, small_drawings):
    found = shares(tokens, small_drawings)
    torch.testing.assert_close(found.exp().sum(2), torch.ones(found.shape[:2]))
    absent = torch.cat([torch.zeros(4, 1), small_drawings.share], 1) == 0
    absent[:, 0] = False
    assert (found[absent[:, None].expand_as(found)] == -torch.inf).all()


def test_padding_and_batch_mates_do_not_matter(tokens):
    """To rounding: sums of 16 fp32 channels in another order."""
    sketches = [draw(name, 32) for name in list(SCENES)[:3]]
    alone = shares(tokens, collate(sketches[:1]))
    wide = shares(tokens, collate(sketches, n_slots=20, n_palette=12))
    cut = wide[:1, : alone.shape[1], : alone.shape[2]]
    torch.testing.assert_close(cut.exp(), alone.exp(), atol=1e-5, rtol=1e-4)


def test_without_a_palette_regions_of_one_code_get_one_color(tokens, small_drawings):
    """Seen to fail with an offset of each region's own."""
    sketch = replace(small_drawings, share=torch.zeros_like(small_drawings.share))
    encoding = tokens.encode(sketch)
    assert encoding.color.shape[1] == 21 and encoding.possible.all()
    assert torch.equal(encoding.color[:, 0], torch.ones(4, 3))  # paper stays white
    moved = encoding.color[:, 1:] - tokens.codebook
    assert moved.abs().amax() > 1e-4 and not torch.equal(encoding.color[0], encoding.color[1])
    image = painted(encoding, torch.full(encoding.exists.shape, 5))
    assert all(len(row.flatten(1).T.unique(dim=0)) == 1 for row in image)


def test_hinted_regions_wear_the_hint_exactly(tokens, small_drawings):
    image = sampled(tokens, replace(small_drawings, hint=hints(small_drawings)), torch.arange(4))
    inside = small_drawings.regions.region_index == 1
    red = torch.tensor([1.0, 0.0, 0.0])
    assert (image.permute(0, 2, 3, 1)[inside] == red).all()


def test_a_sample_is_of_its_seed(tokens, small_drawings):
    """Also of a row among others: the line art is then read once for its copies."""
    one, again, other = (sampled(tokens, small_drawings, s) for s in
                         (torch.arange(4), torch.arange(4), torch.arange(4, 8)))  # fmt: skip
    assert torch.equal(one, again) and not torch.equal(one, other)
    first = small_drawings.select([0]).repeat(3)
    assert len(distinct(first)[0]) == 1 and len(distinct(small_drawings)[0]) == 4
    torch.testing.assert_close(sampled(tokens, first, torch.arange(3))[:1], one[:1])


@pytest.mark.parametrize("n_steps", [1, 3])
def test_the_likeliest_coloring_decides_the_most_certain_regions_first(
    tokens, small_drawings, n_steps
):
    """By a loop over rows. Seen to fail with a time's shift of 2, which tokens do not have."""
    encoding = tokens.encode(small_drawings)
    found = likeliest(tokens, encoding, n_steps)
    entry = torch.zeros_like(found)
    known = torch.zeros_like(encoding.exists)
    for t_next in REGIONS.times(n_steps, 1.0)[1:].tolist():
        with torch.no_grad():
            share = tokens.log_shares(encoding, entry, known)
        for n in range(len(found)):
            open_ones = encoding.exists[n].nonzero().flatten().tolist()
            due = math.ceil(len(open_ones) * (1 - t_next) - 1e-6) - int(known[n].sum())
            left = [r for r in open_ones if not known[n, r]]
            for r in sorted(left, key=lambda r: -share[n, r].max().item())[:due]:
                known[n, r], entry[n, r] = True, share[n, r].argmax()
    assert torch.equal(known, encoding.exists)
    assert torch.equal(found[known], entry[known])


def test_samples_come_as_often_as_their_probability(tokens, small_drawings):
    """One step, all regions: 2,000 samples by their uniform numbers, four standard errors."""
    n = 2000
    sketch = small_drawings.select([1])
    encoding = tokens.encode(sketch)
    noise = noise_model(tokens, sketch, n, 0.0)
    x = REGIONS.start(noise, torch.arange(n))
    with torch.no_grad():
        log_share = tokens.predict(x[:1], at_time(x[:1], 1.0), encoding)
    moved = REGIONS.move(x, log_share.expand(n, -1, -1), 1.0, 0.0, encoding.repeat(n))
    entry, known = entries(moved)
    assert torch.equal(known, encoding.exists.expand(n, -1))
    often = torch.nn.functional.one_hot(entry, log_share.shape[2]).double().mean(0)
    wanted = log_share[0].double().exp()
    error = (wanted * (1 - wanted) / n).sqrt() + 1e-9
    assert ((often - wanted).abs() < 4 * error)[encoding.exists[0]].all()


def test_one_encoding_serves_a_group(tokens, small_drawings):
    """Bit for bit: what an update scores again is what was sampled."""
    encoding = tokens.encode(small_drawings)
    with torch.no_grad():
        first, second = (tokens.encode(small_drawings).repeat(3) for _ in range(2))
    entry = torch.zeros(12, encoding.exists.shape[1], dtype=torch.long)
    known = torch.zeros_like(entry, dtype=torch.bool)
    assert torch.equal(*(tokens.log_shares(c, entry, known) for c in (first, second)))


def test_every_region_is_decided_once_and_few_at_first(tokens, small_drawings):
    """Seen to fail with rounding down, which leaves regions masked at the end."""
    encoding = tokens.encode(collate([draw("얼굴", 32)]))
    x = REGIONS.start(noise_model(tokens, collate([draw("얼굴", 32)]), 1, 0.0), torch.tensor([3]))
    times, counts = REGIONS.times(4, 1.0).tolist(), []
    for t, t_next in pairwise(times):
        with torch.no_grad():
            log_share = tokens.predict(x, at_time(x, t), encoding)
        new = due_regions(x, log_share, t_next, encoding)
        assert not (new & entries(x)[1]).any()
        x = REGIONS.move(x, log_share, t, t_next, encoding)
        counts.append(int(entries(x)[1].sum()))
    assert counts[-1] == int(encoding.exists.sum()) and counts[0] < counts[-1] / 3
    assert times[0] == 1 and times[-1] == 0


def test_the_most_certain_open_regions_come_first():
    log_share = torch.tensor([[[0.9, 0.1], [0.5, 0.5], [0.99, 0.01], [0.2, 0.8]]]).log()
    masked = torch.tensor([[True, True, False, True]])
    chosen = most_certain(log_share, masked, torch.tensor([2]))
    assert chosen.tolist() == [[True, False, False, True]]


def test_it_refuses_another_size_and_no_palette(tokens, small_drawings):
    with pytest.raises(ValueError, match="draws 32 x 32"):
        tokens.encode(collate([draw("fish", 64)]))
    with pytest.raises(ValueError, match="no palette given"):
        tokens.encode(replace(small_drawings, palette=None))


@pytest.mark.parametrize("palette", ["#d22f27,#f1b31c", None])
def test_a_page_is_colored_and_its_votes_read_the_line_once(tokens, tmp_path, monkeypatch, palette):
    """Eight samples vote. Seen to fail with an encoding for each."""
    save_generator(tmp_path / "gen", tokens, n_steps=3, shift=1.0, rho=0.0)
    colorizer = Colorizer.from_pretrained(str(tmp_path / "gen"), "cpu")
    read, real = [], RegionTokens.read_lines
    monkeypatch.setattr(
        RegionTokens, "read_lines", lambda self, s: read.append(len(s)) or real(self, s)
    )
    line = (draw("fish", 96).line[0].numpy() * 255).astype("uint8")
    page = colorizer(line, palette=palette)
    assert set(read) == {1} and len(read) == 2  # the page's own sample, and all further ones
    again = colorizer(line, palette=palette)
    assert (page.composite == again.composite).all()


def test_one_step_is_enough_and_none_is_refused():
    """Seen to fail where one step was refused."""
    assert REGIONS.times(1, 1.0).tolist() == [1.0, 0.0]
    with pytest.raises(ValueError, match="n_steps >= 1"):
        REGIONS.times(0, 1.0)


def test_pairs_know_who_touches_and_who_mirrors():
    """By hand: the middle is that of the figure, without paper. Seen to fail with contact turned,
    and with a remainder in place of the square.
    """
    geometry = torch.zeros(1, 3, 7)
    geometry[0, :, 1] = torch.tensor([0.5, 0.3, 0.9])  # root of the share
    geometry[0, :, 3] = torch.tensor([0.2, -0.6, 0.7])  # column of the center
    geometry[0, 2, -1] = 1  # paper
    contact = torch.tensor([[[0.0, 2.0, 0.0], [2.0, 0.0, 1.0], [0.0, 1.0, 0.0]]])
    found = pair_features(geometry, contact)[0]
    assert torch.equal(found[..., 2], (contact[0] > 0).float())
    middle = (0.25 * 0.2 - 0.09 * 0.6) / 0.34
    assert found[0, 1, 6].item() == pytest.approx(abs(0.2 - 0.6 - 2 * middle), abs=1e-6)
