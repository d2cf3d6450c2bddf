"""Which sketches a step sees."""

from collections import Counter
from types import SimpleNamespace

from colorrl.data.draw import by_drawing, draw_sketches


def named(*ids):
    return [SimpleNamespace(id=i) for i in ids]


def test_skin_tones_of_one_drawing_count_once():
    groups = by_drawing(named("B-1F3FF-200D-X", "A", "B-1F3FB-200D-X", "B-200D-X", "C-1F3FC"))
    assert [[s.id for s in g] for g in groups] == [
        ["A"],
        ["B-1F3FF-200D-X", "B-1F3FB-200D-X", "B-200D-X"],
        ["C-1F3FC"],
    ]


def test_a_step_sees_different_drawings_and_every_tone_in_turn():
    groups = by_drawing(named("A", "B", "C", *(f"D-1F3F{t}" for t in "BCDEF")))
    seen = Counter()
    for step in range(300):
        drawn = [s.id for s in draw_sketches(groups, 3, seed=0, step=step)]
        assert len({i[0] for i in drawn}) == 3
        seen.update(drawn)
    per_drawing = Counter()
    for name, n in seen.items():
        per_drawing[name[0]] += n
    # 300 steps x 3 of 4 drawings: 225 each, standard deviation 7.5
    assert all(abs(n - 225) < 38 for n in per_drawing.values())
    tones = [n for name, n in seen.items() if name.startswith("D")]
    assert len(tones) == 5 and min(tones) > 20


def test_more_than_there_are_come_around_again():
    groups = by_drawing(named("A", "B"))
    assert Counter(s.id for s in draw_sketches(groups, 6, 0, 0)) == {"A": 3, "B": 3}


def test_a_draw_is_a_function_of_seed_and_step():
    groups = by_drawing(named(*"ABCDEFGH"))
    ids = [[s.id for s in draw_sketches(groups, 4, seed, step)] for seed, step in
           ((0, 5), (0, 5), (0, 6), (1, 5))]  # fmt: skip
    assert ids[0] == ids[1] != ids[2] and ids[0] != ids[3]
