"""Detectors as a user gives them, each with a name, and the turns that each finds in a talk."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any

import numpy as np

from voice_widget.analysis.numeric import number
from voice_widget.analysis.what_if.hearing import Heard, Supposed, hear, listen
from voice_widget.analysis.what_if.rules import Rule, turns
from voice_widget.analysis.what_if.truth import USER
from voice_widget.errors import SettingError, VoiceWidgetError, nearest, shown
from voice_widget.realtime.settings.parts import Part, check_name
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.sound.resampling import Pcm
from voice_widget.recording.sound import Sound

Function = Callable[[Pcm, int], Iterable[tuple[float, float]]]
"""From the samples of the user's channel, and how many a second has, to turns: from when until when it says
that they are over, in milliseconds."""
Detector = Mapping[str, Any] | Function
"""`ServerVad`, `SemanticVad` or the protocol's object, or a function."""
Detectors = Detector | Mapping[str, Detector] | Sequence[Detector]
Vad = str | Part
_SERVER = {"threshold": (0.0, 1.0), "silence_duration_ms": (0.0, 60_000.0), "min_speech_ms": (0.0, 60_000.0)}
_EAGERNESS = ("low", "medium", "high", "auto")
_WRITE = "Give ServerVad(silence_duration_ms=300), SemanticVad() or a function, or several by name."


@dataclass(frozen=True)
class Candidate:
    """One detector.

    Attributes:
        name: What it is called in tables.
        given: Its settings, or the function.
        vad: What hears for it; None: the best that is installed.
    """

    name: str
    given: Detector
    vad: Part | None = None


class Hearings:
    """What was heard in a sound already, by the detector.

    Args:
        sound: The talk's.
    """

    def __init__(self, sound: Sound) -> None:
        self.sound = sound
        self._known: dict[str, Heard] = {}

    def __call__(
        self, vads: Sequence[Part | None], jobs: int | None = None
    ) -> list[Heard | VoiceWidgetError]:
        """What these hear, or why one does not.

        Args:
            vads: The detectors of speech.
            jobs: So many hear at the same time; None: all.
        """
        asked = {_key(vad): vad for vad in vads}
        new = [(key, vad) for key, vad in asked.items() if key not in self._known]
        failed: dict[str, VoiceWidgetError] = {}
        size = max(1, len(new) if jobs is None else jobs)
        for at in range(0, len(new), size):
            some = new[at : at + size]
            for (key, _), heard in zip(some, hear(self.sound, USER, [vad for _, vad in some]), strict=True):
                if isinstance(heard, Heard):
                    self._known[key] = heard
                else:
                    failed[key] = heard
        return [self._known[key] if key in self._known else failed[key] for key in map(_key, vads)]


def _key(vad: Part | None) -> str:
    """A part as a text: one with options can be a key, but not be pickled."""
    return json.dumps(None if vad is None else vad.dump(), sort_keys=True)


def candidates(given: Detectors, vad: Vad | Sequence[Vad] | None) -> list[Candidate]:
    """What was given, as a list; each with each detector of speech.

    Raises:
        SettingError: It is nothing that could find turns, or there is none.
    """
    vads = vad_parts(vad)
    found: list[Candidate] = []
    for name, one in _named(given):
        by = vads if isinstance(one, Mapping) else [None]
        found += [
            Candidate(name if len(by) < 2 or part is None else f"{name} {part.label}", one, part)
            for part in by
        ]
    return _apart(found)


def vad_parts(vad: object) -> list[Part | None]:
    """Detectors of speech by their names.

    Raises:
        SettingError: One is none.
    """
    if vad is None:
        return [None]
    given = [vad] if isinstance(vad, str | Part) else vad
    if not isinstance(given, Sequence) or not given or not all(isinstance(x, str | Part) for x in given):
        raise SettingError(
            f"`vad` is the name of a detector of speech, or several, not {shown(vad)}.",
            next_step='Give vad="silero" or vad=["silero", "webrtc"].',
        )
    return [one if isinstance(one, Part) else Part.parse(one) for one in given]


def judge_of(turn_detector: object) -> Part:
    """What judges whether a turn is over, by its name: one that there is, also where nobody asks it.

    Raises:
        SettingError: It is none.
    """
    if not isinstance(turn_detector, str | Part):
        raise SettingError(
            f"`turn_detector` is the name of one, not {shown(turn_detector)}.",
            next_step='Give turn_detector="rule" or turn_detector="smart-turn".',
        )
    judge = turn_detector if isinstance(turn_detector, Part) else Part.parse(turn_detector)
    entries = entry_points(group="voice_widget.turn_detector")
    check_name("turn_detector", judge, lambda: (entry.name for entry in entries), _importable)
    return judge


def _importable(module: str) -> bool:
    """Whether there is such a module, or the package that it is to be in; nothing is imported for that."""
    top = module.partition(".")[0]
    try:
        return top in sys.modules or find_spec(top) is not None
    except (ImportError, ValueError):  # no name at all
        return False


