"""A replay's page gets what there is, piece by piece; what is selected there comes back."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import av
import numpy as np
import pandas as pd
import pytest

from tests.recording.talks import Recorded
from tests.widget_page import Page
from tests.widget_page import pages as pages  # a fixture
from voice_widget.errors import RecordingError, SettingError, VoiceWidgetError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.talk import Talk, read_talk
from voice_widget.replay import widget as module
from voice_widget.replay.envelope import envelope


@pytest.fixture(autouse=True)
def _bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The page's script is not of interest here, and may not be built."""
    path = tmp_path / "replay.js"
    path.write_text("export default {}")
    monkeypatch.setattr(module, "BUNDLE", path)


def replay_of(pages: list[Page], talk: Talk, **arguments: Any) -> tuple[module.Replay, Page]:
    # A layout is a widget, too.
    return talk.replay(**arguments), pages[-1]


def answers(page: Page, kind: str) -> list[dict[str, Any]]:
    return [message for message in page.messages if message["type"] == kind]


def test_the_page_has_all_but_the_sound_at_once(pages: list[Page]) -> None:
    talk = Talk.example()
    replay, page = replay_of(pages, talk)
    shown = page.state["_shown"]
    assert len(shown["turns"]) == 4
    assert shown["sound"] == {
        "state": "kernel",
        "mime": "audio/ogg; codecs=opus",
        "pieces": 1,
        "piece_ms": None,
        "where": None,
        "error": None,
    }
    assert replay._envelope == envelope(talk.sound)[-1].tobytes()
    assert (shown["levels"], shown["step_ms"]) == (1, 10)
    assert replay._sound == b""
    json.dumps(shown, allow_nan=False)


