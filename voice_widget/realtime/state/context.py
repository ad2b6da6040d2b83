"""What the parts of a session share: rows, machines, this call's facts, and the changes being collected."""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from voice_widget.errors import ErrorInfo
from voice_widget.realtime.sound.formats import Formats
from voice_widget.realtime.state.asked import Asked
from voice_widget.realtime.state.changes import (
    Change,
    Problem,
    RowChanged,
    RowText,
    StateChanged,
    StateName,
    ToolChanged,
    ToolsTalkedOver,
    TurnFinished,
)
from voice_widget.realtime.state.clock import Clock, Page
from voice_widget.realtime.state.heard import Heard
from voice_widget.realtime.state.records import Activity, RowRole, RowStatus, Source, TimeSource
from voice_widget.realtime.state.rows import Rows, Turn
from voice_widget.realtime.state.table import ACTIVITY, CONNECTION, PLAYOUT, USER, WORK, Machine
from voice_widget.realtime.state.tool_uses import ToolUses
from voice_widget.realtime.wire.asides import Asides

# An event may come twice, by the sideband and relayed by the page, a moment apart.
_REMEMBERED_EVENTS = 4096
_HABITS = 64


class Recent:
    """The last so many names; older ones are forgotten."""

    __slots__ = ("_names", "_order")

    def __init__(self, size: int) -> None:
        self._order: deque[str] = deque(maxlen=size)
        self._names: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> bool:
        """Remember a name; False if it was known."""
        if name in self._names:
            return False
        if len(self._order) == self._order.maxlen:
            self._names.discard(self._order[0])
        self._order.append(name)
        self._names.add(name)
        return True


_content = json.JSONEncoder(sort_keys=True, check_circular=False, default=repr).encode


def identity(event: Mapping[str, Any]) -> int:
    """By what an event is known when it comes again; 0: by nothing, it has no id.

    Its content counts too: there are servers that give all their events the same id.
    """
    event_id = event.get("event_id")
    if not isinstance(event_id, str) or not event_id:
        return 0
    try:
        return hash(frozenset(event.items())) or 1  # whatever the peer made of its ids, this is short
    except TypeError:
        pass  # there are objects or lists in it
    try:
        content = _content(event if type(event) is dict else dict(event))
    except (TypeError, ValueError, RecursionError):
        content = str(event.get("type"))
    return hash((event_id, content)) or 1


