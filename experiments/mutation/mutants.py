"""A random sample of cosmic-ray's mutants, each a whole mutated file.

Left out, so that the share killed is not flattered: operators in annotations, and replacements of
another kind (arithmetic by bits, order by identity, minus by invert), which raise on any input.
"""

import ast
import random
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

KINDS = (
    {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"},
    {"BitOr", "BitAnd", "BitXor", "RShift", "LShift"},
    {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"},
    {"Is", "IsNot"},
)


@dataclass(frozen=True)
class Mutant:
    """One change of one file. Lines count from 1."""

    file: str
    operator: str
    occurrence: int
    line: int
    column: int

    @property
    def name(self) -> str:
        return f"{self.file}:{self.operator}:{self.occurrence}"

    def source(self, root: Path) -> str:
        """The file's text with the change."""
        text = (root / self.file).read_text(encoding="utf-8")
        changed = mutate_code(text, _made(self.operator), self.occurrence)
        if changed is None:
            raise ValueError(f"{self.name}: the file has no such occurrence")
        return str(changed)


def _made(operator: str) -> object:
    return get_operator(f"core/{operator}")()


def _operators() -> list[str]:
    names = [name.removeprefix("core/") for name in operator_names()]
    return [n for n in names if not get_operator(f"core/{n}").arguments() and _of_one_kind(n)]


def _of_one_kind(operator: str) -> bool:
    head, *ends = operator.split("_")
    if head == "NoOp":
        return False
    if head == "ReplaceUnaryOperator":
        return ends[0] == "Delete"
    return not head.startswith("Replace") or len(ends) < 2 or any(set(ends) <= k for k in KINDS)


def _annotations(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Start and end, as (line, column), of every annotation."""
    found = []
    for node in ast.walk(ast.parse(text)):
        for name in ("annotation", "returns"):
            inner = getattr(node, name, None)
            if isinstance(inner, ast.expr):
                begin = inner.lineno, inner.col_offset
                found.append((begin, (inner.end_lineno or 0, inner.end_col_offset or 0)))
    return found


def of_file(root: Path, file: str) -> list[Mutant]:
    """All mutants of a file."""
    text = (root / file).read_text(encoding="utf-8")
    nodes, skipped = list(ast_nodes(get_ast(text))), _annotations(text)
    found = []
    for name in _operators():
        operator = _made(name)
        starts = [s for node in nodes for s, _ in operator.mutation_positions(node)]  # type: ignore[attr-defined]
        for occurrence, start in enumerate(starts):
            if not any(begin <= start < end for begin, end in skipped):
                found.append(Mutant(file, name, occurrence, *start))
    return found


def sample(root: Path, files: list[str], size: int, seed: int) -> tuple[list[Mutant], int]:
    """``size`` of all mutants of ``files``, in random order, and the number of all."""
    everything = [m for file in sorted(files) for m in of_file(root, file)]
    return random.Random(seed).sample(everything, size), len(everything)
