"""What agents do beside calling functions stands among the calls of functions."""

from __future__ import annotations

from tests.realtime.talk import Talk

VERDICT = {"name": "no_prices", "characters": 41, "info": "a price", "response_id": "r2", "took_ms": 40}


def called(talk: Talk) -> None:
    talk.says("u1", "Book it.")
    talk.response("r1")
    item = {"id": "f1", "type": "function_call", "call_id": "c1", "name": "transfer", "arguments": "{}"}
    talk("response.output_item.done", response_id="r1", item=item)
    talk.done("r1")


def test_a_function_that_hands_over_is_a_handoff() -> None:
    talk = Talk(transport="webrtc")
    called(talk)
    talk("voice_widget.agent.handoff", number=1, from_agent="reception", to_agent="booking")
    talk("voice_widget.agent.handoff", number=7, from_agent="nobody", to_agent="nobody")
    (row,) = talk.session.uses.rows()
    assert (row["kind"], row["name"], row["status"]) == ("handoff", "transfer", "requested")


def test_a_verdict_stands_at_its_answer_and_no_other_call_is_told_of_it() -> None:
    talk = Talk(transport="webrtc")
    called(talk)
    talk.answer("r2", "a", "Four hundred dollars.")
    before = talk.session.conversation()
    talk.marked("user", True, 10_000)
    talk("voice_widget.agent.guardrail", wait=0.5, **VERDICT)
    _, row = talk.session.uses.rows()
    assert (row["kind"], row["name"], row["arguments"], row["output"], row["status"]) == (
        "guardrail",
        "no_prices",
        '{"characters": 41}',
        "a price",
        "completed",
    )
    assert (row["turn_id"], row["response_id"], row["number"]) == ("a", "r2", 2)
    # On the clock of the rows: when it began to look, and when it had found it.
    assert (row["start_ms"], row["end_ms"], row["duration_ms"]) == (10_460, 10_500, 40)
    assert talk.session.conversation() == before


def test_a_verdict_of_which_nobody_says_how_long_it_took_has_its_moment_too() -> None:
    talk = Talk(transport="webrtc")
    talk.marked("user", True, 10_000)
    talk("voice_widget.agent.guardrail", wait=0.5, **{**VERDICT, "took_ms": None})
    (row,) = talk.session.uses.rows()
    assert (row["start_ms"], row["end_ms"]) == (10_500, 10_500)


def test_a_guardrail_that_failed_has_its_fault_and_no_verdict() -> None:
    talk = Talk(transport="webrtc")
    fault = {"info": "", "error": "KeyError: 'tip'", "traceback": "line 3"}
    talk("voice_widget.agent.guardrail", **{**VERDICT, **fault})
    (row,) = talk.session.uses.rows()
    assert (row["kind"], row["status"], row["output"]) == ("guardrail", "failed", None)
    assert (row["error"], row["traceback"]) == ("KeyError: 'tip'", "line 3")


def test_what_makes_no_sense_changes_nothing() -> None:
    talk = Talk(transport="webrtc")
    talk("voice_widget.agent.guardrail", name="no_prices")
    talk("voice_widget.agent.handoff", number="one")
    assert talk.session.uses.rows() == []
