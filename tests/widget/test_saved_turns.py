"""The turns in a saved page: all of a short talk, the last of a long one, all of it text."""

from __future__ import annotations

from tests.tables.test_transcript import row
from voice_widget.widget.saved_turns import MOST, saved_turns


def test_no_turns_take_no_room() -> None:
    assert saved_turns([]) == {}


def test_who_said_what_stands_there_as_text() -> None:
    bundle = saved_turns(
        [row(seq=1, text="what <b>is</b> it"), row(seq=2, role="assistant", text="it is good")]
    )
    assert "what &lt;b&gt;is&lt;/b&gt; it" in bundle["text/html"]
    assert "<td>assistant</td>" in bundle["text/html"]
    assert "assistant: it is good" in bundle["text/plain"]
    assert "The last" not in bundle["text/html"]


def test_of_a_long_talk_the_last_turns_stand_there_and_how_many_there_are() -> None:
    rows = [row(seq=n, item_id=f"i{n}", text=f"turn {n}.") for n in range(1, MOST + 2)]
    bundle = saved_turns(rows)
    assert "turn 1." not in bundle["text/html"]
    assert "turn 2." in bundle["text/html"]
    assert f"The last {MOST} of {MOST + 1} turns." in bundle["text/html"]
