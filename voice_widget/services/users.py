"""Who uses a service: one object may serve several widgets, and the last one lets it go."""

from __future__ import annotations

import threading
from typing import Any

_guard = threading.Lock()
_users: dict[int, tuple[Any, int]] = {}  # by the object's id, for a service need not be hashable


def hold(service: object) -> None:
    """One user more."""
    with _guard:
        _, users = _users.get(id(service), (service, 0))
        _users[id(service)] = (service, users + 1)


def let_go(service: object) -> bool:
    """One user less. Was it the last one?"""
    with _guard:
        _, users = _users.pop(id(service), (service, 1))
        if users > 1:
            _users[id(service)] = (service, users - 1)
        return users <= 1
