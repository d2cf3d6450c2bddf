"""Parts named by `_target_`: one that is not there is one sentence, with the near miss."""

import pytest

from colorrl.config.composed import composed
from colorrl.config.schema import VERBS
from colorrl.config.targets import check_targets, import_modules
from colorrl.errors import UserError

ACCURACY = "colorrl.rewards.accuracy.Accuracy"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("colorrl.rewards.accuracy.Acuracy", "has no 'Acuracy'; did you mean 'Accuracy'?"),
        ("colorrl.rewards.acuracy.Accuracy", "colorrl.rewards has no 'acuracy'; did you mean"),
        ("colorl.rewards.accuracy.Accuracy", "no module 'colorl'; did you mean 'colorrl'?"),
        ("tests.extensions.Brightnes", "has no 'Brightnes'; did you mean 'Brightness'?"),
        ("colorrl.track.csv.CsvTracker", "is called colorrl.run.csv.CsvTracker now"),
        ("nowhere_to_be_found.Part", "put its folder into PYTHONPATH"),
    ],
)
def test_a_wrong_target_names_key_and_near_miss(target, message):
    with pytest.raises(ValueError, match=r"^reward\.terms\.a\._target_: ") as fault:
        check_targets({"reward": {"terms": {"a": {"_target_": target}}}})
    assert message in str(fault.value) and "\n" not in str(fault.value)


def test_a_module_that_does_not_import_says_why(tmp_path, monkeypatch):
    (tmp_path / "broken_part.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=r"broken_part does not import: .*no_such_library"):
        check_targets({"_target_": "broken_part.Net"})


def test_an_argument_that_a_part_does_not_take():
    """Seen to fail with `_partial_` taken for an argument."""
    part = {"_target_": ACCURACY, "_partial_": True, "rol": "mean"}
    with pytest.raises(ValueError, match=r"a\[0\]: .*'rol'; did you mean 'role'\? .*~a\[0\]\.rol"):
        check_targets({"a": [part]})
    check_targets({"a": [{"_target_": ACCURACY, "_partial_": True, "role": "mean"}]})


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("tests.extensions", r"imports takes a list: write imports=\[tests\.extensions\]"),
        (["tests.extension"], r"imports: no module 'tests\.extension'"),
    ],
)
def test_imports_are_checked(names, message):
    with pytest.raises(UserError, match=message) as fault:
        import_modules(names)
    assert fault.value.exit_code == 2


def test_every_verb_takes_imports():
    """Seen to fail with a verb whose file lacks `shared`."""
    for verb in VERBS:
        assert composed(verb, ["imports=[tests.extensions]"]).imports == ["tests.extensions"]
