"""Calls in sequence over one session. All of it runs on the loop thread.

A *run* goes from Call to the end. While it lasts a lost call is got back, a few times, by a new call.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from voice_widget.audio.tape import Sound
from voice_widget.call.deliveries import future
from voice_widget.call.ways import Leg, Offer, Page, Way
from voice_widget.errors import ServiceRefused, VoiceWidgetError
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.wire.events import new_id
from voice_widget.services import Service
from voice_widget.talk.ahead import Ahead
from voice_widget.talk.falling_back import by_comm, failed_both_ways, way_instead
from voice_widget.talk.journal import Journal
from voice_widget.talk.offers import Offers
from voice_widget.talk.preparation import Preparation
from voice_widget.talk.replies import Replies
from voice_widget.talk.retrying import trigger_of
from voice_widget.talk.run import (
    Run,
    answer_lost,
    call_ended,
    closed,
    given_up,
    lost_with,
    no_failure,
    trying_again,
)
from voice_widget.talk.setting_checks import check_voice
from voice_widget.talk.settings import TalkSettings
from voice_widget.talk.warming import Warming

if TYPE_CHECKING:
    from voice_widget.call.call import Call

LOG = logging.getLogger("voice_widget")
MOST_ASKED = 2  # so often one run asks a question again: it may itself be what breaks the calls
LAST_MARK_S = 0.3  # a page that is busy longer is not waited for


class Dialler:
    """Makes calls, gets lost ones back, and lets go of them.

    Args:
        service: Who is called.
        way: How a call goes, if it is not one that is joined.
        ready: Gets service and agent ready.
        session: What the events mean.
        settings: Those of the next call.
        replies: Ends with the last call.
        journal: What happens is told there; it has the call of the moment.
        offers: What pages have to do with a call.
        page: Sends a message to the pages.
        behind: How many changes wait to be published.
        sound: Gives what keeps the sound of a call that is made of samples, or None.

    Attributes:
        closed: No verb works any more.
        run: From Call to the end; None: nobody calls.
        number: The number of the call of the moment within the widget.
        ended: The talks that were over last; what pages still say of them counts no more.
        ahead: An offer that has its answer before somebody calls.
        warm: Starts the service and gets the agent's hints; quick once that is done.
    """

    def __init__(
        self,
        service: Service,
        *,
        way: Way,
        ready: Preparation,
        session: Session,
        settings: TalkSettings,
        replies: Replies,
        journal: Journal,
        offers: Offers,
        page: Page,
        behind: Callable[[], int],
        sound: Callable[[], Sound | None],
    ) -> None:
        self.way = way
        self.closed = False
        self.run: Run | None = None
        self.number = 0
        self.ended: deque[str] = deque(maxlen=100)
        self._service, self._session, self._settings = service, session, settings
        self._replies, self._journal, self._offers = replies, journal, offers
        self._page, self._behind, self._sound = page, behind, sound
        self.warm = Warming(service, ready, journal).warm
        self._goes_on = False  # the next run has to know what was said in the last one
        self._tasks: set[asyncio.Task[Any]] = set()
        self.ahead = Ahead(service, warm=self.warm, config=lambda: settings.of_next, keep=self.keep)

    @property
    def call(self) -> Call | None:
        """The call of the moment."""
        return self._journal.call

    # --- a run ---

    def begin(self, holder: str, talk: str = "", *, way: Way | None = None) -> Run:
        """Start a run for a page (empty: for whichever answers); ``talk`` is the page's name for it."""
        if self.closed:  # maybe after this was asked for
            raise closed()
        run = self.run = Run(
            holder, talk or new_id("talk"), way or self.way, taken=bool(talk), goes_on=self._goes_on
        )
        self._journal.notices.put("call", None)
        if self._session.earlier:
            self._journal.local("history", messages=self._session.earlier)  # for the record
        self._connecting(run, reconnect=False)
        self._journal.state(holder=holder, retry_at=0.0)
        run.task = asyncio.create_task(self._hold(run), name="voice_widget talk")
        self.keep(run.task)
        return run

    def _connecting(self, run: Run, *, reconnect: bool) -> None:
        self._journal.local(
            "connecting",
            transport=run.way.transport,
            model=self._service.model or self._settings.of_next.model,
            voice=self._settings.of_next.voice,
            reconnect=reconnect,
            shared=not run.way.ours,
            **({} if run.fell_back is None else {"because": run.fell_back.code}),
        )
        if not run.way.ours:
            self._journal.local("media", state="connected")  # the sound is not ours to wait for

    async def _hold(self, run: Run) -> None:
        error: VoiceWidgetError | None = None
        beat = asyncio.create_task(self._offers.beat(run))
        try:
            self._journal.permit()
            await self._calls(run)
        except VoiceWidgetError as raised:
            error = failed_both_ways(raised, None if run.retrying.reached else run.fell_back)
        except Exception as raised:
            LOG.exception("The call failed by a mistake of this package.")
            error = VoiceWidgetError(
                f"The call failed: {type(raised).__name__}.", code="internal_error", next_step="Call again."
            )
        finally:
            beat.cancel()
            self.finish(run, error)

    async def _calls(self, run: Run) -> None:
        wait_s: float | None = None
        while True:
            try:
                if wait_s is not None:
                    await self._prepare_again(run, wait_s)
                await self._one_call(run)
                return
            except VoiceWidgetError as error:
                # A call has come to an end that nobody wanted.
                call, self._journal.call = self.call, None
                lost = lost_with(call, self._session, tools=self._replies.tools.awaited)
                self._journal.session_over(goes_on=True)
                if error is run.renewed:
                    run.offer = future()
                    self._offers.want(run, "connect")
                    continue
                stood = call is not None and call.connected.is_set()
                if not stood and (instead := way_instead(run.way, error)) is not None:
                    self._go_on_by(instead, run, error)
                    wait_s = None
                    continue
                if stood:
                    run.unanswered, run.lost_by = lost, error
                    if run.connected.done():  # a verb that came in the gap may have seen the loss first
                        run.connected = future()
                retrying = run.retrying
                if (told := no_failure(run, error)) is not None:
                    self._journal.notices.put("call", told)
                    return
                wait_s = retrying.failed(error, asyncio.get_running_loop().time())
                if wait_s is None:
                    if trigger_of(error) == "refused":
                        raise
                    final = given_up(error, retrying, run.lost_by)
                    if final is error:
                        raise
                    raise final from error
                LOG.info("No call (%s); try %d in %.1f s.", error.code, retrying.attempt, wait_s)
                if retrying.gets_back:
                    self._offers.refuse(run, error)
                else:
                    self._journal.notices.put("call", trying_again(error))

    async def _prepare_again(self, run: Run, wait_s: float) -> None:
        self._journal.local("retrying", attempt=run.retrying.attempt, wait_s=wait_s)
        self._journal.state(retry_at=time.time() + wait_s, call_started_at=0.0)
        # An offer that nobody has answered is still good.
        new_offer = run.way.by_page and run.open_request is None
        if new_offer:
            self._page({"type": "call.close", "talk": run.talk, "keep_microphone": True}, None)
        await asyncio.sleep(wait_s)
        # First the service, then the page: a page's offer does not wait for long.
        await self.warm()
        if new_offer:
            run.offer = future()
            self._offers.want(run, "reconnect")
        self._journal.state(retry_at=0.0)
        self._connecting(run, reconnect=True)

    def _go_on_by(self, way: Way, run: Run, error: VoiceWidgetError) -> None:
        """The page has found no path: the run goes on by another way, and the next one tries anew."""
        LOG.info("The page found no path (%s); the call goes on by %s.", error.code, way.transport)
        self._page({"type": "call.close", "talk": run.talk, "keep_microphone": True}, None)
        run.way, run.fell_back = way, error
        run.offer, run.open_request = future(), None
        self._journal.notices.put("path", by_comm(error.code))
        self._connecting(run, reconnect=run.retrying.gets_back)
        self._offers.want(run, "reconnect")

    async def _one_call(self, run: Run) -> None:
        offer: Offer | None = None
        if run.way.by_page:
            # Side by side: the person may still be asked for the microphone while the engine gets warm.
            waiting = asyncio.create_task(self._offers.wait(run))
            try:
                await asyncio.gather(waiting, self._warm_for(run.way))
                offer = waiting.result()
            finally:
                waiting.cancel()
        else:
            await self._warm_for(run.way)
        check_voice(self._settings.of_next.voice, self._service)
        self.number += 1
        reply = partial(self._offers.answer, run)
        config = self._settings.of_next
        answer = await self.ahead.take(offer)
        leg = Leg(self._service, config, self.number, self._page, reply, offer, self._sound(), answer)
        # A widget that only shows something makes no call.
        from voice_widget.call.call import Call
        from voice_widget.call.outbox import SIGN_S

        call: Call = Call(
            run.way.path(leg),
            config,
            number=self.number,
            observe=lambda event, direction, refusal=None: self._journal.observe(
                call, event, direction, refusal
            ),
            new_id=getattr(self._service, "new_id", new_id),
            behind=self._behind,
            user_speaks=lambda: self._session.hears_user(self._journal.clock(), SIGN_S),
        )
        self._journal.call = call
        started = asyncio.create_task(self._on_connected(run, call))
        try:
            await call.run()
        finally:
            started.cancel()
            if call.releasing is not None and not call.releasing.done():
                self.keep(call.releasing)  # whoever hung up twice

    async def _warm_for(self, way: Way) -> None:
        await self.warm()
        way.check(self._service)
        await self._replies.begin()

    async def _on_connected(self, run: Run, call: Call) -> None:
        await call.connected.wait()
        if self.call is not call:
            return
        goes_on = run.retrying.reached or run.goes_on
        if run.retrying.again:
            self._journal.notices.put("call", None)
        run.retrying.connected(asyncio.get_running_loop().time())
        self._journal.state(call_started_at=self._journal.clock())
        due = run.way.ours and self._replies.tools.told()
        if run.way.ours and not self._service.capabilities.kernel_agent:
            # Our engine asks the kernel, which knows what was said; another service has to be told. First of
            # all: it stands before whatever is said now.
            await call.outbox.tell(self._session.conversation(rows=goes_on))
        call.open_microphone()
        await self._settings.catch_up(call)
        await self._replies.tools.connected(call, due=due, same=not run.way.ours)
        await self._answer_again(run, call)
        if not run.connected.done():
            run.connected.set_result(None)

    async def _answer_again(self, run: Run, call: Call) -> None:
        """What was lost with the last call is asked again, or told: nobody must wait for it in vain."""
        lost, run.unanswered = run.unanswered, "nothing"
        if lost == "question" and run.asked_again < MOST_ASKED and run.way.ours:
            run.asked_again += 1
            await call.send({"type": "response.create"})
        elif lost != "nothing":
            self._journal.unanswered(answer_lost(run.lost_by))

    async def fall_silent(self, run: Run) -> None:
        """A page that plays an answer ends the call first, and says how far the answer was heard."""
        if run.way.by_page and self.call is not None and self._session.activity == "speaking":
            self._page({"type": "call.close", "talk": run.talk, "keep_microphone": False}, None)
            with suppress(TimeoutError):
                await asyncio.wait_for(run.over.wait(), LAST_MARK_S)

    def finish(self, run: Run, error: VoiceWidgetError | None) -> None:
        """End a run: hung up, or failed. What it still holds is let go of in the background."""
        if self.run is not run:
            return
        self.run = None
        # After a failure whoever calls again goes on with what was begun.
        self._goes_on = error is not None and (run.retrying.reached or run.goes_on) and run.way.ours
        call, self._journal.call = self.call, None
        self._journal.session_over(goes_on=self._goes_on)
        for whose in ("page", "path", "sound"):  # with the call ends what was said of its sound
            self._journal.notices.put(whose, None)
        self.ended.append(run.talk)
        ended = error or call_ended()
        run.ended = ended
        run.over.set()
        if not run.connected.done():
            run.connected.set_exception(ended)
        run.offer.cancel()
        self._offers.refuse(run, ended)
        if run.retrying.again and not run.retrying.gets_back:
            self._journal.notices.put("call", None)
        if error is not None:
            self._journal.local("failed", error=error.info())
        else:
            self._journal.local("closed")
        if run.way.by_page:
            self._page({"type": "call.close", "talk": run.talk, "keep_microphone": False}, None)
        self._journal.state(holder="", call_started_at=0.0, retry_at=0.0)
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

    def dial(self, page: str = "") -> Run:
        """Start a run from here; a page whose microphone it needs is asked for its offer.

        If the service takes no offers no page could help, and the run has failed at once.
        """
        run = self.begin(page)
        try:
            self.way.check(self._service)
        except ServiceRefused as error:
            self.finish(run, error)
        else:
            if run.way.by_page:
                self._offers.want(run, "connect")
        return run

    async def connected_call(self, run: Run) -> Call:
        """The run's call of the moment, once it is connected; of a lost call the successor."""
        while True:
            await asyncio.shield(run.connected)
            if run.ended is not None:
                raise run.ended
            if self.call is not None and not self.call.over:
                return self.call
            if run.connected.done():
                run.connected = future()

    # --- what is held ---

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold a task until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def holds(self) -> bool:
        """A call runs, or is being let go of."""
        return self.run is not None or bool(self._tasks)

    async def settle(self) -> None:
        """Wait until what was ended has let go of everything."""
        self.ahead.drop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        if self.closed:
            self._replies.close()
