"""What the benchmarks count and how they name it; the measuring itself is theirs."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import panel, recording, rounds
from benchmarks.__main__ import MODULES
from benchmarks.aligned import WAYS, found
from benchmarks.emitter import WORDS, Tick, pieces
from benchmarks.first_sound import ANSWER, SOUND, firsts, tokens
from benchmarks.flows import FLOWS, cells
from benchmarks.hour import QUESTION_S, is_right, said, slope
from benchmarks.page_turns import overheads
from benchmarks.relay import delays, tally
from benchmarks.report import Beside, figure
from benchmarks.servers import field
from benchmarks.tool_round_trip import trips
from benchmarks.true_times import Spoken, exchanges, pairs, recorded, voiced
from benchmarks.turns import SILENCE_MS
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.records import Row
from voice_widget.recording.spoken import Utterance


@pytest.mark.parametrize(
    ("came", "lost", "duplicates", "out_of_order"),
    [
        (["a", "b", "c"], 0, 0, 0),
        (["x", "a", "b", "y", "c"], 0, 0, 0),
        (["a", "c"], 1, 0, 0),
        (["a", "b", "b", "c", "a"], 0, 2, 0),
        (["b", "a", "c"], 0, 0, 1),
        ([], 3, 0, 0),
    ],
)
def test_a_burst_is_counted(came: list[str], lost: int, duplicates: int, out_of_order: int) -> None:
    assert tally(["a", "b", "c"], came) == {
        "events": 3,
        "lost": lost,
        "duplicates": duplicates,
        "out_of_order": out_of_order,
    }


def test_a_figure_stands_beside_what_it_is_held_against(capsys: pytest.CaptureFixture[str]) -> None:
    line = figure("turn", [30, 40, 80], "ms", beside=Beside("bare", 25), at_most=2)
    assert json.loads(capsys.readouterr().out) == line
    assert (line["beside"], line["beside_value"], line["ratio"], line["met"]) == ("bare", 25, 1.6, True)
    assert line["aim"] == "p50 <= 2 x bare"
    assert not figure("turn", [30, 40, 80], "ms", beside=Beside("bare", 25), at_most=2, of="p95")["met"]
    assert figure("rate", [9], "1/s", beside=Beside("bare", 10), at_least=0.5)["met"]


async def test_a_child_may_tell_what_it_loads_before_it_says_what_is_asked() -> None:
    says = """print('{"loading": "ears"}\\n{"ready": true, "missing": {"tts": "none"}}')"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", says, stdout=asyncio.subprocess.PIPE)
    assert await field(process, "missing") == {"tts": "none"}
    assert await process.wait() == 0


@pytest.mark.parametrize("aim", [{"at_most": 300}, {"at_least": 50_000}])
def test_an_aim_with_nothing_beside_it_is_none(aim: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="nothing beside it"):
        figure("turn", [1], "ms", **aim)  # type: ignore[arg-type]


def test_a_tick_is_read_from_the_voice_that_it_was() -> None:
    assert Tick.read(Tick(17, 1_760_000_000.25).voice) == Tick(17, 1_760_000_000.25)


def test_only_the_ticks_of_this_way_are_timed() -> None:
    old, new = Tick(3, 10.0), Tick(1000, 20.0)
    arrivals = [("marin", 1.0), (old.voice, 10.5), (new.voice, 20.03)]
    assert delays(arrivals, 1000) == pytest.approx([30])


def test_a_burst_is_an_answer_that_the_session_understands() -> None:
    session = Session()
    begin, deltas, finish = pieces(2 * len(WORDS))
    for event in [*begin, *deltas]:
        assert session.apply(event, 0.0)
    assert session.rows[0]["text"] == "".join(WORDS) * 2
    for event in finish:
        session.apply(event, 0.0)
    assert session.rows[0]["text"] == "".join(WORDS) * 2
    assert len({event["event_id"] for event in deltas}) == len(deltas)


def test_only_what_the_page_has_heard_is_an_overhead() -> None:
    rows: list[dict[str, Any]] = [
        {"gap": None, "from": "engine"},
        {"gap": SILENCE_MS + 60, "from": "page"},
        {"gap": SILENCE_MS + 20, "from": "engine"},
    ]
    assert overheads(rows) == [60]


def test_the_notebook_of_the_flows_is_python() -> None:
    made, shown = cells("http://127.0.0.1:1", FLOWS)
    compile(f"{made}\n{shown}", "cells", "exec")
    assert [made.count(f"w[{name!r}] = VoiceWidget(") for name in FLOWS] == [1] * len(FLOWS)


def heard(*spans: tuple[float, float]) -> Any:
    samples = np.zeros(48_000 * 3)
    for begin, end in spans:
        places = np.arange(int(begin * 48), int(end * 48))
        samples[places] = np.where(places % 40 < 20, 0.2, -0.2)
    return samples


