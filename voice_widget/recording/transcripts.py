"""What others wrote down of a talk: WebVTT, SRT and JSON, as cues."""

from __future__ import annotations

import html
import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from voice_widget.errors import SettingError, shown
from voice_widget.recording.folder import path_of

Transcript = str | os.PathLike[str] | Iterable[Mapping[str, Any]]
_TIMES = re.compile(r"(?P<start>\S+)\s+-->\s+(?P<end>\S+)")
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})")
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>")
_TAG = re.compile(r"</?[a-z][^>]*>|<[\d:.]+>")
_NAMED = re.compile(r"(?P<name>[^\s:][^:\n]{0,39}):\s+(?P<text>\S.*)", re.DOTALL)


class Cue(NamedTuple):
    """What somebody said from when to when; ``speaker`` and ``channel`` as far as that is told."""

    start_ms: float
    end_ms: float
    text: str
    speaker: str | None = None
    channel: int | None = None


def read_transcript(given: Transcript) -> list[Cue]:
    """The cues of a transcript, in order.

    Args:
        given: The path of a WebVTT, SRT or JSON file, or what stands in such a JSON file: objects with
            ``text``, ``start`` and ``end`` in seconds (or ``start_ms`` and ``end_ms``), and, if it is known,
            ``speaker`` (or ``role``) and ``channel``; ``{"segments": […]}`` of them is as good.

    Raises:
        SettingError: It is none of these (``transcript_unreadable``).
    """
    if not isinstance(given, str | os.PathLike):
        return _in_order([_told(each, number) for number, each in enumerate(given, 1)])
    path = path_of(given, "A transcript", "call.vtt")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(f"{path} cannot be read: {error}") from None
    if "-->" in text.partition("\n{")[0] and not text.lstrip().startswith(("{", "[")):
        return _in_order(_subtitles(text))
    return _in_order([_told(each, number) for number, each in enumerate(_json(text, path), 1)])


def _in_order(cues: list[Cue]) -> list[Cue]:
    said = [cue for cue in cues if cue.text]
    if not said:
        raise _unreadable("Nothing is said in the transcript")
    return sorted(said, key=lambda cue: (cue.start_ms, cue.end_ms))


def _subtitles(text: str) -> list[Cue]:
    cues: list[Cue] = []
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        head, times, said = _parted(block)
        if times is None or head.startswith(("NOTE", "STYLE", "REGION")):
            continue
        start, end = (_ms(times[name]) for name in ("start", "end"))
        if start is None or end is None:
            raise _unreadable(f"The times {times[0]!r} cannot be read")
        voice = _VOICE.search(said)
        plain = " ".join(html.unescape(_TAG.sub("", said)).split())
        cues.append(Cue(start, end, plain, html.unescape(voice[1]).strip() if voice else None))
    # SRT has no place for names, so they stand before the words; of one cue alone that may be a sentence.
    named = [_NAMED.fullmatch(cue.text) for cue in cues if cue.speaker is None]
    if len(named) == len(cues) and all(named):
        return [
            cue._replace(speaker=name["name"], text=name["text"])
            for cue, name in zip(cues, named, strict=True)
            if name is not None
        ]
    return cues


def _parted(block: str) -> tuple[str, re.Match[str] | None, str]:
    lines = block.strip("\n").split("\n")
    for number, line in enumerate(lines[:3]):
        if (times := _TIMES.match(line.strip())) is not None:
            return "\n".join(lines[:number]), times, "\n".join(lines[number + 1 :])
    return "", None, ""


def _ms(clock: str) -> float | None:
    found = _CLOCK.fullmatch(clock)
    if found is None:
        return None
    hours, minutes, seconds, part = found.groups()
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(part.ljust(3, "0"))


def _json(text: str, path: Path) -> Iterable[Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            raise _unreadable(f"{path} is neither WebVTT, nor SRT, nor JSON") from None
    if isinstance(found, Mapping):
        found = found.get("segments", [found])
    return found if isinstance(found, list) else [found]


def _told(each: Any, number: int) -> Cue:
    if not isinstance(each, Mapping):
        raise _unreadable(f"Entry {number} of the transcript is no object: {shown(each)}")
    start, end = (_time(each, name) for name in ("start", "end"))
    text = each.get("text")
    if start is None or end is None or not isinstance(text, str):
        raise _unreadable(f"Entry {number} of the transcript lacks start, end or text: {shown(dict(each))}")
    speaker = each.get("speaker", each.get("role"))
    channel = each.get("channel")
    return Cue(
        start,
        max(start, end),
        " ".join(text.split()),
        None if speaker is None else str(speaker),
        channel if type(channel) is int and channel in (0, 1) else None,
    )


def _time(each: Mapping[str, Any], name: str) -> float | None:
    for key, unit in ((f"{name}_ms", 1.0), (name, 1000.0)):
        value = each.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return max(0.0, value * unit)
    return None


def _unreadable(why: str) -> SettingError:
    return SettingError(
        f"{why}.",
        code="transcript_unreadable",
        next_step="Give WebVTT, SRT or JSON, or a list of objects with start, end (in seconds) and text.",
    )
