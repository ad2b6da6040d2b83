"""The checks of the lesson: each fails for its reason, holds where that is mended, and never raises."""

from __future__ import annotations

import contextlib
import io
import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.test_how_it_works import source


def said_by(check: str, **known: Any) -> list[str]:
    """What a check says about these."""
    names = {"key": KEY, "json": json, "re": re, "np": np, "urllib": urllib, "display": lambda _: None}
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard):
        exec(source(f"{check}-check"), names | known)
    return heard.getvalue().splitlines()


def talk(state: str = "disconnected", *events: str, **more: Any) -> SimpleNamespace:
    """What a check looks at of a widget: these events, and of one turn of each side these fields."""
    start = pd.Timestamp("2026-01-01", tz="UTC")
    at = [start + pd.Timedelta(seconds=number) for number in range(len(events))]
    rows = {
        "seq": [1, 2],
        "role": ["user", "assistant"],
        "text": ["hi", "hello you"],
        "text_heard": ["hi", "hello"],
    }
    rows |= {"start_ms": [0.0, 1000.0], "end_ms": [500.0, 2000.0], "interrupted": [False, True]}
    rows |= {"response_gap_ms": [None, 500.0]} | more.pop("rows", {})
    usual = {
        "error": None,
        "connection_state": state,
        "turns": 2,
        "events_df": pd.DataFrame({"type": list(events), "at": at}),
        "transcript_df": pd.DataFrame(rows),
        "metrics_df": pd.DataFrame({"end_wait_ms": [1210.0]}),
        "turn_detection": {"silence_duration_ms": 1200},
        "get_state": dict,
    }
    return SimpleNamespace(**usual | more)


KEY = "the key"
ERROR = {"message": "The microphone is blocked.", "next_step": "Allow it."}
CONNECTING, MEDIA = "voice_widget.call.connecting", "voice_widget.call.media"
AGREED = SimpleNamespace(offer="m=audio m=application", answer="m=audio a=sendrecv")
ORDER = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "response.created",
    "output_audio_buffer.started",
    "output_audio_buffer.stopped",
]


@pytest.mark.parametrize(
    ("check", "widget", "said"),
    [
        ("microphone", talk(error=ERROR), "→ The microphone is blocked. Allow it."),
        ("microphone", talk(), "→ You are disconnected."),
        (
            "microphone",
            talk("connected", rows={"start_ms": [None, 1.0]}),
            "→ The call stands, and nobody was heard",
        ),
        ("microphone", talk("connected"), "✓ You have allowed the microphone"),
        ("events", talk("connected", *ORDER[:3]), "→ response.created has not come yet."),
        ("events", talk("connected", *ORDER[::-1]), "→ They first came in another order: output"),
        ("events", talk("connected", *ORDER), "✓ "),
        ("activity", talk(turn_detection=None), "→ Give silence_duration_ms"),
        (
            "activity",
            talk(metrics_df=pd.DataFrame({"end_wait_ms": [None]})),
            "→ You ask for 1200 ms of silence.",
        ),
        (
            "activity",
            talk(metrics_df=pd.DataFrame({"end_wait_ms": [700.0]})),
            "→ You ask for 1200 ms; the last turn",
        ),
        ("activity", talk(), "✓ "),
        ("cleanup", talk("connected", CONNECTING), "→ Still in a call, with the microphone: w."),
        ("cleanup", talk(), "→ There was no call yet"),
        ("cleanup", talk("disconnected", CONNECTING), "✓ 1 calls were made"),
        ("reconnection", talk("connected"), "→ No call was lost yet."),
        (
            "reconnection",
            talk("error", "voice_widget.call.retrying"),
            "→ A call was lost, and you are error.",
        ),
        ("reconnection", talk("connected", "voice_widget.call.retrying"), "✓ The call is back"),
    ],
)
def test_a_check_fails_for_its_reason_and_else_holds(check: str, widget: Any, said: str) -> None:
    (line,) = said_by(check, w=widget)
    assert line.startswith(said)


