"""What is told of what was found."""

from __future__ import annotations

import pytest

from voice_widget.commands.check.findings import FINDINGS
from voice_widget.commands.check.record import Deviation
from voice_widget.commands.check.report import Tried, as_data, exit_code, line, rows, table, told

USAGE = Deviation("usage_missing", "response.done", "response.usage", "none")
NO_ID = Deviation("event_id_missing", "response.done", "event_id", "none")
TRIED = (
    Tried("websocket", "typed", 1.25, (USAGE, NO_ID)),
    Tried("websocket", "tool", 0.5, (Deviation("event_id_missing", "response.created", "event_id", "null"),)),
    Tried("webrtc", "typed", 2.0, (NO_ID,)),
)


def test_the_same_deviation_is_one_row_wherever_it_was_seen_and_what_breaks_comes_first() -> None:
    first, second = rows(TRIED)
    assert (first.name, first.events) == ("event_id_missing", ("response.done", "response.created"))
    assert first.where == (("websocket", "typed"), ("websocket", "tool"), ("webrtc", "typed"))
    assert (second.name, second.severity) == ("usage_missing", "remark")


def test_the_exit_code() -> None:
    assert exit_code([Tried("websocket", "typed", 1.0)]) == 0
    assert exit_code([Tried("websocket", "typed", 1.0, (USAGE,))]) == 0
    assert exit_code(TRIED) == 1
    gone = Tried("webrtc", "typed", 1.0, (Deviation("no_webrtc", "POST"),), "It has none.")
    assert exit_code([gone]) == 2
    assert exit_code([Tried("websocket", "typed", 1.0), gone]) == 0


def test_one_line_for_each_talk() -> None:
    assert line(Tried("websocket", "typed", 1.25)) == "  websocket  typed           1.2 s  ok"
    assert line(TRIED[0]) == ("  websocket  typed           1.2 s  deviates: usage_missing, event_id_missing")
    refused = Tried("webrtc", "session", 0.1, refused="It says no.")
    assert line(refused) == "  webrtc     session         0.1 s  not reached: It says no."


def test_the_table_says_what_was_expected_and_what_a_client_loses() -> None:
    text = table(rows(TRIED))
    assert text.splitlines()[:5] == [
        "breaks  event_id_missing  response.done, response.created  event_id",
        "        expected a text `event_id` in every event",
        "        seen     none",
        "        loses    Clients that check events by the types of the openai package drop the event.",
        "        where    websocket: typed, tool; webrtc: typed",
    ]
    assert "remark  usage_missing  response.done  response.usage" in text
    assert max(map(len, table(rows(TRIED), 60).splitlines()[1:])) <= 70


def test_many_events_are_counted() -> None:
    many = tuple(Deviation("event_id_missing", f"event.{n}", "event_id", "none") for n in range(9))
    head = table(rows([Tried("websocket", "typed", 1.0, many)])).splitlines()[0]
    assert head == "breaks  event_id_missing  event.0, event.1, event.2, event.3 and 5 more  event_id"


def test_what_it_comes_to_and_the_next_step() -> None:
    again = "python -m voice_widget check http://h/v1"
    assert told([Tried("websocket", "typed", 1.0)], again) == (
        "Nothing deviates.\n→ Clients of the protocol can talk to this server."
    )
    assert told(TRIED, again).endswith(
        "\n\n1 deviation breaks clients, 1 remark.\n→ Mend event_id_missing first, then look again: "
        f"{again} --only websocket --only typed"
    )
    shut = Tried("websocket", "session", 0.1, (), "No.", "Check the key.")
    assert told([shut], again) == "No way led to a talk.\n→ Check the key."


def test_what_a_server_sends_cannot_write_on_the_terminal() -> None:
    nasty = Deviation("unknown_event", "\x1b[2J\nrm", "type", "a\x07\nb" * 500)
    text = table(rows([Tried("websocket", "typed", 1.0, (nasty,))]))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert len(text) < 1_500


def test_the_data_say_the_same() -> None:
    data = as_data("h:1", "m", "babble", TRIED)
    assert data["exit_code"] == 1
    assert data["tried"][0] == {
        "way": "websocket",
        "talk": "typed",
        "seconds": 1.25,
        "outcome": "deviates",
        "refused": None,
        "found": ["usage_missing", "event_id_missing"],
    }
    assert data["deviations"][1] == {
        "severity": "remark",
        "name": "usage_missing",
        "events": ["response.done"],
        "field": "response.usage",
        "expected": "`usage` of the response",
        "seen": "none",
        "loses": FINDINGS["usage_missing"].loses,
        "next_step": None,
        "where": [{"way": "websocket", "talk": "typed"}],
    }


@pytest.mark.parametrize("name", FINDINGS)
def test_every_finding_is_a_sentence_for_people(name: str) -> None:
    finding = FINDINGS[name]
    assert finding.severity in ("breaks", "remark")
    assert finding.expected
    assert finding.expected[-1] != "."
    assert finding.loses[-1] == "."
    assert finding.loses[0].isupper()
