"""What a replay shows lies where the recording has it, and no talk is too poor to be shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.analysis.synthetic import Script
from tests.recording.talks import Recorded
from voice_widget.analysis import measuring
from voice_widget.analysis.pictured import pictured
from voice_widget.recording.spoken import SpokenWord
from voice_widget.recording.talk import Talk, read_talk
from voice_widget.replay.contents import contents, pieces


def test_turns_of_the_example_lie_where_its_utterances_do() -> None:
    talk = Talk.example()
    shown = contents(talk)
    assert shown["duration_ms"] == talk.duration_ms
    assert shown["names"] == {"user": "P00", "assistant": "agent"}
    for turn, said in zip(shown["turns"], talk.utterances(), strict=True):
        assert (turn["seq"], turn["role"], turn["start_ms"]) == (said.seq, said.role, said.start_ms)
        assert turn["end_ms"] == said.end_ms
        assert "".join(text for text, _, _ in turn["pieces"]) == said.text
        timed = [(text, start, end) for text, start, end in turn["pieces"] if start is not None]
        assert timed == [(word.text, word.start_ms, word.end_ms) for word in said.words]
    assert [turn["gap_ms"] for turn in shown["turns"]] == [None, 720, None, 680]
    assert [turn["interrupted"] for turn in shown["turns"]] == [False, True, False, False]
    assert shown["turns"][1]["unheard"].startswith("is 5076 grams")
    assert shown["tools"] == []


def test_a_tool_lies_on_the_recordings_timeline(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "t")
    recorded.silence(700)
    recorded.user("How many?")
    call = {"id": "f1", "type": "function_call", "name": "count", "call_id": "f", "arguments": "{}"}
    recorded("response.created", response={"id": "r"})
    recorded("response.output_item.added", response_id="r", item=call)
    recorded("response.output_item.done", response_id="r", item=call)
    recorded("response.done", response={"id": "r", "status": "completed"})
    recorded("voice_widget.tool.started", tool_call_id="f", direction="local")
    recorded.silence(300)
    output = {"type": "function_call_output", "call_id": "f", "output": "3"}
    recorded("conversation.item.create", item=output, direction="sent")
    recorded.assistant("Three.")
    recorded.end()
    talk = read_talk(recorded.folder)
    [tool] = contents(talk)["tools"]
    [row] = talk.tool_calls_df.to_dict("records")
    [zero] = {one.start_ms - row["start_ms"] for one, row in zip(talk.utterances(), talk.rows, strict=True)}
    assert (tool["name"], tool["seq"]) == ("count", 1)
    assert tool["start_ms"] == row["start_ms"] + zero
    assert tool["end_ms"] == row["end_ms"] + zero


@pytest.mark.parametrize("turns", [0, 1])
def test_a_talk_of_no_turns_or_of_one(turns: int, tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "t")
    for _ in range(turns):
        recorded.user("Is anybody there?")
    recorded.end()
    shown = contents(read_talk(recorded.folder))
    assert [turn["start_ms"] for turn in shown["turns"]] == [0] * turns
    assert shown["duration_ms"] == 1000 * turns


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("", [], []),
        ("No times.", [], [("No times.", None, None)]),
        ("a a b", ["a", "a"], [("a", 0, 1), (" ", None, None), ("a", 1, 2), (" b", None, None)]),
        ("other text", ["words"], [("other text", None, None)]),
        ("👋 hi", ["👋", "hi"], [("👋", 0, 1), (" ", None, None), ("hi", 1, 2)]),
    ],
)
def test_pieces_are_the_text(text: str, words: list[str], found: list[Any]) -> None:
    spoken = [SpokenWord(word, at, at + 1, "engine") for at, word in enumerate(words)]
    assert pieces(text, spoken) == found
    assert "".join(piece for piece, _, _ in pieces(text, spoken)) == text


def test_a_side_that_never_sounds_is_shown_alike(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "t")
    recorded.user("Hello?", np.zeros(24_000, np.int16))
    recorded.end()
    assert len(contents(read_talk(recorded.folder))["turns"]) == 1


def test_gaps_are_those_of_the_measures_and_of_the_picture() -> None:
    talk = Talk.example()
    shown = [turn["gap_ms"] for turn in contents(talk)["turns"]]
    measured = talk.measures(by="turn")["response_gap_ms"].tolist()
    assert shown[1::2] == measured[1::2] == [720, 680]
    assert [gap.text for gap in pictured(talk).gaps] == ["720 ms", "680 ms"]


def test_a_gap_lies_over_the_silence_that_was_heard_and_not_at_its_rows_edges() -> None:
    script = Script()  # its rows begin 300 ms early, and end 200 ms late
    asked = script.turn("user", 500.0)
    answered = script.turn("assistant", script.truth[asked][2] + 800)
    talk = script.talk()
    turn = contents(talk)["turns"][1]
    [gap] = pictured(talk).gaps
    assert turn["start_ms"] == round(script.truth[answered][1]) - 300
    assert turn["gap_end_ms"] == round(gap.end_ms) == pytest.approx(script.truth[answered][1], abs=20)
    assert turn["gap_ms"] == round(gap.end_ms - gap.start_ms)
    assert gap.start_ms == pytest.approx(script.truth[asked][2], abs=20)


def test_a_gap_that_nobody_knows_is_none_in_measures_picture_and_replay() -> None:
    script = Script()
    asked = script.turn("user", 500.0)
    script.turn("assistant", script.truth[asked][2] + 800, response_gap_ms=333)
    script.lost("user", script.truth[asked][2] - 200, script.truth[asked][2] + 300)
    talk = script.talk()
    measured = talk.measures().query("measure == 'response_gap_ms'")
    assert measured[["n", "missing"]].to_numpy().tolist() == [[0, 1]]
    assert pictured(talk).gaps == []
    turns = contents(talk)["turns"]
    assert [(turn["gap_ms"], turn["gap_end_ms"]) for turn in turns] == [(None, None)] * 2


def test_where_sound_is_missing_the_replay_says_so_as_the_picture_does() -> None:
    script = Script()
    script.turn("user", 500.0)
    script.end_ms = 9000.0
    script.lost("user", 4000, 6000, "paused")
    script.lost("assistant", 4000, 4500)
    script.lost("assistant", 4500, 4600)
    script.holes[-1] = replace(script.holes[-1], reason="late")
    script.lost("assistant", 7000, 7500, "redacted")
    talk = script.talk()
    shown = contents(talk)["holes"]
    assert shown == [
        {"side": "user", "kind": "paused", "start_ms": 4000, "end_ms": 6000},
        {"side": "assistant", "kind": "lost", "start_ms": 4000, "end_ms": 4600},
        {"side": "assistant", "kind": "redacted", "start_ms": 7000, "end_ms": 7500},
    ]
    drawn = pictured(talk).holes
    told = [(side, one.text, one.start_ms, one.end_ms) for side, spans in drawn.items() for one in spans]
    assert [tuple(hole.values()) for hole in shown] == told
    assert contents(Talk.example())["holes"] == []  # what was silent was not lost


def test_where_nobody_hears_a_gap_it_is_the_rows(tmp_path: Path) -> None:
    Talk.example().save(tmp_path / "talk")
    (tmp_path / "talk" / "audio.flac").unlink()
    talk = read_talk(tmp_path / "talk")
    assert [turn["gap_ms"] for turn in contents(talk)["turns"]] == [None, 740, None, 683]


def test_of_a_long_talk_nobody_listens_before_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "AT_ONCE_MS", 5000)
    assert [turn["gap_ms"] for turn in contents(Talk.example())["turns"]] == [None, 740, None, 683]
