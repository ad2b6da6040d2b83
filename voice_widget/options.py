"""What may be given to `VoiceWidget`: what cannot work is refused with a sentence before anything starts."""

from __future__ import annotations

import copy
import difflib
import inspect
import io
import wave
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from voice_widget.agents.functions import as_agent
from voice_widget.errors import EngineError, ProtocolError, SettingError
from voice_widget.loop import told
from voice_widget.messages import Transport
from voice_widget.realtime.config import UNSET, SessionConfig

if TYPE_CHECKING:
    from voice_widget.agents import Agent
    from voice_widget.services import Service

BUNDLE = Path(__file__).parent / "static" / "widget.js"
SERVICE_NEEDS = ("start", "answer", "connect", "hangup", "close", "capabilities", "name")
TRANSPORTS = ("webrtc", "memory")  # "comm" is a word of the protocol, and not there yet
SETTINGS = tuple(field.name for field in fields(SessionConfig) if field.name not in ("model", "extra"))
_NO_BUNDLE = """
export default {{ render({{ el }}) {{ el.textContent = {sentence!r}; }} }};
"""


def callback_of(function: Any) -> Any:
    """A function to be called at what happens.

    Raises:
        SettingError: It cannot be called, or would give a coroutine that nobody awaits.
    """
    if not callable(function):
        raise SettingError(
            f"A {type(function).__name__} cannot be called.", next_step='Write w.on("turn", function).'
        )
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__):
        raise SettingError(
            "Callbacks are plain functions, and this one is async.",
            next_step="Use def; it runs on a thread of the widget and may block, or call asyncio.run(…).",
        )
    return function


def refuse_unknown(what: str, given: Iterable[Any], known: Iterable[str]) -> None:
    """Refuse names that mean nothing here, and offer the nearest one that does.

    Raises:
        SettingError: There is one.
    """
    options = sorted(known)
    for name in given:
        if name not in options:
            near = difflib.get_close_matches(name, options, n=1) if isinstance(name, str) else []
            raise SettingError(
                f"{what} {name!r:.60} is unknown.",
                next_step=f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(options)}.",
            )


def a(kind: type, what: str, value: Any) -> Any:
    """The value, if it is of that kind (or not given)."""
    if value is None or isinstance(value, kind):
        return value
    raise SettingError(f"{what} is a {type(value).__name__}, not a {kind.__name__}.")


def service_of(service: Any) -> Service:
    """The service to use; by default the embedded engine.

    Raises:
        SettingError: It is no service.
    """
    if service is None:
        from voice_widget.services.local import Local

        return Local()
    if isinstance(service, type):
        raise SettingError(
            f"The class {service.__name__} was given, not a service.",
            next_step=f"Write service={service.__name__}().",
        )
    lacking = [name for name in SERVICE_NEEDS if not hasattr(service, name)]
    if lacking:
        raise SettingError(
            f"A {type(service).__name__} is no service: it has no {', '.join(lacking)}.",
            next_step="Give Local(), OpenAI(model=…) or another object with the methods of a Service.",
        )
    return cast("Service", service)


def agent_of(agent: Any, data: Any) -> Agent:
    """What answers in the kernel; by default the notebook assistant, over ``data`` if given.

    Raises:
        SettingError: It is no function, or there is data that would reach nobody.
    """
    if agent is None:
        from voice_widget.agents.notebook import NotebookAssistant

        return cast("Agent", NotebookAssistant(data))
    if data is not None:
        raise SettingError(
            "`data` is for the default agent, and you gave one of your own.",
            next_step="Leave `data` out and let your agent use it.",
        )
    if isinstance(agent, type):
        return as_agent(agent)  # refuses it
    if not callable(agent):
        raise SettingError(
            f"An agent is a function of one turn, not a {type(agent).__name__}.",
            next_step='Write def agent(turn): return f"You said {turn.text}."',
        )
    return cast("Agent", agent)


def examples_of(agent: Any) -> list[str]:
    """Sentences worth trying, if the agent has some."""
    method = getattr(agent, "examples", None)
    if not callable(method):
        return []
    try:
        return [str(sentence) for sentence in method() or ()]
    except Exception as error:
        raise SettingError(
            f"The agent's examples() failed: {told(error)}.",
            next_step="It gives a few sentences, or leave it out.",
        ) from error


def tools_of(tools: Any) -> tuple[Any, ...]:
    """The tools, as many as there are."""
    if tools is None:
        return ()
    if not isinstance(tools, Iterable) or isinstance(tools, str | bytes | Mapping):
        raise SettingError(
            f"`tools` is a {type(tools).__name__}, not a list of functions.",
            next_step="Write tools=[my_function].",
        )
    return tuple(tools)


def transport_of(transport: Any) -> Transport:
    """How the caller's audio travels."""
    if not isinstance(transport, str) or transport not in TRANSPORTS:
        raise SettingError(
            f"There is no transport {transport!r}.",
            next_step=f"Choose one of {', '.join(TRANSPORTS)}.",
        )
    return cast(Transport, transport)


