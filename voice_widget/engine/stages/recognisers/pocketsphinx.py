"""Speech recognition by PocketSphinx, English, from its wheel (extra ``local``; the model is in the wheel).

Two decoders listen at once: one with the general language model, one with a model made from the hints. The
text of the latter counts when it scores no worse, so commands are understood well and chit-chat does not
turn into one. Such a pair takes a hundred megabytes: it is lent to a session for an utterance, and there are
as many as speak at once.
"""

from __future__ import annotations

import math
import os
import tempfile
import threading
from typing import Any

import pocketsphinx

from voice_widget.engine.stages.contracts import Hints, Pcm, Transcript
from voice_widget.engine.stages.recognisers.language_model import arpa, sentences, vocabulary
from voice_widget.engine.stages.recognisers.pronunciation import Pronouncer

# What the mean of the features settles on. Without it a new decoder hardly understands its first utterance.
_CMN = "46.3,-5.3,7.4,6.2,0,-3.4,-1,-1,.6,1.8,1,4.4,3.7"
_LOG_BASE = math.log(1.0001)
_PARTIAL_SAMPLES = 1600
_MOST_REPLAYED = 15 * 16000 * 2  # bytes: hearing this again takes about half a second


class PocketsphinxStt:
    """Recognises English; well what the hints describe, roughly anything else."""

    sample_rate = 16000

    def __init__(self) -> None:
        # One pass: 10 ms at the end of an utterance instead of 100, and hardly more errors.
        self._general = pocketsphinx.Decoder(loglevel="FATAL", fwdflat=False, bestpath=False)
        self._general.set_cmn(_CMN)
        self._domain: Any = None
        self._hints = Hints()
        self._pronounce = Pronouncer(self._general.lookup_word)
        self._on = False
        self._text = ""
        self._fed = 0
        self._heard: list[bytes] = []
        self._heard_bytes = 0
        self._settled = False

    def prepare(self, hints: Hints) -> None:
        """Make the model of these hints; some 100 ms when they are new."""
        if hints == self._hints:
            return
        self._hints = hints
        self._domain = None
        phrases = sentences(hints)
        if not phrases:
            return
        decoder = pocketsphinx.Decoder(loglevel="FATAL", lm=None, dict=None)
        known = set()
        for word in vocabulary(phrases):
            for number, phones in enumerate(self._pronounce(word), 1):
                decoder.add_word(word if number == 1 else f"{word}({number})", phones, False)
                known.add(word)
        with tempfile.TemporaryDirectory(prefix="voice_widget-") as folder:
            path = os.path.join(folder, "hints.arpa")
            with open(path, "w", encoding="utf-8") as file:
                file.write(arpa(phrases, known.__contains__))
            decoder.add_lm_file("hints", path)
        decoder.activate_search("hints")
        decoder.set_cmn(self._general.get_cmn())
        self._domain = decoder

    @property
    def hints(self) -> Hints:
        """What it expects to hear."""
        return self._hints

    @property
    def speaker(self) -> str:
        """What it has learnt of the speaker's sound."""
        return str(self._general.get_cmn())

    def renew(self, speaker: str = _CMN) -> None:
        """Forget the speaker, for another one."""
        self.cancel()
        for decoder in self._decoders():
            decoder.set_cmn(speaker)

    def start(self) -> None:
        """An utterance starts."""
        self.cancel()
        for decoder in self._decoders():
            decoder.start_utt()
        self._on, self._text, self._fed = True, "", 0
        self._heard, self._heard_bytes, self._settled = [], 0, False

    def feed(self, pcm: Pcm) -> Transcript | None:
        """The next audio; a partial if it changed."""
        raw = pcm.tobytes()
        if self._settled or self._heard_bytes <= _MOST_REPLAYED:
            self._heard.append(raw)
            self._heard_bytes += len(raw)
        elif self._heard:
            self._heard = []  # too long to be heard again
        self._general.process_raw(raw, no_search=False, full_utt=False)
        if self._domain is not None and not self._settled:
            self._domain.process_raw(raw, no_search=False, full_utt=False)
        self._fed += len(pcm)
        if self._fed < _PARTIAL_SAMPLES:
            return None
        self._fed = 0
        text = self._best()
        if not text or text == self._text:
            return None
        self._text = text
        return Transcript(text)

    def finish(self) -> Transcript:
        """The utterance is over."""
        if not self._on:
            return Transcript("", final=True)
        self._end()
        return Transcript(self._best(), final=True)

    def pause(self) -> None:
        """The speaker is silent, perhaps for good: do the long part of `finish` now, while we wait."""
        short = self._heard_bytes <= _MOST_REPLAYED
        if self._on and short and self._domain is not None and not self._settled:
            self._domain.end_utt()
            self._settled = True

    def resume(self) -> None:
        """The speaker goes on: the utterance is heard again from its start, which is quick."""
        if self._on and self._settled:
            self._settled = False
            self._domain.start_utt()
            self._domain.process_raw(b"".join(self._heard), no_search=False, full_utt=False)

    def cancel(self) -> None:
        """The utterance does not count."""
        if self._on:
            self._end()

    def _end(self) -> None:
        self._general.end_utt()
        if self._domain is not None and not self._settled:
            self._domain.end_utt()
        self._on, self._heard = False, []

    def _decoders(self) -> list[Any]:
        return [self._general] if self._domain is None else [self._domain, self._general]

    def _best(self) -> str:
        heard = [_read(decoder) for decoder in self._decoders()]
        return max(heard, key=lambda h: h[0])[1]  # the first of equals: the hints


