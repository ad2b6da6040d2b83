"""The sound of a talk on its way to who keeps it: from a page in pieces, or from a call made of samples."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol, cast

from voice_widget.audio.tape import Sound
from voice_widget.call.ways import Page
from voice_widget.errors import RecordingError, StateError
from voice_widget.page.parts import RecordedPart
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.clock import iso
from voice_widget.realtime.state.records import (
    Alignment,
    Answered,
    Consent,
    FrontEnd,
    Hole,
    MicrophoneFacts,
    RecordingState,
    Side,
)
from voice_widget.realtime.wire.events import new_id
from voice_widget.recording.redaction import UNREACHED, Blanking, note, turn_of
from voice_widget.talk.journal import Journal
from voice_widget.talk.run import running
from voice_widget.threads.loop import loop, submit

if TYPE_CHECKING:
    from voice_widget.realtime.sound.resampling import Pcm

LOG = logging.getLogger("voice_widget")
KEPT_EVERY = 4
"""So many pieces, a second of sound, are acknowledged at once."""
MOST_PAGES = 16
MOST_NAME = 300
MOST_PARTS = 64
MOST_HOLES = 1024
MOST_BYTES = 1 << 20
MOST_SAMPLES = 1 << 40
OLDEST = 3600 * RATE  # what is said to be older is not believed


class Recorder(Protocol):
    """Keeps both sides' sound. Called on the loop thread, in order: nothing here may block or raise.

    Attributes:
        on_failure: Set by the talk. To be called, from any thread, when no more can be kept.
    """

    on_failure: Callable[[RecordingError], None]

    def sound(
        self,
        clock: str,
        side: Side,
        start: int,
        pcm: Pcm,
        at: float,
        call_id: str | None,
        holes: Sequence[Hole],
        alignment: Alignment,
    ) -> None:
        """Samples of one side at 24 kHz, each once, but for what is pending: that comes again.

        Args:
            clock: Whose count of samples ``start`` is of: a page's sound, or one call of samples. Both sides
                of one clock share it.
            side: Whose sound.
            start: The number of the first sample.
            pcm: The samples.
            at: When the last of them sounded, in seconds since the epoch, as well as is known.
            call_id: The call that it is of, or the last one.
            holes: What is missing since this side's last samples, and why.
            alignment: Whether ``start`` is where they were heard.
        """
        ...

    def consented(self, consent: Consent) -> None:
        """A person has answered: agreed or declined."""
        ...

    def microphone(self, facts: MicrophoneFacts) -> None:
        """What the browser does to the microphone's sound."""
        ...

    def front_end(self, facts: FrontEnd) -> None:
        """What shows the page."""
        ...

    def pause(self) -> None:
        """Keep nothing from now on."""
        ...

    def resume(self) -> None:
        """Keep what comes again."""
        ...

    def redact(self, seq: int) -> Future[tuple[str, ...]]:
        """Take a turn out of what is kept; its event comes after this. Gives what that does not reach."""
        ...


