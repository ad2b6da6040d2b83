"""The transcript as JSON lines, with all that is known of each row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from voice_widget.recording.exports.laying import whole
from voice_widget.recording.spoken import Utterance

SCHEMA = 1


def to_jsonl(rows: Iterable[Mapping[str, Any]], utterances: Sequence[Utterance] = ()) -> str:
    """One object per row of the transcript, in the order of ``seq``; typed rows too.

    Each line tells its ``schema``, so lines may be cut out of a file, or several files joined, and still say
    what they are; and every line is a row, as `pandas.read_json`, DuckDB and Arrow expect. Schema 1 is the
    columns of ``transcript_df``, and for what sounded ``speaker``, ``recording_start_ms`` and
    ``recording_end_ms`` (on the recording's timeline, where ``start_ms`` is on the call's) and ``words``, a
    list of objects with ``text``, ``start_ms``, ``end_ms`` and ``source``. They are null, and ``words``
    empty, for what did not sound.

    Args:
        rows: The transcript.
        utterances: What sounded of it.
    """
    sounded = {one.seq: one for one in utterances}
    ordered = sorted(rows, key=lambda row: row["seq"])
    return "".join(_line({"schema": SCHEMA, **row, **_sound(sounded.get(row["seq"]))}) for row in ordered)


def _sound(one: Utterance | None) -> dict[str, Any]:
    if one is None:
        return {"speaker": None, "recording_start_ms": None, "recording_end_ms": None, "words": []}
    return {
        "speaker": one.speaker,
        "recording_start_ms": one.start_ms,
        "recording_end_ms": one.end_ms,
        "words": [asdict(word) for word in one.words],
    }


def _line(value: Mapping[str, Any]) -> str:
    text = whole(json.dumps(value, ensure_ascii=False))
    # JSON may hold these as they are, but to many readers of lines they end one.
    for character in "\x7f\x85\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text + "\n"
