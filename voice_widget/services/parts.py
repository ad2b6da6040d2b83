"""Speech parts as a user gives them: a name, a `Part`, a class or a function of theirs."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Iterable
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any

from voice_widget.errors import SettingError, nearest, shown
from voice_widget.realtime.settings.parts import KNOWN, Part, Stage, check_name

GivenPart = Part | str | Callable[..., Any]


def part_of(stage: Stage, given: GivenPart) -> Part:
    """The part that somebody gave.

    Raises:
        SettingError: There is none of that name, it does not take an option, or it cannot be imported in
            another process.

    Example:
        >>> part_of("stt", "vosk:/models/small")
        Part('vosk', model='/models/small')
    """
    part = given if isinstance(given, Part) else None
    if isinstance(given, str):
        part = Part.parse(given)
    elif isinstance(given, type | FunctionType):
        part = Part(_importable(given))
    if part is None:
        names = ", ".join(KNOWN[stage])
        raise SettingError(
            f"{stage}= is {shown(given)}, which is no part.",
            next_step=f"Choose one of {names}; or give a Part, a class or a function.",
        )
    if isinstance(name := part.options.get("api_key_env"), str):
        # The engine has no secret of ours in its environment but what it is given.
        if not (key := os.environ.get(name)):
            raise SettingError(f"The environment has no {name}.", next_step="Set it to the key.")
        options = {option: value for option, value in part.options.items() if option != "api_key_env"}
        part = Part(part.name, **{"api_key": key, **options})
    entries = entry_points(group=f"voice_widget.{stage}")
    check_name(stage, part, lambda: (entry.name for entry in entries), _importable_here)
    _check_options(stage, part)
    return part


def places(parts: Iterable[Part]) -> tuple[str, ...]:
    """Where the modules of parts of the user's own are found: in this folder, and where ours found them."""
    known = {name for names in KNOWN.values() for name in names}
    modules = [part.name.partition(":")[0] for part in parts if ":" in part.name and part.name not in known]
    found = [os.getcwd()] if modules else []
    for module in modules:
        top = module.partition(".")[0]
        file = getattr(sys.modules.get(top), "__file__", None) or getattr(_spec(top), "origin", None)
        if isinstance(file, str) and os.path.isabs(file):  # or it is built in
            path = Path(file).resolve()
            found.append(str(path.parents[1] if path.name == "__init__.py" else path.parent))
    return tuple(dict.fromkeys(found))


@cache
def options_of(target: str) -> tuple[str, ...]:
    """What a part of the package takes, from its source: to import it may load much."""
    module, _, name = target.partition(":")
    file = Path(__file__).parents[1].joinpath(*module.split(".")[1:]).with_suffix(".py")
    tree = ast.parse(file.read_text(encoding="utf-8"))
    (made,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    for method in made.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            takes = [argument.arg for argument in (*method.args.args[1:], *method.args.kwonlyargs)]
            return tuple(option for option in takes if option != "progress")
    return ()


def _check_options(stage: Stage, part: Part) -> None:
    known = KNOWN[stage].get(part.name)
    if known is None or not part.options:
        return  # what others take, only their own code says
    options = options_of(known.target) if known.target else ()
    all_of_them = f"Its options are {', '.join(options)}." if options else "It has no options."
    for option in part.options:
        if option not in options:
            raise SettingError(
                f"The {stage} {part.name!r} has no option {shown(option)}.",
                next_step=f"{nearest(option, options)} {all_of_them}".strip(),
            )


def _importable_here(module: str) -> bool:
    """Whether the engine will find such a module, or the package that it is to be in."""
    top = module.partition(".")[0]
    return top in sys.modules or _spec(top) is not None


def _spec(module: str) -> ModuleSpec | None:
    """Where a module is, also in this folder; it is not imported for that."""
    try:
        return find_spec(module) or PathFinder.find_spec(module, [os.getcwd()])
    except (ImportError, ValueError):  # no name at all
        return None


def _name_for(given: type | FunctionType) -> str:
    """What it is to be called in a file; a lambda has no name."""
    return given.__name__ if given.__name__.isidentifier() else "mine"


def _importable(given: type | FunctionType) -> str:
    module, name = str(given.__module__), str(given.__qualname__)
    if module == "__main__" or "<" in name:
        raise SettingError(
            f"The part {name!r} cannot be imported by the engine, which is another process.",
            next_step=f'Write it into a file, my_parts.py, and give "my_parts:{_name_for(given)}".',
        )
    return f"{module}:{name}"
