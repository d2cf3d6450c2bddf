from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from colorrl.config.schema.data import SplitConfig
from colorrl.data.preparation.split import deal, deal_names, split_of

CFG = SplitConfig(likeness=0.7, held_out=0.1, max_held_out=2, learned=[])


def signatures(n):
    """Pictures of norm 1, each unlike the others: noise."""
    noise = np.random.default_rng(0).normal(size=(n, 48, 48)).astype(np.float32)
    return noise / np.linalg.norm(noise, axis=(1, 2), keepdims=True)


def test_shares_over_many_clusters():
    splits = [split_of(f"{i:04X}", 0.1, seed=0) for i in range(5000)]
    # three standard deviations of a binomial with n = 5000, p = 0.1
    assert abs(splits.count("val") / 5000 - 0.1) < 0.013
    assert abs(splits.count("test") / 5000 - 0.1) < 0.013


def test_the_seed_decides():
    names = [f"{i:04X}" for i in range(100)]
    first, again, other = ([split_of(n, 0.3, seed) for n in names] for seed in (0, 0, 1))
    assert first == again != other


def test_near_twins_and_bases_share_a_split():
    marks = signatures(40)
    marks[1] = marks[0]
    bases = [str(i) for i in range(40)]
    bases[3] = bases[2]
    homes = deal([f"{i:02d}" for i in range(40)], bases, marks, CFG, seed=0)
    assert homes[0] == homes[1] and homes[2] == homes[3]
    assert len({c for c, _ in homes}) == 38
    assert {s for _, s in homes} == {"train", "val", "test"}


def test_large_clusters_go_to_train_but_copies_of_one_line_art_are_not_large():
    marks = signatures(9)
    marks[3:9] = marks[3]
    names, bases = list("abcdefghi"), list("xxxyyyyyy")
    splits = {seed: [s for _, s in deal(names, bases, marks, CFG, seed)] for seed in range(40)}
    assert all(found[:3] == ["train"] * 3 for found in splits.values())
    assert {found[3] for found in splits.values()} == {"train", "val", "test"}


def test_what_a_shipped_generator_has_learned_stays_in_train_with_its_twins():
    marks = signatures(200)
    marks[1] = marks[0]
    names = [f"{i:03d}" for i in range(200)]
    plain = deal(names, names, marks, CFG, seed=0)
    held_out = [i for i in range(2, 200) if plain[i][1] != "train"]
    learned = [names[held_out[0]], names[1]]
    dealt = deal(names, names, marks, replace(CFG, learned=learned), seed=0)
    assert [dealt[i][1] for i in (0, 1, held_out[0])] == ["train"] * 3
    rest = [i for i in range(2, 200) if i != held_out[0]]
    assert [dealt[i] for i in rest] == [plain[i] for i in rest]


def test_a_few_names_are_dealt_so_that_every_split_has_some():
    names = [f"film {i}" for i in range(9)]
    home = deal_names(names, 0.12, 0)
    assert sorted(home) == names and Counter(home.values()) == {"train": 7, "val": 1, "test": 1}
    assert deal_names(reversed(names), 0.12, 0) == home != deal_names(names, 0.12, 1)
    assert Counter(deal_names(names, 0.4, 0, ["val"]).values()) == {"train": 5, "val": 4}
    with pytest.raises(ValueError, match=r"a, b: 2 are too few .* train, val and test; 3 or more"):
        deal_names(["a", "b"], 0.12, 0)
