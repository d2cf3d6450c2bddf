"""The rooms of colorrl/ import each other in one direction, read from the imports themselves."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import colorrl

PACKAGE = Path(colorrl.__file__).parent
MOST_LEAVES = 10
MOST_LINES, MOST_OF_A_FUNCTION = 250, 40


def modules() -> dict[str, Path]:
    """Dotted name of every module of the package and its file."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(p for p in parts if p != "__init__")] = path
    return found


def room(module: str) -> str:
    """The folder or file directly in colorrl/ in which a module lies."""
    return module.split(".")[1] if "." in module else "colorrl"


def imported(path: Path, known: dict[str, Path]) -> set[str]:
    """Modules of the package that a file imports, also within functions and for types alone."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names if a.name in known}
        elif isinstance(node, ast.ImportFrom) and (node.module or "") in known:
            inner = [f"{node.module}.{a.name}" for a in node.names]
            names |= {n if n in known else str(node.module) for n in inner}
    return names


def arrows() -> dict[str, set[str]]:
    """For each room the other rooms that it imports. The package itself only re-exports."""
    known = modules()
    graph: dict[str, set[str]] = {}
    for module, path in known.items():
        others = {room(m) for m in imported(path, known)} - {room(module), "colorrl"}
        if room(module) not in ("colorrl", "__main__"):
            graph.setdefault(room(module), set()).update(others)
    return graph


def test_no_two_rooms_import_each_other_even_in_a_circle():
    """Seen to fail with `import colorrl.training.state` in colorrl/learn/loss.py."""
    graph = arrows()
    assert len(graph) > 20 and graph["training"] >= {"learn", "policy"}  # the reading sees imports
    TopologicalSorter(graph).prepare()  # raises CycleError naming the rooms


def defined(path: Path) -> set[str]:
    """Names that a module has at its top level."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(a.asname or a.name).split(".")[0] for a in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def test_experiments_import_what_is_there():
    """Also those that no CPU runs. Seen to fail with experiments/gpu/correct.py of 2026-11-30."""
    known = modules()
    for path in sorted((PACKAGE.parent / "experiments").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(
                "colorrl"
            ):
                continue
            assert node.module in known, f"{path}:{node.lineno}"
            there = defined(known[node.module])
            for name in node.names:
                here = name.name in there or f"{node.module}.{name.name}" in known
                assert here, f"{path}:{node.lineno} {name.name}"


def test_few_modules_stand_outside_the_rooms():
    leaves = {p.stem for p in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert len(leaves) <= MOST_LEAVES, sorted(leaves)


def test_files_and_functions_are_short():
    """At most 250 and 40 lines. Seen to fail with one function of 41."""
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= MOST_LINES, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= MOST_OF_A_FUNCTION, f"{path}:{node.name}"


def test_every_verb_has_one_entry_point():
    from colorrl.config.schema import VERBS

    entries = {p.stem for p in (PACKAGE / "scripts").glob("*.py")} - {"__init__"}
    assert entries == set(VERBS)