@pytest.mark.parametrize(
    ("handshake", "events", "said"),
    [
        (SimpleNamespace(offer="", answer=""), (), "→ There is no offer yet."),
        (SimpleNamespace(offer="m=audio", answer="a=sendrecv"), (), "→ This offer has no section for data"),
        (SimpleNamespace(offer=AGREED.offer, answer="a=sendonly"), (), "→ Who answers may only be sendonly"),
        (AGREED, (CONNECTING,), "→ Your two peers agree. Now press Call"),
        (AGREED, (CONNECTING, MEDIA), "✓ Your two peers agree"),
    ],
)
def test_the_check_of_the_offer(handshake: Any, events: tuple[str, ...], said: str) -> None:
    (line,) = said_by("offer", handshake=handshake, w=talk("connected", *events))
    assert line.startswith(said)


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        ({"role": ["user", "user"]}, "→ Call above"),
        ({"interrupted": [False, False]}, "→ None of 1 answers was interrupted"),
        ({}, "✓ You heard 1 of 2 words"),
    ],
)
def test_the_check_of_turns(cut: dict[str, Any], said: str) -> None:
    assert said_by("turns", real=talk(rows=cut))[0].startswith(said)


@pytest.mark.parametrize(
    ("loud_db", "said"),
    [
        (-10, "→ -10 dB is too high"),
        (-90, "→ -90 dB is too low"),
        (-42, "✓ 100% of your turns are above -42 dB"),
    ],
)
def test_the_check_of_levels(loud_db: int, said: str) -> None:
    rate = 8000
    samples = np.full((10 * rate, 2), 10, dtype=np.int16)  # -70 dB
    samples[:rate] = 2**12  # -18 dB
    w = talk(audio=lambda seq=None: (samples[:rate] if seq else samples, rate))
    scope: dict[str, Any] = {"np": np}
    exec(source("levels").split("def plot")[0], scope)
    (line,) = said_by("levels", w=w, levels=scope["levels"], loud_db=loud_db)
    assert line.startswith(said)
    silent = talk(rows={"start_ms": [None, 1.0]})
    assert said_by("levels", w=silent, levels=scope["levels"])[0].startswith("→ Nobody has spoken yet.")


@pytest.mark.parametrize(
    ("ended", "calls", "state", "secrets", "said"),
    [
        (0, 400, {}, 403, "→ The service has ended."),
        (None, 401, {}, 403, "→ The token is not taken any more"),
        (None, 400, {"key": KEY}, 403, "→ The key is in what the page has"),
        (
            None,
            400,
            {},
            '{"value": "ek_2"}',
            "→ Asked for another token with it, the service makes one: so it is a key.",
        ),
        (None, 400, {}, 429, "→ Asked for another token with it, the service says 429."),
        (None, 400, {}, 403, "✓ The page has called with a token."),
    ],
)
def test_the_check_of_the_token(
    ended: int | None, calls: int, state: dict[str, str], secrets: int | str, said: str
) -> None:
    def post(path: str, *given: Any) -> int | str:
        return calls if path == "/realtime/calls" else secrets

    by_token = talk("connected", MEDIA, get_state=lambda: state)
    server = SimpleNamespace(poll=lambda: ended)
    known = {"token": "ek_1", "by_token": by_token, "server": server, "post": post}
    lines = said_by("token", **known)
    assert lines[0].startswith(said)
    assert len(lines) == 1 + said.startswith("✓")
    waits = said_by("token", **known | {"by_token": talk()})[0]
    assert ended == 0 or calls == 401 or waits.startswith("→ The token is good. Now press Call")


class Service(BaseHTTPRequestHandler):
    """Takes one token and the key, as the lesson's service does; runs ``sessions``."""

    sessions = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        credential = self.headers["Authorization"]
        self.answer({"Bearer ek_1": 403, f"Bearer {KEY}": 200}.get(credential, 401), {"value": "ek_2"})

    def do_GET(self) -> None:
        self.answer(200, {"sessions": self.sessions})

    def answer(self, status: int, body: Any) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """It is no news."""


