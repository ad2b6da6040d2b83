"""What may be asked of a session: what cannot work is refused with a sentence, before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from voice_widget.errors import ProtocolError, SettingError, nearest, reason, shown
from voice_widget.realtime.settings.settings import UNSET, Settings

if TYPE_CHECKING:
    from voice_widget.services import Service

NAMES = tuple(field.name for field in fields(Settings) if field.name != "model")
FORMATS = ("input_format", "output_format")
KEPT = (
    *("data", "agent", "service", "transport", "flow", "language", "prices"),
    *("record", "consent", "pseudonyms", "history"),
)
"""The arguments of `VoiceWidget` that it keeps for its life."""
_ELSEWHERE = frozenset([*NAMES, "model", "type", "audio"])


class More(TypedDict, total=False):
    """The settings that seldom change, by the names of `Settings`."""

    speed: float
    output_modalities: Sequence[Literal["audio", "text"]]
    transcription: Mapping[str, Any] | None
    noise_reduction: Mapping[str, Any] | None
    tool_choice: str | Mapping[str, Any]
    max_output_tokens: int | Literal["inf"]
    input_format: Mapping[str, Any]
    output_format: Mapping[str, Any]
    extra: Mapping[str, Any]


class Changes(More, total=False):
    """The settings that can be asked for while a widget lives, by the names of `Settings`."""

    instructions: str
    voice: str
    turn_detection: Mapping[str, Any] | None
    tools: Sequence[Mapping[str, Any] | Callable[..., Any]]


class Asked(Changes, total=False):
    """What `VoiceWidget.update` takes beside the settings."""

    muted: bool


def refuse_unknown(what: str, given: Iterable[Any], known: Iterable[str]) -> None:
    """Refuse names that mean nothing here, and offer the nearest one that does.

    Raises:
        SettingError: There is one.
    """
    options = sorted(set(known))
    for name in given:
        if not isinstance(name, str) or str.__str__(name) not in options:
            raise SettingError(
                f"{what} {shown(name)} is unknown.",
                next_step=nearest(name, options) or f"There are {', '.join(options)}.",
            )


def a(kind: type, what: str, value: Any, step: str) -> Any:
    """The value, if it is of that kind (or not given); else ``step`` says how to give it."""
    if value is None or isinstance(value, kind):
        return value
    raise SettingError(f"{what} is a {type(value).__name__}, not a {kind.__name__}.", next_step=step)


def checked_muted(muted: Any) -> bool:
    """Is the microphone to be muted?

    Raises:
        SettingError: It is neither.
    """
    asked = plain("muted", muted)
    if not isinstance(asked, bool):
        raise SettingError(f"`muted` is {asked!r:.60}, not True or False.", next_step="Write w.muted = True.")
    return asked


def checked_settings(
    settings: Mapping[str, Any], service: Service | None = None, transport: str = "webrtc"
) -> dict[str, Any]:
    """Settings of a session by the names of `Settings`, as plain values that are nobody else's.

    Args:
        settings: What is asked for.
        service: Who will be called, if that matters.
        transport: How the caller's audio travels.

    Raises:
        SettingError: One is unknown or impossible.

    Example:
        >>> checked_settings({"voice": "marin"})
        {'voice': 'marin'}
    """
    if "model" in settings:
        raise SettingError(
            "The model belongs to the service, and a call keeps the one that it began with.",
            code="model_locked",
            next_step="Make a new VoiceWidget(service=OpenAI(model=…)).",
        )
    for name in KEPT:
        if name in settings:
            raise SettingError(
                f"A widget keeps the `{name}` that it was made with.",
                next_step=f"Make a new VoiceWidget({name}=…).",
            )
    if "settings" in settings:
        raise SettingError(
            "`settings` is for a new widget; here each setting has its own name.",
            next_step="Write w.update(speed=1.2).",
        )
    if "budget" in settings:
        raise SettingError(
            "`budget` is the widget's, and no setting of its session.",
            next_step="Write w.budget = Budget(minutes=20).",
        )
    refuse_unknown("The setting", settings, NAMES)
    given = {name: plain(name, value) for name, value in settings.items() if value is not UNSET}
    for name, example in (("voice", "marin"), ("instructions", "You are brief.")):
        a(str, f"`{name}`", given.get(name), f"Write {name}={example!r}.")
    for name in FORMATS:
        if given.get(name) is not None and transport == "webrtc":
            raise SettingError(
                f"`{name}` has no effect by webrtc: the page and the service agree on the sound themselves.",
                code="format_locked",
                next_step='Leave it out, or use transport="comm" or "memory".',
            )
    if "extra" in given:
        _check_extra(given["extra"])
    if service is not None:
        check_voice(given.get("voice"), service)
    try:
        read = Settings().merged(Settings(**given).session())
    except ProtocolError as error:
        raise SettingError(error.message, code=error.code, next_step=error.next_step) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise SettingError(
            f"The settings {', '.join(given)} make no sense together: {error}.",
            next_step="Give them one by one to see which it is.",
        ) from error
    if given.get("output_modalities") is not None:
        given["output_modalities"] = list(read.output_modalities or ())
    return given


def plain(name: str, value: Any) -> Any:
    """A copy as JSON has it: it cannot be changed from outside, and reading it runs no code of the user's.

    Raises:
        SettingError: JSON cannot hold it.
    """
    try:
        return json.loads(json.dumps(value, default=_as_json, allow_nan=False))
    except Exception as error:  # of the user's own objects it may be any
        step = "Give texts, numbers, lists and dicts."
        if name == "tools":
            step = "Give functions as VoiceWidget(tools=[my_function]) or w.update(tools=[my_function])."
        raise SettingError(f"`{name}` cannot be written as JSON: {reason(error)}.", next_step=step) from error


def _as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "item"):  # numpy's numbers
        return value.item()
    raise TypeError(f"a {type(value).__name__} is in it")


def _check_extra(extra: Any) -> None:
    if not isinstance(extra, dict):
        raise SettingError(
            "`extra` must be a dict.", next_step='Write extra={"reasoning": {"effort": "low"}}.'
        )
    double = sorted(_ELSEWHERE.intersection(extra))
    if double:
        raise SettingError(f"{double[0]!r} is no extra setting.", next_step="Give it by its own name.")


def check_voice(voice: str | None, service: Service) -> None:
    """Refuse a voice that the service is known not to have.

    Raises:
        SettingError: It does not have it.
    """
    known = service.capabilities.voices
    if voice is None or not known or voice in known or (voice and service.capabilities.any_voice):
        return
    some = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
    raise SettingError(
        f"The {service.name} has no voice {voice!r:.60}.",
        code="unknown_voice",
        next_step=nearest(voice, known) or f"Choose one of {some}.",
    )


def voice_locked(voice: str) -> SettingError:
    """Services other than ours keep a call's voice once it has sounded; asked all the same they refuse."""
    return SettingError(
        f"The voice is fixed once the assistant has spoken; {voice!r:.60} is used from the next call on.",
        code="voice_locked",
        next_step="Hang up and call again to hear it.",
    )


def format_locked(name: str) -> SettingError:
    """A call keeps the audio formats that it began with."""
    return SettingError(
        f"`{name}` is fixed while a call runs.",
        code="format_locked",
        next_step="Hang up first: w.disconnect().",
    )
