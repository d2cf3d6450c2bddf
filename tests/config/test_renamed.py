"""Names of earlier versions: a saved configuration is read, a command line gets the new name."""

import pytest
from hydra.core.global_hydra import GlobalHydra

from colorrl.cli.compose_errors import explain
from colorrl.config.compose import check
from colorrl.config.renamed import renamed
from colorrl.errors import UserError
from tests.config.test_compose import composed

OLD = {
    "data": {"told": "nothing", "reader": {"_target_": "colorrl.data.anita.Anita"}},
    "resume": "anew",
    "learn": {"loss": {"told": 1}},
}
NEW = {
    "data": {
        "palette_condition": "none",
        "reader": {"_target_": "colorrl.data.sets.anita.Anita"},
    },
    "resume": "restart",
    "learn": {"loss": {"told": 1}},
}


def test_an_earlier_configuration_reads_as_today_s():
    """Seen to fail with keys renamed wherever their last part stands."""
    assert renamed(OLD) == NEW == renamed(NEW)


@pytest.mark.parametrize(
    ("verb", "word", "remedy"),
    [
        ("train", "data.told=colours", "data.palette_condition"),
        ("evaluate", "told=[shares]", "palette_conditions"),
        ("reward_model", "loss=plackett_luce", "ranking_loss"),
    ],
)
def test_an_old_key_is_answered_with_the_new_one(verb, word, remedy):
    """Seen to fail with near misses alone: nothing is near to `told`."""
    GlobalHydra.instance().clear()
    assert f"it is called '{remedy}' now" in explain(verb, [word], Exception())


@pytest.mark.parametrize(
    ("word", "remedy"),
    [
        ("resume=anew", "write resume=restart"),
        ("data.palette_condition=nothing", "write data.palette_condition=none"),
    ],
)
def test_an_old_value_is_answered_with_the_new_one(word, remedy):
    """Seen to fail without the table of values: `restart` is not near to `anew`."""
    with pytest.raises(UserError, match=remedy):
        check("train", composed("train", word))
