"""The verb, from a prepared set and a generator to its reports."""

import json

from colorrl.scripts.plan import main
from tests.tiny import composed


def test_every_search_has_its_rivals(run_inputs, tmp_path):
    """Best of n at each search's network and reward calls; figures of every one, over two seeds."""
    words = ["n_seeds=2", "samples=4", "particles=2", "beam.scored=5", "batch=2", "limit=3",
             "split=train"]  # fmt: skip
    place = [f"data.root='{run_inputs}'", "data.name='작은 세트'", f"output='{tmp_path}'"]
    main(composed("plan", *place, f"policy.path='{run_inputs / 'gen'}'", *words))
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    costs = result["costs"]
    assert costs["svdd"] == {"network_calls": 6, "reward_calls": 4}
    assert costs["beam"]["network_calls"] == 3 and costs["beam"]["reward_calls"] <= 5
    for name in ("svdd", "fk_steering", "beam"):
        at = result["gains"][name]
        assert (
            costs[at["at equal reward calls"]["rival"]]["reward_calls"]
            >= costs[name]["reward_calls"]
        )
        assert len(at["at equal network calls"]["eval/reward"]) == 3
    assert len(result["rank_correlation"]["as predicted"]) == 3
    drawings = [n for _, n, _ in result["beam_rounds"]]
    assert sum(drawings) == result["sketches"]
    for name in ("sketches.csv", "table.md", "figure.png"):
        assert (tmp_path / name).is_file()
