"""The user's side: speech, push-to-talk and typed text become rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.session.overlaps import Overlaps
from voice_widget.realtime.session.sharing import Sharing
from voice_widget.realtime.state.changes import Noticed
from voice_widget.realtime.state.context import Context, Recent
from voice_widget.realtime.state.heard import Moment
from voice_widget.realtime.state.records import RowStatus
from voice_widget.realtime.state.rows import Turn
from voice_widget.realtime.wire.images import image_parts
from voice_widget.realtime.wire.problems import not_transcribed, without_texts
from voice_widget.realtime.wire.reading import goes_on_from, item_text, part, typed_text

Event = Mapping[str, Any]
# A transcript may come after the answer, but not for ever: two turns later it counts as missing.
_WAITING = 2
_LATE_ECHOES = 32  # a service may show what was typed after the answer to it, but hardly so many turns later


class Hearing:
    """Handlers of the events about the user."""

    def __init__(self, context: Context) -> None:
        self._context = context
        # The turn being spoken, and those that wait for their text.
        self._open: Turn | None = None
        self._unshown: Turn | None = None  # committed, and no item is known to be it
        self._guessed = ""  # another id by which that one is believed to be shown
        self._nameless = ""  # the id that we gave it, until the service gives one
        self._waiting: deque[Turn] = deque()
        self._typed: dict[str, Turn] = {}
        # What was sent as text and has not come back: the client event's id, the text, the turn.
        self._unechoed: list[tuple[str, str, Turn]] = []
        self._silent = Recent(16)
        self._sharing = Sharing(context)
        self.overlaps = Overlaps(context)
        self._unheard = 0  # transcriptions that failed, one after the other
        self._failing: Any = None  # the setting with which they did

    def speech_started(self, event: Event) -> None:
        """The user speaks: the row is made now and filled later."""
        context = self._context
        item_id = event.get("item_id") or (self._open.item_id if self._open else self._unnamed())
        turn = self._sharing.again(item_id, self._waiting) or self._speech(item_id)
        if turn is None:
            return
        begin = self._moment(event.get("audio_start_ms"))
        if (known := context.call.heard.of(turn)) is None:
            context.call.heard.began("user", [turn], begin)
        else:
            known.begin = begin
        context.retime(but=(turn,))
        self._open, self._unshown = turn, None
        context.call.user_sign_at = context.at
        context.fire(context.user, "speech")
        context.show(turn)

    def speech_stopped(self, event: Event) -> None:
        """The user has ended."""
        context = self._context
        item_id = event.get("item_id") or self._meant(self._open)
        turn = self._speech(item_id)
        if turn is None:
            if self._open is not None and self._open.item_id == item_id:
                self._open = None
                context.fire(context.user, "silence")
            return
        self._ended(turn, event.get("audio_end_ms"))
        context.show(turn)

    def committed(self, event: Event) -> None:
        """The utterance is an item now. With push-to-talk this is the first that the service says of it."""
        context = self._context
        item_id = event.get("item_id") or self._meant(self._open or context.call.asker)
        if item_id in self._silent:
            context.rows.pass_by(item_id, event.get("previous_item_id"))
            self._answer_is_due()
            return
        turn = self._sharing.again(item_id) or self._speech(item_id)
        if turn is None:
            return
        if turn.stopped_at is None:
            self._ended(turn)
            context.show(turn)
        self._unshown = turn
        if turn not in self._waiting:
            self._waiting.append(turn)
        while len(self._waiting) > _WAITING:
            self._give_up(self._waiting.popleft())
        context.place(turn, event.get("previous_item_id"))

    def timed_out(self, event: Event) -> None:
        """The service ends a silence by itself: the item that follows holds no speech and is no row."""
        if event.get("item_id"):
            self._silent.add(event["item_id"])

    def dropped(self, _event: Event) -> None:
        """The input buffer was cleared: what was being spoken will not become an item."""
        if self._open is not None:
            turn, self._open = self._open, None
            self._context.fire(self._context.user, "silence")
            self._give_up(turn)

    def item(self, item: Mapping[str, Any], previous: str | None) -> None:
        """The service has a user item: what was spoken, or a text."""
        context = self._context
        content = item.get("content") or []
        text = typed_text(content)
        item_id = item.get("id") or next((sent[2].item_id for sent in self._unechoed if sent[1] == text), "")
        if not item_id:
            return
        spoken = any(piece.get("type") == "input_audio" for piece in content)
        turn = self._echoed(item_id, None if spoken and not text else text)
        if turn is None and spoken:
            turn = self._committed_as(item_id, item_text(item).strip())
        if turn is self._unshown:
            self._unshown = None
        if turn is not None and turn.item_id == item_id:
            context.rows.not_also(self._guessed, turn)  # it is shown by its own: that one is another's
        if turn is None and (item_id in self._silent or not content):
            context.rows.pass_by(item_id, previous)
            return
        if turn is not None and (turn.finished or turn.role != "user"):
            if turn.source == "typed" and turn.status == "incomplete":
                turn.status = "completed"  # it was lost with a call, and the next one has it
                context.show(turn)
            return
        if turn is None:
            turn = context.turn(item_id, "user", "speech" if spoken else "typed")
            turn.images = image_parts(content)
            if spoken:
                self._waiting.append(turn)
        context.place(turn, previous)
        if turn.source == "typed":
            context.call.asker = None
            turn.replace(text or turn.text)
            self._typed = {k: v for k, v in self._typed.items() if v is not turn}
            context.finish(turn, "completed")
            return
        transcript = item_text(item).strip()
        if transcript:
            self._understood(turn, transcript)
        elif not context.call.transcribes():
            self._give_up(turn)

    def typed(self, item: Mapping[str, Any], event: Event) -> None:
        """We send a typed user turn. Without an id of ours the row is made when the service has made one."""
        item_id = item.get("id")
        content = item.get("content") or []
        text, seen = typed_text(content), image_parts(content)
        if not item_id or not (text or seen):
            return
        event_id = event.get("event_id") or ""
        turn = self._context.rows.get(item_id)
        if turn is not None:  # said before, in an earlier call
            self._unechoed.append((event_id, text, turn))
            return
        turn = self._context.turn(item_id, "user", "typed")
        self._unechoed.append((event_id, text, turn))
        self._context.call.asker = None
        turn.replace(text)
        turn.images = seen
        if event_id:
            self._typed[event_id] = turn
        self._context.show(turn)

    def refused(self, event_id: str) -> None:
        """The service refused the client event with this id."""
        turn = self._typed.pop(event_id, None)
        self._unechoed = [waiting for waiting in self._unechoed if waiting[0] != event_id]
        if turn is not None:
            self._context.finish(turn, "failed")

    def taken(self, status: RowStatus) -> None:
        """There is something of the answer to what was typed: not every service shows the item itself."""
        typed, self._typed = self._typed, {}
        del self._unechoed[:-_LATE_ECHOES]
        for turn in typed.values():
            self._context.finish(turn, status)

    def partial(self, event: Event, *, guessed: bool = True) -> None:
        """The text so far; it replaces the one before."""
        turn = self._speech(event.get("item_id") or self._meant())
        if turn is None or turn.status != "in_progress":
            return
        turn.guessed = guessed
        self._sign(turn)
        if turn.text != event["text"]:
            turn.replace(event["text"])
            self._context.partial(turn)

    def delta(self, event: Event) -> None:
        """The transcript goes on."""
        item_id = event.get("item_id") or self._meant()
        turn = self._sharing.first(item_id) or self._told_as(item_id) or self._speech(item_id)
        if turn is not None and turn.status == "in_progress" and event.get("delta"):
            self._sign(turn)
            self._context.stream(turn, event["delta"])
        elif turn is None and event.get("delta"):
            self._late(item_id, event["delta"])

    def _late(self, item_id: str, delta: str) -> None:
        """Nobody waited for it any more, and it is kept."""
        turn = self._context.rows.get(item_id)
        if turn is not None and turn.role == "user" and turn.status in ("no_transcript", "incomplete"):
            turn.status = "incomplete"
            turn.append(delta)
            self._context.show(turn)

    def completed(self, event: Event) -> None:
        """The transcript is there, maybe long after, maybe empty."""
        if self._whole(event):
            self._transcribed()

    def _whole(self, event: Event) -> bool:
        """Take the last word about an utterance; False if there was one before."""
        context = self._context
        item_id = event.get("item_id") or self._meant()
        turn = self._sharing.first(item_id) or context.rows.get(item_id)
        turn = turn or self._told_as(item_id) or self._speech(item_id)
        self._sharing.takes_back(item_id, turn)
        if turn is None or turn.role != "user":
            return False
        # What was said for good, in deltas or so far, is not taken back by a last word that is empty.
        text = (event.get("transcript") or "").strip() or ("" if turn.guessed else turn.text.strip())
        goes_on = turn.source == "speech" and text != turn.text and goes_on_from(text, turn.text)
        if turn.status == "completed" and not goes_on:
            return False
        if text:
            self._understood(turn, text)
            return True
        turn.replace("")
        self._give_up(turn)
        if context.call.asker is turn:
            context.fire(context.work, "nothing due")
        return True

    def failed(self, event: Event) -> None:
        """The transcript will not come. The answer still may: the service heard the sound itself."""
        context = self._context
        turn = context.rows.get(event.get("item_id") or "")
        if turn is not None and turn.status == "completed":
            return  # its text is there: nothing is missing
        self._whole({"item_id": event.get("item_id")})
        self._unheard += 1
        self._failing = context.call.audio("input").get("transcription")
        told = not_transcribed(part(event, "error"), self._unheard)
        context.problem(told)
        context.changes.append(Noticed(without_texts(told), "transcription"))

    def settled(self) -> None:
        """The service shows its settings: with another one transcriptions may come."""
        if self._unheard and self._context.call.audio("input").get("transcription") != self._failing:
            self._transcribed()

    def begin(self) -> None:
        """Somebody calls anew."""
        self._transcribed()

    def _transcribed(self) -> None:
        if self._unheard:
            self._unheard = 0
            self._context.changes.append(Noticed(None, "transcription"))

    def voiced(self, voiced: bool) -> None:
        """The page's mark about the user."""
        context = self._context
        if context.call.push_to_talk():
            # Nobody else says so: there is no turn detection.
            context.fire(context.user, "speech" if voiced else "silence")

    def close(self) -> None:
        """The call is over."""
        self._open = self._unshown = None
        self._waiting.clear()
        self._typed.clear()
        self._unechoed.clear()
        self._sharing = Sharing(self._context)

    def _sign(self, turn: Turn) -> None:
        if turn is self._open:
            self._context.call.user_sign_at = self._context.at

    def _unnamed(self) -> str:
        """An id for what somebody says and the service does not name (yet)."""
        self._nameless = f"unnamed_{len(self._context.rows) + 1}"
        return self._nameless

    def _meant(self, turn: Turn | None = None) -> str:
        """The id of the turn that an event without one is about: the one given, or the first that waits."""
        waiting = self._waiting[0] if self._waiting else self._open
        turn = turn or waiting
        return self._unnamed() if turn is None else turn.item_id

    def _speech(self, item_id: str) -> Turn | None:
        """The spoken turn with this id, made if there is none; None if it can no longer change."""
        turn = self._context.rows.get(item_id)
        if turn is None and self._nameless not in ("", item_id) and item_id not in self._silent:
            turn = self._context.rows.get(self._nameless)
            if turn is not None and not turn.finished:
                self._context.rows.also(item_id, turn)
            self._nameless = ""
        if turn is None:
            return None if item_id in self._silent else self._context.turn(item_id, "user")
        return None if turn.finished or turn.role != "user" else turn

    def _committed_as(self, item_id: str, text: str = "", alone: Turn | None = None) -> Turn | None:
        """Some services commit an utterance by one id, and show its item or its text by others."""
        turn = self._unshown or alone
        if turn is None or self._context.rows.get(item_id) is not None or item_id in self._silent:
            return None
        if turn.text not in ("", text):
            return None
        self._context.rows.also(item_id, turn)
        self._guessed = item_id
        return turn

    def _told_as(self, item_id: str) -> Turn | None:
        """A text by an id that nothing has is that of the utterance that waits, if it is the only one."""
        alone = self._waiting[0] if len(self._waiting) == 1 and self._open is None else None
        return self._sharing.lends(self._committed_as(item_id, alone=alone), item_id)

    def _echoed(self, item_id: str, text: str | None) -> Turn | None:
        """The turn with this id. Some services give an item an id of their own: then its text tells."""
        turn = self._context.rows.get(item_id)
        for waiting in self._unechoed:
            if waiting[2] is turn if turn is not None else waiting[1] == text:
                self._unechoed.remove(waiting)
                self._context.rows.also(item_id, waiting[2])
                return waiting[2]
        return turn

    def _moment(self, ms: float | None) -> Moment:
        context = self._context
        if ms is not None:
            context.call.clock.seen(ms, context.at)
        return Moment(ms, context.at)

    def _ended(self, turn: Turn, ms: float | None = None) -> None:
        context = self._context
        heard = context.call.heard
        known = heard.of(turn) or heard.began("user", [turn], None)  # nobody has told that it began
        known.end = self._moment(ms) if ms is not None or known.told else heard.ended(context.at)
        context.retime(but=(turn,))
        # In this order, or the activity would be idle for a moment.
        self._answer_is_due()
        if self._open is turn or self._open is None:
            self._open = None
            context.fire(context.user, "silence")
        turn.stopped_at = context.at
        context.call.asker = turn

    def _answer_is_due(self) -> None:
        if self._context.call.answers_by_itself():
            self._context.fire(self._context.work, "asked")

    def _understood(self, turn: Turn, text: str) -> None:
        turn.replace(text)
        if turn.finished:
            turn.status = "completed"
            self._context.show(turn)
        else:
            self._done_waiting(turn)
            self.overlaps.understood(turn)
            self._context.finish(turn, "completed")

    def _give_up(self, turn: Turn) -> None:
        self._done_waiting(turn)
        self.overlaps.understood(turn)
        self._context.finish(turn, "incomplete" if turn.text else "no_transcript")

    def _done_waiting(self, turn: Turn) -> None:
        if turn in self._waiting:
            self._waiting.remove(turn)
