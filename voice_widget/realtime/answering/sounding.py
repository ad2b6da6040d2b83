"""What of the answers was played: who speaks, the response gap, what of an interrupted answer was heard."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from voice_widget.realtime.answering.answers import Answer
from voice_widget.realtime.answering.cuts import Cuts
from voice_widget.realtime.state.context import Context
from voice_widget.realtime.state.heard import Moment
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
        self._ends(answer, audio_ms)
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
        self._ends(answer, event.get("audio_ms"), played)
        for turn in answer.turns:
            if turn.finished and not turn.unheard:
                continue
            if not turn.cut:
                self.cuts.at(turn, played, whole=answer.done or turn is not answer.turns[-1])
            self.cuts.explain(turn, answer.started_at or answer.created_at or math.inf)
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
            turn.status, turn.stop_reason = final, reason or turn.stop_reason
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
                        # As far as is known: behind a busy kernel the word that it sounds comes after.
                        turn.text_heard, turn.unheard = "", True
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
            self._asked(turn, answer)

    def voiced(self, voiced: bool, answer: Answer | None) -> None:
        """The page's mark about the assistant."""
        context = self._context
        by_ear = not self._told and context.call.by_peer
        if not voiced:
            if by_ear and self.playing is not None and self.playing.done:
                self.stopped(self.playing, {})
            return
        if self.playing is None and by_ear and answer is not None:
            # This service does not say what is played (or has not yet): the page's ear has to do.
            self._start(answer, None)

    def close(self, audio_ms: float | None = None) -> None:
        """The call is over: what sounds is cut off, there on the clock of the samples, if that is known."""
        self.cuts.settle()
        for answer in [*([self.playing] if self.playing is not None else ()), *self._made]:
            played, ended_at = self._sounded(answer, audio_ms)
            if played is None:
                continue  # nobody knows
            self._ends(answer, audio_ms, played, ended_at)
            for turn in answer.turns:
                if not turn.finished and not turn.cut:
                    self.cuts.at(turn, played, whole=answer.done or turn is not answer.turns[-1])
                played = max(0.0, played - turn.audio_ms)
        self.playing = self._drained = None
        self._made.clear()
        self._told = False

    # --- inside ------------------------------------------------------------------------------------

    def _sounded(self, answer: Answer, audio_ms: float | None) -> tuple[float | None, float]:
        """How long an answer had sounded when its call ended, and until when. None: that is not known."""
        call, at = self._context.call, self._context.at
        if answer is self.playing and audio_ms is not None:
            return answer.played_ms + answer.since(at, audio_ms), at
        last = next(reversed(call.page.marks["assistant"].spans), None)
        silent_at = at
        if last is not None and last.off_ms is not None:
            silent_at = min(at, call.page.at(last.off_ms))  # the page heard it fall silent before we knew why
        if answer is self.playing:
            ended_at = silent_at if silent_at >= answer.started_at else at
            return answer.played_ms + (ended_at - answer.started_at) * 1000, ended_at
        unclaimed = call.heard.unclaimed("assistant")
        if unclaimed is not None and answer is self._made[0] and self.playing is None:
            # The service's word that it sounds got lost, and the page heard it.
            began_at = call.page.at(unclaimed.on_ms)
            answer.utterance = call.heard.began("assistant", answer.turns, Moment(None, began_at))
            return (silent_at - began_at) * 1000, silent_at
        return (0.0 if self._told else None), at

    @property
    def _due(self) -> list[Answer]:
        return [answer for answer in self._made if not answer.swept]

    def _fall_silent(self) -> None:
        context = self._context
        if self.playing is not None:
            self.playing = None
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
        begin = Moment(audio_ms, context.at)
        if answer.utterance is None:
            answer.utterance = context.call.heard.began("assistant", answer.turns, begin)
        elif first:
            answer.utterance.begin = begin  # the page's ear was first
        answer.utterance.end = None
        if first:
            self.cuts.begins(answer)
        if first and answer.turns and (not answer.turns[0].finished or answer.turns[0].unheard):
            self._asked(answer.turns[0], answer)

    def _asked(self, turn: Turn, answer: Answer) -> None:
        """The turn sounds: whom does it answer?"""
        context = self._context
        call = context.call
        asker = call.asker
        if asker is not None and asker.status == "no_transcript" and asker.end_ms is None:
            call.asker = None  # a push in which nobody was heard
        # What is said verbatim answers nobody.
        elif asker is not None and asker.stopped_at is not None and answer.source != "say":
            call.asker = None
            if answer.utterance is not None:
                answer.utterance.asked = call.heard.of(asker)
        context.retime(but=(turn,))
        context.show(turn)

    def _ends(
        self,
        answer: Answer,
        audio_ms: float | None,
        played: float = math.inf,
        ended_at: float | None = None,
    ) -> None:
        """It sounds no longer: all of it, or so much, was played."""
        if answer.utterance is not None:
            at = self._context.at if ended_at is None else ended_at
            answer.utterance.end, answer.utterance.played_ms = Moment(audio_ms, at), played
            self._context.retime(but=[turn for turn in answer.turns if not turn.finished])

    def _pass_over(self, answer: Answer) -> None:
        self._made.remove(answer)
        if answer.swept:
            self.cuts.all_of(answer)
        self._finish(answer)

    def _all_heard(self, answer: Answer) -> None:
        for turn in answer.turns:
            if (not turn.finished or turn.unheard) and not turn.cut:
                # A cancelled answer may have been written further than it was spoken.
                turn.text_heard = turn.heard(answer.played_ms) if turn.interrupted else turn.text
                if turn.unheard:
                    self._context.show(turn)
        self._finish(answer)

    def _finish(self, answer: Answer) -> None:
        for turn in answer.turns:
            self._context.finish(turn, "completed" if turn.status == "in_progress" else None)
