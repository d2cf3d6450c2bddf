"""Networks as somebody outside the package would write them, and two that could not be loaded."""

import diffusers
import torch
from diffusers.configuration_utils import register_to_config

from colorrl.policy.plain import PlainEncoding, seen
from colorrl.policy.space import PIXELS
from colorrl.types import SketchBatch


class Net(diffusers.ModelMixin, diffusers.ConfigMixin):
    """One convolution over the state, line art and hints. Its module imports no ModelMixin."""

    space = PIXELS

    @register_to_config
    def __init__(self, size: int = 32, kernel: int = 3):
        super().__init__()
        self.net = torch.nn.Conv2d(9, 3, kernel, padding=kernel // 2)

    def encode(self, sketch: SketchBatch) -> PlainEncoding:
        return PlainEncoding(seen(sketch), sketch.palette, sketch.share > 0)

    def predict(self, x: torch.Tensor, t: torch.Tensor, code: PlainEncoding) -> torch.Tensor:
        return self.net(torch.cat([x, code.seen], 1))


class Forgetful(Net):
    """Its arguments are not registered, so it would come back with others."""

    def __init__(self, size: int = 32, kernel: int = 3):
        super().__init__(size)
        self.net = torch.nn.Conv2d(9, 3, kernel, padding=kernel // 2)


class Bare(torch.nn.Module):
    """It cannot be saved: it is no diffusers model."""

    space, encode, predict = PIXELS, None, None
