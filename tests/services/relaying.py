"""A page made of aiortc that posts its offers itself and relays its data channel."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from tests.page.test_sealing import PageKey
from tests.services.peer import AiortcPage
from voice_widget.threads.loop import call, submit


class RelayingPage(AiortcPage):
    """Use it with ``with``, as the other."""

    def __enter__(self) -> RelayingPage:
        return self

    def __init__(self, stage: Any, name: str = "page_1") -> None:
        super().__init__(stage, name)
        self.kept: list[str] = []
        self.secrets = 0
        self._told: int | None = None
        self._done = 0
        self.number = 0

    def call(self) -> int:
        """Press Call, whichever way the kernel wants it."""
        key = PageKey()
        offer = submit(self._offer()).result(10)
        call(lambda: self._channel.on("message", self._arrived))
        request = self.ask("call.open", sdp=offer, microphone=True, key=key.public)
        answer = self.reply(request, 30)
        sdp, self.number = str(answer.get("sdp")), answer["call"]
        if answer["type"] == "secret":
            self.secrets += 1
            token = key.open(answer, request)
            sdp, call_id = submit(self._post(answer["url"], token, offer)).result(20)
            self.say("call.posted", call=self.number, call_id=call_id)
        submit(self._connect(sdp)).result(20)
        self._following = submit(self._follow())
        self.say("call.peer", call=self.number, state="connected")
        self.stage.wait(lambda: self.stage.states().get("call_started_at"))
        self.stage.is_state("connected")
        return self.number

    async def _post(self, url: str, token: str, offer: str) -> tuple[str, str]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        async with aiohttp.ClientSession() as http, http.post(url, data=offer, headers=headers) as reply:
            assert reply.ok, await reply.text()
            return await reply.text(), reply.headers.get("Location", "").rpartition("/")[2]

    def _arrived(self, text: str) -> None:
        self.kept.append(text)
        self._flush()

    def _flush(self) -> None:
        while self._told is not None and self._told < len(self.kept):
            first, events = self._told + 1, self.kept[self._told : self._told + 64]
            self._told += len(events)
            self.say("relay.events", call=self.number, first=first, lost=0, events=events)

    async def _follow(self) -> None:
        """Do what the kernel says of the relay."""
        while True:
            for message in self.stage.messages[self._done :]:
                self._done += 1
                if message.get("call") != self.number:
                    continue
                if message["type"] == "relay":
                    self._told = message["after"] if message["on"] else None
                    self._flush()
                elif message["type"] == "relay.send":
                    for event in message["events"]:
                        self._channel.send(json.dumps(event))
            await asyncio.sleep(0.005)

    def __exit__(self, *error: Any) -> None:
        self._following.cancel()
        super().__exit__(*error)
