"""Every failure has a name, a sentence for people and one next step.

The tree, by meaning::

    VoiceWidgetError
    ├── UsageError            you asked for something that cannot be; raised at once
    │   ├── SettingError      an unknown or impossible setting (voice, speed, keyword argument ...)
    │   ├── StateError        the verb does not fit the state (no call, call already running ...)
    │   └── WaitError         waiting here could only deadlock
    ├── ServiceError          the other end, or the way to it
    │   ├── ServiceUnavailable  not reachable, or it ended
    │   ├── ServiceRefused      it answered and said no (401, 404, a refused offer ...)
    │   └── EngineError         the embedded engine failed to start or died
    │       └── MissingParts    a speech part that was asked for is not installed
    ├── ProtocolError         one message was wrong; it costs that message and nothing else
    ├── AgentError            the agent raised, hung or said nothing
    ├── PageError             the page could not take the microphone, play or connect
    └── RecordingError        what is recorded cannot be written, or not be read again as it was
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NotRequired, ParamSpec, TypedDict, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


def shown(value: object, most: int = 60) -> str:
    """A value as a message shows it, never long. Its text is the user's code, which may raise anything.

    Example:
        >>> shown("pigeon"), shown("x" * 100, most=5)
        ("'pigeon'", "'xxxx")
    """
    try:
        return str.__str__(repr(value))[:most]
    except BaseException:
        return f"a {type(value).__name__} that cannot be shown"


def reason(error: BaseException) -> str:
    """What an error says; its text, too, is the user's code.

    Example:
        >>> reason(ValueError("Not so."))
        'Not so.'
    """
    try:
        return str.__str__(str(error))
    except BaseException:
        return f"a {type(error).__name__} that does not say why"


def nearest(name: object, options: Iterable[str]) -> str:
    """A next step where a name means nothing: the one that was probably meant; empty if none is near.

    Example:
        >>> nearest("modle", ["model", "voice"]), nearest("speed", ["model", "voice"])
        ("Did you mean 'model'?", '')
    """
    import difflib

    # A word that shares only letters or an ending with another leads astray: better the whole list then.
    near = difflib.get_close_matches(name, options, n=1, cutoff=0.75) if isinstance(name, str) else []
    return f"Did you mean {near[0]!r}?" if near else ""


def told(what: str, error: BaseException) -> str:
    """That ``what`` went wrong, as people are told: an error of ours in its own words, another by its name.

    Example:
        >>> told("The voice failed", ServiceError("It refused.", next_step="Check the key."))
        'It refused. Check the key.'
        >>> told("The voice failed", OSError("no memory"))
        "The voice failed: OSError('no memory')."
    """
    return str(error) if isinstance(error, VoiceWidgetError) else f"{what}: {shown(error, most=300)}."


class ErrorInfo(TypedDict):
    """What crosses to the page and stands in the ``error`` trait."""

    code: str
    message: str
    next_step: str


class Notice(ErrorInfo):
    """What stands in the ``notice`` trait; ``progress`` of what goes on: 0 … 1, None if nobody knows."""

    progress: NotRequired[float | None]


class VoiceWidgetError(Exception):
    """Base of all errors of this package.

    Args:
        message: What happened and why, in a sentence.
        code: A stable name, for instance ``"microphone_denied"``. Defaults to the class's own.
        next_step: The one thing to do now.

    Example:
        >>> ServiceUnavailable("The service does not answer.", next_step="Try again.").code
        'service_unavailable'
    """

    code = "voice_widget_error"

    def __init__(self, message: str, *, code: str | None = None, next_step: str = "") -> None:
        super().__init__(message if not next_step else f"{message} {next_step}")
        self.message = message
        self.next_step = next_step
        if code is not None:
            self.code = code

    def info(self) -> ErrorInfo:
        """The error as plain data, fit for the ``error`` trait."""
        return {"code": self.code, "message": self.message, "next_step": self.next_step}


class UsageError(VoiceWidgetError, ValueError):
    """You asked for something that cannot be."""

    code = "usage_error"


class SettingError(UsageError):
    """An unknown or impossible setting."""

    code = "setting_error"


class StateError(UsageError):
    """The verb does not fit the state the widget is in."""

    code = "state_error"


class WaitError(UsageError):
    """Waiting here could only deadlock."""

    code = "wait_error"


class ServiceError(VoiceWidgetError):
    """The other end, or the way to it.

    Attributes:
        status: The HTTP status that it answered with; None where no answer came, or another kind of answer.
        retry_after_s: Seconds that it asks to be left alone; None: it does not say.
    """

    code = "service_error"
    status: int | None = None
    retry_after_s: float | None = None


class ServiceUnavailable(ServiceError):
    """The service is not reachable, or it ended."""

    code = "service_unavailable"


class ServiceRefused(ServiceError):
    """The service answered and said no.

    Args:
        message: What it refused, in a sentence.
        code: A stable name.
        next_step: The one thing to do now.
        passing: It may say yes a moment later, to the very same.
    """

    code = "service_refused"

    def __init__(
        self, message: str, *, code: str | None = None, next_step: str = "", passing: bool = False
    ) -> None:
        super().__init__(message, code=code, next_step=next_step)
        self.passing = passing


class EngineError(ServiceError):
    """The embedded engine failed to start or died."""

    code = "engine_failed"


class MissingParts(EngineError):
    """A speech part that was asked for is not installed. The message says what to run."""

    code = "missing_parts"


class ProtocolError(VoiceWidgetError):
    """One message was wrong. It costs that message and nothing else.

    Args:
        message: What is wrong, in a sentence.
        code: The protocol's error code; defaults to ``"invalid_event"``.
        next_step: The one thing to do now.
        param: The field that is wrong, for instance ``"session.audio.output.voice"``.
    """

    code = "invalid_event"

    def __init__(
        self, message: str, *, code: str | None = None, next_step: str = "", param: str | None = None
    ) -> None:
        super().__init__(message, code=code, next_step=next_step)
        self.param = param


class AgentError(VoiceWidgetError):
    """The agent raised, hung or said nothing."""

    code = "agent_failed"


class PageError(VoiceWidgetError):
    """The page could not take the microphone, play or connect."""

    code = "page_error"


class RecordingError(VoiceWidgetError):
    """What is recorded cannot be written, or not be read again as it was. The message says what is left."""

    code = "recording_failed"


def refusing(step: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A method that refuses arguments which it does not have by a sentence, as it does wrong values.

    Args:
        step: How it is called.

    Example:
        >>> class Bell:
        ...     @refusing("Write bell.ring(times=2).")
        ...     def ring(self, *, times: int = 1) -> int:
        ...         return times
        >>> Bell().ring(time=2)
        Traceback (most recent call last):
        voice_widget.errors.SettingError: ring has no argument 'time'. Did you mean 'times'?
    """

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        return _bound(function, function.__name__, step)

    return wrap


