from __future__ import annotations

import contextlib
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from tests.analysis.made import InMemory, exchange, talk
from voice_widget import MissingParts, ScriptedService, SettingError, Talk, VoiceWidget
from voice_widget.analysis import hearing
from voice_widget.analysis.drawing import COLOURS
from voice_widget.analysis.envelope import envelope
from voice_widget.analysis.figures import clock, fitted, width_of
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.timeline import Piece


def texts(figure: Figure) -> dict[str, str]:
    """The texts in a picture by what they are of."""
    found = figure.axes[0].texts
    return {str(text.get_gid()): text.get_text() for text in found}


def bars(figure: Figure, name: str) -> list[tuple[int, int]]:
    """From which millisecond to which the bars of one kind go."""
    (found,) = (each for each in figure.axes[0].collections if each.get_gid() == name)
    assert isinstance(found, PolyCollection)
    return [tuple(np.round(path.get_extents().intervalx * 1000).astype(int)) for path in found.get_paths()]


def names(figure: Figure) -> set[str]:
    return {str(each.get_gid()) for each in figure.axes[0].collections}


def test_both_sides_lie_on_one_clock() -> None:
    figure = Talk.example().plot()
    assert figure.get_size_inches().tolist() == [10, 3]
    (axes,) = figure.axes
    assert axes.get_xlim() == (0, 10.993)
    assert axes.get_title() == ""
    turns = Talk.example().measures(by="turn").set_index("role")
    for side in COLOURS:
        times = turns.loc[side, ["start_ms", "end_ms"]]
        assert bars(figure, f"turns {side}") == list(times.itertuples(index=False, name=None))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["P00", "agent"]
    assert [label.get_color() for label in axes.get_yticklabels()] == list(COLOURS.values())
    assert bars(figure, "turns user") == [(114, 2280), (4637, 6730)]
    assert bars(figure, "turns assistant") == [(3000, 4713), (7410, 10539)]
    up = {side: axes.collections[place].get_datalim(axes.transData).y0 for place, side in enumerate(COLOURS)}
    assert up["user"] > 0 > up["assistant"]


def test_what_was_said_stands_in_the_boxes() -> None:
    said = texts(Talk.example().plot())
    assert said["text 1"] == "Compare body mass by species."
    assert said["text 2"].split() == ["The", "average", "body", "mass", "by", "species"]
    assert said["text 4"] == "Biscoe has the most penguins, 168."


def test_where_there_is_room_words_stand_at_their_times() -> None:
    figure = Talk.example().plot(start_ms=2900, stop_ms=5000)
    there = [text for text in figure.axes[0].texts if text.get_gid() == "word 2"]
    assert [text.get_text() for text in there] == ["The", "average", "body", "mass", "by", "species"]
    assert [text.get_position()[0] for text in there][:2] == [3.033, 3.152]
    # The user's times are estimated: nothing shows them as if they were known.
    assert not any(text.get_gid() == "word 3" for text in figure.axes[0].texts)


def test_gaps_have_their_milliseconds() -> None:
    figure = exchange(740, 300, -200, 1500).plot()
    assert bars(figure, "gaps") == [(1000, 1740), (4340, 4640), (9640, 11140)]
    assert [text for name, text in texts(figure).items() if name.startswith("gap")] == [
        "740 ms",
        "300 ms",
        "1500 ms",
    ]


def test_an_answer_that_was_cut_is_crossed() -> None:
    figure = Talk.example().plot()
    (cuts,) = (line for line in figure.axes[0].lines if line.get_gid() == "cuts")
    assert list(cuts.get_xdata()) == [pytest.approx(4.71, abs=0.01)]
    assert texts(figure)["cut 2"] == "interrupted"
    assert not any(line.get_gid() == "cuts" for line in exchange(500).plot().axes[0].lines)


def test_the_sound_is_in_it_to_one_scale() -> None:
    figure = Talk.example().plot()
    heights = {}
    for each in figure.axes[0].collections:
        if str(each.get_gid()).startswith("sound"):
            box = each.get_paths()[0].get_extents()
            heights[each.get_gid()] = box.height
    samples, _ = Talk.example().audio()
    swing = samples.astype(int).max(axis=0) - samples.astype(int).min(axis=0)
    assert heights["sound user"] / heights["sound assistant"] == pytest.approx(swing[0] / swing[1], rel=0.02)


def test_only_a_stretch_can_be_shown() -> None:
    figure = exchange(740, 300).plot(start_ms=3000, stop_ms=4000)
    assert figure.axes[0].get_xlim() == (3.0, 4.0)
    assert set(texts(figure)) == {"text 3", "no sound"}
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()][:2] == ["0:03.0", "0:03.1"]


