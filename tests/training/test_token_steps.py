"""A step of region tokens: its loss, its gradient, and its held-out figures."""

from types import SimpleNamespace

import pytest
import torch

from colorrl.data.batch import collate
from colorrl.data.palette_condition import condition_palette
from colorrl.data.token_rows import TokenBatch
from colorrl.policy.flow_matching import region_entry
from colorrl.policy.masked_diffusion import COLOR_WEIGHT, color_loss, entry_loss
from colorrl.training.pretrain_state import Pretraining
from colorrl.training.token_steps import figures, masks, token_loss
from tests.conftest import SCENES, draw
from tests.tiny import SIZE, token_network


@pytest.fixture
def network():
    return token_network()


@pytest.fixture
def batch(small_drawings):
    """Four line arts, each in its own colours."""
    return TokenBatch(
        sketch=small_drawings,
        view=torch.arange(4),
        palette=small_drawings.palette,
        share=small_drawings.share,
        true_share=small_drawings.share,
        entry=region_entry(small_drawings),
        weight=small_drawings.regions.weight,
    )


def without_palette(batch, palette=None):
    share = torch.zeros_like(batch.share)
    palette = batch.palette if palette is None else palette
    return TokenBatch(
        batch.sketch, batch.view, palette, share, batch.true_share, batch.entry, batch.weight
    )


def everything(batch):
    return torch.ones_like(batch.weight, dtype=torch.bool)


def test_colors_that_a_code_has_cost_nothing_and_others_their_square(network, batch):
    """Without a palette. Seen to fail with colours not scaled to [-1, 1]."""
    with torch.no_grad():
        lines = network.read_lines(batch.sketch)
        codes = network.condition(lines, batch.palette, torch.zeros_like(batch.share)).color
        n_colors = batch.palette.shape[1]
        exact = without_palette(batch, (codes[:, 1 : 1 + n_colors] + 1) / 2)
        loss, surprise = token_loss(network, exact, everything(batch))
        torch.testing.assert_close(loss, surprise, rtol=1e-4, atol=0)
        moved = without_palette(batch, exact.palette + 0.01)
        loss, surprise = token_loss(network, moved, everything(batch))
        taken = torch.arange(1 + n_colors).expand(4, -1)
        off = color_loss(moved.palette * 2 - 1, taken, codes, batch.true_share)
        torch.testing.assert_close(loss - surprise, COLOR_WEIGHT * off, rtol=0.02, atol=0)


def test_the_loss_is_of_hidden_regions_where_the_others_are_known(network, batch):
    """Row by row. Seen to fail with hidden regions known, and with known ones scored."""
    hidden = torch.rand(batch.weight.shape, generator=torch.Generator().manual_seed(0)) < 0.5
    with torch.no_grad():
        _, found = token_loss(network, batch, hidden)
        encoding = network.encode(batch.sketch)
        share = network.log_shares(encoding, batch.entry, ~hidden & encoding.exists)
        wanted = entry_loss(share, batch.entry, batch.weight * hidden)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=0)
    assert wanted > 0


def updated(network, batches, precision="no"):
    """Mean nats and the gradient of one step on ``batches``."""
    network.zero_grad()
    run = SimpleNamespace(
        cfg=SimpleNamespace(seed=0, precision=precision), step=3, network=network,
        device=torch.device("cpu"), advance=lambda: None,
    )  # fmt: skip
    nats = Pretraining.update_tokens(run, batches)
    return nats, torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])


def test_a_step_is_a_mean_over_the_hidden_of_all_batches(network, batch):
    """Seen to fail with the loss times their number, and with each batch's own mean."""
    batches = [batch, without_palette(batch)]
    nats, gradient = updated(network, batches)
    hidden = masks(batches, 0, 3)
    total = sum((b.weight * h).sum() for b, h in zip(batches, hidden, strict=True))
    network.zero_grad()
    loss, surprise = (
        sum(x) for x in zip(*map(token_loss, [network] * 2, batches, hidden), strict=True)
    )
    (loss / total).backward()
    wanted = torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])
    torch.testing.assert_close(nats, surprise.detach() / total)
    assert (gradient - wanted).norm() < 1e-5 * wanted.norm()


def test_a_generator_of_tokens_is_saved_without_noise():
    """Seen to fail with the shift of a flow, and with rho -1."""
    cfg = SimpleNamespace(n_steps=4, sample_shift=2.0, rho=0.5)
    tokens, flow = (SimpleNamespace(cfg=cfg, learns_tokens=of) for of in (True, False))
    sampling = Pretraining.sampling.fget
    assert sampling(tokens) == {"n_steps": 4, "shift": 1.0, "rho": 0.0}
    assert sampling(flow) == {"n_steps": 4, "shift": 2.0, "rho": 0.5}


def test_half_precision_is_of_the_network(network, batch):
    """bf16 keeps 8 bits: 0.4 % of each number. Seen to fail with full precision."""
    full, half = (updated(network, [batch], p)[0].item() for p in ("no", "bf16"))
    assert full != half and half == pytest.approx(full, rel=0.02)


def test_held_out_figures_are_those_of_a_loop(network):
    """nll and right by area of painted regions, sketch by sketch, colours alone given.

    Seen to fail with the background counted.
    """
    sketches = [draw(name, SIZE) for name in list(SCENES)[:4]]
    nll, right = [], []
    for sketch in sketches:
        one = condition_palette(collate([sketch], n_palette=16), "colors")
        true, area = region_entry(one)[0], one.regions.area[0]
        encoding = network.encode(one)
        with torch.no_grad():
            share = network.log_shares(
                encoding, torch.zeros_like(true)[None], encoding.exists & False
            )
        counted = [r for r in range(1, len(area)) if r != one.regions.background[0] and true[r] > 0]
        whole = sum(area[r].item() for r in counted)
        nll.append(-sum(area[r].item() * share[0, r, true[r]].item() for r in counted) / whole)
        best = share[0].argmax(1)  # of one step, all at once
        right.append(sum(area[r].item() for r in counted if best[r] == true[r]) / whole)
    found = figures(network, sketches, 1)
    assert found["nll"] == pytest.approx(sum(nll) / 4, rel=1e-4)
    assert found["right"] == pytest.approx(sum(right) / 4, abs=1e-5)
