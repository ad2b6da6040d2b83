"""A talk from somebody else's stereo file: who speaks when is certain; what, as far as it is told."""

from __future__ import annotations

import gc
import wave
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from tests.recording.talks import tone
from voice_widget.errors import EngineError, RecordingError, SettingError
from voice_widget.realtime.settings.parts import Part
from voice_widget.realtime.sound.formats import RATE
from voice_widget.recording.sound import FILES, Form
from voice_widget.recording.talk import Talk, read_talk

BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
# (side, from second, to second): the caller asks in two breaths, and talks over the answer's end.
TURNS = [(0, 0.5, 1.3), (0, 1.6, 2.0), (1, 2.8, 4.0), (0, 3.9, 4.6), (1, 6.0, 6.5)]
CUES: list[dict[str, Any]] = [
    {"start": 0.3, "end": 2.2, "text": "How many are there?", "speaker": "Ann"},
    {"start": 2.8, "end": 4.0, "text": "There are three.", "speaker": "Bob"},
    {"start": 3.7, "end": 4.7, "text": "Thanks.", "speaker": "Ann"},
]


def samples(seconds: float = 7.0) -> NDArray[np.int16]:
    """Two columns."""
    result = np.zeros((round(seconds * RATE), 2), np.int16)
    for side, start, end in TURNS:
        first, last = round(start * RATE), round(end * RATE)
        result[first:last, side] = tone(last - first, 400 + 200 * side)
    return result


