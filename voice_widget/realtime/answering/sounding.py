"""What of the answers was played: who speaks, the response gap, what of an interrupted answer was heard."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.answering.answers import Answer
from voice_widget.realtime.answering.cuts import Cuts
from voice_widget.realtime.state.context import Context
from voice_widget.realtime.state.records import RowStatus
from voice_widget.realtime.state.rows import Turn

Event = Mapping[str, Any]
# Who plays an answer says so within this. How long a text sounds is a guess, and may be so many times more.
_TOLD_MS = 10_000.0
_SLOWLY = 3
# What sounds already may go on still more slowly: spelt, in signs for whole words, or halting on its way.
_HALTING = 10
_UNKNOWN_MS = 300_000.0  # what is made beside the conversation is no row, and may be long
_STATUS: Mapping[str, RowStatus] = {"completed": "completed", "failed": "failed"}


class Sounding:
    """Handlers of ``output_audio_buffer.*``, of truncation and of the page's marks about the assistant.

    Attributes:
        playing: The answer that sounds.
        cuts: What was cut.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.playing: Answer | None = None
        self.cuts = Cuts(context)
        # Whole answers that have not begun to sound.
        self._made: list[Answer] = []
        # Played to the end of what there was, before the response was said to be whole.
        self._drained: Answer | None = None
        # The turn whose gap the page's mark may make exact, and when the user ended, on the page's clock.
        self._unmarked: tuple[Turn, float | None] | None = None
        # The service was quicker: the page still heard that user when the answer began.
        self._user_unended = False
        # The last mark that belongs to an answer already timed.
        self._marked_ms = -1.0
        # Whether this call's service says what it plays.
        self._told = False
        self._free_at = 0.0  # when the last sound had ended

    @property
    def until(self) -> float | None:
        """When an answer must have sounded, or its cut be told, if nobody says so; None: no word is due."""
        ends = [] if self.cuts.since is None else [self.cuts.since + _TOLD_MS / 1000]
        if (playing := self.playing) is not None:
            if playing.done or playing.created_at is None:
                sound_ms = sum(_HALTING * turn.sound_ms for turn in playing.turns) or _UNKNOWN_MS
                ends.append(max(playing.started_at, playing.ended_at) + (_TOLD_MS + sound_ms) / 1000)
        elif self._made:
            sound_ms = sum(turn.audio_ms or _SLOWLY * turn.sound_ms for turn in self._made[0].turns)
            ends.append(max(self._free_at, self._made[0].ended_at) + (_TOLD_MS + sound_ms) / 1000)
        return min(ends, default=None)

    def unheard(self, _event: Event) -> None:
        """That time is over: the talk does not wait for a word that does not come."""
        if (until := self.until) is None or (at := self._context.at) < until:
            return
        if self.cuts.since is not None and at >= self.cuts.since + _TOLD_MS / 1000:
            self.cuts.settle()
        elif (playing := self.playing) is not None:
            playing.playout = "over"
            self._fall_silent()
            self._heard_out(playing)
        else:
            self._pass_over(self._made[0])
            self._fall_silent()

    def started(self, answer: Answer, event: Event) -> None:
        """An answer begins to sound, or goes on after its buffer ran dry."""
        if not self._told and answer.playout == "playing":
            # The page's ear was first; the service knows the time.
            answer.playout = "none"
        self._told = True
        if answer.playout != "cut":
            self.cuts.settle()
            self._start(answer, event.get("audio_ms"))

    def stopped(self, answer: Answer | None, event: Event) -> None:
        """All sound that there was has been played."""
        untold = self.playing is None and answer in self._due  # that it began
        if answer is not None and (answer.playout == "playing" or untold):
            self._over(answer, event.get("audio_ms"))
        elif self.playing is None:
            self._fall_silent()

    def _over(self, answer: Answer, audio_ms: float | None) -> None:
        answer.played_ms += answer.since(self._context.at, audio_ms)
        answer.playout = "over"
        if answer in self._made:
            self._made.remove(answer)
        if self.playing in (None, answer):
            self._fall_silent()
        self._lay_out(answer, audio_ms)
        self._heard_out(answer)

    def _heard_out(self, answer: Answer) -> None:
        if answer.done:
            self._all_heard(answer)
        else:
            self._drained = answer

    def cleared(self, answer: Answer | None, event: Event) -> None:
        """The sound was cut off."""
        context = self._context
        if answer is None or answer.playout in ("over", "cut"):
            if self.playing is None:
                self._fall_silent()
            return
        if answer in self._made:
            self._made.remove(answer)
        if answer is self.playing or self.playing is None:
            for other in self._made:
                other.swept = True
            self._fall_silent()
        played = answer.played_ms
        if answer.playout == "playing":
            played += answer.since(context.at, event.get("audio_ms"))
        answer.playout = "cut"
        self._lay_out(answer, event.get("audio_ms"), played)
        for turn in answer.turns:
            if turn.finished:
                continue
            if not turn.cut:
                self.cuts.at(turn, played, whole=answer.done or turn is not answer.turns[-1])
            played = max(0.0, played - turn.audio_ms)
            context.show(turn)
        if answer.done:
            self.cuts.close(answer)

    def truncated(self, event: Event) -> None:
        """The service (or we, on a websocket) cut the item where the sound was cut: this is exact."""
        self.cuts.exact(event, self._made)
        if self.playing is None and not self._due:
            self._context.fire(self._context.playout, "drained")

    def ended(self, answer: Answer, status: str, reason: str | None) -> None:
        """A response has ended: how its turns have, and what of them is not played any more."""
        answer.ended_at = self._context.at
        stopped = status == "cancelled" and reason in ("turn_detected", "client_cancelled", None)
        final = _STATUS.get(status, "incomplete")
        for turn in answer.turns:
            if turn.finished:
                continue
            if turn is not answer.turns[-1] and answer.playout != "none" and status != "failed":
                turn.status = "completed"  # as far as it was made; another followed
                continue
            turn.status, turn.stop_reason = final, reason
            turn.interrupted = turn.interrupted or stopped
        self.made(answer, cancelled=status in ("cancelled", "failed"))
        for turn in answer.turns:
            if not turn.finished:
                self._context.show(turn)

    def made(self, answer: Answer, *, cancelled: bool) -> None:
        """The response is whole (or was cancelled): finish what will not be played any more."""
        if not self._told:
            # A later answer is whole, and nobody says what is played.
            for other in self._made:
                if other is not answer:
                    self._finish(other)
            self._made = []
        if answer.playout == "over":
            self._all_heard(answer)
        elif answer.playout == "cut":
            self.cuts.close(answer)
        elif answer.playout == "none":
            if not answer.sounds or cancelled or answer.out_of_band or self._is_mute(answer):
                for turn in answer.turns:
                    if answer.sounds and cancelled and not turn.cut and not turn.finished:
                        turn.text_heard = ""
                self._finish(answer)
            elif answer not in self._made:
                self._made.append(answer)
        if self._due and (self._told or self._context.call.by_page):
            # Somebody will say when it sounds: the service, or the page.
            self._context.fire(self._context.playout, "made")
        elif self.playing is None:
            self._context.fire(self._context.playout, "drained")

    def _is_mute(self, answer: Answer) -> bool:
        """A service that meant to speak has sent no sound: nothing will say that it is over."""
        return not self._context.call.by_peer and not any(turn.audio_ms for turn in answer.turns)

    def joined(self, answer: Answer, turn: Turn) -> None:
        """A turn was made while its answer sounds already."""
        if answer.playout == "playing" and len(answer.turns) == 1:
            self._time(turn, answer)

    def voiced(self, voiced: bool, at_ms: float, answer: Answer | None) -> None:
        """The page's mark about the assistant."""
        context = self._context
        by_ear = not self._told and context.call.by_peer
        if not voiced:
            if by_ear and self.playing is not None and self.playing.done:
                self.stopped(self.playing, {})
            return
        if self._unmarked is not None:
            self._by_mark(*self._unmarked, at_ms)
        elif self.playing is not None:
            self._marked_ms = at_ms
        elif by_ear and answer is not None:
            # This service does not say what is played (or has not yet): the page's ear has to do.
            self._start(answer, None)

    def user_ended(self, at_ms: float) -> None:
        """The page's mark about the user, whose answer may have begun already."""
        if self._user_unended and self._unmarked is not None:
            self._unmarked = (self._unmarked[0], at_ms)
        self._user_unended = False

    def close(self) -> None:
        """The call is over: what sounds is cut off."""
        self.cuts.settle()
        for answer in [*([self.playing] if self.playing is not None else ()), *self._made]:
            played, ended_at = self._sounded(answer)
            if played is None:
                continue  # nobody knows
            self._lay_out(answer, None, played, ended_at)
            for turn in answer.turns:
                if not turn.finished and not turn.cut:
                    self.cuts.at(turn, played, whole=answer.done or turn is not answer.turns[-1])
                played = max(0.0, played - turn.audio_ms)
        self.playing = self._unmarked = self._drained = None
        self._made.clear()
        self._told = False
        self._marked_ms = -1.0

    # --- inside ------------------------------------------------------------------------------------

    def _sounded(self, answer: Answer) -> tuple[float | None, float]:
        """How long an answer had sounded when its call ended, and until when. None: that is not known."""
        page, at = self._context.call.page, self._context.at
        marks = page.marks["assistant"]
        on, off = marks.on_ms, marks.off_ms
        silent_at = at
        if on is not None and off is not None and off > on and not marks.voiced:
            silent_at = min(at, page.at(off))  # the page heard it fall silent before we knew why
        if answer is self.playing:
            ended_at = silent_at if silent_at >= answer.started_at else at
            return answer.played_ms + (ended_at - answer.started_at) * 1000, ended_at
        if on is not None and on > self._marked_ms and answer is self._made[0] and self.playing is None:
            # The service's word that it sounds got lost, and the page heard it.
            began_at = page.at(on)
            if answer.turns and answer.turns[0].start_ms is None:
                answer.turns[0].start_ms = self._context.call.clock.ms(began_at)
            return (silent_at - began_at) * 1000, silent_at
        return (0.0 if self._told else None), at

    @property
    def _due(self) -> list[Answer]:
        return [answer for answer in self._made if not answer.swept]

    def _fall_silent(self) -> None:
        context = self._context
        if self.playing is not None:
            self.playing = self._unmarked = None
            self._free_at = context.at
        # The page's ear hears no gap between two: what is made may have sounded already.
        context.fire(context.playout, "another" if self._told and self._due else "drained")

    def _start(self, answer: Answer, audio_ms: float | None) -> None:
        context = self._context
        if audio_ms is not None:
            context.call.clock.seen(audio_ms, context.at)
        first = answer.playout == "none"
        answer.playout = "playing"
        answer.started_at, answer.started_ms = context.at, audio_ms
        answer.sounds, answer.swept = True, False
        before, self.playing = self.playing, answer
        if before is not None and before is not answer:
            self._over(before, audio_ms)  # they sound one after the other
        if answer in self._made:
            self._made.remove(answer)
        for other in [made for made in self._made if made.ended_at < (answer.created_at or 0.0)]:
            self._pass_over(other)  # it was before this one
        if self._drained is not None and self._drained is not answer:
            # Some relays hold back `response.done`; the next answer's sound says as much.
            self._all_heard(self._drained)
        self._drained = None
        context.fire(context.playout, "sound")
        if first and answer.turns and not answer.turns[0].finished:
            self._time(answer.turns[0], answer)

    def _time(self, turn: Turn, answer: Answer) -> None:
        """The turn sounds: when, and how long after the user."""
        context = self._context
        call = context.call
        audio_ms = answer.started_ms
        if audio_ms is None:
            turn.start_ms = call.clock.ms(answer.started_at)
        else:
            turn.start_ms = round(audio_ms)
            if turn.gap_ms is None:
                turn.time_source = call.counted
            self._as_heard(turn, answer)
        user_end: float | None = None
        unended = False
        asker = call.asker
        if asker is not None and asker.status == "no_transcript" and asker.end_ms is None:
            call.asker = None  # a push in which nobody was heard: the page's last mark is of an older turn
        # What is said verbatim answers nobody.
        elif asker is not None and asker.stopped_at is not None and answer.source != "say":
            call.asker = None
            if asker.time_source == call.counted:
                answer.asked_ms = asker.end_ms
            if audio_ms is not None and answer.asked_ms is not None:
                turn.gap_ms = max(0, round(audio_ms) - answer.asked_ms)
            else:
                turn.gap_ms = max(0, round((answer.started_at - asker.stopped_at) * 1000))
                turn.time_source = "arrival"
            user_end = asker.page_end_ms
            unended = user_end is None and call.page.marks["user"].voiced
        self._user_unended = unended
        marks = call.page.marks["assistant"]
        self._unmarked = (turn, user_end)
        if marks.voiced and marks.on_ms is not None and marks.on_ms > max(self._marked_ms, user_end or 0.0):
            self._by_mark(turn, user_end, marks.on_ms)
        else:
            context.show(turn)

    def _by_mark(self, turn: Turn, user_end: float | None, at_ms: float) -> None:
        """The page heard the answer begin: nobody knows better."""
        call = self._context.call
        self._unmarked = None
        self._marked_ms = at_ms
        answer = self.playing
        told = answer is not None and answer.started_ms is not None
        if answer is not None and user_end is not None and turn.gap_ms is not None:
            turn.gap_ms = max(0, round(at_ms - user_end))
            turn.time_source = "page"
            self._as_heard(turn, answer)
        if not told and turn.start_ms is not None:
            turn.start_ms = call.clock.ms(call.page.at(at_ms))
        self._context.show(turn)

    def _as_heard(self, turn: Turn, answer: Answer) -> None:
        """From the user's end to the start it is the gap that the page heard, however the sound came."""
        if turn.time_source != "page" or turn.gap_ms is None:
            return
        if answer.asked_ms is not None and answer.started_ms is not None:
            turn.start_ms = answer.asked_ms + turn.gap_ms
            answer.late_ms = turn.start_ms - round(answer.started_ms)

    def _lay_out(
        self,
        answer: Answer,
        audio_ms: float | None,
        played: float = math.inf,
        ended_at: float | None = None,
    ) -> None:
        """When each of the answer's turns sounded: one after the other, the last until now."""
        begins: int | None = None
        for place, turn in enumerate(answer.turns):
            if turn.start_ms is None and begins is not None and played > 0:
                turn.start_ms = begins
            played -= turn.sound_ms
            begins = turn.end_ms
            if turn.finished or (turn.start_ms is None and place > 0):
                continue
            end = self._end(turn, audio_ms, answer, ended_at)
            if end is not None and turn.start_ms is not None and played > 0 and place + 1 < len(answer.turns):
                end = min(end, turn.start_ms + round(turn.sound_ms))
            if not turn.cut or turn.end_ms is None:
                turn.end_ms = end
            begins = turn.end_ms

    def _end(self, turn: Turn, audio_ms: float | None, answer: Answer, ended_at: float | None) -> int | None:
        clock = self._context.call.clock
        if audio_ms is None:
            end = clock.ms(self._context.at if ended_at is None else ended_at)
        else:
            end = round(audio_ms) + answer.late_ms
        return end if end is None or turn.start_ms is None else max(end, turn.start_ms)

    def _pass_over(self, answer: Answer) -> None:
        self._made.remove(answer)
        if answer.swept:
            self.cuts.all_of(answer)
        self._finish(answer)

    def _all_heard(self, answer: Answer) -> None:
        for turn in answer.turns:
            if not turn.finished and not turn.cut:
                # A cancelled answer may have been written further than it was spoken.
                turn.text_heard = turn.heard(answer.played_ms) if turn.interrupted else turn.text
        self._finish(answer)

    def _finish(self, answer: Answer) -> None:
        for turn in answer.turns:
            self._context.finish(turn, "completed" if turn.status == "in_progress" else None)
