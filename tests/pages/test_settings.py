"""What makes two runs of `colorrl colorize` the same run."""

import pytest
import torch

from colorrl.errors import UserError
from colorrl.pages.settings import settings_of
from tests.tiny import composed

COMMON = ("input=a", "output=b", "samples=2")


def sha(*words):
    cfg = composed("colorize", *COMMON, *words)
    return settings_of(cfg, generator="tests", palette=None, sheet=None).sha()


def test_samples_chosen_by_another_total_are_other_pages():
    found = [sha(), sha("reward/combine=weighted_sum"), sha("reward/combine=gdpo")]
    assert len({*found}) == 3 and sha() == found[0]


def test_a_reward_model_counts_by_its_weights_not_its_address(monkeypatch):
    """Seen to fail with the repr of terms: each process found other settings and a conflict."""
    words = ("reward=learned", "reward.terms.learned.path=m")

    def hashed(weight):
        model = torch.nn.Linear(1, 1)
        torch.nn.init.constant_(model.weight, weight)
        torch.nn.init.zeros_(model.bias)
        monkeypatch.setattr("colorrl.preferences.reward_term.load_reward_model", lambda path: model)
        return sha(*words)

    assert hashed(1.0) == hashed(1.0) != hashed(2.0)


@pytest.mark.parametrize("word", ["reward=paired", "reward/combine=weighted_sum"])
def test_a_vote_is_the_same_whatever_would_rank_samples(word):
    assert sha("samples=1") == sha("samples=1", word)


def test_best_of_n_is_so_many_samples():
    """Seen to fail with search= left out of the settings."""
    assert sha("search=best_of_n") == sha()  # two, as COMMON says
    assert sha("search=best_of_n", "samples=1") == sha("samples=8") != sha("samples=1")


def test_an_oracle_is_refused_for_it_needs_the_truth():
    """Where samples vote nothing is ranked. Seen to fail with the check left out."""
    with pytest.raises(UserError, match=r"an oracle: .*accuracy.* take reward=reference_free"):
        sha("search=best_of_n", "reward=paired")
    assert sha("samples=1", "reward=paired")