class Recording:
    """Hands the sound to a recorder, once there is one, and holds what is to be known of that.

    Args:
        journal: Where is told what becomes of it.
        page: Sends a message to the pages.
    """

    def __init__(self, journal: Journal, page: Page) -> None:
        self._journal, self._page = journal, page
        self._recorder: Recorder | None = None
        self._state: RecordingState = ""
        self._consent: Consent | None = None
        self._streams: dict[str, _Stream] = {}
        self._call_ids: dict[int, str | None] = {}  # by the numbers that pages know
        self._complained: set[str] = set()

    # --- verbs: any thread ---

    def begin(self, recorder: Recorder, *, consent: Consent | None = None) -> Future[None]:
        """Record the calls from the next one on.

        Args:
            recorder: Who keeps the sound.
            consent: What a person has to agree to before a page opens the microphone, or has agreed to
                elsewhere; None: nothing.

        Raises:
            StateError: A call runs.
        """
        return submit(self._begin(recorder, consent))

    def pause(self) -> Future[None]:
        """Record nothing from now on.

        Raises:
            StateError: Nothing is being recorded.
        """
        return submit(self.set_paused(True))

    def resume(self) -> Future[None]:
        """Record again what is heard.

        Raises:
            StateError: Nothing is being recorded.
        """
        return submit(self.set_paused(False))

    def redact(self, seq: int) -> Future[tuple[str, ...]]:
        """Take a turn's words out of rows and events, and out of what is kept, with its sound.

        Gives what that does not reach.

        Raises:
            SettingError: There is no such turn.
            StateError: It is not over, or a tool of it runs or waits to be allowed.
            RecordingError: What is kept cannot be written.
        """
        return submit(self._redact(seq))

    def end(self) -> Future[None]:
        """Nothing is recorded any more, from now on."""
        return submit(self._end())

    # --- on the loop ---

    @property
    def forbidden(self) -> bool:
        """Somebody has to agree, and has not: no page may call."""
        return self._consent is not None and self._consent["answer"] != "agreed"

    async def set_paused(self, on: bool) -> None:
        """Pause, or go on."""
        if self._recorder is None or self._state not in ("recording", "paused"):
            raise StateError(
                "Nothing is being recorded.", code="not_recording", next_step="Look at w.recording."
            )
        if on != (self._state == "paused"):
            (self._recorder.pause if on else self._recorder.resume)()
            self._is("paused" if on else "recording")

    def answered(self, agreed: bool) -> bool:
        """A person at a page has answered. False: nobody had asked."""
        if not self.forbidden or self._consent is None:
            return False
        answer: Answered = "agreed" if agreed else "declined"
        self._consent = {**self._consent, "answer": answer, "at": iso(self._journal.clock())}
        self._journal.local("consent", answer=answer)
        self._journal.state(consent=self._consent)
        if self._recorder is not None:
            self._recorder.consented(self._consent)
        return True

    def of_samples(self) -> Sound | None:
        """What takes the sound of a call made of samples, on a clock of its own; None: nobody does."""
        if self._recorder is None:
            return None
        clock = new_id("clock")

        def take(side: Side, start: int, pcm: bytes) -> None:
            call = self._journal.call
            call_id = None if call is None else call.call_id
            self._keep(clock, side, start, pcm, self._journal.clock(), call_id, ())

        return take

    def piece(
        self, message: Mapping[str, Any], buffers: Sequence[Any], *, holds: bool, call_id: str | None
    ) -> None:
        """Take a page's piece.

        Args:
            message: The piece.
            buffers: The samples of its parts.
            holds: The page holds the call. If not, it may still bring what it has from before.
            call_id: The call of the moment, if the piece is of it.
        """
        page = message["page"]
        if page not in self._streams:
            if not holds or self._recorder is None:
                return
            self._streams[page] = _Stream()
            if len(self._streams) > MOST_PAGES:
                del self._streams[next(iter(self._streams))]
        if call_id is not None:
            self._call_ids[message["call"]] = call_id
        stream = self._streams[page]
        if stream.take(message["number"]):
            self._take(message, buffers)
        if stream.asks or stream.repeats or message["last"] or stream.all_to % KEPT_EVERY == 0:
            kept = {"page": page, "number": stream.all_to, "again": stream.asks}
            self._page({"type": "recording.kept", **kept}, None)

    def _take(self, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        sounds = _sounds(message["parts"], buffers) if len(message["clock"]) <= 100 else None
        if sounds is None:
            self._complain("A page sent a piece of a recording that is none; it was passed over.")
            return
        if (facts := message.get("microphone")) and self._recorder is not None:
            self._recorder.microphone(_short(facts))
        if (facts := message.get("front_end")) and self._recorder is not None:
            self._recorder.front_end(
                {"app": facts["app"][:MOST_NAME], "browser": facts["browser"][:MOST_NAME]}
            )
        clock, call_id = message["clock"], self._call_ids.get(message["call"])
        for part, pcm in sounds:
            age = min(max(0, message["now"] - part["start"] - part["samples"]), OLDEST)
            at = self._journal.clock() - age / RATE
            where = (clock, part["side"], part["start"])
            self._keep(*where, pcm, at, call_id, part["holes"], part["alignment"])

    def _keep(
        self,
        clock: str,
        side: Side,
        start: int,
        pcm: bytes,
        at: float,
        call_id: str | None,
        holes: Sequence[Hole],
        alignment: Alignment = "aligned",
    ) -> None:
        if self._recorder is None or self._state not in ("recording", "paused"):
            return
        import numpy as np  # here: a talk that is not recorded needs none

        samples = np.frombuffer(pcm, np.int16)
        self._recorder.sound(clock, side, start, samples, at, call_id, holes, alignment)

    async def _begin(self, recorder: Recorder, consent: Consent | None) -> None:
        if self._journal.session.connection_state not in ("disconnected", "error"):
            raise running()
        self._recorder = recorder
        recorder.on_failure = self._fails
        self._consent = consent
        self._journal.state(consent=self._consent)
        self._is("recording")

    async def _end(self) -> None:
        if self._recorder is not None:
            self._recorder = None
            self._is("")

    async def _redact(self, seq: int) -> tuple[str, ...]:
        session, events = self._journal.session, self._journal.events
        row = turn_of(session.rows, seq, session.unfinished)
        turn = session.turns.get(row["item_id"])
        if turn is not None and session.uses.unsettled(turn):
            raise StateError(
                f"A tool of turn {row['seq']} runs or waits to be allowed: what it gives would tell of it.",
                code="tool_runs",
                next_step="Redact the turn when the tool has ended.",
            )
        written = None if self._recorder is None else self._recorder.redact(seq)
        events.rewrite(Blanking(row, session, events.lines()))
        self._journal.observe(self._journal.call, note(row), "local")
        more = () if written is None else await asyncio.wrap_future(written)
        return (*UNREACHED, *more)

    def _fails(self, error: RecordingError) -> None:
        loop().call_soon_threadsafe(self._failed, error)

    def _failed(self, error: RecordingError) -> None:
        if self._state != "failed":
            self._is("failed")
            self._journal.problem(error)

    def _is(self, state: RecordingState) -> None:
        self._state = state
        self._journal.local("recording", state=state)
        self._journal.state(recording=state)

    def _complain(self, sentence: str) -> None:
        if sentence not in self._complained:
            self._complained.add(sentence)
            LOG.warning("%s This is logged once.", sentence)


class _Stream:
    """The pieces of one page, each once and in order; what overtakes a lost one is asked for again.

    Attributes:
        all_to: Everything up to this number has come.
        repeats: The last one had come before.
        asks: The page is to send what follows once more: said once for each gap, and when one comes again.
    """

    def __init__(self) -> None:
        self.all_to = 0
        self.repeats = self.asks = False
        self._seen = self._asked = 0

    def take(self, number: int) -> bool:
        """Whether this is the next one."""
        following = self.all_to + 1
        again = number <= self._seen
        self._seen = max(self._seen, number)
        self.repeats = number < following
        self.asks = number > following and (again or self._asked != following)
        if self.asks:
            self._asked = following
        if number == following:
            self.all_to = number
        return number == following


def _sounds(parts: Sequence[RecordedPart], buffers: Sequence[Any]) -> list[tuple[RecordedPart, bytes]] | None:
    """Each part with its samples; None where they do not fit."""
    if len(parts) != len(buffers) or len(parts) > MOST_PARTS:
        return None
    sounds: list[tuple[RecordedPart, bytes]] = []
    left = MOST_BYTES
    for part, buffer in zip(parts, buffers, strict=True):
        size = 2 * part["samples"]
        if not 0 <= part["start"] <= MOST_SAMPLES or not 0 < size <= left or len(part["holes"]) > MOST_HOLES:
            return None
        if any(not 0 <= hole["start"] <= MOST_SAMPLES or hole["samples"] <= 0 for hole in part["holes"]):
            return None
        left -= size
        try:
            pcm = bytes(memoryview(buffer))
        except (TypeError, ValueError):
            return None
        if len(pcm) not in (0, size):
            return None
        sounds.append((part, pcm or bytes(size)))
    return sounds


def _short(facts: MicrophoneFacts) -> MicrophoneFacts:
    """The facts that are known here, no longer than they need be."""
    known = {name: facts.get(name) for name in MicrophoneFacts.__annotations__ if name in facts}
    return cast(MicrophoneFacts, {name: x[:40] if isinstance(x, str) else x for name, x in known.items()})