def test_the_sound_comes_in_pieces_when_it_is_asked_for(
    pages: list[Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice_widget.replay.coding.PIECE_S", 4)
    replay, page = replay_of(pages, Talk.example())
    sent: list[bytes] = []
    monkeypatch.setattr(
        replay, "send", lambda message, buffers=(): sent.extend(buffers) or page.messages.append(message)
    )
    for number in range(3):
        page.says({"type": "sound", "piece": number, "form": "opus"})
    with av.open(io.BytesIO(b"".join(sent))) as file:
        assert sum(frame.samples for frame in file.decode(audio=0)) == pytest.approx(
            replay._talk.samples * 2, abs=4
        )
    assert len(sent) == 3


def test_where_no_opus_can_be_made_a_page_that_plays_it_gets_wav(
    pages: list[Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice_widget.replay.widget.form_here", lambda: "wav")
    replay, page = replay_of(pages, Talk.example())
    sent: list[tuple[str, bytes]] = []
    monkeypatch.setattr(replay, "send", lambda message, buffers: sent.append((message["mime"], buffers[0])))
    page.says({"type": "sound", "piece": 0, "form": "opus"})
    [(mime, data)] = sent
    assert (mime, data[:4]) == ("audio/wav", b"RIFF")


def test_a_long_sound_comes_from_any_place_on(pages: list[Page], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice_widget.replay.seen.LONG_S", 10)
    _, page = replay_of(pages, Talk.example())
    assert page.state["_shown"]["sound"]["piece_ms"] == 10_000
    for number in (1, 2, 0):
        page.says({"type": "sound", "piece": number, "form": "webm"})
    found = answers(page, "sound")
    assert [(one["piece"], one["of"], one["mime"]) for one in found] == [
        (1, 2, "audio/webm; codecs=opus"),
        (0, 2, "audio/webm; codecs=opus"),
    ]
    assert found[0]["head"] == found[1]["head"] > 0


@pytest.mark.parametrize(
    "message",
    [
        None,
        "sound",
        {},
        {"type": "nonsense"},
        {"type": "sound", "piece": 7, "form": "opus"},
        {"type": "sound", "piece": -1, "form": "opus"},
        {"type": "sound", "piece": "0", "form": "opus"},
        {"type": "sound", "piece": 0, "form": "mp3"},
        {"type": "sound", "piece": 0, "form": ["opus"]},
        {"type": "envelope", "level": 9},
        {"type": "select", "start_ms": "a", "end_ms": 7},
        {"type": "select", "start_ms": 7, "end_ms": 7},
        {"type": "select", "start_ms": 0, "end_ms": 1e9},
    ],
)
def test_what_a_page_says_wrongly_costs_nothing(
    pages: list[Page], message: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    replay, page = replay_of(pages, Talk.example())
    page.says(message)
    assert "Error" not in caplog.text + "".join(
        capsys.readouterr()
    )  # where widgets tell what callbacks raise
    assert page.messages == []
    assert replay.selection is None
    page.says({"type": "hello"})
    assert answers(page, "alive")


def test_what_is_selected_there_is_here_with_its_rows_and_samples(pages: list[Page]) -> None:
    talk = Talk.example()
    replay, page = replay_of(pages, talk)
    page.says({"type": "select", "start_ms": 4650, "end_ms": 5000})
    assert replay.selection == [4650, 5000]
    assert page.updates("selection") == [[4650, 5000]]
    assert [row["seq"] for row in replay.rows] == [2, 3]
    samples, rate = replay.samples
    assert rate == RATE
    assert np.array_equal(samples, talk.audio()[0][4650 * 24 : 5000 * 24])
    page.says({"type": "select", "start_ms": None, "end_ms": None})
    assert replay.selection is None
    assert len(replay.rows) == 4
    assert np.array_equal(replay.samples[0], talk.audio()[0])


def test_a_selection_may_be_assigned_and_only_one_that_can_be(pages: list[Page]) -> None:
    replay, page = replay_of(pages, Talk.example())
    replay.selection = (100, 200)
    assert page.updates("selection") == [[100, 200]]
    for wrong in (
        (200, 100),
        (0, 99_999),
        (1.5, 2.4),
        "ab",
        b"ab",
        7,
        (1, 2, 3),
        (-1, 5),
        {1: 2, 5: 6},
        {1, 5},
    ):
        with pytest.raises(SettingError, match="`selection` is a start and an end"):
            replay.selection = wrong
    for none in (float("nan"), float("inf"), "500", True, np.True_, None, pd.NA):
        with pytest.raises(SettingError, match="`selection` is a start and an end"):
            replay.selection = (0, none)
    with pytest.raises(SettingError, match="`selection` is a start and an end"):
        replay.selection = np.array(5)
    assert replay.selection == [100, 200]


def test_times_of_the_packages_own_tables_are_times(pages: list[Page]) -> None:
    talk = Talk.example()
    replay, page = replay_of(pages, talk)
    turns = talk.measures(by="turn")
    row = turns.iloc[1]
    times = turns[["start_ms", "end_ms"]]
    for given in (
        (row.start_ms, row.end_ms),
        times.iloc[1],
        times.to_numpy()[1],
        [3000.4, np.float32(4712.6)],
    ):
        replay.selection = None
        replay.selection = given
        assert replay.selection == [3000, 4713]
        assert all(type(ms) is int for ms in replay.selection)
    assert [row["seq"] for row in replay.rows] == [2, 3]
    assert len(replay.samples[0]) == (4713 - 3000) * 24
    assert page.updates("selection")[-1] == [3000, 4713]
    for moment in (row.start_ms, np.float64(2999.8), 3000):
        replay.seek(moment)
    assert page.messages == [{"type": "seek", "ms": 3000}] * 3
    json.dumps(page.messages)


def test_verbs_reach_the_page(pages: list[Page]) -> None:
    replay, page = replay_of(pages, Talk.example())
    replay.seek(2500)
    replay.play()
    replay.pause()
    assert page.messages == [{"type": "seek", "ms": 2500}, {"type": "play"}, {"type": "pause"}]
    for wrong in (-1, 11_000, np.int64(11_000)):
        with pytest.raises(SettingError, match=r"The talk goes from 0 to 10993 ms; .* is not in it"):
            replay.seek(wrong)
    for none in ("1", True, float("nan"), float("inf"), None, (1, 2)):
        with pytest.raises(
            SettingError, match="A moment is a number of milliseconds, from 0 to 10993 ms, not"
        ):
            replay.seek(none)  # type: ignore[arg-type]


def test_embedded_sound_is_all_of_it(pages: list[Page]) -> None:
    talk = Talk.example()
    replay, page = replay_of(pages, talk, embed=True)
    assert page.state["_shown"]["sound"]["state"] == "embedded"
    with av.open(io.BytesIO(replay._sound)) as file:
        length = sum(frame.samples for frame in file.decode(audio=0))
    assert length == pytest.approx(talk.samples * 2, abs=4)
    assert "_sound" in replay.get_state()


def test_what_lives_in_a_notebook_has_no_path_in_it(pages: list[Page], tmp_path: Path) -> None:
    talk = read_talk(Talk.example().save(tmp_path / "talk"))
    for embed, where in ((False, str(tmp_path / "talk")), (True, None)):
        replay, page = replay_of(pages, talk, embed=embed)
        assert page.state["_shown"]["sound"]["where"] == where
        assert (str(tmp_path) in repr(replay.get_state())) != embed


def test_sound_that_is_too_large_is_refused_with_its_size(pages: list[Page]) -> None:
    with pytest.raises(SettingError) as refused:
        Talk.example().replay(embed=True, limit_mb=0.05)
    assert refused.value.code == "too_large"
    assert "about 0.1 MB, and the limit is 0.05 MB" in str(refused.value)
    assert refused.value.next_step == "Raise `limit_mb`, or leave `embed` out."
    assert pages == []


@pytest.mark.parametrize("wrong", [{"embed": 1}, {"limit_mb": 0}, {"limit_mb": True}, {"limit_mb": "20"}])
def test_arguments_that_cannot_be_are_refused(wrong: dict[str, Any], pages: list[Page]) -> None:
    with pytest.raises(SettingError, match=next(iter(wrong))):
        Talk.example().replay(**wrong)
    assert pages == []


def test_of_a_folder_that_is_gone_the_rest_is_shown(pages: list[Page], tmp_path: Path) -> None:
    folder = Talk.example().save(tmp_path / "talk")
    talk = read_talk(folder)
    replay, page = replay_of(pages, talk)
    assert page.state["_shown"]["sound"]["where"] == str(folder)
    shutil.rmtree(folder)
    page.says({"type": "sound", "piece": 0, "form": "opus"})
    [failed] = answers(page, "sound.failed")
    assert failed["error"]["message"] == f"The folder {folder} is gone, and the sound with it."
    with pytest.raises(RecordingError, match="is gone"):
        _ = replay.samples
    _, page = replay_of(pages, talk)
    shown = page.state["_shown"]
    assert (shown["sound"]["state"], shown["sound"]["error"]["code"]) == ("none", "sound_missing")
    assert len(shown["turns"]) == 4
    with pytest.raises(RecordingError, match="is gone"):
        talk.replay(embed=True)


def test_a_talk_without_sound_is_read_and_cannot_be_embedded(pages: list[Page], tmp_path: Path) -> None:
    folder = Talk.example().save(tmp_path / "talk")
    (folder / "audio.flac").unlink()
    (folder / "pieces.jsonl").unlink()
    talk = read_talk(folder)
    _, page = replay_of(pages, talk)
    sound = page.state["_shown"]["sound"]
    assert sound["state"] == "none"
    assert sound["error"]["message"]
    with pytest.raises(VoiceWidgetError):
        talk.replay(embed=True)


def test_a_talk_of_nothing_is_shown(pages: list[Page], tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "t")
    recorded.end()
    _, page = replay_of(pages, read_talk(recorded.folder))
    assert (page.state["_shown"]["turns"], page.state["_shown"]["duration_ms"]) == ([], 0)


def test_without_its_script_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "BUNDLE", tmp_path / "none.js")
    with pytest.raises(VoiceWidgetError, match=r"none\.js was not built"):
        Talk.example().replay()


def test_where_no_widgets_are_shown_it_is_told_in_words(pages: list[Page]) -> None:
    replay, _ = replay_of(pages, Talk.example())
    data, _ = replay._repr_mimebundle_()
    assert data["text/plain"] == "A recorded talk of 4 turns."
    assert "application/vnd.jupyter.widget-view+json" in data


def test_a_turn_that_is_redacted_is_gone_from_open_replays(pages: list[Page], tmp_path: Path) -> None:
    talk = read_talk(Talk.example().save(tmp_path / "talk", sound="wav"))
    replay, page = replay_of(pages, talk, embed=True)
    before = replay._sound
    words = "".join(text for text, _, _ in page.state["_shown"]["turns"][0]["pieces"])
    assert words == "Compare body mass by species."
    page.says({"type": "sound", "piece": 0, "form": "wav"})
    talk.redact(1)
    assert "species" not in json.dumps(page.state["_shown"]["turns"][0])
    assert b"" != replay._sound != before
    assert not replay.samples[0][4000:40_000, 0].any()
    sent: list[bytes] = []
    replay.send = lambda message, buffers=(): sent.extend(buffers)  # type: ignore[method-assign]
    page.says({"type": "sound", "piece": 0, "form": "wav"})
    heard = np.frombuffer(sent[0][44:], np.int16).reshape(-1, 2)
    assert not heard[4000:40_000, 0].any()


def test_a_talk_that_is_forgotten_is_gone_from_open_replays(pages: list[Page], tmp_path: Path) -> None:
    talk = read_talk(Talk.example().save(tmp_path / "talk"))
    replay, page = replay_of(pages, talk, embed=True)
    talk.forget()
    assert (page.state["_shown"]["turns"], page.state["_shown"]["sound"]["state"]) == ([], "none")
    assert (replay._sound, replay._envelope) == (b"", b"")
