import torch

from colorrl.palette import match
from colorrl.palette.match import nearest


def test_nearest_goes_by_perceived_difference():
    palette = torch.tensor([[0.0, 0.0, 1.0], [0.6, 0.0, 0.9], [1.0, 1.0, 1.0]])
    colors = torch.tensor([[0.1, 0.1, 0.95], [0.9, 0.9, 0.9], [0.6, 0.0, 0.9]])
    assert nearest(colors, palette).tolist() == [0, 2, 1]


def test_many_colors_are_matched_in_pieces(monkeypatch):
    generator = torch.Generator().manual_seed(0)
    palette = torch.rand(50, 3, generator=generator)
    colors = torch.rand(33, 3, generator=generator)
    whole = nearest(colors, palette)
    monkeypatch.setattr(match, "N_PAIRS", 100)  # two colours at a time
    assert torch.equal(nearest(colors, palette), whole)
    assert len(nearest(torch.zeros(0, 3), palette)) == 0
