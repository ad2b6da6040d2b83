"""From a chat endpoint's first clause to its first sound, while the endpoint streams 30 tokens a second.

The floor is the same clause said verbatim by the same voice in the same call: nobody has to be asked, and no
clause has to end.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from benchmarks.report import Beside, figure
from voice_widget import Chat, Local, VoiceWidget

TOKENS_PER_S = 30
TURNS = 8
WARM = 2  # the voice's first words take longer
CLAUSE = "The boat to the island leaves at six."
ANSWER = f"{CLAUSE} The last one back is the one at half past nine in the evening."
SOUND = "response.output_audio.delta"


class Streaming(ThreadingHTTPServer):
    """A chat-completions endpoint with the pace of a model.

    Attributes:
        said_at: When each answer's first clause was whole, in seconds since the epoch.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.said_at: list[float] = []

    @property
    def url(self) -> str:
        """Its address, which ends in ``/v1``."""
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Answer(BaseHTTPRequestHandler):
    server: Streaming

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        said, begun = "", time.monotonic()
        for number, token in enumerate(tokens(ANSWER)):
            # By the clock and not by the pause: else each write would make the pace slower.
            time.sleep(max(0.0, begun + number / TOKENS_PER_S - time.monotonic()))
            said += token
            chunk = {"choices": [{"index": 0, "delta": {"content": token}}]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            if said == CLAUSE:
                self.server.said_at.append(time.time())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *words: Any) -> None:
        pass


def tokens(text: str) -> list[str]:
    """A text in pieces as models write them: words with the space before them, punctuation apart."""
    pieces: list[str] = []
    for number, word in enumerate(text.split(" ")):
        bare = word.rstrip(",.")
        pieces.append(bare if number == 0 else f" {bare}")
        if bare != word:
            pieces.append(word[len(bare) :])
    return pieces


@contextmanager
def streaming() -> Iterator[Streaming]:
    """The endpoint, as long as somebody asks it."""
    server = Streaming()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def firsts(events: list[dict[str, Any]], begins: str) -> list[tuple[float, float]]:
    """When each response began and first sounded, oldest first; in seconds since the epoch."""
    began: dict[str, float] = {}
    found: dict[str, tuple[float, float]] = {}
    for told in events:
        event, at = told["event"], told["at"]
        if event["type"] == begins:
            began[response_of(event)] = at
        elif event["type"] == SOUND and (name := event["response_id"]) in began:
            found.setdefault(name, (began[name], at))
    return list(found.values())


def response_of(event: dict[str, Any]) -> str:
    """The response that an event is about."""
    return str(event.get("response_id") or event["response"]["id"])


def main() -> None:
    with streaming() as server:
        w = VoiceWidget(agent=Chat(server.url, "m", "none"), service=Local(), transport="memory")
        told: list[dict[str, Any]] = []
        w.on("event", told.append)
        try:
            w.connect().result(120)
            for _ in range(TURNS + WARM):
                answer = w.next_turn("assistant")
                w.send_text("When does the boat leave?").result(30)
                answer.result(60)
            asked = firsts(told, "voice_widget.reply.requested")
            before = len(told)
            for _ in range(TURNS + WARM):
                answer = w.next_turn("assistant")
                w.say(CLAUSE).result(30)
                answer.result(60)
            floor = [1000 * (at - began) for began, at in firsts(told[before:], "response.created")][WARM:]
            figure("say_to_first_sound", floor, "ms", voice=w.service_name)
            waits = [1000 * (sounds - said) for (_, sounds), said in zip(asked, server.said_at, strict=True)]
            figure(
                "first_clause_to_first_sound",
                waits[WARM:],
                "ms",
                beside=Beside("say_to_first_sound", float(np.median(floor))),
                tokens_per_s=TOKENS_PER_S,
                asked_to_first_sound_ms=round(1000 * float(np.median([b - a for a, b in asked[WARM:]]))),
                clause_tokens=len(tokens(CLAUSE)),
            )
        finally:
            w.close()


if __name__ == "__main__":
    main()
