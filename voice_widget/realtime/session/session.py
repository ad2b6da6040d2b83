"""What the events mean: one `Session` per talk, which may go over several calls.

The session is pure. It is told what happened and when (`Session.apply`) and returns what that changed. It
keeps three things: states (moved only along the tables of `table`), rows, and the settings in force.

The work is divided: `calling` has the call and its settings, `hearing` the user's side, `answering` the
assistant's, `sounding` what of it was played. This module sends each event to the one that understands it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from voice_widget.errors import ErrorInfo, ProtocolError
from voice_widget.realtime.answering.answering import Answering
from voice_widget.realtime.answering.sounding import Sounding
from voice_widget.realtime.session.amending import Amending
from voice_widget.realtime.session.calling import Calling
from voice_widget.realtime.session.dialogue import Question
from voice_widget.realtime.session.hearing import Hearing
from voice_widget.realtime.session.items import Items
from voice_widget.realtime.session.said import retold
from voice_widget.realtime.session.speaking import Speaking
from voice_widget.realtime.session.told import Told
from voice_widget.realtime.state.changes import Change, Problem, Used
from voice_widget.realtime.state.context import Complaint, Context, Recent
from voice_widget.realtime.state.records import Activity, ConnectionState, Row, Side
from voice_widget.realtime.wire.events import OPENING
from voice_widget.realtime.wire.fields import read
from voice_widget.realtime.wire.problems import passed_over
from voice_widget.realtime.wire.reading import part, status_of

Event = Mapping[str, Any]
Handler = Callable[[Any], None]
# Welcome also when the call is over: our own word, and the text of what was said last.
_HEARD = "conversation.item.input_audio_transcription."
_NO_MATTER_WHEN = ("voice_widget.call.", "voice_widget.tool.", "voice_widget.item.", f"{_HEARD}completed")
# Shows no life by coming: ours, an error (it may be why there is no session), and what says it itself.
_NO_FIRST = ("voice_widget.", "error", *OPENING)


class Session:
    """The state of a talk. Its ``turns`` become its rows; those that run, or still sound, are ``unfinished``.

    The tools that were called are its ``uses``.

    Example:
        >>> session = Session()
        >>> session.apply({"type": "voice_widget.call.connecting", "transport": "memory"}, at=0.0)
        [StateChanged(name='connection_state', value='connecting')]
        >>> session.apply({"type": "session.created", "session": {}}, at=0.1)
        [StateChanged(name='connection_state', value='connected')]
    """

    def __init__(self) -> None:
        self._context = context = Context()
        self._sounding = sounding = Sounding(context)
        self._answering = answering = Answering(context, sounding)
        self._hearing = hearing = Hearing(context)
        self.turns, self.unfinished, self.uses = context.rows, context.unfinished.keys(), context.uses
        self._told = told = Told(context)
        self._amending = amending = Amending(context)
        self._speaking = Speaking(context)
        self._counted = Recent(4096)  # items whose transcription was counted
        self._calling = calling = Calling(context, hearing, answering, sounding, amending)
        items = Items(context, told, amending, hearing, answering)
        self._received: dict[str, Handler] = {
            "voice_widget.call.history": told.begins_with,
            "voice_widget.call.connecting": self._connecting,
            "voice_widget.call.joined": calling.joined,
            "voice_widget.call.media": calling.media,
            "voice_widget.call.heard": calling.heard,
            "voice_widget.call.retrying": calling.retrying,
            "voice_widget.call.failed": calling.failed,
            "voice_widget.call.closed": calling.closed,
            "voice_widget.call.events_lost": calling.events_lost,
            "voice_widget.call.interrupted": calling.interrupted,
            "voice_widget.call.unheard": sounding.unheard,
            "voice_widget.call.redacted": calling.redacted,
            "voice_widget.call.told": calling.told,
            **answering.functions.handlers,
            **amending.handlers,
            "voice_widget.page.voiced": calling.voiced,
            "voice_widget.page.missed": calling.missed,
            "session.created": calling.settled,
            "session.updated": calling.settled,
            "error": self._taking(calling.error),
            "conversation.item.added": items.shown,
            "conversation.item.done": items.shown,
            "conversation.item.retrieved": items.shown,  # its echo was missed
            "conversation.item.deleted": items.deleted,
            "conversation.item.truncated": sounding.truncated,
            _HEARD + "delta": hearing.delta,
            _HEARD + "completed": self._transcribed,
            _HEARD + "updated": self._updated,
            _HEARD + "failed": hearing.failed,
            "voice_widget.transcription.partial": hearing.partial,
            "voice_widget.lag": calling.lagging,
            "voice_widget.overlap.decided": hearing.overlaps.decided,
            "input_audio_buffer.speech_started": hearing.speech_started,
            "input_audio_buffer.speech_stopped": self._after_cut(hearing.speech_stopped),
            "input_audio_buffer.committed": self._after_cut(hearing.committed),
            "input_audio_buffer.cleared": hearing.dropped,
            "input_audio_buffer.timeout_triggered": hearing.timed_out,
            "output_audio_buffer.started": self._playout_started,
            "output_audio_buffer.stopped": self._playout_stopped,
            "output_audio_buffer.cleared": self._playout_cleared,
            "response.created": self._taking(calling.created),
            "response.output_item.added": answering.output_item_added,
            "response.output_item.done": answering.output_item_done,
            "response.content_part.added": answering.part_added,
            "response.content_part.done": answering.part_done,
            "response.output_text.delta": answering.delta,
            "response.output_text.done": answering.text_done,
            "response.output_audio_transcript.delta": answering.delta,
            "response.output_audio_transcript.done": answering.text_done,
            "response.output_audio.delta": answering.audio_delta,
            "response.output_audio.done": answering.audio_done,
            "response.function_call_arguments.delta": answering.arguments,
            "response.function_call_arguments.done": answering.arguments,
            "response.done": self._taking(answering.done),
            "voice_widget.reply.requested": answering.requests.requested,
        }
        self._sent: dict[str, Handler] = {
            "session.update": calling.asked,
            "conversation.item.create": items.sent,
            # On a websocket we know best what was played; the service only repeats it.
            "conversation.item.truncate": self._cut,
            "conversation.item.delete": self._delete,
            "response.cancel": calling.stopped,
            "output_audio_buffer.clear": calling.stopped,
            "response.create": answering.asked,
            "voice_widget.reply.done": answering.requests.replied,
        }

    def apply(self, event: Event, at: float, *, sent: bool = False) -> list[Change]:
        """Take in one event.

        Never raises for what a peer sent: an event that makes no sense gives a `Problem` and changes nothing,
        one that was seen before gives nothing, and unknown ones are passed over.

        Args:
            event: The event, as `parse` returns it, or one of the shells' own ``voice_widget.call.*``.
            at: When it arrived, in seconds since the epoch.
            sent: It is one that we sent, not one that we got.
        """
        context = self._context
        context.at = at
        call = context.call
        try:
            event = read(event)
        except ProtocolError as error:
            return [Problem(passed_over(error.info()))]
        kind = event["type"]
        handler = (self._sent if sent else self._received).get(kind)
        first = not (sent or call.lives or kind.startswith(_NO_FIRST))
        if handler is None and not first:
            return []
        if not (call.sent if sent else call.received).add(event):
            return []
        if call.over and not kind.startswith(_NO_MATTER_WHEN):
            return []
        if first:
            self._calling.heard(event)
        if call.complaint.words and not sent and not kind.startswith(("error", "voice_widget.")):
            call.complaint = Complaint()
        if handler is not None:
            handler(event)
        self._speaking.tell()
        return context.collected()

    # --- views -------------------------------------------------------------------------------------

    @property
    def connection_state(self) -> ConnectionState:
        """How far the call is."""
        return cast(ConnectionState, self._context.states["connection_state"])

    @property
    def lives(self) -> bool:
        """The service's session has said something in this call, by whatever way."""
        return self._context.call.lives

    @property
    def complaint(self) -> Complaint:
        """The error that a service said last; empty if it has said something else since."""
        return self._context.call.complaint

    @property
    def because(self) -> str:
        """Why the call goes another way than at first: a failure's code; empty: it does not."""
        return self._context.call.because

    @property
    def time_is_over(self) -> bool:
        """The service has ended the call's session because it lasted its time."""
        return self._context.call.time_is_over

    @property
    def activity(self) -> Activity:
        """What happens now."""
        return cast(Activity, self._context.states["activity"])

    @property
    def user_speaking(self) -> bool:
        """The user is heard to speak."""
        return cast(bool, self._context.states["user_speaking"])

    def hears_user(self, at: float, seconds: float) -> bool:
        """The user speaks, and in the last so many seconds before ``at`` there was a sign of it.

        The end of a speech may be lost, and a service may tell of one that is none. Signs are its beginning,
        words of it, and what the page hears.
        """
        call = self._context.call
        return self.user_speaking and (call.page.marks["user"].voiced or at - call.user_sign_at <= seconds)

    @property
    def assistant_speaking(self) -> bool:
        """An answer sounds."""
        return cast(bool, self._context.states["assistant_speaking"])

    @property
    def sounding(self) -> str | None:
        """The response that sounds."""
        return None if self._sounding.playing is None else self._sounding.playing.response_id

    @property
    def unheard_in(self) -> float | None:
        """In so many seconds what was answered must have sounded, if nobody tells; None: it has."""
        until = self._sounding.until
        return None if until is None else max(0.0, until - self._context.at)

    @property
    def voice(self) -> str:
        """The voice in force; empty while unknown."""
        return cast(str, self._context.states["voice"])

    @property
    def has_sounded(self) -> bool:
        """An answer was made as sound in this call."""
        return self._context.call.sounded

    @property
    def error(self) -> ErrorInfo | None:
        """The error in force."""
        return cast("ErrorInfo | None", self._context.states["error"])

    @property
    def call_id(self) -> str | None:
        """The service's id of the call that runs."""
        return cast("str | None", self._context.states["call_id"])

    @property
    def settings(self) -> dict[str, Any] | None:
        """The session object in force, as the service showed it last."""
        return self._context.call.settings

    @property
    def rows(self) -> list[Row]:
        """All rows, in order, as copies."""
        return [turn.row() for turn in self._context.rows]

    def row(self, item_id: str) -> Row | None:
        """One row, as a copy."""
        turn = self._context.rows.get(item_id)
        return None if turn is None else turn.row()

    def response_of(self, item_id: str) -> str | None:
        """The response that a row of the assistant's belongs to."""
        turn = self._context.rows.get(item_id)
        return None if turn is None else turn.response_id

    def said_in(self, response_id: str) -> bool:
        """Something was said in this response."""
        return any(turn.response_id == response_id for turn in reversed(self._context.rows))

    def shown_as(self, item_id: str) -> str:
        """The id of a row's item at the service of this call; empty: that has none."""
        turn = self._context.rows.get(item_id)
        return "" if turn is None or turn.deleted else turn.shown_as

    def last_row(self, role: Side) -> Row | None:
        """The last row of a side, as a copy."""
        return next((turn.row() for turn in reversed(self._context.rows) if turn.role == role), None)

    def history(self, before: str | None = None) -> list[dict[str, str]]:
        """What was said so far, as ``{"role", "text", "item_id"}``; of an interrupted answer what was heard.

        Args:
            before: The ``item_id`` of a turn: it and what follows are left out.
        """
        return self._told.history(before)

    def retold(self, item_id: str) -> dict[str, Any] | None:
        """This turn as it is in `conversation`; None: it is not."""
        turn = self._context.rows.get(item_id)
        return None if turn is None else retold(turn)

    @property
    def earlier(self) -> list[dict[str, Any]]:
        """What was said before the talk, as a chat."""
        return self._told.earlier

    def conversation(self, *, rows: bool = True) -> list[dict[str, Any]]:
        """What another call has to be told, as items: what was said, and what tools were called and gave.

        The items of turns keep their ids: then the repeated ones are known and no new rows. Without ``rows``
        only what was said before this talk.
        """
        return self._told.conversation(rows=rows)

    def question(self, item_id: str, instructions: str | None = None) -> Question:
        """What an agent is asked when it is to answer this turn of the user's.

        Of tools only what they gave since: of earlier results the answers tell. Where it has its answer, and
        there are ``instructions`` other than the session's, these are what is to be answered.
        """
        return self._told.question(item_id, instructions)

    # --- items -------------------------------------------------------------------------------------

    def _connecting(self, event: Event) -> None:
        self._told.call_begins()
        self._amending.call_begins()
        self._calling.connecting(event)

    def _cut(self, event: Event) -> None:
        self._calling.cut(event)
        self._sounding.truncated(event)

    def _delete(self, event: Event) -> None:
        turn = self._context.rows.get(event.get("item_id") or "")
        if turn is not None and turn.interrupted and not turn.text_heard:
            self._calling.cut(event)  # nothing of it was heard: it was never said

    def _updated(self, event: Event) -> None:
        if event.get("transcript"):
            self._hearing.partial({**event, "text": event["transcript"]})

    def _transcribed(self, event: Event) -> None:
        context = self._context
        if event.get("status") == "in_progress":
            # So far: there are services that say it this way, and say it again when there is more.
            if event.get("transcript"):
                self._hearing.partial({**event, "text": event["transcript"]}, guessed=False)
            return
        self._hearing.completed(event)
        item_id = event.get("item_id")
        if item_id and not self._counted.add(item_id):
            return
        asked = context.call.audio("input").get("transcription")
        model = asked.get("model") if isinstance(asked, dict) else None
        used = Used(
            "transcription",
            None,
            item_id,
            context.call.call_id,
            "completed",
            model if isinstance(model, str) else None,
            None,
            context.at,
            event.get("usage"),
        )
        context.changes.append(used)

    def _taking(self, handler: Handler) -> Handler:
        def taken(event: Event) -> None:
            asks = self._answering.asks
            handler(event)
            if asks is not None and self._answering.asks is None:
                failed = status_of(part(event, "response")) == "failed"
                self._hearing.taken("incomplete" if failed else "completed")

        return taken

    # --- playout -----------------------------------------------------------------------------------

    def _after_cut(self, handler: Handler) -> Handler:
        def settled(event: Event) -> None:
            self._sounding.cuts.settle()
            handler(event)

        return settled

    def _playout_started(self, event: Event) -> None:
        answer = self._answering.find(event.get("response_id"))
        self._context.call.sounded = True
        if answer is not None:
            self._sounding.started(answer, event)

    def _playout_stopped(self, event: Event) -> None:
        self._sounding.stopped(self._answering.find(event.get("response_id"), ends=True), event)

    def _playout_cleared(self, event: Event) -> None:
        self._sounding.cleared(self._answering.find(event.get("response_id"), ends=True), event)
