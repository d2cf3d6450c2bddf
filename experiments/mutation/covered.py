"""Which tests run which lines: `python experiments/mutation/covered.py STATE TESTPATH...`

Runs the tests once under coverage, in one process, and writes STATE/covered.json: CPU seconds of
each test, and for each file of colorrl/ the tests that run each line. "" stands for an import.
"""

import json
import sys
from pathlib import Path

import coverage
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from plugin import Contexts

ROOMS = ("learn", "policy", "rewards", "training")


def main(state: Path, paths: list[str]) -> int:
    state.mkdir(parents=True, exist_ok=True)
    include = [f"colorrl/{room}/*" for room in ROOMS]
    measured = coverage.Coverage(data_file=None, include=include, config_file=False)
    measured.start()
    contexts = Contexts(measured)
    code = pytest.main(["-q", "-p", "no:cacheprovider", *paths], plugins=[contexts])
    measured.stop()
    data = measured.get_data()
    lines = {
        str(Path(file).relative_to(Path.cwd())): {
            str(line): sorted(set(tests)) for line, tests in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
    path = state / "covered.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    merge(known, contexts.seconds, lines)
    path.write_text(json.dumps(known), encoding="utf-8")
    return int(code)


def merge(known: dict, seconds: dict[str, float], lines: dict[str, dict[str, list[str]]]) -> None:
    """Adds the tests of one call to those of the calls before."""
    known.setdefault("seconds", {}).update(seconds)
    for file, by_line in lines.items():
        into = known.setdefault("lines", {}).setdefault(file, {})
        for line, tests in by_line.items():
            into[line] = sorted({*into.get(line, []), *tests})


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), sys.argv[2:]))
