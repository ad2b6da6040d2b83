"""Finds and loads the parts of the stages by name, and says what to do when one is not there."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from typing import Any, cast

from voice_widget.engine.stages.calling import called
from voice_widget.engine.stages.contracts import FAILURES, Model, Progress
from voice_widget.errors import EngineError, MissingParts, SettingError, VoiceWidgetError, reason, shown
from voice_widget.realtime.settings.parts import KNOWN, Known, Part, Stage, check_name

_DOES = {
    "vad": "Speech detection",
    "stt": "Speech recognition",
    "tts": "The voice",
    "turn_detector": "The turn detector",
}


def available(known: Known) -> bool:
    """Whether what a part needs is installed; nothing is loaded for that."""
    return all(find_spec(module) for module in known.modules) and all(map(_installed, known.packages))


def wanted(known: Known) -> bool:
    """Whether a part is worth trying: it is `available`, or something of its extra's data is installed.

    Whoever has one of those packages has installed the extra, and is to be told that another is missing.
    """
    data = {
        package
        for names in KNOWN.values()
        for other in names.values()
        if other.extra == known.extra
        for package in other.packages
    }
    return available(known) or any(map(_installed, data))


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def find(stage: Stage, part: Part) -> Any:
    """What a part's name stands for: a class, a function or a model.

    A name of the package's own, of an entry point ``voice_widget.<stage>``, or ``module:Class``.

    Raises:
        MissingParts: It, or what it needs, is not installed; the message says what to run.
        EngineError: There is no part of that name, or it does not load.
    """
    module, _, attribute = _meant(stage, part)[0].partition(":")
    try:
        found: Any = import_module(module)
        for name in attribute.split("."):
            found = getattr(found, name)
    except FAILURES as error:  # a native library may fail in any way when it loads
        raise _missing(stage, part, error) from error
    return found


def _meant(stage: Stage, part: Part) -> tuple[str, str | None]:
    """The ``module:Class`` of a part, and what stands behind the colon of an entry point's name."""
    if known := KNOWN[stage].get(part.name):
        return known.target, None
    entries = {entry.name: entry.value for entry in entry_points(group=f"voice_widget.{stage}")}
    try:
        check_name(stage, part, lambda: entries, importable)
    except SettingError as error:
        raise EngineError(error.message, next_step=error.next_step) from None
    if part.name in entries:
        return entries[part.name], None
    name, _, value = part.name.partition(":")
    return (entries[name], value) if name in entries else (part.name, None)


def importable(module: str) -> bool:
    """Whether there is such a module, or the package that it is to be in; nothing is imported for that."""
    top = module.partition(".")[0]
    try:
        return top in sys.modules or find_spec(top) is not None
    except (ImportError, ValueError):  # no name at all
        return False


def load(stage: Stage, part: Part, progress: Progress, **more: Any) -> Model:
    """Load a part's model; ``more`` are options that the engine gives.

    Raises:
        MissingParts: See `find`.
        EngineError: It does not load.
    """
    found = find(stage, part)
    options = {**part.options, **more}
    value = _meant(stage, part)[1]
    try:
        if value is not None:
            options[_first_option(stage, part, found)] = value
        if not inspect.isclass(found) and hasattr(found, "session"):
            return cast(Model, found)
        if not inspect.isclass(found):
            return _Each(partial(called, stage, found, options))
        _check_options(stage, part, found, options)
        if _takes(found, "progress"):
            options["progress"] = progress
        if hasattr(found, "session"):
            return cast(Model, found(**options))
        return _Each(partial(found, **options))
    except FAILURES as error:
        raise _missing(stage, part, error) from error


def begin(stage: Stage, part: Part, model: Model) -> Any:
    """What a session uses of a model.

    Raises:
        EngineError: It fails.
    """
    try:
        return model.session()
    except FAILURES as error:
        raise _missing(stage, part, error) from error


class _Each:
    """A class of which each session has an instance of its own."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.session = make


def each(model: Model) -> bool:
    """Whether nothing is loaded until a session begins."""
    return isinstance(model, _Each)


def _check_options(stage: Stage, part: Part, found: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Refuse options in words, where Python would speak of arguments."""
    try:
        takes = inspect.signature(found)
    except (TypeError, ValueError):  # a class of C may not say
        return
    try:
        takes.bind(**options, **({"progress": None} if "progress" in takes.parameters else {}))
    except TypeError as error:
        names = [name for name in takes.parameters if name != "progress"]
        raise EngineError(
            f"{_DOES[stage]} ({part.label}): {reason(error)}.",
            next_step=f"Its options are {', '.join(names)}." if names else "It has no options.",
        ) from None


def _first_option(stage: Stage, part: Part, found: Any) -> str:
    """What a value behind the colon of an entry point's name is given as."""
    if inspect.isclass(found):
        for name, takes in inspect.signature(found).parameters.items():
            if name != "progress" and takes.kind in (takes.POSITIONAL_OR_KEYWORD, takes.KEYWORD_ONLY):
                return name
    name = part.name.partition(":")[0]
    raise EngineError(
        f"{_DOES[stage]} ({part.name}): it takes nothing behind a colon.", next_step=f"Write {name!r}."
    )


def _takes(found: Callable[..., Any], name: str) -> bool:
    try:
        return name in inspect.signature(found).parameters
    except (TypeError, ValueError):  # a class of C may not say
        return False


def _missing(stage: Stage, part: Part, error: BaseException) -> EngineError:
    if isinstance(error, EngineError):
        return error
    if isinstance(error, VoiceWidgetError):  # of an option, in the part's own words
        return EngineError(f"{_DOES[stage]} ({part.label}): {error.message}", next_step=error.next_step)
    known = KNOWN[stage].get(part.name)
    if isinstance(error, ImportError) and known is not None and known.extra:
        return MissingParts(
            f"{_DOES[stage]} is not installed ({error.name or error}).", next_step=f"Run: {known.install}"
        )
    next_step = "" if known is not None else "Look at its code, or name another part."
    module, colon, value = part.name.partition(":")
    if (meant := module.replace("_", "-")) != module and meant in KNOWN[stage]:  # the package, not a part
        next_step = f"Did you mean {meant + colon + value!r}?"
    return EngineError(
        f"{_DOES[stage]} ({part.name}) does not load: {shown(error, most=300)}.", next_step=next_step
    )
