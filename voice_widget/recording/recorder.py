"""Writes a recording while the talk runs. Nothing that happens to it reaches the call."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from io import FileIO
from typing import Any, TypeVar

from voice_widget.errors import RecordingError, UsageError, VoiceWidgetError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.realtime.state.clock import iso
from voice_widget.realtime.state.records import Alignment, Side
from voice_widget.recording import folder as files
from voice_widget.recording import saving
from voice_widget.recording.folder import EVENTS, PCM, PIECES
from voice_widget.recording.levels import Sounded
from voice_widget.recording.pauses import Pauses
from voice_widget.recording.redacting import redact_ended, redact_running
from voice_widget.recording.sound import Form, checked
from voice_widget.recording.timeline import Piece, Placed, Timeline
from voice_widget.recording.utterances import measured
from voice_widget.tables.event_log import Line
from voice_widget.threads.lane import RECORDER_THREAD, lane

T = TypeVar("T")
LOOK_S = 1.0  # so often it looks whether the folder is still there
BACKLOG = 64 << 20  # bytes that may wait for a slow disk


class Recorder:
    """One recording: it is given events and sound as they come, and writes them on a thread of its own.

    What goes wrong with the disk ends the recording and nothing else: `failed` says why, ``on_failure`` is
    called with it once, and what comes later is dropped. All but `failed`, `folder`, `sounded`, `flush`,
    `forget` and `close` are for one thread. ``version`` grows with all that it is given; it is ``over`` once
    it was told to end.

    Args:
        folder: Where to, new or empty. None: a temporary one, 0700, which `close` deletes.
        facts: What the manifest says besides: service, model, settings, consent …
        form: The form in which the sound stays: ``"flac"``, ``"wav"`` or ``"opus"``.
        clock: The time in seconds since the epoch.
        on_failure: Gets the error that ended the recording, on the writing thread.

    Raises:
        StateError: There is something in the folder, or another widget writes it (``folder_taken``).
        RecordingError: It cannot be made or written (``recording_failed``).

    Example:
        >>> import numpy as np
        >>> recorder = Recorder()
        >>> recorder.sound("memory", "user", 0, np.zeros(240, np.int16), time.time())
        >>> recorder.close()
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        facts: Mapping[str, Any] | None = None,
        *,
        form: Form | None = None,
        clock: Callable[[], float] = time.time,
        on_failure: Callable[[RecordingError], None] = lambda error: None,
    ) -> None:
        self._form, self._clock, self.on_failure = checked(form), clock, on_failure
        began, self.temporary = clock(), folder is None
        self.folder = files.temporary() if folder is None else files.path_of(folder)
        self.failed: RecordingError | None = None
        self.version = 0
        self._timeline, self._sounded = Timeline(began), Sounded()
        self._clocks: dict[str, str] = {}  # of each call that sounded: zero of its times is zero of that
        self._silent: dict[str | None, list[tuple[int, int]]] = {}  # of calls whose sound has not come
        self._pauses = Pauses()
        self.over, self._given, self._written = False, 0, 0
        self._looked = float("-inf")
        self._manifest = saving.manifest({**(facts or {}), "created_at": iso(began)})
        self._files: dict[str, FileIO] = {}
        self._lock: files.Lock | None = None
        try:
            files.prepare(self.folder)
            self._lock = files.Lock(self.folder)
            files.write_manifest(self.folder, self._manifest)
            for name in (EVENTS, PIECES, *PCM.values()):
                self._open(name)
        except BaseException as error:
            with contextlib.suppress(OSError):
                if self._lock is not None:
                    saving.empty(self.folder)  # what has begun would be in the way of the next try
                if self.temporary:
                    self.folder.rmdir()
            self._let_go()
            if isinstance(error, OSError):
                raise files.refused(self.folder, error) from None
            raise
        self._lane = lane(RECORDER_THREAD)
        self._deleted = files.goes_with(self, self.folder)
        if not self.temporary:
            self._deleted.detach()

    def sounded(self, timeout: float) -> Sounded | None:
        """Where there is sound, once all that was given is noted; None: it takes longer. From any thread."""
        found: list[Sounded] = []
        self._lane.put(lambda: found.append(self._sounded.copy()))
        self._lane.flush(timeout)
        return found[0] if found else None

    # --- what comes, on the loop thread ---

    def event(self, line: Line) -> None:
        """An event of the talk."""
        data = files.event_line(line)

        def job() -> None:
            # Who has made a widget may call an hour later: the first call is where the recording begins.
            if line.type == "voice_widget.call.connecting" and self._timeline.begins(line.at):
                self._facts({"created_at": iso(line.at)})
            files.append(self._files[EVENTS], data)

        self._put(job, len(data))

    def sound(
        self,
        clock: str,
        side: Side,
        start: int,
        pcm: Pcm,
        at: float,
        call_id: str | None = None,
        holes: Sequence[Mapping[str, Any]] = (),
        alignment: Alignment = "aligned",
    ) -> None:
        """Sound of one side.

        Args:
            clock: The clock that counts its samples; both sides of one clock stay as they lie on it.
            side: Whose it is.
            start: Its first sample on that clock.
            pcm: The samples, at 24 kHz; they must not be changed afterwards.
            at: When the last of them sounded, in seconds since the epoch.
            call_id: The call.
            holes: What is missing before it, or within it where silence stands for it: ``start``, ``samples``
                and ``reason``.
            alignment: Whether ``start`` is where it was heard; what is pending comes again.
        """
        parts = self._pauses.parts(start, len(pcm), at, holes)
        for first, last, paused in parts:
            if not paused and alignment != "pending":
                self._heard(clock, side, first, pcm[first - start : last - start])

        def job() -> None:
            if call_id is not None:
                self._clocks.setdefault(call_id, clock)
            self._hide_what_waits()
            for first, last, paused in parts:
                where = (clock, side, first, pcm[first - start : last - start])
                ended = at - (start + len(pcm) - last) / RATE
                self._note(self._timeline.place(*where, ended, call_id, alignment=alignment, paused=paused))
            for hole in holes:
                lost = (hole["start"], hole["samples"], hole["reason"])
                self._note(self._timeline.gap(clock, side, *lost, call_id=call_id))
            self._calls()

        self._put(job, pcm.nbytes)

    def _heard(self, clock: str, side: Side, start: int, pcm: Pcm) -> None:
        """What sounded and was in no pause, for who listens."""

    def facts(self, **facts: Any) -> None:
        """What the manifest says besides is another now."""
        self._put(lambda: self._facts(facts))

    def consented(self, consent: Mapping[str, Any]) -> None:
        """A person has answered what was asked before the recording."""
        self.facts(consent=dict(consent))

    def microphone(self, facts: Mapping[str, Any]) -> None:
        """What the browser does to the microphone's sound."""
        self.facts(microphone=dict(facts))

    def front_end(self, facts: Mapping[str, Any]) -> None:
        """What shows the page."""
        self.facts(front_end=dict(facts))

    def pause(self) -> None:
        """From now on silence takes the place of what sounds; events go on."""
        self._pauses.begin(self._clock())
        # Of what is pending the right place is told in the pause, when nothing is kept.
        self._put(lambda: self._note(self._timeline.settle()))

    def resume(self) -> None:
        """Sound is kept again."""
        self._pauses.end(self._clock())

    @property
    def paused(self) -> bool:
        """Silence takes the place of what sounds."""
        return self._pauses.on

    @property
    def there(self) -> bool:
        """What lies in the folder is this recording: it was not deleted, and no other one is in its place."""
        return files.created_at(self.folder) == str(self._manifest["created_at"])

    def redact(self, seq: int) -> Future[tuple[str, ...]]:
        """Take a turn's words and sound out of what is written; its event (`redaction.note`) comes after it.

        Gives what that does not reach of the folder. The result fails with a `UsageError` if there is no such
        turn, or if it runs (`redaction.turn_of`).
        """
        over = self.over

        def job() -> tuple[str, ...]:
            if over or self.failed is not None:
                self._let_go()
                return redact_ended(self.folder, seq) if self.there else ()
            self._files.pop(EVENTS).close()
            try:
                pieces = redact_running(self.folder, seq, self._manifest, self._timeline.end, self._hide)
            finally:
                self._open(EVENTS)
            for piece in pieces:
                self._sounded.note(piece)
                files.append(self._files[PIECES], files.piece_line(piece))
            files.write_manifest(self.folder, self._manifest)
            return ()

        return self._promised(job, always=True)

    def flush(self, timeout: float = 60.0) -> bool:
        """Wait until all that was given is written."""
        return self._lane.flush(timeout)

    def end(self) -> Future[None]:
        """The talk is over: sound and tables get the form in which they stay."""
        if self.over:
            return self._promised(lambda: None)
        self.over = True
        return self._promised(self._end)

    def close(self, timeout: float | None = None) -> None:
        """End, and delete what is temporary."""
        if not self.temporary:
            self.end()
        self._stop(timeout)
        self._deleted()

    def forget(self) -> tuple[str, ...]:
        """Delete all of it, also what is not temporary. Gives what else is in the folder, which stays."""
        self._stop(None)
        return saving.delete(self.folder) if self.there else ()

    def _stop(self, timeout: float | None) -> None:
        self.over = True
        self._lane.put(self._let_go)
        self._lane.flush(threading.TIMEOUT_MAX if timeout is None else timeout)
        self._lane.close()

    # --- what is done with it, on the writing thread ---

    def _put(self, job: Callable[[], None], size: int = 0) -> None:
        if self.over or self.failed is not None:
            return
        if self._given - self._written > BACKLOG:
            self._fail(OSError("the disk is too slow"))
            return
        self._given += size
        self.version += 1

        def run() -> None:
            self._do(job)
            self._written += size

        self._lane.put(run)

    def _promised(self, job: Callable[[], T], *, always: bool = False) -> Future[T]:
        """Do it after all else; the result says that it is done, or why it is not.

        Args:
            job: What is done.
            always: Also when the recording has failed, or was closed.
        """
        done: Future[T] = Future()
        self.version += 1

        def run() -> None:
            told: list[T] = []
            error = self._do(lambda: told.append(job()), always=always)
            if error is None:
                done.set_result(told[0])
            else:
                done.set_exception(error)

        if not self._lane.put(run):
            # Behind what the lane that is closed still does.
            behind = lane(RECORDER_THREAD)
            behind.put(self._lane.join)
            behind.put(run)
            behind.close()
        return done

    def _do(self, job: Callable[[], None], *, always: bool = False) -> Exception | None:
        """Do it, unless the recording has come to its end: whatever else fails here is that end."""
        if self.failed is not None and not always:
            return self.failed
        try:
            if self._files:
                self._look()
            job()
        except Exception as error:
            if isinstance(error, UsageError) or (always and isinstance(error, VoiceWidgetError)):
                return error
            self._fail(error)
            return self.failed
        return None

    def _fail(self, error: BaseException) -> None:
        if self.failed is None:
            self.failed = files.failed(self.folder, error)
            self._lane.put(self._let_go)
            self.on_failure(self.failed)

    def _look(self) -> None:
        """A file that is deleted can be written on, and nobody finds it."""
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return
        self._looked = now
        for name, file in self._files.items():
            own, there = os.fstat(file.fileno()), os.stat(self.folder / name)
            if (own.st_ino, own.st_dev) != (there.st_ino, there.st_dev):
                raise OSError(f"{name} is another file now")
        if not os.access(self.folder, os.W_OK):
            raise PermissionError(30, "the folder is read-only")

    def _note(self, placed: list[Placed]) -> None:
        files.write_placed(self._files, placed)
        for piece, _ in placed:
            self._sounded.note(piece)

    def _hide(self, call_id: str | None, start_ms: int, end_ms: int) -> list[Piece]:
        """A call's stretch is silence for good, also what of it comes later."""
        if call_id not in self._clocks:
            self._silent.setdefault(call_id, []).append((start_ms, end_ms))
            return []
        clock = self._clocks[call_id]
        start, end = (ms * RATE // 1000 for ms in (start_ms, end_ms))
        return [piece for piece, _ in self._timeline.redact(clock, start, end, call_id)]

    def _hide_what_waits(self) -> None:
        for call_id in self._silent.keys() & self._clocks.keys():
            for stretch in self._silent.pop(call_id):
                self._hide(call_id, *stretch)

    def _calls(self) -> None:
        """The manifest says where calls lie, once that is known."""
        found = [
            {"call_id": call_id, "offset_ms": offset * 1000 / RATE}
            for call_id, clock in self._clocks.items()
            if (offset := self._timeline.offset(clock)) is not None
        ]
        if found != self._manifest["calls"]:
            self._facts({"calls": found})

    def _facts(self, facts: Mapping[str, Any]) -> None:
        self._manifest.update(facts)
        if "calls" in facts:
            self._sounded.offsets = measured(facts["calls"])
        files.write_manifest(self.folder, self._manifest)

    def _end(self) -> None:
        self._looked = float("-inf")
        self._look()
        self._note(self._timeline.settle())
        for name in PCM.values():
            self._files[name].truncate(2 * self._timeline.end)
        self._manifest["samples"] = self._timeline.end
        self._manifest["ended_at"] = iso(self._clock())
        saving.finish(self.folder, self._manifest, self._form)
        self._let_go()

    def _open(self, name: str) -> None:
        # What is there as sound is written over at its place, lines go to the end.
        (self.folder / name).touch(0o600)
        self._files[name] = FileIO(self.folder / name, "r+" if name in PCM.values() else "a")

    def _let_go(self) -> None:
        for name in list(self._files):
            self._files.pop(name).close()
        if self._lock is not None:
            self._lock.release()
