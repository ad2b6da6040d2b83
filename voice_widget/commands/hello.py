"""``python -m voice_widget hello``: a scripted caller asks the embedded engine one question aloud.

No browser, no microphone, no loudspeaker: the engine speaks the question too, and its sound goes into the
call as the caller's.
"""

from __future__ import annotations

import asyncio
import base64
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import TimeoutError as Late
from contextlib import nullcontext
from typing import Any, TextIO

from voice_widget.audio.microphone import SAMPLE_RATE
from voice_widget.commands.progress import Progress
from voice_widget.errors import EngineError, VoiceWidgetError
from voice_widget.realtime.settings.parts import KNOWN, STAGES, Part, Stage, best
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import Service
from voice_widget.threads.loop import submit

QUESTION = "What is the average body mass for each species?"
PATIENCE_S = 30.0
COLUMNS = ["role", "text", "start_ms", "end_ms", "response_gap_ms", "status"]


async def speech(service: Service, text: str, voice: str | None = None) -> bytes:
    """Let the service speak a text in a session of its own; gives PCM16 at 24 kHz.

    Raises:
        VoiceWidgetError: It cannot speak.
    """
    await service.start()
    connection = await service.connect(session=SessionConfig(voice=voice))
    try:
        chunks: list[bytes] = []
        async with asyncio.timeout(PATIENCE_S):
            await connection.send({"type": "response.create", "response": {"text": text}})
            async for event in connection:
                if event["type"] == "response.output_audio.delta":
                    chunks.append(base64.b64decode(event["delta"]))
                elif event["type"] == "response.done":
                    if not chunks:
                        error = (event["response"].get("status_details") or {}).get("error") or {}
                        raise EngineError(
                            f"The engine could not speak: {error.get('message') or 'no sound came'}",
                            next_step='Run pip install "voice-widget[natural]".',
                        )
                    return b"".join(chunks)
        raise EngineError("The engine ended while it spoke.", next_step="Try again.")
    finally:
        await connection.close()


def hello(question: str = QUESTION, *, service: Service | None = None, out: TextIO | None = None) -> int:
    """Ask one question and print what came of it. Gives the exit code.

    Args:
        question: What the caller says.
        service: What to ask; it stays open. None: an engine of its own, which is ended.
        out: Where it is printed.
    """
    out = out or sys.stdout
    started = time.monotonic()

    def tell(text: str = "") -> None:
        print(text, file=out, flush=True)

    def elapsed() -> str:
        return f"{time.monotonic() - started:4.1f} s"

    try:
        ask(question, service, out, tell, elapsed)
    except VoiceWidgetError as error:
        tell(f"{error.message}\n→ {error.next_step}" if error.next_step else error.message)
        return 1
    except (Late, TimeoutError):
        tell(f"Nothing was heard for {PATIENCE_S:g} s.\n→ Close what keeps this machine busy and try again.")
        return 1
    return 0


def better_parts(taken: Mapping[str, str]) -> dict[Stage, Part]:
    """What the small parts among these could be replaced by.

    Example:
        >>> better_parts({"vad": "silero", "stt": "pocketsphinx", "tts": "flite"})
        {'stt': Part('whisper')}
    """
    found: dict[Stage, Part] = {}
    for stage in STAGES:
        finest = best(stage, lambda known: True)[0]
        small = KNOWN[stage].get(taken.get(stage, ""))
        if small is not None and small.extra == "local" != KNOWN[stage][finest.name].extra:
            found[stage] = finest
    return found


def _tell_of_better(service: Service, tell: Any) -> None:
    from voice_widget.services.local import Local

    notice = getattr(service, "notice", None)
    if notice is not None:
        tell(f"        {notice['message']}")
    if isinstance(service, Local) and (better := better_parts(service.parts)):
        names = " and ".join(part.name for part in better.values())
        lines = dict.fromkeys(KNOWN[stage][part.name].install for stage, part in better.items())
        tell(f"        → With {names} it understands and speaks better: {', '.join(lines)}")


async def _started(service: Service, progress: Progress) -> None:
    """Start the service; what takes long to load is told."""

    def changed() -> None:
        notice = getattr(service, "notice", None)
        if notice and notice["code"] == "parts_loading":
            progress(notice["message"], notice.get("progress"))

    watched = getattr(service, "watched", None)
    with watched(changed) if watched else nullcontext():
        await service.start()
    progress.over()


def ask(
    question: str,
    service: Service | None,
    out: TextIO,
    tell: Callable[[str], None],
    elapsed: Callable[[], str],
) -> None:
    """Ask one question aloud, and wait for the answer.

    Args:
        question: What the caller says.
        service: What to ask; it stays open. None: an engine of its own, which is ended.
        out: Where it is shown what is being loaded.
        tell: Gets what comes of it, a line each.
        elapsed: Says how long it took.

    Raises:
        VoiceWidgetError: Something of it failed.
        TimeoutError: Nothing was heard.
    """
    from voice_widget.data import load
    from voice_widget.services.local import Local
    from voice_widget.widget.widget import VoiceWidget

    data = load()
    tell(f"voice_widget: a caller asks about {data.attrs['name']} ({len(data)} rows).")
    given, service = service, service or Local()
    # Before the widget, which gets it ready too: what is loaded then would be told to nobody.
    starting = submit(_started(service, Progress(out, "        ")))
    # The settings of a short command line: shorter silence than in a conversation.
    widget = VoiceWidget(
        data=data,
        service=service,
        transport="memory",
        turn_detection={"type": "server_vad", "silence_duration_ms": 400},
    )
    try:
        # However long that takes while it goes on: the engine itself gives up on what hangs.
        starting.result()
        question_audio = submit(speech(service, question)).result(PATIENCE_S)
        tell(f"{elapsed()}  warm: {service.name}")
        _tell_of_better(service, tell)
        widget.connect().result(PATIENCE_S)
        seconds = len(question_audio) / 2 / SAMPLE_RATE
        tell(f"{elapsed()}  caller says: {question!r} ({seconds:.1f} s of sound)")
        user, assistant = widget.next_turn("user"), widget.next_turn("assistant")
        widget.play(question_audio, SAMPLE_RATE).result(PATIENCE_S)
        heard = user.result(PATIENCE_S)
        tell(f"{elapsed()}  recognised:  {heard['text']!r}")
        widget.play(bytes(480), SAMPLE_RATE, pace="max").result(PATIENCE_S)
        answer = assistant.result(PATIENCE_S)
        tell(f"{elapsed()}  the answer:  {answer['text']!r}")
        widget.disconnect().result(PATIENCE_S)
        tell("\nw.transcript_df:")
        tell(widget.transcript_df[COLUMNS].to_string(index=False, max_colwidth=60))
        for result in widget.results[-1:]:
            tell(f"\nshown in the cell ({result.label}):")
            tell(str(result.value))
        if widget.error is not None:
            raise VoiceWidgetError(widget.error["message"], next_step=widget.error["next_step"])
    finally:
        widget.close()
        if given is None:
            # Before the interpreter ends, which would end the engine in the middle of whatever it does.
            submit(service.close()).result(PATIENCE_S)
