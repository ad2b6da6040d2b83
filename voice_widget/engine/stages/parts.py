"""Finds the parts of the stages by name, and says what to do when one is not there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from voice_widget.engine.stages.contracts import STT, TTS, VAD, Pcm
from voice_widget.engine.stages.events import StageReport, StageSpec
from voice_widget.engine.stages.vad_level import LevelVad
from voice_widget.errors import EngineError, MissingParts

INSTALL = 'pip install "voice-widget[local]"'

_OWN = {
    ("vad", "silero"): "voice_widget.engine.stages.vad_silero:SileroVad",
    ("vad", "level"): "voice_widget.engine.stages.vad_level:LevelVad",
    ("vad", "webrtc"): "voice_widget.engine.stages.vad_webrtc:WebrtcVad",
    ("stt", "pocketsphinx"): "voice_widget.engine.stages.stt_pocketsphinx:PocketsphinxStt",
    ("stt", "scripted"): "voice_widget.engine.stages.stt_scripted:ScriptedStt",
    ("tts", "espeak"): "voice_widget.engine.stages.tts_espeak:EspeakTts",
    ("tts", "tone"): "voice_widget.engine.stages.tts_tone:ToneTts",
}
_RESTOCK_S = 0.5
_RESTOCK_TRIES = 100
_DOES = {"vad": "Speech detection", "stt": "Speech recognition", "tts": "The voice"}


def find(stage: str, name: str) -> Callable[..., Any]:
    """The class of a part.

    A name of the package's own, of an entry point ``voice_widget.<stage>``, or ``module:Class``.

    Raises:
        MissingParts: It, or what it needs, is not installed; the message says what to run.
        EngineError: There is no part of that name, or it does not load.
    """
    target = _OWN.get((stage, name))
    if target is None:
        for entry in entry_points(group=f"voice_widget.{stage}", name=name):
            target = entry.value
    if target is None:
        target = name
    module, colon, attribute = target.partition(":")
    if not colon:
        raise EngineError(f"There is no part {name!r} for the stage {stage!r}.")
    try:
        found: Callable[..., Any] = getattr(import_module(module), attribute)
    except Exception as error:  # a native library may fail in any way when it loads
        raise _missing(stage, name, error) from error
    return found


def make(stage: str, spec: StageSpec) -> Any:
    """A new part for a session.

    Raises:
        MissingParts: See `find`.
        EngineError: It does not load.
    """
    name = str(getattr(spec, stage))
    part = find(stage, name)
    try:
        return part(spec.script) if (stage, name) == ("stt", "scripted") else part()
    except EngineError:
        raise
    except Exception as error:
        raise _missing(stage, name, error) from error


def _missing(stage: str, name: str, error: Exception) -> EngineError:
    if isinstance(error, ImportError) and (stage, name) in _OWN:
        return MissingParts(
            f"{_DOES[stage]} is not installed ({error.name or error}). Run: {INSTALL}", next_step=""
        )
    return EngineError(f"{_DOES.get(stage, stage)} ({name}) does not load: {error!r}.")


@dataclass(frozen=True)
class Ears:
    """What a session listens with. ``problems`` maps a stage to a sentence."""

    vad: VAD
    stt: STT | None
    problems: dict[str, str]


class Workshop:
    """Makes the parts of sessions, and keeps one recogniser ready: loading one takes a third of a second.

    Args:
        quiet: Says whether nobody is being listened to right now; loading a recogniser would disturb that.
    """

    def __init__(self, quiet: Callable[[], bool]) -> None:
        self._quiet = quiet
        self._lock = threading.Lock()
        self._spare: tuple[StageSpec, STT] | None = None

    def warm(self, spec: StageSpec) -> StageReport:
        """Load everything once. What fails is reported, not raised."""
        missing: dict[str, str] = {}
        voices: tuple[str, ...] = ()
        try:
            vad = make("vad", spec)
            vad(_silence(vad.frame_samples))
        except EngineError as error:
            missing["vad"] = error.message
        try:
            tts: TTS = make("tts", spec)
            voices = tuple(tts.voices)
            next(iter(tts.synthesize("a", voice=None)), None)
        except EngineError as error:
            missing["tts"] = error.message
        try:
            self._spare = (spec, make("stt", spec))
        except EngineError as error:
            missing["stt"] = error.message
        return StageReport(voices, missing)

    def ears(self, spec: StageSpec) -> Ears:
        """A detector and a recogniser for a new session; at once when the spare recogniser fits."""
        problems: dict[str, str] = {}
        try:
            vad: VAD = make("vad", spec)
        except EngineError as error:
            problems["vad"] = error.message
            vad = LevelVad()
        with self._lock:
            spare = self._spare if self._spare and self._spare[0] == spec else None
            if spare:
                self._spare = None
        if spare:
            threading.Thread(target=self._restock, args=(spec,), name="spare recogniser", daemon=True).start()
            return Ears(vad, spare[1], problems)
        try:
            return Ears(vad, make("stt", spec), problems)
        except EngineError as error:
            problems["stt"] = error.message
            return Ears(vad, None, problems)

    def give_back(self, spec: StageSpec, stt: STT | None) -> None:
        """A session has ended: its recogniser may serve the next one, if it can forget the last."""
        renew = getattr(stt, "renew", None)
        if stt is None or renew is None:
            return
        renew()
        with self._lock:
            if self._spare is None:
                self._spare = (spec, stt)

    def _restock(self, spec: StageSpec) -> None:
        # The session that has just been opened gets through its first seconds undisturbed.
        for _ in range(_RESTOCK_TRIES):
            time.sleep(_RESTOCK_S)
            if self._spare is not None:
                return
            if self._quiet():
                break
        try:
            stt = make("stt", spec)
        except EngineError:
            return
        with self._lock:
            if self._spare is None:
                self._spare = (spec, stt)


def _silence(samples: int) -> Pcm:
    import numpy as np

    return np.zeros(samples, np.int16)
