"""What a manifest says: what one does not say, or says as something else than it is, is not known. Pure."""

from __future__ import annotations

from typing import Any

from voice_widget.errors import SettingError
from voice_widget.realtime.sound.formats import RATE
from voice_widget.realtime.state.records import SIDES
from voice_widget.recording.folder import AS_PCM, SCHEMA
from voice_widget.recording.sound import FILES
from voice_widget.tables.prices import Prices, checked_prices

_FARTHEST_MS = 366 * 24 * 3600 * 1000  # no talk is so long: then a number is wrong


def completed(found: dict[str, Any]) -> dict[str, Any]:
    """A manifest with all that one has; what an older one does not say is not known."""
    known: dict[str, Any] = {
        "schema": SCHEMA,
        "voice_widget": None,
        "created_at": None,
        "ended_at": None,
        "state": "recording",
        "cut": False,
        "service": None,
        "model": None,
        "transport": None,
        "settings": None,
        "software": {},
        "front_end": None,
        "consent": None,
        "microphone": None,
        "pseudonyms": None,
        "prices": None,
        "rate": RATE,
        "channels": list(SIDES),
        "samples": 0,
        "sound": None,
        "sound_bytes": None,
        "redacted": [],
        "calls": [],
        "events": None,
        "tables": {},
    }
    result = {**known, **found}
    for name, kind in (
        ("calls", list),
        ("redacted", list),
        ("tables", dict),
        ("samples", int),
        ("cut", bool),
        ("state", str),
    ):
        if not isinstance(result[name], kind):
            result[name] = known[name]
    result["prices"] = _prices(result["prices"])
    result["calls"] = [call for call in result["calls"] if _is_call(call)]
    for call in result["calls"]:
        offset = call.get("offset_ms")
        if not isinstance(offset, int | float) or not abs(offset) < _FARTHEST_MS:
            call["offset_ms"] = None
    if not 0 <= result["samples"] < _FARTHEST_MS * RATE // 1000:
        result["samples"] = known["samples"]
    result["redacted"] = [seq for seq in result["redacted"] if type(seq) is int]
    if result["sound"] not in (None, AS_PCM, *FILES.values()):
        result["sound"] = None
    named = result["pseudonyms"]
    if not isinstance(named, dict) or not all(isinstance(name, str) for name in named.values()):
        result["pseudonyms"] = None
    return result


def _is_call(found: object) -> bool:
    return isinstance(found, dict) and isinstance(found.get("call_id", 0), str | None)


def _prices(found: Any) -> Prices | None:
    try:
        return None if found is None else checked_prices(found)
    except SettingError:  # of a manifest that somebody has changed
        return None
