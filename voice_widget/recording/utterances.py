"""From rows and words to what was said when on the recording's timeline. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import Row
from voice_widget.recording.spoken import SpokenWord, Utterance
from voice_widget.tables.transcript import heard


def utterances(
    rows: Sequence[Row],
    words: Iterable[Mapping[str, Any]],
    offsets: Mapping[str | None, float],
    pseudonyms: Mapping[str, str] | None = None,
) -> list[Utterance]:
    """What was said, in the order in which it sounded.

    Rows without a time, typed ones, those of which nothing was heard, and redacted ones are left out. Speech
    of which nobody knows the text (``no_transcript``) is there, without one.

    Args:
        rows: The rows of the transcript.
        words: Words with ``item_id``, ``word``, ``start_ms``, ``end_ms`` and ``source``; times as in rows.
        offsets: Where the zero of each call's times lies on the timeline, in milliseconds.
        pseudonyms: Other names for the sides.

    Example:
        >>> row = {"seq": 1, "item_id": "u", "role": "user", "text": "Hi.", "text_heard": None}
        >>> row |= {"start_ms": 100, "end_ms": 900, "call_id": "c", "interrupted": False, "source": "speech"}
        >>> row["status"] = "completed"
        >>> [one] = utterances([row], [], {"c": 1000.0}, {"user": "P01"})
        >>> one.speaker, one.text, one.start_ms, one.end_ms
        ('P01', 'Hi.', 1100, 1900)
    """
    spoken: dict[str, list[SpokenWord]] = {}
    known = {row["item_id"]: offsets.get(row["call_id"]) for row in rows}
    for word in words:
        offset = known.get(word["item_id"])
        if offset is not None and word["start_ms"] is not None and word["end_ms"] is not None:
            start, end = round(word["start_ms"] + offset), round(word["end_ms"] + offset)
            one = SpokenWord(word["word"], start, max(start, end), word["source"])
            spoken.setdefault(word["item_id"], []).append(one)
    found: list[Utterance] = []
    for row in rows:
        offset, text = known[row["item_id"]], heard(row).strip()
        if offset is None or row["start_ms"] is None or row["source"] == "typed" or row["role"] == "system":
            continue
        if not text and row["status"] != "no_transcript":
            continue
        start = max(0, round(row["start_ms"] + offset))
        end = None if row["end_ms"] is None else max(start, round(row["end_ms"] + offset))
        found.append(
            Utterance(
                row["seq"],
                row["role"],
                (pseudonyms or {}).get(row["role"]) or row["role"],
                text,
                start,
                end,
                tuple(spoken.get(row["item_id"], ())),
                row["interrupted"],
            )
        )
    return sorted(found, key=lambda one: (one.start_ms, one.seq))


def stretches(
    rows: Iterable[Row], offsets: Mapping[str | None, float], samples: int
) -> dict[int, tuple[int, int]]:
    """From which sample of the timeline to before which each turn sounds, by ``seq``, where that is known.

    To the sample, while `utterances` are in whole milliseconds; also turns of which nobody knows the text.
    What has no known end lasts to the next turn of its side, or to the end.

    Args:
        rows: The rows of the transcript.
        offsets: Where the zero of each call's times lies on the timeline, in milliseconds.
        samples: How long the timeline is.

    Example:
        >>> row = {"seq": 1, "role": "user", "source": "speech", "call_id": "c"}
        >>> row |= {"start_ms": 100, "end_ms": None}
        >>> stretches([row], {"c": 0.25}, 9000)
        {1: (2406, 9000)}
    """

    def sample(ms: int, row: Row) -> int:
        return min(max(0, round((ms + offsets[row["call_id"]]) * RATE / 1000)), samples)

    there = [
        (sample(row["start_ms"], row), row)
        for row in rows
        if row["start_ms"] is not None and row["call_id"] in offsets and row["source"] != "typed"
    ]
    found: dict[int, tuple[int, int]] = {}
    following: dict[str, int] = {}
    for start, row in sorted(there, key=lambda one: (one[0], one[1]["seq"]), reverse=True):
        end = row["end_ms"]
        found[row["seq"]] = (
            start,
            max(start, following.get(row["role"], samples) if end is None else sample(end, row)),
        )
        following[row["role"]] = start
    return dict(sorted(found.items()))


def measured(calls: Iterable[Mapping[str, Any]]) -> dict[str | None, float]:
    """Where the zero of each call lies on the timeline, as the manifest says where it was measured."""
    return {call["call_id"]: call["offset_ms"] for call in calls if call.get("offset_ms") is not None}


def offsets(rows: Iterable[Row], calls: Iterable[Mapping[str, Any]], began: float) -> dict[str | None, float]:
    """Where the zero of each call's times lies on the timeline, in milliseconds.

    Of a call without sound nobody has measured it: then the moments of its rows say it, about.

    Args:
        rows: The rows of the transcript.
        calls: What the manifest says of calls.
        began: When the recording began, in seconds since the epoch.
    """
    found = measured(calls)
    told: dict[str | None, float] = {}
    for row in rows:
        if row["call_id"] not in found and row["start_ms"] is not None and row["started_at"] is not None:
            at = datetime.fromisoformat(row["started_at"]).timestamp()
            zero = (at - began) * 1000 - row["start_ms"]
            told[row["call_id"]] = min(told.get(row["call_id"], zero), zero)
    return {**told, **found}
