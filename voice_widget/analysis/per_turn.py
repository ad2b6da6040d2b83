"""The measures of each turn, by what one ear heard. Pure: a dict per turn, of the columns of `BY_TURN`.

A measure of which a turn is no case is not in its dict; one that should be there and cannot be had is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isnan
from typing import Any

from voice_widget.analysis import floor
from voice_widget.analysis.silence import DEAD_AIR_MS, dead_air, tool_silence
from voice_widget.analysis.spans import Span, length, near, shared, touches, union
from voice_widget.analysis.speaking import is_backchannel, is_false_yield, is_filler, speech_rate
from voice_widget.analysis.turns import Turn, placed
from voice_widget.realtime.state.records import SIDES, Row, Side
from voice_widget.tables.transcript import heard

PARTS = ("end_wait_ms", "recognition_ms", "first_word_ms", "first_sound_ms", "transport_ms")
BY_TURN = {
    "seq": "Int64",
    "role": "string",
    "start_ms": "Int64",
    "end_ms": "Int64",
    "source": "string",
    "kind": "string",
    "interrupted": "boolean",
    "false_yield": "boolean",
    "response_gap_ms": "Int64",
    "answer_gap_ms": "Int64",
    **dict.fromkeys(PARTS, "Int64"),
    "unexplained_ms": "Int64",
    "floor_transfer_offset_ms": "Int64",
    "barge_in_stop_ms": "Int64",
    "overlap_ms": "Int64",
    "dead_air_ms": "Int64",
    "tool_silence_ms": "Int64",
    "speech_rate": "Float64",
    "doubts": "string",
}
_EAR_MS = 200.0  # a pause so short is part of what sounds, so it may have gone on beside lost sound
_PAUSE_MS = 500.0  # within what one says in one go
_BEFORE = 20  # so many turns before one may still go on: a talk's length must not count twice
Cells = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What the records of a talk say.

    Attributes:
        rows: By number.
        spans: Of what sounded by its row: the side, and from when until when, on the recording's timeline.
        responses: What is known of each answer, by its ``item_id``.
        tools: The call in which each tool ran, and when, on the same timeline; one without an end has NaN.
        unknown: When nobody knows what sounded, by side.
        dead_air_ms: A longer silence is dead air.
        stops: The rows say what stopped an answer; those of a file of somebody else's do not.
        end_ms: When the recording ended; None: there is none.
    """

    rows: Mapping[int, Row]
    spans: Mapping[int, tuple[Side, float, float]]
    responses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tools: Sequence[tuple[str | None, Span]] = ()
    unknown: Mapping[Side, Sequence[Span]] = field(default_factory=dict)
    dead_air_ms: float = DEAD_AIR_MS
    stops: bool = True
    end_ms: float | None = None

    @cached_property
    def lost(self) -> list[Span]:
        """When nobody knows what sounded of one side or the other."""
        return union(span for side in SIDES for span in self.unknown.get(side, ()))

    def unsure(self, one: float, other: float) -> bool:
        """Whether sound was lost between two moments that sound, or so near that it may hide an edge.

        What sounds has pauses of up to 200 ms in it: so near to lost sound nobody knows whether it began, or
        ended, in that.
        """
        return touches(self.lost, min(one, other) - _EAR_MS, max(one, other) + _EAR_MS)

    @cached_property
    def calls(self) -> dict[int, str | None]:
        """The call of each row."""
        return {seq: row["call_id"] for seq, row in self.rows.items()}


