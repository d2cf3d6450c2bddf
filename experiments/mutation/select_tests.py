"""Which tests a mutant is tried against, from covered.json."""

import ast
import json
from pathlib import Path

from mutants import Mutant


class Covered:
    """Tests by line, and CPU seconds of each test.

    ``budget``: seconds of tests for one mutant. What needs more is tried with the fastest tests
    alone, so a survivor may still be caught by a slower one: the share killed is a lower bound.
    """

    def __init__(self, path: Path, root: Path, budget: float) -> None:
        read = json.loads(path.read_text(encoding="utf-8"))
        self.seconds: dict[str, float] = read["seconds"]
        self.lines: dict[str, dict[str, list[str]]] = read["lines"]
        self.root, self.budget = root, budget

    def tests(self, mutant: Mutant) -> list[str]:
        """The mirrored test file first, then by duration. Empty if no test runs the line."""
        own = _mirrored(mutant.file)
        found = sorted(
            self._running(mutant), key=lambda t: (not t.startswith(own), self.seconds[t], t)
        )
        total, kept = 0.0, []
        for test in found:
            total += self.seconds[test]
            if total <= self.budget or not kept:
                kept.append(test)
        return kept

    def _running(self, mutant: Mutant) -> set[str]:
        """Of the statement; of what encloses it where the statement runs at import alone."""
        lines = self.lines.get(mutant.file, {})
        for begin, end in enclosing(self.root / mutant.file, mutant.line):
            found = {t for n in range(begin, end + 1) for t in lines.get(str(n), [])}
            if found := found & self.seconds.keys():  # "" is an import
                return found
        return set()


def _mirrored(file: str) -> str:
    path = Path("tests", *Path(file).parts[1:])
    return str(path.parent / f"test_{path.stem}.py")


def enclosing(path: Path, line: int) -> list[tuple[int, int]]:
    """First and last line of the statement at ``line`` and of what encloses it, inmost first."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spans = {(1, 10**6)}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and _first(node) <= line <= (node.end_lineno or 0):
            spans.add((_first(node), node.end_lineno or 0))
            body = getattr(node, "body", None)
            if body and line < _first(body[0]):  # the head of a compound statement
                spans.add((_first(node), _first(body[0]) - 1))
    return sorted(spans, key=lambda span: span[1] - span[0])


def at_import(path: Path, line: int, column: int) -> bool:
    """Whether code at a place runs at import: anything outside the body of a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            begin = node.body[0].lineno, node.body[0].col_offset
            if begin <= (line, column) < (node.end_lineno or 0, node.end_col_offset or 0):
                return False
    return True


def _first(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])