def refusing_class(step: str) -> Callable[[C], C]:
    """A class that refuses arguments which it does not have; see `refusing`."""

    def wrap(made: C) -> C:
        setattr(made, "__init__", _bound(getattr(made, "__init__"), made.__name__, step))  # noqa: B009, B010
        return made

    return wrap


def _bound(function: Callable[P, R], name: str, step: str) -> Callable[P, R]:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*given: P.args, **named: P.kwargs) -> R:
        try:
            signature.bind(*given, **named)
        except TypeError as error:
            raise _misfit(signature, named, error, name, step) from None
        return function(*given, **named)

    return call


def _misfit(
    signature: inspect.Signature, named: Mapping[str, Any], error: TypeError, name: str, step: str
) -> SettingError:
    known = [each for each in signature.parameters if each != "self"]
    if (unknown := next((each for each in named if each not in known), None)) is not None:
        return SettingError(
            f"{name} has no argument {shown(unknown)}.",
            next_step=nearest(unknown, known) or _begun_alike(unknown, known),
        )
    return SettingError(f"{name} cannot be called so: {error}.", next_step=step)


def _begun_alike(name: str, known: list[str]) -> str:
    """Of what was shortened the beginning tells."""
    alike = [each for each in known if each.startswith(name[:3])]
    return f"Did you mean {alike[0]!r}?" if len(alike) == 1 else f"What it takes: {', '.join(known)}."
