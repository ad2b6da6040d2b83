"""A talk: what a widget says and hears, over as many calls as it takes.

The verbs may be called from any thread: they check what can be checked at once and hand the rest to the loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from voice_widget.agents import Agent, Show, Turn
from voice_widget.agents.functions import as_agent
from voice_widget.audio.microphone import SAMPLE_RATE, Pace, pcm24k
from voice_widget.audio.streams import is_stream
from voice_widget.call.ice import Ice
from voice_widget.call.ways import Page
from voice_widget.errors import SettingError, shown
from voice_widget.realtime.session.chat import ChatMessage
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.state.changes import Change
from voice_widget.realtime.wire.events import new_id
from voice_widget.services import Service, users
from voice_widget.tables.event_log import EventLog
from voice_widget.tables.ledger import Ledger
from voice_widget.tables.prices import Prices
from voice_widget.talk.budgeting import Budgeting
from voice_widget.talk.dialler import Dialler
from voice_widget.talk.journal import Journal
from voice_widget.talk.local_servers import LocalServers
from voice_widget.talk.offers import Offers
from voice_widget.talk.pages import Pages
from voice_widget.talk.preparation import Preparation, completed
from voice_widget.talk.recording import Recording
from voice_widget.talk.replies import Replies
from voice_widget.talk.requests import Requests, checked_id, of_phone
from voice_widget.talk.run import closed, running
from voice_widget.talk.saying import Saying, text_to_say
from voice_widget.talk.settings import TalkSettings
from voice_widget.talk.steering import Steering
from voice_widget.talk.travelling import joining, way_of
from voice_widget.talk.updates import Updates
from voice_widget.talk.voice_activity import WatchedActivity
from voice_widget.threads.loop import loop, submit
from voice_widget.tools.approvals import Decision
from voice_widget.tools.tool import Tool
from voice_widget.tools.tools import AnyTool, Known, Tools


class LiveTalk:
    """What a widget says and hears, over as many calls as it takes.

    Args:
        service: Who is called.
        config: The session's settings.
        transport: ``"webrtc"`` (a page's audio), ``"comm"`` (that, by the kernel) or ``"memory"`` (samples).
        flow: On webrtc, who hands the offer over: we (``"unified"``), or the page, with a token.
        falls_back, ice: On webrtc: it goes on by comm where a page finds no path; the servers that it asks.
        agent: What answers where the service asks the kernel for its replies.
        tools: What may be called.
        history: What was said before the talk, as `chat_checks.checked_chat` gives it.
        publish: Gets every change, in order, on the loop thread; it must not block. The names of
            `StateChanged` are the traits' names: those of the session and ``holder``, ``call_started_at``,
            ``retry_at``, ``notice``, ``voices``, ``muted``.
        page: Sends a message to the pages, with its buffers.
        show: Displays a rich result of the agent in the cell.
        clock: The time in seconds since the epoch; by default the service's own clock, else the real one.
        events: Keeps them.
        prices: By model: what a million tokens cost, or a minute.
        agent_timeout_s: How long an agent may be silent (the engine's own patience is 30 s).
        closes_service: The service ends with the last talk for which this is so.
        behind: How many changes wait to be published: a flood of events is read no faster than that goes.

    Attributes:
        recording: Keeps the sound of its calls, once it is given a recorder.
        offers: What it has to do with pages that call, and whether there is one.
        devices: The microphones and loudspeakers of the pages.
        steering: The conversation by hand: events, answers and items of the protocol.
        agent: Runs the agent, if it is one of the Agents SDK's.
        budgeting: Counts what it uses, and ends it when that is all it may.
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
        falls_back: bool = False,
        ice: Ice | None = None,
        agent: Agent | None = None,
        tools: Iterable[AnyTool] | None = None,
        history: Sequence[ChatMessage] = (),
        show: Callable[[Turn, Show], None] = lambda turn, show: None,
        clock: Callable[[], float] | None = None,
        events: EventLog | None = None,
        prices: Prices | None = None,
        agent_timeout_s: float = 25.0,
        closes_service: bool = False,
        behind: Callable[[], int] = lambda: 0,
    ) -> None:
        self.service, self.transport, self._closes_service = service, transport, closes_service
        self._tools = known = Tools(tools)
        self._session = session = Session()
        if history:
            session.apply({"type": "voice_widget.call.history", "messages": list(history)}, 0.0)
        self._settings = settings = TalkSettings(
            completed(config, service, known), session, publish, by_webrtc=transport == "webrtc"
        )
        self.ledger = ledger = Ledger(session, prices)
        self.activity = activity = WatchedActivity(service)
        asked = None if agent is None else as_agent(agent)
        replies = Replies(session, asked, known, show=show, timeout_s=agent_timeout_s)
        own_clock = getattr(service, "clock", None)
        self._journal = journal = Journal(
            session,
            EventLog() if events is None else events,
            ledger,
            settings,
            replies,
            activity,
            publish=publish,
            page=page,
            clock=clock or (own_clock.time if own_clock is not None else time.time),
        )
        self.offers = Offers(page, journal)
        self.recording = recording = Recording(journal, page)
        self._dialler = dialler = Dialler(
            service,
            way=way_of(transport, flow, ice, falls_back=falls_back),
            ready=(ready := Preparation(service, asked, settings.hinted)),
            session=session,
            settings=settings,
            replies=replies,
            journal=journal,
            offers=self.offers,
            page=page,
            behind=behind,
            sound=recording.of_samples,
        )
        ids = getattr(service, "new_id", new_id)
        self.budgeting = Budgeting(journal, dialler, ledger, prices, service.model or config.model)
        self._saying = saying = Saying(
            dialler,
            service=service,
            session=session,
            journal=journal,
            page=page,
            new_id=ids,
            by_webrtc=transport == "webrtc",
        )
        self.steering = Steering(
            dialler, service=service, session=session, journal=journal, tools=known, new_id=ids
        )
        replies.tools.interjections.exactly = saying.exactly
        self._updates = updates = Updates(
            dialler, service=service, session=session, settings=settings, journal=journal, tools=known
        )
        self._tool_runs, self.agent = replies.tools, replies.agent
        self._pages = Pages(
            dialler,
            journal=journal,
            saying=saying,
            updates=updates,
            recording=recording,
            tools=replies.tools,
            page=page,
        )
        self.devices = self._pages.devices
        self._ending: Future[None] | None = None  # the last hang-up
        self._requests = Requests()
        self._servers = LocalServers(known, ready, updates, journal)
        if closes_service:
            users.hold(service)  # last: an argument that is refused leaves nobody to let it go

    @property
    def session(self) -> Session:
        """What was said; the loop thread changes it."""
        return self._session

    @property
    def joined(self) -> str:
        """The id of the call that is followed; empty: none, or one of our own."""
        run = self._dialler.run
        return run.way.call_id if run is not None else ""

    @property
    def events(self) -> EventLog:
        """Every event, both ways."""
        return self._journal.events

    @property
    def config(self) -> SessionConfig:
        """The settings of the next call, and of this one as far as they were accepted."""
        return self._settings.of_next

    @property
    def holds(self) -> bool:
        """A call runs, or is being let go of; or the service has not answered a request about one."""
        return self._dialler.holds or self._requests.pending

    def settings(self) -> SessionConfig:
        """The settings in force, as the service shows them; without a call those of the next one."""
        return self._settings.in_force()

    def kept(self) -> tuple[tuple[Known, ...], SessionConfig]:
        """What another talk like this one is made with: the functions to be called, and the settings."""
        config = self._settings.of_next
        ours, others = self._tools.apart(config.tools or ())
        return ours, replace(config, tools=others or None)

    # --- verbs: any thread ---

    def warm(self) -> Future[None]:
        """Start the service in the background, so that the first call is quick."""
        return submit(self._dialler.warm())

    def connect(self) -> Future[None]:
        """Call. On webrtc a page that shows the widget is asked for its offer. Done once connected.

        Raises:
            StateError: A call runs, or the widget is closed.
        """
        self._refuse_closed()
        self._refuse_running()
        return submit(self._connect())

    def join(self, call_id: str) -> Future[None]:
        """Follow and steer a call that runs, without sound of ours, until `disconnect`. Done once connected.

        Raises:
            SettingError: There is no id.
            StateError: A call runs, or the widget is closed.
        """
        self._refuse_closed()
        checked_id(call_id)
        self._refuse_running()
        return submit(self._join(call_id))

    def accept(self, call_id: str, **changes: Any) -> Future[None]:
        """Take an incoming phone call with the next call's settings and these; `join` follows it then."""
        return self._phone("accept", call_id, self._settings.merged(self._updates.checked(changes)))

    def reject(self, call_id: str, status_code: int = 603) -> Future[None]:
        """Turn an incoming phone call away."""
        return self._phone("reject", call_id, status_code)

    def refer(self, call_id: str, target_uri: str) -> Future[None]:
        """Hand a phone call over to another number or address."""
        return self._phone("refer", call_id, target_uri)

    def hangup_call(self, call_id: str) -> Future[None]:
        """End a call at the service, whoever made it."""
        self._refuse_closed()
        self._ending = submit(self._requests.run(self._hang_up_call(checked_id(call_id))))
        return self._ending

    def disconnect(self) -> Future[None]:
        """Hang up, or leave a call that was joined. Without a call nothing happens."""
        self._ending = submit(self._hang_up())
        return self._ending

    def leave(self) -> Future[None]:
        """Hang up; done once the service knows it, too."""
        return submit(self._leave())

    def send_text(self, text: str, images: Sequence[bytes] = ()) -> Future[None]:
        """A typed user turn, maybe with images (`Saying.content`). Without a call one is made."""
        self._refuse_closed()
        self._saying.content(text, images)
        return submit(self._saying.as_user(text, images=images))

    def say(self, text: str) -> Future[None]:
        """Let the assistant say exactly this."""
        self._refuse_closed()
        return submit(self._saying.verbatim(text_to_say(text)))

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

    def add_tool(self, tool: Tool) -> Future[None]:
        """Let this function be called, also in the call of the moment."""
        self._refuse_closed()
        self._tools.check_not_brought([tool.name])
        return submit(self._updates.add_tool(tool))

    def decide(self, tool_call_id: str, decision: Decision) -> Future[None]:
        """A tool's call that waits for it may run, or may not."""
        return submit(self._tool_runs.decide(tool_call_id, decision))

    def play(self, audio: Any, sample_rate: int = SAMPLE_RATE, pace: Pace = "real") -> Future[None]:
        """Speak as the caller: PCM16 mono, or from memory an iterator of sound. Done when all of it was said.

        Raises:
            SettingError: It cannot be said in this way.
        """
        self._refuse_closed()
        if not isinstance(pace, str) or pace not in ("real", "max"):
            raise SettingError(f"There is no pace {shown(pace)}.", next_step='Choose "real" or "max".')
        if self._dialler.way.by_page and pace != "real":
            raise SettingError(
                f"By {self.transport} the caller can only speak in real time.",
                next_step='Use pace="real", or transport="memory".',
            )
        if self._dialler.way.by_page and is_stream(audio):
            raise SettingError(
                f"By {self.transport} the page plays a recording, and an iterator is none yet.",
                next_step='Give all of it at once, or use transport="memory".',
            )
        pcm24k(b"", sample_rate)  # a rate that is none is refused here
        return submit(self._saying.play(audio, sample_rate, pace))

    def close(self) -> Future[None]:
        """Hang up and let the service go. No verb works afterwards."""
        self._dialler.closed = True
        return submit(self._close())

    def handle(self, message: Mapping[str, Any], buffers: Sequence[Any] = ()) -> None:
        """Take a page's message (checked already); every one but ``missing``."""
        self.page_is_there()
        loop().call_soon_threadsafe(self._pages.handle, message, buffers)

    def page_is_there(self) -> None:
        """A page was heard of, or shown: a call that needs one has to wait for it."""
        self.offers.has_page = True

    # --- on the loop ---

    async def _connect(self) -> None:
        if self._dialler.run is not None:
            raise running()
        await asyncio.shield(self._dialler.dial().connected)

    async def _join(self, call_id: str) -> None:
        if self._dialler.run is not None:
            raise running()
        await asyncio.shield(self._dialler.begin("", way=joining(call_id)).connected)

    def _phone(self, verb: str, call_id: str, *details: Any) -> Future[None]:
        self._refuse_closed()
        return submit(self._requests.run(of_phone(self.service, verb, checked_id(call_id), *details)))

    async def _hang_up(self) -> None:
        if (run := self._dialler.run) is not None:
            await self._dialler.fall_silent(run)
            self._dialler.finish(run, None)

    async def _leave(self) -> None:
        await self._hang_up()
        await asyncio.gather(self._dialler.settle(), self._requests.settle())

    async def _hang_up_call(self, call_id: str) -> None:
        run = self._dialler.run
        if run is not None and run.way.ours and self._session.call_id == call_id:
            # Ended at the service only, our own call would count as lost and be made anew.
            self._dialler.finish(run, None)
            if run.task is not None:
                await asyncio.wait({run.task}, timeout=5)
            return
        await self.service.start()
        await self.service.hangup(call_id)

    async def _interrupt(self) -> None:
        if self._dialler.call is not None:
            await self._dialler.call.interrupt()

    async def _close(self) -> None:
        await self._leave()
        await asyncio.gather(self._requests.close(), self._servers.close())
        held, self._closes_service = self._closes_service, False
        if held and users.let_go(self.service):
            await self.service.close()

    def _refuse_running(self) -> None:
        # Read before the run: what is being hung up has not ended yet, but will have before the next call.
        ends = self._ending is not None and not self._ending.done()
        if not ends and self._dialler.run is not None:
            raise running()

    def _refuse_closed(self) -> None:
        if self._dialler.closed:
            raise closed()
