"""Rankings from a checkpoint, a reward model from them, RL on it, and round again."""

import json

import pytest

from colorrl.config.compose import run_dir
from colorrl.errors import UserError
from colorrl.policy.pipeline import save_generator
from colorrl.preferences.network import load_reward_model
from colorrl.preferences.rankings import read_rankings
from colorrl.scripts import prefer, reward_model, train
from tests.tiny import composed, network, train_config, train_overrides

FIT = ["epochs=2", "questions=4", "held_out=0.15", "hidden=8"]


def prefer_config(root, folder, *words):
    policy = f"policy.path='{root / 'gen'}'"
    own = [w for w in train_overrides(root, root)[:3]] + [policy]
    counts = ["questions=12", "candidates=3", "label=rule", "noise=0.02"]
    return composed("prefer", *own, f"output='{folder}'", *counts, *words)


def fit_config(root, folders, output, *words):
    listed = ",".join(f"'{f}'" for f in folders)
    places = [f"input=[{listed}]", f"output='{output}'", f"start='{root / 'gen'}'"]
    return composed("reward_model", "device=cpu", *places, *FIT, *words)


@pytest.fixture(scope="module")
def ranked(run_inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prefer") / "순위"
    prefer.main(prefer_config(run_inputs, folder))
    return folder


@pytest.fixture(scope="module")
def model(ranked, run_inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit") / "model"
    reward_model.main(fit_config(run_inputs, [ranked], folder))
    return folder


def test_a_rule_answers_every_question(ranked):
    questions = read_rankings(ranked)
    assert len(questions) == 12 and all(q.ranked and q.by == "rule, noise 0.02" for q in questions)
    assert len({q.order for q in questions}) > 1  # places tell nothing
    assert all(q.palette and sum(q.share) == pytest.approx(1, abs=1e-4) for q in questions)


def test_the_same_command_goes_on_and_asks_nothing_twice(ranked, run_inputs, monkeypatch):
    """Answers that are there stay; guards against all questions answered again."""
    before = (ranked / "rankings.jsonl").read_bytes()
    monkeypatch.setattr(prefer, "make", lambda cfg: pytest.fail("made again"))
    prefer.main(prefer_config(run_inputs, ranked))
    assert (ranked / "rankings.jsonl").read_bytes() == before


def test_a_folder_of_other_questions_is_not_touched(ranked, run_inputs):
    with pytest.raises(UserError, match=r"made with other settings of seed.*another output="):
        prefer.main(prefer_config(run_inputs, ranked, "seed=1"))
    with pytest.raises(UserError, match=r"made with other settings of noise"):
        prefer.main(prefer_config(run_inputs, ranked, "noise=0.5"))
    with pytest.raises(UserError, match=r"candidates=1"):
        prefer.main(prefer_config(run_inputs, ranked / "other", "candidates=1"))


def test_label_person_serves_the_page(ranked, run_inputs, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(prefer, "serve", lambda page, port, **_: asked.append((page.folder, port)))
    prefer.main(prefer_config(run_inputs, ranked, "label=person", "port=0"))
    assert asked == [(ranked, 0)] and "12 ranked, 0 passed over, 0 open" in capsys.readouterr().out


def test_a_reward_model_comes_with_its_figures(model):
    result = json.loads((model / "result.json").read_text(encoding="utf-8"))
    for part in ("train", "val", "test"):
        assert 0 <= result[f"{part}/accuracy"] <= 1 and 0 <= result[f"{part}/ece"] <= 0.5
        assert result[f"{part}/pairs"] == 3 * result[f"{part}/questions"]
    low, high = result["test/accuracy_ci95"]
    assert low <= result["test/accuracy"] <= high
    assert load_reward_model(model).config.size == 32
    assert {"reliability.csv", "epochs.csv"} <= {p.name for p in model.iterdir()}


def test_a_model_is_not_lost_to_another(model, ranked, run_inputs):
    before = (model / "result.json").read_bytes()
    with pytest.raises(UserError, match="overwrite=true"):
        reward_model.main(fit_config(run_inputs, [ranked], model))
    assert (model / "result.json").read_bytes() == before
    reward_model.main(fit_config(run_inputs, [ranked], model, "overwrite=true", "epochs=1"))
    assert len((model / "epochs.csv").read_text().splitlines()) == 2
    reward_model.main(fit_config(run_inputs, [ranked], model, "overwrite=true"))


def test_too_few_rankings_are_refused(ranked, run_inputs, tmp_path):
    with pytest.raises(UserError, match="of 12 ranked questions none falls to val"):
        reward_model.main(fit_config(run_inputs, [ranked], tmp_path / "m", "held_out=0.001"))
    with pytest.raises(UserError, match=r"held_out=0\.5"):
        reward_model.main(fit_config(run_inputs, [ranked], tmp_path / "m", "held_out=0.5"))


def test_the_start_is_a_generator_of_that_size(ranked, run_inputs, tmp_path):
    missing = fit_config(run_inputs, [ranked], tmp_path / "m", f"start='{tmp_path / 'gone'}'")
    with pytest.raises(UserError, match="no generator"):
        reward_model.main(missing)
    save_generator(tmp_path / "large", network("region", 64), n_steps=3, shift=3.0, rho=0.5)
    other = fit_config(run_inputs, [ranked], tmp_path / "m", f"start='{tmp_path / 'large'}'")
    with pytest.raises(UserError, match=r"draws 64 px, the rankings show 32 px.*are from"):
        reward_model.main(other)
    assert not (tmp_path / "m").exists()


def test_round_again(ranked, model, run_inputs, tmp_path):
    """Label, refit, train again: what a round leaves is what the next one begins with."""
    learned = [f"reward.terms.learned.path='{model}'", "reward=learned", "trainer.updates=1",
               "trainer.eval_sketches=1"]  # fmt: skip
    cfg = train_config(run_inputs, tmp_path, *learned)
    train.main(cfg)
    generator = run_dir(cfg) / "generator"
    again = tmp_path / "again"
    prefer.main(prefer_config(run_inputs, again, f"policy.path='{generator}'"))
    reward_model.main(fit_config(run_inputs, [ranked, again], tmp_path / "both"))
    result = json.loads((tmp_path / "both" / "result.json").read_text(encoding="utf-8"))
    assert sum(result[f"{part}/questions"] for part in ("train", "val", "test")) == 24
