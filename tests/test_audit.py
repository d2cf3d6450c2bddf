"""The audit passes a sound reward, catches a careless one, and writes what it found."""

import json
from dataclasses import replace

import pytest
import torch

from colorrl import audit
from colorrl.config import AuditConfig, DataConfig, UserError
from colorrl.rewards.accuracy import Accuracy
from colorrl.rewards.cheats import CHEATS
from colorrl.rewards.consistency import Consistency
from colorrl.rewards.coverage import Coverage
from colorrl.rewards.leakage import Leakage
from colorrl.rewards.palette import PaletteAdherence
from colorrl.rewards.total import TotalReward
from tests.tiny import GATED

CARELESS = {
    "consistency": Consistency("mean", 1.0, 1.0, 15.0, 3.0),
    "palette": PaletteAdherence("mean", 1.0, 1.0, 10.0),
    "leakage": Leakage("mean", 1.0, 2.0),
}
SOUND = {name: replace(term, role="gate") for name, term in CARELESS.items()} | {
    "coverage": Coverage("gate", 1.0, 3.0, 8.0),
    "accuracy": Accuracy("mean", 1.0, 10.0, 1.0, 2.0),
}


@pytest.fixture
def cfg(tmp_path) -> AuditConfig:
    data = DataConfig(name="그림", root=tmp_path, size=64, seed=0)
    where = {"output": tmp_path / "결과", "device": "cpu", "split": "val"}
    return AuditConfig(seed=0, size=64, limit=None, margin=0.2, data=data, reward={}, **where)


def _run(cfg, terms, sketches, monkeypatch) -> None:
    monkeypatch.setattr(audit, "load_sketches", lambda *_: sketches)
    monkeypatch.setattr(audit, "instantiate", lambda _: TotalReward(terms, GATED))
    audit.main(cfg)


def test_a_sound_reward_passes_and_is_reported(cfg, sketches, monkeypatch, capsys):
    _run(cfg, SOUND, sketches, monkeypatch)
    result = json.loads((cfg.output / "result.json").read_text(encoding="utf-8"))
    assert result["audit/truth/total"] == pytest.approx(1, abs=1e-3)
    margins = [result[f"audit/{name}/margin"] for name in CHEATS]
    assert result["audit/margin_min"] == pytest.approx(min(margins)) and min(margins) > 0.2
    assert {"command", "commit", "config_hash", "seed", "device"} <= result.keys()
    assert (cfg.output / "audit.png").stat().st_size > 10_000
    written = (cfg.output / "audit.md").read_text(encoding="utf-8")
    assert all(name in written for name in CHEATS) and written in capsys.readouterr().out


def test_the_plain_mean_of_region_terms_is_caught(cfg, sketches, monkeypatch):
    # What the page of a naive reward looks like: a white page scores what the truth scores.
    with pytest.raises(UserError, match="white_page"):
        _run(cfg, CARELESS, sketches, monkeypatch)
    result = json.loads((cfg.output / "result.json").read_text(encoding="utf-8"))
    assert result["audit/white_page/margin"] == pytest.approx(0, abs=1e-3)
    assert result["audit/white_page/below_truth"] == 0


def test_the_same_seed_gives_the_same_rows(sketches):
    cpu = torch.device("cpu")
    first, second = (audit.audit(TotalReward(SOUND, GATED), sketches, 3, cpu) for _ in range(2))
    assert all(torch.equal(a.total, b.total) for a, b in zip(first, second, strict=True))
    other = audit.audit(TotalReward(SOUND, GATED), sketches, 4, cpu)
    assert not torch.equal(first[-1].total, other[-1].total)


def test_a_margin_that_is_not_a_number_fails():
    row = audit.Row("white_page", {}, torch.ones(1), float("nan"), 0.0, torch.zeros(1, 3, 8, 8))
    assert audit.failures([row], 0.2) == ["white_page"]
