import io
import json
import threading
import wave
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import numpy as np
import pytest

from voice_widget.engine.stages.contracts import Hints, Transcript
from voice_widget.engine.stages.recognisers.http import Transcriptions, multipart
from voice_widget.errors import EngineError, SettingError

SOUND = (np.sin(np.arange(8000) / 5) * 9000).astype(np.int16)


class Service:
    """Takes down what it is asked, and answers what it was told to."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.status, self.kind = 200, "application/json"
        self.answer: bytes = json.dumps({"text": " How many\nrows? "}).encode()
        self.headers: dict[str, str] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.asked.append(form(self.headers["Content-Type"], body))
                service.asked[-1] |= {"path": self.path, "key": self.headers["Authorization"]}
                self.send_response(service.status)
                for name, value in service.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", service.kind)
                self.send_header("Content-Length", str(len(service.answer)))
                self.end_headers()
                self.wfile.write(service.answer)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


def form(kind: str, body: bytes) -> dict[str, Any]:
    """The fields of a form, by another's code."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part["Content-Disposition"].params["name"]
        content = part.get_payload(decode=True)
        found[name] = content if name == "file" else content.decode()
        if name == "file":
            found["filename"] = part["Content-Disposition"].params["filename"]
            found["type"] = part.get_content_type()
    return found


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.server.shutdown()
    service.server.server_close()


def test_an_utterance_is_one_request_with_a_wav_file(service):
    session = Transcriptions(service.url, model="large", language="de", api_key="k-1", hints=True).session()
    session.prepare(Hints(words=("total_bill",)))
    session.start()
    assert session.feed(SOUND) is None
    assert session.finish() == Transcript("How many rows?", final=True)
    (asked,) = service.asked
    assert (asked["path"], asked["key"]) == ("/v1/audio/transcriptions", "Bearer k-1")
    assert (asked["model"], asked["language"], asked["prompt"]) == (
        "large",
        "de",
        "The words are total bill.",
    )
    assert (asked["filename"], asked["type"]) == ("speech.wav", "audio/wav")
    with wave.open(io.BytesIO(asked["file"])) as wav:
        assert wav.getparams()[:3] == (1, 2, 16_000)
        assert np.array_equal(np.frombuffer(wav.readframes(8000), "<i2"), SOUND)


def test_what_is_not_said_is_not_sent(service):
    part = Transcriptions(f"{service.url}/", fields={"temperature": 0})
    part.recognise(SOUND, Hints(words=("salary",)))
    (asked,) = service.asked
    assert asked["key"] is None
    assert asked["temperature"] == "0"
    assert {"language", "prompt"} & set(asked) == set()
    assert part.recognise(np.zeros(16_000, np.int16), Hints()) == Transcript("")
    assert len(service.asked) == 1


def test_the_language_of_the_talk_is_told_and_its_own_comes_before_it(service):
    Transcriptions(service.url).recognise(SOUND, Hints(language="de-CH"))
    Transcriptions(service.url, language="fr").recognise(SOUND, Hints(language="de"))
    Transcriptions(service.url, fields={"language": "it"}).recognise(SOUND, Hints(language="de"))
    assert [asked["language"] for asked in service.asked] == ["de", "fr", "it"]


def test_what_an_address_asks_for_stays_behind_its_path(service):
    Transcriptions(f"{service.url}/?api-version=1").recognise(SOUND, Hints())
    assert service.asked[0]["path"] == "/v1/audio/transcriptions?api-version=1"


def test_an_address_with_a_password_is_refused_and_told_without_it():
    for address in ("http://me:hush@localhost:1/v1", "ftp://me:hush@localhost/v1?key=hush"):
        with pytest.raises(SettingError, match="address") as caught:
            Transcriptions(address)
        assert "hush" not in str(caught.value) + caught.value.next_step


def test_the_key_can_stand_in_the_environment(service, monkeypatch):
    monkeypatch.setenv("SOME_KEY", "k-2")
    Transcriptions(service.url, api_key_env="SOME_KEY").recognise(SOUND, Hints())
    assert service.asked[0]["key"] == "Bearer k-2"
    monkeypatch.delenv("SOME_KEY")
    with pytest.raises(SettingError, match=r"no SOME_KEY\. Set it to the key"):
        Transcriptions(service.url, api_key_env="SOME_KEY")


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (401, b'{"error": {"message": "Bad key k-1."}}', r"refused with 401: Bad key …\. Check the key\."),
        (404, b"no such page", r"refused with 404: no such page\. Check the address"),
        (429, b'{"detail": "slow down"}', r"429: slow down\. Wait"),
        (500, b"", r"refused with 500: Internal Server Error\."),
        (302, b"", r"refused with 302"),
    ],
)
def test_a_refusal_says_what_to_do_and_never_the_key(service, status, answer, told):
    service.status, service.answer = status, answer
    service.headers = {"Location": service.url} if status == 302 else {}
    with pytest.raises(EngineError, match=told) as caught:
        Transcriptions(service.url, api_key="k-1").recognise(SOUND, Hints())
    assert "k-1" not in str(caught.value)
    assert len(service.asked) == 1


@pytest.mark.parametrize("answer", [b"hello", b"[]", b'{"text": 1}', b"{}", b""])
def test_an_answer_without_text_is_an_error(service, answer):
    service.answer = answer
    with pytest.raises(EngineError, match="sent no text"):
        Transcriptions(service.url).recognise(SOUND, Hints())


def test_a_service_that_is_not_there_is_an_error(service):
    service.server.shutdown()
    service.server.server_close()
    with pytest.raises(EngineError, match=r"at 127\.0\.0\.1 cannot be reached.*Check that it runs"):
        Transcriptions(service.url).recognise(SOUND, Hints())


@pytest.mark.parametrize("url", ["localhost:8000/v1", "file:///etc/passwd", "http://", ""])
def test_only_addresses_of_services_are_taken(url):
    with pytest.raises(SettingError, match="is no address of a service"):
        Transcriptions(url)


def test_a_form_is_read_by_others_whatever_stands_in_it():
    kind, body = multipart({"prompt": "tip, größer\r\n--x"}, b"\r\n--x\r\n", "boundary")
    assert form(kind, body)["prompt"] == "tip, größer\r\n--x"
    assert form(kind, body)["file"] == b"\r\n--x\r\n"