def test_who_was_heard_is_found_by_the_documented_rule() -> None:
    spans = voiced(heard((500, 900), (1050, 1400), (1700, 1702), (2000, 2400)), 48_000, "user")
    assert [tuple(map(round, span)) for span in spans] == [(500, 1400), (2000, 2400)]


def test_a_recording_lies_where_its_earliest_stamps_put_it() -> None:
    pcm = (heard((1000, 1500)) * 32_767).astype("<i2").reshape(-1, 480)
    frames = [(5_000.0 + 10 * n + (n * 7) % 10, 48_000, one) for n, one in enumerate(pcm)]
    (span,) = recorded(frames, "assistant")
    assert span == pytest.approx((6_000, 6_500), abs=1)


def test_rows_and_recording_are_put_beside_the_question_they_are_of() -> None:
    known = [Spoken(2000, 3000), Spoken(8000, 9000)]
    user = [Spoken(12_000, 13_000), Spoken(18_000, 19_000)]
    answers = [Spoken(13_500, 15_000)]
    assert exchanges(known, user, answers) == [(user[0], answers[0]), None]
    rows = [
        {"seq": 1, "role": "user", "start_ms": 700},
        {"seq": 2, "role": "assistant", "start_ms": 2200},
        {"seq": 3, "role": "user", "start_ms": 6710},
        {"seq": 4, "role": "assistant", "start_ms": 8200},
    ]
    assert {place: answer["seq"] for place, (_, answer) in pairs(rows, known).items()} == {0: 2, 1: 4}


def test_every_module_that_measures_is_run() -> None:
    sources = {path.stem: path.read_text() for path in Path(recording.__file__).parent.glob("*.py")}
    telling = {name for name, text in sources.items() if re.search(r"report import .*\bfigure\b", text)}
    assert telling <= set(MODULES) <= set(sources)


def test_a_mark_is_found_in_its_channel_to_the_sample() -> None:
    sound = np.zeros(24_000 * 3, np.int16)
    sound[24_100:24_124] = 20_000
    assert found(sound, 24_000.0) == 24_111.5
    assert found(sound, 60_000.0) is None
    made = {way: how.format(folder="runs/it's") for way, how in WAYS.items()}
    compile("\n".join(cells("http://127.0.0.1:1", made)), "cells", "exec")


def test_a_turn_is_right_if_its_words_and_its_side_are() -> None:
    sound = np.zeros((24_000 * 10, 2), np.int16)
    sound[24_000 : 24_000 * 3, 0] = 8000
    end = round(1000 + 1000 * QUESTION_S)
    one = Utterance(1, "user", "user", "question 3", 1000, end, (), False)
    assert is_right(one, sound, 3)
    assert not is_right(one, sound, 4)
    assert not is_right(one, sound[:, ::-1], 3)
    assert not is_right(Utterance(1, "user", "user", "question 3", 1000, end - 200, (), False), sound, 3)
    assert not is_right(Utterance(2, "assistant", "assistant", said(3), 1000, 7000, (), False), sound, 3)


def test_memory_that_is_needed_at_first_is_no_growth() -> None:
    assert slope([(0, 10), (1, 90), (2, 90), (3, 91), (4, 91), (5, 92), (6, 92), (7, 93)]) < 1
    assert slope([(n, 5 * n) for n in range(10)]) == pytest.approx(5)


