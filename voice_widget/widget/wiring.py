"""Joins a widget to its publisher, its report and its talk."""

from __future__ import annotations

import atexit
import contextlib
import logging
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from voice_widget.agents.sdk.given import SdkAgent
from voice_widget.audio.microphone import SAMPLE_RATE, pcm24k
from voice_widget.audio.streams import is_stream
from voice_widget.errors import ErrorInfo, MissingParts, SettingError, StateError, shown
from voice_widget.own_tab.tabs import Tabs
from voice_widget.page.routing import page_waits_for_the_cell
from voice_widget.realtime.session.chat import messages
from voice_widget.realtime.settings.settings import Settings
from voice_widget.realtime.state.changes import Problem, StateChanged
from voice_widget.realtime.state.clock import iso
from voice_widget.realtime.state.records import Row, WizardDesk
from voice_widget.tables.event_log import EventLog
from voice_widget.tables.live import Tables
from voice_widget.talk.live import LiveTalk
from voice_widget.talk.run import closed, no_sound
from voice_widget.threads import loop as loops
from voice_widget.threads.one_thread import IN_BROWSER
from voice_widget.threads.publisher import Buffers, Publisher
from voice_widget.threads.work import as_ours, log_failure
from voice_widget.widget import arguments
from voice_widget.widget.callbacks import FAST, Listeners
from voice_widget.widget.diagnosing import Diagnosing
from voice_widget.widget.links import LinkGiver
from voice_widget.widget.receiving import Receiver
from voice_widget.widget.report import OVER, Report
from voice_widget.widget.result_pages import ResultPages
from voice_widget.widget.showing import Showing
from voice_widget.widget.traits import KernelWidget
from voice_widget.widget.wizards_desk import Desk

if TYPE_CHECKING:
    from voice_widget.recording.record import Record
    from voice_widget.recording.talk import Talk
    from voice_widget.widget.keeping import AudioStream, Keeper

T = TypeVar("T")
log = logging.getLogger("voice_widget")
PATIENCE_S = 2.0
SOUND_S = 60.0  # hours of sound take that long to be written as they stay
_NO_SOUND = (
    "This widget records no sound.",
    "Make it with VoiceWidget(record=True), or record=FOLDER.",
)
_DELETED = ("The recording was deleted.", "Record the next talk with another widget.")
LEAVE_S = 4.5  # Jupyter kills a kernel that takes 5 s to end
_open: weakref.WeakSet[Wiring] = weakref.WeakSet()


