"""Decoded pictures and their regions."""

import torch

from colorrl.policy.hub.latents import snapped


def test_snapped_regions_wear_their_median():
    """By hand, and with a gradient. Seen to fail with the mean."""
    image = torch.tensor([0.1, 0.9, 0.2, 0.5, 0.4, 0.6]).view(1, 1, 2, 3).requires_grad_()
    region_index = torch.tensor([[[1, 1, 1], [2, 2, 0]]])
    found = snapped(image, region_index)
    expected = torch.tensor([0.2, 0.2, 0.2, 0.4, 0.4, 0.6]).view(1, 1, 2, 3)
    assert torch.equal(found, expected)
    found.sum().backward()
    assert torch.equal(image.grad.flatten(), torch.tensor([0.0, 0.0, 3.0, 0.0, 2.0, 1.0]))
