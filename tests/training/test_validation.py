"""What a run says of itself on held-out sketches."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch

from colorrl.evaluation.judge import compared
from colorrl.run import checkpoint
from colorrl.run.tracker import Trackers
from colorrl.training import validation
from colorrl.training.validation import judge_start, keep_checkpoints, report, validate


class Run:
    """Counts what is asked of it."""

    def __init__(self, step=3, before=None):
        self.step, self.before, self.start_images = step, before, torch.zeros(2, 3, 4, 4)
        self.best_gold, self.best_step, self.is_main = -1.0, -1, True
        self.reference = self.policy = self.grid = None
        self.sampler = SimpleNamespace(rho=0.0, guidance=1.0)
        self.weights = SimpleNamespace(averaged=nullcontext)
        self.written = []

    def write_generator(self, folder):
        self.written.append(folder.name)


class Judge:
    batches = (None,)

    def __init__(self, gold, reward=0.5):
        self.gold, self.reward, self.asked = gold, reward, 0

    def color(self, policy, grid, rho, seed):
        self.asked += 1
        return torch.ones(2, 3, 4, 4)

    def measure(self, images):
        spread = torch.tensor([-0.01, 0.01])
        return {"gold/pixel_share": self.gold + spread, "eval/reward": self.reward + spread}


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr(validation, "before_after", lambda *rest: (None, []))


def test_the_best_by_gold_is_kept_the_first_of_equals(tmp_path):
    run = Run(before=Judge(0.3).measure(None))
    for step, gold in enumerate((0.3, 0.5, 0.4, 0.5), 1):
        run.step = step
        validate(run, Judge(gold), Trackers(), tmp_path)
    assert run.best_step == 2 and run.best_gold == pytest.approx(0.5)
    assert run.written == ["best", "best"]


def test_the_panel_is_of_the_first_batch(tmp_path, monkeypatch):
    """Whose start was kept. Seen to fail with the last one."""
    seen, judge = [], Judge(0.5)
    judge.batches = ("first", "last")
    monkeypatch.setattr(
        validation, "before_after", lambda batch, *rest: seen.append(batch) or (None, [])
    )
    validate(Run(before=judge.measure(None)), judge, Trackers(), tmp_path)
    assert seen == ["first"]


class Alerts:
    """A tracker that keeps what it is alerted to."""

    def __init__(self):
        self.said = []

    def alert(self, title, text):
        self.said.append((title, text))

    def images(self, step, name, grid, rows=None):
        pass


def test_a_rising_reward_with_falling_gold_is_told_loudly(tmp_path, capsys):
    """On the console, as a metric for metrics.csv and W&B, and to the trackers, which alert.

    Seen to fail without the alert.
    """
    before, heard = Judge(0.5, 0.2).measure(None), Alerts()
    metrics = validate(Run(before=before), Judge(0.4, 0.3), Trackers([heard]), tmp_path)
    said = capsys.readouterr().out
    assert "WARNING reward hacking? step 3" in said and "0.5000 -> 0.4000" in said
    assert metrics["alarm/hacking"] == 1
    assert [title for title, _ in heard.said] == ["reward hacking?"]
    assert "gold/pixel_share" in heard.said[0][1]
    metrics = validate(Run(before=before), Judge(0.6, 0.3), Trackers([heard]), tmp_path)
    assert "WARNING" not in capsys.readouterr().out
    assert metrics["alarm/hacking"] == 0 and len(heard.said) == 1


class Tracker:
    def __init__(self):
        self.kept = []

    def artifact(self, path, type):
        self.kept.append((type, path.name))


def test_latest_and_best_checkpoint_are_artifacts(tmp_path):
    tracker = Tracker()
    keep_checkpoints(Trackers([tracker]), tmp_path)
    assert tracker.kept == []
    for step in (1, 2):
        saved = checkpoint.save(tmp_path, step, {"policy": torch.zeros(1)})
        checkpoint.mark_best(tmp_path, tmp_path / "step-00000001", 0.5)
    keep_checkpoints(Trackers([tracker]), tmp_path)
    assert tracker.kept == [("checkpoint", saved.name), ("best-checkpoint", "step-00000001")]
    tracker.kept.clear()
    checkpoint.mark_best(tmp_path, saved, 0.6)  # one and the same: once
    keep_checkpoints(Trackers([tracker]), tmp_path)
    assert tracker.kept == [("checkpoint", saved.name)]


def test_the_start_is_judged_once():
    run, judge = Run(before={}), Judge(0.5)
    judge_start(run, judge)
    first = run.before
    judge_start(run, judge)
    assert first and run.before is first and judge.asked == 1


def test_figures_before_after_and_gained():
    found = compared(Judge(0.5, 0.2).measure(None), Judge(0.4, 0.3).measure(None))
    assert found["eval/reward_before"] == pytest.approx(0.2)
    assert found["eval/reward_after"] == pytest.approx(0.3)
    assert found["eval/reward_gain"] == pytest.approx(0.1)
    assert found["eval/reward_gain_ci95"] == pytest.approx([0.1, 0.1])
    assert found["hacking"] == ["gold/pixel_share"]


class Ends:
    """A tracker that keeps what a run ends with."""

    def __init__(self):
        self.kept, self.ended, self.panels = [], [], []

    def artifact(self, path, type):
        self.kept.append((type, path.name))

    def images(self, step, name, grid, rows=None):
        self.panels.append(step)

    def finish(self, summary):
        self.ended.append(summary)


@pytest.fixture
def ending(monkeypatch):
    """Writes of a run's end, in place of files."""
    written = []
    monkeypatch.setattr(validation, "write_result", lambda p, v, *a, **k: written.append((p, v)))
    monkeypatch.setattr(validation, "write_card", lambda folder: None)
    return written


@pytest.mark.parametrize(("judged_at", "asked"), [(None, 1), (2, 1), (3, 0)])
def test_a_run_ends_with_the_figures_of_its_last_step(tmp_path, ending, judged_at, asked):
    """Judged once more where they are of another step, as in a finished run that is resumed.

    Seen to fail with `and` for `or`, with steps above the run's alone, with the gain of the start
    for that of the end, and for a process that is not the first.
    """
    run, judge, tracker = Run(before=Judge(0.3, 0.2).measure(None)), Judge(0.5, 0.4), Ends()
    run.cfg, run.device, run.images, run.judgement = None, "cpu", 64, None
    if judged_at is not None:
        run.judgement = judged_at, Judge(0.9, 0.9).measure(None), {"alarm/hacking": 7.0}
    report(run, judge, Trackers([tracker]), tmp_path)
    (path, values), (ended,) = ending[0], tracker.ended
    reward = 0.4 if asked else 0.9
    assert judge.asked == asked and tracker.panels == [3] * asked
    assert path == tmp_path / "result.json" and (values["step"], values["images"]) == (3, 64)
    assert values["eval/reward_after"] == pytest.approx(reward)
    assert ended["eval/reward_gain"] == pytest.approx(reward - 0.2)
    assert ended["eval/reward"] == pytest.approx(reward)
    assert ended["alarm/hacking"] == (0 if asked else 7)
    assert run.written == ["generator"] and tracker.kept == [("model", "generator")]


def test_one_process_alone_reports(tmp_path, ending):
    """Seen to fail without the question."""
    run, judge = Run(), Judge(0.5)
    run.is_main = False
    report(run, judge, Trackers(), tmp_path)
    assert not ending and not run.written and judge.asked == 0
