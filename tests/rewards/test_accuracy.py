import pytest
import torch

from colorrl.rewards.accuracy import Accuracy
from colorrl.rewards.reading import read


def _term(balance: float) -> Accuracy:
    return Accuracy(role="mean", weight=1.0, tau=10.0, balance=balance, tolerance=2.0)


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_value_equals_a_loop(drawings, reading, d00, balance):
    mark = _term(balance)(reading, drawings, 1.0)
    for n in range(len(drawings)):
        plain, by_color = 0.0, {}
        for r in drawings.regions.weight[n].nonzero().flatten().tolist():
            w = drawings.regions.weight[n, r].item()
            q = torch.tensor(-d00(reading.center[n, r], reading.truth[n, r]) / 10).exp().item()
            plain += w * q
            color = tuple(reading.truth[n, r].round().tolist())
            won, of = by_color.get(color, (0.0, 0.0))
            by_color[color] = (won + w * q, of + w)
        even = sum(won / of for won, of in by_color.values()) / len(by_color)
        expected = (1 - balance) * plain + balance * even
        assert mark.value[n].item() == pytest.approx(expected, abs=1e-3)
    torch.testing.assert_close(mark.sensitivity.sum(1), torch.ones(5))


def test_the_commonest_color_cannot_carry_a_balanced_score(drawings):
    # The flag is two thirds blue; blue everywhere inside gets one of three colours right.
    flag = drawings.select([3])
    blue = torch.where(flag.alpha > 0, flag.flats[:, :, 20:21, 20:21], flag.flats)
    reading = read(blue, flag)
    assert _term(0.0)(reading, flag, 1.0).value.item() > 0.5
    assert _term(1.0)(reading, flag, 1.0).value.item() == pytest.approx(1 / 3, abs=0.05)