def checked_settings(settings: Mapping[str, Any], voices: Iterable[str] = ()) -> dict[str, Any]:
    """Settings of a session, by the names of `SessionConfig`.

    Raises:
        SettingError: One is unknown or impossible.

    Example:
        >>> checked_settings({"voice": "marin"})
        {'voice': 'marin'}
    """
    refuse_unknown("The setting", settings, SETTINGS)
    # A copy: a dict that is changed later must not change what is in force.
    given = {name: copy.deepcopy(value) for name, value in settings.items() if value is not UNSET}
    for name in ("voice", "instructions"):
        a(str, f"`{name}`", given.get(name))
    if "turn_detection" in given and given["turn_detection"] is None:
        raise SettingError(
            "Without turn_detection the end of a turn would have to be shown, and no button does that yet.",
            next_step='To say nothing set w.muted = True; to be heard out longer use turn_detection={"type": '
            '"server_vad", "silence_duration_ms": 1500}.',
        )
    voice, known = given.get("voice"), tuple(voices)
    if voice is not None and known and voice not in known:
        near = difflib.get_close_matches(voice, known, n=1)
        raise SettingError(
            f"The service has no voice {voice!r}.",
            next_step=f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(known)}.",
        )
    try:
        SessionConfig().merged(SessionConfig(**given).session())
    except ProtocolError as error:
        raise SettingError(error.message, next_step=error.next_step) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise SettingError(f"The settings {', '.join(given)} make no sense together: {error}.") from error
    return given


def bundle_for(transport: Transport) -> str:
    """The page's script.

    Raises:
        EngineError: It was not built, and without it there is no call from a page.
    """
    try:
        return BUNDLE.read_text(encoding="utf-8")
    except OSError:
        sentence = f"The page's script {BUNDLE.name} was not built."
        step = "Run `npm ci && npm run build` in the project's folder, or install the wheel."
        if transport != "memory":
            raise EngineError(sentence, code="bundle_missing", next_step=step) from None
        return _NO_BUNDLE.format(sentence=f"{sentence} {step}")


@dataclass(frozen=True)
class Plan:
    """The checked arguments of a widget."""

    service: Service
    agent: Agent
    tools: tuple[Any, ...]
    transport: Transport
    config: SessionConfig
    examples: tuple[str, ...]
    owns_service: bool = False

    def facts(self) -> dict[str, Any]:
        """What the traits say at first."""
        return {
            "transport": self.transport,
            "voice": self.config.voice,
            "turn_detection": self.config.turn_taking(),
            "service_name": self.service.name,
            "model": self.service.model or "",
            "examples": list(self.examples),
            "can_call": self.transport != "memory" and self.service.capabilities.webrtc,
            "voices": list(self.service.capabilities.voices),
        }


def checked(
    *,
    data: Any,
    agent: Any,
    service: Any,
    tools: Any,
    transport: Any,
    language: Any,
    settings: Mapping[str, Any],
) -> Plan:
    """Check everything before anything starts.

    Raises:
        SettingError: Something cannot work.
    """
    travels = transport_of(transport)
    used = service_of(service)
    given = checked_settings(settings, used.capabilities.voices)
    if a(str, "`language`", language) is None:
        raise SettingError("`language` is missing.", next_step='Give language="en".')
    answers = agent_of(agent, data)
    config = SessionConfig(model=used.model, transcription={"language": language}, **given)
    return Plan(used, answers, tools_of(tools), travels, config, tuple(examples_of(answers)), service is None)


def text_of(text: Any) -> str:
    """Something to say.

    Raises:
        SettingError: It is no text, or nothing to say.
    """
    if not isinstance(text, str) or not text.strip():
        raise SettingError(f"{text!r:.60} is nothing to say.", next_step="Give a sentence.")
    return str.__str__(text)  # of a class derived from str too: the loop thread must run nothing of it


def samples_of(audio: Any, sample_rate: int | None) -> tuple[Any, int | None]:
    """The samples of a WAV file, of its bytes or of an array, and their rate.

    Raises:
        SettingError: It cannot be read.
    """
    if isinstance(audio, bytes | bytearray) and bytes(audio[:4]) == b"RIFF":
        source: Any = io.BytesIO(bytes(audio))
    elif isinstance(audio, str | Path):
        source = str(audio)
    else:
        return audio, sample_rate
    import numpy

    try:
        with wave.open(source, "rb") as file:
            if file.getsampwidth() != 2:
                raise SettingError(
                    f"The WAV file has {8 * file.getsampwidth()} bits per sample.",
                    next_step="Store it with 16 bits.",
                )
            samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2")
            return samples.reshape(-1, file.getnchannels()), file.getframerate()
    except (OSError, EOFError, ValueError, wave.Error) as error:
        if isinstance(error, SettingError):
            raise
        raise SettingError(
            f"The WAV file cannot be read: {error}.", next_step="Give the path of a WAV file."
        ) from error
