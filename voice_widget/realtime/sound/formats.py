"""What a session says of the format of its sound, in whatever words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from voice_widget.realtime.sound.playout import delta_ms

PCM = "audio/pcm"
TELEPHONE = ("audio/pcmu", "audio/pcma")
RATE = 24_000
Side = Literal["input", "output"]
_SIDES: tuple[Side, ...] = ("input", "output")
_RATES = frozenset([8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])
# "pcm", "pcm16", "pcm_s16le", each with a rate behind it or not: "pcm_16000", "pcm16-8000hz", "pcm_24khz".
_PCM = re.compile(
    r"(?:pcm(?:[-_]?s?16(?:[-_]?le)?)?|s16le|linear16)(?:[-_@](?:(?P<hz>\d{4,6})(?:hz)?|(?P<khz>\d\d?)khz))?"
)
_LAW = re.compile(
    r"(?:g\.?711[-_]?(?:mu|u|(?P<a>a))(?:[-_]?law)?|pcm(?:mu|u|(?P<b>a))|(?:mu|u|(?P<c>a))[-_]?law)"
    r"(?:[-_@]8(?:000(?:hz)?|khz))?"
)
_NUMBER = re.compile(r"(\d+)(?:\.0+)?(?:hz)?")
_NOTHING = frozenset(["", "not specified", "none", "default", "auto"])
_NAME = ("type", "format", "encoding", "codec")
_SAMPLES = ("rate", "sample_rate", "sampling_rate", "sample_rate_hz", "samplerate")
_CHANNELS = ("channels", "channel_count", "num_channels")
_BITS = ("bits", "bit_depth", "bits_per_sample", "sample_width_bits")


class Format(NamedTuple):
    """PCM16 or a telephone's codes, at a rate."""

    kind: str
    rate: int

    @property
    def bytes_per_ms(self) -> float:
        """How large a millisecond is."""
        return self.rate * (2 if self.kind == PCM else 1) / 1000


PLAIN = Format(PCM, RATE)


class Formats:
    """The formats of one session: as they were asked for until the service shows them.

    Attributes:
        input: Of the caller's sound.
        output: Of the answers.
        unknown: By side, what the service calls a format that is none we know.

    Example:
        >>> formats = Formats()
        >>> formats.shown({"audio": {"output": {"format": "g711_ulaw"}}})
        >>> formats.output
        Format(kind='audio/pcmu', rate=8000)
    """

    def __init__(self) -> None:
        self.input = self.output = PLAIN
        self.unknown: dict[Side, str] = {}
        self._shown: set[Side] = set()
        self._of_session: Format | str = PLAIN  # for the answers
        self._of_response: Format | str | None = None

    def asked(self, session: Any) -> None:
        """We ask for these settings; what the service has shown is not changed by that alone."""
        for side in _SIDES:
            if side not in self._shown and (told := read_format(session, side)) is not None:
                self._take(side, told)

    def shown(self, session: Any) -> None:
        """The service shows the settings in force; what it does not speak of stays."""
        for side in _SIDES:
            if (told := read_format(session, side)) is not None:
                self._shown.add(side)
                self._take(side, told)

    def begins(self, response: Any) -> None:
        """A response begins, which may have a format of its own.

        A rate of 24 kHz says nothing there: many say it whatever their session's is.
        """
        told, usual = read_format(response, "output"), self._of_session
        if isinstance(usual, Format) and told in (usual, usual._replace(rate=RATE)):
            told = None
        self._of_response = told
        self._settle("output", usual if told is None else told)

    def length_ms(self, delta: Mapping[str, Any]) -> float:
        """How long the sound of a ``response.output_audio.delta`` is; none if it cannot be read."""
        return 0.0 if "output" in self.unknown else delta_ms(delta, self.output.bytes_per_ms)

    def _take(self, side: Side, told: Format | str) -> None:
        if side == "output":
            self._of_session = told
            told = told if self._of_response is None else self._of_response
        self._settle(side, told)

    def _settle(self, side: Side, told: Format | str) -> None:
        self.unknown.pop(side, None)
        if isinstance(told, str):
            self.unknown[side] = told
        elif side == "input":
            self.input = told
        else:
            self.output = told


def read_format(session: Any, side: Side) -> Format | str | None:
    """What a session says of a side: its format, the name of one that is not known, or nothing.

    Example:
        >>> read_format({"audio": {"output": {"format": {"type": "audio/pcm", "rate": 16000}}}}, "output")
        Format(kind='audio/pcm', rate=16000)
        >>> read_format({"audio": {"output": {"format": "opus"}}}, "output")
        'opus'
    """
    within = _within(_within(session, "audio"), side)
    told = _within(within, "format")
    rate = _first(within, _SAMPLES) or _within(session, f"{side}_audio_sampling_rate")
    if isinstance(told, str):
        told, *parameters = (part.strip() for part in told.split(";"))
        pairs = (part.partition("=") for part in parameters)
        return _read({"type": told, **{name.strip(): value.strip() for name, _, value in pairs}}, rate)
    return _read(told, rate) if isinstance(told, Mapping) else None


def _read(told: Mapping[str, Any], beside: Any) -> Format | str | None:
    named = {str(name).lower(): value for name, value in told.items() if value is not None}
    name, rate = _first(named, _NAME), _first(named, _SAMPLES)
    if name is None and rate is not None:
        name = PCM
    if not isinstance(name, str) or name.strip().lower() in _NOTHING:
        return None
    name = name.strip().lower()
    plain = name.removeprefix("audio/")
    channels, bits = _number(_first(named, _CHANNELS)), _number(_first(named, _BITS))
    found: Format | None = None
    if (law := _LAW.fullmatch(plain)) is not None:
        fits = _number(rate) in (None, 8_000) and bits in (None, 8)
        found = (
            Format("audio/pcma" if any(law.groupdict().values()) else "audio/pcmu", 8_000) if fits else None
        )
    elif plain and (pcm := _PCM.fullmatch(plain)) is not None:
        rate = rate if beside is None else beside  # the old names had no rates of their own
        said = _number(pcm["hz"]) or 1000 * (_number(pcm["khz"]) or 0) or _number(rate)
        said = RATE if said is None else said
        found = Format(PCM, said) if said in _RATES and bits in (None, 16) else None
    if found is not None and channels in (None, 1):
        return found
    words = [name, *((f"at {rate} Hz",) if rate is not None else ())]
    words += [f"with {channels} channels"] if channels not in (None, 1) else []
    return " ".join(words)


def _within(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _first(value: Any, names: tuple[str, ...]) -> Any:
    found = (_within(value, name) for name in names)
    return next((one for one in found if one is not None), None)


def _number(value: Any) -> int | None:
    """A number in whatever form; -1: something is said, and it is none."""
    if value is None:
        return None
    found = _NUMBER.fullmatch(str(value).strip().lower())
    return int(found[1]) if found is not None and not isinstance(value, bool) else -1
