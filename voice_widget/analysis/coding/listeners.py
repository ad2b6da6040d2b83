"""Who wants to hear that a talk's labels, or its scheme, are others."""

from __future__ import annotations

from typing import Protocol
from weakref import WeakKeyDictionary, WeakSet


class Listener(Protocol):
    """Hears of it after each change that was made through the talk."""

    def labels_changed(self) -> None: ...  # noqa: D102


# Beside the talk, so that one that is copied or pickled takes no listener with it.
_LISTENERS: WeakKeyDictionary[object, WeakSet[Listener]] = WeakKeyDictionary()


def listen(talk: object, listener: Listener) -> None:
    """Tell a listener of this talk's labels, as long as there are both."""
    _LISTENERS.setdefault(talk, WeakSet()).add(listener)


def tell(talk: object) -> None:
    """Tell all of them."""
    for listener in tuple(_LISTENERS.get(talk, ())):
        listener.labels_changed()
