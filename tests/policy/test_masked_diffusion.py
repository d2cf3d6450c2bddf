"""The objective of region tokens: what is hidden, and how colours are dealt to codes."""

import torch

from colorrl.policy.masked_diffusion import code_entries, color_loss, entry_loss, hidden_regions


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_hidden_share_is_that_of_its_cosine():
    """Mean of cos(pi u / 2), u uniform: 2 / pi. 2,000 rows of 20: four standard errors are .03.

    Seen to fail with a uniform share.
    """
    exists = torch.ones(2000, 20, dtype=torch.bool)
    hidden = hidden_regions(exists, generator())
    assert abs(float(hidden.float().mean()) - 2 / torch.pi) < 0.03


def test_at_least_one_region_is_hidden_and_none_that_does_not_exist():
    exists = torch.zeros(500, 6, dtype=torch.bool)
    exists[:, 2:4] = True
    exists[-1] = False
    hidden = hidden_regions(exists, generator())
    assert not hidden[:, [0, 1, 4, 5]].any() and hidden[:-1].any(1).all() and not hidden[-1].any()


def test_two_colors_never_share_a_code():
    """Both are nearest to code 1; the larger one takes it. Seen to fail without `used`."""
    color = torch.tensor([[[0.0, 0.0, 0.1], [0.0, 0.0, 0.0], [0.9, 0.9, 0.9]]])
    codes = torch.tensor([[[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.5], [-1.0, -1.0, -1.0]]])
    taken = code_entries(color, torch.tensor([[0.6, 0.4, 0.0]]), codes)
    assert taken.tolist() == [[0, 1, 2, 0]]


def test_losses_count_by_weight():
    log_share = torch.tensor([[[0.5, 0.5], [0.25, 0.75]]]).log()
    entry, weight = torch.tensor([[0, 0]]), torch.tensor([[2.0, 0.0]])
    torch.testing.assert_close(entry_loss(log_share, entry, weight), torch.tensor(2 * 0.6931472))
    impossible = torch.tensor([[[-torch.inf, 0.0]]])
    assert entry_loss(impossible, torch.tensor([[0]]), torch.ones(1, 1)).isfinite()
    codes = torch.tensor([[[1.0, 1.0, 1.0], [0.5, 0.0, 0.0]]])
    color = torch.tensor([[[0.0, 0.0, 0.5], [1.0, 0.0, 1.0]]])
    off = color_loss(color, torch.tensor([[0, 1, 0]]), codes, torch.tensor([[2.0, 3.0]]))
    torch.testing.assert_close(off, torch.tensor(2 * 0.5 + 3 * 1.0))
