"""Words wrong on a hundred free sentences in three voices, clean and in noise: Whisper beside PocketSphinx.

``python -m benchmarks.word_errors`` takes all sentences, ``… word_errors 10`` each tenth. Voices are those of
flite, made from recordings of people; noise is pink as in rooms, and white. Both recognisers get the sound in
pieces and know that the speaker pauses, as in a call; nobody waits for partials.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Beside, figure

VOICES = ("slt", "rms", "awb")
RATE = 16_000
PIECE = 512
LEAD, TAIL = 4800, 1600  # samples of silence around the speech: the padding, and what makes a pause
AIMS: dict[str, float | None] = {"clean": 0.05, "pink_20db": 0.10, "white_20db": None}

Pcm = NDArray[np.int16]

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def sentences() -> list[str]:
    """All of them."""
    text = Path(__file__).with_name("sentences.txt").read_text(encoding="utf-8")
    return text.splitlines()


def words(text: str) -> list[str]:
    """What counts: no case, no signs, numbers as they are said.

    Example:
        >>> words("It's 240 rows, about 20%.")
        ['its', 'two', 'hundred', 'and', 'forty', 'rows', 'about', 'twenty', 'percent']
    """
    plain = text.lower().replace("'", "").replace("%", " percent")
    plain = "".join(c if c.isalnum() or c.isspace() else " " for c in plain)
    return [said for word in plain.split() for said in (_number(int(word)) if word.isdecimal() else [word])]


def _number(n: int) -> list[str]:
    if n < 20:
        return [_ONES[n]]
    if n < 100:
        return [_TENS[n // 10], *(_number(n % 10) if n % 10 else [])]
    for size, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if n >= size:
            rest = n % size
            link = ["and"] if size == 100 or rest < 100 else []
            return [*_number(n // size), name, *([*link, *_number(rest)] if rest else [])]
    raise AssertionError(n)


def errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest words that were put in, left out or replaced.

    Example:
        >>> errors("how many rows".split(), "how man rows are".split())
        2
    """
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def speak(text: str, voice: str) -> Pcm:
    """The sentence in one of flite's voices."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", file.name], check=True)
        with wave.open(file.name) as wav:
            assert (wav.getframerate(), wav.getnchannels()) == (RATE, 1)
            pcm = np.frombuffer(wav.readframes(wav.getnframes()), np.int16)
    return np.concatenate([np.zeros(LEAD, np.int16), pcm, np.zeros(TAIL, np.int16)])


def in_noise(pcm: Pcm, noise: NDArray[np.float64], decibels: float) -> Pcm:
    """The noise so far below the speech's level where there is speech."""
    voiced = pcm[np.abs(pcm) > 200].astype(float)
    level = float(np.sqrt(np.mean(voiced**2))) * 10 ** (-decibels / 20)
    loud: Pcm = np.clip(pcm + noise / noise.std() * level, -32768, 32767).astype(np.int16)
    return loud


def noises(rng: np.random.Generator, samples: int) -> dict[str, NDArray[np.float64]]:
    """White noise, and pink."""
    white = rng.standard_normal(samples)
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), samples)
    return {"white_20db": white, "pink_20db": pink}


def live(pcms: Sequence[Pcm]) -> float:
    """CPU seconds per second of speech with partials, and with each pause taken for the last.

    The clock is the sound's, so that it does not matter how busy the machine is.
    """
    from voice_widget.engine.stages.recognisers.batch import BatchSession
    from voice_widget.engine.stages.recognisers.whisper import Whisper

    model, now = Whisper(), [0.0]
    session = BatchSession(model.recognise, clock=lambda: now[0])
    began = time.process_time()
    for pcm in pcms:
        session.start()
        loudest, quiet = 0.0, 0
        for at in range(0, len(pcm), PIECE):
            piece = pcm[at : at + PIECE]
            level = float(np.abs(piece).max(initial=0))
            loudest = max(loudest, level)
            quiet = quiet + len(piece) if level < loudest / 50 else 0
            now[0] += len(piece) / RATE
            session.feed(piece)
            if not quiet:
                session.resume()
            elif loudest and quiet >= session.pause_ms * RATE / 1000:
                session.pause()
        session.finish()
    return (time.process_time() - began) / (sum(map(len, pcms)) / RATE)


def recognise(stt: Any, pcm: Pcm) -> str:
    """As a listener does it."""
    stt.start()
    for at in range(0, len(pcm), PIECE):
        stt.feed(pcm[at : at + PIECE])
    stt.pause()
    return str(stt.finish().text)


def recognisers() -> dict[str, Callable[[], Any]]:
    """By name; each begins anew."""
    from voice_widget.engine.stages.recognisers.pocketsphinx import PocketsphinxStt
    from voice_widget.engine.stages.recognisers.whisper import Whisper

    return {"pocketsphinx": PocketsphinxStt, "whisper": lambda: Whisper().session()}


def utterances(chosen: Sequence[str]) -> Iterator[tuple[str, str, Pcm]]:
    """(condition, sentence, sound)."""
    rng = np.random.default_rng(1)
    for text in chosen:
        for voice in VOICES:
            clean = speak(text, voice)
            yield "clean", text, clean
            for name, noise in noises(rng, len(clean)).items():
                yield name, text, in_noise(clean, noise, 20)


def main(step: int = 1) -> None:
    material = list(utterances(sentences()[::step]))
    seconds = sum(len(pcm) for _, _, pcm in material) / RATE
    rates: dict[str, dict[str, list[float]]] = {}
    costs: dict[str, float] = {}
    for name, make in recognisers().items():
        stt = make()
        began = time.process_time()
        found: dict[str, list[tuple[int, int]]] = {condition: [] for condition in AIMS}
        for condition, text, pcm in material:
            said = words(text)
            found[condition].append((errors(said, words(recognise(stt, pcm))), len(said)))
        costs[name] = (time.process_time() - began) / seconds
        rates[name] = {c: [sum(e for e, _ in f) / sum(n for _, n in f)] for c, f in found.items()}
    for condition, aim in AIMS.items():
        sphinx = rates["pocketsphinx"][condition]
        figure(f"word_errors_pocketsphinx_{condition}", sphinx, "of words")
        rate = rates["whisper"][condition]
        told: dict[str, Any] = {} if aim is None else {"aim": f"<= {aim:g}", "met": rate[0] <= aim}
        figure(
            f"word_errors_whisper_{condition}", rate, "of words",
            beside=Beside("pocketsphinx", sphinx[0]), sentences=len(material) // len(AIMS), **told,
        )  # fmt: skip
    figure("recogniser_cpu_pocketsphinx", [costs["pocketsphinx"]], "s per s of speech")
    beside = Beside("recogniser_cpu_pocketsphinx", costs["pocketsphinx"])
    figure("recogniser_cpu_whisper", [costs["whisper"]], "s per s of speech", beside=beside)
    clean = [pcm for condition, _, pcm in material if condition == "clean"]
    figure("recogniser_cpu_whisper_live", [live(clean)], "s per s of speech", beside=beside)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
