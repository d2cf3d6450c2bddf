"""Fitting a reward model finds a preference that pictures show, and says when there is none."""

from dataclasses import replace

import pytest
import torch

from colorrl.data.batch import collate
from colorrl.preferences.fit import PARTS, all_scores, figures, fit, margins, part_of, read
from colorrl.preferences.network import RewardModel, init_from
from colorrl.preferences.pictures import Pictures
from colorrl.preferences.ranking_loss import bradley_terry, plackett_luce
from tests.tiny import composed, network

CFG = composed(
    "reward_model", "input=[a]", "start=a", "epochs=20", "questions=8", "lr=1e-2", "device=cpu"
)


def small() -> RewardModel:
    torch.manual_seed(1)
    return init_from(network("region"), hidden=8)


@pytest.fixture(scope="module")
def questions(small_drawings):
    """(n, seed, ordered) -> readings of three colourings each of drawings in turn: the one with
    most regions in palette colours first, or in any order."""

    def of(n: int, seed: int, ordered: bool = True) -> list[torch.Tensor]:
        draw = torch.Generator().manual_seed(seed)
        made = []
        for i in range(n):
            sketch = small_drawings.select([i % 4])
            off = torch.tensor([0.05, 0.25, 0.5])
            if not ordered:
                off = off[torch.randperm(3, generator=draw)]
            noise = torch.rand(3, 3, 1, 1, generator=draw) * 2 - 1
            picture = (sketch.flats + off[:, None, None, None] * noise).clamp(0, 1)
            made.append((sketch, picture))
        model = small()
        with torch.no_grad():
            return [model.read(picture, sketch) for sketch, picture in made]

    return of


@pytest.mark.parametrize("loss", [bradley_terry, plackett_luce])
def test_it_learns_what_is_preferred_and_foresees_it(loss, questions):
    fitted = fit(small(), questions(48, 1), questions(16, 2), loss, CFG)
    found = figures(fitted.model, questions(32, 3), "test")
    assert found["test/accuracy"] > 0.85 and found["test/pairs"] == 96
    assert found["test/log_loss"] < 0.45
    assert fitted.epoch > 0 and len(fitted.losses) == 20
    # 0 is the average sample
    assert torch.cat(all_scores(fitted.model, questions(48, 1))).mean().abs() < 1e-4


def test_where_there_is_nothing_to_learn_it_says_so(questions):
    """Orders by chance: the kept epoch foresees no better than a coin, and knows it.

    Seen to fail with the last epoch kept, whose log loss rises above 1.
    """
    fitted = fit(small(), questions(24, 1, False), questions(24, 2, False), bradley_terry, CFG)
    found = figures(fitted.model, questions(48, 3, False), "test")
    assert 0.3 < found["test/accuracy"] < 0.7 and found["test/log_loss"] < 0.75


def test_a_fit_is_a_function_of_its_seed(questions):
    cfg = replace(CFG, epochs=2)
    once, again, other = (
        fit(small(), questions(16, 1), questions(8, 2), bradley_terry, c)
        for c in (cfg, cfg, replace(cfg, seed=1))
    )
    assert torch.equal(*(margins(f.model, questions(8, 3)) for f in (once, again)))
    assert not torch.equal(*(margins(f.model, questions(8, 3)) for f in (once, other)))


def test_questions_are_read_as_they_are_and_only_the_head_learns(sketches, questions):
    """Of sketches with other numbers of regions too; guards against padding that counts."""
    shown = [Pictures(s, torch.stack([s.flats, 1 - s.flats])) for s in sketches[:2]]
    torch.manual_seed(1)
    model = init_from(network("region", size=64), hidden=8)
    before = {k: v.clone() for k, v in model.generator.state_dict().items()}
    readings = read(model, shown, "train")
    assert [r.shape[:2] for r in readings] == [(2, s.regions.n_regions + 1) for s in sketches[:2]]
    fitted = fit(model, readings, readings, bradley_terry, replace(CFG, epochs=3)).model
    alone = torch.cat([all_scores(fitted, [r])[0] for r in readings])
    torch.testing.assert_close(torch.cat(all_scores(fitted, readings)), alone)
    direct = torch.cat([fitted(q.coloring, collate([q.sketch])) for q in shown])
    torch.testing.assert_close(alone, direct)
    assert all(torch.equal(v, before[k]) for k, v in fitted.generator.state_dict().items())


def test_all_rankings_of_a_sketch_are_in_one_part():
    """Whatever else there is: the part is a function of the sketch."""
    parts = [part_of(f"스케치 {i}", 0.1) for i in range(2000)]
    shares = [parts.count(part) / 2000 for part in PARTS]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.03)
    assert part_of("스케치 0", 0.1) == parts[0]
