"""The engine's side of the stage process: starts it, feeds it, and notices when it dies."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import count
from json import loads
from pathlib import Path
from typing import Any

from voice_widget.engine.stages.contracts import Hints
from voice_widget.engine.stages.events import (
    HEADER_BYTES,
    Loading,
    SpeechAudio,
    SpeechDone,
    StageEvent,
    StageReport,
    lengths,
    pack,
    unpack_event,
)
from voice_widget.errors import EngineError
from voice_widget.realtime.settings.parts import StageSpec

log = logging.getLogger(__name__)

_MODULE = "voice_widget.engine.stages.process"
_START_S = 40.0  # less than a kernel waits for us, which then still learns that typed text works
"""So long the process may say nothing while it starts; a part that loads says so again and again."""
_END_S = 2.0
_PING_S = 5.0
_MOST_SILENT = 3
"""So many pings in a row without a sign of life, and the process hangs. Counted by ours, not by the clock: a
computer that slept is no reason."""
_MOST_WAITING = 32 << 20


@dataclass
class _Open:
    session_id: str
    on_event: Callable[[StageEvent], None]
    speeches: set[str] = field(default_factory=set)


class StageClient:
    """One stage process that serves many sessions.

    All methods belong to one event loop; those that are not coroutines never wait. When the process dies,
    ``on_death`` is called once, every speech under way gets `SpeechDone` with an error and all sessions are
    forgotten; the owner calls `start` again and opens its sessions anew. ``on_loading`` is told of loads.

    Args:
        spec: The parts to load at the start, and what the report is about.

    Example:
        ::

            client = StageClient(StageSpec(vad="level", stt="scripted", tts="tone"))
            report = await client.start()
            client.open("s1", print, spec)
            client.audio("s1", pcm, 48000, at_ms=0.0)
    """

    def __init__(self, spec: StageSpec | None = None) -> None:
        self.spec = spec or StageSpec()
        self.on_death: Callable[[], None] = lambda: None
        self.on_loading: Callable[[Loading], None] = lambda loading: None
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._silent = 0
        self._ping: asyncio.TimerHandle | None = None
        self._ready: asyncio.Future[StageReport] | None = None
        self._start_bound: asyncio.Timeout | None = None
        self._channels = count(1)
        self._open: dict[int, _Open] = {}
        self._names: dict[str, int] = {}

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self._process else None

    async def start(self) -> StageReport:
        """Start the process and wait until it is warm.

        Raises:
            EngineError: It does not start, or ends at once.
        """
        if self._process is not None:
            raise EngineError("The stage process runs already.")
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", _MODULE),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=_environment(),
            )
        except OSError as error:
            raise EngineError(f"The stage process does not start: {error}.") from error
        self._process = process
        self._ready = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(process, self._ready), name="stage reader")
        self._send({"op": "warm", "spec": self.spec.dump()})
        try:
            async with asyncio.timeout(_START_S) as self._start_bound:
                report = await asyncio.shield(self._ready)
        except TimeoutError as error:
            raise EngineError(f"The stage process was not ready within {_START_S:.0f} s.") from error
        finally:
            self._start_bound = None
            if not self._ready.done() or self._ready.exception():
                await self.close()
        # Not before: what a model's loading takes is no hanging.
        self._watch(process)
        return report

    def open(
        self, session_id: str, on_event: Callable[[StageEvent], None], spec: StageSpec | None = None
    ) -> None:
        """Open a session; its events go to ``on_event``. A session of that name is closed before."""
        self.close_session(session_id)
        channel = next(self._channels)
        self._names[session_id] = channel
        self._open[channel] = _Open(session_id, on_event)
        self._send({"op": "open", "channel": channel, "spec": (spec or self.spec).dump()})

    def configure(self, session_id: str, *, turn_detection: Mapping[str, Any] | None, hints: Hints) -> None:
        """Set how turns are found (``None``: push-to-talk) and what to expect."""
        self._tell(session_id, "configure", turn_detection=turn_detection, hints=asdict(hints))

    def audio(self, session_id: str, pcm: bytes, sample_rate: int, at_ms: float) -> None:
        """Audio of the caller, PCM16 mono; ``at_ms`` is the time of its first sample."""
        self._tell(session_id, "audio", pcm, rate=sample_rate, at_ms=at_ms)

    def commit(self, session_id: str) -> None:
        """What was heard since the last clear or commit is an utterance."""
        self._tell(session_id, "commit")

    def clear(self, session_id: str) -> None:
        """What was heard so far does not count."""
        self._tell(session_id, "clear")

    def watch(self, session_id: str, ms: float) -> None:
        """For so long its `VoiceActivity` is wanted."""
        self._tell(session_id, "watch", ms=ms)

    def speak(
        self, session_id: str, speech_id: str, text: str, voice: str | None = None, speed: float = 1.0
    ) -> None:
        """Say ``text`` after what was asked before. Ends with `SpeechDone`, always."""
        channel = self._names.get(session_id)
        if channel is None:
            return
        self._open[channel].speeches.add(speech_id)
        self._tell(session_id, "speak", id=speech_id, text=text, voice=voice, speed=speed)

    def cancel_speech(self, session_id: str, speech_id: str) -> None:
        """Stop a speech: no more of its audio is reported; its `SpeechDone` follows at once."""
        channel = self._names.get(session_id)
        if channel is None or speech_id not in self._open[channel].speeches:
            return
        self._tell(session_id, "cancel", id=speech_id)
        self._open[channel].speeches.discard(speech_id)
        done = SpeechDone(speech_id, cancelled=True)
        asyncio.get_running_loop().call_soon(self._deliver, channel, done)

    def playout(self, session_id: str, do: str) -> None:
        """What is played has to ``"stop"``, to ``"pause"`` or to ``"resume"``."""
        self._tell(session_id, "playout", do=do)

    def close_session(self, session_id: str) -> None:
        """Forget a session; no event of it follows."""
        channel = self._names.pop(session_id, None)
        if channel is not None:
            self._open.pop(channel)
            self._send({"op": "close", "channel": channel})

    async def close(self) -> None:
        """End the process. ``on_death`` is not called."""
        process, self._process = self._process, None
        if self._ping is not None:
            self._ping.cancel()
        self._open.clear()
        self._names.clear()
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        await _ended(process)
        if self._reader:
            await self._reader

    def _watch(self, process: asyncio.subprocess.Process, silent: int = 0) -> None:
        """Ask for a sign of life from time to time; a process that gives none is killed."""
        if self._process is not process:
            return
        if silent == _MOST_SILENT:
            log.error("The stage process hangs; it is killed.")
            with suppress(ProcessLookupError):
                process.kill()
            return
        self._silent = silent + 1
        self._send({"op": "ping"})
        loop = asyncio.get_running_loop()
        self._ping = loop.call_later(_PING_S, lambda: self._watch(process, self._silent))

    def _tell(self, session_id: str, op: str, payload: bytes = b"", /, **fields: Any) -> None:
        channel = self._names.get(session_id)
        if channel is not None:
            self._send({"op": op, "channel": channel, **fields}, payload)

    def _send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        stdin = self._process.stdin if self._process else None
        if stdin is None or stdin.is_closing():
            return
        # A process that hangs must not fill our memory: audio is what may be lost.
        if payload and stdin.transport.get_write_buffer_size() > _MOST_WAITING:
            return
        stdin.write(pack(header, payload))

    async def _read(self, process: asyncio.subprocess.Process, ready: asyncio.Future[StageReport]) -> None:
        stdout = process.stdout
        assert stdout is not None
        try:
            while True:
                size, payload_size = lengths(await stdout.readexactly(HEADER_BYTES))
                header = loads(await stdout.readexactly(size))
                payload = await stdout.readexactly(payload_size) if payload_size else b""
                self._silent = 0
                if "pong" in header:
                    continue
                if "loading" in header:
                    self._load(Loading(header["loading"], header["says"], header["of"]))
                elif "ready" in header:
                    if not ready.done():
                        ready.set_result(StageReport.load(header))
                else:
                    self._receive(header, payload)
        except asyncio.IncompleteReadError:
            pass
        except Exception:
            log.exception("The stage process wrote something strange; it is ended.")
        if process.stdin is not None:
            process.stdin.close()
        status = await _ended(process)
        if not ready.done():
            ready.set_exception(EngineError(f"The stage process ended at the start (status {status})."))
            ready.exception()  # seen: nobody may be waiting any more
        elif self._process is process:
            self._die(status)

    def _die(self, status: int) -> None:
        log.warning("The stage process ended (status %s).", status)
        self._process = None
        opened, self._open = self._open, {}
        self._names.clear()
        # First the cause: told of a failed speech alone, a session would blame the voice.
        self.on_death()
        for session in opened.values():
            for speech_id in session.speeches:
                self._call(session, SpeechDone(speech_id, "The stage process ended."))

    def _load(self, loading: Loading) -> None:
        if self._start_bound is not None:
            self._start_bound.reschedule(asyncio.get_running_loop().time() + _START_S)
        try:
            self.on_loading(loading)
        except Exception:  # who is told must not end the reader of all
            log.exception("Nobody could be told of what is loading.")

    def _receive(self, header: dict[str, Any], payload: bytes) -> None:
        channel = header["channel"]
        session = self._open.get(channel)
        if session is None:
            return
        event = unpack_event(header, payload)
        if isinstance(event, SpeechAudio | SpeechDone):
            if event.speech_id not in session.speeches:
                return  # cancelled: it has had its end
            if isinstance(event, SpeechDone):
                session.speeches.discard(event.speech_id)
        self._call(session, event)

    def _deliver(self, channel: int, event: StageEvent) -> None:
        session = self._open.get(channel)
        if session is not None:
            self._call(session, event)

    @staticmethod
    def _call(session: _Open, event: StageEvent) -> None:
        try:
            session.on_event(event)
        except Exception:  # one session's fault must not end the reader of all
            log.exception("Session %s failed on %s.", session.session_id, type(event).__name__)


async def _ended(process: asyncio.subprocess.Process) -> int:
    """Wait for the end of a process whose input is closed; kill it when that takes too long."""
    # Killing at once would reap it under asyncio's feet.
    try:
        async with asyncio.timeout(_END_S):
            return await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        return await process.wait()


def _environment() -> dict[str, str]:
    """Our environment, with the package's own place found even when it is not installed."""
    # One thread each: pools of native threads would compete with the engine's pacer for the same cores.
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    # Each call's threads are new, and glibc gives threads heaps of their own: of what was freed in them each
    # call left half a megabyte or more to nobody.
    environment |= {"MALLOC_ARENA_MAX": "2", **os.environ}
    place = str(Path(__file__).parents[3])
    if not place.endswith(("site-packages", "dist-packages")):
        paths = [p for p in environment.get("PYTHONPATH", "").split(os.pathsep) if p]
        environment["PYTHONPATH"] = os.pathsep.join([*paths, place])
    return environment
