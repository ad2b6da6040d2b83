"""What the value of a field must be, and what of a wrong one can still be read.

A shape is called to test a value. Where the other end is a service it is asked to read instead: what is wrong
costs itself, and what stands around it stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, MutableMapping
from typing import Any, NamedTuple

# Milliseconds beyond this (115 days) are a mistake and would overflow later arithmetic.
LONGEST_MS = 1e10
Unread = MutableMapping[str, Any]
"""The values that could not be read as they came, by their path."""


class Fault(NamedTuple):
    """What is wrong: where (behind the field's name), what it should be, what it is."""

    path: str
    expected: str
    value: Any


class Shape:
    """A value of one Python type.

    Args:
        kind: The type.
        expected: What it must be, for people.
        near: Makes it of a value that means the same; gives None where that cannot be.
    """

    __slots__ = ("_expected", "_kind", "_near")

    def __init__(
        self, kind: type | tuple[type, ...], expected: str, near: Callable[[Any], Any] | None = None
    ) -> None:
        self._kind, self._expected, self._near = kind, expected, near

    def __call__(self, value: Any) -> Fault | None:
        """What is wrong with this value."""
        return None if isinstance(value, self._kind) else Fault("", self._expected, value)

    def read(self, value: Any, path: str, unread: Unread) -> Any:
        """The value as far as it can be read, or None."""
        if self(value) is None:
            return value
        unread[path] = value
        return None if self._near is None else self._near(value)


class Number(Shape):
    """A number from 0.

    Args:
        whole: Only a whole one, of any size; else milliseconds.
    """

    __slots__ = ("_whole",)

    def __init__(self, *, whole: bool) -> None:
        super().__init__((int, float), "a whole number from 0" if whole else "a number")
        self._whole = whole

    def __call__(self, value: Any) -> Fault | None:
        """What is wrong with this value."""
        if self._whole:
            return None if type(value) is int and value >= 0 else Fault("", self._expected, value)
        if type(value) is int or type(value) is float:
            if 0 <= value < LONGEST_MS:
                return None
            return Fault("", "a number of milliseconds from 0", value)
        return Fault("", self._expected, value)


class Object(Shape):
    """An object whose listed members, where present, have their own shapes."""

    __slots__ = ("_members",)

    def __init__(self, near: Callable[[Any], Any] | None = None, /, **members: Shape) -> None:
        super().__init__(dict, "an object", near)
        self._members = tuple(members.items())

    def __call__(self, value: Any) -> Fault | None:
        """What is wrong with this value."""
        if not isinstance(value, dict):
            return Fault("", self._expected, value)
        for name, inner in self._members:
            member = value.get(name)
            if member is not None and (fault := inner(member)) is not None:
                return Fault(f".{name}{fault.path}", fault.expected, fault.value)
        return None

    def read(self, value: Any, path: str, unread: Unread) -> Any:
        """The object without the members that cannot be read."""
        if not isinstance(value, dict):
            return super().read(value, path, unread)
        result = value
        for name, inner in self._members:
            member = value.get(name)
            if member is None or inner(member) is None:
                continue
            read = inner.read(member, f"{path}.{name}", unread)
            # An explicit null may mean something of its own: what cannot be read is absent.
            result = {key: inside for key, inside in result.items() if key != name}
            if read is not None:
                result[name] = read
        return result


class List(Shape):
    """A list of values of one shape."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Shape, near: Callable[[Any], Any] | None = None) -> None:
        super().__init__(list, "a list", near)
        self._inner = inner

    def __call__(self, value: Any) -> Fault | None:
        """What is wrong with this value."""
        if not isinstance(value, list):
            return Fault("", self._expected, value)
        for number, member in enumerate(value):
            if (fault := self._inner(member)) is not None:
                return Fault(f"[{number}]{fault.path}", fault.expected, fault.value)
        return None

    def read(self, value: Any, path: str, unread: Unread) -> Any:
        """The list without the members that cannot be read."""
        if not isinstance(value, list):
            return super().read(value, path, unread)
        read = [self._inner.read(member, f"{path}[{n}]", unread) for n, member in enumerate(value)]
        return [member for member in read if member is not None]


def in_digits(value: Any) -> str | None:
    """An id or a code that came as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def in_words(value: Any) -> str | None:
    """What was meant for people or for programs and is no text: as compact JSON."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return None
