from __future__ import annotations

from typing import Any

import pytest

from voice_widget.realtime.wire.reading import expires_at


def opening(said: Any) -> dict[str, Any]:
    return {"type": "session.created", "session": {"id": "sess_1", "expires_at": said}}


@pytest.mark.parametrize("said", [1_800_000_000, 1_800_000_000.5])
def test_the_end_of_a_session_is_what_its_opening_says(said: float):
    assert expires_at(opening(said)) == said
    assert expires_at(opening(said) | {"type": "session.updated"}) == said
    assert expires_at(opening(said) | {"type": "response.created"}) is None


@pytest.mark.parametrize(
    "said", [None, 0, -1, True, "1800000000", [], {}, float("nan"), float("inf"), 1e308, 10**400, -(10**400)]
)
def test_what_is_no_time_is_no_end(said: Any):
    assert expires_at(opening(said)) is None


def test_an_opening_without_a_session_says_no_end():
    assert expires_at({"type": "session.created"}) is None
    assert expires_at({"type": "session.created", "session": "?"}) is None
