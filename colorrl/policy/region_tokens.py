"""The region-token generator: line art is encoded once, colours are decided by unmasking.

Masked discrete diffusion (Austin et al., arXiv 2107.03006; Chang et al., arXiv 2202.04200) over the
regions of a drawing. Tokens are regions and the entries that they may take: paper, and the palette.
A region whose colour is known (decided before, or given as a hint) carries it; the others carry a
mask. Each undecided region points at an entry (Vinyals et al., arXiv 1506.03134): a categorical
decision with its exact probability. Without a palette the entries are a learned codebook, each
moved by an offset that depends on the drawing: regions that take one code get one colour.

A picture is region-exact by construction: there is no texture and nothing leaks.

Letters: C width, S = R + 1 region slots, K palette entries, E = 1 + K entries, L = S + E tokens.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from colorrl.policy.protocol import StateSpace
from colorrl.policy.region_layers import SHARES, region_share, share_feature, zeroed
from colorrl.policy.token_encoding import (
    LineEncoding,
    TokenEncoding,
    distinct,
    given_colors,
    palette_of,
)
from colorrl.policy.token_layers import (
    GEOMETRY,
    PAIRS,
    LineTrunk,
    PairBlock,
    cell_geometry,
    cell_shares,
    contact_lengths,
    pair_features,
)
from colorrl.policy.unmask import REGIONS, entries
from colorrl.types import SketchBatch

OFFSET = 0.35  # how far a code's colour moves at most, of the range of 2
WHITE = 1.0  # paper, in [-1, 1]


class RegionTokens(ModelMixin, ConfigMixin):
    """Categorical colours of regions, conditioned on line art, palette and the colours known.

    Args:
        size: side of the square image in pixels, a multiple of 4 * patch.
        patch: side of a cell in pixels.
        width: channels of tokens.
        n_blocks: convolutional blocks on each of the two coarser grids.
        n_encoder_layers: attention layers before any decision, computed once a sketch.
        n_decoder_layers: attention layers of each decision.
        n_codes: colours of the codebook.
        temperature: of every decision, below 1 sharper; part of the policy, so that what is
            sampled, scored and evaluated is one distribution.
    """

    space: StateSpace = REGIONS

    @register_to_config
    def __init__(
        self,
        size: int = 128,
        patch: int = 4,
        width: int = 96,
        n_blocks: int = 2,
        n_encoder_layers: int = 3,
        n_decoder_layers: int = 3,
        n_heads: int = 4,
        n_codes: int = 64,
        temperature: float = 1.0,
    ) -> None:
        super().__init__()
        self.trunk = LineTrunk(patch, width, n_blocks)
        self.region_in = nn.Linear(sum(self.trunk.channels) + GEOMETRY + SHARES, width)
        self.entry_in = nn.Linear(3 + SHARES, width)
        self.paper = nn.Parameter(torch.randn(width) * 0.02)
        self.code_kind = nn.Parameter(torch.randn(width) * 0.02)  # added to codebook entries
        self.codebook = nn.Parameter(_spread_colors(n_codes))
        self.offset = zeroed(nn.Linear(width, 3))
        self.pairs = nn.Sequential(nn.Linear(PAIRS, 32), nn.GELU(), nn.Linear(32, n_heads))
        self.encoder = nn.ModuleList(PairBlock(width, n_heads) for _ in range(n_encoder_layers))
        self.known_in = nn.Linear(5, width)  # colour, is paper, is given
        self.mask = nn.Parameter(torch.randn(width) * 0.02)
        self.decoder = nn.ModuleList(PairBlock(width, n_heads) for _ in range(n_decoder_layers))
        self.norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)

    def encode(self, sketch: SketchBatch) -> TokenEncoding:
        """Encode N sketches of ``size`` pixels. Raises ValueError on another size or no palette."""
        first, copy_of = distinct(sketch)
        encoding = self.condition(self.read_lines(first), *palette_of(first))
        return encoding if copy_of is None else encoding.select(copy_of)

    def read_lines(self, sketch: SketchBatch) -> LineEncoding:
        """What line art and hints say, whatever the palette. Raises ValueError on another size."""
        size = self.config.size
        if sketch.line.shape[-2:] != (size, size):
            shape = tuple(sketch.line.shape[-2:])
            raise ValueError(f"line art is {shape}, this generator draws {size} x {size} pixels")
        region_index, n_slots = sketch.regions.region_index, sketch.regions.n_slots
        member = cell_shares(region_index, n_slots, self.config.patch)  # (N, S, G, G)
        geometry = cell_geometry(member, sketch.regions.background)
        area = member.sum((2, 3))
        share = share_feature(region_share(area, sketch.regions.background))
        features = torch.cat([self.trunk(sketch.line, member), geometry, share], dim=2)
        pairs = self.pairs(pair_features(geometry, contact_lengths(region_index, n_slots)))
        return LineEncoding(
            region=self.region_in(features),
            pairs=pairs.permute(0, 3, 1, 2),
            exists=area > 0,
            given=given_colors(sketch),
            region_index=region_index,
        )

    def condition(self, lines: LineEncoding, palette: Tensor, share: Tensor) -> TokenEncoding:
        """Encode ``lines`` of N rows with a palette (N, K, 3) sRGB in [0, 1] and shares (N, K).

        A row without shares has no palette: its entries are the codebook.
        """
        without = ~(share > 0).any(1)  # (N,)
        color, share, possible = self._listed(palette * 2 - 1, share, without)
        entry = self.entry_in(torch.cat([color, share_feature(share)], dim=2))
        entry = entry + without[:, None, None] * self.code_kind
        paper = self.paper.expand(len(entry), 1, -1)
        white = color.new_full((len(color), 1, 3), WHITE)
        possible = torch.cat([torch.ones_like(possible[:, :1]), possible], dim=1)
        token = torch.cat([lines.region, paper.to(entry.dtype), entry], dim=1)
        bias = _bias(lines.pairs, torch.cat([lines.exists, possible], dim=1))
        for layer in self.encoder:
            token = layer(token, bias)
        moved = color + OFFSET * torch.tanh(self.offset(token[:, lines.region.shape[1] + 1 :]))
        color = torch.where(without[:, None, None], moved.clamp(-1, 1), color)
        color = torch.cat([white, color], dim=1)
        return TokenEncoding(
            token, bias, color, possible, lines.exists, lines.given, lines.region_index
        )

    def _listed(
        self, color: Tensor, share: Tensor, without: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Colours (N, K', 3), shares (N, K') and which entries exist (N, K') bool: the palette, or
        of rows ``without`` one the codebook. K' = K where all rows have a palette."""
        if not bool(without.any()):
            return color, share, share > 0
        n_codes = len(self.codebook)
        missing = max(0, n_codes - share.shape[1])
        color, share = F.pad(color, (0, 0, 0, missing)), F.pad(share, (0, missing))
        codes = F.pad(self.codebook, (0, 0, 0, share.shape[1] - n_codes))
        is_code = torch.arange(share.shape[1], device=share.device) < n_codes
        possible = torch.where(without[:, None], is_code, share > 0)
        return torch.where(without[:, None, None], codes, color), share, possible

    def predict(self, x: Tensor, t: Tensor, encoding: TokenEncoding) -> Tensor:
        """(N, S, E) log-probabilities of every region's entry in states ``x``. The state says how
        much is known; ``t`` is not read."""
        return self.log_shares(encoding, *entries(x)).float()

    def log_shares(self, encoding: TokenEncoding, entry: Tensor, known: Tensor) -> Tensor:
        """(N, S, E) log-probabilities of every region's entry, -inf for those that do not exist.

        ``entry`` (N, S) int64 of the regions that are ``known`` (N, S) bool; hints are known by
        themselves.
        """
        n_slots = encoding.exists.shape[1]
        color = encoding.color.gather(1, entry[..., None].expand(-1, -1, 3))
        hint = encoding.given[..., 3:]
        color = torch.where(hint > 0, encoding.given[..., :3], color)
        flags = torch.stack([((entry == 0) & (hint[..., 0] == 0)).float(), hint[..., 0]], dim=2)
        carried = self.known_in(torch.cat([color, flags], dim=2))
        is_known = (known | (hint[..., 0] > 0))[..., None]
        region = encoding.token[:, :n_slots] + torch.where(is_known, carried, self.mask)
        token = torch.cat([region, encoding.token[:, n_slots:]], dim=1)
        for layer in self.decoder:
            token = layer(token, encoding.bias)
        token = self.norm(token)
        # Contiguous: of a slice, a frozen Linear rounds otherwise than one that learns.
        query = self.query(token[:, :n_slots].contiguous())
        key = self.key(token[:, n_slots:].contiguous())
        logits = query @ key.transpose(1, 2) / (token.shape[-1] ** 0.5 * self.config.temperature)
        return logits.masked_fill(~encoding.possible[:, None], -torch.inf).log_softmax(2)


def _bias(pairs: Tensor, valid: Tensor) -> Tensor:
    """(N, heads, L, L) attention bias: ``pairs`` (N, heads, S, S) between regions, 0 to and from
    entries, -inf for tokens that are not ``valid`` (N, L)."""
    more = valid.shape[1] - pairs.shape[-1]
    bias = F.pad(pairs, (0, more, 0, more))
    return bias.masked_fill(~valid[:, None, None], -torch.inf)


def _spread_colors(n: int) -> Tensor:
    """(n, 3) in [-1, 1]: a Kronecker sequence, which fills the cube evenly whatever ``n`` is.

    Source: Roberts, "The unreasonable effectiveness of quasirandom sequences", 2018.
    """
    root = 1.2207440846057596  # of x^4 = x + 1
    step = torch.tensor([root**-1, root**-2, root**-3], dtype=torch.float64)
    return ((torch.arange(1, n + 1)[:, None] * step) % 1 * 2 - 1).float() * 0.95
