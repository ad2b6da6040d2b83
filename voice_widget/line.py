"""The line of a talk: calls in sequence over one session. All of it runs on the loop thread.

A *run* goes from Call to the end. While it lasts a lost call is got back, a few times, by a new call.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, cast

from voice_widget.agents import Agent, Show, Turn
from voice_widget.agents.functions import hints_of, may_hint
from voice_widget.call import Call
from voice_widget.delivery import future
from voice_widget.errors import (
    AgentError,
    ErrorInfo,
    PageError,
    ServiceRefused,
    SettingError,
    StateError,
    VoiceWidgetError,
)
from voice_widget.event_log import EventLog
from voice_widget.headset import Headset
from voice_widget.loop import Work
from voice_widget.messages import Flow
from voice_widget.paths import Direction, Offer, Path, PeerPath, SocketPath
from voice_widget.realtime.changes import Change, Problem, StateChanged
from voice_widget.realtime.config import UNSET, SessionConfig
from voice_widget.realtime.events import Event, new_id
from voice_widget.realtime.session import Session
from voice_widget.replies import Replies
from voice_widget.services import Service
from voice_widget.tools import Tools

LOG = logging.getLogger("voice_widget")
WAITS_S = (0.2, 1.0, 3.0)  # before each try to get a lost call back
OFFER_S = 4.0  # for the page that held a lost call: one that is there offers at once
PENDING_S = 90.0  # for a person to answer the browser's question
BEAT_S = 2.0
HINTS_S = 3.0  # for the agent to say what it expects to hear
Page = Callable[[dict[str, Any], "list[Any] | None"], None]


class Run:
    """One run of a talk: from Call to the end, over as many calls as it takes.

    Attributes:
        holder: The page that calls; empty: whichever answers.
        talk: The run's name between page and kernel.
        taken: A page has said that it calls.
        again: A lost call is being got back.
    """

    def __init__(self, holder: str, talk: str, *, taken: bool) -> None:
        self.holder, self.talk, self.taken, self.again = holder, talk, taken, False
        self.offer: asyncio.Future[Offer] = future()
        self.open_request: str | None = None  # a page's request that has no answer yet
        self.connected: asyncio.Future[None] = future()
        self.task: asyncio.Task[None] | None = None


class Line:
    """Makes calls, gets lost ones back, and keeps what is said of them.

    Attributes:
        session: What the events mean.
        events: The events.
        config: The settings of the next call, and of this one as far as they were accepted.
        closed: No verb works any more.
        run: From Call to the end; None: nobody calls.
        call: The call of the moment.
        number: Its number within the widget.
        ended: The talks that were over last; what pages still say of them counts no more.
        playing: The recordings that a page plays now, by request.
    """

    def __init__(
        self,
        service: Service,
        config: SessionConfig,
        *,
        transport: str,
        flow: Flow,
        agent: Agent | None,
        tools: Tools,
        publish: Callable[[Sequence[Change]], None],
        page: Page,
        show: Callable[[Turn, Show], None],
        clock: Callable[[], float] | None,
        events: EventLog | None,
        agent_timeout_s: float,
    ) -> None:
        if config.transcription is not None:
            # Off by default in the protocol, and without it the user's rows stay empty.
            wanted = {} if config.transcription is UNSET else config.transcription
            config = replace(config, transcription={"model": _recogniser(service), **wanted})
        if tools.specs:
            config = replace(config, tools=(*(config.tools or ()), *tools.specs))
        self.service, self.config, self.transport, self.flow = service, config, transport, flow
        self.session = Session()
        self.events = events if events is not None else EventLog()
        self.closed = False
        self.run: Run | None = None
        self.call: Call | None = None
        self.number = 0
        self.ended: deque[str] = deque(maxlen=100)
        self.playing: dict[str, asyncio.Future[None]] = {}
        self.page = page
        own_clock = getattr(service, "clock", None)
        self._clock = clock or (own_clock.time if own_clock is not None else time.time)
        self._publish = publish
        self._agent = agent
        self._may_hint = may_hint(agent)  # now: the loop thread must not run its code
        self._replies = Replies(self.session, agent, tools, show=show, timeout_s=agent_timeout_s)
        self._hints: asyncio.Task[None] | None = None
        self.hints_error: AgentError | None = None
        self._told: dict[str, Any] = {"notice": None}
        self._tasks: set[asyncio.Task[Any]] = set()

    # --- a run ---

    def begin(self, holder: str, talk: str = "") -> Run:
        """Start a run for a page (empty: for whichever answers); ``talk`` is the page's name for it."""
        run = self.run = Run(holder, talk or new_id("talk"), taken=bool(talk))
        self.local(
            "connecting",
            transport=self.transport,
            model=self.service.model or self.config.model,
            voice=self.config.voice,
            reconnect=False,
        )
        self.state(holder=holder, retry_at=0.0)
        run.task = asyncio.create_task(self._hold(run), name="voice_widget talk")
        self.keep(run.task)
        return run

    async def _hold(self, run: Run) -> None:
        error: VoiceWidgetError | None = None
        beat = asyncio.create_task(self._beat())
        try:
            await self._calls(run)
        except VoiceWidgetError as raised:
            error = raised
        except Exception as raised:
            LOG.exception("The call failed by a mistake of this package.")
            error = VoiceWidgetError(
                f"The call failed: {type(raised).__name__}.", code="internal_error", next_step="Call again."
            )
        finally:
            beat.cancel()
            self.finish(run, error)

    async def _calls(self, run: Run) -> None:
        attempt = 0
        lost: VoiceWidgetError | None = None
        while True:
            try:
                if lost is not None:
                    await self._prepare_again(run, attempt, lost)
                await self._one_call(run, attempt)
                return
            except VoiceWidgetError as error:
                call, self.call = self.call, None
                self._replies.stop()
                was_connected = call is not None and call.connected.is_set()
                if was_connected:
                    attempt = 0
                    if run.connected.done():  # a verb that came in the gap may have seen the loss first
                        run.connected = future()
                if (
                    not (was_connected or lost)
                    or isinstance(error, ServiceRefused)
                    or attempt >= len(WAITS_S)
                ):
                    raise
                attempt, lost, run.again = attempt + 1, error, True
                self._refuse_offer(run, error)

    async def _prepare_again(self, run: Run, attempt: int, lost: VoiceWidgetError) -> None:
        wait_s = WAITS_S[attempt - 1]
        LOG.info("The call was lost (%s); try %d in %.1f s.", lost.code, attempt, wait_s)
        self.local("retrying", attempt=attempt, wait_s=wait_s)
        self.state(retry_at=time.time() + wait_s, call_started_at=0.0)
        if self.transport == "webrtc":
            self.page({"type": "call.close", "talk": run.talk, "keep_microphone": True}, None)
        await asyncio.sleep(wait_s)
        # First the service, then the page: a page's offer does not wait for long.
        await self.warm()
        run.offer = future()
        if self.transport == "webrtc":
            self._want_offer(run, "reconnect")
        self.state(retry_at=0.0)
        self.local(
            "connecting",
            transport=self.transport,
            model=self.service.model or self.config.model,
            voice=self.config.voice,
            reconnect=True,
        )

    async def _one_call(self, run: Run, attempt: int) -> None:
        offer: Offer | None = None
        if self.transport == "webrtc":
            # Side by side: the person may still be asked for the microphone while the engine gets warm.
            waiting = asyncio.create_task(self._wait_for_offer(run, OFFER_S if attempt else PENDING_S))
            try:
                await asyncio.gather(waiting, self.warm())
                offer = waiting.result()
            finally:
                waiting.cancel()
        else:
            await self.warm()
        check_voice(self.config.voice, self.service)
        self.number += 1
        call = self.call = Call(
            self._path(run, offer),
            self.config,
            number=self.number,
            observe=lambda event, direction: self.observe(call, event, direction),
            new_id=getattr(self.service, "new_id", new_id),
        )
        started = asyncio.create_task(self._on_connected(run, call, again=attempt > 0))
        try:
            await call.run()
        finally:
            started.cancel()

    def _path(self, run: Run, offer: Offer | None) -> Path:
        if self.transport == "webrtc" and offer is not None:
            return PeerPath(
                self.service,
                self.config,
                offer=offer,
                flow=self.flow,
                page=self.page,
                reply=lambda message: self._answered(run, message),
            )
        return SocketPath(self.service, self.config, ear=Headset)

    async def _wait_for_offer(self, run: Run, seconds: float) -> Offer:
        try:
            async with asyncio.timeout(seconds):
                return await run.offer
        except TimeoutError:
            raise PageError(
                "No page has answered with an offer.",
                code="no_page",
                next_step="Show the widget in a notebook cell and press Call.",
            ) from None

    def _answered(self, run: Run, message: dict[str, Any]) -> None:
        request_id, run.open_request = run.open_request, None
        self.page({**message, "request_id": request_id or ""}, None)

    async def _on_connected(self, run: Run, call: Call, *, again: bool) -> None:
        await call.connected.wait()
        if self.call is not call:
            return
        run.again = False
        self.state(call_started_at=self._clock())
        if self.transport == "memory":
            call.open_microphone()
        if again and not self.service.capabilities.kernel_agent:
            # Our engine asks the kernel, which knows what was said; another service has to be told.
            await call.send(*(_history_item(said) for said in self.session.history()))
        await self._catch_up(call)
        if not run.connected.done():
            run.connected.set_result(None)

    async def _catch_up(self, call: Call) -> None:
        """Tell the service what was set while it was connecting."""
        now, before = self.config, call.config
        names = [
            f.name
            for f in fields(now)
            if f.name != "model" and getattr(now, f.name) != getattr(before, f.name)
        ]
        if not names:
            return
        try:
            session = SessionConfig(**{name: getattr(now, name) for name in names}).session()
            answer = await call.ask({"type": "session.update", "session": session})
        except VoiceWidgetError as error:
            LOG.debug("The settings were not sent: %s", error)  # a lost call: the next one begins with them
            return
        if answer["type"] != "error":
            call.config = now
            return
        self.config = before  # the error is shown already; the traits must not claim what is not so
        self.state(voice=before.voice, turn_detection=before.turn_taking())

    def finish(self, run: Run, error: VoiceWidgetError | None) -> None:
        """End a run: hung up, or failed. What it still holds is let go of in the background."""
        if self.run is not run:
            return
        self.run = None
        call, self.call = self.call, None
        self._replies.stop()
        self.ended.append(run.talk)
        ended = error or call_ended()
        if not run.connected.done():
            run.connected.set_exception(ended)
        run.offer.cancel()
        for playing in self.playing.values():
            if not playing.done():
                playing.set_exception(ended)
        self.playing.clear()
        self._refuse_offer(run, ended)
        if error is not None:
            self.local("failed", error=error.info())
        else:
            self.local("closed")
        if self.transport == "webrtc":
            self.page({"type": "call.close", "talk": run.talk, "keep_microphone": False}, None)
        self.state(holder="", call_started_at=0.0, retry_at=0.0)
        if call is not None:
            call.end()
        if run.task is not None and run.task is not asyncio.current_task():
            run.task.cancel()

    def fail_try(self, run: Run, error: VoiceWidgetError) -> None:
        """The page could not do its part in getting a lost call back: the next try may do better."""
        if not run.offer.done():
            run.offer.set_exception(error)
        elif self.call is not None:
            self.call.end(error)

    def _refuse_offer(self, run: Run, error: VoiceWidgetError) -> None:
        request_id, run.open_request = run.open_request, None
        if request_id is not None:
            self.fail_request(request_id, error)

    def _want_offer(self, run: Run, reason: str) -> None:
        self.page({"type": "call.offer_wanted", "page": run.holder, "talk": run.talk, "reason": reason}, None)

    async def _beat(self) -> None:
        while self.transport == "webrtc":
            self.page({"type": "beat"}, None)
            await asyncio.sleep(BEAT_S)

    def dial(self, page: str = "") -> Run:
        """Start a run from here; by webrtc a page is asked for its offer."""
        run = self.begin(page)
        if self.transport == "webrtc":
            self._want_offer(run, "connect")
        return run

    async def connected_call(self, run: Run) -> Call:
        """The run's call of the moment, once it is connected; of a lost call the successor."""
        while True:
            await asyncio.shield(run.connected)
            if self.run is not run:
                raise StateError("The call has just ended.", code="call_ended", next_step="Call again.")
            if self.call is not None and not self.call.over:
                return self.call
            if run.connected.done():
                run.connected = future()

    # --- getting ready ---

    async def warm(self) -> None:
        """Start the service and get the agent's hints; quick once that is done."""
        await self.service.start()
        if self._hints is None:
            self._hints = asyncio.create_task(self._take_hints())
        await asyncio.shield(self._hints)
        news = {
            "voices": list(self.service.capabilities.voices),
            "notice": getattr(self.service, "notice", None)
            or (self.hints_error.info() if self.hints_error is not None else None),
        }
        # Said once: a notice of something else must not be wiped out by every call.
        self.state(**{name: value for name, value in news.items() if self._told.get(name) != value})
        self._told = news

    async def _take_hints(self) -> None:
        """What the agent expects to hear goes to the recogniser with the offer."""
        if not self.service.capabilities.kernel_agent or not self._may_hint:
            return
        from threading import Event as Flag

        try:
            async with asyncio.timeout(HINTS_S):
                async for hints in Work(keep=0).stream(hints_of, self._agent, cancelled=Flag()):
                    if isinstance(self.config.transcription, Mapping):
                        expected = {"keywords": list(hints.words), "prompt": "\n".join(hints.phrases)}
                        transcription = {**self.config.transcription, **expected}
                        self.config = replace(self.config, transcription=transcription)
        except TimeoutError:
            self.hints_error = AgentError(
                f"The agent's hints() took more than {HINTS_S:g} s; the call goes on without them.",
                code="hints_timeout",
                next_step="Make hints() quick, or leave it out.",
            )
        except AgentError as error:
            self.hints_error = error

    # --- what happens ---

    def observe(self, call: Call | None, event: Event, direction: Direction) -> None:
        """Take in an event: keep it, say what it means, do what it asks for."""
        if call is not self.call:
            return  # the last words of a call that is over
        at = self._clock()
        self.events.add(event, direction, at, call.call_id if call else None)
        if event["type"] == "voice_widget.unreadable":
            self._publish([Problem(event["error"])])
            return
        changes: Sequence[Change] = self.session.apply(event, at, sent=direction in ("sent", "page"))
        if call is not None:
            changes = self._replies.react(call, changes)
        if changes:
            self._publish(changes)

    def local(self, what: str, **fields: Any) -> None:
        """Take in what our own side of the call does."""
        self.observe(self.call, {"type": f"voice_widget.call.{what}", **fields}, "local")

    def state(self, **values: Any) -> None:
        """Publish facts that are not the session's."""
        if values:
            self._publish([StateChanged(cast(Any, name), value) for name, value in values.items()])

    def page_notice(self, notice: ErrorInfo | None) -> None:
        """Publish what a page has to say, or, when that is over, what the service has."""
        self.state(notice=notice or self._told["notice"])

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold a task until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def fail_request(self, request_id: str, error: VoiceWidgetError) -> None:
        """Tell a page that its request cannot be met."""
        self.page({"type": "request.failed", "request_id": request_id, "error": error.info()}, None)

    async def settle(self) -> None:
        """Wait until what was ended has let go of everything."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)


def check_voice(voice: str | None, service: Service) -> None:
    """Refuse a voice that the service is known not to have.

    Raises:
        SettingError: It does not have it.
    """
    voices = service.capabilities.voices
    if voice is not None and voices and voice not in voices:
        some = ", ".join(voices[:12]) + (" …" if len(voices) > 12 else "")
        raise SettingError(
            f"The {service.name} has no voice {voice!r}.",
            code="unknown_voice",
            next_step=f"Choose one of {some}.",
        )


def _history_item(said: Mapping[str, Any]) -> Event:
    part = "output_text" if said["role"] == "assistant" else "input_text"
    item = {
        "id": said["item_id"],  # a known id: the echo is the row that is there already
        "type": "message",
        "role": said["role"],
        "content": [{"type": part, "text": said["text"]}],
    }
    return {"type": "conversation.item.create", "item": item}


def _recogniser(service: Service) -> str:
    own = service.capabilities.kernel_agent and service.model
    return own or "gpt-4o-mini-transcribe"


def running() -> StateError:
    """The error for calling twice."""
    return StateError("A call runs already.", code="call_running", next_step="Hang up first: w.disconnect().")


def call_ended() -> StateError:
    """The error for what came after the end."""
    return StateError("The call has ended.", code="call_ended", next_step="Press Call again.")


def closed() -> StateError:
    """The error for using a closed widget."""
    return StateError("The widget is closed.", code="closed", next_step="Make a new VoiceWidget.")
