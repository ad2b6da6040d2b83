import io

import pytest

from voice_widget.engine.stages.contracts import Word
from voice_widget.engine.stages.events import (
    Committed,
    FinalText,
    Lagging,
    PartialText,
    SpeechAudio,
    SpeechDone,
    SpeechStarted,
    SpeechStopped,
    SpokenOn,
    StageFailed,
    VoiceActivity,
    lengths,
    pack,
    pack_event,
    read_frame,
    unpack_event,
)
from voice_widget.errors import ProtocolError


@pytest.mark.parametrize(
    "event",
    [
        SpeechStarted(12.5, 1),
        SpeechStopped(700.0, 1),
        SpokenOn(1),
        PartialText("größe", 2),
        FinalText("", 3),
        FinalText("", 3, "Too slow."),
        FinalText("", 3, "Too slow.", late=True),
        Lagging(2500),
        VoiceActivity(640.0, 32.0, (0.012, 0.98)),
        SpeechAudio("s1", b"\x00\x01\xff", (Word(0, 3, 0.0), Word(4, 7, 300.25, estimated=True))),
        SpeechAudio("s1", b""),
        SpeechDone("s1"),
        SpeechDone("s1", "no voice"),
        SpeechDone("s1", cancelled=True),
        StageFailed("stt", "gone"),
        Committed(True),
        Committed(False, 4, 1.5),
    ],
)
def test_an_event_crosses_unchanged(event):
    frame = read_frame(io.BytesIO(pack_event(7, event)))
    assert frame is not None
    header, payload = frame
    assert header["channel"] == 7
    assert unpack_event(header, payload) == event


def test_frames_follow_each_other():
    stream = io.BytesIO(pack({"a": 1}, b"x" * 70_000) + pack({"b": 2}))
    assert read_frame(stream) == ({"a": 1}, b"x" * 70_000)
    assert read_frame(stream) == ({"b": 2}, b"")
    assert read_frame(stream) is None


@pytest.mark.parametrize("cut", [1, 7, 8, 12, 20])
def test_a_frame_cut_short_is_the_end(cut):
    assert read_frame(io.BytesIO(pack({"a": 1}, b"abcdefgh")[:cut])) is None


def test_what_a_library_prints_is_no_frame():
    with pytest.raises(ProtocolError, match="cannot be ours"):
        lengths(b"INFO: loading")
