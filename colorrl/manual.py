"""What ``--help`` prints: read from conf/ as text, so that it is written once and is quick."""

from __future__ import annotations

from colorrl.config import VERBS, conf_dir


def overview() -> str:
    """The verbs, each with the first line of its YAML file."""
    rows = [f"  {verb:<10} {_head(verb)[0]}" for verb in VERBS]
    return "\n".join(
        [
            "colorrl VERB [key=value ...]",
            "",
            "Flat colouring of line art by a generator that verifiable rewards improve.",
            "",
            "Verbs:",
            *rows,
            "",
            "colorrl VERB --help         keys, defaults and examples of a verb",
            "colorrl VERB ... --cfg job  print the composed configuration and stop",
            "colorrl VERB ... -m k=a,b   one run for each value of k",
            "colorrl --version",
        ]
    )


def page(verb: str) -> str:
    """The comment at the head of conf/VERB.yaml, its keys, and the options of its groups."""
    text = (conf_dir() / f"{verb}.yaml").read_text(encoding="utf-8")
    rows = [f"  {group}={_choices(group, chosen)}" for group, chosen in groups(verb).items()]
    listed = ["", "Groups (the default first):", *rows] if rows else []
    nested = ["", f"Keys of the groups, with values: colorrl {verb} --cfg job"] if rows else []
    keys = ["", "Keys:", _keys(text), *nested]
    return "\n".join([f"colorrl {verb} [key=value ...]", "", *_head(verb), *listed, *keys])


def options(group: str) -> list[str]:
    """The choices of a config group, by name. ``_base.yaml`` is what its options share."""
    return sorted(path.stem for path in (conf_dir() / group).glob("[!_]*.yaml"))


def groups(verb: str) -> dict[str, str]:
    """Config groups in the defaults list of conf/VERB.yaml that have options, and the default."""
    lines = _defaults((conf_dir() / f"{verb}.yaml").read_text(encoding="utf-8"))
    bare = (line.strip().removeprefix("- ").removeprefix("optional ") for line in lines)
    pairs = (line.partition(":") for line in bare)
    chosen = {group.strip(): option.strip() for group, _, option in pairs}
    return {group: option for group, option in chosen.items() if options(group)}


def _choices(group: str, chosen: str) -> str:
    """The default first."""
    return "|".join(sorted(options(group), key=lambda name: name != chosen))


def _head(verb: str) -> list[str]:
    lines = (conf_dir() / f"{verb}.yaml").read_text(encoding="utf-8").splitlines()
    head = []
    for line in lines:
        if not line.startswith("#"):
            break
        head.append(line.removeprefix("#").removeprefix(" "))
    return head or ["(undocumented)"]


def _body(text: str) -> list[str]:
    lines = text.splitlines()
    while lines and (lines[0].startswith("#") or not lines[0].strip()):
        lines.pop(0)
    return lines


def _defaults(text: str) -> list[str]:
    return [line for line in _body(text) if line.startswith("  - ")]


def _keys(text: str) -> str:
    body, inside = [], False
    for line in _body(text):
        inside = line.startswith("defaults:") or (inside and line.startswith("  -"))
        if not inside:
            body.append(f"  {line}" if line else "")
    return "\n".join(body).strip("\n")
