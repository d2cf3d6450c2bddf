"""The share killed and the survivors: `python experiments/mutation/report.py STATE`"""

import difflib
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from mutants import Mutant
from scipy.stats import binomtest


def room(name: str) -> str:
    return name.split("/")[1]


def changed(mutant: Mutant, root: Path) -> str:
    """The line before and after."""
    old = (root / mutant.file).read_text(encoding="utf-8").splitlines()
    new = mutant.source(root).splitlines()
    lines = [x for x in difflib.ndiff(old, new) if x[:2] in ("- ", "+ ")]
    return " -> ".join(line[2:].strip() for line in lines)


def main(state: Path) -> None:
    text = (state / "results.jsonl").read_text(encoding="utf-8")
    rows = {row["name"]: row for row in map(json.loads, text.splitlines())}  # the last try counts
    kinds = {name: row["outcome"].split()[0] for name, row in rows.items()}
    for part in [*sorted({room(n) for n in kinds}), "all"]:
        seen = Counter(k for n, k in kinds.items() if part in ("all", room(n)))
        n, killed = sum(seen.values()) - seen["error"], seen["killed"]
        low, high = binomtest(killed, n).proportion_ci(method="wilson")
        print(
            f"| {part} | {n} | {killed} | {killed / n:.1%} [{low:.1%}, {high:.1%}] | {dict(seen)}"
        )
    for name, row in sorted(rows.items()):
        if kinds[name] != "killed":
            file, operator, occurrence = name.split(":")
            mutant = Mutant(file, operator, int(occurrence), row["line"], row["column"])
            print(f"{kinds[name]} {file}:{row['line']} {changed(mutant, Path.cwd())}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
