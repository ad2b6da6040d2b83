"""No key and no token in anything that is shown, kept, sent, logged or saved."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

import pytest

from tests.page.test_sealing import PageKey
from tests.talking import PeerService
from tests.widget_page import Page, pages  # noqa: F401 - a fixture
from voice_widget import OpenAI, Settings, VoiceWidget
from voice_widget.errors import ServiceUnavailable
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.services import Answer, Secret

KEY = "sk-the-key-of-a-user"
TOKEN = "ek_the-token-of-a-page"
URL = "https://example.org/v1/realtime/calls"


class Keeper(PeerService):
    """A service that has a key, mints tokens and repeats what it should not."""

    def __init__(self) -> None:
        super().__init__([{"hear": "hello", "say": "Hello to you."}], kernel_agent=False)
        self.capabilities = type(self.capabilities)(
            webrtc=True, sideband=True, secrets=True, verbatim=True, any_voice=True
        )
        self.key = KEY

    async def secret(self, session: SessionConfig) -> Secret:
        return Secret(TOKEN, URL)

    async def answer(self, offer: str, session: SessionConfig) -> Answer:
        raise AssertionError("the page posts its offer itself")

    async def connect(self, **options: Any) -> Any:
        connection = await super().connect(**options)
        shown = connection._config.full("sess_1", 4e9)
        leaks = {
            "client_secret": {"value": TOKEN},
            "tools": [
                {
                    "type": "mcp",
                    "server_label": "files",
                    "authorization": KEY,
                    "headers": {"Authorization": f"Bearer {KEY}"},
                }
            ],
        }
        connection._emit("session.updated", session=shown | leaks)
        return connection


def page_of(widget: VoiceWidget, pages: list[Page]) -> Page:  # noqa: F811
    return next(page for page in pages if page.comm_id == widget.model_id)


def everything(widget: VoiceWidget, page: Page) -> str:
    """All that a person or a file could get to see."""
    tables = (widget.events_df, widget.metrics_df, widget.transcript_df)
    return "\n".join(
        [
            repr(widget),
            str(widget),
            json.dumps(page.crossed, default=str),
            json.dumps(widget.get_state(), default=str),
            repr(widget._repr_mimebundle_()),
            *(table.to_csv() for table in tables),
            *(str(getattr(widget, name)) for name in widget.trait_names()),
            repr(widget.settings),
            repr(widget._wiring._plan),
            repr(widget.error),
            repr(widget.notice),
        ]
    )


def test_a_talk_by_token_shows_neither_key_nor_token(
    pages: list[Page],  # noqa: F811
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)
    widget = VoiceWidget(
        service=Keeper(),
        flow="ephemeral",
        settings=Settings(tools=[{"type": "mcp", "server_label": "files", "authorization": KEY}]),
    )
    told: list[Any] = []
    widget.on("event", told.append)
    page, mine, talk = page_of(widget, pages), PageKey(), "talk_1"
    try:
        turn = widget.next_turn("user")
        page.says({"type": "call.pending", "page": "p", "talk": talk})
        page.says(
            {
                "type": "call.open",
                "page": "p",
                "talk": talk,
                "request_id": "req_1",
                "sdp": "the offer",
                "key": mine.public,
                "microphone": True,
            }
        )
        secret = page.waits_for(lambda message: message["type"] == "secret")
        assert mine.open(secret, "req_1") == TOKEN  # it did go to the page, and to nobody else
        about = {"page": "p", "talk": talk, "call": secret["call"]}
        page.says({"type": "call.posted", **about, "call_id": "rtc_1"})
        page.says({"type": "call.peer", **about, "state": "connected"})
        assert turn.result(10)["text"] == "hello"
        widget.update(speed=1.25).result(20)
        assert widget._wiring.publisher.flush(calls=True)
        shown = everything(widget, page)
        assert "files" in shown
        assert "session.updated" in shown
        widget.disconnect().result(20)
        for text in (shown, everything(widget, page), repr(told), caplog.text):
            assert KEY not in text
            assert TOKEN not in text
    finally:
        widget.close()


def test_a_failure_to_reach_the_service_tells_no_key(
    pages: list[Page],  # noqa: F811
    caplog: pytest.LogCaptureFixture,
    unused_port: int,
):
    caplog.set_level(logging.DEBUG)
    service = OpenAI(api_key=KEY, base_url=f"http://127.0.0.1:{unused_port}/v1")
    widget = VoiceWidget(service=service, transport="memory")
    try:
        with pytest.raises(ServiceUnavailable) as raised:
            widget.connect().result(20)
        assert widget._wiring.publisher.flush(calls=True)
        failed = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
        for text in (everything(widget, page_of(widget, pages)), failed, caplog.text):
            assert KEY not in text
        assert widget.error is not None
    finally:
        widget.close()


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
