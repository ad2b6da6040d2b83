"""Errors of other packages as sentences, by classes that are named as theirs."""

from __future__ import annotations

from typing import Any

import pytest

from voice_widget.agents.houses.refusals import in_words, words_of
from voice_widget.errors import AgentError

KEY = "sk-proj-abcdefgh12345678"


class Elsewhere(Exception):
    """What a tool may raise that asks a server itself."""

    status_code = 404


def raised(name: str, text: str = "No.", **fields: Any) -> Exception:
    error: Exception = type(name, (Exception,), {"__module__": "openai.errors"})(text)
    for field, value in fields.items():
        setattr(error, field, value)
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (raised("ModelHTTPError", status_code=401), "agent_key_refused"),
        (raised("APIStatusError", status_code=404), "agent_model_not_found"),
        (raised("HTTPStatusError", response=raised("Response", status_code=429)), "agent_rate_limited"),
        (raised("X", status_code=503), "agent_unavailable"),
        (raised("X", status_code=400), "agent_refused"),
        (raised("RateLimitError"), "agent_rate_limited"),
        (raised("APITimeoutError"), "agent_model_slow"),
        (raised("APIConnectionError"), "agent_unreachable"),
        (raised("UsageLimitExceeded"), "agent_limit"),
        (raised("GraphRecursionError"), "agent_limit"),
        (raised("UserError", "Set the `OPENAI_API_KEY` environment variable."), "agent_key_missing"),
    ],
)
def test_each_has_a_code_and_a_next_step(error: Exception, code: str):
    words = words_of(error, "the agent")
    assert words is not None
    assert (words.code, bool(words.next_step)) == (code, True)
    assert words.message.startswith("The model behind the agent ")


@pytest.mark.parametrize(
    "error", [KeyError("tip"), raised("UserError", "No output."), TimeoutError("mine"), Elsewhere()]
)
def test_what_is_the_users_own_stays_what_it_is(error: Exception):
    assert words_of(error, "the agent") is None
    with pytest.raises(type(error)), in_words("the agent"):
        raise error


def test_what_a_package_wraps_is_found_and_its_body_told():
    cause = raised("APIStatusError", f"Error {KEY}", status_code=401, body={"message": f"Bad key {KEY}."})
    wrapping = RuntimeError("Error in generating model output")
    wrapping.__cause__ = cause
    with pytest.raises(AgentError, match="refuses the key") as caught, in_words("the agent"):
        raise wrapping
    assert caught.value.message.endswith("(401): Bad key ….")
    assert type(caught.value) is AgentError


def test_no_key_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MY_HOUSE_KEY", "abc123def456")
    words = words_of(raised("X", f"abc123def456 or {KEY} or Bearer xyz", status_code=401), "the agent")
    assert words is not None
    assert words.message == "The model behind the agent refuses the key (401): … or … or …."


def test_a_sentence_of_ours_is_not_told_anew():
    own = AgentError("The graph waits.", code="agent_waits", next_step="Ask.")
    with pytest.raises(AgentError) as caught, in_words("the agent"):
        raise own
    assert caught.value is own
