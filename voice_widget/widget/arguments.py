"""What may be given to `VoiceWidget`: what cannot work is refused with a sentence before anything starts."""

from __future__ import annotations

import inspect
import io
import wave
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

from voice_widget.agents.functions import as_agent
from voice_widget.agents.houses.known import adapter_of
from voice_widget.agents.sdk.given import SdkAgent, sdk_agent_of
from voice_widget.call.ice import Ice
from voice_widget.errors import EngineError, SettingError, shown
from voice_widget.realtime.session.chat import said
from voice_widget.realtime.settings.settings import Settings
from voice_widget.realtime.state.records import Flow, Transport
from voice_widget.tables.budget import Budget, check_money, checked_budget, prices_of
from voice_widget.tables.prices import Prices, checked_prices
from voice_widget.talk.images import most_bytes
from voice_widget.talk.setting_checks import a, checked_settings
from voice_widget.talk.settings import said_by_traits
from voice_widget.threads.one_thread import IN_BROWSER
from voice_widget.threads.work import told
from voice_widget.tools.namespace import namespace_tools
from voice_widget.widget.agent_arguments import answers_itself, data_unused, fitting, with_context
from voice_widget.widget.history import history_of
from voice_widget.widget.record_arguments import Recorded, recorded

if TYPE_CHECKING:
    from voice_widget.agents import Agent
    from voice_widget.services import Service

STATIC = Path(__file__).parents[1] / "static"
BUNDLE, EXTRAS = STATIC / "widget.js", STATIC / "extras.js"
SERVICE_NEEDS = ("start", "answer", "connect", "hangup", "close", "capabilities", "name")
TRANSPORTS = get_args(Transport)
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


def agent_of(
    agent: Any, data: Any, service: Service, settings: Mapping[str, Any], **sdk: Any
) -> Agent | SdkAgent:
    """What answers in the kernel; by default the notebook assistant, over ``data`` if given.

    Args:
        agent: What was given.
        data: For the default agent.
        service: Who is called.
        settings: Those that are set.
        **sdk: What an agent of the Agents SDK is run with: ``context``, ``llm``, ``run_config``,
            ``approval_timeout_s``.

    Raises:
        SettingError: It is no function, or there is an agent or data that nobody would ask.
    """
    if (
        known := sdk_agent_of(agent, **{"context": None, "llm": None, "run_config": None, **sdk})
    ) is not None:
        return fitting(known, service, data, settings)
    given = "data" if agent is None else "agent"
    if (agent is not None or data is not None) and (refused := answers_itself(service, given)) is not None:
        raise refused
    if agent is None:
        from voice_widget.agents.assistant.notebook import NotebookAssistant

        return cast("Agent", NotebookAssistant(data))
    if data is not None:
        raise data_unused()
    if isinstance(agent, type) or adapter_of(agent) is not None:
        return as_agent(agent)  # refuses a class
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


def transport_of(transport: Any, service: Service) -> Transport:
    """How the caller's audio travels; where nobody says, by what the service can do."""
    if transport is None:
        return "webrtc" if service.capabilities.webrtc else "memory"
    if not isinstance(transport, str) or transport not in TRANSPORTS:
        raise SettingError(
            f"There is no transport {shown(transport)}.",
            next_step=f"Choose one of {', '.join(TRANSPORTS)}.",
        )
    return cast(Transport, str.__str__(transport))


def flow_of(flow: Any) -> Flow:
    """Who hands the page's offer to the service."""
    if not isinstance(flow, str) or flow not in get_args(Flow):
        raise SettingError(
            f"There is no flow {shown(flow)}.", next_step=f"Choose one of {', '.join(get_args(Flow))}."
        )
    return cast(Flow, str.__str__(flow))


