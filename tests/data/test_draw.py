"""Which sketches a step sees."""

from collections import Counter
from types import SimpleNamespace

from colorrl.data.draw import Pool, allotted, by_drawing, draw_from, draw_sketches
from colorrl.data.sets.openmoji import variant_of


def named(*ids):
    return [SimpleNamespace(id=i) for i in ids]


def grouped(*ids):
    """By what OpenMoji declares of these ids."""
    declared = {i: of for i in ids if (of := variant_of(i)) is not None}
    return by_drawing(named(*ids), declared)


def test_groups_are_what_a_set_declares():
    """Seen to fail with groups by OpenMoji's skin tones, whatever was declared."""
    groups = by_drawing(named("A-1F3FB", "A-1F3FC", "B", "C"), {"C": "B"})
    assert [[s.id for s in g] for g in groups] == [["A-1F3FB"], ["A-1F3FC"], ["B", "C"]]


def test_skin_tones_of_one_drawing_count_once():
    groups = grouped("B-1F3FF-200D-X", "A", "B-1F3FB-200D-X", "B-200D-X", "C-1F3FC")
    assert [[s.id for s in g] for g in groups] == [
        ["A"],
        ["B-1F3FF-200D-X", "B-1F3FB-200D-X", "B-200D-X"],
        ["C-1F3FC"],
    ]


def test_a_step_sees_different_drawings_and_every_tone_in_turn():
    groups = grouped("A", "B", "C", *(f"D-1F3F{t}" for t in "BCDEF"))
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
    groups = grouped("A", "B")
    assert Counter(s.id for s in draw_sketches(groups, 6, 0, 0)) == {"A": 3, "B": 3}


def test_a_draw_is_a_function_of_seed_and_step():
    groups = grouped(*"ABCDEFGH")
    ids = [[s.id for s in draw_sketches(groups, 4, seed, step)] for seed, step in
           ((0, 5), (0, 5), (0, 6), (1, 5))]  # fmt: skip
    assert ids[0] == ids[1] != ids[2] and ids[0] != ids[3]


WEIGHTS = {"a": 2.0, "b": 1.0, "c": 0.25}


def pools(**weights):
    """A pool of 5 drawings for each name."""
    return [
        Pool(grouped(*(f"{name}{i}" for i in range(5))), weight) for name, weight in weights.items()
    ]


def test_a_mixture_draws_each_set_by_its_weight():
    mixed = pools(**WEIGHTS)
    total = Counter()
    for step in range(400):
        drawn = draw_from(mixed, 10, seed=0, step=step)
        assert len(drawn) == 10
        counts = Counter(s.id[0] for s in drawn)
        # systematic sampling: never more than one from the share
        assert all(
            abs(counts[k] - 10 * w / 3.25) < 1 for k, w in zip("abc", (2, 1, 0.25), strict=True)
        )
        total.update(counts)
    # rounding alone is random: standard deviation at most 0.5 a step, 0.025 over 400
    for name, weight in WEIGHTS.items():
        assert abs(total[name] / 400 - 10 * weight / 3.25) < 0.1


def test_one_set_is_drawn_from_as_without_a_mixture():
    pool = pools(a=3.0)
    assert draw_from(pool, 4, 7, 9) == draw_sketches(pool[0].groups, 4, 7, 9)


def test_a_mixture_is_a_function_of_seed_and_step():
    mixed = pools(a=1.0, b=1.0)
    ids = [[s.id for s in draw_from(mixed, 6, seed, step)] for seed, step in
           ((0, 5), (0, 5), (0, 6), (1, 5))]  # fmt: skip
    assert ids[0] == ids[1] != ids[2] and ids[0] != ids[3]
    assert {i[1:] for i in ids[0] if i[0] == "a"} != {i[1:] for i in ids[0] if i[0] == "b"}


def test_what_is_allotted_adds_up():
    for n in (1, 2, 7, 48):
        for step in range(50):
            counts = allotted([0.3, 1e-6, 5.0, 1.0], n, 0, step)
            assert sum(counts) == n and min(counts) >= 0
