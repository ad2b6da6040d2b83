"""Our own parts behind a server of their protocol, and an engine that hears and speaks by it."""

from __future__ import annotations

import io
import json
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from tests import packages
from tests.answers import holds
from tests.e2e.measured import Measured
from tests.engine.stages.recognisers.test_http import form
from tests.engine.stages.voices.test_recognised import words, wrong
from tests.talking import Stage
from voice_widget import Local, Part
from voice_widget.agents.assistant.notebook import NotebookAssistant
from voice_widget.data import load
from voice_widget.engine.stages.contracts import Hints
from voice_widget.engine.stages.voices.flite import Flite
from voice_widget.realtime.settings.settings import SessionConfig

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

PATIENCE = 200.0
RATE = 24_000
ROWS = load()
TALK = {
    "How many penguins live on the island Dream?": f"{(ROWS.island == 'Dream').sum()}",
    "What is the highest body mass?": f"{ROWS.body_mass_g.max():.0f}",
    "How many different species are there?": f"{ROWS.species.nunique()}",
}


class Service:
    """Hears by our Whisper and speaks by one of our voices, piece by piece."""

    def __init__(self, voice: Any) -> None:
        whispers = packages.needed("voice_widget.engine.stages.recognisers.whisper")
        self.whisper, self.voice = whispers.Whisper(), voice
        self.heard: list[str] = []
        self.spoken: list[tuple[str, int]] = []  # a text, and in how many pieces its sound went out
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/v1/audio/transcriptions":
                    self.answer(service.transcribe(form(self.headers["Content-Type"], body)["file"]))
                elif self.path == "/v1/audio/speech":
                    self.speak(json.loads(body))
                else:
                    self.send_error(404)

            def answer(self, text: str) -> None:
                answer = json.dumps({"text": text}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def speak(self, asked: dict[str, Any]) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "audio/pcm")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                pieces = 0
                try:
                    for chunk in service.voice.synthesize(asked["input"], voice=asked["voice"]):
                        assert chunk.sample_rate == RATE
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk.pcm), chunk.pcm))
                        pieces += 1
                    self.wfile.write(b"0\r\n\r\n")
                    service.spoken.append((asked["input"], pieces))
                except OSError:  # nobody listens any more
                    self.close_connection = True

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def transcribe(self, file: bytes) -> str:
        with wave.open(io.BytesIO(file)) as wav:
            assert wav.getframerate() == 16_000
            sound = np.frombuffer(wav.readframes(wav.getnframes()), "<i2")
        self.heard.append(str(self.whisper.recognise(sound, Hints()).text))
        return self.heard[-1]


@pytest.fixture(params=["flite", "kokoro"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    if request.param == "kokoro":
        voice = packages.needed("voice_widget.engine.stages.voices.kokoro").Kokoro()
    else:
        voice = Flite()
    service = Service(voice)
    yield service
    service.server.shutdown()
    service.server.server_close()


def test_a_whole_talk_by_http_makes_the_right_rows(service: Service, measured: Measured) -> None:
    name, voice = type(service.voice).__name__.lower(), service.voice.voices[0]
    local = Local(
        stt=Part("http", base_url=service.url),
        tts=Part("http", base_url=service.url, voice=voice, voices=service.voice.voices),
    )
    turns = {"type": "server_vad", "silence_duration_ms": 400}
    stage = Stage(local, SessionConfig(turn_detection=turns), agent=NotebookAssistant(load()))
    asks = Flite()
    try:
        stage.talk.connect().result(PATIENCE)
        service.spoken.clear()  # the engine has tried the voice
        for turn, question in enumerate(TALK, 1):
            sound = b"".join(chunk.pcm for chunk in asks.synthesize(question, voice="slt"))
            stage.talk.play(sound + bytes(RATE * 2), RATE, "max").result(PATIENCE)
            stage.finished(2 * turn, PATIENCE)
        rows = stage.rows()
        assert stage.problems == []
        assert stage.states()["service_name"].count(f"http:{service.url}") == 2
    finally:
        stage.close()
    assert [row["role"] for row in rows] == ["user", "assistant"] * len(TALK), rows
    assert [row["text"] for row in rows[::2]] == service.heard
    for user, answer, (question, expected) in zip(rows[::2], rows[1::2], TALK.items(), strict=True):
        understood = wrong(words(question), words(user["text"])) == 0
        right = holds(answer["text"], expected) and answer["text_heard"] == answer["text"]
        where = f"whisper and {name} behind HTTP"
        measured.outcome("the question was recognised without a wrong word", where, understood)
        measured.outcome("answered with the right number, and spoken", where, right)
        assert right, (question, user["text"], answer["text"], answer["text_heard"])
        assert answer["end_ms"] - answer["start_ms"] > 500
    texts = " ".join(text for text, _ in service.spoken)
    assert texts.split() == " ".join(row["text"] for row in rows[1::2]).split()
    assert all(pieces > 3 for _, pieces in service.spoken)
