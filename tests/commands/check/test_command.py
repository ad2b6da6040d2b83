"""The command: what it takes, what it refuses, and that no key is printed."""

from __future__ import annotations

import argparse
import json
import wave
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.commands.check.double import Double, Event, double
from tests.engine.caller import tone
from voice_widget.__main__ import main
from voice_widget.commands.check.command import _check, check, ordered
from voice_widget.commands.check.options import TALKS, WAYS, add_options
from voice_widget.errors import SettingError

SECRET = "sk-this-one-is-a-secret-0123456789"
OTHER = "an.ordinary-word-that-is-the-key-42"


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(arguments)


@pytest.fixture
def recording(tmp_path: Path) -> str:
    path = tmp_path / "caller.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(tone(300))
    return str(path)


def test_everything_is_tried_unless_something_is_named() -> None:
    order = ordered(options("http://127.0.0.1:9/v1"))
    assert (order.ways, order.talks) == (WAYS, TALKS)
    order = ordered(options("http://127.0.0.1:9/v1", "--only", "websocket", "--only", "tool"))
    assert (order.ways, order.talks) == (("websocket",), ("tool",))
    order = ordered(options("http://127.0.0.1:9/v1", "--without", "webrtc", "--without", "spoken"))
    assert "webrtc" not in order.ways
    assert order.talks == tuple(talk for talk in TALKS if talk != "spoken")


@pytest.mark.parametrize("url", ["ws://127.0.0.1:9/v1/realtime?model=m", "http://127.0.0.1:9/v1/"])
def test_the_address_of_the_socket_will_do_too(url: str) -> None:
    assert ordered(options(url)).service.name == "127.0.0.1:9"


def test_settings(recording: str) -> None:
    given = ("--model", "m", "--voice", "anna", "--transcription", "none", "--audio", recording)
    order = ordered(options("http://127.0.0.1:9/v1", *given))
    assert (order.settings.model, order.settings.voice, order.settings.transcription) == ("m", "anna", None)
    assert order.recording == tone(300)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ftp://host/v1",), "begins with ftp://, not with http:// or https://"),
        (("http://",), "The address 'http://' names no server"),
        (("",), "The address is empty"),
        (("http://127.0.0.1:99999/v1",), "has a port that is no number from 1 to 65535"),
        (("http://127.0.0.1:9/v1", "--timeout", "0"), "--timeout"),
        (("http://127.0.0.1:9/v1", "--timeout", "nan"), "--timeout"),
        (("http://127.0.0.1:9/v1", "--api-key-env", "NO_SUCH_KEY"), "NO_SUCH_KEY is not set"),
        (("http://127.0.0.1:9/v1", "--audio", "no.wav"), "cannot be read"),
        (("http://127.0.0.1:9/v1", *(x for way in WAYS for x in ("--without", way))), "Nothing is left"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SettingError, match=said):
        ordered(options(*arguments))
    assert check(options(*arguments)) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert "\n→ " in told.err
    assert told.out == ""


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", "http://127.0.0.1:9/v1", "--only", "dancing"])
    assert ended.value.code == 2
    assert "barge-in" in capsys.readouterr().err


def test_a_server_that_is_not_there(recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "http://127.0.0.1:9/v1", "--only", "websocket", "--audio", recording]) == 2
    told = capsys.readouterr().out
    assert "not reached: The service did not open a session: 127.0.0.1:9: not reachable." in told
    assert told.endswith("→ Check the address and the network, then call again.\n")


def test_openai_wants_a_key(
    recording: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    arguments = ["check", "https://api.openai.com/v1", "--only", "websocket", "--audio", recording]
    assert main(arguments) == 2
    assert "There is no API key for this service." in capsys.readouterr().out


# --- keys ----------------------------------------------------------------------------------------


class Leaking(Double):
    """Repeats the key wherever it can."""

    def __init__(self, key: str) -> None:
        super().__init__(twist=self.leak)
        self.key = key

    def leak(self, event: Event) -> Iterable[Any]:
        key = self.key
        if event["type"] == "session.created":
            return [event, {"type": f"hello.{key}", "event_id": key, key: key}, f"no JSON but {key}"]
        if event["type"] == "session.updated":
            event["session"]["instructions"] = f"Your key is {key}."
        elif event["type"] == "response.done":
            error = {"type": "server_error", "code": "x", "message": f"Bad key {key}"}
            event["response"] |= {"status": "failed", "status_details": {"type": "failed", "error": error}}
        elif event["type"] == "error":
            event["error"]["message"] = f"Wrong key: {key}"
            event["error"]["event_id"] = key
        return [event]


@pytest.mark.parametrize("key", [SECRET, OTHER])
@pytest.mark.parametrize("form", [(), ("--json",)])
async def test_the_key_is_never_printed(
    key: str,
    form: tuple[str, ...],
    recording: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("A_KEY", key)
    async with double(Leaking(key)) as server:
        url = server.url.replace("://", "://user:a-password-0123@")
        given = options(url, "--api-key-env", "A_KEY", "--audio", recording, "--timeout", "10", *form)
        given.only = ["websocket", "session", "typed", "bad-requests"]
        assert await _check(ordered(given), given) == 1
    told = capsys.readouterr()
    for text in (told.out, told.err):
        assert key not in text
        assert "a-password" not in text
    found = {"not_json", "unknown_event", "answer_failed", "error_other_event_id", "setting_not_in_force"}
    assert all(name in told.out for name in found)
    if form:
        data = json.loads(told.out)
        assert data["server"] == server.url[7:-3]
        assert data["exit_code"] == 1


async def test_a_way_that_is_not_there_is_tried_once(
    recording: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with double() as server:
        given = options(server.url, "--audio", recording, "--json", "--only", "webrtc", "--only", "websocket")
        given.only += ["session", "typed"]
        assert await _check(ordered(given), given) == 0
    data = json.loads(capsys.readouterr().out)
    assert [(talk["way"], talk["outcome"]) for talk in data["tried"]] == [
        ("websocket", "ok"),
        ("websocket", "ok"),
        ("webrtc", "not reached"),
    ]
    assert [(row["severity"], row["name"]) for row in data["deviations"]] == [("remark", "no_webrtc")]
