"""The models of the stage process: each is loaded once and shared, and gives each session what it uses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from voice_widget.engine.stages.contracts import FAILURES, STT, TTS, VAD, EndOfTurn, Model
from voice_widget.engine.stages.detectors.level import LevelVad
from voice_widget.engine.stages.events import StageReport
from voice_widget.engine.stages.registry import available, begin, each, load, wanted
from voice_widget.engine.stages.voice_speed import MOST_RTF, real_time_factor
from voice_widget.errors import EngineError, VoiceWidgetError, told
from voice_widget.realtime.settings.parts import STAGES, Part, Stage, StageSpec, best

_RESTOCK_S = 0.5
_RESTOCK_TRIES = 100

Loading = Callable[[str, str, float | None], None]
"""Which part is being loaded, what of it, and how much of it is (0 … 1; None: not known)."""


@dataclass(frozen=True)
class Ears:
    """What a session listens with. ``problems``: a stage → a sentence; ``languages``: the recogniser's."""

    vad: VAD
    stt: STT | None
    problems: dict[str, str]
    judge: EndOfTurn | None = None
    languages: tuple[str, ...] = ()


class Workshop:
    """Has the models, and one recogniser ready where each session needs its own, which takes a while to load.

    Args:
        quiet: Says whether nobody is being listened to right now; loading a recogniser would disturb that.
        loading: Told while something loads.
    """

    def __init__(
        self, quiet: Callable[[], bool], loading: Loading = lambda part, says, fraction: None
    ) -> None:
        self._quiet, self._loading = quiet, loading
        self._lock = threading.Lock()
        self._loads = threading.Lock()
        self._models: dict[tuple[Stage, Part, str | None], Model] = {}
        self._chosen: dict[Stage, Part] = {}
        self._spare: tuple[Model, STT] | None = None

    def warm(self, spec: StageSpec) -> StageReport:
        """Load everything once. What fails is reported, not raised."""
        missing: dict[str, str] = {}
        parts: dict[str, str] = {}
        notes: list[str] = []
        about: list[str] = []
        steps: dict[str, str] = {}
        voices: tuple[str, ...] = ()
        for stage in STAGES:
            given = spec.part(stage)
            candidates = (given,) if given is not None else best(stage, wanted)
            for number, part in enumerate(candidates):
                last = number == len(candidates) - 1
                try:
                    speaks, notice = self._try(stage, part, spec, in_time=not last)
                except EngineError as error:
                    if error.next_step:
                        steps[str(error)] = error.next_step
                    if last:
                        missing[stage] = str(error)
                    else:
                        notes.append(str(error))
                        self._let_go(stage, part)
                    continue
                parts[stage] = part.label
                voices = voices or speaks
                if given is None:
                    self._chosen[stage] = part
                if notice is not None:
                    about.append(notice)
                break
        return StageReport(voices, missing, parts, tuple(notes), tuple(about), steps)

    def _try(
        self, stage: Stage, part: Part, spec: StageSpec, *, in_time: bool
    ) -> tuple[tuple[str, ...], str | None]:
        """Use a part once; gives its voices, and what one must know of it."""
        model = self._model(stage, part, spec)
        if model is None:
            return (), None
        made = begin(stage, part, model)
        voices: tuple[str, ...] = ()
        try:
            if stage == "vad":
                made(np.zeros(made.frame_samples, np.int16))
            elif stage == "tts":
                next(iter(made.synthesize("a", voice=None)), None)
                if in_time:
                    _check_speed(part, made)
                voices = tuple(getattr(made, "voices", None) or ())
            elif stage == "stt":
                self._spare = model, made
            notice = getattr(model, "notice", None)
            return voices, str(notice) if notice else None
        except EngineError:
            raise
        except VoiceWidgetError as error:
            raise EngineError(error.message, next_step=error.next_step) from error
        except FAILURES as error:
            raise EngineError(told(f"{part.name} does not work", error)) from error

    def ears(self, spec: StageSpec) -> Ears:
        """What a new session listens with; at once when the recogniser that is ready fits."""
        problems: dict[str, str] = {}

        def made(stage: Stage) -> Any:
            try:
                return self._made(stage, spec)
            except EngineError as error:
                problems[stage] = str(error)
                return None

        vad, stt, judge = made("vad") or LevelVad(), made("stt"), made("turn_detector")
        model = None if stt is None else self._model("stt", self._part("stt", spec), spec)
        languages = getattr(stt, "languages", None) or getattr(model, "languages", None) or ()
        return Ears(vad, stt, problems, judge, tuple(languages))

    def voice(self, spec: StageSpec) -> TTS:
        """What a new session speaks with.

        Raises:
            EngineError: It does not load.
        """
        voice: TTS = self._made("tts", spec)
        return voice

    def give_back(self, spec: StageSpec, ears: Ears) -> None:
        """A session has ended: its recogniser may serve the next one, if it can forget the last."""
        renew = getattr(ears.stt, "renew", None)
        if ears.stt is None or renew is None:
            return
        renew()
        model = self._model("stt", self._part("stt", spec), spec)
        with self._lock:
            if self._spare is None and model is not None:
                self._spare = model, ears.stt

    def _made(self, stage: Stage, spec: StageSpec) -> Any:
        part = self._part(stage, spec)
        model = self._model(stage, part, spec)
        if model is None:
            return None
        if stage == "stt":
            with self._lock:
                spare = self._spare if self._spare and self._spare[0] is model else None
                if spare:
                    self._spare = None
            if spare:
                if each(model):
                    restock = threading.Thread(
                        target=self._restock, args=(part, model), name="spare recogniser", daemon=True
                    )
                    restock.start()
                return spare[1]
        return begin(stage, part, model)

    def _part(self, stage: Stage, spec: StageSpec) -> Part:
        return spec.part(stage) or self._chosen.get(stage) or best(stage, available)[0]

    def _model(self, stage: Stage, part: Part, spec: StageSpec) -> Model | None:
        if (stage, part.name) == ("turn_detector", "rule"):
            return None
        scripted = (stage, part.name) == ("stt", "scripted")
        key = stage, part, spec.script if scripted else None
        # Two sessions that begin at once must not load it twice.
        with self._loads:
            if key not in self._models:
                more = {"script": spec.script} if scripted else {}
                self._loading(part.label, f"Loading {part.label}.", None)
                self._models[key] = load(
                    stage, part, lambda says, fraction: self._loading(part.label, says, fraction), **more
                )
            return self._models[key]

    def _let_go(self, stage: Stage, part: Part) -> None:
        """Another part was taken in its place: its model, which may be large, is not kept."""
        with self._loads:
            for key in [key for key in self._models if key[:2] == (stage, part)]:
                del self._models[key]
        with self._lock:
            if stage == "stt":
                self._spare = None

    def _restock(self, part: Part, model: Model) -> None:
        # The session that has just been opened gets through its first seconds undisturbed.
        for _ in range(_RESTOCK_TRIES):
            time.sleep(_RESTOCK_S)
            if self._spare is not None:
                return
            if self._quiet():
                break
        try:
            stt = begin("stt", part, model)
        except EngineError:
            return
        with self._lock:
            if self._spare is None:
                self._spare = model, stt


def _check_speed(part: Part, tts: TTS) -> None:
    """Refuse a voice that this computer does not speak in time."""
    factor = real_time_factor(tts)
    if factor > MOST_RTF:
        told_as = max(factor, MOST_RTF + 0.01)  # never as the limit itself, which it is above
        raise EngineError(
            f"{part.label} needs {told_as:.2f} s for a second of speech on this computer, "
            f"where {MOST_RTF:.2f} s is the most, so another voice speaks."
        )
