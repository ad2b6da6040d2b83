"""Speech recognition by faster-whisper (extra ``faster-whisper``): any Whisper, any language, also on a GPU.

It pads all sound to thirty seconds, so on a small machine the part ``whisper`` is far quicker.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from voice_widget.engine.stages.contracts import Hints, Pcm, Progress, Transcript, quietly
from voice_widget.engine.stages.growing import told_as_it_grows
from voice_widget.engine.stages.recognisers.batch import BatchSession, joined
from voice_widget.engine.stages.recognisers.expected_words import prompt
from voice_widget.engine.stages.recognisers.invented import Heard, believed, silent
from voice_widget.errors import EngineError, reason

_BEAM = 5


class FasterWhisper:
    """The model, shared by sessions.

    Args:
        model: A size (``"small.en"``, ``"large-v3"``), the name of a repository, or a folder. What is not in
            the cache is downloaded.
        device: ``"cpu"``, ``"cuda"`` or ``"auto"``.
        compute_type: How it calculates, ``"int8"`` for instance.
        language: What is spoken (``"en"``, ``"de"`` …); without it the hints say it, ``"auto"`` finds it out.
        threads: Cores for one recognition; 0 leaves it to the library.
        progress: Is told what is being loaded.

    Raises:
        EngineError: There is no such model, or it cannot be downloaded.
    """

    def __init__(
        self,
        model: str = "small.en",
        *,
        device: str = "auto",
        compute_type: str = "default",
        language: str | None = None,
        threads: int = 0,
        progress: Progress = quietly,
    ) -> None:
        import faster_whisper

        options = {"device": device, "compute_type": compute_type, "cpu_threads": threads}
        progress(f"Loading {model}.", None)
        try:
            # Without the network first: a model that is there is asked for nowhere.
            self._model = faster_whisper.WhisperModel(model, local_files_only=True, **options)
        except Exception as missing:
            if Path(model).exists():
                raise EngineError(f"{model} does not load: {reason(missing)}") from missing
            try:
                with told_as_it_grows(_cache(), f"Downloading {model}.", progress):
                    self._model = faster_whisper.WhisperModel(model, **options)
            except Exception as error:
                raise EngineError(
                    f"faster-whisper has no {model!r}, or cannot download it: {reason(error)}",
                    next_step="Give a size such as small.en, a folder, or connect to the network once.",
                ) from error
        self._language = language
        self.languages: tuple[str, ...] = () if self._model.model.is_multilingual else ("en",)

    def session(self) -> BatchSession:
        """A recogniser for one session."""
        return BatchSession(self.recognise)

    def recognise(self, sound: Pcm, hints: Hints, draft: bool = False) -> Transcript:
        """The text of a piece of sound of 16 kHz."""
        if silent(sound):
            return Transcript("")
        language = self.languages[0] if self.languages else self._language or hints.language.split("-")[0]
        segments, _ = self._model.transcribe(
            sound.astype(np.float32) / 32768,
            language=None if language == "auto" else language,
            beam_size=1 if draft else _BEAM,
            condition_on_previous_text=False,
            initial_prompt=prompt(hints) or None,
        )
        return joined([_transcript(segment) for segment in segments])


def _cache() -> Path:
    """Where models are downloaded to."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def _transcript(segment: Any) -> Transcript:
    seconds = segment.end - segment.start
    heard = believed(Heard(segment.text.strip(), segment.avg_logprob, segment.no_speech_prob, seconds))
    return Transcript(heard.text, confidence=math.exp(heard.log_probability))
