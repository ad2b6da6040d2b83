"""Calls by WebRTC and sidebands: against a server that deviates in one thing, the check names that thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.commands.check.calls import CallingDouble
from tests.commands.check.double import double
from tests.commands.check.test_deviations import SETTINGS, on, with_field, without
from tests.engine.caller import tone
from voice_widget.commands.check import tour
from voice_widget.commands.check.record import Way
from voice_widget.commands.check.report import Tried, exit_code
from voice_widget.commands.check.steps import Plan
from voice_widget.services.openai import OpenAI

PATIENCE = 15.0
SHORT = 1.5
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
FOLLOWED = ["typed", "tool", "interruption", "bad-requests"]


async def check(way: Way, talks: Sequence[str], patience: float = PATIENCE, **how: Any) -> list[Tried]:
    async with double(CallingDouble(**how)) as server:
        assert isinstance(server, CallingDouble)
        service = OpenAI("m", "a-key-of-this-test", server.url)
        try:
            plan = Plan(SETTINGS, tone(300), patience, settle=0.01)
            return await tour.run(service, plan, [way], talks, lambda made: None)
        finally:
            await service.close()
            await server.close()


@pytest.mark.parametrize("way", ["webrtc", "sideband"])
async def test_a_server_that_does_not_deviate_has_no_findings(way: Way) -> None:
    tried = await check(way, ["session", *FOLLOWED])
    assert [(made.talk, made.deviations) for made in tried] == [(talk, ()) for talk in ["session", *FOLLOWED]]


CASES: dict[str, tuple[Way, str, set[str], float, dict[str, Any]]] = {
    "a server without calls": ("webrtc", "typed", {"no_webrtc"}, PATIENCE, {"refusal": 404}),
    "a server that takes no post": ("webrtc", "typed", {"no_webrtc"}, PATIENCE, {"refusal": 501}),
    "an offer is refused": ("webrtc", "typed", {"offer_refused"}, PATIENCE, {"refusal": 400}),
    "an answer that is none": ("webrtc", "typed", {"no_connection"}, SHORT, {"answer": SDP}),
    "no Location": ("sideband", "typed", {"no_location"}, PATIENCE, {"location": None}),
    "no sideband": ("sideband", "typed", {"no_sideband"}, PATIENCE, {"sidebands": False}),
    "hang-up fails": ("webrtc", "session", {"hangup_refused"}, PATIENCE, {"hangs_up": False}),
    "silence in the track": ("webrtc", "typed", {"no_sound"}, SHORT, {"sounds": False}),
    "no start of the sound": (
        "webrtc", "typed", {"playout_not_started"}, SHORT, {"twist": without("output_audio_buffer.started")},
    ),
    "no end of the sound": (
        "webrtc", "typed", {"playout_not_stopped"}, SHORT, {"twist": without("output_audio_buffer.stopped")},
    ),
    "the cut is not told": (
        "webrtc", "interruption", {"playout_not_cleared"}, SHORT,
        {"twist": without("output_audio_buffer.cleared")},
    ),
    "sound on the data channel": (
        "webrtc", "typed", {"audio_on_channel"}, PATIENCE,
        {"twist": on("response.output_audio.done", lambda e: [
            {**e, "type": "response.output_audio.delta", "event_id": e["event_id"] + "b", "delta": "AAAA"}, e,
        ])},
    ),
    "a long message": (
        "webrtc", "session", {"message_too_large"}, PATIENCE,
        {"twist": with_field("session.updated", "session.prompt", {"id": "x" * 65_536})},
    ),
    "a bad request closes": (
        "webrtc", "bad-requests", {"closed_by_bad_request"}, PATIENCE, {"closes": "check.no_such_event"},
    ),
    "errors without event_id": (
        "sideband", "bad-requests", {"error_without_event_id"}, PATIENCE,
        {"twist": with_field("error", "error.event_id", None)},
    ),
    "a greeting on the sideband": (
        "sideband", "session", {"session_created_on_sideband"}, PATIENCE,
        {"twist": on("session.updated", lambda e: [
            {**e, "type": "session.created", "event_id": e["event_id"] + "b"}, e,
        ])},
    ),
    "sound on the sideband": (
        "sideband", "typed", {"audio_on_sideband"}, PATIENCE,
        {"twist": on("response.output_audio.done", lambda e: [
            {**e, "type": "response.output_audio.delta", "event_id": e["event_id"] + "b", "delta": "AAAA"}, e,
        ])},
    ),
}  # fmt: skip
HARMLESS = {
    "no_webrtc",
    "no_location",
    "hangup_refused",
    "audio_on_channel",
    "audio_on_sideband",
    "session_created_on_sideband",
}


@pytest.mark.parametrize("name", CASES)
async def test_a_deviation_is_named(name: str) -> None:
    way, talk, expected, patience, how = CASES[name]
    for seconds in (patience, PATIENCE):
        tried = await check(way, [talk], seconds, **how)
        if {deviation.name for deviation in tried[0].deviations} <= expected:
            break  # else something was late, on a busy machine
    assert {deviation.name for deviation in tried[0].deviations} == expected, tried[0]
    assert exit_code(tried) == (2 if tried[0].refused else int(not expected <= HARMLESS))
