"""How long a silence ends a turn: a fixed time, or as the words and the sound suggest. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_MS = {"high": 300.0, "medium": 500.0, "auto": 500.0, "low": 900.0}
_UNFINISHED_MS = 900.0
_FINISHED_MS = 300.0
_LIKELY = 0.5
# A sentence that ends in one of these goes on.
_OPEN = """
    a an and are as at between but by for from has have how in is me my of on or per show some than that the
    then to versus was were what when where which who with
"""
_OPEN_WORDS = frozenset(_OPEN.split())


class Patience:
    """The patience with a speaker. What is known of one utterance says nothing of the next.

    Args:
        setting: The turn detection; only ``semantic_vad`` listens to what was said.
        phrases: Whole sentences.

    Example:
        >>> patience = Patience({"type": "semantic_vad"}, ["How many rows"])
        >>> patience.understood(1, "How many rows?")
        >>> patience.ms(1), patience.ms(2)
        (300.0, 500.0)
    """

    def __init__(self, setting: Mapping[str, Any] | None, phrases: Iterable[str] = ()) -> None:
        self._phrases = frozenset(map(_plain, phrases))
        setting = setting or {}
        self._semantic = str(setting.get("eagerness") or "auto") if _semantic(setting) else None
        silence = setting.get("silence_duration_ms")
        self._ms = float(silence) if isinstance(silence, int | float) else 500.0
        if self._semantic is not None:
            self._ms = _MS.get(self._semantic, 500.0)
        # Each is written by another thread, whole.
        self._understood = (0, "")
        self._judged: tuple[int, float] | None = None

    def expect(self, phrases: Iterable[str]) -> None:
        """Other sentences from now on."""
        self._phrases = frozenset(map(_plain, phrases))

    def with_setting(self, setting: Mapping[str, Any] | None) -> Patience:
        """Another patience, with the same sentences."""
        return Patience(setting, self._phrases)

    def understood(self, utterance: int, text: str) -> None:
        """So far this was understood."""
        self._understood = utterance, text

    def judged(self, utterance: int, likely: float) -> None:
        """A detector says how likely this utterance is over."""
        self._judged = utterance, likely

    def goes_on(self) -> None:
        """What was judged in a pause is no longer true."""
        self._judged = None

    def ms(self, utterance: int) -> float:
        """So much silence ends this utterance."""
        if self._semantic is None or not utterance:
            return self._ms
        judged = self._judged
        if judged is not None and judged[0] == utterance:
            return self._finished() if judged[1] >= _LIKELY else max(_UNFINISHED_MS, self._ms)
        number, text = self._understood
        if number != utterance:
            return self._ms
        said = _plain(text)
        if said.rpartition(" ")[2] in _OPEN_WORDS:
            return max(_UNFINISHED_MS, self._ms)
        return self._finished() if said in self._phrases else self._ms

    def _finished(self) -> float:
        return self._ms if self._semantic == "low" else _FINISHED_MS


def _semantic(setting: Mapping[str, Any]) -> bool:
    return setting.get("type") == "semantic_vad"


def _plain(text: str) -> str:
    """Words as a recogniser without signs and capitals writes them."""
    return " ".join(re.findall(r"[^\W_]+(?:['\u2019][^\W_]+)*|\{\w+\}", text.lower()))
