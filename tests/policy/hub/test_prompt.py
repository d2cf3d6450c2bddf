"""A palette as words."""

from dataclasses import replace

import torch

from colorrl.color import parse_hex
from colorrl.policy.hub.prompt import color_names, prompts


def palette(*codes):
    return torch.tensor([parse_hex(code) for code in codes])


def test_names_are_the_nearest_of_the_list_largest_share_first():
    """Seen to fail with the order of the palette kept."""
    found = color_names(palette("#fe0101", "#fefefe", "#000081"), torch.tensor([0.2, 0.5, 0.3]))
    assert found == ["white", "navy", "red"]


def test_padding_and_second_entries_of_a_name_add_nothing():
    share = torch.tensor([0.5, 0.0, 0.5])
    assert color_names(palette("#ff0000", "#0000ff", "#fe0000"), share) == ["red"]


def test_the_place_of_the_palette_is_filled_or_left_out(drawings):
    """Seen to fail with the comma kept before nothing."""
    bare = replace(drawings, share=torch.zeros_like(drawings.share))
    assert prompts(bare, "flat colors, {colors}") == ["flat colors"] * len(drawings)
    written = prompts(drawings, "flat colors, {colors}")
    assert len(set(written)) > 1 and all(w.startswith("flat colors, ") for w in written)
