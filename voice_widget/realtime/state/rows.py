"""The rows of a talk, in order, and what of an answer was heard."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from voice_widget.errors import SettingError, shown
from voice_widget.realtime.sound.cutting import sounded
from voice_widget.realtime.state.clock import Clock, iso
from voice_widget.realtime.state.records import (
    OverlapKind,
    Row,
    RowRole,
    RowStatus,
    Source,
    StoppedBy,
    TimeSource,
)
from voice_widget.realtime.wire.reading import differs, mends

# A rough rate of speech, for services that tell neither word times nor how long an answer sounds.
MS_PER_CHARACTER = 65
# Functions called and their results stand in the service's chain of items but are no rows.
_REMEMBERED = 256
_WORD = re.compile(r"\S+")
# What the words of `stop_reason` mean: services', and ours.
_STOPPED_BY: Mapping[str | None, StoppedBy] = {
    "turn_detected": "speech",
    "client_cancelled": "interrupt",
    "max_output_tokens": "token_limit",
    "content_filter": "content_filter",
    "call_ended": "call_ended",
    "call_lost": "call_lost",
    "events_lost": "events_lost",
    "answer_unended": "timeout",
    "answer_timeout": "timeout",
}


def place_of(seq: Any, rows: Sequence[Mapping[str, Any]]) -> int:
    """Where in these rows the turn of that number is.

    Raises:
        SettingError: There is none (``unknown_turn``).

    Example:
        >>> place_of(2, [{"seq": 1}, {"seq": 2}])
        1
    """
    try:
        wanted = None if isinstance(seq, bool) else int(seq.__index__())  # numpy's numbers are no int
    except Exception:  # it may be any object
        wanted = None
    place = next((n for n, row in enumerate(rows) if row["seq"] == wanted), None)
    if place is None:
        raise SettingError(
            f"There is no turn {shown(seq)}: the talk has {len(rows)}.",
            code="unknown_turn",
            next_step="Take one from the column seq of transcript_df.",
        )
    return place


@dataclass(slots=True, eq=False)
class Turn:
    """One row while it can still change."""

    item_id: str
    role: RowRole
    source: Source
    arrived: float
    clock: Clock
    call_id: str | None
    model: str | None
    voice: str | None = None
    seq: int = 0
    status: RowStatus = "in_progress"
    stop_reason: str | None = None
    text_heard: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    service_start_ms: int | None = None
    service_end_ms: int | None = None
    began_at: float | None = None  # when its sound did, in seconds since the epoch
    time_source: TimeSource = "arrival"
    gap_ms: int | None = None
    interrupted: bool = False
    finished: bool = False
    deleted: bool = False
    shown_as: str = ""  # the id of its item at the service of this call; empty: that has none
    rewound: bool = False  # somebody has taken it back
    text_before: str | None = None  # what was really said, if another text stands in its place
    redacted: bool = False  # nobody is to know any more what was said
    guessed: bool = False  # the text may turn out to be nothing at all
    response_id: str | None = None
    cut: bool = False
    unheard: bool = False  # it is finished, and nobody has told that it sounded
    goes_on: bool = False  # its response calls a tool: the answer is still to come
    overlap: OverlapKind | None = None
    overlap_item_id: str | None = None
    images: list[dict[str, Any]] = field(default_factory=list)  # parts of the user's item
    stopped_at: float | None = None
    audio_ms: float = 0.0
    played_ms: float = 0.0  # of which so much sounded, if it was cut
    whole: bool = False  # all of its text came at once
    whole_parts: set[int] = field(default_factory=set)  # of which the whole text came
    # Pieces by the number of their part (`content_index`), in the order in which the parts began.
    _parts: dict[int, list[str]] = field(default_factory=dict)
    _last: int = 0  # the number of the last part
    _length: int = 0
    # (length of the text with this word, ms within the item at which it begins, and ends if that is known)
    _words: list[tuple[int, float, float | None]] = field(default_factory=list)
    _timed: bool = True

    @property
    def text(self) -> str:
        """What was said so far."""
        if self.redacted:
            return ""
        return "".join(map(self.part, self._parts)) if len(self._parts) != 1 else self.part(*self._parts)

    def part(self, number: int) -> str:
        """What one part says so far."""
        pieces = self._parts.get(number)
        if pieces and len(pieces) > 1:
            pieces[:] = ["".join(pieces)]
        return pieces[0] if pieces else ""

    def part_of(self, text: str, number: int | None) -> int | None:
        """The part whose whole text this is, by what its number says; None: it is all of the text."""
        if number is None or not self._parts:
            return number
        if number in self._parts:
            # Of a piece that came by another number too: it is no part of its own.
            several = len(self._parts) > 1 and len(text) == self._length
            return None if several and sorted(text) == sorted(self.text) else number
        if set(self._parts) <= self.whole_parts:
            return number if differs(self.text, text) else None
        return number if differs(self.text, text) and not mends(text, self.text) else None

    @property
    def takes_more(self) -> bool:
        """It is an answer that nobody stopped: also what comes late is its."""
        said = self.role == "assistant" and self.status in ("completed", "in_progress")
        return said and not self.interrupted

    @property
    def stopped_by(self) -> StoppedBy | None:
        """What an answer was stopped by; None: it came to its end, or has not yet."""
        if self.role != "assistant" or not (self.interrupted or self.status in ("incomplete", "failed")):
            return None
        return _STOPPED_BY.get(self.stop_reason) or ("failure" if self.status == "failed" else "unknown")

    @property
    def all_heard(self) -> bool:
        """It is known that the whole text was heard."""
        return self.text_heard is not None and len(self.text_heard) == self._length

    def append(
        self,
        delta: str,
        start_ms: float | None = None,
        end_ms: float | None = None,
        part: int | None = None,
    ) -> bool:
        """The text goes on; the times say when, within the item's audio, it is spoken.

        False: not at its end, but that of an earlier part.
        """
        at_end = True
        if part is None or part == self._last:
            part = self._last
            if not self._parts:
                self._begin(part)
        else:
            part = self._near(part)
            at_end = part == self._last or self._begin(part)
        self._parts[part].append(delta)
        self._length += len(delta)
        if start_ms is None or not at_end:
            self._timed = False
            return at_end
        self._words.append((self._length, start_ms, end_ms))
        if end_ms is not None and end_ms > self.audio_ms:
            self.audio_ms = end_ms
        return True

    def _near(self, part: int) -> int:
        """The part that is meant: parts come one after the other, and a number far from them is a fault."""
        return self._last if self._parts and part > max(self._parts) + 1 else part

    def _begin(self, part: int) -> bool:
        """The text goes on with this part; False if that stands further up."""
        if part in self._parts:
            return False
        self._parts[part], self._last = [], part
        return True

    def replace(self, text: str, part: int | None = None) -> None:
        """All of the text, or of a part. Word times are kept if they were those of this text."""
        if text == (self.text if part is None else self.part(part)):
            return
        if part is None:
            self._last = next(iter(self._parts), 0)
            self._parts = {self._last: [text]}
        else:
            part = self._near(part)
            self._begin(part)
            self._parts[part] = [text]
        self._length = sum(len(self.part(number)) for number in self._parts)
        self._timed = False

    @property
    def sound_ms(self) -> float:
        """How long it sounds, about where nobody says so."""
        return self.audio_ms or MS_PER_CHARACTER * self._length

    def heard(self, played_ms: float) -> str:
        """What of the text had sounded after ``played_ms`` of the item, by words of which most had."""
        text = self.text
        if self._timed and self._words:
            return text[: sounded(self._words, played_ms, self.audio_ms)]
        total = self.sound_ms
        if played_ms >= total:
            return text
        at = len(text) * played_ms / total
        mostly = (word.end() for word in _WORD.finditer(text) if sum(word.span()) / 2 <= at)
        return text[: max(mostly, default=0)]

    def forget(self) -> None:
        """Drop what only a live turn needs."""
        self._words = []
        for number in self._parts:
            self.part(number)

    def row(self) -> Row:
        """The row as it is now, as a copy."""
        arrived_at = iso(self.arrived)
        started_at = arrived_at if self.began_at is None else iso(self.began_at)
        return {
            "seq": self.seq,
            "item_id": self.item_id,
            "role": self.role,
            "text": self.text,
            "text_heard": "" if self.redacted and self.text_heard is not None else self.text_heard,
            "status": self._status(),
            "stop_reason": self.stop_reason,
            "stopped_by": self.stopped_by,
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "service_start_ms": self.service_start_ms,
            "service_end_ms": self.service_end_ms,
            "started_at": started_at,
            "arrived_at": arrived_at,
            "time_source": self.time_source,
            "response_gap_ms": self.gap_ms,
            "interrupted": self.interrupted,
            "source": self.source,
            "voice": self.voice,
            "model": self.model,
            "call_id": self.call_id,
            "overlap": self.overlap,
            "overlap_item_id": self.overlap_item_id,
            "images": len(self.images),
            "text_before": "" if self.redacted and self.text_before is not None else self.text_before,
        }

    def _status(self) -> RowStatus:
        if self.rewound:
            return "rewound"
        # What was cut is not complete, however far it had been made when it was.
        return "incomplete" if self.interrupted and self.status == "completed" else self.status


class Rows:
    """All turns of a talk. ``seq`` is the place in it, from 1.

    New turns go to the end. When the service's chain (``previous_item_id``) says that a turn belongs further
    up, it moves there, and only the turns that it passes are renumbered.
    """

    def __init__(self) -> None:
        self._list: list[Turn] = []
        self._by_id: dict[str, Turn] = {}
        self._others: OrderedDict[str, Turn | None] = OrderedDict()
        self.added: set[str] = set()  # items that ask nothing, though they are the user's
        self.version = 0  # grows when a finished turn changes, or its place

    def __iter__(self) -> Iterator[Turn]:
        return iter(self._list)

    def since(self, place: int) -> Iterator[Turn]:
        """The turns from this place on."""
        return islice(self._list, place, None)

    def __reversed__(self) -> Iterator[Turn]:
        return reversed(self._list)

    def __len__(self) -> int:
        return len(self._list)

    def get(self, item_id: str) -> Turn | None:
        """The turn with this id."""
        return self._by_id.get(item_id)

    def before(self, turn: Turn) -> Turn | None:
        """The turn before this one."""
        return self._list[turn.seq - 2] if turn.seq > 1 else None

    @property
    def last(self) -> Turn | None:
        """The last turn so far."""
        return self._list[-1] if self._list else None

    @property
    def question(self) -> Turn | None:
        """The user's last turn so far."""
        return next((turn for turn in reversed(self._list) if turn.role == "user"), None)

    def asking(self, last: Turn) -> Turn | None:
        """The last of the user's turns up to this one that asks something: what was added does not."""
        turns = islice(reversed(self._list), len(self._list) - last.seq, None)
        return next((turn for turn in turns if turn.role == "user" and turn.item_id not in self.added), None)

    def also(self, item_id: str, turn: Turn) -> None:
        """The service knows the turn by this id."""
        self._by_id[item_id] = turn
        turn.shown_as = item_id

    def not_also(self, item_id: str, turn: Turn) -> None:
        """It does not after all."""
        if item_id != turn.item_id and self._by_id.get(item_id) is turn:
            del self._by_id[item_id]
            turn.shown_as = turn.item_id

    def add(self, turn: Turn) -> None:
        """Put a new turn at the end."""
        self._list.append(turn)
        self._by_id[turn.item_id] = turn
        turn.shown_as = turn.item_id
        turn.seq = len(self._list)

    def call_begins(self) -> None:
        """Another call's service has none of them, until it is told."""
        for turn in self._list:
            turn.shown_as = ""

    def pass_by(self, item_id: str, previous: str | None = None) -> None:
        """An item that is no row: remember behind which row it stands."""
        if item_id in self._by_id or (item_id in self._others and previous is None):
            return
        behind = self._behind(previous) if previous is not None else None
        self._others[item_id] = behind or self.last
        if len(self._others) > _REMEMBERED:
            self._others.popitem(last=False)

    def place(self, turn: Turn, previous: str) -> list[Turn]:
        """Move a turn right behind the item ``previous``; returns the turns whose ``seq`` changed.

        A service knows only the items of its own call that were not deleted. What else stands behind
        ``previous`` was said before: in an earlier call of which this one was not told, or it was taken back,
        because nobody had heard it.
        """
        behind = self._behind(previous)
        if behind is None or behind is turn:
            return []
        here, there = turn.seq - 1, behind.seq  # the turn's index, and where it belongs
        while there < here and (self._list[there].clock is not turn.clock or self._list[there].deleted):
            there += 1
        if here == there:
            return []
        if here < there:
            there -= 1
        del self._list[here]
        self._list.insert(there, turn)
        first, last = min(here, there), max(here, there)
        moved = self._list[first : last + 1]
        self.version += 1
        for seq, other in enumerate(moved, first + 1):
            other.seq = seq
        return moved

    def _behind(self, item_id: str) -> Turn | None:
        return self._by_id.get(item_id) or self._others.get(item_id)
