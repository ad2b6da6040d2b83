"""The ways to a service, each in a call of its own against a service played by the test."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from tests.call.test_call import FakeService, Held, done
from tests.page.test_sealing import PageKey
from voice_widget.call import by_peer as by_peer_module
from voice_widget.call import call as call_module
from voice_widget.call import relay as relay_module
from voice_widget.call import ways as ways_module
from voice_widget.call.by_peer import PeerPath
from voice_widget.call.joined import JoinedPath
from voice_widget.call.ways import Offer, Path
from voice_widget.errors import ServiceError, ServiceRefused, ServiceUnavailable, VoiceWidgetError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import Event, dump
from voice_widget.services import Answer, Secret

URL = "https://example.org/v1/realtime/calls"
TOKEN = "ek_never_seen"


class Service(FakeService):
    """A server that is not our engine: it may have a sideband, and it mints tokens."""

    def __init__(self, **capabilities: Any) -> None:
        super().__init__(**{"kernel_agent": False, **capabilities})
        self.gives_call_id = True
        self.refuses: ServiceError | None = None
        self.secrets = 0
        self.url = URL

    async def answer(self, offer: str, session: SessionConfig) -> Answer:
        return Answer("answer", "rtc_1" if self.gives_call_id else None)

    async def secret(self, session: SessionConfig) -> Secret:
        self.secrets += 1
        return Secret(f"{TOKEN}_{self.secrets}", url=self.url)

    async def connect(self, **options: Any) -> Any:
        if self.refuses is not None:
            raise self.refuses
        return await super().connect(**options)


class Line(Held):
    """A call by a peer at the page, or beside a running one."""

    def __init__(self, service: Service, **options: Any) -> None:
        self.key, self.number, self.options = PageKey(), 0, options
        super().__init__(service, options.get("config", SessionConfig(voice="marin")), "webrtc")

    def way(self, config: SessionConfig, transport: str) -> Path:
        reached: Any = self.service
        self.path: Any
        if self.options.get("joins"):
            self.path = JoinedPath(reached, "rtc_phone")
        else:
            offer = Offer("page_1", "req_1", "offer", self.options.get("key", self.key.public))
            flow = self.options.get("flow", "unified")
            self.path = PeerPath(reached, config, offer=offer, page=self._page, reply=self._reply, flow=flow)
        return cast(Path, self.path)

    def _reply(self, message: dict[str, Any]) -> None:
        self._page(message, None)

    async def message(self, kind: str, number: int = 1) -> dict[str, Any]:
        """Wait for a message to the page."""
        async with asyncio.timeout(20):
            while len(found := [m for m in self.told if m["type"] == kind]) < number:
                self._news.clear()
                await self._news.wait()
        return found[number - 1]

    def posts(self, call_id: str) -> None:
        """The page has posted its offer."""
        self.path.page_says({"type": "call.posted", "call_id": call_id}, ())

    def relays(self, *events: Event, lost: int = 0) -> None:
        """The page hands events on."""
        first = self.number + lost + 1
        self.number += lost + len(events)
        texts = [dump(event) for event in events]
        self.path.page_says({"type": "relay.events", "first": first, "lost": lost, "events": texts}, ())


def created(session_id: str = "sess_1") -> Event:
    return {"type": "session.created", "event_id": f"of_{session_id}", "session": {"id": session_id}}


def event(number: int, **fields: Any) -> Event:
    return {"type": "custom", "event_id": f"e{number}", **fields}


@pytest.fixture(autouse=True)
def settles_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "SETTLE_S", 0.01)


# --- the page posts ---


async def test_the_page_posts_its_offer_with_a_token_for_it_alone() -> None:
    line = Line(Service(), flow="ephemeral")
    secret = await line.message("secret")
    assert (secret["call"], secret["url"]) == (3, URL)
    assert line.key.open(secret, "req_1") == f"{TOKEN}_1"
    assert TOKEN not in repr(line.told)
    line.posts("rtc_9")
    await line.until("session.updated")
    assert line.call.call_id == "rtc_9"
    line.call.media("connected")
    await asyncio.wait_for(line.call.connected.wait(), 20)
    await line.end()
    assert line.service.hung_up == ["rtc_9"]
    assert "relay" not in [m["type"] for m in line.told]


async def failure(line: Line) -> VoiceWidgetError:
    with pytest.raises(VoiceWidgetError) as raised:
        await asyncio.wait_for(line.task, 20)
    return raised.value


async def test_a_page_without_a_key_gets_no_token() -> None:
    service = Service()
    assert (await failure(Line(service, flow="ephemeral", key=""))).code == "cannot_unseal"
    assert service.secrets == 0


async def test_a_page_that_never_posts_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_peer_module, "POST_S", 0.02)
    assert (await failure(Line(Service(), flow="ephemeral"))).code == "post_timeout"


async def test_a_service_without_an_address_to_post_to_is_named() -> None:
    service = Service()
    service.url = ""
    assert (await failure(Line(service, flow="ephemeral"))).code == "no_post_address"


async def test_our_engine_is_not_to_be_followed_by_the_page() -> None:
    line = Line(Service(kernel_agent=True), flow="ephemeral")
    await line.message("secret")
    line.posts("")
    assert (await failure(line)).code == "no_sideband"


# --- the page relays from the start ---


@pytest.mark.parametrize("flow", ["unified", "ephemeral"])
@pytest.mark.parametrize("why", ["no call id", "no sideband", "it refuses"])
async def test_without_a_sideband_the_page_relays(flow: str, why: str) -> None:
    service = Service(sideband=why != "no sideband")
    service.gives_call_id = why != "no call id"
    service.refuses = ServiceRefused("no") if why == "it refuses" else None
    line = Line(service, flow=flow)
    if flow == "ephemeral":
        await line.message("secret")
        line.posts("rtc_1" if service.gives_call_id else "")
    relay = await line.message("relay")
    assert (relay["call"], relay["on"], relay["after"]) == (3, True, 0)
    line.relays(created())
    # Not every server takes settings beside an offer.
    update = (await line.message("relay.send"))["events"][0]
    assert (update["type"], update["session"]["audio"]["output"]["voice"]) == ("session.update", "marin")
    line.call.media("connected")
    await asyncio.wait_for(line.call.connected.wait(), 20)
    assert line.call.call_id == ("sess_1" if why == "no call id" else "rtc_1")
    line.relays(event(1), event(2))
    await line.until("custom", 2)
    await line.end()
    assert service.hung_up == (["rtc_1"] if service.gives_call_id else [])
    assert line.told[-1]["type"] == "relay"
    assert line.told[-1]["on"] is False


@pytest.mark.parametrize("why", ["no call id", "no sideband", "it refuses"])
async def test_keys_of_tools_do_not_go_by_the_page(why: str) -> None:
    service = Service(sideband=why != "no sideband")
    service.gives_call_id = why != "no call id"
    service.refuses = ServiceRefused("no") if why == "it refuses" else None
    tool = {"type": "mcp", "server_label": "files", "authorization": "s3cret"}
    line = Line(service, config=SessionConfig(tools=(tool,)))
    error = await failure(line)
    assert error.code == "tools_need_sideband"
    assert "sideband" in error.next_step
    assert "s3cret" not in repr(line.told)
    # Where it was known before, nothing has happened; a call that was made is ended.
    assert [m["type"] for m in line.told] == ([] if why == "no sideband" else ["answer"])
    assert service.hung_up == (["rtc_1"] if why == "it refuses" else [])


async def test_what_is_relayed_is_cleaned_as_the_service_does_it() -> None:
    service = Service(sideband=False)
    service.clean = lambda event: {**event, "clean": True}  # type: ignore[attr-defined]
    line = Line(service)
    await line.message("relay")
    line.relays(created(), event(1))
    await line.until("custom", 1)
    assert [event["clean"] for _, event in line.seen if event["type"] == "custom"] == [True]
    await line.end()


async def test_a_session_that_is_never_relayed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from voice_widget.call import call as call_module

    monkeypatch.setattr(call_module, "ACKNOWLEDGE_S", 0.05)
    assert (await failure(Line(Service(sideband=False)))).code == "session_timeout"


async def test_lost_events_are_told_and_nothing_waits_for_them() -> None:
    line = Line(Service(sideband=False))
    await line.message("relay")
    line.relays(created(), {"type": "response.created", "event_id": "a", "response": {"id": "r"}})
    await line.until("response.created")
    await line.call.send({"type": "response.create"})
    assert "response.create" not in line.types("sent")
    line.relays(event(9), lost=4)
    assert (await line.until("voice_widget.call.events_lost"))["count"] == 4
    await line.until("response.create")
    await line.end()


# --- the sideband breaks ---


async def test_the_page_takes_over_with_nothing_lost_and_nothing_twice() -> None:
    line = Line(Service())
    await line.until("session.updated")
    line.line.say(event(1), event(2), event(2))
    await line.until("custom", 2)
    line.line.say(ServiceUnavailable("broken"))
    await line.message("relay")
    line.relays(created("channel"), event(0), event(1), event(2), event(3))
    await line.until("custom", 3)
    line.relays(event(4))
    await line.until("custom", 4)
    names = [e["event_id"] for _, e in line.seen if e["type"] == "custom"]
    assert names == ["e1", "e2", "e3", "e4"]
    await line.call.send({"type": "input_audio_buffer.clear"})
    assert (await line.message("relay.send"))["events"][0]["type"] == "input_audio_buffer.clear"
    assert line.types("received").count("session.updated") == 1
    await line.end()


async def test_a_response_under_way_is_followed_to_its_end_by_the_page() -> None:
    line = Line(Service())
    await line.until("session.updated")
    line.line.say({"type": "response.created", "event_id": "a", "response": {"id": "resp_1"}})
    await line.until("response.created")
    await line.call.send({"type": "response.create", "response": {"instructions": "Later."}})
    line.line.say(ServiceUnavailable("broken"))
    await line.message("relay")
    begun: Event = {"type": "response.created", "event_id": "a", "response": {"id": "resp_1"}}
    line.relays(created(), begun, event(1))
    await line.until("custom")
    line.relays({**done(), "event_id": "b"})
    await line.until("response.create")
    kinds = [event["type"] for _, event in line.seen]
    assert kinds.index("response.create") > kinds.index("response.done")
    await line.end()


async def test_a_text_that_could_not_be_sent_goes_by_the_page() -> None:
    line = Line(Service())
    await line.until("session.updated")

    async def broken(event: Event) -> None:
        raise ServiceUnavailable("broken")

    line.line.send = broken  # type: ignore[method-assign]
    item = {"type": "conversation.item.create", "item": {"id": "item_1", "type": "message"}}
    line.call.outbox.deliver([item, {"type": "response.create"}])
    await line.until("response.create")
    line.line.say(ServiceUnavailable("broken"))
    await line.message("relay")
    line.relays(created())
    kinds = [(await line.message("relay.send", n))["events"][0]["type"] for n in (1, 2)]
    assert kinds == ["conversation.item.create", "response.create"]
    await line.end()


async def test_a_sideband_that_breaks_without_a_relay_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "TAKE_OVER_S", 0.02)
    line = Line(Service())
    await line.until("session.updated")
    line.line.say(ServiceUnavailable("broken"))
    assert "broken" in str(await failure(line))
    assert [m["on"] for m in line.told if m["type"] == "relay"] == [True, False]
    assert line.service.hung_up == ["rtc_1"]


async def test_events_without_ids_are_not_counted_twice() -> None:
    line = Line(Service())
    await line.until("session.updated")
    line.line.say({"type": "custom"})
    await line.until("custom")
    line.line.say(ServiceUnavailable("broken"))
    await line.message("relay")
    line.relays(created(), {"type": "custom"})
    assert "broken" in str(await failure(line))
    assert line.types("received").count("custom") == 1


async def test_a_session_that_has_expired_is_not_followed_any_more() -> None:
    line = Line(Service())
    await line.until("session.updated")
    line.line.say({"type": "error", "event_id": "x", "error": {"code": "session_expired"}})
    assert (await failure(line)).code == "session_expired"
    assert "relay" not in [m["type"] for m in line.told]


# --- beside a running call ---


async def test_joining_needs_no_sound_and_leaving_ends_nothing() -> None:
    line = Line(Service(), joins=True)
    await asyncio.wait_for(line.call.connected.wait(), 20)
    assert line.call.call_id == "rtc_phone"
    await line.call.interrupt()
    assert line.line.sent[0]["session"] == {"type": "realtime"}  # a question: the settings are another's
    assert line.line.asked == ["output_audio_buffer.clear"]
    await line.end()
    assert (line.service.hung_up, line.line.closed) == ([], True)


async def test_a_joined_call_that_ends_is_over() -> None:
    line = Line(Service(), joins=True)
    await line.until("session.updated")
    line.line.say(None)
    assert (await failure(line)).code == "call_ended"
    assert len(line.service.connections) == 1


async def test_a_joined_calls_sideband_that_breaks_is_attached_again() -> None:
    line = Line(Service(), joins=True)
    await line.until("session.updated")
    line.line.say(ServiceUnavailable("broken"))
    await line.until("session.updated", 2)
    await line.end()


# --- sidebands that say nothing ---


async def test_a_mute_sideband_is_replaced_by_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "MUTE_S", 0.01)
    service = Service()
    service.mute = True
    line = Line(service)
    await line.message("relay")
    line.relays(created(), event(1))
    await line.until("custom")
    assert (await line.message("relay.send"))["events"][0]["type"] == "session.update"
    line.call.media("connected")
    await asyncio.wait_for(line.call.connected.wait(), 20)
    await line.end()


async def test_a_joined_call_whose_sideband_says_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "MUTE_S", 0.01)
    monkeypatch.setattr(call_module, "ACKNOWLEDGE_S", 0.1)
    service = Service()
    service.mute = True
    line = Line(service, joins=True)
    assert (await failure(line)).code == "session_timeout"


# --- calls that are not there (yet) ---

NOT_THERE = ServiceRefused("No such call.", code="call_not_found")


class Late(Service):
    """Its calls are known by the sidebands a moment after they were made, or never."""

    def __init__(self, times: int, **capabilities: Any) -> None:
        super().__init__(**capabilities)
        self.times = times

    async def connect(self, **options: Any) -> Any:
        if self.times:
            self.times -= 1
            raise NOT_THERE
        return await super().connect(**options)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways_module, "ATTACH_WAITS_S", (0.0, 0.0, 0.0))


@pytest.mark.parametrize("joins", [False, True])
async def test_a_call_that_is_not_known_yet_is_followed_in_the_end(at_once: None, joins: bool) -> None:
    line = Line(Late(3), joins=joins)
    await line.until("session.updated")
    assert line.path.speaks_first
    await line.end()


async def test_a_sideband_that_is_never_there_gives_way_to_the_page(at_once: None) -> None:
    line = Line(Late(99))
    await line.message("relay")
    await line.end()
    assert line.service.hung_up == ["rtc_1"]


async def test_a_call_that_is_not_there_cannot_be_joined(at_once: None) -> None:
    assert (await failure(Line(Late(99), joins=True))).code == "call_not_found"


async def test_an_answer_that_does_not_name_the_call_cannot_be_followed_by_our_agent() -> None:
    service = Service(kernel_agent=True)
    service.gives_call_id = False
    error = await failure(Line(service))
    assert error.code == "no_sideband"
    assert "Location" in error.next_step
