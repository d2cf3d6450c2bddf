"""Runs a sample of mutants: `python experiments/mutation/run.py STATE [name=value ...]`

Needs STATE/covered.json of covered.py. Tests are collected once; each mutant is a fork in which the
functions of one module get mutated code. What runs at import has a fork of its own that imports
everything again. Results are lines of STATE/results.jsonl; a second call goes on from there.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from mutants import Mutant, sample
from plugin import Chosen
from select_tests import Covered, at_import

ROOMS = ("learn", "policy", "rewards", "training")
HEAVY = ("torch", "torchvision", "scipy.ndimage", "skimage.color", "cv2", "hydra", "lpips",
         "diffusers", "transformers", "peft", "matplotlib.pyplot", "pydantic", "hypothesis",
         "cc3d", "accelerate", "safetensors.torch")  # fmt: skip
DEFAULTS = {"size": 500, "seed": 0, "budget": 8, "only": "colorrl"}
WARM = ("sketches", "drawings", "large_drawings", "small_drawings")  # none runs a mutated room


def codes(code: CodeType) -> list[CodeType]:
    inner = [c for const in code.co_consts if isinstance(const, CodeType) for c in codes(const)]
    return [code, *inner]


class Functions:
    """Every function of the mutated rooms that exists, by file."""

    def __init__(self, root: Path) -> None:
        self.by_file: dict[str, list[FunctionType]] = {}
        for function in gc.get_objects():
            if type(function) is FunctionType:
                file = function.__code__.co_filename
                if file.startswith(str(root / "colorrl")):
                    self.by_file.setdefault(file, []).append(function)

    def swap(self, file: Path, source: str) -> None:
        """Gives the functions of ``file`` the code of ``source``."""
        made = compile(source, str(file), "exec")
        new = {(c.co_qualname, c.co_firstlineno): c for c in codes(made)}
        for function in self.by_file[str(file)]:
            old = function.__code__
            key = old.co_qualname, old.co_firstlineno
            if key in new:  # not so for methods that a dataclass made
                function.__code__ = new[key]


def forked(work: Callable[[], int], seconds: float) -> int:
    """Exit code of ``work`` in a fork; the signal, negative, of one killed. Its CPU is limited."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.setsid()
            limit = int(seconds)
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
            null = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(null, stream)
            code = work()
        finally:
            os._exit(code)
    begin = time.monotonic()
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        if time.monotonic() - begin > 20 * seconds:  # waits without computing
            os.killpg(pid, signal.SIGKILL)
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # what its tests left behind
    return os.waitstatus_to_exitcode(status)


class Study:
    """The sample, what is known of it, and one try of one mutant."""

    def __init__(self, state: Path, options: dict[str, str]) -> None:
        self.root, self.state = Path.cwd(), state
        known = {**DEFAULTS, **options}
        self.covered = Covered(state / "covered.json", self.root, float(known["budget"]))
        files = [str(p) for r in ROOMS for p in Path("colorrl", r).rglob("*.py")]
        chosen, self.of = sample(self.root, files, int(known["size"]), int(known["seed"]))
        self.results = state / "results.jsonl"
        done = set()
        if self.results.exists():
            rows = self.results.read_text(encoding="utf-8").splitlines()
            done = {json.loads(row)["name"] for row in rows}
        only = tuple(str(known["only"]).split(","))
        self.open = [m for m in chosen if m.name not in done and m.file.startswith(only)]

    def imports(self, mutant: Mutant) -> bool:
        return at_import(self.root / mutant.file, mutant.line, mutant.column)

    def attempt(self, mutant: Mutant, work: Callable[[list[str], Path], int]) -> None:
        tests, failed = self.covered.tests(mutant), self.state / "failed"
        failed.unlink(missing_ok=True)
        begin, code = time.monotonic(), None
        if tests:
            planned = sum(self.covered.seconds[t] for t in tests)
            code = forked(lambda: work(tests, failed), 2 * planned + 15)
        by = failed.read_text(encoding="utf-8") if failed.exists() else ""
        row = {"name": mutant.name, "line": mutant.line, "column": mutant.column,
               "outcome": outcome(code, by), "code": code, "by": by, "tests": len(tests),
               "seconds": round(time.monotonic() - begin, 1)}  # fmt: skip
        with self.results.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(row) + "\n")


