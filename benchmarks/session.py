"""Events per second through ``Session.apply``, on turns as our engine sends them, beside reading their JSON.

``python benchmarks/session.py`` prints a JSON line a figure.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import Beside, figure
from voice_widget.realtime.session.session import Session

WORDS = (
    "The average tip on a Sunday is three dollars and twenty six cents, which is more than on any other day."
)
TURNS = 300
RUNS = 9
Event = dict[str, Any]


def turn(number: int) -> list[tuple[Event, float, bool]]:
    """One spoken question and its answer, word by word: (event, at, sent)."""
    user, answer, response = f"item_u{number}", f"item_a{number}", f"resp_{number}"
    start = number * 10_000
    events: list[Event] = [
        {"type": "input_audio_buffer.speech_started", "item_id": user, "audio_start_ms": start},
        *(
            {"type": "voice_widget.transcription.partial", "item_id": user, "text": text}
            for text in ("what", "what is", "what is the", "what is the average tip")
        ),
        {"type": "input_audio_buffer.speech_stopped", "item_id": user, "audio_end_ms": start + 2000},
        {"type": "input_audio_buffer.committed", "item_id": user, "previous_item_id": f"item_a{number - 1}"},
    ]
    asked = {"id": user, "type": "message", "role": "user", "status": "completed"}
    asked["content"] = [{"type": "input_audio", "transcript": None}]  # type: ignore[assignment]
    previous = {"previous_item_id": f"item_a{number - 1}"}
    events += [{"type": f"conversation.item.{what}", "item": asked, **previous} for what in ("added", "done")]
    heard = "conversation.item.input_audio_transcription.completed"
    events.append({"type": heard, "item_id": user, "transcript": "What is the average tip?"})
    made = {"id": answer, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    events += [
        {"type": "response.created", "response": {"id": response, "conversation_id": "conv_1", "output": []}},
        {"type": "voice_widget.reply.requested", "response_id": response, "item_id": user, "tools": []},
        {"type": "voice_widget.reply.delta", "response_id": response, "delta": WORDS},
        {"type": "voice_widget.reply.done", "response_id": response},
        {"type": "response.output_item.added", "response_id": response, "item": made},
        {"type": "conversation.item.added", "item": made, "previous_item_id": user},
    ]
    place = {"response_id": response, "item_id": answer, "output_index": 0, "content_index": 0}
    events.append({"type": "response.content_part.added", **place, "part": {"type": "audio"}})
    events += [
        {
            "type": "response.output_audio_transcript.delta",
            **place,
            "delta": word if index == 0 else f" {word}",
            "audio_start_ms": index * 300,
            "audio_end_ms": index * 300 + 300,
        }
        for index, word in enumerate(WORDS.split())
    ]
    length = 300 * len(WORDS.split())
    started = {"type": "output_audio_buffer.started", "response_id": response, "audio_ms": start + 2500}
    events.insert(len(events) - 15, started)
    whole = {**made, "status": "completed", "content": [{"type": "output_audio", "transcript": WORDS}]}
    done = {"id": response, "status": "completed", "conversation_id": "conv_1", "output": [whole]}
    stopped = start + 2500 + length
    events += [
        {"type": "response.output_audio.done", **place},
        {"type": "response.output_audio_transcript.done", **place, "transcript": WORDS},
        {"type": "response.content_part.done", **place, "part": {"type": "audio", "transcript": WORDS}},
        {"type": "conversation.item.done", "item": whole, "previous_item_id": user},
        {"type": "response.output_item.done", "response_id": response, "item": whole},
        {"type": "response.done", "response": {**done, "usage": {"total_tokens": 100}}},
        {"type": "output_audio_buffer.stopped", "response_id": response, "audio_ms": stopped},
    ]
    own = ("voice_widget.reply.delta", "voice_widget.reply.done")
    at = 1_760_000_000.0 + number * 10
    return [
        ({**event, "event_id": f"event_{number}_{index}"}, at + index * 0.05, event["type"] in own)
        for index, event in enumerate(events)
    ]


def measure() -> tuple[float, float]:
    """Events per second of processor time, in one run over a fresh session; and of reading their JSON."""
    events = [event for number in range(TURNS) for event in turn(number)]
    texts = [json.dumps(event) for event, *_ in events]
    session = Session()
    apply = session.apply
    gc.collect()
    begin = time.process_time()
    for event, at, sent in events:
        apply(event, at, sent=sent)
    applied = time.process_time()
    for text in texts:
        json.loads(text)
    read = time.process_time()
    assert len(session.rows) == 2 * TURNS
    return len(events) / (applied - begin), len(events) / (read - applied)


def main() -> None:
    """Print the figures."""
    measure()
    values, floors = zip(*(measure() for _ in range(RUNS)), strict=True)
    number = TURNS * len(turn(0))
    figure("json_events_per_second", floors, "1/s", events_per_run=number)
    floor = Beside("json_events_per_second", median(floors))
    figure("session_events_per_second", values, "1/s", beside=floor, at_least=0.15, events_per_run=number)


if __name__ == "__main__":
    main()
