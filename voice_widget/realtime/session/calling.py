"""The call itself: how far it is, its settings, its errors and its end."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any, cast

from voice_widget.realtime.answering.answering import Answering
from voice_widget.realtime.answering.response_queue import is_busy, may_refuse
from voice_widget.realtime.answering.sounding import Sounding
from voice_widget.realtime.session.amending import Amending
from voice_widget.realtime.session.hearing import Hearing
from voice_widget.realtime.state.changes import Noticed, Redacted, ResponseDone
from voice_widget.realtime.state.context import Call, Complaint, Context, Recent
from voice_widget.realtime.state.records import Side
from voice_widget.realtime.state.table import CONNECTION_STATE
from voice_widget.realtime.wire.problems import explain, harmless, lagging, time_is_over
from voice_widget.realtime.wire.reading import part, voice_name

Event = Mapping[str, Any]


class Calling:
    """Handlers of the shells' ``voice_widget.call.*`` and of ``session.*`` and ``error``."""

    def __init__(
        self,
        context: Context,
        hearing: Hearing,
        answering: Answering,
        sounding: Sounding,
        amending: Amending,
    ) -> None:
        self._context = context
        self._hearing = hearing
        self._answering = answering
        self._sounding = sounding
        self._amending = amending
        self._asked = Recent(64)  # changes of settings that we sent
        self._refused_formats: set[str] = set()
        self._cuts = Recent(256)  # what we sent to stop an answer

    def connecting(self, event: Event) -> None:
        """A call begins, the first or one more of the same talk."""
        context = self._context
        self._leave()
        again = bool(event.get("reconnect"))
        self._refused_formats.clear()
        context.call = Call(
            event.get("transport") or "webrtc",
            event.get("model"),
            shared=bool(event.get("shared")),
            because=event.get("because") or "",
        )
        context.refused = None
        context.set("error", None)
        context.set("call_id", None)
        if not again:
            context.set("reconnect_attempts", 0)
            self._hearing.begin()
        if event.get("voice"):
            context.set("voice", event["voice"])
        self._connection("redial" if again else "dial")
        if not context.call.by_page:
            # There the session's socket is the media path.
            self._connection("media up")

    def joined(self, event: Event) -> None:
        """The call has its id."""
        self._context.call.call_id = event.get("call_id")
        self._context.set("call_id", event.get("call_id"))

    def lagging(self, event: Event) -> None:
        """The engine understands what is said so much later; 0: no longer."""
        ms = event["ms"]
        self._context.changes.append(Noticed(lagging(ms / 1000) if ms > 0 else None, "lag"))

    def media(self, event: Event) -> None:
        """The media path came up or went down."""
        self._connection("media up" if event["state"] == "connected" else "media down")

    def retrying(self, event: Event) -> None:
        """The call was lost, maybe when its samples had come so far; another will be tried."""
        self._leave(audio_ms=event.get("audio_ms"))
        self._context.set("reconnect_attempts", event.get("attempt") or 1)
        self._connection("retry")

    def failed(self, event: Event) -> None:
        """The call failed for good."""
        self._leave()
        error = event["error"]
        # First: who waits for the call is told of its end with the state.
        self._context.problem(
            {
                "code": error.get("code") or "call_failed",
                "message": error.get("message") or "The call failed.",
                "next_step": error.get("next_step") or "",
            }
        )
        self._connection("fail")

    def closed(self, _event: Event) -> None:
        """The call has ended."""
        self._leave("call_ended")
        self._context.set("call_id", None)
        self._connection("close")

    def voiced(self, event: Event) -> None:
        """The page heard a side begin or end."""
        context = self._context
        side, voiced, at_ms = event["side"], event["voiced"], event["at_ms"]
        if side not in ("user", "assistant"):
            return
        context.call.page.mark(cast(Side, side), voiced, at_ms, context.at)
        if side == "user":
            context.call.user_sign_at = context.at
            self._hearing.voiced(voiced)
        else:
            self._sounding.voiced(voiced, self._answering.find(None))
        context.retime()

    def missed(self, event: Event) -> None:
        """The page may have lost sound, or time."""
        page = self._context.call.page
        page.holes.append((event["from_ms"], event["to_ms"]))
        self._context.retime()

    def settled(self, event: Event) -> None:
        """The service shows the settings in force."""
        context = self._context
        if event["type"] == "session.updated" and context.refused is not None:
            # Settings were taken after those that were not.
            if context.states["error"] == context.refused:
                context.set("error", None)
            context.refused = None
        session = event.get("session")
        if session:
            context.call.settings = dict(session)
            context.call.formats.shown(session)
            if isinstance(session.get("model"), str):
                context.call.model = session["model"] or context.call.model
            self._check_formats()
            self._hearing.settled()
            name = voice_name(context.call.audio("output").get("voice"))
            if name:
                context.set("voice", name)
            listening = context.call.audio("input")
            if isinstance(listening.get("turn_detection", ""), (dict, NoneType)):
                context.set("turn_detection", listening["turn_detection"])
        self.heard(event)

    def created(self, event: Event) -> None:
        """A response begins, maybe in a format of its own."""
        self._context.call.formats.begins(event.get("response"))
        self._check_formats()
        self._answering.created(event)

    def _check_formats(self) -> None:
        """Sound in a format that we cannot read is refused by name: played it would be noise."""
        call = self._context.call
        if call.by_peer:
            return  # there the page and the service agree on it
        for side, told in call.formats.unknown.items():
            if f"{side} {told}" not in self._refused_formats:
                self._refused_formats.add(f"{side} {told}")
                does = "sends its sound" if side == "output" else "wants your sound"
                self._context.problem(
                    {
                        "code": "format_not_supported",
                        "message": f"The service {does} as {told:.60}, which is not known here.",
                        "next_step": f"Hang up: w.disconnect(), ask for another: w.update({side}_format="
                        '{"type": "audio/pcm", "rate": 24000}), and call again.',
                    }
                )

    def asked(self, event: Event) -> None:
        """We send settings."""
        self._context.call.formats.asked(event.get("session"))
        if event.get("event_id"):
            self._asked.add(event["event_id"])

    def heard(self, _event: Event) -> None:
        """The session lives: whatever it says shows that, for not every service greets."""
        self._context.call.lives = True
        self._connection("acknowledged")

    def error(self, event: Event) -> None:
        """The service refused something, or failed."""
        error = part(event, "error")
        event_id = error.get("event_id") or ""
        call = self._context.call
        call.time_is_over = call.time_is_over or time_is_over(error)
        if event_id in self._cuts:
            return  # there was less to cut than we knew: nothing is lost by it
        code = error.get("code") or ""
        if words := error.get("message") or code:
            call.complaint = Complaint(words, code or error.get("type") or "")
        if event_id:
            self._hearing.refused(event_id)
            self._amending.refused(event_id)
        race = harmless(error) or is_busy(error)
        no_answer = (event_id or (may_refuse(error) and not race)) and self._answering.refused(event_id)
        if not race:
            self._context.problem(explain(error))
            if no_answer:
                self._context.changes.append(ResponseDone("", "failed", error=explain(error)))
            if event_id in self._asked:
                self._context.refused = self._context.states["error"]

    def interrupted(self, event: Event) -> None:
        """Nobody wants what the assistant does: also no answer from what its tools give."""
        if not event.get("playback_only"):
            self._answering.functions.unwanted()
        self._sounding.cuts.asked()

    def redacted(self, event: Event) -> None:
        """Nobody is to know any more what was said in a turn."""
        turn = self._context.rows.get(event["item_id"])
        if turn is not None and not turn.redacted:
            turn.redacted = True
            turn.images = []
            self._context.rows.version += 1
            self._context.uses.redacted(turn)
            self._context.show(turn)
            self._context.changes.append(Redacted(turn.item_id))

    def told(self, event: Event) -> None:
        """A turn of a talk that was recorded elsewhere: all that is known of it."""
        if event["role"] not in ("user", "assistant") or self._context.rows.get(event["item_id"]) is not None:
            return
        turn = self._context.turn(event["item_id"], cast(Side, event["role"]))
        turn.start_ms, turn.end_ms, turn.time_source = event["start_ms"], event["end_ms"], "samples"
        turn.gap_ms = event.get("response_gap_ms")
        if event["text"]:
            turn.append(event["text"])
        self._context.finish(turn, "completed" if event["text"] else "no_transcript")

    def cut(self, event: Event) -> None:
        """We stop an answer, or tell the service where it was cut."""
        if event.get("event_id"):
            self._cuts.add(event["event_id"])

    def stopped(self, event: Event) -> None:
        """We stop an answer, or a page does."""
        self.cut(event)
        self._sounding.cuts.asked()

    def _connection(self, trigger: str) -> None:
        context = self._context
        if context.connection.fire(trigger):
            context.set("connection_state", CONNECTION_STATE[context.connection.state])
            if context.connection.state == "connected":
                context.set("reconnect_attempts", 0)
                context.recovered()

    def events_lost(self, event: Event) -> None:
        """Some events will never come: what they would have ended must not stay open for ever."""
        self._settle("events_lost")
        count = event.get("count") or 1
        self._context.problem(
            {
                "code": "events_lost",
                "message": f"{count:,} of the call's events did not arrive; rows may lack words.",
                "next_step": "Say it again if something is missing; hang up and call again if it stays.",
            }
        )

    def _leave(self, why: str = "call_lost", audio_ms: float | None = None) -> None:
        """The call is over: what can still be said about its rows is said now."""
        self._settle(why, None if self._context.call.by_page else audio_ms)
        self._context.uses.over()
        self._context.call.over = True

    def _settle(self, why: str, audio_ms: float | None = None) -> None:
        context = self._context
        self._answering.close()
        self._sounding.close(audio_ms)
        self._hearing.close()
        for turn in list(context.unfinished.values()):
            if turn.status == "in_progress":
                spoken = turn.role == "user" and turn.source == "speech" and not turn.text
                turn.status = "no_transcript" if spoken else "incomplete"
                turn.interrupted = turn.role == "assistant" and turn.source != "added"
            if turn.interrupted:
                turn.stop_reason = turn.stop_reason or why
            context.finish(turn)
        for machine in (context.user, context.playout, context.work):
            context.fire(machine, "reset")