def write(path: Path, pcm: NDArray[np.int16], rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(pcm.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes())
    return path


@pytest.fixture
def call(tmp_path: Path) -> Path:
    return write(tmp_path / "call.wav", samples())


def times(talk: Talk) -> list[tuple[str, int | None, int | None]]:
    return [(row["role"], row["start_ms"], row["end_ms"]) for row in talk.rows]


def near(found: list[Any], wanted: list[Any], ms: int) -> None:
    assert [role for role, _, _ in found] == [role for role, _, _ in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert abs(one[1] - other[1]) <= ms
        assert abs(one[2] - other[2]) <= ms


HEARD = [
    ("user", 500, 2000),
    ("assistant", 2800, 4000),
    ("user", 3900, 4600),
    ("assistant", 6000, 6500),
]


def test_each_channel_is_a_side_and_a_turn_is_when_it_sounds(call: Path):
    talk = Talk.from_audio(call, began=BEGAN)
    near(times(talk), HEARD, 1)
    rows = talk.rows
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    assert {row["status"] for row in rows} == {"no_transcript"}
    assert [row["response_gap_ms"] for row in rows] == [None, 800, None, 1400]
    assert {row["time_source"] for row in rows} == {"samples"}
    assert pd.Timestamp(rows[0]["started_at"]) - BEGAN == pd.Timedelta(milliseconds=500)
    assert talk.manifest["created_at"].startswith("2026-01-02T03:04:05")
    assert (talk.running, talk.cut, talk.problems) == (False, False, ())
    assert len(talk.transcript_df) == 4
    assert set(talk.recording_df["kind"]) == {"sound"}


def test_the_other_channel_and_a_longer_pause(call: Path):
    other = [({"user": "assistant", "assistant": "user"}[role], *rest) for role, *rest in HEARD]
    near(times(Talk.from_audio(call, user="right")), other, 1)
    assert len(Talk.from_audio(call, user=0, pause_ms=200).rows) == 5
    with pytest.raises(SettingError, match="left"):
        Talk.from_audio(call, user="middle")  # type: ignore[arg-type]


def test_its_sound_is_that_of_the_file(call: Path):
    talk = Talk.from_audio(call, user="right")
    sound, rate = talk.audio()
    assert rate == RATE
    assert np.array_equal(sound, samples()[:, ::-1])
    assert np.array_equal(talk.audio(1)[0][:, 1], samples()[12000:48000, 0])


@pytest.mark.parametrize(
    ("name", "codec", "rate", "ms"),
    [("a.flac", "flac", 44_100, 5), ("a.mp3", "libmp3lame", 44_100, 30), ("a.ogg", "libopus", 48_000, 30)],
)
def test_whatever_the_form_of_the_file(tmp_path: Path, name: str, codec: str, rate: int, ms: int):
    path = tmp_path / name
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=rate, layout="stereo")
        frame = av.AudioFrame.from_ndarray(samples().reshape(1, -1), format="s16", layout="stereo")
        frame.rate, frame.pts = RATE, 0
        fitting = av.AudioResampler(
            stream.codec_context.format, "stereo", rate, stream.codec_context.frame_size or None
        )
        for piece in [*fitting.resample(frame), *fitting.resample(None)]:
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    near(times(Talk.from_audio(path)), HEARD, ms)


def test_a_transcript_makes_the_turns_and_silence_at_their_ends_is_cut_off(call: Path):
    talk = Talk.from_audio(call, transcript=CUES, began=BEGAN)
    near(times(talk), HEARD, 1)
    assert [row["text"] for row in talk.rows] == ["How many are there?", "There are three.", "Thanks.", ""]
    assert [row["status"] for row in talk.rows] == ["completed"] * 3 + ["no_transcript"]
    assert talk.manifest["pseudonyms"] == {"user": "Ann", "assistant": "Bob"}
    said = talk.utterances()
    told = [(each["speaker"], each["text"]) for each in CUES]
    assert [(one.speaker, one.text) for one in said] == [*told, ("Bob", "")]
    assert talk.messages()[1] == {"role": "assistant", "content": "There are three."}
    assert list(talk.words_df["word"].head(4)) == ["How", "many", "are", "there?"]


def test_the_channel_says_who_it_is_whatever_the_names(call: Path):
    swapped = Talk.from_audio(call, user="right", transcript=CUES)
    assert swapped.manifest["pseudonyms"] == {"user": "Bob", "assistant": "Ann"}
    plain = [{name: value for name, value in cue.items() if name != "speaker"} for cue in CUES]
    assert [row["role"] for row in Talk.from_audio(call, transcript=plain).rows[:3]] == [
        "user",
        "assistant",
        "user",
    ]
    roles = [
        {**cue, "role": role, "speaker": role}
        for cue, role in zip(CUES, ("user", "assistant", "user"), strict=True)
    ]
    assert Talk.from_audio(call, transcript=roles).manifest["pseudonyms"] is None
    by_channel = [{**cue, "channel": 1, "speaker": None} for cue in CUES]
    assert {row["role"] for row in Talk.from_audio(call, transcript=by_channel).rows if row["text"]} == {
        "assistant"
    }


def test_a_transcript_of_another_file(call: Path):
    late = [{**cue, "start": cue["start"] + 100, "end": cue["end"] + 100} for cue in CUES]
    with pytest.raises(SettingError) as refused:
        Talk.from_audio(call, transcript=late)
    assert refused.value.code == "transcript_unfit"


def test_a_function_recognises_what_has_no_text(call: Path):
    asked: list[float] = []

    def recognise(pcm: NDArray[np.int16], rate: int) -> str:
        asked.append(len(pcm) / rate)
        return " Yes. " if len(asked) == 1 else ""

    talk = Talk.from_audio(call, transcript=CUES, stt=recognise)
    assert asked == [pytest.approx(0.7, abs=0.01)]  # half a second, and a tenth before and behind it
    assert (talk.rows[3]["text"], talk.rows[3]["status"]) == ("Yes.", "completed")
    asked.clear()
    talk = Talk.from_audio(call, stt=recognise)
    assert len(asked) == 4
    assert [row["status"] for row in talk.rows] == ["completed"] + ["no_transcript"] * 3


def test_a_recogniser_goes_by_its_name(call: Path):
    script = '[{"hear": "how many", "say": ""}, {"hear": "three", "say": ""}]'
    part = Part("voice_widget.engine.stages.recognisers.scripted:ScriptedStt", script=script)
    talk = Talk.from_audio(call, stt=part)
    # They are asked one side after the other.
    assert [row["text"] for row in talk.rows] == ["how many", "", "three", ""]


@pytest.mark.parametrize(
    ("name", "says"), [("no_such_part", "no_such_part"), ("tests.recording.test_foreign:ends", "ended")]
)
def test_a_recogniser_that_does_not_work(call: Path, name: str, says: str):
    with pytest.raises(EngineError, match=says):
        Talk.from_audio(call, stt=name)


def ends(pcm: Any, rate: int) -> str:
    import os

    os._exit(3)


def test_saved_and_read_it_is_the_same_and_can_be_redacted(call: Path, tmp_path: Path):
    talk = Talk.from_audio(call, transcript=CUES, began=BEGAN)
    again = read_talk(talk.save(tmp_path / "saved"))
    assert again.rows == talk.rows
    assert again.problems == ()
    for name in ("transcript", "events", "words", "metrics", "tool_calls", "recording"):
        one, other = (getattr(each, f"{name}_df") for each in (talk, again))
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert np.array_equal(again.audio()[0], talk.audio()[0])
    again.redact(1)
    assert again.rows[0]["text"] == ""
    assert "How many" not in "".join(
        path.read_text(encoding="utf-8") for path in (tmp_path / "saved").glob("*.json*")
    )
    assert not again.audio()[0][:48_000].any()


def test_its_copy_goes_with_it(call: Path):
    talk = Talk.from_audio(call)
    folder: Path = talk._record.sound._folder  # type: ignore[union-attr]
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0
    del talk
    gc.collect()
    assert not folder.exists()


def stereo(left: NDArray[np.int16]) -> NDArray[np.int16]:
    return np.stack([left, left], axis=1)


@pytest.mark.parametrize(
    ("pcm", "code", "says"),
    [
        (tone(RATE).reshape(-1, 1), "not_stereo", "one channel"),
        (np.zeros((RATE, 3), np.int16), "not_stereo", "3 channels"),
        (stereo(tone(RATE)), "not_stereo", "the same on both"),
        (np.zeros((0, 2), np.int16), "no_audio", "no sound"),
    ],
)
def test_a_file_that_is_no_stereo(tmp_path: Path, pcm: NDArray[np.int16], code: str, says: str):
    with pytest.raises(RecordingError, match=says) as refused:
        Talk.from_audio(write(tmp_path / "call.wav", pcm))
    assert refused.value.code == code


def test_a_file_that_cannot_be_read(tmp_path: Path):
    (tmp_path / "call.wav").write_bytes(b"RIFF, but not quite")
    for name in ("call.wav", "none.wav", "."):
        with pytest.raises(RecordingError) as refused:
            Talk.from_audio(tmp_path / name)
        assert refused.value.code == "sound_unreadable"


def test_a_film_without_sound(tmp_path: Path):
    with av.open(str(tmp_path / "film.mp4"), "w") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    with pytest.raises(RecordingError) as refused:
        Talk.from_audio(tmp_path / "film.mp4")
    assert refused.value.code == "no_audio"


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        *(("pause_ms", odd) for odd in ("x", None, True, -1, float("nan"))),
        *(("began", odd) for odd in ("2020", datetime.min, datetime.max, pd.NaT)),
        ("stt", 5),
        ("transcript", 5),
    ],
)
def test_arguments_that_cannot_work_are_refused_with_a_sentence(call: Path, name: str, odd: Any):
    with pytest.raises(SettingError, match=f"`{name}`") as refused:
        Talk.from_audio(call, **{name: odd})
    assert refused.value.next_step


