"""Who wants to hear that a talk, its labels or its scheme are others."""

from __future__ import annotations

from typing import Protocol
from weakref import WeakKeyDictionary, WeakSet


class Listener(Protocol):
    """Hears of it after each change that was made through the talk."""

    def labels_changed(self) -> None: ...  # noqa: D102

    def talk_changed(self) -> None: ...  # noqa: D102


# Beside the talk, so that one that is copied or pickled takes no listener with it.
_LISTENERS: WeakKeyDictionary[object, WeakSet[Listener]] = WeakKeyDictionary()


def listen(talk: object, listener: Listener) -> None:
    """Tell a listener of this talk, as long as there are both."""
    _LISTENERS.setdefault(talk, WeakSet()).add(listener)


def tell(talk: object) -> None:
    """Its labels, or its scheme, are others."""
    for listener in tuple(_LISTENERS.get(talk, ())):
        listener.labels_changed()


def tell_all(talk: object) -> None:
    """Its words, its sound and its labels are others."""
    for listener in tuple(_LISTENERS.get(talk, ())):
        listener.talk_changed()
