"""What happens in a talk: kept, understood, told. On the loop thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from voice_widget.call.ways import Direction, Page
from voice_widget.errors import ErrorInfo, VoiceWidgetError
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import Change, Problem, ResponseDone, StateChanged
from voice_widget.realtime.wire.events import Event
from voice_widget.realtime.wire.problems import passed_over
from voice_widget.realtime.wire.reading import expires_at
from voice_widget.tables.event_log import UNDERSTOOD, UNREADABLE, EventLog
from voice_widget.tables.ledger import Ledger
from voice_widget.talk.awaited import AwaitedAnswers
from voice_widget.talk.notices import Notices
from voice_widget.talk.replies import Replies
from voice_widget.talk.settings import TalkSettings
from voice_widget.talk.voice_activity import TOLD, WatchedActivity

if TYPE_CHECKING:
    from voice_widget.call.call import Call
    from voice_widget.call.outbox import Refusal


class Journal:
    """The one place by which every event of a talk goes, whoever it comes from.

    Args:
        session: What the events mean.
        events: Where they are kept.
        ledger: What they came to is written down there.
        settings: What the traits say of the settings.
        replies: Does what the other side asks for.
        activity: How likely there is speech, while somebody looks.
        publish: Gets what has changed.
        page: Sends a message to the pages.
        clock: The time in seconds since the epoch.

    Attributes:
        call: The call of the moment; what another one says counts no more.
        notices: What is worth knowing and no failure.
        answers: Who waits for which answer.
        permit: Asked before a call; raises a `VoiceWidgetError` if there is to be none.
        count: Told that something has happened.
    """

    def __init__(
        self,
        session: Session,
        events: EventLog,
        ledger: Ledger,
        settings: TalkSettings,
        replies: Replies,
        activity: WatchedActivity,
        *,
        publish: Callable[[Sequence[Change]], None],
        page: Page,
        clock: Callable[[], float],
    ) -> None:
        self.session, self.events, self.clock = session, events, clock
        replies.tools.tell = lambda event: self.observe(self.call, event, "local")
        if replies.agent is not None:
            replies.agent.attend(self, settings)
        replies.tools.late.failed = self.unanswered
        self._settings, self._replies, self._ledger = settings, replies, ledger
        self._publish, self._page = publish, page
        self.notices = Notices(lambda notice: self.state(notice=notice), clock)
        self.activity = activity
        self.answers = AwaitedAnswers(session)
        self.call: Call | None = None
        self.permit: Callable[[], None] = lambda: None
        self.count: Callable[[], None] = lambda: None

    def observe(
        self, call: Call | None, event: Event, direction: Direction, refusal: Refusal | None = None
    ) -> None:
        """Take in an event: keep it, say what it means, do what it asks for.

        Args:
            call: The call that it belongs to.
            event: The event, as it came or goes.
            direction: Whose it is.
            refusal: If it is a service's error, whom of ours it answers.
        """
        if call is not self.call:
            return  # the last words of a call that is over
        at, kind = self.clock(), event["type"]
        if kind == TOLD:
            self.activity.hear(call, event, at)
            return
        kept = event
        if refusal is not None and refusal.event["error"] != event.get("error"):
            # With it the events alone give the same rows.
            kept = {**event, UNDERSTOOD: refusal.event["error"]}
        self.events.add(kept, direction, at, call.call_id if call else None)
        if kind == UNREADABLE:
            self._publish([Problem(passed_over(event["error"]))])
            return
        if direction == "received" and (ends_at := expires_at(event)) is not None:
            self.notices.session_ends(ends_at)
        event = event if refusal is None else refusal.event
        changes: Sequence[Change] = self.session.apply(event, at, sent=direction in ("sent", "page"))
        self._ledger.observe(event, at, changes)
        if call is not None:
            call.understood(self.session)
            changes = self._replies.react(call, changes)
            self._replies.hear(event, direction)
        if refusal is not None and refusal.told is not None:
            told = refusal.told.info()  # once, and in the words in which the verb fails
            changes = [_reworded(change, told) for change in changes]
            if refusal.of_settings:
                self.notices.put("settings", told)  # true for the whole call
        changes = self._settings.told(changes)
        self.answers.hear(event, changes)
        self.notices.hear(changes)
        if changes:
            self._publish(changes)
        if kind == "voice_widget.call.untold":
            self.notices.put("history", event["notice"])
        elif kind == "voice_widget.agent.noticed":
            code, message, next_step = event["code"], event["message"], event["next_step"]
            self.notices.put("agent", {"code": code, "message": message, "next_step": next_step})
        if call is not None and kind == "voice_widget.page.voiced" and event["side"] == "user":
            call.silence.voice()
        self.count()

    def local(self, what: str, **fields: Any) -> None:
        """Take in what our own side of the call does."""
        self.observe(self.call, {"type": f"voice_widget.call.{what}", **fields}, "local")

    def problem(self, error: VoiceWidgetError) -> None:
        """Publish a fault that no event tells of."""
        self._publish([Problem(error.info())])

    def unanswered(self, error: VoiceWidgetError, *, told: bool = False) -> None:
        """Tell who waits for an answer that it will not come; ``told``: who has asked knows why."""
        if not told:
            self.problem(error)
        self._publish([ResponseDone("", "failed", error=error.info())])

    def state(self, **values: Any) -> None:
        """Publish facts that are not the session's."""
        if values:
            self._publish([StateChanged(cast(Any, name), value) for name, value in values.items()])

    def fail_request(self, request_id: str, error: VoiceWidgetError) -> None:
        """Tell a page that its request cannot be met."""
        self._page({"type": "request.failed", "request_id": request_id, "error": error.info()}, None)

    def session_over(self, *, goes_on: bool) -> None:
        """The call has ended: nobody waits for answers any more; ``goes_on``: another one follows."""
        self._replies.stop(goes_on=goes_on)
        self.answers.stop()
        self.notices.session_over()
        self.notices.put("settings", None)
        self.notices.put("history", None)
        self.notices.put("agent", None)


def _reworded(change: Change, error: ErrorInfo) -> Change:
    if isinstance(change, Problem):
        return Problem(error)
    if isinstance(change, ResponseDone):
        return replace(change, error=error)
    if isinstance(change, StateChanged) and change.name == "error" and change.value is not None:
        return StateChanged("error", error)
    return change