@pytest.mark.parametrize("odd", [3, b"Hi.", ["Hi."]])
def test_a_function_that_gives_no_text_is_refused(call: Path, odd: Any):
    with pytest.raises(SettingError, match=r"`stt` gave .*, not a text"):
        Talk.from_audio(call, stt=lambda pcm, rate: odd)


def test_what_a_decoder_passes_over_moves_nothing(call: Path, tmp_path: Path):
    whole = Talk.from_audio(call)
    folder = whole.save(tmp_path / "talk", sound="flac")
    data = bytearray((folder / "audio.flac").read_bytes())
    quiet = len(data) * 2 // 5
    data[quiet : quiet + 3000] = bytes(3000)
    (tmp_path / "broken.flac").write_bytes(data)
    broken = Talk.from_audio(tmp_path / "broken.flac")
    assert broken.samples == whole.samples
    assert broken.rows[-1]["start_ms"] == whole.rows[-1]["start_ms"]


@pytest.mark.parametrize(("form", "there"), [("wav", 4.2), ("flac", 3.4)])
def test_a_file_that_was_cut_says_what_is_missing(call: Path, tmp_path: Path, form: Form, there: float):
    whole = Talk.from_audio(call)
    assert whole.problems == ()
    file = whole.save(tmp_path / "talk", sound=form) / FILES[form]
    assert Talk.from_audio(file).problems == ()
    cut = tmp_path / file.name
    cut.write_bytes(file.read_bytes()[: file.stat().st_size * 3 // 5])
    talk = Talk.from_audio(cut)
    (problem,) = talk.problems
    assert problem.code == "sound_shorter"
    assert f"of the 7.0 s that it says it has, {there} s are there" in problem.message
    assert round(talk.samples / RATE, 1) == there


def test_a_wav_file_that_never_knew_its_length_is_whole(call: Path):
    data = bytearray(call.read_bytes())
    data[40:44] = b"\xff" * 4
    call.write_bytes(data)
    talk = Talk.from_audio(call)
    assert (talk.samples, talk.problems) == (7 * RATE, ())


def test_a_function_that_hears_nothing_leaves_a_turn_without_text(call: Path):
    talk = Talk.from_audio(call, stt=lambda samples, rate: None)  # type: ignore[arg-type, return-value]
    assert {row["status"] for row in talk.rows} == {"no_transcript"}