def settings_of(settings: Any, singly: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are set, whether together or singly.

    Raises:
        SettingError: One is given both ways, or the settings are something else.
    """
    if settings is not None and not isinstance(settings, Settings):
        raise SettingError(
            f"`settings` is a {type(settings).__name__}.", next_step='Write settings=Settings(voice="marin").'
        )
    together = {} if settings is None else settings.given()
    by_themselves = Settings(**singly).given()
    for name in sorted(together.keys() & by_themselves.keys()):
        raise SettingError(
            f"`{name}` is given twice: in `settings` and by itself.", next_step="Leave one of them out."
        )
    return together | by_themselves


def bundle_for(transport: Transport) -> str:
    """The page's script.

    Raises:
        EngineError: It was not built, and without it there is no call from a page.
    """
    try:
        return script(BUNDLE)
    except EngineError as error:
        if transport != "memory":
            raise
        return _NO_BUNDLE.format(sentence=f"{error.message} {error.next_step}")


def script(path: Path) -> str:
    """A script for the page.

    Raises:
        EngineError: It was not built.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise EngineError(
            f"The page's script {path.name} was not built.",
            code="bundle_missing",
            next_step="Run `npm ci && npm run build` in the project's folder, or install the wheel.",
        ) from None


class Plan(NamedTuple):
    """The checked arguments of a widget."""

    service: Service
    agent: Agent | SdkAgent
    tools: tuple[Any, ...]
    transport: Transport
    falls_back: bool
    flow: Flow
    ice: Ice
    config: Settings
    history: Sequence[Mapping[str, Any]]
    examples: tuple[str, ...]
    prices: Prices | None
    budget: Budget | None
    recorded: Recorded | None

    @property
    def given_agent(self) -> Agent | SdkAgent | None:
        """The agent as it may be given again; None where the service's own model answers."""
        asked = isinstance(self.agent, SdkAgent) or self.service.capabilities.kernel_agent
        return self.agent if asked else None

    def traits(self) -> dict[str, Any]:
        """What the traits say at first."""
        return {
            "transport": self.transport,
            "flow": self.flow,
            "has_ice_servers": bool(self.ice),
            **said_by_traits(self.config),
            "service_name": self.service.name,
            "model": self.service.model or "",
            "examples": list(self.examples),
            "can_call": self.transport == "comm"
            or (self.transport == "webrtc" and self.service.capabilities.webrtc),
            "image_bytes": most_bytes(self.service, by_webrtc=self.transport == "webrtc"),
            "voices": list(self.service.capabilities.voices),
            **({} if self.recorded is None else self.recorded.traits()),
            "earlier_turns": len(said(self.history)),
        }

    def facts(self) -> dict[str, Any]:
        """What a recording's manifest says of a talk that begins."""
        consent, pseudonyms = (None, {}) if self.recorded is None else self.recorded[1:]
        return {
            "service": self.service.name,
            "model": self.service.model or None,
            "transport": self.transport,
            "settings": self.config.session(),
            "consent": consent,
            "pseudonyms": dict(pseudonyms) or None,
            "prices": self.prices,
        }


def checked(
    *,
    data: Any,
    agent: Any,
    service: Any,
    tools: Any,
    transport: Any,
    flow: Any,
    language: Any,
    sdk: Mapping[str, Any] | None = None,
    prices: Any = None,
    budget: Any = None,
    record: Any = False,
    consent: Any = None,
    pseudonyms: Any = None,
    history: Any = None,
    settings: Any,
    singly: Mapping[str, Any],
) -> Plan:
    """Check everything before anything starts.

    Raises:
        SettingError: Something cannot work.
    """
    used = service_of(service)
    travels, way = transport_of(transport, used), flow_of(flow)
    if way == "ephemeral" and travels == "webrtc" and not used.capabilities.secrets:
        raise SettingError(
            f"The service {used.name} makes no tokens, and `flow` ephemeral needs one for the page.",
            next_step='Write flow="unified".',
        )
    singly = dict(singly)
    ice = Ice(singly.pop("ice_servers", None))
    looked_at = namespace_tools(singly.pop("namespace", None))
    wanted = settings_of(settings, singly)
    if wanted.get("model") == used.model:  # as `w.settings` of another widget says it
        wanted.pop("model", None)
    before = history_of(history)
    if before.instructions is not None:
        if wanted.get("instructions") is not None:
            raise SettingError(
                "The history begins with a system message, and `instructions` are given too.",
                next_step="Leave one of them out: both are the instructions.",
            )
        wanted["instructions"] = before.instructions
    given = checked_settings(wanted, used, travels)
    if not (a(str, "`language`", language, 'Give language="en".') or "").strip():
        raise SettingError("`language` is missing.", next_step='Give language="en".')
    functions, run_with = with_context(tools_of(tools), agent, sdk or {})
    answers = agent_of(agent, data, used, given, **run_with)
    limits, known = checked_budget(budget), None if prices is None else checked_prices(prices)
    check_money(limits, paid := prices_of(limits, known), used.model)
    heard = given.pop("transcription", {})
    if heard is not None:
        heard = {"language": str.__str__(language), **heard}
    return Plan(
        service=used,
        agent=answers,
        tools=(*functions, *looked_at),
        transport=travels,
        falls_back=transport is None and not IN_BROWSER,  # where no sound goes by the kernel
        flow=way,
        ice=ice,
        config=Settings(model=used.model, transcription=heard, **given),
        history=before.messages,
        examples=tuple(examples_of(answers)),
        prices=paid,
        budget=limits,
        recorded=recorded(record, consent, pseudonyms, travels),
    )


def text_of(text: Any) -> str:
    """Something to say.

    Raises:
        SettingError: It is no text, or nothing to say.
    """
    if not isinstance(text, str) or not text.strip():
        raise SettingError(f"{shown(text)} is nothing to say.", next_step="Give a sentence.")
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