class Wiring:
    """What stands behind one widget. The widget may call everything here from any thread."""

    def __init__(self, widget: KernelWidget, plan: arguments.Plan, facts: Sequence[str]) -> None:
        self._widget, self._plan = widget, plan
        self.publisher = Publisher(self._transmit)
        result_pages = ResultPages()
        widget._heard = result_pages.heard
        self.report = Report(
            self.publisher,
            write=widget._write,
            read=self.fact,
            write_transcript=widget._write_transcript,
            facts=facts,
            redacted=lambda item_id: self.showing.redact(item_id),
            prices=plan.prices,
            under=result_pages,
        )
        self._keeper = _keeper(plan)  # first of all: it may refuse its folder
        self.events = EventLog()
        self.listeners = Listeners(self.publisher)
        self.events.listener = self.listeners.hear
        self.showing = Showing(self.publisher, self.report, result_pages)
        self._refused: ErrorInfo | None = None
        self.closed = False
        self.talk = LiveTalk(
            plan.service,
            plan.config,
            transport=plan.transport,
            falls_back=plan.falls_back,
            flow=plan.flow,
            ice=plan.ice,
            agent=plan.agent,
            tools=plan.tools,
            history=plan.history,
            publish=self.report.publish,
            page=self.publisher.send,
            show=self.showing.show,
            events=self.events,
            prices=plan.prices,
            closes_service=True,
            behind=lambda: self.publisher.behind,
        )
        if self.talk.agent is not None:
            self.talk.agent.listener = self.listeners.agent_event
        if plan.budget is not None:
            loops.call(lambda: self.talk.budgeting.limit(plan.budget))
        if self._keeper is not None and plan.recorded is not None:
            self.events.recorder = self._keeper.event
            self.talk.recording.begin(self._keeper, consent=plan.recorded.consent)
        self.desk = Desk(plan.agent, self._at_the_desk)
        diagnosing = Diagnosing(self.talk, self.fact, self.publisher, self.page_waits)
        receives = self.talk, self.report, self.showing, self.publisher, self.events, self.desk.say
        self.tabs = Tabs(plan.service, widget._handle_custom_msg, facts, widget.get_state)
        self.pages = Receiver(*receives, diagnosing, LinkGiver(self.tabs, self.publisher))
        levels = self._keeper.levels if self._keeper else None
        self.tables = Tables(self.events, self.talk.ledger, loops.call, levels)
        _open.add(self)

    def fact(self, name: str) -> Any:
        """What a trait of the widget says."""
        return getattr(self._widget, name)

    def warm(self) -> None:
        """Make the service ready in the background; what fails is told, never raised."""
        self.talk.warm().add_done_callback(self._warmed)

    def rows(self) -> list[Row]:
        """The rows as they are now. Only the loop thread changes them, so that is where they are copied."""
        return loops.call(lambda: self.talk.session.rows)

    def kept(self) -> Keeper:
        """What keeps the talk.

        Raises:
            StateError: Nothing does.
        """
        if self._keeper is None:
            message, next_step = _NO_SOUND if self._plan.recorded is None else _DELETED
            raise StateError(message, code="not_recording", next_step=next_step)
        return self._keeper

    def writes(self) -> bool:
        """A recording is being written, or given the form in which it stays."""
        from voice_widget.recording.folder import held

        return self._keeper is not None and held(self._keeper.folder)

    def listened(self) -> AudioStream:
        """Both sides' sound from now on."""
        keeper = self.kept()
        if self.talk.joined:
            raise no_sound("Leave it and call: then both sides are heard here.")
        return loops.call(keeper.listened)

    def forget(self) -> tuple[str, ...]:
        """Delete what was kept, and keep no more."""
        keeper = self.kept()
        ended = self.talk.recording.end()
        if not IN_BROWSER:  # there nothing may wait, and nothing is left to wait for
            ended.result()
        self.events.recorder = self._keeper = None
        self.publisher.flush(PATIENCE_S)  # `recording` says it to whoever goes on
        return keeper.forget()

    def so_far(self, *, live: bool = False) -> Talk:
        """The talk as it is now: from what is kept of it, else from its events alone.

        Args:
            live: Take what its events came to from here. It is quick, and may be some events ahead of them.
        """
        from voice_widget.recording.replay import Replayed
        from voice_widget.recording.talk import Talk

        record = None if self._keeper is None else self._keeper.record(self.events)
        record = self._unkept() if record is None else record
        if live:
            session, ledger = self.talk.session, self.talk.ledger
            came = loops.call(lambda: Replayed(session, ledger.read(), ledger.uses()))
            record = replace(record, came=came, stored=None)
        return Talk(record)

    def _unkept(self) -> Record:
        from voice_widget.recording.record import Record
        from voice_widget.recording.saving import manifest

        lines = loops.call(self.events.lines)
        facts = {"created_at": iso(lines[0].at if lines else time.time()), **self._plan.facts()}
        gone = () if self._keeper is None else (self._keeper.gone(),)
        return Record(None, manifest(facts), lambda: lines, problems=gone)

    def messages(self, *, whole: bool = False, upto: int | None = None) -> list[dict[str, Any]]:
        """What was said in the talk, as a chat."""
        session = self.talk.session
        rows, uses = loops.call(lambda: (session.rows, session.uses.answers()))
        return messages(rows, uses, whole=whole, upto=upto)

    def arguments(self) -> dict[str, Any]:
        """What makes another widget of the same kind. The service is shared: who uses it last lets it go."""
        plan = self._plan
        functions, settings = loops.call(self.talk.kept)
        if isinstance(plan.agent, SdkAgent):
            settings = replace(settings, instructions=None)  # its own, as of now
        return {
            "agent": plan.given_agent,
            "service": plan.service,
            "tools": functions,
            "settings": settings,
            "transport": None if plan.falls_back else plan.transport,
            "flow": plan.flow,
            "ice_servers": plan.ice.given,
            "prices": plan.prices,
            "budget": loops.call(self.talk.budgeting.use).limits,
            **({} if plan.recorded is None else plan.recorded.again()),
        }

    def settings(self) -> Settings:
        """The settings in force, as the service shows them; without a call those of the next one."""
        return loops.call(self.talk.settings)

    def hangup(self, call_id: str | None) -> Future[None]:
        """End a call, also one that was only joined."""
        joined = self.talk.joined
        if call_id is None and not joined:
            return self.talk.disconnect()
        return self.talk.hangup_call(joined if call_id is None else call_id)

    def refer(self, target_uri: str, call_id: str | None) -> Future[None]:
        """Hand a phone call over."""
        self.refuse_closed()
        if not isinstance(target_uri, str):
            raise SettingError(
                f"{shown(target_uri)} is no address to hand a call over to.",
                next_step='Give one such as "tel:+14155550123".',
            )
        which = self.talk.joined if call_id is None else call_id
        if isinstance(which, str) and not which:
            raise StateError(
                "There is no phone call to hand over.",
                code="no_call",
                next_step="Join it first, or give its call_id.",
            )
        return self.talk.refer(which, str.__str__(target_uri))

    def on(self, event: str, function: Callable[[Any], Any]) -> Callable[[], None]:
        """Call ``function`` at every ``event``; the result undoes it."""
        return (self.listeners.add if event in FAST else self.report.on)(event, function)

    def told(self, future: Future[T]) -> Future[T]:
        """The same, done only when the traits say what had happened before."""
        outer: Future[T] = Future()
        future.add_done_callback(self._failed)

        def copy() -> None:
            error = CancelledError() if future.cancelled() else future.exception()
            if error is not None:
                outer.set_exception(error)
            else:
                outer.set_result(future.result())

        def done(_: Future[T]) -> None:
            if not self.publisher.submit(copy):
                copy()

        future.add_done_callback(done)
        return outer

    def ask(self, requests: Mapping[str, Any], *, wait: bool = False) -> Future[Any]:
        """Ask for settings. With ``wait`` and no call they are in force afterwards."""
        future = self.talk.update(**requests)
        future.add_done_callback(self._asked)
        if wait and self.fact("connection_state") in OVER and loops.may_wait():
            with contextlib.suppress(Exception):  # told by `_asked`
                future.result(PATIENCE_S)
            self.publisher.flush(PATIENCE_S)
        return future

    def play(self, audio: Any, sample_rate: int | None, pace: Any) -> Future[Any]:
        """Speak audio as the caller."""
        if is_stream(audio):
            return self.talk.play(audio, SAMPLE_RATE if sample_rate is None else sample_rate, pace)
        samples, rate = arguments.samples_of(audio, sample_rate)
        pace = str.__str__(pace) if isinstance(pace, str) else pace
        return self.talk.play(pcm24k(samples, rate), SAMPLE_RATE, pace)

    def page_waits(self) -> str | None:
        """Why a page could do nothing while a cell blocks, or None."""
        return None if self._plan.transport == "memory" else page_waits_for_the_cell(self.pages.on_main)

    def display(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Show the widget in the cell that runs, and under it the places for results."""
        self.talk.page_is_there()
        self.showing.open(data, metadata)

    def close(self) -> None:
        """Hang up and release everything. Safe to call twice and from any thread."""
        if self.closed:
            return
        self.closed = True
        self.desk.close()
        self.tabs.close()
        ended = self.talk.close()
        ended.add_done_callback(lambda _: _open.discard(self))  # before that the kernel's end waits for it
        self.publisher.submit(self.report.waiters.close)
        if loops.may_wait():
            with contextlib.suppress(Exception):
                ended.result(PATIENCE_S)
            self._kept_whole(SOUND_S)
            self.publisher.flush(PATIENCE_S)
            self.publisher.close()
        else:
            # Waiting here could be waiting for oneself; the facts must still say that it is over.
            ended.add_done_callback(lambda _: self._kept_whole(0))
            ended.add_done_callback(lambda _: self.publisher.submit(self.publisher.close))

    def _kept_whole(self, timeout: float) -> None:
        """Let what is kept get the form in which it stays; it does so beside us, too."""
        if self._keeper is None:
            return
        try:
            self._keeper.close(timeout)
        except Exception as error:  # what is to be done after this is not its business
            log_failure("A mistake of this package.", error)

    def refuse_closed(self) -> None:
        """A closed widget waits for nothing."""
        if self.closed:
            raise closed()

    def wait(self, begin: Callable[[], None]) -> None:
        """Begin to wait once all that was asked for before is begun: a call, above all."""
        self.refuse_closed()

        async def behind_the_verbs() -> None:
            if not self.publisher.submit(begin):
                begin()  # closed meanwhile: it is told so

        loops.submit(behind_the_verbs())

    def _warmed(self, future: Future[None]) -> None:
        error = None if future.cancelled() else future.exception()
        if self.closed:
            return  # it was let go of while it started
        if isinstance(error, MissingParts):
            self.report.publish([StateChanged("notice", error.info())])  # type: ignore[arg-type]
        elif error is not None:
            self.report.publish([Problem(as_ours(error).info())])

    def _at_the_desk(self, shows: WizardDesk | None) -> None:
        self.report.publish([StateChanged("wizard", shows)])

    def _transmit(self, message: Mapping[str, Any], buffers: Buffers | None) -> None:
        self._widget._send({"method": "custom", "content": message}, buffers=buffers)

    def _asked(self, future: Future[Any]) -> None:
        refused, self._refused = self._refused, None
        self._failed(future)
        error = None if future.cancelled() else future.exception()
        if error is not None:
            self._refused = as_ours(error).info()
        elif refused is not None and refused == self.fact("error"):
            self.report.publish([StateChanged("error", None)])

    def _failed(self, future: Future[Any]) -> None:
        """Show what a verb could not do: nobody may be waiting for it."""
        error = None if future.cancelled() else future.exception()
        # That a call has ended meanwhile is no failure of anything.
        if error is not None and not isinstance(error, StateError):
            self.report.publish([Problem(as_ours(error).info())])


def _keeper(plan: arguments.Plan) -> Keeper | None:
    if plan.recorded is None:
        return None
    from voice_widget.widget.keeping import Keeper  # with numpy, which a first import does without

    return Keeper(plan.recorded.folder or None, plan.facts())


@atexit.register
def _hang_up_all() -> None:
    """A kernel that ends in an orderly way hangs up; the engine's process ends with its standard input."""
    calling = [wiring for wiring in _open if wiring.talk.holds]
    ending = [wiring.talk.leave() for wiring in calling]
    end = time.monotonic() + LEAVE_S  # for all together, however many callbacks block

    def left() -> float:
        return max(0.0, end - time.monotonic())

    for call in ending:
        with contextlib.suppress(Exception):
            call.result(left())
    for wiring in list(_open):
        wiring._kept_whole(left())
    for wiring in calling:
        wiring.publisher.flush(min(PATIENCE_S, left()), calls=True)
