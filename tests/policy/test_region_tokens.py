"""Region tokens: what they read, what must not matter, and which regions are decided when."""

from dataclasses import replace

import pytest
import torch

from colorrl.data.batch import collate
from colorrl.policy.region_tokens import RegionTokens
from colorrl.policy.token_layers import cell_geometry, cell_shares, contact_lengths, pair_features
from colorrl.policy.unmask import due, most_certain, painted, unmask
from colorrl.types import SketchBatch
from tests.conftest import SCENES, draw
from tests.tiny import perturbed


@pytest.fixture(scope="module")
def tokens():
    torch.manual_seed(3)
    made = RegionTokens(size=32, width=16, n_blocks=1, n_heads=2, n_codes=20,
                        n_encoder_layers=1, n_decoder_layers=1)  # fmt: skip
    return perturbed(made.eval(), 0.05)


@torch.no_grad()
def shares(network, sketch, entry=None, known=None):
    code = network.encode(sketch)
    entry = torch.zeros(code.exists.shape, dtype=torch.long) if entry is None else entry
    known = torch.zeros_like(code.exists) if known is None else known
    return network.log_shares(code, entry, known)


def hints(sketch: SketchBatch) -> torch.Tensor:
    """Red dabbed on the first region of each sketch."""
    mask = (sketch.regions.label == 1)[:, None].float()
    return torch.cat([mask, 0 * mask, 0 * mask, mask], 1)


def test_cells_are_the_share_of_their_pixels(small_drawings):
    """Against average pooling of one-hot maps. Seen to fail with rows and columns swapped."""
    owner, n_slots = small_drawings.regions.owner, small_drawings.regions.n_slots
    one_hot = torch.nn.functional.one_hot(owner, n_slots).permute(0, 3, 1, 2).float()
    wanted = torch.nn.functional.avg_pool2d(one_hot, 4)
    torch.testing.assert_close(cell_shares(owner, n_slots, 4), wanted)


def test_contact_is_counted_between_every_two_pixels():
    """Two columns of 4 pixels and a corner. Seen to fail without the pairs one above the other."""
    owner = torch.tensor([[[1, 1, 2, 2]] * 3 + [[1, 1, 3, 3]]])
    contact = contact_lengths(owner, 4)
    assert contact[0, 1].tolist() == [0, 0, 3, 1] and contact[0, 2].tolist() == [0, 3, 0, 2]
    assert torch.equal(contact, contact.transpose(1, 2))


def test_geometry_of_absent_regions_is_zero_and_pairs_are_finite(small_drawings):
    owner = small_drawings.regions.owner
    member = cell_shares(owner, small_drawings.regions.n_slots + 3, 4)
    geometry = cell_geometry(member, small_drawings.regions.background)
    assert not geometry[:, -3:].any() and not geometry[:, 0].any()
    pairs = pair_features(geometry, contact_lengths(owner, member.shape[1]))
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
    code = tokens.encode(sketch)
    assert code.color.shape[1] == 21 and code.possible.all()
    assert torch.equal(code.color[:, 0], torch.ones(4, 3))  # paper stays white
    moved = code.color[:, 1:] - tokens.codebook
    assert moved.abs().amax() > 1e-4 and not torch.equal(code.color[0], code.color[1])
    image = painted(code, torch.full(code.exists.shape, 5))
    assert all(len(row.flatten(1).T.unique(dim=0)) == 1 for row in image)


def test_hinted_regions_wear_the_hint_exactly(tokens, small_drawings):
    code = tokens.encode(replace(small_drawings, hint=hints(small_drawings)))
    image = painted(code, unmask(tokens, code, 3, torch.arange(4))[0])
    inside = small_drawings.regions.owner == 1
    red = torch.tensor([1.0, 0.0, 0.0])
    assert (image.permute(0, 2, 3, 1)[inside] == red).all()


def test_a_sample_is_of_its_seed(tokens, small_drawings):
    code = tokens.encode(small_drawings)
    one, again, other = (unmask(tokens, code, 4, s)[0] for s in
                         (torch.arange(4), torch.arange(4), torch.arange(4, 8)))  # fmt: skip
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_one_encoding_serves_a_group(tokens, small_drawings):
    """Bit for bit: what an update scores again is what was sampled."""
    code = tokens.encode(small_drawings)
    with torch.no_grad():
        first, second = (tokens.encode(small_drawings).repeat(3) for _ in range(2))
    entry = torch.zeros(12, code.exists.shape[1], dtype=torch.long)
    known = torch.zeros_like(entry, dtype=torch.bool)
    assert torch.equal(*(tokens.log_shares(c, entry, known) for c in (first, second)))


def test_every_region_is_decided_once_and_the_schedule_is_slow_at_first():
    """Seen to fail with rounding down at the last step."""
    n = torch.tensor([0, 1, 5, 40])
    counts = torch.stack([due(n, k, 8) for k in range(8)])
    assert (counts.diff(dim=0) >= 0).all() and torch.equal(counts[-1], n)
    assert counts[0, 3] == 1 and counts[3, 3] < 20


def test_the_most_certain_open_regions_come_first():
    log_share = torch.tensor([[[0.9, 0.1], [0.5, 0.5], [0.99, 0.01], [0.2, 0.8]]]).log()
    open_ = torch.tensor([[True, True, False, True]])
    chosen = most_certain(log_share, open_, torch.tensor([2]))
    assert chosen.tolist() == [[True, False, False, True]]


def test_it_refuses_another_size_and_no_palette(tokens, small_drawings):
    with pytest.raises(ValueError, match="draws 32 x 32"):
        tokens.encode(collate([draw("fish", 64)]))
    with pytest.raises(ValueError, match="no palette given"):
        tokens.encode(replace(small_drawings, palette=None))