def test_what_a_second_of_a_recorded_call_takes_is_held_against_one_that_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain = {"bytes": 1_000.0, "kernel": 0.02, "page": 0.2, "late": 0.0, "concealed": 0.01}
    kept = plain | {"bytes": 97_000.0, "page": 0.21}
    recording.tell({"webrtc": [plain], "webrtc_recorded": [kept], "comm": [plain | {"bytes": 80_000.0}]})
    lines = {line["name"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert (lines["cpu_page_recorded"]["p50"], lines["cpu_page_recorded"]["ratio"]) == (21.0, 1.05)
    assert (lines["comm_bytes_of_recording"]["p50"], lines["comm_bytes_of_recording"]["ratio"]) == (96_000, 1)
    assert lines["concealed_recorded"]["webrtc"] == 1.0


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """The figures that were printed, by name."""
    return {line["name"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}


def test_a_picture_is_what_the_page_does_beyond_what_it_does_without(
    capsys: pytest.CaptureFixture[str],
) -> None:
    drawn = [{"task_ms": 70.0, "pictures": 30.0}, {"task_ms": 64.0, "pictures": 32.0}]
    assert panel.per_picture(drawn, [{"task_ms": 40.0}, {"task_ms": 48.0}]) == [1.0, 0.5]
    panel.tell_rows(
        {"nothing": [2, 2, 3], "new_row": [5], "new_row_bare": [4], "delta": [3], "delta_bare": [4]}
    )
    lines = told(capsys)
    assert (lines["new_row"]["p50"], lines["new_row"]["ratio"]) == (3, 1.5)
    assert (lines["delta"]["p50"], lines["delta"]["ratio"]) == (1, 0.5)


def test_long_tasks_of_the_panel_stand_beside_those_of_a_bare_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    panel.tell_long({"new_row": [0, 0], "new_row_bare": [0, 1], "delta": [0, 2], "delta_bare": [1, 0]})
    lines = told(capsys)
    assert [lines[f"{name}_long_tasks"]["met"] for name in ("new_row", "delta")] == [True, False]
    assert (lines["delta_long_tasks"]["max"], lines["delta_long_tasks"]["bare"]) == (2, 1)


@pytest.mark.parametrize(
    ("when", "ran", "met"),
    [
        ("idle", {}, True),
        ("idle", {"timers": 1}, False),
        ("call", {"timers": 20}, True),
        ("call", {"timers": 30}, False),
        ("call", {"timers": 20, "frames": 1}, False),
        ("call", {"timers": 20, "layouts": 1}, False),
    ],
)
def test_out_of_sight_only_the_meters_of_a_call_may_run(
    when: str, ran: dict[str, float], met: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    once = {**dict.fromkeys(panel.COUNTED, 0.0), "task_ms": 1.0}
    panel.tell_looks(when, {"scrolled": [once, once | ran]}, "without", [once])
    lines = told(capsys)
    assert lines[f"{when}_scrolled_runs"]["met"] is met
    assert lines[f"{when}_scrolled"]["ratio"] == 1


def looked(**more: float) -> dict[str, float]:
    """What is there after a call."""
    names = (*rounds.GONE, *rounds.COUNTS, *rounds.SIZES, "tracks_kept")
    return dict.fromkeys(names, 0.0) | more


@pytest.mark.parametrize(
    ("each", "met"),
    [
        ({}, True),
        ({"heap_kb": 40}, True),
        ({"Nodes": 1}, True),
        ({"JSEventListeners": 5}, False),
        ({"contexts_kept": 1}, False),
    ],
)
def test_what_calls_leave_is_counted_once_caches_are_full(
    each: dict[str, float], met: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    full = looked(Nodes=7, heap_kb=700)
    calls = [(looked(), full), *[(full, full | {name: full[name] + by for name, by in each.items()})] * 3]
    held = dict.fromkeys(rounds.SIZES, 100.0)
    rounds.tell(calls, [(looked(), looked())] * 4, [(looked(), looked(**held))])
    lines = told(capsys)
    assert lines["left_by_calls"]["met"] is met
    heap = lines["heap_kb_per_call"]
    assert (heap["p50"], heap["beside_value"]) == (each.get("heap_kb", 0) / rounds.BLOCK, 100)


def test_the_page_of_the_panel_gets_what_a_widget_tells_and_rows_as_they_are() -> None:
    from benchmarks.panel_page import row, traits

    assert json.loads(json.dumps(traits()))["connection_state"] == "disconnected"
    assert set(row(3)) == set(Row.__annotations__)
    assert (row(3)["item_id"], row(3)["role"]) == ("item_3", "assistant")


@pytest.mark.parametrize(
    ("events", "whole", "service"),
    [
        ([("arguments", 1.0), ("done", 1.002), ("output", 1.005)], [5.0], [2.0]),
        (
            [("done", 0.5), ("arguments", 1.0), ("done", 1.001), ("output", 1.004), ("done", 2.0)],
            [4.0],
            [1.0],
        ),
        ([("arguments", 1.0), ("output", 1.003), ("arguments", 2.0), ("done", 2.5)], [3.0], [3.0]),
    ],
)
def test_a_tools_trip_goes_from_its_arguments_to_its_output(
    events: list[tuple[str, float]], whole: list[float], service: list[float]
) -> None:
    assert trips(events) == (whole, service)


def test_a_streamed_answer_is_the_answer_and_its_clause_is_whole_in_one_of_its_tokens() -> None:
    assert "".join(tokens(ANSWER)) == ANSWER
    assert tokens("At six, or seven.") == ["At", " six", ",", " or", " seven", "."]


def test_an_answer_sounds_first_once_and_what_never_began_does_not_count() -> None:
    def told(at: float, kind: str, name: str) -> dict[str, Any]:
        return {"at": at, "event": {"type": kind, "response_id": name}}

    created = {"at": 5.0, "event": {"type": "response.created", "response": {"id": "b"}}}
    asked = told(1.0, "voice_widget.reply.requested", "a")
    events = [asked, told(2.0, SOUND, "a"), told(3.0, SOUND, "a"), created, told(6.0, SOUND, "b")]
    assert firsts(events, "voice_widget.reply.requested") == [(1.0, 2.0)]
    assert firsts(events, "response.created") == [(5.0, 6.0)]