class Seen:
    """The events that came last: one that comes again is known by its id and content.

    An id that comes with different contents is a server's habit and no identity: its events all count, or
    words that are said twice would stand there once.

    Example:
        >>> seen = Seen(2)
        >>> [seen.add({"type": "a", "event_id": "1"}) for _ in "12"]
        [True, False]
        >>> [seen.add({"type": kind, "event_id": "TODO"}) for kind in "abbb"]
        [True, True, True, True]
    """

    __slots__ = ("_habits", "_last", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._last: OrderedDict[str, int] = OrderedDict()  # what came with an id
        self._habits: dict[str, None] = {}

    def __contains__(self, event: Mapping[str, Any]) -> bool:
        name = identity(event)
        return name != 0 and self._last.get(event["event_id"]) == name

    def add(self, event: Mapping[str, Any]) -> bool:
        """Remember an event; False if it was known."""
        name = identity(event)
        if not name or (event_id := event["event_id"]) in self._habits:
            return True
        before = self._last.get(event_id)
        if before is None:
            self._last[event_id] = name
            if len(self._last) > self._size:
                self._last.popitem(last=False)
            return True
        if before == name:
            return False
        self._habits[event_id] = None
        if len(self._habits) > _HABITS:
            del self._habits[next(iter(self._habits))]
        del self._last[event_id]
        return True


class Complaint(NamedTuple):
    """What a service has said in an ``error``, and the name that it has for it."""

    words: str = ""
    code: str = ""


class Call:
    """The facts of one call."""

    def __init__(
        self,
        transport: str = "webrtc",
        model: str | None = None,
        *,
        shared: bool = False,
        because: str = "",
    ) -> None:
        self.transport = transport
        self.because = because  # the code of what has failed by another transport
        self.model = model
        self.call_id: str | None = None
        self.settings: dict[str, Any] | None = None
        self.formats = Formats()
        self.asides = Asides(shared=shared)
        self.shared = shared  # others are in it too
        self.clock = Clock()
        self.page = Page() if self.by_page else Page(self.clock)
        self.heard = Heard(self.clock, self.page, "page" if self.by_page else "samples", self.counted)
        self.received = Seen(_REMEMBERED_EVENTS)
        self.sent = Seen(_REMEMBERED_EVENTS)
        self.over = False
        self.lives = False  # its session has said something
        self.complaint = Complaint()  # the service's last word, if that was an error
        self.time_is_over = False
        self.user_sign_at = float("-inf")  # when there was last a sign that the user speaks, or spoke
        self.sounded = False  # an answer was made as sound: services fix the voice by that
        # The user's turn that waits for its answer to sound.
        self.asker: Turn | None = None

    @property
    def by_peer(self) -> bool:
        """The sound goes between page and service, and not in the session's socket."""
        return self.transport == "webrtc"

    @property
    def by_page(self) -> bool:
        """A page has microphone and loudspeaker."""
        return self.transport != "memory"

    @property
    def counted(self) -> TimeSource:
        """Whose clock the service's milliseconds are: on a websocket it counts the samples it was sent."""
        return "engine" if self.by_peer else "samples"

    def audio(self, side: str) -> dict[str, Any]:
        """The settings in force for ``input`` or ``output`` audio."""
        audio = (self.settings or {}).get("audio") or {}
        return audio.get(side) or {}

    def transcribes(self) -> bool:
        """False only if the service said that it will not transcribe the user."""
        listening = self.audio("input")
        return "transcription" not in listening or listening["transcription"] is not None

    def push_to_talk(self) -> bool:
        """True if the service said that it does not detect turns."""
        listening = self.audio("input")
        return "turn_detection" in listening and listening["turn_detection"] is None

    def interrupts(self) -> bool:
        """False only if the service said that what the user says does not interrupt answers."""
        detection = self.audio("input").get("turn_detection")
        return not isinstance(detection, dict) or detection.get("interrupt_response") is not False

    def answers_by_itself(self) -> bool:
        """True if an answer follows the user's turn without being asked for."""
        detection = self.audio("input").get("turn_detection", {})
        return isinstance(detection, dict) and detection.get("create_response") is not False


class Context:
    """The session's working state. One ``apply`` sets ``at``, fills ``changes`` and hands them out."""

    def __init__(self) -> None:
        self.at = 0.0
        self.refused: ErrorInfo | None = None  # what was said of settings that are not in force
        self.changes: list[Change] = []
        self.rows = Rows()
        self.uses = ToolUses()
        self.asked = Asked(self.rows, self.uses)
        self.unfinished: dict[str, Turn] = {}
        self.call = Call()
        self.connection = Machine(CONNECTION)
        self.user = Machine(USER)
        self.playout = Machine(PLAYOUT)
        self.work = Machine(WORK)
        self.states: dict[StateName, Any] = {
            "connection_state": "disconnected",
            "activity": "idle",
            "user_speaking": False,
            "assistant_speaking": False,
            "voice": "",
            "turn_detection": None,
            "reconnect_attempts": 0,
            "error": None,
            "call_id": None,
        }

    def collected(self) -> list[Change]:
        """What has changed; it is told once."""
        changes, self.changes = self.changes, []
        if self.uses.run and (numbers := self.uses.talked_over(self._said_by_user(changes))):
            changes.append(ToolsTalkedOver(numbers))
        changes += map(ToolChanged, self.uses.changed())
        return changes

    def _said_by_user(self, changes: Iterable[Change]) -> Iterator[Turn]:
        """What the user says now so that it interrupts: words, and no listener's "mhm"."""
        if not self.call.interrupts():
            return
        for change in changes:
            item_id = (
                change.row["item_id"]
                if isinstance(change, RowChanged)
                else change.item_id
                if isinstance(change, RowText)
                else ""
            )
            turn = self.rows.get(item_id)
            if turn is None or turn.role != "user" or turn.source != "speech":
                continue
            # While something sounds it is still found out whether it was meant to interrupt that.
            sure = turn.finished or turn.overlap == "interruption" or self.playout.state != "playing"
            said = bool(turn.text.strip()) or (turn.finished and not self.call.transcribes())
            if sure and said and turn.overlap not in ("backchannel", "cough"):
                yield turn

    def set(self, name: StateName, value: Any) -> None:
        """A state's value; a change is reported."""
        if self.states[name] != value:
            self.states[name] = value
            self.changes.append(StateChanged(name, value))

    def fire(self, machine: Machine, trigger: str) -> None:
        """Move one of the three machines of the talk and report what that changes."""
        if machine.fire(trigger):
            self.set("user_speaking", self.user.state == "speaking")
            self.set("assistant_speaking", self.playout.state == "playing")
            activity: Activity = ACTIVITY[self.user.state, self.playout.state, self.work.state]
            self.set("activity", activity)

    def recovered(self) -> None:
        """All is well again. Settings that were refused are not in force for that, and their error stays."""
        if self.states["error"] is None or self.states["error"] != self.refused:
            self.set("error", None)

    def problem(self, error: ErrorInfo) -> None:
        """A fault worth showing: it also becomes the error in force."""
        self.changes.append(Problem(error))
        self.set("error", error)

    def turn(self, item_id: str, role: RowRole, source: Source = "speech") -> Turn:
        """Make a turn at the end of the talk. Show it once it is filled."""
        turn = Turn(item_id, role, source, self.at, self.call.clock, self.call.call_id, self.call.model)
        self.rows.add(turn)
        self.unfinished[item_id] = turn
        return turn

    def show(self, turn: Turn) -> None:
        """Something in the row other than streaming text has changed."""
        self.rows.version += turn.finished
        self.changes.append(RowChanged(turn.row()))

    def retime(self, but: Collection[Turn] = ()) -> None:
        """Something is known of when somebody was heard; ``but``: these rows are shown anyway."""
        for turn in self.call.heard.settle():
            if turn not in but:
                self.show(turn)

    def stream(
        self,
        turn: Turn,
        delta: str,
        start_ms: float | None = None,
        end_ms: float | None = None,
        part: int | None = None,
        *,
        estimated: bool | None = None,
    ) -> None:
        """The row's text goes on, at its end or within."""
        if not turn.append(delta, start_ms, end_ms, part):
            self.show(turn)
            return
        self.rows.version += turn.finished
        self.changes.append(RowText(turn.item_id, delta, None, _whole(start_ms), _whole(end_ms), estimated))

    def partial(self, turn: Turn) -> None:
        """The row's text was replaced and may be again."""
        self.changes.append(RowText(turn.item_id, None, turn.text))

    def place(self, turn: Turn, previous: str | None) -> None:
        """The service says behind which item the turn stands."""
        # What another call has is only told again in this one.
        if previous is not None and turn.clock is self.call.clock:
            for moved in self.rows.place(turn, previous):
                self.show(moved)

    def finish(self, turn: Turn, status: RowStatus | None = None) -> None:
        """Nothing but late text can change this turn any more. Only the first time counts."""
        if turn.finished:
            return
        if status is not None:
            turn.status = status
        turn.finished = True
        if not turn.unheard:
            turn.forget()
        self.unfinished.pop(turn.item_id, None)
        row = turn.row()
        self.changes.append(RowChanged(row))
        self.changes.append(TurnFinished(row, turn.goes_on))


def _whole(ms: float | None) -> int | None:
    return None if ms is None else round(ms)