@pytest.fixture
def service_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


ROWS = {"a": {"role": "user", "text": "x"}, "b": {"role": "assistant", "text": "y", "interrupted": True}}
SILENT = {"user_speaking": False, "assistant_speaking": False}
HAPPENED: list[dict[str, Any]] = [
    {"state": "connected", "user_speaking": True, "assistant_speaking": True, "transcript": ROWS},
    {"state": "disconnected", **SILENT, "transcript": ROWS},
]


def built(token: Any = "ek_1", **state: Any) -> SimpleNamespace:
    """What a learner has built; its page gets this token."""
    return SimpleNamespace(_token=lambda message, buffers: ({"token": token}, []), get_state=lambda: state)


def missing(mine: Any, happened: list[dict[str, Any]], base_url: str) -> list[str]:
    """The steps that are not there, by the check of what was built."""
    lines = said_by("own", mine=mine, happened=happened, base_url=base_url)
    assert lines[-1].startswith("→" if any(line.startswith("→") for line in lines) else "✓")
    return [line[2:] for line in lines[:-1] if line.startswith("→")]


TOKEN = "the page gets a token, and not the key"
LAMPS = ["your lamp lights and goes out", "the assistant's lamp lights and goes out"]
BOTH, CUT = "both sides are in the transcript", "an answer was interrupted"
OUT = "disconnected, and both lamps are out"
CLOSED = "the peer is closed: no call is left at the service, nor one of step 3"


def without(name: str) -> list[dict[str, Any]]:
    return [{key: value for key, value in each.items() if key != name} for each in HAPPENED]


@pytest.mark.parametrize(
    ("mine", "happened", "steps"),
    [
        (built(), HAPPENED, []),
        (built(), [], ["connected", *LAMPS, BOTH, CUT, OUT, CLOSED]),
        (built(KEY), HAPPENED, [TOKEN]),
        (built("made up"), HAPPENED, [TOKEN]),
        (built(None), HAPPENED, [TOKEN]),
        (built("ek_1", talk={"key": KEY}), HAPPENED, [TOKEN]),
        (SimpleNamespace(get_state=dict), HAPPENED, [TOKEN]),
        (SimpleNamespace(get_state=dict, _token=lambda *_: {"token": "ek_1"}), HAPPENED, [TOKEN]),
        (built(), HAPPENED[:1], [*LAMPS, OUT, CLOSED]),
        (built(), without("user_speaking"), [LAMPS[0], OUT]),
        (built(), without("assistant_speaking"), [LAMPS[1], OUT]),
        (built(), without("state"), ["connected", OUT, CLOSED]),
        (built(), without("transcript"), [BOTH, CUT]),
        (built(), [{**each, "transcript": list(ROWS.values())} for each in HAPPENED], []),
        (built(), [{**each, "transcript": ["x", {"text": "y"}]} for each in HAPPENED], [BOTH, CUT]),
        (built(), [{**each, "transcript": "x"} for each in HAPPENED], [BOTH, CUT]),
        (built(), [{"state": "connected"}, {"state": "disconnected"}], [*LAMPS, BOTH, CUT, OUT]),
    ],
)
def test_the_check_of_what_was_built_says_what_is_missing(
    mine: Any, happened: list[dict[str, Any]], steps: list[str], service_url: str
) -> None:
    assert missing(mine, happened, service_url) == steps


def test_a_call_that_was_not_closed_is_seen_at_the_service(
    service_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Service, "sessions", 1)
    assert missing(built(), HAPPENED, service_url) == [CLOSED]


def test_the_check_of_what_was_built_says_that_the_service_has_ended() -> None:
    nobody = "http://127.0.0.1:1/v1"
    assert missing(built(), HAPPENED, nobody) == [TOKEN, CLOSED]
    assert said_by("own", mine=built(), happened=[], base_url=nobody)[-1].startswith(
        "→ The service has ended."
    )
