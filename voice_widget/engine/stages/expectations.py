"""What the agent of a session understands, for its recogniser, where the client does not say what to expect.

A small recogniser hears well what it expects and little else. Clients made for large ones say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from voice_widget.engine.stages.client import StageClient
from voice_widget.engine.stages.contracts import Hints
from voice_widget.engine.stages.events import StageEvent
from voice_widget.realtime.settings.parts import StageSpec


class Expected(Protocol):
    """What an agent says of itself."""

    @property
    def phrases(self) -> Sequence[str]:
        """Whole phrases."""
        ...

    @property
    def words(self) -> Sequence[str]:
        """Single words."""
        ...


class ExpectantStages(StageClient):
    """A stage process whose sessions may expect something of their own."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._settings: dict[str, tuple[Mapping[str, Any] | None, Hints]] = {}
        self._expected: dict[str, Hints] = {}

    def expect(self, session_id: str, hints: Expected) -> None:
        """From now on the session expects this, unless its client says otherwise."""
        if session_id not in self._settings:
            return
        expected = Hints(tuple(hints.phrases), tuple(hints.words))
        if expected != self._expected.get(session_id):
            self._expected[session_id] = expected
            turn_detection, given = self._settings[session_id]
            self.configure(session_id, turn_detection=turn_detection, hints=given)

    def configure(self, session_id: str, *, turn_detection: Mapping[str, Any] | None, hints: Hints) -> None:
        """Set how turns are found and what to expect; empty hints leave it to `expect`."""
        self._settings[session_id] = turn_detection, hints
        expected = self._expected.get(session_id)
        if expected is not None and not (hints.phrases or hints.words):
            hints = Hints(expected.phrases, expected.words, hints.language)
        super().configure(session_id, turn_detection=turn_detection, hints=hints)

    def open(
        self, session_id: str, on_event: Callable[[StageEvent], None], spec: StageSpec | None = None
    ) -> None:
        """Open a session, perhaps in a new process: what was expected is expected again."""
        expected = self._expected.get(session_id)
        super().open(session_id, on_event, spec)
        if expected is not None:
            self._expected[session_id] = expected

    def close_session(self, session_id: str) -> None:
        """Forget a session."""
        self._settings.pop(session_id, None)
        self._expected.pop(session_id, None)
        super().close_session(session_id)
