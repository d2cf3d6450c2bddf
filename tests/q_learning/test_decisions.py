"""The table of states against games that are played and painted."""

import torch

from colorrl.q_learning.decisions import END
from colorrl.q_learning.features import move_features, region_tokens
from colorrl.task.deck import totals
from colorrl.task.play import act, next_region, over, start
from tests.q_learning.games import game
from tests.task.rewards import reward


def test_walks_through_the_table_are_games():
    """40 random games. Seen to fail with successors of a drawing not moved behind those before."""
    table, draw = game(), torch.Generator().manual_seed(0)
    for n in range(40):
        m = n % 3
        state, play, paid = int(table.start[m]), start(table.deck, torch.tensor([m])), 0.0
        while state != END:
            assert torch.equal(table.entry[state], play.entry[0]) and table.drawing[state] == m
            action = torch.multinomial(table.possible[state].float(), 1, generator=draw)
            paid += float(table.reward[state, action])
            state = int(table.successor[state, action])
            play = act(table.deck, play, next_region(table.deck, play), action)
        assert over(table.deck, play)[0]
        assert (
            abs(paid - float(totals(table.deck, reward("free"), play.drawing, play.entry))) < 1e-6
        )


def test_q_star_is_pay_and_the_best_that_follows():
    """Bellman's equation over the whole table, exact: no sums."""
    table = game()
    value = table.q_star.masked_fill(~table.possible, -torch.inf).amax(1)
    follows = torch.where(table.successor == END, 0.0, value[table.successor.clamp(min=0)])
    expected = torch.where(table.possible, table.reward + follows, table.q_star)
    assert torch.equal(table.q_star, expected)


def test_padding_says_nothing():
    """A drawing's features do not depend on how far regions and entries are padded."""
    from colorrl.q_learning.decisions import enumerated
    from colorrl.task.deck import make_deck
    from colorrl.task.drawings import small_drawing

    alone = enumerated(make_deck([small_drawing(0, 32, 2, 2)]), reward("free"))
    table, n = game(), len(alone.depth)
    ours, theirs = move_features(alone), move_features(table)[:n]
    torch.testing.assert_close(theirs[:, :2], ours, atol=1e-6, rtol=0)
    assert not theirs[:, 2:].any()
    tokens = region_tokens(table)[:n]
    torch.testing.assert_close(tokens[:, :2, :2], region_tokens(alone), atol=1e-6, rtol=0)
    assert not tokens[:, :, 2:].any()
