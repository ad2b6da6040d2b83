"""A talk: calls in sequence, one session, one transcript.

Everything here runs on the loop thread but the public methods, which may be called from any thread: they
check what can be checked at once and hand the rest over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, cast

from voice_widget.agents import Agent, Show, Turn
from voice_widget.agents.functions import hints_of
from voice_widget.call import Call, Direction
from voice_widget.caller import SAMPLE_RATE, Pace
from voice_widget.errors import (
    PageError,
    ProtocolError,
    ServiceRefused,
    SettingError,
    StateError,
    VoiceWidgetError,
)
from voice_widget.event_log import EventLog
from voice_widget.loop import Work, loop, submit
from voice_widget.page_errors import MERELY_SHOWN, page_error
from voice_widget.realtime.changes import Change, Problem, StateChanged
from voice_widget.realtime.config import UNSET, SessionConfig
from voice_widget.realtime.events import Event, new_id, parse
from voice_widget.realtime.session import Session
from voice_widget.replies import Replies
from voice_widget.services import Answer, Service
from voice_widget.tools import Tools

LOG = logging.getLogger("voice_widget")
WAITS_S = (0.2, 1.0, 3.0)  # before each try to get a lost call back
OFFER_S = 10.0  # for a page to make its offer
PENDING_S = 90.0  # for a person to answer the browser's question
BEAT_S = 2.0
Page = Callable[[dict[str, Any], "list[Any] | None"], None]


@dataclass
class _Offer:
    page: str
    request_id: str
    sdp: str


class _Run:
    """One run of a talk: from Call to the end, over as many calls as it takes."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        self.offer: asyncio.Future[_Offer] = _future()
        self.open_request: str | None = None  # a page's request that has no answer yet
        self.connected: asyncio.Future[None] = _future()
        self.task: asyncio.Task[None] | None = None


