"""Speech recognition by Vosk (extra ``vosk``): small models for some twenty languages, while one speaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from voice_widget.engine.stages.contracts import Hints, Pcm, Progress, Transcript, quietly
from voice_widget.engine.stages.growing import told_as_it_grows
from voice_widget.engine.stages.recognisers.batch import joined
from voice_widget.errors import EngineError, reason

RATE = 16_000


class Vosk:
    """The model, shared by sessions.

    Args:
        model: A folder, or the name of a model of Vosk's, which is downloaded unless it is there.
        language: Without a model: the small one of this language (``"en-us"``, ``"de"`` …).
        progress: Is told what is being loaded.

    Raises:
        EngineError: There is no such model, or it cannot be downloaded.
    """

    def __init__(
        self, model: str | None = None, *, language: str = "en-us", progress: Progress = quietly
    ) -> None:
        import vosk

        vosk.SetLogLevel(-1)
        self._recogniser = vosk.KaldiRecognizer
        # What a model of one's own knows, it does not say.
        self.languages: tuple[str, ...] = (language,) if model is None else ()
        named = f"the model {model}" if model else f"the small model for {language}"
        what = f"Loading {named}; what is not there is downloaded."
        try:
            with told_as_it_grows(Path(vosk.MODEL_DIRS[-1]), what, progress):
                if model is None:
                    self._model = vosk.Model(lang=language)
                elif Path(model).expanduser().is_dir():
                    self._model = vosk.Model(model_path=str(Path(model).expanduser()))
                else:
                    self._model = vosk.Model(model_name=model)
        except (Exception, SystemExit) as error:  # it ends the process where it knows no such name
            why = "" if isinstance(error, SystemExit) else f": {reason(error)}"
            raise EngineError(
                f"Vosk has no {named.removeprefix('the ')}, or cannot load it{why}.",
                next_step="Unpack one of alphacephei.com/vosk/models and give its folder.",
            ) from error

    def session(self) -> VoskSession:
        """A recogniser for one session."""
        return VoskSession(lambda: self._recogniser(self._model, RATE))


class VoskSession:
    """Recognises one utterance after the other, each with a recogniser of its own: so times begin at 0.

    Args:
        make: Gives a recogniser of Vosk's.
    """

    sample_rate = RATE

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._recogniser: Any = None
        self._kept: list[Transcript] = []
        self._told = ""

    def prepare(self, hints: Hints) -> None:
        """Its hints would be a grammar, which hears nothing else: they are not used."""

    def start(self) -> None:
        """An utterance starts."""
        self._recogniser = self._make()
        self._recogniser.SetWords(True)
        self._kept, self._told = [], ""

    def feed(self, pcm: Pcm) -> Transcript | None:
        """The next audio; a partial if it changed."""
        if self._recogniser is None:
            return None
        if self._recogniser.AcceptWaveform(pcm.tobytes()):
            self._kept.append(_transcript(self._recogniser.Result()))
            part = ""
        else:
            part = str(json.loads(self._recogniser.PartialResult()).get("partial", ""))
        found = joined([*self._kept, Transcript(part)])
        if found.text == self._told:
            return None
        self._told = found.text
        return found

    def finish(self) -> Transcript:
        """The utterance is over."""
        if self._recogniser is None:
            return Transcript("", final=True)
        found = joined([*self._kept, _transcript(self._recogniser.FinalResult())])
        self.cancel()
        return Transcript(found.text, True, found.confidence, found.words)

    def cancel(self) -> None:
        """The utterance does not count."""
        self._recogniser, self._kept = None, []


def _transcript(result: str) -> Transcript:
    value = json.loads(result)
    words = value.get("result", [])
    sure = sum(word["conf"] for word in words) / len(words) if words else None
    return Transcript(
        str(value.get("text", "")),
        confidence=sure,
        words=tuple((word["word"], float(word["start"]), float(word["end"])) for word in words),
    )