def test_a_talk_without_sound_has_its_turns() -> None:
    figure = exchange(740).plot()
    assert names(figure) == {"turns user", "turns assistant", "gaps"}
    assert texts(figure)["no sound"] == "There is no sound of this talk"


def test_a_talk_without_turns_says_so() -> None:
    assert texts(talk().plot())["nothing"] == "This talk has no turns that sounded."
    assert list(talk().plot().axes[0].get_xticks()) == []
    silent = talk(sound=True, length_ms=3000).plot()
    assert texts(silent) == {"nothing": "This talk has no turns that sounded."}
    assert names(silent) == {"sound user", "sound assistant"}
    part = exchange(2000).plot(start_ms=1200, stop_ms=2800)
    assert texts(part)["nothing"] == "No turn sounds here."


def test_a_turn_without_a_text_has_its_number() -> None:
    figure = talk(("user", None, 0, 900), ("assistant", "Yes.", 1000, 1900)).plot()
    assert texts(figure)["text 1"] == "1"


def test_money_is_no_mathematics() -> None:
    figure = talk(("user", "It costs $5 and not $6_0.", 0, 3000)).plot()
    figure.savefig("/dev/null", format="png")
    assert texts(figure)["text 1"] == "It costs $5 and not $6_0."


def test_in_an_hour_no_numbers_lie_on_each_other() -> None:
    long = exchange(*range(200, 1000, 2), pause=4000)
    figure = long.plot()
    assert len(bars(figure, "turns user")) == 400
    assert set(texts(figure)) == {"no sound"}


class Rich(Talk):
    """One with tools, labels and a scheme."""

    scheme: ClassVar[Any] = {"repair": type("Code", (), {"colour": "#cc79a7"})}

    @property
    def tool_calls_df(self) -> pd.DataFrame:
        calls = [
            ("look_up", "completed", 1100, 1400),
            ("book", "failed", 2600, pd.NA),
            ("x", "not_run", pd.NA, pd.NA),
        ]
        table = pd.DataFrame(calls, columns=["name", "status", "start_ms", "end_ms"])
        return table.assign(call_id=self.rows[0]["call_id"], kind="function").convert_dtypes()

    @property
    def labels_df(self) -> pd.DataFrame:
        labels = [
            ("repair", "AB", 0, 900),
            ("other", "AB", 900, 1900),
            ("repair", "CD", 100, 950),
            ("gone", "CD", pd.NA, pd.NA),
        ]
        return pd.DataFrame(labels, columns=["code", "coder", "start_ms", "end_ms"]).convert_dtypes()


def test_tools_and_labels_have_rows_of_their_own() -> None:
    figure = Rich(exchange(740)._record).plot()
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "user",
        "assistant",
        "tools",
        "AB",
        "CD",
    ]
    tools = [each for each in axes.collections if each.get_gid() == "row tools"]
    assert [each.get_hatch() for each in tools] == [None, "xx"]
    assert [text.get_text() for text in axes.texts if text.get_gid() == "in tools"] == ["look_up", "book"]
    assert [text.get_text() for text in axes.texts if text.get_gid() == "in AB"] == ["repair", "other"]
    labelled = next(each for each in axes.collections if each.get_gid() == "row AB")
    assert labelled.get_edgecolor()[0][:3] == pytest.approx((0xCC / 255, 0x79 / 255, 0xA7 / 255))


def test_what_is_missing_is_hatched() -> None:
    whole = exchange(740, sound=True)._record
    lost = [
        Piece("user", RATE, RATE, "gap", "lost"),
        Piece("assistant", 0, RATE, "redacted"),
        Piece("user", 0, 9, "gap"),
    ]
    whole.pieces.extend(lost)
    figure = Talk(whole).plot()
    assert bars(figure, "hole user") == [(1000, 2000)]
    assert bars(figure, "hole assistant") == [(0, 1000)]


def test_it_is_drawn_where_it_is_asked_for(tmp_path: Path) -> None:
    figure, (above, below) = pyplot.subplots(2, figsize=(6, 6))
    assert exchange(740).plot(ax=below) is figure
    assert not above.collections
    assert below.collections
    pyplot.close(figure)
    whole = Figure()
    part = whole.subfigures(1, 2)[0]
    assert exchange(740).plot(ax=part.add_subplot()) is whole