def _named(given: object) -> list[tuple[str, Detector]]:
    if _is_one(given):
        return [(_name(given), _checked(given))]
    pairs: list[tuple[str, Any]]
    if isinstance(given, Mapping):
        pairs = [(str(name), one) for name, one in given.items()]
    elif isinstance(given, Sequence) and not isinstance(given, str):
        pairs = [(_name(one), one) for one in given]
    else:
        raise SettingError(f"{shown(given)} is no detector of turns.", next_step=_WRITE)
    if not pairs:
        raise SettingError("There is no detector of turns.", next_step=_WRITE)
    return [(name, _checked(one)) for name, one in pairs]


def _is_one(given: object) -> bool:
    return callable(given) or (isinstance(given, Mapping) and isinstance(given.get("type"), str))


def _name(given: Any) -> str:
    if isinstance(given, Mapping):
        return repr(given) if type(given) is not dict else str(given.get("type"))
    return str(getattr(given, "__name__", type(given).__name__))


def _checked(given: Any) -> Detector:
    if not _is_one(given):
        raise SettingError(f"{shown(given)} is no detector of turns.", next_step=_WRITE)
    if not isinstance(given, Mapping):
        function: Function = given
        return function
    kind = given["type"]
    if kind == "server_vad":
        for name in _SERVER:
            if given.get(name) is not None:
                check_number(name, given[name])
    elif kind == "semantic_vad":
        eagerness = given.get("eagerness")
        if eagerness is not None and eagerness not in _EAGERNESS:
            raise SettingError(
                f"There is no eagerness {shown(eagerness)}.", next_step=f"Give {', '.join(_EAGERNESS)}."
            )
    else:
        known = ("server_vad", "semantic_vad")
        raise SettingError(
            f"There is no turn detection of the type {shown(kind)}.", next_step=nearest(kind, known) or _WRITE
        )
    return given


def check_number(name: str, value: object) -> float:
    """A number of a rule.

    Raises:
        SettingError: It is none, or none that could be.
    """
    least, most = _SERVER[name]
    if not least <= (found := number(value)) <= most:
        raise SettingError(f"{name} is a number from {least:g} to {most:g}, not {shown(value)}.")
    return found


def _apart(found: list[Candidate]) -> list[Candidate]:
    """No two have the same name."""
    seen: dict[str, int] = {}
    result: list[Candidate] = []
    for one in found:
        seen[one.name] = count = seen.get(one.name, 0) + 1
        name = one.name if count == 1 else f"{one.name} ({count})"
        result.append(Candidate(name, one.given, one.vad))
    return result


def found_by(
    tried: Sequence[Candidate], hearings: Hearings, turn_detector: Part
) -> list[list[Supposed] | VoiceWidgetError]:
    """The turns that each finds, or why it finds none.

    Args:
        tried: The detectors.
        hearings: Hears the talk.
        turn_detector: What judges for `SemanticVad` whether a turn is over.
    """
    rules = [one for one in tried if isinstance(one.given, Mapping) and one.given["type"] == "server_vad"]
    heard = dict(zip([one.name for one in rules], hearings([one.vad for one in rules]), strict=True))
    return [_found(one, heard.get(one.name), hearings.sound, turn_detector) for one in tried]


def _found(
    one: Candidate, heard: Heard | VoiceWidgetError | None, sound: Sound, turn_detector: Part
) -> list[Supposed] | VoiceWidgetError:
    try:
        if isinstance(heard, VoiceWidgetError):
            return heard
        if not isinstance(one.given, Mapping):
            return _by_function(one.name, one.given, sound)
        if heard is not None:
            return turns(heard, Rule.of(one.given))
        # Padding only says which sound belongs to a turn.
        setting = {**one.given, "prefix_padding_ms": 0}
        return listen(sound, USER, one.vad, turn_detector, setting)
    except VoiceWidgetError as error:
        return error


def _by_function(name: str, function: Function, sound: Sound) -> list[Supposed]:
    pcm: Pcm = np.ascontiguousarray(sound.read(0, sound.samples)[:, USER])
    try:
        given = list(function(pcm, RATE))
    except (Exception, SystemExit) as error:  # code of a script ends itself when it dislikes something
        raise SettingError(
            f"The detector {name} has raised {shown(error, most=200)}.",
            code="detector_failed",
            next_step="Look at its code; the others were tried.",
        ) from error
    found = [_pair(name, each, sound.samples * 1000 / RATE) for each in given]
    return sorted(found, key=lambda one: one.start_ms)


def _pair(name: str, each: Any, end_ms: float) -> Supposed:
    try:
        start, end = map(float, each)
    except (TypeError, ValueError):
        start = end = math.nan
    # A turn may be found to be over in the silence behind the recording.
    if not (0 <= start <= end < math.inf and start <= end_ms):
        raise SettingError(
            f"The detector {name} gave {shown(each)}, which is no turn within {end_ms:.0f} ms.",
            code="detector_failed",
            next_step="Let it give pairs: from when until when, in milliseconds.",
        )
    return Supposed(start, end, end)
