"""Speech recognition by Moonshine (extra ``moonshine-voice``): small models, quick with short sound.

The English models are free; those of other languages are not for commercial use.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from voice_widget.engine.stages.contracts import Hints, Pcm, Progress, Transcript, quietly
from voice_widget.engine.stages.recognisers.batch import RATE, BatchSession
from voice_widget.engine.stages.recognisers.expected_words import names
from voice_widget.engine.stages.recognisers.invented import silent
from voice_widget.errors import EngineError, SettingError, reason

_MOST_TERMS = 100


class Moonshine:
    """The model, shared by sessions.

    Args:
        model: A folder with a model; without it the one of the language is downloaded, unless it is there.
        arch: Which kind of model that is: ``"tiny"``, ``"base"``, ``"small-streaming"`` …
        language: Of the model to download.
        progress: Is told what is being loaded.

    Raises:
        SettingError: There is no such kind of model.
        EngineError: There is no such model, or it cannot be downloaded.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        arch: str | None = None,
        language: str = "en",
        progress: Progress = quietly,
    ) -> None:
        from moonshine_voice.download import get_model_for_language
        from moonshine_voice.moonshine_api import ModelArch
        from moonshine_voice.transcriber import Transcriber

        kind = None if arch is None else _kind(ModelArch, arch)
        self.languages = (language,)
        try:
            if model is None:
                progress("Loading Moonshine; what is not there is downloaded.", None)
                found, kind = get_model_for_language(
                    language, kind, on_progress=lambda of, file: progress(f"Downloading {file}.", of)
                )
            else:
                progress(f"Loading {model}.", None)
                found = str(Path(model).expanduser())
                kind = ModelArch.BASE if kind is None else kind
            self._transcriber = Transcriber(found, kind)
        except Exception as error:
            raise EngineError(
                f"Moonshine has no model for {model or language}, or cannot load it: {reason(error)}",
                next_step="Give the folder of a model and its arch, or connect to the network once.",
            ) from error
        self._takes_terms = kind.name.endswith("STREAMING")
        self._terms: tuple[str, ...] = ()
        # One model with one list of terms: sessions use it one after the other.
        self._lock = threading.Lock()

    def session(self) -> BatchSession:
        """A recogniser for one session."""
        return BatchSession(self.recognise)

    def recognise(self, sound: Pcm, hints: Hints, draft: bool = False) -> Transcript:
        """The text of a piece of sound of 16 kHz."""
        if silent(sound):
            return Transcript("")
        samples = (sound.astype(np.float32) / 32768).tolist()
        with self._lock:
            self._expect(hints)
            lines = self._transcriber.transcribe_without_streaming(samples, RATE).lines
        return Transcript(" ".join(text for line in lines if (text := line.text.strip())))

    def _expect(self, hints: Hints) -> None:
        terms = tuple(name.replace(",", " ") for name in names(hints)[:_MOST_TERMS])
        if self._takes_terms and terms != self._terms:
            self._transcriber.set_keyterms(terms)
            self._terms = terms


def _kind(kinds: Any, arch: str) -> Any:
    try:
        return kinds[arch.upper().replace("-", "_")]
    except KeyError:
        known = ", ".join(kind.name.lower().replace("_", "-") for kind in kinds)
        raise SettingError(f"There is no arch {arch!r}.", next_step=f"Choose one of {known}.") from None
