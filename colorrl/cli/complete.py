"""Completion for shells: verbs, keys, groups and their options, by Hydra's own completion.

Hydra's script is for programs without verbs; here it is `eval "$(colorrl --completion bash)"`.
"""

from __future__ import annotations

from colorrl.config.compose import conf_dir
from colorrl.config.schema import VERBS

# COMP_WORDBREAKS without = and : lets a whole key=value be one word. The command that is asked is
# the one being typed, so a path to it completes as well.
BASH = """_colorrl() {
  local IFS=$'\\n'
  COMPREPLY=($("${COMP_WORDS[0]}" --complete "${COMP_LINE:0:COMP_POINT}" 2> /dev/null))
}
COMP_WORDBREAKS=${COMP_WORDBREAKS//[=:]/}
complete -o nospace -o default -F _colorrl colorrl
"""
SCRIPTS = {"bash": BASH, "zsh": f"autoload -U +X bashcompinit && bashcompinit\n{BASH}"}


def candidates(line: str) -> list[str]:
    """What may stand at the end of the command ``line`` of colorrl, its last word not yet whole."""
    _, *words = line.split(" ")
    verb, *rest = words or [""]
    if not rest:
        return [f"{name} " for name in [*VERBS, "launch"] if name.startswith(verb)]
    if verb not in VERBS:
        return []
    from hydra import initialize_config_dir  # late: --help need not spend the time
    from hydra._internal.core_plugins.bash_completion import BashCompletion
    from hydra.core.global_hydra import GlobalHydra

    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        loader = GlobalHydra.instance().config_loader()
        return BashCompletion(loader)._query(verb, " ".join(rest))
