"""Speech recognition by faster-whisper (extra ``faster-whisper``): any Whisper, any language, also on a GPU.

It pads all sound to thirty seconds, so on a small machine the part ``whisper`` is far quicker.
"""

from __future__ import annotations

import math
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from voice_widget.engine.stages.contracts import Hints, Pcm, Progress, Transcript, quietly
from voice_widget.engine.stages.growing import told_as_it_grows
from voice_widget.engine.stages.languages import base, chosen
from voice_widget.engine.stages.recognisers.batch import BatchSession, joined
from voice_widget.engine.stages.recognisers.expected_words import prompt
from voice_widget.engine.stages.recognisers.invented import Heard, believed, silent
from voice_widget.errors import EngineError, reason

_BEAM = 5
_SIZE_S = 5.0
_FILES = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")
"""What of a repository is downloaded."""
_SIZES = ("tiny", "base", "small", "medium")  # those that there are with and without ``.en``


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
        SettingError: The model does not know the language.
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

        asked = None if language in (None, "auto") else language
        if asked is not None and model.endswith(".en") and not Path(model).exists():
            chosen(asked, ("en",), model, _instead(model))  # before half a gigabyte is fetched for nothing
        options = {"device": device, "compute_type": compute_type, "cpu_threads": threads}
        progress(f"Loading {model}.", None)
        try:
            # Without the network first: a model that is there is asked for nowhere.
            self._model = faster_whisper.WhisperModel(model, local_files_only=True, **options)
        except Exception as missing:
            if Path(model).exists():
                raise EngineError(f"{model} does not load: {reason(missing)}") from missing
            try:
                says = f"Downloading {model}."
                with told_as_it_grows(_cache(), says, progress, whole=lambda: _size(model)):
                    self._model = faster_whisper.WhisperModel(model, **options)
            except Exception as error:
                raise EngineError(
                    f"faster-whisper has no {model!r}, or cannot download it: {reason(error)}",
                    next_step="Give a size such as small.en, a folder, or connect to the network once.",
                ) from error
        self._detects = language == "auto"
        self._codes = {base(code): code for code in self._model.supported_languages}
        self.languages: tuple[str, ...] = tuple(self._codes)
        if asked is not None:
            self.languages = (chosen(asked, self._codes, model, _instead(model)),)
        elif self._detects and len(self._codes) > 1:
            self.languages = ()

    def session(self) -> BatchSession:
        """A recogniser for one session."""
        return BatchSession(self.recognise)

    def recognise(self, sound: Pcm, hints: Hints, draft: bool = False) -> Transcript:
        """The text of a piece of sound of 16 kHz."""
        if silent(sound):
            return Transcript("")
        language = self.languages[0] if len(self.languages) == 1 else base(hints.language)
        segments, _ = self._model.transcribe(
            sound.astype(np.float32) / 32768,
            language=None if self._detects else self._codes.get(language),
            beam_size=1 if draft else _BEAM,
            condition_on_previous_text=False,
            initial_prompt=prompt(hints) or None,
        )
        return joined([_transcript(segment) for segment in segments])


def _size(model: str) -> int | None:
    """How many bytes a model has, as the Hub says; None: that is not known."""
    # No download may fail because its size is not to be had.
    with suppress(Exception):
        from faster_whisper import utils
        from huggingface_hub import HfApi

        repository = utils._MODELS.get(model, model)
        files = HfApi().model_info(repository, timeout=_SIZE_S, files_metadata=True).siblings or ()
        wanted = [file for file in files if any(fnmatch(file.rfilename, name) for name in _FILES)]
        return sum(file.size or 0 for file in wanted) or None
    return None


def _instead(model: str) -> str:
    """What knows more than English."""
    size = model.removesuffix(".en")
    return f"Take a model of many languages, such as {size if size in _SIZES else 'small'}."


def _cache() -> Path:
    """Where models are downloaded to."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def _transcript(segment: Any) -> Transcript:
    seconds = segment.end - segment.start
    heard = believed(Heard(segment.text.strip(), segment.avg_logprob, segment.no_speech_prob, seconds))
    return Transcript(heard.text, confidence=math.exp(heard.log_probability))
