"""What values are moved towards, by hand."""

import torch

from colorrl.q_learning.targets import ahead, bootstrapped


def test_bootstrapped_by_hand():
    """Seen to fail with double's value taken from the learner and with impossible moves allowed."""
    paid, ended = torch.tensor([0.0, 0.5, 0.7]), torch.tensor([False, False, True])
    possible = torch.tensor([[True, True, False]] * 3)
    select = torch.tensor([[0.1, 0.4, 9.0], [0.3, 0.2, 9.0], [1.0, 1.0, 1.0]])
    value = torch.tensor([[0.6, 0.2, 9.0], [0.8, 0.9, 9.0], [1.0, 1.0, 1.0]])
    double = bootstrapped(paid, ended, select, value, possible)
    torch.testing.assert_close(double, torch.tensor([0.2, 1.3, 0.7]))
    single = bootstrapped(paid, ended, value, value, possible)
    torch.testing.assert_close(single, torch.tensor([0.6, 1.4, 0.7]))


def test_ahead_by_hand():
    """Games of 3 and 1 moves. Seen to fail with ``<=`` in place of ``<`` at the end of a game."""
    states, length = torch.tensor([[4, 5, 6], [7, 0, 0]]), torch.tensor([3, 1])
    total = torch.tensor([0.25, 0.5])
    state, paid = ahead(states, length, total, 1)
    assert state[0].tolist() == [5, 6, -1] and paid[0].tolist() == [0.0, 0.0, 0.25]
    assert state[1, 0] == -1 and paid[1, 0] == 0.5
    state, paid = ahead(states, length, total, 3)
    assert (state[0] == -1).all() and (paid[0] == 0.25).all()