def outcome(code: int | None, by: str) -> str:
    """ "error" is a fault of this script, no verdict: no test ran, or something else ended it."""
    if code is None:
        return "uncovered"
    if code == 0:
        return "survived"
    if by or code in (1, 2, 3, 4):
        return "killed"
    return "killed (time)" if code in (-signal.SIGXCPU, -signal.SIGKILL) else "error"


def with_import(mutant: Mutant, root: Path, options: list[str]) -> Callable[[list[str], Path], int]:
    """Runs tests in a process that has imported nothing of colorrl yet."""

    def work(tests: list[str], failed: Path) -> int:
        loader, source = importlib.machinery.SourceFileLoader, mutant.source(root)
        usual = loader.get_code

        def get_code(self: object, name: str) -> CodeType:
            path = self.get_filename(name)  # type: ignore[attr-defined]
            if path == str(root / mutant.file):
                return compile(source, path, "exec")
            return usual(self, name)  # type: ignore[arg-type, return-value]

        loader.get_code = get_code  # type: ignore[assignment, method-assign]
        files = list(dict.fromkeys(t.split("::")[0] for t in tests))
        return int(pytest.main(["-x", *options, *files], plugins=[Chosen(tests, failed)]))

    return work


class Loop:
    """In place of pytest's loop over tests: one fork for each mutant."""

    def __init__(self, study: Study) -> None:
        self.study = study

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        self.warm(items)
        functions = Functions(self.study.root)
        gc.freeze()
        for mutant in self.study.open:
            if not self.study.imports(mutant):
                self.study.attempt(mutant, self.within(mutant, functions, items))
        return True

    def warm(self, items: dict[str, pytest.Item]) -> None:
        """Makes the session's drawings before any fork."""
        seconds, last = self.study.covered.seconds, list(items.values())[-1]
        known = [item for name, item in items.items() if name in seconds]
        for fixture in WARM:
            using = [i for i in known if fixture in getattr(i, "fixturenames", ())]
            for item in sorted(using, key=lambda i: seconds[i.nodeid])[:1]:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=last)

    def within(
        self, mutant: Mutant, functions: Functions, items: dict[str, pytest.Item]
    ) -> Callable[[list[str], Path], int]:
        def work(tests: list[str], failed: Path) -> int:
            functions.swap(self.study.root / mutant.file, mutant.source(self.study.root))
            chosen = [items[t] for t in tests]
            for item, after in zip(chosen, [*chosen[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                if item.session.testsfailed:
                    failed.write_text(item.nodeid, encoding="utf-8")
                    return 1
            return 0

        return work


def main(state: Path, options: dict[str, str]) -> int:
    study = Study(state, options)
    print(f"{len(study.open)} mutants to run of a sample from {study.of}", flush=True)
    for name in HEAVY:
        importlib.import_module(name)
    common = ["-q", "-s", "--tb=native", "-p", "no:cacheprovider", f"--basetemp={state / 'temp'}"]
    files = sorted({t.split("::")[0] for t in study.covered.seconds})
    pid = os.fork()  # so that this process imports nothing of colorrl
    if pid == 0:
        os._exit(int(pytest.main([*common, *files], plugins=[Loop(study)])))
    if os.waitpid(pid, 0)[1]:
        return 1
    for mutant in study.open:
        if study.imports(mutant):
            study.attempt(mutant, with_import(mutant, study.root, common))
    return 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    given = dict(argument.split("=", 1) for argument in sys.argv[2:])
    sys.exit(main(Path(sys.argv[1]).absolute(), given))
