"""`replicatekit completion`: completion of commands, options, models and inputs in bash, zsh and fish."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from replicatekit.cli._frame.catalogue import VERBS, commands_of
from replicatekit.cli._frame.command import Command, Context, argument
from replicatekit.cli._frame.parser import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replicatekit._session.disk_cache import SchemaDisk
    from replicatekit.cli._frame.output import Output

__all__ = ["COMMANDS", "complete"]

_SCRIPTS = {
    "bash": """\
_replicatekit() {
    local IFS=$'\\n' line=${COMP_LINE:0:COMP_POINT} word
    COMPREPLY=($(replicatekit __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
    [[ ${COMPREPLY-} == *= ]] && compopt -o nospace
}
complete -o default -F _replicatekit replicatekit
""",
    "zsh": """\
#compdef replicatekit
_replicatekit() {
    local -a found inputs
    found=(${(f)"$(replicatekit __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    inputs=(${(M)found:#*=})
    found=(${found:#*=})
    (( $#inputs )) && compadd -S '' -- $inputs
    (( $#found )) && compadd -- $found
    (( $#inputs + $#found )) || _files
}
compdef _replicatekit replicatekit
""",
    "fish": """\
function __replicatekit_complete
    set -l words (commandline -opc) (commandline -ct)
    replicatekit __complete $words[2..-1] 2>/dev/null
end
complete -c replicatekit -a '(__replicatekit_complete)'
""",
}
_WITH_MODELS = ("run", "stream", "models", "trainings", "batch")


def completion(context: Context) -> None:
    """Print the script."""
    context.output.text(_SCRIPTS[context.options.shell])


def complete(words: list[str], output: Output) -> int:
    """Print the completions of the last word, one a line."""
    *before, last = words or [""]
    for each in _candidates(before, last):
        if each.startswith(last):
            output.line(each)
    return 0


def _candidates(before: list[str], last: str) -> Iterable[str]:
    if not before:
        return [*VERBS, "--version", "--help"]
    verb, *rest = before
    if verb not in VERBS:
        return []
    commands = commands_of(verb)
    command = commands[0] if len(commands) == 1 and commands[0].name == verb else None
    if command is None:
        if not rest:
            return [each.name for each in commands]
        name, *rest = rest
        command = next((each for each in commands if each.name == name), None)
    return [] if command is None else _arguments(verb, command, rest, last)


def _arguments(verb: str, command: Command, typed: list[str], last: str) -> Iterable[str]:
    if last.startswith("-"):
        options = [name for each in command.arguments for name in each.names if name.startswith("-")]
        return [*options, *(name for names, _ in GLOBAL for name in names)]
    words = [word for word in typed if not word.startswith("-")]
    positionals = [each for each in command.arguments if not each.names[0].startswith("-")]
    if verb in _WITH_MODELS:
        place = next((number for number, each in enumerate(positionals) if _is_model(each.settings)), None)
        if place is not None and len(words) == place:
            return _disk().models()
        if place is not None and len(words) > place and any(each.names[0] == "inputs" for each in positionals):
            return _inputs(words[place])
    if positionals and positionals[0].settings.get("choices"):
        choices: Iterable[str] = positionals[0].settings["choices"]
        return choices
    return []


def _is_model(settings: dict[str, str]) -> bool:
    return settings.get("metavar", "").startswith(("REF", "OWNER/NAME"))


def _disk() -> SchemaDisk:
    from replicatekit._session.disk_cache import SchemaDisk

    return SchemaDisk(os.environ.get("REPLICATE_BASE_URL") or "https://api.replicate.com/v1")


def _inputs(ref: str) -> list[str]:
    """The names of a model's inputs, from the schema that was cached when it was used."""
    from replicatekit._domain.input_schema import InputSchema

    model, _, version = ref.partition(":")
    disk = _disk()
    record = disk.model(model) or {}
    stored = disk.version(version or str(record.get("version"))) or {"openapi_schema": record.get("schema")}
    return [f"{name}=" for name in InputSchema(stored.get("openapi_schema")).by_name]


COMMANDS = (
    Command(
        "completion",
        "Print a completion script for a shell. Model names are completed from those used before.",
        completion,
        argument("shell", metavar="SHELL", choices=tuple(_SCRIPTS), help="bash, zsh or fish"),
        examples="""\
set it up:
  bash   echo 'eval "$(replicatekit completion bash)"' >> ~/.bashrc
  zsh    echo 'eval "$(replicatekit completion zsh)"' >> ~/.zshrc   (after compinit)
  fish   replicatekit completion fish > ~/.config/fish/completions/replicatekit.fish""",
    ),
)
