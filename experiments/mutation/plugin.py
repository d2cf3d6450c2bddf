"""Plugins of pytest for mutation tests: which test runs which line, and a run of chosen tests."""

import time
from pathlib import Path
from typing import Any

import pytest


class Contexts:
    """Coverage with one context for each test; CPU seconds of each test in ``seconds``."""

    def __init__(self, coverage: Any) -> None:
        self.coverage = coverage
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self.coverage.switch_context(item.nodeid)
        begin = time.process_time()
        result = yield
        self.seconds[item.nodeid] = time.process_time() - begin
        self.coverage.switch_context("")
        return result


class Chosen:
    """Runs ``tests`` alone, in their order of files, and writes the first that fails to ``failed``.

    Names of parametrised tests cannot always be given on the command line, so files are collected
    and other tests left out.
    """

    def __init__(self, tests: list[str], failed: Path) -> None:
        self.tests, self.failed = set(tests), failed

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [i for i in items if i.nodeid in self.tests]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed.exists():
            self.failed.write_text(report.nodeid, encoding="utf-8")
