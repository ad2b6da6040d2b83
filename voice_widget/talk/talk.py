"""A talk: what a widget says and hears, over as many calls as it takes.

The verbs may be called from any thread: they check what can be checked at once and hand the rest to the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from typing import Any, cast, get_args

from voice_widget.agents import Agent, Show, Turn
from voice_widget.agents.functions import as_agent
from voice_widget.audio.microphone import SAMPLE_RATE, Pace, pcm24k
from voice_widget.audio.streams import is_stream, pieces
from voice_widget.call.call import Call
from voice_widget.call.deliveries import CallLost, Fatal, future
from voice_widget.errors import SettingError, StateError
from voice_widget.realtime.changes import Change
from voice_widget.realtime.events import Event, new_id
from voice_widget.realtime.records import Flow, Transport
from voice_widget.realtime.session import Session
from voice_widget.realtime.settings import SessionConfig
from voice_widget.services import Service
from voice_widget.tables.event_log import EventLog
from voice_widget.talk.dialler import Line, Page
from voice_widget.talk.pages import Pages
from voice_widget.talk.run import Run, closed, running
from voice_widget.talk.tools import Tools
from voice_widget.talk.updates import Updates
from voice_widget.threads.loop import loop, submit

MOST_CALLS = 3  # in so many a turn is sent and lost, and then no more


class Talk:
    """What a widget says and hears, over as many calls as it takes.

    Args:
        service: Who is called.
        config: The session's settings.
        transport: ``"webrtc"`` (a page's audio), ``"comm"`` (the same by way of the kernel) or ``"memory"``
            (samples).
        flow: On webrtc, who hands the page's offer to the service: we (``"unified"``), or the page with a
            short-lived token (``"ephemeral"``).
        agent: What answers where the service asks the kernel for its replies.
        tools: Python functions that may be called.
        publish: Gets every change, in order, on the loop thread; it must not block. The names of
            `StateChanged` are the traits' names: those of the session and ``holder``, ``call_started_at``,
            ``retry_at``, ``notice``, ``voices``, ``muted``.
        page: Sends a message to the pages, with its buffers.
        show: Displays a rich result of the agent in the cell.
        clock: The time in seconds since the epoch; by default the service's own clock, else the real one.
        events: Where the events are kept.
        agent_timeout_s: How long an agent may be silent (the engine's own patience is 30 s).
        closes_service: The service is this talk's own and ends with it; one that was given may have others.
        behind: How many changes wait to be published: a flood of events is read no faster than that goes.
    """

    def __init__(
        self,
        service: Service,
        config: SessionConfig,
        *,
        publish: Callable[[Sequence[Change]], None],
        page: Page,
        transport: str = "webrtc",
        flow: str = "unified",
        agent: Agent | None = None,
        tools: Iterable[Callable[..., Any]] | None = None,
        show: Callable[[Turn, Show], None] = lambda turn, show: None,
        clock: Callable[[], float] | None = None,
        events: EventLog | None = None,
        agent_timeout_s: float = 25.0,
        closes_service: bool = False,
        behind: Callable[[], int] = lambda: 0,
    ) -> None:
        if transport not in get_args(Transport):
            raise SettingError(
                f"There is no transport {transport!r}.", next_step='Choose "webrtc", "comm" or "memory".'
            )
        if flow not in get_args(Flow):
            raise SettingError(f"There is no flow {flow!r}.", next_step='Choose "unified" or "ephemeral".')
        self.service, self.transport, self._closes_service = service, transport, closes_service
        known = Tools(tools)
        self._line = Line(
            service,
            config,
            transport=transport,
            flow=cast(Flow, flow),
            agent=None if agent is None else as_agent(agent),
            tools=known,
            publish=publish,
            page=page,
            show=show,
            clock=clock,
            events=events,
            agent_timeout_s=agent_timeout_s,
            behind=behind,
        )
        self._new_id: Callable[[str], str] = getattr(service, "new_id", new_id)
        self._ending: Future[None] | None = None  # the last hang-up
        self._updates = Updates(self._line, known)
        self._pages = Pages(self._line, say_as_user=self._say_as_user, change=self._change)

    @property
    def session(self) -> Session:
        """What was said; the loop thread changes it."""
        return self._line.session

    @property
    def joined(self) -> str:
        """The id of the call that is followed; empty: none, or one of our own."""
        run = self._line.run
        return run.joins if run is not None else ""

    @property
    def events(self) -> EventLog:
        """Every event, both ways."""
        return self._line.events

    @property
    def config(self) -> SessionConfig:
        """The settings of the next call, and of this one as far as they were accepted."""
        return self._line.config

    @property
    def holds(self) -> bool:
        """A call runs, or is being let go of."""
        return self._line.holds

    def settings(self) -> SessionConfig:
        """The settings in force, as the service shows them; without a call those of the next one."""
        return self._line.settings.in_force()

    # --- verbs: any thread ---

    def warm(self) -> Future[None]:
        """Start the service in the background, so that the first call is quick."""
        return submit(self._line.warm())

    def connect(self) -> Future[None]:
        """Call. On webrtc a page that shows the widget is asked for its offer. Done once connected.

        Raises:
            StateError: A call runs, or the widget is closed.
        """
        self._refuse_closed()
        self._refuse_running()
        return submit(self._connect())

    def join(self, call_id: str) -> Future[None]:
        """Follow and steer a call that runs already, without sound of our own. Done once connected.

        `disconnect` leaves it and does not end it.

        Raises:
            SettingError: There is no id.
            StateError: A call runs, or the widget is closed.
        """
        self._refuse_closed()
        checked_id(call_id)
        self._refuse_running()
        return submit(self._join(call_id))

    def accept(self, call_id: str, **changes: Any) -> Future[None]:
        """Take an incoming phone call with the settings of the next call; `join` follows it then.

        Args:
            call_id: Its id.
            **changes: Settings of this call only.
        """
        return self._phone("accept", call_id, self._updates.merged(self._updates.checked(changes)))

    def reject(self, call_id: str, status_code: int = 603) -> Future[None]:
        """Turn an incoming phone call away."""
        return self._phone("reject", call_id, status_code)

    def refer(self, call_id: str, target_uri: str) -> Future[None]:
        """Hand a phone call over to another number or address."""
        return self._phone("refer", call_id, target_uri)

    def hangup_call(self, call_id: str) -> Future[None]:
        """End a call at the service, whoever made it."""
        self._refuse_closed()
        self._ending = submit(self._hang_up_call(checked_id(call_id)))
        return self._ending

    def disconnect(self) -> Future[None]:
        """Hang up, or leave a call that was joined. Without a call nothing happens."""
        self._ending = submit(self._hang_up())
        return self._ending

    def leave(self) -> Future[None]:
        """Hang up; done once the service knows it, too."""
        return submit(self._leave())

    def send_text(self, text: str) -> Future[None]:
        """A typed user turn. Without a call one is made."""
        self._refuse_closed()
        _text(text)
        return submit(self._say_as_user(text))

    def say(self, text: str) -> Future[None]:
        """Let the assistant say exactly this."""
        self._refuse_closed()
        return submit(self._say(_text(text)))

    def interrupt(self) -> Future[None]:
        """Stop the assistant. Without a call nothing happens."""
        return submit(self._interrupt())

    def update(self, **changes: Any) -> Future[None]:
        """Change settings (fields of `Settings`) or ``muted``, now if a call runs, else from the next one on.

        Raises:
            SettingError: A setting is unknown or impossible.
        """
        self._refuse_closed()
        return submit(self._updates.apply(self._updates.asked(changes)))

    def play(self, audio: Any, sample_rate: int = SAMPLE_RATE, pace: Pace = "real") -> Future[None]:
        """Speak as the caller: PCM16 mono, or from memory an iterator of sound. Done when all of it was said.

        Raises:
            SettingError: It cannot be said in this way.
        """
        self._refuse_closed()
        if pace not in ("real", "max"):
            raise SettingError(f"There is no pace {pace!r}.", next_step='Choose "real" or "max".')
        if self.transport != "memory" and pace != "real":
            raise SettingError(
                f"By {self.transport} the caller can only speak in real time.",
                next_step='Use pace="real", or transport="memory".',
            )
        if self.transport != "memory" and is_stream(audio):
            raise SettingError(
                f"By {self.transport} the page plays a recording, and an iterator is none yet.",
                next_step='Give all of it at once, or use transport="memory".',
            )
        pcm24k(b"", sample_rate)  # a rate that is none is refused here
        return submit(self._play(audio, sample_rate, pace))

    def close(self) -> Future[None]:
        """Hang up and let the service go. No verb works afterwards."""
        self._line.closed = True
        return submit(self._close())

    def handle(self, message: Mapping[str, Any], buffers: Sequence[Any] = ()) -> None:
        """Take a page's message (checked already); every one but ``hello`` and ``missing``."""
        loop().call_soon_threadsafe(self._pages.handle, message, buffers)

    # --- on the loop ---

    async def _connect(self) -> None:
        if self._line.run is not None:
            raise running()
        await asyncio.shield(self._line.dial().connected)

    async def _join(self, call_id: str) -> None:
        if self._line.run is not None:
            raise running()
        await asyncio.shield(self._line.begin("", joins=call_id).connected)

    def _phone(self, verb: str, call_id: str, *details: Any) -> Future[None]:
        self._refuse_closed()
        checked_id(call_id)
        act = getattr(self.service, verb, None)
        if act is None:
            raise StateError(
                f"The {self.service.name} has no phone calls.",
                code="no_phone_calls",
                next_step="Use a service that has, such as OpenAI().",
            )

        async def ask() -> None:
            await self.service.start()
            await act(call_id, *details)

        return submit(ask())

    async def _hang_up(self) -> None:
        if self._line.run is not None:
            self._line.finish(self._line.run, None)

    async def _leave(self) -> None:
        await self._hang_up()
        await self._line.settle()

    async def _hang_up_call(self, call_id: str) -> None:
        run = self._line.run
        if run is not None and not run.joins and self._line.session.call_id == call_id:
            # Ended at the service only, our own call would count as lost and be made anew.
            self._line.finish(run, None)
            if run.task is not None:
                await asyncio.wait({run.task}, timeout=5)
            return
        await self.service.start()
        await self.service.hangup(call_id)

    async def _say_as_user(self, text: str, page: str = "") -> None:
        text = _text(text)
        item = {
            "id": self._new_id("item"),
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": text}],
        }
        await self._deliver(
            {"type": "conversation.item.create", "item": item}, {"type": "response.create"}, page=page
        )

    async def _say(self, text: str) -> None:
        response: dict[str, Any] = {"text": text}
        if not self.service.capabilities.verbatim:
            response = {
                "input": [],
                "tool_choice": "none",
                "instructions": f"Say exactly the following text, word for word, and nothing else:\n{text}",
                "metadata": {"voice_widget": "say"},
            }
        await self._deliver({"type": "response.create", "response": response})

    async def _deliver(self, *events: Event, page: str = "") -> None:
        """Send a turn; done once the service has it. A call that is lost before hands it on to the next."""
        received = future()
        run = self._line.run or self._line.dial(page)  # now: who hangs up next means this one too
        task = asyncio.create_task(self._see_through(events, run, received))
        self._line.keep(task)
        await asyncio.shield(received)

    async def _see_through(self, events: Sequence[Event], run: Run, received: asyncio.Future[None]) -> None:
        calls = 0
        try:
            while True:
                call = await self._line.connected_call(run)
                delivery = call.deliver(self._not_told(events))
                try:
                    await delivery.received
                    if not received.done():
                        received.set_result(None)
                    await delivery.asked  # a turn whose answer was lost with the call is asked for again
                    return
                except CallLost:
                    # It may itself be what breaks the calls.
                    calls += delivery.left
                    if calls == MOST_CALLS:
                        raise Fatal(calls) from None
        except Exception as error:
            if not received.done():
                received.set_exception(error)
            elif isinstance(error, Fatal):
                self._line.problem(error)  # the verb has returned: nobody else would say it

    def _not_told(self, events: Sequence[Event]) -> list[Event]:
        """Without what a call has been told as history: the item would be there twice."""
        if self.service.capabilities.kernel_agent:
            return list(events)
        told = {said["item_id"] for said in self._line.session.history()}
        return [event for event in events if "item" not in event or event["item"]["id"] not in told]

    async def _interrupt(self) -> None:
        if self._line.call is not None:
            await self._line.call.interrupt()

    async def _play(self, audio: Any, sample_rate: int, pace: Pace) -> None:
        run = self._line.run or self._line.dial()
        if run.joins:
            raise StateError(
                "A call that was joined has no sound of ours.",
                code="no_sound",
                next_step="Type with send_text(), or leave it and call.",
            )
        call = await self._line.connected_call(run)
        if self.transport == "memory":
            said = call.spawn(_speak(call, audio, sample_rate, pace))
            if said is None or ((await asyncio.wait({said})) and said.cancelled()):
                raise StateError("The call ended before all was said.", next_step="Call again.")
            if (error := said.result()) is not None:
                raise error
            return
        request_id = self._new_id("play")
        played = self._line.playing[request_id] = future()
        self._line.page({"type": "play", "request_id": request_id, "sample_rate": sample_rate}, [audio])
        try:
            await played
        finally:
            self._line.playing.pop(request_id, None)

    async def _change(self, name: str, value: Any) -> None:
        await self._updates.apply(self._updates.asked({name: value}))

    async def _close(self) -> None:
        await self._leave()
        if self._closes_service:
            await self.service.close()

    def _refuse_running(self) -> None:
        # Read before the run: what is being hung up has not ended yet, but will have before the next call.
        ends = self._ending is not None and not self._ending.done()
        if not ends and self._line.run is not None:
            raise running()

    def _refuse_closed(self) -> None:
        if self._line.closed:
            raise closed()


def checked_id(call_id: Any) -> str:
    """The id of a call.

    Raises:
        SettingError: It is none.
    """
    if not isinstance(call_id, str) or not call_id.strip():
        raise SettingError(
            f"{call_id!r} is no id of a call.", next_step='Give the call_id that the service told, "rtc_…".'
        )
    return call_id


async def _speak(call: Call, audio: Any, sample_rate: int, pace: Pace) -> SettingError | None:
    """Say it; what an iterator does wrong is given back: raised here it would end the call."""
    try:
        if not is_stream(audio):
            await call.speak(pcm24k(audio, sample_rate), pace)
            return None
        async with aclosing(pieces(audio, sample_rate)) as speech:  # type: ignore[type-var]
            await call.speak(speech, pace)
    except SettingError as error:
        return error
    return None


def _text(text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise SettingError("There is no text to say.", code="no_text", next_step="Give a sentence.")
    return text
