import pytest

from colorrl.spaced import spaced


@pytest.mark.parametrize(
    ("n", "found"), [(0, []), (1, "a"), (2, "ac"), (3, "abd"), (5, "abcde"), (9, "abcde")]
)
def test_a_few_stand_for_all(n, found):
    assert spaced("abcde", n) == [*found] and spaced("abcde", None) == [*"abcde"]
    assert spaced([], n) == []
