from __future__ import annotations

import pytest

from tests.realtime.wire.test_masking import SECRETS
from voice_widget.page.failures import is_final, page_error


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("code", ["post_refused", "unheard_of"])
def test_what_a_page_reports_is_masked_as_what_a_service_says(code: str, secret: str):
    for detail in (f"401 {secret} is wrong", f"{'x' * 290} {secret}"):
        told = str(page_error(code, detail).info())
        told = told.replace("Bearer …", "")
        assert secret[:12] not in told


@pytest.mark.parametrize(
    ("detail", "code", "said"),
    [
        ("failed", "ice_failed", "found no network path for the audio."),
        ("2500 ms", "ice_failed", "found no network path for the audio."),
        (
            "701 turn:t.org:3478?transport=udp TURN allocate request timed out.",
            "ice_failed",
            "no network path for the audio: turn:t.org:3478?transport=udp was not reached.",
        ),
        ("401 turn:t.org Unauthorized", "relay_refused", "turn:t.org answered 401 Unauthorized."),
        ("486 turns:t.org ", "relay_refused", "turns:t.org answered 486."),
    ],
)
def test_what_a_turn_server_said_is_told(detail: str, code: str, said: str) -> None:
    error = page_error("ice_failed", detail)
    assert (error.code, error.message[-len(said) :]) == (code, said)


def test_the_failures_of_the_sound_s_way_have_each_a_next_step_of_their_own() -> None:
    codes = ("ice_failed", "relay_refused", "channel_not_open", "media_stopped")
    assert len({page_error(code).next_step for code in codes}) == len(codes)
    assert len({page_error(code).message for code in codes}) == len(codes)
    assert not any(is_final(code, "") for code in codes)
    step = page_error("ice_failed").next_step
    assert all(way in step for way in ('transport="comm"', "TURN server"))
