"""Whether a picture has one colour a region."""

import torch

from colorrl.rewards.reading import paint, region_mean


def is_flat(image: torch.Tensor, sketch) -> bool:
    """Also under the ink that regions own. 1e-3: a mean of equal fp32 numbers rounds."""
    flat = paint(region_mean(image, sketch.regions), sketch.regions.region_index)
    return bool((image - flat).abs().max() < 1e-3)
