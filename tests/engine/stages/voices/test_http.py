import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from voice_widget.engine.conversation.voices import check_voice, spoken_by
from voice_widget.engine.stages.voices.http import Speech
from voice_widget.errors import EngineError, ProtocolError, SettingError

PCM = (8000 * np.sin(np.arange(24_000) * 0.1)).astype(np.int16).tobytes()
PATIENCE = 10.0


class Service:
    """Speaks what a test wants, and keeps what it was asked."""

    def __init__(self) -> None:
        self.status, self.kind, self.pieces = 200, "audio/pcm", [PCM]
        self.asked: list[tuple[str, dict[str, str], dict[str, object]]] = []
        self.let = threading.Semaphore(0)
        self.waits = self.breaks = False
        self.left = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                service.asked.append((self.path, dict(self.headers), json.loads(raw)))
                self.send_response(service.status)
                self.send_header("Content-Type", service.kind)
                self.send_header("Location", "/elsewhere")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    for piece in service.pieces:
                        if service.waits:
                            assert service.let.acquire(timeout=PATIENCE)
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    if not service.breaks:
                        self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    service.left.set()
                self.close_connection = service.breaks

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def service():
    double = Service()
    yield double
    double.server.shutdown()
    double.server.server_close()


def speak(speech, text="Hello.", **more):
    return list(speech.synthesize(text, voice=None, **more))


def sound(chunks):
    return b"".join(chunk.pcm for chunk in chunks)


def test_it_asks_as_the_protocol_says_and_speaks_what_comes(service):
    speech = Speech(service.url, model="m", voice="v", api_key="sk-x", body={"instructions": "Softly."})
    assert sound(speak(speech, "Hello, 5 %.")) == PCM
    assert sound(speech.synthesize("b", voice="w", speed=1.5)) == PCM
    (path, headers, first), (_, _, second) = service.asked
    assert path == "/v1/audio/speech"
    assert headers["Authorization"] == "Bearer sk-x"
    assert first == {
        "model": "m",
        "input": "Hello, 5 %.",
        "voice": "v",
        "response_format": "pcm",
        "instructions": "Softly.",
    }
    assert (second["voice"], second["speed"]) == ("w", 1.5)


@pytest.mark.parametrize("voice", ["shimmer", "nova", "af_heart", "alloy"])
def test_a_voice_that_is_asked_for_is_passed_on_by_its_name(service, voice):
    speech = Speech(service.url)
    check_voice(voice, speech.voices, "session.audio.output.voice")
    assert sound(speech.synthesize("a", voice=spoken_by(voice, speech.voices))) == PCM
    assert service.asked[0][2]["voice"] == voice


def test_where_the_voices_are_listed_others_are_refused_and_the_first_one_speaks(service):
    speech = Speech(service.url, voices=("anna", "ben"))
    assert speech.voices == ("anna", "ben")
    speak(speech)
    assert service.asked[0][2]["voice"] == "anna"
    with pytest.raises(ProtocolError, match="anna, ben"):
        check_voice("nova", speech.voices, "session.audio.output.voice")
    assert Speech(service.url, voice="ben", voices=("anna", "ben")).voices == ("ben", "anna")


def test_the_first_sound_is_there_before_the_last(service):
    service.pieces, service.waits = [PCM[:4801], PCM[4801:]], True
    chunks = Speech(service.url).synthesize("Hello.", voice=None)
    service.let.release()
    first = next(chunks)
    assert 0 < len(first.pcm) <= 4800
    service.let.release()
    assert first.pcm + sound(chunks) == PCM


def test_odd_pieces_are_whole_samples(service):
    service.pieces = [PCM[at : at + 777] for at in range(0, len(PCM), 777)]
    chunks = speak(Speech(service.url))
    assert all(len(chunk.pcm) % 2 == 0 for chunk in chunks)
    assert sound(chunks) == PCM


def test_who_stops_iterating_hangs_up(service):
    service.pieces, service.waits = [PCM] * 50, True
    chunks = Speech(service.url).synthesize("Hello.", voice=None)
    service.let.release()
    next(chunks)
    chunks.close()
    for _ in range(50):
        service.let.release()
    assert service.left.wait(PATIENCE)


def test_a_wav_file_is_taken_for_its_sound(service):
    head = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + (22_050).to_bytes(4, "little")
    head += (44_100).to_bytes(4, "little") + b"\x02\x00\x10\x00data\xff\xff\xff\xff"
    whole = head + PCM
    service.kind, service.pieces = "audio/wav", [whole[:10], whole[10:46], whole[46:]]
    chunks = speak(Speech(service.url))
    assert sound(chunks) == PCM
    assert {chunk.sample_rate for chunk in chunks} == {22_050}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error": {"message": "No voice v."}}', "No voice v."),
        (b'{"detail": "bad key sk-x"}', "bad key …"),
        (b"<b>no\n</b>", "<b>no </b>"),
        (b"", "401"),
    ],
)
def test_a_refusal_is_told_in_the_services_words_and_without_the_key(service, body, told):
    service.status, service.kind, service.pieces = 401, "application/json", [body] if body else []
    with pytest.raises(EngineError, match="refused with 401") as caught:
        speak(Speech(service.url, api_key="sk-x"))
    assert told in caught.value.message
    assert "sk-x" not in caught.value.message


def test_the_key_is_sent_nowhere_else(service):
    service.status = 307
    with pytest.raises(EngineError, match="refused with 307"):
        speak(Speech(service.url, api_key="sk-x"))
    assert len(service.asked) == 1


@pytest.mark.parametrize("kind", ["audio/mpeg", "application/json", "text/html"])
def test_what_is_no_pcm_is_not_spoken(service, kind):
    service.kind = kind
    with pytest.raises(EngineError, match=kind):
        speak(Speech(service.url))


def test_a_stream_that_breaks_off_is_a_named_error(service):
    service.breaks = True
    with pytest.raises(EngineError, match="cannot be reached"):
        speak(Speech(service.url))


def test_a_service_that_is_not_there_or_says_nothing_is_a_named_error(service):
    service.waits = True
    with pytest.raises(EngineError, match="timed out"):
        speak(Speech(service.url, timeout_s=0.05))
    service.let.release()
    with pytest.raises(EngineError, match=r"127\.0\.0\.1 cannot be reached"):
        speak(Speech("http://127.0.0.1:1/v1"))


@pytest.mark.parametrize("url", ["", "localhost:8880/v1", "file:///etc/passwd", "ftp://x/y", "http://"])
def test_an_address_of_another_kind_is_refused(url):
    with pytest.raises(SettingError, match="no address"):
        Speech(url)


def test_the_key_may_come_from_the_environment(service, monkeypatch):
    monkeypatch.setenv("SPEECH_KEY", "sk-y")
    speak(Speech(service.url, api_key_env="SPEECH_KEY"))
    assert service.asked[0][1]["Authorization"] == "Bearer sk-y"
    with pytest.raises(SettingError, match="NO_KEY"):
        Speech(service.url, api_key_env="NO_KEY")


def test_nothing_to_say_asks_nothing(service):
    assert speak(Speech(service.url), " \n") == []
    assert service.asked == []


def test_its_voices_are_those_that_one_names():
    assert Speech("http://x/v1", voice="a", voices=["b", "a"]).voices == ("a", "b")
