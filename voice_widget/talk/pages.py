"""What pages say to a talk, message by message. On the loop thread."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from voice_widget.call.ways import Offer, Page
from voice_widget.errors import ProtocolError, StateError, VoiceWidgetError
from voice_widget.page.arrivals import Arrivals
from voice_widget.page.failures import MERELY_SHOWN, is_final, page_error
from voice_widget.realtime.wire.events import CLIENT_EVENTS, Event, parse
from voice_widget.talk.devices import Devices
from voice_widget.talk.dialler import Dialler
from voice_widget.talk.falling_back import OF_THE_PATH, connect_ms, way_instead
from voice_widget.talk.journal import Journal
from voice_widget.talk.lost_sound import LostSound
from voice_widget.talk.recording import Recording
from voice_widget.talk.run import Run, call_ended, closed, left_by_its_page, running
from voice_widget.talk.saying import Saying
from voice_widget.talk.tool_runs import ToolRuns
from voice_widget.talk.updates import Updates
from voice_widget.tools.approvals import Decision

if TYPE_CHECKING:
    from voice_widget.call.call import Call


class Pages:
    """Only the page that called holds the call; the panels of the others show it and can hang it up.

    Args:
        dialler: The talk's calls.
        journal: Where is told what pages say, and what they cannot have.
        saying: Says what is typed in a page, and waits for what a page plays.
        updates: Changes settings.
        recording: Takes the sound that pages have recorded.
        tools: Those that run, or wait to be allowed.
        page: Sends a message to the pages.

    Attributes:
        devices: The microphones and loudspeakers of their browsers.
    """

    def __init__(
        self,
        dialler: Dialler,
        *,
        journal: Journal,
        saying: Saying,
        updates: Updates,
        recording: Recording,
        tools: ToolRuns,
        page: Page,
    ) -> None:
        self._dialler, self._journal, self._page = dialler, journal, page
        self._saying, self._updates, self._recording = saying, updates, recording
        self._tools = tools
        self.devices = Devices(journal, dialler, page)
        self._arrivals = Arrivals()
        self._lost_sound = LostSound(lambda notice: journal.notices.put("sound", notice))

    def handle(self, message: Mapping[str, Any], buffers: Sequence[Any] = ()) -> None:
        """Take one message; what has come before or does not fit (any more) is passed over."""
        if not self._arrivals.add(message):
            return
        kind, page = message["type"], message["page"]
        run, call = self._dialler.run, self._dialler.call
        holds = run is not None and run.holder == page
        if run is not None and (holds or kind == "hello"):
            run.new_page = not holds
        of_call = holds and call is not None and message.get("call") == call.number
        match kind:
            case "ice.wanted":
                self._dialler.keep(asyncio.create_task(self._ice(message)))
            case "call.prepare":
                self._dialler.keep(asyncio.create_task(self._prepare(message)))
            case "call.pending":
                self._wanted(page, message["talk"])
            case "call.open":
                self._opened(message)
            case "call.peer" if of_call:
                cast("Call", call).media(message["state"])
            case "call.heard" if of_call:
                cast("Call", call).heard_by_page()
            case "call.posted" | "relay.events" | "audio" | "audio.played" if of_call:
                cast("Call", call).path.page_says(message, buffers)
            case "events.wanted":
                self._journal.activity.want(call)
            case "recording.piece":
                call_id = call.call_id if of_call and call is not None else None
                self._recording.piece(message, buffers, holds=holds, call_id=call_id)
            case "recording.pause":
                self._request(message, self._recording.set_paused(message["on"]))
            case "devices":
                self.devices.told(page, message)
            case "consent":
                self._consented(page, message["agreed"])
            case "call.hang_up":
                self._hung_up(message)
            case "call.failed":
                self._page_failed(message)
            case "call.plays":
                self._journal.notices.put("page", None)
            case "voiced" if of_call:
                fields = {name: message[name] for name in ("side", "voiced", "at_ms")}
                self._journal.observe(call, {"type": "voice_widget.page.voiced", **fields}, "local")
            case "missed" if of_call:
                hole = {name: message[name] for name in ("from_ms", "to_ms")}
                self._journal.observe(call, {"type": "voice_widget.page.missed", **hole}, "local")
                if message["dropped"]:
                    self._lost_sound.missed(message["call"], hole["to_ms"] - hole["from_ms"])
            case "client_event" if of_call:
                with contextlib.suppress(ProtocolError):
                    self._client_event(cast("Call", call), parse(message["event"]), sent=message["sent"])
            case "set":
                self._request(message, self._updates.change(message["name"], message["value"]))
            case "tool.decide":
                arguments = message["arguments"]
                decision = Decision(
                    message["approved"], "page", message["always"], message["reason"], arguments
                )
                self._request(message, self._tools.decide(message["tool_call_id"], decision))
            case "send_text":
                self._request(message, self._saying.as_user(message["text"], page, buffers))
            case "interrupt" if call is not None and (not holds or not cast(Run, run).way.hushed_by_page):
                call.spawn(call.interrupt())
            case "played":
                self._saying.played(message["request_id"], None)
            case "play.failed":
                error = page_error(message["code"], message["detail"])
                self._saying.played(message["request_id"], error)

    def _wanted(self, page: str, talk: str) -> Run | None:
        """The run of a page's talk, made if there is none. None: it has ended, or another page calls."""
        run = self._dialler.run
        if self._dialler.closed or talk in self._dialler.ended or (run is not None and not run.way.ours):
            return None
        if self._recording.forbidden:
            return None  # the page has to ask first
        if run is not None and run.taken and run.holder == page and run.talk != talk:
            # A page has one talk at a time: it knows no more of the old one.
            self._dialler.finish(run, None)
            run = None
        if run is None:
            run = self._dialler.begin(page, talk)
        elif not run.taken and run.holder in ("", page):
            run.take(page, talk)
            self._journal.state(holder=page)
        if run.holder != page:
            return None
        self.devices.taken(page)
        return run

    def _consented(self, page: str, agreed: bool) -> None:
        if not self._recording.answered(agreed) or agreed:
            return
        error, run = page_error("consent_declined"), self._dialler.run
        if run is None:
            self._journal.local("failed", error=error.info())
        elif run.way.ours and run.holder in ("", page):
            self._dialler.finish(run, error)

    def _hung_up(self, message: Mapping[str, Any]) -> None:
        run, talk = self._dialler.run, message["talk"]
        if run is not None and talk in ("", run.talk):
            if run.holder == message["page"] or message["reason"] == "user":
                self._dialler.finish(run, None)
                if message["reason"] == "page_gone":
                    self._journal.notices.put("call", left_by_its_page())
        elif talk and talk not in self._dialler.ended:
            self._dialler.ended.append(talk)

    async def _prepare(self, message: Mapping[str, Any]) -> None:
        dialler, sdp = self._dialler, ""
        if dialler.run is None and dialler.way.hands_over and not dialler.closed:
            sdp = await dialler.ahead.make(message["sdp"], dialler.way.ice)
        answer = {"type": "answer", "request_id": message["request_id"], "call": 0, "sdp": sdp}
        self._page({**answer, "connect_ms": connect_ms(dialler.way)}, None)

    async def _ice(self, message: Mapping[str, Any]) -> None:
        """A page makes an offer: for a talk, or, without one, because somebody may call.

        Or, not ``offers``, it only looks for its addresses: those of the last offer will do, and no call
        fails by it.
        """
        ice, request_id, talk = self._dialler.way.ice, message["request_id"], message["talk"]
        if talk:
            self._wanted(message["page"], talk)
        try:
            if ice is None:
                step = "Reload the page."
                raise StateError("There are no ICE servers.", code="no_ice_servers", next_step=step)
            if message["offers"] or not ice.last:
                await ice.ask()
            self._page(await ice.told(message["key"], request_id), None)
        except VoiceWidgetError as error:
            self._journal.fail_request(request_id, error)
            run = self._dialler.run if message["offers"] else None
            if run is not None and run.holder in ("", message["page"]) and not run.offer.done():
                if run.retrying.again or way_instead(run.way, error) is not None:
                    self._dialler.fail_try(run, error)
                else:
                    self._dialler.finish(run, error)

    def _opened(self, message: Mapping[str, Any]) -> None:
        page, talk, request_id = message["page"], message["talk"], message["request_id"]
        run = self._wanted(page, talk)
        if self._dialler.closed:
            self._journal.fail_request(request_id, closed())
        elif talk in self._dialler.ended:
            self._journal.fail_request(request_id, call_ended())
        elif self._dialler.run is not None and not self._dialler.run.way.ours:
            self._journal.fail_request(request_id, running())
        elif self._recording.forbidden:
            error = StateError(
                "Nobody has agreed to the recording yet.",
                code="consent_missing",
                next_step="Reload the page, press Call and answer the question.",
            )
            self._journal.fail_request(request_id, error)
        elif run is None:
            error = StateError(
                "Another page holds the call.",
                code="held_elsewhere",
                next_step="Hang up there, or here, then call.",
            )
            self._journal.fail_request(request_id, error)
        elif run.offer.done():
            # Call pressed twice: the call that runs is what was wanted.
            self._journal.fail_request(request_id, running())
        else:
            run.open_request = request_id
            run.offer.set_result(Offer(page, request_id, message["sdp"], message["key"]))

    def _page_failed(self, message: Mapping[str, Any]) -> None:
        error = page_error(message["code"], message["detail"])
        run = self._dialler.run
        if run is None and way_instead(self._dialler.way, error) is not None:
            run = self._wanted(message["page"], message["talk"])  # it failed before its offer
        if error.code in MERELY_SHOWN:
            self._journal.notices.put("page", error.info())
        elif message["talk"] in self._dialler.ended:
            return
        elif run is None:
            self._journal.local("failed", error=error.info())
        elif not run.way.ours:
            return
        elif run.holder in ("", message["page"]):
            expired = error.code == "post_refused" and message["detail"].startswith("401")
            if expired and run.renewed is not None and not self._posting(run):
                return  # the same once more: nothing was posted since
            if expired and not run.retrying.again and run.renewed is None:
                run.renewed = error
                self._dialler.fail_try(run, error)
            elif way_instead(run.way, error) is not None:
                self._dialler.fail_try(run, error)
            elif error.code in OF_THE_PATH and run.fell_back is not None:
                return  # of the way before this one
            elif run.retrying.again and not is_final(error.code, message["detail"]):
                self._dialler.fail_try(run, error)
            else:
                self._dialler.finish(run, error)

    def _posting(self, run: Run) -> bool:
        call = self._dialler.call
        return run.offer.done() and call is not None and not call.over

    @staticmethod
    def _client_event(call: Call, event: Event, *, sent: bool) -> None:
        if sent:
            call.page_event(event)
        elif event["type"] in CLIENT_EVENTS:
            work = call.path.send_for_page(event, call.send)
            if work is not None:
                call.spawn(work)

    def _request(self, message: Mapping[str, Any], work: Coroutine[Any, Any, None]) -> None:
        """Do it, and answer the page's request."""

        async def run() -> None:
            try:
                if self._dialler.closed:
                    work.close()
                    raise closed()
                await work
            except VoiceWidgetError as error:
                self._journal.fail_request(message["request_id"], error)
            else:
                self._page({"type": "request.done", "request_id": message["request_id"]}, None)

        self._dialler.keep(asyncio.create_task(run()))
