"""The service and the agent get ready, and pages are told what there is. On the loop thread."""

from __future__ import annotations

from contextlib import nullcontext

from voice_widget.services import Service
from voice_widget.talk.journal import Journal
from voice_widget.talk.preparation import Preparation


class Warming:
    """Gets ready what a call needs; tells the service's name, its voices and what it lacks.

    Args:
        service: Who will be called.
        ready: Gets service and agent ready.
        journal: Where is told what there is.
    """

    def __init__(self, service: Service, ready: Preparation, journal: Journal) -> None:
        self._service, self._ready, self._journal = service, ready, journal
        self._voices: list[str] | None = None
        self._name = service.name

    async def warm(self) -> None:
        """Start the service and get the agent's hints; quick once that is done."""
        watched = getattr(self._service, "watched", None)
        with watched(self._note_service) if watched else nullcontext():
            await self._ready.warm()
        if self._service.name != self._name:
            self._name = self._service.name
            self._journal.state(service_name=self._name)
        voices = list(self._service.capabilities.voices)
        if voices != self._voices:
            self._voices = voices
            self._journal.state(voices=voices)
        self._note_service()

    def _note_service(self) -> None:
        self._journal.notices.put("service", self._ready.notice)