class Talk:
    """What a widget says and hears, over as many calls as it takes.

    Args:
        service: Who is called.
        config: The session's settings.
        transport: ``"webrtc"`` (a page's audio) or ``"memory"`` (samples).
        agent: What answers where the service asks the kernel for its replies.
        tools: Python functions that may be called.
        publish: Gets every change, in order, on the loop thread; it must not block. The names of
            `StateChanged` are the traits' names: those of the session and ``holder``, ``call_started_at``,
            ``retry_at``, ``notice``, ``voices``, ``muted``.
        page: Sends a message to the pages, with its buffers.
        show: Displays a rich result of the agent in the cell.
        clock: The time in seconds since the epoch; by default the service's own clock, else the real one.
        events: Where the events are kept.
        agent_timeout_s: How long an agent may be silent.
    """

    def __init__(
        self,
        service: Service,
        config: SessionConfig,
        *,
        publish: Callable[[Sequence[Change]], None],
        page: Page,
        transport: str = "webrtc",
        agent: Agent | None = None,
        tools: Iterable[Callable[..., Any]] | None = None,
        show: Callable[[Turn, Show], None] = lambda turn, show: None,
        clock: Callable[[], float] | None = None,
        events: EventLog | None = None,
        agent_timeout_s: float = 30.0,
    ) -> None:
        if transport not in ("webrtc", "memory"):
            raise SettingError(
                f"There is no transport {transport!r} yet.", next_step='Choose "webrtc" or "memory".'
            )
        if config.transcription is not None:
            # Off by default in the protocol, and without it the user's rows stay empty.
            wanted = {} if config.transcription is UNSET else config.transcription
            config = replace(config, transcription={"model": _recogniser(service), **wanted})
        own_tools = Tools(tools)
        if own_tools.specs:
            config = replace(config, tools=(*(config.tools or ()), *own_tools.specs))
        self.service = service
        self.config = config
        self.transport = transport
        self.session = Session()
        self.events = events if events is not None else EventLog()
        self._agent = agent
        self._publish, self._page = publish, page
        own_clock = getattr(service, "clock", None)
        self._clock = clock or (own_clock.time if own_clock is not None else time.time)
        self._new_id: Callable[[str], str] = getattr(service, "new_id", new_id)
        self._replies = Replies(self.session, agent, own_tools, show=show, timeout_s=agent_timeout_s)
        self._run: _Run | None = None
        self._call: Call | None = None
        self._number = 0
        self._hints: asyncio.Task[None] | None = None
        self._closed = False
        self._leaving: set[asyncio.Task[Any]] = set()
        self._playing: dict[str, asyncio.Future[None]] = {}

    # --- verbs: any thread ---

    def warm(self) -> Future[None]:
        """Start the service in the background, so that the first call is quick."""
        return submit(self._warm())

    def connect(self) -> Future[None]:
        """Call. On webrtc a page that shows the widget is asked for its offer. Done once connected.

        Raises:
            StateError: A call runs, or the widget is closed.
        """
        self._refuse_closed()
        if self._run is not None:
            raise _running()
        return submit(self._connect())

    def disconnect(self) -> Future[None]:
        """Hang up. Without a call nothing happens."""
        return submit(self._hang_up())

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
        """Change settings (fields of `SessionConfig`), now if a call runs, else from the next call on.

        Raises:
            SettingError: A setting is unknown or impossible.
        """
        self._refuse_closed()
        self._settings(changes)
        return submit(self._update(changes))

    def play(self, pcm: bytes, sample_rate: int = SAMPLE_RATE, pace: Pace = "real") -> Future[None]:
        """Speak as the caller: PCM16 mono. Done when all of it has been said."""
        self._refuse_closed()
        if pace not in ("real", "max"):
            raise SettingError(f"There is no pace {pace!r}.", next_step='Choose "real" or "max".')
        if self.transport == "webrtc" and pace != "real":
            raise SettingError(
                "By webrtc the caller can only speak in real time.",
                next_step='Use pace="real", or transport="memory".',
            )
        return submit(self._play(pcm, sample_rate, pace))

    def close(self) -> Future[None]:
        """Hang up and let the service go. No verb works afterwards."""
        self._closed = True
        return submit(self._close())

    def handle(self, message: Mapping[str, Any], buffers: Sequence[Any] = ()) -> None:
        """Take a page's message (checked already); every one but ``hello`` and ``missing``."""
        loop().call_soon_threadsafe(self._handle, message)

    # --- a run: calls in sequence ---

    def _begin(self, holder: str) -> _Run:
        run = self._run = _Run(holder)
        self._local(
            "connecting",
            transport=self.transport,
            model=self.service.model or self.config.model,
            voice=self.config.voice,
            reconnect=False,
        )
        self._state(holder=holder, retry_at=0.0)
        run.task = asyncio.create_task(self._hold(run), name="voice_widget talk")
        self._keep(run.task)
        return run

    async def _hold(self, run: _Run) -> None:
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
            self._finish(run, error)

    async def _calls(self, run: _Run) -> None:
        attempt = 0
        lost: VoiceWidgetError | None = None
        while True:
            try:
                if lost is not None:
                    await self._prepare_again(run, attempt, lost)
                await self._one_call(run, attempt)
                return
            except VoiceWidgetError as error:
                call, self._call = self._call, None
                self._replies.stop()
                was_connected = call is not None and call.connected.is_set()
                if was_connected:
                    attempt, run.connected = 0, _future()
                if (
                    not (was_connected or lost)
                    or isinstance(error, ServiceRefused)
                    or attempt >= len(WAITS_S)
                ):
                    raise
                attempt, lost = attempt + 1, error

    async def _prepare_again(self, run: _Run, attempt: int, lost: VoiceWidgetError) -> None:
        wait_s = WAITS_S[attempt - 1]
        LOG.info("The call was lost (%s); try %d in %.1f s.", lost.code, attempt, wait_s)
        self._local("retrying", attempt=attempt, wait_s=wait_s)
        self._state(retry_at=time.time() + wait_s, call_started_at=0.0)
        if self.transport == "webrtc":
            self._page({"type": "call.close", "call": self._number, "keep_microphone": True}, None)
        await asyncio.sleep(wait_s)
        # First the service, then the page: a page's offer does not wait for long.
        await self._warm()
        run.offer = _future()
        if self.transport == "webrtc":
            self._page({"type": "call.offer_wanted", "page": run.holder, "reason": "reconnect"}, None)
        self._state(retry_at=0.0)
        self._local(
            "connecting",
            transport=self.transport,
            model=self.service.model or self.config.model,
            voice=self.config.voice,
            reconnect=True,
        )

    async def _one_call(self, run: _Run, attempt: int) -> None:
        offer: _Offer | None = None
        if self.transport == "webrtc":
            # Side by side: the person may still be asked for the microphone while the engine gets warm.
            waiting = asyncio.create_task(self._wait_for_offer(run, OFFER_S if attempt else PENDING_S))
            try:
                await asyncio.gather(waiting, self._warm())
                offer = waiting.result()
            finally:
                waiting.cancel()
        else:
            await self._warm()
        self._number += 1
        call = self._call = Call(
            self.service,
            self.config,
            number=self._number,
            transport=self.transport,
            observe=lambda event, direction: self._observe(call, event, direction),
        )
        started = asyncio.create_task(self._on_connected(run, call, again=attempt > 0))
        try:
            await call.run(offer.sdp if offer else None, lambda answer: self._answered(run, answer))
        finally:
            started.cancel()

    async def _wait_for_offer(self, run: _Run, seconds: float) -> _Offer:
        try:
            async with asyncio.timeout(seconds):
                return await run.offer
        except TimeoutError:
            raise PageError(
                "No page has answered with an offer.",
                code="no_page",
                next_step="Show the widget in a notebook cell and press Call.",
            ) from None

    def _answered(self, run: _Run, answer: Answer) -> None:
        request_id, run.open_request = run.open_request, None
        self._page(
            {"type": "answer", "request_id": request_id or "", "call": self._number, "sdp": answer.sdp}, None
        )

    async def _on_connected(self, run: _Run, call: Call, *, again: bool) -> None:
        await call.connected.wait()
        if self._call is not call:
            return
        self._state(call_started_at=self._clock())
        if self.transport == "memory":
            call.open_microphone()
        if again and not self.service.capabilities.kernel_agent:
            # Our engine asks the kernel, which knows what was said; another service has to be told.
            await call.send(*(_history_item(said) for said in self.session.history()))
        if not run.connected.done():
            run.connected.set_result(None)

    def _finish(self, run: _Run, error: VoiceWidgetError | None) -> None:
        if self._run is not run:
            return
        self._run = None
        call, self._call = self._call, None
        self._replies.stop()
        ended = error or StateError("The call has ended.", code="call_ended", next_step="Press Call again.")
        if not run.connected.done():
            run.connected.set_exception(ended)
        run.offer.cancel()
        for playing in self._playing.values():
            if not playing.done():
                playing.set_exception(ended)
        self._playing.clear()
        if run.open_request is not None:
            self._failed(run.open_request, ended)
        if error is not None:
            self._local("failed", error=error.info())
        else:
            self._local("closed")
        if self.transport == "webrtc":
            self._page({"type": "call.close", "call": self._number, "keep_microphone": False}, None)
        self._state(holder="", call_started_at=0.0, retry_at=0.0)
        if call is not None:
            call.end()
        if run.task is not None and run.task is not asyncio.current_task():
            run.task.cancel()

    async def _beat(self) -> None:
        while self.transport == "webrtc":
            self._page({"type": "beat"}, None)
            await asyncio.sleep(BEAT_S)

    # --- verbs: on the loop ---

    async def _warm(self) -> None:
        await self.service.start()
        if self._hints is None:
            self._hints = asyncio.create_task(self._take_hints())
        await asyncio.shield(self._hints)
        self._state(
            voices=list(self.service.capabilities.voices), notice=getattr(self.service, "notice", None)
        )

    async def _take_hints(self) -> None:
        """What the agent expects to hear goes to the recogniser with the offer."""
        if not self.service.capabilities.kernel_agent or not hasattr(self._agent, "hints"):
            return
        from threading import Event as Flag

        async for hints in Work(keep=0).stream(hints_of, self._agent, cancelled=Flag()):
            if isinstance(self.config.transcription, Mapping):
                expected = {"keywords": list(hints.words), "prompt": "\n".join(hints.phrases)}
                self.config = replace(self.config, transcription={**self.config.transcription, **expected})

    async def _connect(self) -> None:
        if self._run is not None:
            raise _running()
        await asyncio.shield(self._dial().connected)

    def _dial(self, page: str = "") -> _Run:
        run = self._begin(page)
        if self.transport == "webrtc":
            self._page({"type": "call.offer_wanted", "page": page, "reason": "connect"}, None)
        return run

    async def _hang_up(self) -> None:
        if self._run is not None:
            self._finish(self._run, None)

    async def _connected_call(self, page: str = "") -> Call:
        """The call of the moment, made if there is none."""
        run = self._run or self._dial(page)
        await asyncio.shield(run.connected)
        if self._call is None:
            raise StateError("The call has just ended.", code="call_ended", next_step="Call again.")
        return self._call

    async def _say_as_user(self, text: str, page: str = "") -> None:
        text = _text(text)
        call = await self._connected_call(page)
        item = {
            "id": self._new_id("item"),
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": text}],
        }
        await call.send({"type": "conversation.item.create", "item": item}, {"type": "response.create"})

    async def _say(self, text: str) -> None:
        call = await self._connected_call()
        response: dict[str, Any] = {"text": text}
        if not self.service.capabilities.verbatim:
            response = {
                "input": [],
                "tool_choice": "none",
                "instructions": f"Say exactly the following text, word for word, and nothing else:\n{text}",
            }
        await call.send({"type": "response.create", "response": response})

    async def _interrupt(self) -> None:
        if self._call is not None:
            await self._call.interrupt()

    async def _play(self, pcm: bytes, sample_rate: int, pace: Pace) -> None:
        call = await self._connected_call()
        if self.transport == "memory":
            from voice_widget.caller import pcm24k

            done = call.spawn(call.speak(pcm24k(pcm, sample_rate), pace))
            if done is None or ((await asyncio.wait({done})) and done.cancelled()):
                raise StateError("The call ended before all was said.", next_step="Call again.")
            done.result()
            return
        request_id = self._new_id("play")
        played = self._playing[request_id] = _future()
        self._page({"type": "play", "request_id": request_id, "sample_rate": sample_rate}, [pcm])
        try:
            await played
        finally:
            self._playing.pop(request_id, None)

    def _settings(self, changes: Mapping[str, Any]) -> tuple[SessionConfig, dict[str, Any]]:
        """The settings after these changes, and the session object that says only what changes."""
        try:
            session = SessionConfig(**changes).session()
        except TypeError:
            known = sorted(SessionConfig.__dataclass_fields__)
            raise SettingError(
                f"There is no setting {sorted(set(changes) - set(known))}.", next_step=f"Known are {known}."
            ) from None
        except AttributeError as error:
            raise SettingError(
                f"A setting has the wrong type: {error}.", next_step="See SessionConfig."
            ) from None
        try:
            config = self.config.merged(session)
        except ProtocolError as error:
            raise SettingError(error.message, code=error.code, next_step="See SessionConfig.") from None
        voices = self.service.capabilities.voices
        if "voice" in changes and voices and config.voice not in voices:
            some = ", ".join(voices[:12]) + (" …" if len(voices) > 12 else "")
            raise SettingError(
                f"The {self.service.name} has no voice {config.voice!r}.",
                code="unknown_voice",
                next_step=f"Choose one of {some}.",
            )
        return config, session

    async def _update(self, changes: Mapping[str, Any]) -> None:
        config, session = self._settings(changes)
        call = self._call
        if call is None or not call.connected.is_set():
            self.config = config
            told = {name: changes[name] for name in ("voice", "turn_detection") if name in changes}
            self._state(**told)
            return
        answer = await call.ask({"type": "session.update", "session": session})
        if answer["type"] == "error":
            error = answer.get("error") or {}
            if error.get("code") == "cannot_update_voice":
                self.config = config  # the next call has it
            raise ServiceRefused(
                f"The service refused the setting: {error.get('message') or error.get('code')}",
                code=str(error.get("code") or "setting_refused"),
                next_step="The old setting stays in force; hang up and call again to start with the new one.",
            )
        self.config = config

    async def _close(self) -> None:
        await self._hang_up()
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=5)
        await self.service.close()

    # --- pages ---

    def _handle(self, message: Mapping[str, Any]) -> None:
        kind, page = message["type"], message["page"]
        run, call = self._run, self._call
        holds = run is not None and run.holder == page
        of_call = holds and call is not None and message.get("call") == call.number
        match kind:
            case "call.pending":
                if run is None and not self._closed:
                    self._begin(page)
                elif run is not None and run.holder == "":
                    self._take_over(run, page)
            case "call.open":
                self._opened(message)
            case "call.peer" if of_call:
                cast(Call, call).media(message["state"])
            case "call.hang_up" if run is not None and (holds or message["reason"] == "user"):
                if message["call"] in (0, self._number):
                    self._finish(run, None)
            case "call.failed":
                self._page_failed(message)
            case "voiced" if of_call:
                fields = {name: message[name] for name in ("side", "voiced", "at_ms")}
                self._observe(call, {"type": "voice_widget.page.voiced", **fields}, "local")
            case "client_event" if of_call:
                with contextlib.suppress(ProtocolError):
                    cast(Call, call).page_event(parse(message["event"]))
            case "set":
                self._request(message, self._set(message["name"], message["value"]))
            case "send_text":
                self._request(message, self._say_as_user(message["text"], page))
            case "interrupt" if call is not None and (not holds or self.transport != "webrtc"):
                call.spawn(call.interrupt())
            case "played":
                played = self._playing.get(message["request_id"])
                if played is not None and not played.done():
                    played.set_result(None)

    def _take_over(self, run: _Run, page: str) -> None:
        run.holder = page
        self._state(holder=page)

    def _opened(self, message: Mapping[str, Any]) -> None:
        page, request_id = message["page"], message["request_id"]
        if self._closed:
            self._failed(request_id, _closed())
            return
        run = self._run or self._begin(page)
        if run.holder == "" and not run.offer.done():
            self._take_over(run, page)
        if run.holder != page:
            error = StateError(
                "Another page holds the call.",
                code="held_elsewhere",
                next_step="Hang up there, or here, then call.",
            )
            self._failed(request_id, error)
        elif run.offer.done():
            # Call pressed twice: the call that runs is what was wanted.
            self._failed(request_id, _running())
        else:
            run.open_request = request_id
            run.offer.set_result(_Offer(page, request_id, message["sdp"]))

    def _page_failed(self, message: Mapping[str, Any]) -> None:
        error = page_error(message["code"], message["detail"])
        run = self._run
        if error.code in MERELY_SHOWN:
            self._state(notice=error.info())
        elif run is None:
            self._local("failed", error=error.info())
        elif run.holder in ("", message["page"]):
            self._finish(run, error)

    async def _set(self, name: str, value: Any) -> None:
        if name == "muted":
            self._state(muted=bool(value))
        else:
            self._settings({name: value})
            await self._update({name: value})

    def _request(self, message: Mapping[str, Any], work: Coroutine[Any, Any, None]) -> None:
        """Do it, and answer the page's request."""

        async def run() -> None:
            try:
                if self._closed:
                    work.close()
                    raise _closed()
                await work
            except VoiceWidgetError as error:
                self._failed(message["request_id"], error)
            else:
                self._page({"type": "request.done", "request_id": message["request_id"]}, None)

        self._keep(asyncio.create_task(run()))

    def _failed(self, request_id: str, error: VoiceWidgetError) -> None:
        self._page({"type": "request.failed", "request_id": request_id, "error": error.info()}, None)

    # --- what happens ---

    def _observe(self, call: Call | None, event: Event, direction: Direction) -> None:
        if call is not self._call:
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

    def _local(self, what: str, **fields: Any) -> None:
        self._observe(self._call, {"type": f"voice_widget.call.{what}", **fields}, "local")

    def _state(self, **values: Any) -> None:
        self._publish([StateChanged(cast(Any, name), value) for name, value in values.items()])

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def _refuse_closed(self) -> None:
        if self._closed:
            raise _closed()


def _text(text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise SettingError("There is no text to say.", code="no_text", next_step="Give a sentence.")
    return text


def _recogniser(service: Service) -> str:
    own = service.capabilities.kernel_agent and service.model
    return own or "gpt-4o-mini-transcribe"


def _future() -> asyncio.Future[Any]:
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    # Nobody may be waiting for it, and that is no mistake.
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future


def _history_item(said: Mapping[str, Any]) -> Event:
    part = "output_text" if said["role"] == "assistant" else "input_text"
    item = {"type": "message", "role": said["role"], "content": [{"type": part, "text": said["text"]}]}
    return {"type": "conversation.item.create", "item": item}


def _running() -> StateError:
    return StateError("A call runs already.", code="call_running", next_step="Hang up first: w.disconnect().")


def _closed() -> StateError:
    return StateError("The widget is closed.", code="closed", next_step="Make a new VoiceWidget.")
