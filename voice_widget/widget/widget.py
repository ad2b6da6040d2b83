"""`VoiceWidget`: the traits and verbs of a voice agent in a notebook. No logic."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Literal, Unpack, get_args

from voice_widget.errors import ErrorInfo, Notice, StateError
from voice_widget.realtime.settings.settings import UNSET, Settings, Unset
from voice_widget.realtime.state.records import Activity, ConnectionState, Flow, Row, Side, Summary, Transport
from voice_widget.tables.transcript import html_summary, plain_summary
from voice_widget.talk.setting_checks import NAMES, Asked, refuse_unknown
from voice_widget.widget import arguments
from voice_widget.widget.agent_arguments import AGENT, apart
from voice_widget.widget.agent_session import AgentSession
from voice_widget.widget.budgeted import Budgeted
from voice_widget.widget.callbacks import FAST
from voice_widget.widget.data import TalkData
from voice_widget.widget.devices import Devices
from voice_widget.widget.diagnosed import Diagnosed
from voice_widget.widget.elsewhere import Elsewhere
from voice_widget.widget.going_on import GoesOn
from voice_widget.widget.images import Images
from voice_widget.widget.looks import LAYOUT, LOOKS, SELDOM, Looks, Others, parted
from voice_widget.widget.naming import Named
from voice_widget.widget.own_tab import HasTabs
from voice_widget.widget.protocol import Protocol
from voice_widget.widget.recorded import Recorded
from voice_widget.widget.report import EVENTS
from voice_widget.widget.tools import Tools
from voice_widget.widget.traits import KernelTrait, kernel_traits
from voice_widget.widget.waiting import Waiting
from voice_widget.widget.wiring import Wiring
from voice_widget.widget.wizards_desk import HasDesk

if TYPE_CHECKING:
    from voice_widget.agents import Agent
    from voice_widget.services import Service
    from voice_widget.tables.budget import Budget
    from voice_widget.tables.prices import Prices
    from voice_widget.tools.tools import AnyTool


class VoiceWidget(
    TalkData,
    Devices,
    Images,
    Tools,
    Protocol,
    AgentSession,
    Elsewhere,
    Diagnosed,
    HasTabs,
    Budgeted,
    Looks,
    Named,
    GoesOn,
    HasDesk,
    Recorded,
):
    """Talk to a voice agent in a notebook; everything that happens becomes data.

    Example:
        >>> w = VoiceWidget(data=df)  # doctest: +SKIP
        >>> w  # press Call and talk  # doctest: +SKIP
        >>> w.transcript_df  # doctest: +SKIP

    The traits below say what is. Assigning to ``voice``, ``muted`` or ``turn_detection`` asks for a change:
    the trait shows it once it is in force, and ``error`` says when it was refused. Observers and callbacks
    run on a thread of the widget, one after the other; they may block without disturbing the call.

    Args:
        data: A DataFrame, or a dict of them by name, for the default agent to answer about.
        agent: What answers: a function of one `Turn`, or an agent of Pydantic AI, LangGraph or smolagents:
            asked by the embedded engine alone. Or, at any service, a ``RealtimeAgent`` of the Agents SDK.
        service: Who is called. By default the embedded engine, `Local`.
        settings: The session's settings in one object; or the same by their own names, as the next ones are.
        instructions: The system prompt.
        voice: The assistant's voice.
        tools: What the agent may call: functions, or each as a `Tool`, and MCP servers; `tool` adds more.
        turn_detection: How a turn's end is found: ``ServerVad(silence_duration_ms=900)``, ``SemanticVad()``
            or the protocol's dict.
        transport: ``"webrtc"`` (the page's microphone), ``"comm"`` (the same by way of the kernel, where no
            direct path can be found) or ``"memory"`` (no page: `play` speaks). By default webrtc and, where
            no path is found, comm; or memory with a service that takes no page's offer (`ScriptedService`).
        flow: By webrtc, who hands the page's offer to the service: the kernel (``"unified"``), so that the
            page gets no token, or the page with a short-lived one (``"ephemeral"``).
        language: The language that is spoken, as ``en`` or ``de``.
        prices: What ``cost`` in ``metrics_df`` is reckoned by: for each model, what a million tokens cost,
            or a minute, as `OPENAI_PRICES`.
        budget: How much may be used over all calls, as ``Budget(minutes=30)``: at 80 % it is said how much is
            left, and when all is used the talk ends once the answer was heard. `budget` says what was used.
        record: Keep both sides' sound and all events: in a new folder, or with True in a temporary one, which
            `close` deletes; `save` writes what is to stay.
        consent: What a person at the page has to agree to before the microphone opens. Who declines does not
            call. Text, answer and time are kept with the recording. Who has agreed elsewhere, as on paper, is
            not asked: ``{"text": "…", "answer": "agreed"}``, with ``at``, when, in seconds since the epoch.
        pseudonyms: What the sides are called in exports: ``{"user": "P07", "assistant": "agent"}``.
        history: What was said before, to go on from: a chat, rows, or what has `messages` as a widget has.
        **more: Any other setting by the names of `Settings`, as ``speed``; ``ice_servers``, STUN and TURN
            servers for the way by webrtc; ``context``, for a
            ``RealtimeAgent`` and ``FunctionTool``s, ``llm`` (its model at the engine), ``run_config`` and
            ``approval_timeout_s``; ``view`` and ``colors``, as the traits; ``layout``, ``tooltip`` or
            ``tabbable`` of every Jupyter widget.

    Raises:
        SettingError: An argument is unknown or impossible.
    """

    connection_state = KernelTrait[ConnectionState](
        "disconnected", "Where the call is.", ask="Use connect() or disconnect()."
    )
    activity = KernelTrait[Activity]("idle", "What the assistant does.", ask="Use interrupt() or say().")
    user_speaking = KernelTrait[bool](
        False, "The user is heard speaking.", ask="Use play() to speak as the user."
    )
    assistant_speaking = KernelTrait[bool](
        False, "The assistant is heard speaking.", ask="Use say() or interrupt()."
    )
    voice = KernelTrait[str | None](
        None, "The assistant's voice in force. Assign to change it.", example='Write w.voice = "marin".'
    )
    voices = KernelTrait[list[str]](
        [], "The voices the service is known to have.", ask="Choose one with w.voice = …."
    )
    muted = KernelTrait[bool](
        False, "The microphone is muted. Assign to change it.", example="Write w.muted = True."
    )
    turn_detection = KernelTrait[dict[str, Any] | None](
        None,
        "How the end of a turn is found, as the protocol says it. Assign to change it.",
        example="Write w.turn_detection = ServerVad(silence_duration_ms=500).",
    )
    transport = KernelTrait[Transport](
        "webrtc", "How the caller's audio travels.", ask="Choose it with VoiceWidget(transport=…)."
    )
    reconnect_attempts = KernelTrait[int](
        0, "Attempts made to get a lost call back.", ask="It counts by itself."
    )
    retry_at = KernelTrait[float](
        0.0,
        "When the next attempt starts, seconds since the epoch; 0: none.",
        ask="Use connect() to try at once.",
    )
    error = KernelTrait[ErrorInfo | None](
        None, "What stopped the call or was refused.", ask="It clears with the next call."
    )
    notice = KernelTrait[Notice | None](
        None, "Something worth knowing that stops no call.", ask="Do its next step."
    )
    transcript = KernelTrait[list[Row]](
        [],
        "The finished turns. Sent to the page once, when the talk is over; until then it gets row messages.",
        ask="Read transcript_df, or copy the list.",
        grows=True,
    )
    turns = KernelTrait[int](0, "How many turns are finished.", ask="It counts by itself.")
    service_name = KernelTrait[str](
        "", "What the panel calls the service.", ask="Choose it with VoiceWidget(service=…)."
    )
    model = KernelTrait[str]("", "The service's model.", ask="Choose it with VoiceWidget(service=…).")
    examples = KernelTrait[list[str]](
        [], "Sentences worth trying.", ask="Give the agent a method examples()."
    )
    holder = KernelTrait[str](
        "", "The page that holds the call; empty: none.", ask="Press Call in the page you want."
    )
    call_started_at = KernelTrait[float](
        0.0, "When the call was connected, seconds since the epoch; 0: no call.", ask="Use connect()."
    )
    summary = KernelTrait[Summary | None](None, "The line under an ended talk.", ask="Read transcript_df.")
    can_call = KernelTrait[bool](
        False, "The service answers the page's offer.", ask="It depends on the service and the transport."
    )
    flow = KernelTrait[Flow](
        "unified", "Who hands the page's offer to the service.", ask="Choose it with VoiceWidget(flow=…)."
    )
    has_ice_servers = KernelTrait[bool](
        False, "There are ICE servers for its way.", ask="Choose them with VoiceWidget(ice_servers=…)."
    )

    def __init__(
        self,
        *,
        data: Any = None,
        agent: Agent | None = None,
        service: Service | None = None,
        settings: Settings | None = None,
        instructions: str | None = None,
        voice: str | None = None,
        tools: Iterable[AnyTool] | None = None,
        turn_detection: Mapping[str, Any] | Literal[Unset.UNSET] | None = UNSET,
        transport: Transport | None = None,
        flow: Flow = "unified",
        language: str = "en",
        prices: Prices | None = None,
        budget: Budget | None = None,
        record: bool | str | os.PathLike[str] = False,
        consent: str | Mapping[str, Any] | None = None,
        pseudonyms: Mapping[Side, str] | None = None,
        history: Any = None,
        **more: Unpack[Others],
    ) -> None:
        known = (*(VoiceWidget.__init__.__kwdefaults__ or ()), *NAMES, *LOOKS, *LAYOUT, *AGENT, *SELDOM)
        refuse_unknown("The argument", more, known)
        sdk, others = apart(more)
        looks, layout, singly = parted(others)
        plan = arguments.checked(
            data=data,
            agent=agent,
            service=service,
            tools=tools,
            transport=transport,
            flow=flow,
            language=language,
            sdk=sdk,
            prices=prices,
            budget=budget,
            record=record,
            consent=consent,
            pseudonyms=pseudonyms,
            history=history,
            settings=settings,
            singly={**singly, "instructions": instructions, "voice": voice, "turn_detection": turn_detection},
        )
        self._esm = arguments.bundle_for(plan.transport)
        # First what may refuse an argument: `super` opens the comm.
        self._wiring = Wiring(self, plan, tuple(kernel_traits(type(self))))
        super().__init__(**plan.traits(), wizard=self._wiring.desk.shown(), **looks, **layout)
        self._publisher = self._wiring.publisher  # from now on nobody else writes
        self._tabs = self._wiring.tabs.send
        self._wiring.warm()

    # --- the call ---

    def connect(self) -> Waiting[None]:
        """Start a call. By webrtc a page that shows the widget makes it and must be open."""
        return self._verb(self._wiring.talk.connect(), "the call")

    def disconnect(self) -> Waiting[None]:
        """Hang up."""
        return self._verb(self._wiring.talk.disconnect(), "the end of the call")

    def send_text(self, text: str) -> Waiting[Any]:
        """Say something to the assistant by typing."""
        return self._verb(self._wiring.talk.send_text(arguments.text_of(text)), "the text to be sent")

    def say(self, text: str) -> Waiting[Any]:
        """Let the assistant speak this text."""
        return self._verb(self._wiring.talk.say(arguments.text_of(text)), "the text to be spoken")

    def interrupt(self) -> Waiting[Any]:
        """Stop the assistant's answer, also the one that would follow a tool.

        A tool that runs is stopped only with ``cancel_on_interruption=True``; else the service gets what it
        gives, and is not asked to answer it.
        """
        return self._verb(self._wiring.talk.interrupt(), "the interruption")

    @property
    def settings(self) -> Settings:
        """The settings in force, as the service shows them; without a call those of the next one."""
        return self._wiring.settings()

    def update(self, **settings: Unpack[Asked]) -> Waiting[Any]:
        """Change settings, now if a call runs, else from the next one on.

        What the service refuses is ``error``, and what was in force stays. A call at another service than
        our engine keeps its voice once that was heard: the new one is used from the next call on.

        Args:
            **settings: By the names of `Settings`: ``w.update(speed=1.2, turn_detection=SemanticVad())``; or
                ``muted``.

        Raises:
            SettingError: One is unknown or impossible.
        """
        return self._verb(self._wiring.ask(settings), "the settings to be in force")

    def play(
        self, audio: Any, sample_rate: int | None = None, *, pace: Literal["real", "max"] = "real"
    ) -> Waiting[Any]:
        """Speak audio into the call as the caller.

        With ``turn_detection=None`` it is one push to talk: an answer that sounds is interrupted, and the end
        of the audio ends the turn.

        Args:
            audio: The path of a WAV file, its bytes, or an array of samples; with ``transport="memory"`` also
                an iterator, async or not, of arrays or bytes: each is spoken as it comes.
            sample_rate: Of the samples.
            pace: ``"max"`` goes as fast as it can be computed; only with ``transport="memory"``.
        """
        return self._verb(self._wiring.play(audio, sample_rate, pace), "the audio to be played")

    # --- what happens ---

    def on(self, event: str, function: Callable[[Any], Any]) -> Callable[[], None]:
        """Call ``function`` at every ``event``; call the result to stop that.

        ===================  ==============================================================================
        ``turn``             A turn is finished: its row.
        ``transcript``       The list of finished turns has changed: all their rows.
        ``row``              A row is new, or something in it has changed: the row.
        ``text``             A piece of text: ``{"item_id", "delta" or "text"}``, with the times of its words,
                             ``estimated`` where the voice tells none.
        ``interrupted``      The user spoke, and the assistant stopped: the row of what was interrupted.
        ``speaking``         A side has begun to speak, or ended: ``{"side", "speaking", "at_ms", "at"}``.
        ``speech_started``   The service hears the user speak: as ``event``.
        ``speech_stopped``   The service heard the user end: as ``event``.
        ``response_done``    A response has ended: what it has used, as a row of ``metrics_df``. The gap is
                             known only once it sounds.
        ``state``            A fact of the widget but ``transcript`` has changed: ``{"name", "value"}``.
        ``error``            Something failed or was refused: ``{"code", "message", "next_step"}``.
        ``result``           The agent has shown something: a `Result`.
        ``tool_call``        A tool was called, or something of its call has changed: as in ``tool_calls_df``.
        ``approval``         The call of a tool waits to be allowed: the same.
        ``agent_event``      An event of a ``RealtimeAgent``'s session, as the SDK made it:
                             ``{"at", "call_id", "event", "dropped"}``.
        ``event``            An event of the protocol, either way: ``{"at", "direction", "call_id", "event",
                             "dropped"}``. Of audio only the length is there.
        ===================  ==============================================================================

        Functions run on a thread of the widget, one after the other, and may block. Who falls 2,000 behind
        with ``event``, ``agent_event``, ``speech_started`` or ``speech_stopped`` misses some of these:
        ``dropped`` says how many were left out just before.

        Args:
            event: One of these.
            function: Gets what happened.

        Raises:
            SettingError: There is no such event, or the function cannot be called.
        """
        refuse_unknown("The event", [event], (*EVENTS, *FAST))
        arguments.callback_of(function)
        return self._wiring.on(event, function)

    def until(self, state: ConnectionState) -> Waiting[None]:
        """Wait for a state of the connection: ``await w.until("connected")``.

        What is waited for fails, with the reason, when the call fails, or has failed and no other one was
        begun since.
        """
        refuse_unknown("The state", [state], get_args(ConnectionState))
        future: Future[None] = Future()
        self._wiring.wait(lambda: self._wiring.report.until(state, future))
        return self._waiting(future, f"the state {state!r}")

    def next_turn(self, role: Side | None = None) -> Waiting[Row]:
        """Wait for the next finished turn, of both sides or of one: ``row = await w.next_turn()``.

        What is waited for fails, with the reason, when the call ends, or has failed and no other one was
        begun since, or the answer cannot be given: the agent raised (also a moment before), the service
        refused, or it was interrupted before anything of it was said; who goes on speaking interrupts
        nothing. The user's next turn is waited for still.
        Of the assistant's turns what it says beside a tool's call is passed over: it is not the answer.
        """
        refuse_unknown("The side", [role] if role is not None else [], get_args(Side))
        future: Future[Row] = Future()
        self._wiring.wait(lambda: self._wiring.report.next_turn(role, future))
        return self._waiting(future, "the next turn")

    # --- the widget itself ---

    def close(self) -> None:
        """Hang up, release everything and remove the widget from all pages.

        An agent or a tool that blocks keeps its thread until it returns.
        """
        wiring = getattr(self, "_wiring", None)
        if wiring is not None:
            wiring.close()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        rows = self._wiring.rows()
        return {**data, "text/plain": plain_summary(rows), "text/html": html_summary(rows)}, metadata

    def _ipython_display_(self) -> None:
        if self.comm is None:
            raise StateError("This widget is closed.", next_step="Make a new VoiceWidget.")
        self._find_variable()
        self._wiring.display(*self._repr_mimebundle_())

    def _handle_custom_msg(self, content: Any, buffers: Any) -> None:
        # May be the main thread or a subshell's: it only hands over.
        if self._wiring.pages.receive(content, buffers) and self._msg_callbacks.callbacks:
            self._wiring.publisher.call(self._msg_callbacks, self, content, buffers)

    def _ask(self, requests: Mapping[str, Any]) -> None:
        if rest := self._look(requests):
            self._wiring.ask(rest, wait=True)
