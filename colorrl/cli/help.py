"""What ``--help`` prints: read from conf/ as text, so that it is written once and is quick."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from colorrl.config.compose import conf_dir
from colorrl.config.schema import VERBS


def overview() -> str:
    """The verbs, each with the first line of its YAML file."""
    rows = [f"  {verb:<12} {_head(verb)[0]}" for verb in VERBS]
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
            "colorrl VERB ... --config-dir FOLDER   options of groups from a folder of your own",
            "colorrl VERB ... imports=[MODULE]      modules of your own, imported first",
            "colorrl launch --num_processes N VERB  several processes (accelerate)",
            'eval "$(colorrl --completion bash)"    completion in this shell (or zsh)',
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


def options(group: str, more: Sequence[Path] = ()) -> list[str]:
    """The choices of a config group by name, those in the folders ``more`` too.

    ``_base.yaml`` is what its options share.
    """
    folders = [conf_dir(), *more]
    return sorted({path.stem for f in folders for path in (f / group).glob("[!_]*.yaml")})


def groups(verb: str) -> dict[str, str]:
    """Config groups that ``verb`` chooses from, and the default; those inside a group after it."""
    found = {}
    for group, option in _chosen(f"{verb}.yaml").items():
        if options(group):
            found[group] = option
            nested = _chosen(f"{group}/{option}.yaml")
            found |= {f"{group}/{g}": o for g, o in nested.items() if options(f"{group}/{g}")}
    return found


def _chosen(file: str) -> dict[str, str]:
    """``group: option`` of a file's defaults list and of the files of its own group in it."""
    path = conf_dir() / file
    if not path.is_file():  # null: a group without a default
        return {}
    chosen: dict[str, str] = {}
    for line in _defaults(path.read_text(encoding="utf-8")):
        group, colon, option = (
            line.strip().removeprefix("- ").removeprefix("optional ").partition(":")
        )
        if colon:
            chosen[group.strip()] = option.strip()
        elif group != "_self_":
            chosen |= _chosen(str(path.with_stem(group).relative_to(conf_dir())))
    return chosen


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