class Sounding:
    """A talk as one ear heard it.

    Args:
        told: What its records say.
        voiced: When each side sounds, in order; without sound nothing.
    """

    def __init__(self, told: Told, voiced: Mapping[Side, Sequence[Span]]) -> None:
        self.told = told
        self.turns = placed(told.spans, voiced)
        self.by_seq = {turn.seq: turn for turn in self.turns}
        # What only events know of sounds as well, where there is none to be heard.
        self.sounds: dict[Side, list[Span]] = {
            side: union([*voiced.get(side, ()), *self._told_only(side)]) for side in SIDES
        }
        self.either = union(span for side in SIDES for span in self.sounds[side])
        self.silences = dead_air(
            self.either, told.lost, told.dead_air_ms, self._between(), self._unanswered_until()
        )

    def _between(self) -> list[Span]:
        """From the last turn of a call to the first one of the next."""
        found, ended = [], 0.0
        for place, turn in enumerate(self.turns):
            if place and not self._one_call(self.turns[place - 1], turn) and ended < turn.start_ms:
                found.append((ended, turn.start_ms))
            ended = max(ended, turn.end_ms)
        return found

    def _unanswered_until(self) -> float | None:
        """The end of the recording, where the user had said something to which nobody said anything."""
        last = max(self.turns, key=lambda turn: turn.end_ms, default=None)
        if last is None or last.role == "assistant" or is_backchannel(heard(self.told.rows[last.seq])):
            return None
        answered = any(end > last.end_ms for _, end in self.sounds["assistant"])
        return None if answered else self.told.end_ms

    def _one_call(self, one: Turn, other: Turn) -> bool:
        return self.told.calls.get(one.seq) == self.told.calls.get(other.seq)

    def _told_only(self, side: Side) -> list[Span]:
        return [(x.start_ms, x.end_ms) for x in self.turns if x.role == side and x.source == "events"]

    def cells(self) -> list[Cells]:
        """A dict for each turn, in the order in which they sounded."""
        found = {turn.seq: self._of(turn) for turn in self.turns}
        for fill in (self._passing, self._beginning_over, self._stopped, self._silent, self._tools):
            fill(found)
        for seq, cells in found.items():
            parts = [cells.get(name) for name in ("end_wait_ms", "first_sound_ms", "transport_ms")]
            left = floor.unexplained(cells.get("response_gap_ms"), *parts)
            if left is not None:
                cells["unexplained_ms"] = left
            cells["kind"] = self._kind(self.by_seq[seq], cells)
        return list(found.values())

    def _of(self, turn: Turn) -> Cells:
        row, other = self.told.rows[turn.seq], SIDES[turn.role == "user"]
        span = [(turn.start_ms, turn.end_ms)]
        cells: Cells = {"seq": turn.seq, "role": turn.role, "source": turn.source}
        cells |= {"start_ms": turn.start_ms, "end_ms": turn.end_ms, "interrupted": row["interrupted"]}
        cells["speech_rate"] = speech_rate(heard(row), turn.end_ms - turn.start_ms)
        own, others = (near(self.sounds[side], turn.start_ms, turn.end_ms) for side in (turn.role, other))
        cells["overlap_ms"] = length(shared(shared(span, own), others))
        if self.told.unsure(turn.start_ms, turn.end_ms):
            cells["speech_rate"] = cells["overlap_ms"] = None
        return cells

    # --- the floor ---

    def _passing(self, found: Mapping[int, Cells]) -> None:
        for passed in floor.transfers(self.turns, self.told.calls):
            before, after = self.by_seq[passed.before], self.by_seq[passed.after]
            if after.role == "assistant" and not self._answers(before, after):
                continue
            lost = self._lost_between(before, after)
            found[after.seq]["floor_transfer_offset_ms"] = None if lost else passed.offset_ms
            if after.role == "assistant":
                self._gaps(found, before, after, lost)
        for pair in floor.asked_within(self.turns, self.told.calls, self._meant):
            asked, answer = (self.by_seq[seq] for seq in pair)
            if self._answers(asked, answer):
                self._gaps(found, asked, answer, self._lost_between(asked, answer))

    def _lost_between(self, one: Turn, other: Turn) -> bool:
        """Whether lost sound hides when one ended or the other began: in a silence, or around an overlap."""
        if other.start_ms < one.end_ms:
            return self.told.unsure(other.start_ms, one.end_ms)
        return touches(self.told.lost, one.end_ms, other.start_ms)

    def _meant(self, turn: Turn, holder: Turn) -> bool:
        """Whether a turn within an answer is more than what would stop one falsely."""
        row, answer = self.told.rows[turn.seq], self.told.rows[holder.seq]
        unsure = self.told.unsure(turn.start_ms, turn.end_ms)
        sounded = None if unsure else turn.end_ms - turn.start_ms
        return not is_false_yield(row["overlap"], heard(row), sounded, answer["text"])

    def _answers(self, asked: Turn, answer: Turn) -> bool:
        """Nothing that was typed lies between them: then it answers that."""
        between = (self.told.rows.get(seq) for seq in range(asked.seq + 1, answer.seq))
        return not any(row and row["role"] == "user" and row["source"] == "typed" for row in between)

    def _gaps(self, found: Mapping[int, Cells], asked: Turn, first: Turn, lost: bool) -> None:
        cells, row = found[first.seq], self.told.rows[first.seq]
        gap = None if lost else floor.response_gap(asked.end_ms, first.start_ms)
        if "events" in (asked.source, first.source) and row["response_gap_ms"] is not None and not lost:
            gap = float(row["response_gap_ms"])  # who heard it says so
        cells["response_gap_ms"] = gap
        told = self.told.responses.get(row["item_id"], {})
        cells |= {name: told.get(name) for name in PARTS} if told else {}
        answer = first
        while (follows := self._filled(answer)) is not None:
            found[answer.seq]["kind"] = "filler"
            answer = follows
        if answer is first:
            found[first.seq]["answer_gap_ms"] = gap
        else:
            gone = touches(self.told.lost, asked.end_ms, answer.start_ms)
            found[answer.seq]["answer_gap_ms"] = None if gone else answer.start_ms - asked.end_ms

    def _filled(self, turn: Turn) -> Turn | None:
        """The turn that a filler was to bridge the time to; None: it is no filler."""
        row = self.told.rows[turn.seq]
        after = self.turns[self._place[turn.seq] + 1 :][:1]
        if not after or after[0].role != turn.role or not self._one_call(turn, after[0]):
            return None
        return after[0] if row["source"] == "say" or is_filler(heard(row)) else None

    @cached_property
    def _place(self) -> dict[int, int]:
        return {turn.seq: place for place, turn in enumerate(self.turns)}

    # --- turns that begin over the other side's ---

    def _beginning_over(self, found: Mapping[int, Cells]) -> None:
        """For how long a turn sounds together with those that it began over: each overlap once."""
        for turn in self.turns:
            under = self._under(turn)
            if not under or found[turn.seq]["overlap_ms"] is None:
                continue
            over = [(turn.start_ms, min(turn.end_ms, max(each.end_ms for each in under)))]
            user, assistant = (near(self.sounds[side], *over[0]) for side in SIDES)
            found[turn.seq]["begun_over_ms"] = length(shared(shared(over, user), assistant))
            last = max(each.end_ms for each in under)
            # Whether the answer takes the floor or ends before the user does.
            if turn.role == "assistant" and not self.told.unsure(turn.start_ms, last):
                found[turn.seq]["user_yet_ms"] = last - turn.start_ms

    def _under(self, turn: Turn) -> list[Turn]:
        """The other side's turns of the same call that had begun, and not ended, when a turn began."""
        place = self._place[turn.seq]
        return [
            each
            for each in self.turns[max(0, place - _BEFORE) : place]
            if each.role != turn.role
            and each.start_ms < turn.start_ms <= each.end_ms
            and self._one_call(each, turn)
        ]

    # --- answers that were stopped ---

    @cached_property
    def users_speech(self) -> list[Span]:
        """The user's, in one go."""
        return union(self.sounds["user"], _PAUSE_MS)

    def _stopped(self, found: dict[int, Cells]) -> None:
        if not self.told.stops:
            for passed in floor.transfers(self.turns, self.told.calls):
                if passed.offset_ms < 0 and self.by_seq[passed.before].role == "assistant":
                    found[passed.before] |= {"barge_in_stop_ms": None, "false_yield": None}
            return
        for turn in self.turns:
            row = self.told.rows[turn.seq]
            if turn.role != "assistant" or row["stopped_by"] != "speech":
                continue
            said = floor.stopped_it(row, self._over(turn), self.told.rows.values())
            other = None if said is None else self.by_seq.get(said["seq"])
            span = None if other is None else (other.start_ms, other.end_ms)
            onset = floor.barge_in_onset(turn.start_ms, turn.end_ms, self.users_speech, span)
            lost = onset is None or self.told.unsure(onset, turn.end_ms)
            found[turn.seq]["barge_in_stop_ms"] = None if lost or onset is None else turn.end_ms - onset
            if span is None and onset is not None:
                span = next(each for each in self.users_speech if each[0] == onset)
            sounded = None if span is None or self.told.unsure(*span) else span[1] - span[0]
            overlap, text = (None, "") if said is None else (said["overlap"], heard(said))
            found[turn.seq]["false_yield"] = is_false_yield(overlap, text, sounded, row["text"])
            found[turn.seq]["stopped_for"] = None if said is None else said["seq"]

    def _over(self, turn: Turn) -> list[Row]:
        """The other side's turns that began while one sounded, in the same call."""
        return [
            self.told.rows[each.seq]
            for each in self.turns
            if each.role != turn.role
            and turn.start_ms < each.start_ms <= turn.end_ms
            and self._one_call(turn, each)
        ]

    # --- silence ---

    def _silent(self, found: Mapping[int, Cells]) -> None:
        """Note silences at the turn that ends them, or else at the next one."""
        for span in self.silences.known:
            if (seq := self._after(span)) is not None:
                cells = found[seq]
                cells["dead_air_ms"] = (cells.get("dead_air_ms") or 0.0) + span[1] - span[0]
                cells["dead_air"] = [*cells.get("dead_air", ()), span]
        for span in self.silences.unknown:
            if (seq := self._after(span)) is not None:
                found[seq].setdefault("dead_air_ms", None)

    @property
    def trailing(self) -> list[Span]:
        """The silences behind which there is no turn, but a sound without one."""
        return [span for span in self.silences.known if self._after(span) is None]

    def _after(self, silence: Span) -> int | None:
        """The turn that ends a silence or, where a sound without a turn does, the next one."""
        return next((turn.seq for turn in self.turns if turn.end_ms > silence[1]), None)

    def _tools(self, found: Mapping[int, Cells]) -> None:
        for call_id, (began, ended) in self.told.tools:
            after = began if isnan(ended) else ended
            said = (turn for turn in self.turns if turn.role == "assistant" and turn.start_ms >= after)
            answer = next((turn for turn in said if self.told.calls.get(turn.seq) == call_id), None)
            if answer is None or "tool_silence_ms" in found[answer.seq]:
                continue
            # Of a tool that has no end nobody knows whether that is its answer.
            lost = isnan(ended) or touches(self.told.lost, began, answer.start_ms)
            silent = None if lost else tool_silence(began, answer.start_ms, self.either)
            found[answer.seq]["tool_silence_ms"] = silent

    # --- what a turn is ---

    def _kind(self, turn: Turn, cells: Mapping[str, Any]) -> str:
        row = self.told.rows[turn.seq]
        if cells.get("kind") == "filler":
            return "filler"
        if row["overlap"] is not None:
            return str(row["overlap"])
        under = self._under(turn)
        stopped = [each for each in under if self.told.rows[each.seq]["stopped_by"] == "speech"]
        # It ends before the other side does, which would have gone on if it had not been stopped.
        within = stopped or [each for each in under if turn.end_ms <= each.end_ms]
        if within and is_backchannel(heard(row)):
            return "backchannel"
        if turn.role == "user" and stopped:
            return "interruption"
        if turn.role == "assistant" and cells.get("user_yet_ms", 0.0) >= floor.INTERRUPTS_MS:
            return "interruption"
        return "turn"
