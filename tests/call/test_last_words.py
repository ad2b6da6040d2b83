"""What a service says last, in the error of a call that has ended."""

from __future__ import annotations

import pytest

from voice_widget.call.last_words import FRESH_S, LastWords
from voice_widget.errors import EngineError, ServiceError, ServiceRefused, ServiceUnavailable
from voice_widget.realtime.state.context import Complaint


def last(words: str, code: str = "") -> LastWords:
    heard = LastWords()
    heard.heard(Complaint(words, code), at=100.0)
    return heard


def broke() -> ServiceUnavailable:
    error = ServiceUnavailable("It broke (code 1011).", code="connection_lost", next_step="Call again.")
    error.retry_after_s = 3.0
    return error


def test_they_are_quoted_and_nothing_else_changes() -> None:
    told = last("Model is loading.", "loading").why(broke(), at=101.0)
    assert type(told) is ServiceUnavailable
    assert str(told) == "It broke (code 1011). It said: Model is loading. Call again."
    assert (told.code, told.next_step, told.retry_after_s) == ("connection_lost", "Call again.", 3.0)


def test_an_end_without_a_reason_has_them_as_its_own() -> None:
    told = last("Model is loading.").why(None, at=101.0)
    assert (told.code, told.message) == (
        "call_ended",
        "The service ended the call. It said: Model is loading.",
    )
    assert LastWords().why(None, at=1.0).message == "The service ended the call."


@pytest.mark.parametrize("error", [broke(), EngineError("It is gone.", next_step="Call again.")])
def test_without_them_the_error_is_what_it_was(error: ServiceError) -> None:
    assert LastWords().why(error, at=1.0) is error
    heard = last("Model is loading.")
    heard.heard(Complaint("", ""), at=101.0)
    assert heard.why(error, at=102.0) is error


def test_what_the_error_quotes_already_is_not_said_twice() -> None:
    error = ServiceUnavailable("It broke (code 1011): Model is loading.")
    assert last("Model is loading.").why(error, at=101.0) is error


@pytest.mark.parametrize(
    "code",
    ["invalid_api_key", "insufficient_quota", "Unauthorized", "authentication_error", "permission_denied"],
)
@pytest.mark.parametrize("error", [broke(), ServiceRefused("Closed: auth.", code="forbidden"), None])
def test_what_is_about_access_is_the_reason(code: str, error: ServiceError | None) -> None:
    told = last("No.", code).why(error, at=101.0)
    assert type(told) is ServiceRefused
    assert told.code == code
    assert told.message.endswith(" It said: No.")
    assert "key" in told.next_step


@pytest.mark.parametrize(
    "code", ["model_not_found", "rate_limit_exceeded", "server_error", "invalid_value", ""]
)
def test_what_passes_makes_no_refusal_of_a_broken_line(code: str) -> None:
    told = last("The transcription failed.", code).why(broke(), at=101.0)
    assert (type(told), told.code) == (ServiceUnavailable, "connection_lost")
    assert told.message.endswith(" It said: The transcription failed.")


def test_what_was_said_long_before_makes_none_either() -> None:
    heard = last("Bad key.", "invalid_api_key")
    told = heard.why(broke(), at=100.0 + FRESH_S + 0.1)
    assert (type(told), told.code) == (ServiceUnavailable, "connection_lost")
    assert told.message.endswith(" It said: Bad key.")
    heard.heard(Complaint("Bad key.", "invalid_api_key"), at=200.0)
    assert heard.why(broke(), at=201.0).code == "invalid_api_key"
    same = Complaint("Bad key.", "invalid_api_key")
    for at in (300.0, 310.0):
        heard.heard(same, at)  # it is only looked at again
    assert heard.why(broke(), at=311.0).code == "connection_lost"
