"""The process that hears for others: what it answers, line by line."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from voice_widget.engine.stages.contracts import Pcm
from voice_widget.engine.stages.detecting import Frames, serve
from voice_widget.engine.stages.detectors.level import LevelVad
from voice_widget.engine.stages.sharpening import Sharpener
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Resampler

TONE = np.round(6000 * np.sin(np.arange(RATE) / 9)).astype(np.int16)
SOUND = np.concatenate([np.zeros(RATE // 2, np.int16), TONE, np.zeros(RATE, np.int16)])


class Tells:
    """A detector that gives the loudest sample of each frame."""

    sample_rate = 16_000
    frame_samples = 512

    def __call__(self, frame: Pcm) -> float:
        return float(np.abs(frame).max()) / 8000

    def reset(self) -> None:
        pass


def asked(*blocks: Pcm) -> io.BytesIO:
    data = b""
    for block in blocks:
        raw = block.astype("<i2").tobytes()
        data += json.dumps({"bytes": len(raw)}).encode() + b"\n" + raw
    return io.BytesIO(data)


def answered(arguments: list[str], *blocks: Pcm) -> io.BytesIO:
    answers = io.BytesIO()
    serve(arguments, asked(*blocks), answers)
    answers.seek(0)
    return answers


def test_frames_are_heard_as_the_engine_hears_them():
    frames = Frames(Tells())
    likely, silent = frames(SOUND)
    resampled = Resampler(RATE, 16_000)(SOUND)
    whole = resampled[: len(resampled) // 512 * 512].reshape(-1, 512)
    assert likely == [float(np.abs(frame).max()) / 8000 for frame in whole]
    sharpen = Sharpener(16_000)
    steps = [step for p, frame in zip(likely, whole, strict=True) for step, _, _ in sharpen(p, frame, 0.0)]
    assert [0.0 if still else 1.0 for still in silent] == [
        0.0 if step == 0.0 and likely[place // 4] > 0 else 1.0 for place, step in enumerate(steps)
    ]
    assert any(silent)
    assert frames.steps_ms() == [10.0, 10.0, 10.0, 2.0]
    assert frames.delay_ms == 1.0


def test_pieces_make_no_difference():
    whole, parts = Frames(LevelVad()), Frames(LevelVad())
    likely, silent = whole(SOUND)
    pieces = [parts(SOUND[at : at + 700]) for at in range(0, len(SOUND), 700)]
    assert [p for some, _ in pieces for p in some] == likely
    assert [p for _, some in pieces for p in some] == silent


def test_it_answers_each_block_with_what_is_complete():
    answers = answered(['{"name": "level"}'], SOUND[:30_000], SOUND[30_000:])
    assert json.loads(answers.readline()) == {
        "ready": True,
        "vad": "level",
        "steps_ms": [10.0],
        "delay_ms": 1.0,
    }
    likely: list[float] = []
    for count in (125, 125):
        assert json.loads(answers.readline()) == {"frames": count}
        likely += np.frombuffer(answers.read(8 * count), "<f8").tolist()
        assert len(answers.read(count)) == count
    assert likely == Frames(LevelVad())(SOUND)[0]
    assert answers.read() == b""


def test_with_settings_it_says_what_the_engine_says_of_turns():
    setting = {"type": "server_vad", "silence_duration_ms": 300, "prefix_padding_ms": 0}
    answers = answered(['{"name": "level"}', '{"name": "rule"}', json.dumps(setting)], SOUND)
    assert json.loads(answers.readline()) == {"ready": True, "vad": "level"}
    (started, stopped) = json.loads(answers.readline())["said"]
    assert (started[0], stopped[0]) == ("started", "stopped")
    assert started[1] == pytest.approx(500, abs=11)
    assert stopped[1] == pytest.approx(1500, abs=11)
    assert stopped[2] - stopped[1] == pytest.approx(300, abs=11)


@pytest.mark.parametrize(
    ("vad", "says"),
    [
        ('{"name": "nobody"}', "There is no vad 'nobody'"),
        ('{"name": "tests.analysis.what_if.given:Raises"}', "Detecting failed: RuntimeError('no ears')."),
    ],
)
def test_what_fails_is_said_in_a_line(vad, says):
    last = answered([vad], SOUND).read().splitlines()[-1]
    assert says in json.loads(last)["error"]["message"]