class Pocketsphinx:
    """The recognisers of all sessions."""

    languages = ("en",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free = [PocketsphinxStt()]

    def session(self) -> Lent:
        """What one session uses."""
        return Lent(self)

    def take(self, hints: Hints) -> PocketsphinxStt:
        """One that expects this; a third of a second where none is free, a tenth where none expects it."""
        with self._lock:
            fitting = [stt for stt in self._free if stt.hints == hints] or self._free
            stt = fitting[-1] if fitting else None
            if stt is not None:
                self._free.remove(stt)
        if stt is None:
            stt = PocketsphinxStt()
        stt.prepare(hints)
        return stt

    def give_back(self, stt: PocketsphinxStt) -> None:
        """It may serve another session."""
        with self._lock:
            self._free.append(stt)


class Lent:
    """A session's recogniser: one of those there are while somebody speaks, none else."""

    sample_rate = 16000

    def __init__(self, model: Pocketsphinx) -> None:
        self._model = model
        self._hints = Hints()
        self._speaker = _CMN
        self._stt: PocketsphinxStt | None = None

    def prepare(self, hints: Hints) -> None:
        """Let one get ready for these hints."""
        self._hints = hints
        if hints.phrases or hints.words:
            self._model.give_back(self._model.take(hints))

    def start(self) -> None:
        """An utterance starts."""
        self.cancel()
        self._stt = self._model.take(self._hints)
        self._stt.renew(self._speaker)
        self._stt.start()

    def feed(self, pcm: Pcm) -> Transcript | None:
        """The next audio; a partial if it changed."""
        return self._stt.feed(pcm) if self._stt else None

    def pause(self) -> None:
        """The speaker is silent, perhaps for good."""
        if self._stt:
            self._stt.pause()

    def resume(self) -> None:
        """The speaker goes on."""
        if self._stt:
            self._stt.resume()

    def finish(self) -> Transcript:
        """The utterance is over."""
        try:
            return self._stt.finish() if self._stt else Transcript("", final=True)
        finally:
            self._return()

    def cancel(self) -> None:
        """The utterance does not count."""
        if self._stt:
            self._stt.cancel()
        self._return()

    def _return(self) -> None:
        stt, self._stt = self._stt, None
        if stt is not None:
            self._speaker = stt.speaker
            self._model.give_back(stt)


def _read(decoder: Any) -> tuple[float, str]:
    found = decoder.hyp()
    if found is None or not found.hypstr:
        return -math.inf, ""
    return math.log(max(found.best_score, 1e-300)) / _LOG_BASE, str(found.hypstr)