def test_a_notebook_shows_it_once() -> None:
    before = pyplot.get_fignums()
    figure: Any = Talk.example().plot()
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert pyplot.get_fignums() == before
    assert pickle.loads(pickle.dumps(figure)).axes[0].get_xlim() == (0, 10.993)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"start_ms": 11_000}, "nothing between 11000 and 10993 ms: the talk lasts 10993 ms"),
        ({"start_ms": 500, "stop_ms": 500}, "nothing between"),
        ({"start_ms": "1"}, "`start_ms` is in milliseconds, not '1'"),
        ({"stop_ms": True}, "`stop_ms` is in milliseconds, not True"),
        ({"stop_ms": float("nan")}, "not nan"),
        ({"stop_ms": float("inf")}, "`stop_ms` is in milliseconds, not inf"),
        ({"ax": "here"}, "'here' is no axes"),
    ],
)
def test_what_cannot_be_drawn_is_refused(named: Any, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        Talk.example().plot(**named)


def test_without_its_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingParts, match=r'matplotlib.*pip install "voice-widget\[analysis\]"'):
        Talk.example().plot()


def test_it_is_drawn_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Talk.example().plot().savefig("/dev/null", format="png")


# --- its parts ---


@pytest.mark.parametrize(("bins", "size"), [(3, 4), (10, 1), (100, 1), (1, 10)])
def test_an_envelope_is_the_lowest_and_the_highest(bins: int, size: int) -> None:
    samples = np.stack([np.arange(10), -np.arange(10)], axis=1).astype(np.int16)
    found, swing = envelope(InMemory(samples), 0, 10, bins)
    assert found == size
    for place, (user, assistant) in enumerate(swing):
        there = samples[place * size : (place + 1) * size]
        assert user.tolist() == [there[:, 0].min(), there[:, 0].max()]
        assert assistant.tolist() == [there[:, 1].min(), there[:, 1].max()]


def test_an_envelope_of_more_than_is_read_at_once_has_no_seam() -> None:
    samples = np.random.default_rng(1).integers(-9, 9, (70 * RATE + 17, 2)).astype(np.int16)
    samples[31 * RATE + 5] = 30_000, -30_000
    size, swing = envelope(InMemory(samples), 0, len(samples), 1000)
    assert len(swing) == -(-len(samples) // size)
    there = swing[(31 * RATE + 5) // size]
    assert (there[0, 1], there[1, 0]) == (30_000, -30_000)
    assert np.count_nonzero(swing[:, 0, 1] > 9) == 1


@pytest.mark.parametrize(
    ("text", "room", "lines", "found"),
    [
        ("Yes.", 100, 1, "Yes."),
        ("Yes.", 5, 1, ""),
        ("", 100, 2, ""),
        ("one two three", 30, 1, "one tw…"),
        ("one two three", 36, 2, "one two\nthree"),
        ("extraordinary", 30, 2, "extrao…"),
        ("so extraordinary it is", 30, 2, "so\nextrao…"),
        ("extraordinary it is", 30, 2, ""),
    ],
)
def test_texts_fit(text: str, room: float, lines: int, found: str) -> None:
    assert fitted(text, room, lines=lines) == found
    assert all(width_of(line) <= room for line in found.split("\n"))


def test_wide_letters_are_wide() -> None:
    assert width_of("\u65e5\u672c") == 2 * width_of("ab")


@pytest.mark.parametrize(
    ("seconds", "step", "told"),
    [
        (0, 1, "0:00"),
        (59.96, 0.1, "1:00.0"),
        (61.25, 0.01, "1:01.25"),
        (600, 60, "10:00"),
        (7200, 900, "120:00"),
    ],
)
def test_the_clock_has_minutes(seconds: float, step: float, told: str) -> None:
    assert clock(seconds, step) == told


# --- of a widget ---


def test_a_widget_draws_and_scores_the_talk_so_far() -> None:
    service = ScriptedService([{"hear": "hello", "say": "Hello to you."}])
    with contextlib.closing(VoiceWidget(service=service, transport="memory", record=True)) as w:
        w.connect().result(10)
        answer = w.next_turn("assistant")
        w.send_text("hello")
        answer.result(10)
        figure, table = w.plot(), w.word_errors({1: "Hello again!"})
    assert len(bars(figure, "turns user")) == 1
    assert texts(figure)["text 1"] == "hello"
    assert table["deletions"].tolist() == [1]


# --- how long it takes ---


def test_a_long_talk_is_not_listened_to_and_a_stretch_of_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    listened: list[int] = []
    listen = hearing._listened
    monkeypatch.setattr(hearing, "_listened", lambda sound: listened.append(sound.samples) or listen(sound))
    long = exchange(500, 3000, sound=True, length_ms=601_000, pause=30_000)
    figure = long.plot()
    assert listened == []
    assert bars(figure, "turns user") == [(0, 1000), (32_500, 33_500)]
    assert bars(figure, "gaps") == [(1000, 1500), (33_500, 36_500)]
    assert texts(figure)["gap 33500"] == "3.0 s"
    for _ in range(2):
        long.plot(stop_ms=9000)
    assert listened == [601 * RATE]
