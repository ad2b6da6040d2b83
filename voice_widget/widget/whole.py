"""What is changed by assigning all of it."""

from __future__ import annotations

from typing import Any, NoReturn

from voice_widget.errors import SettingError


class Whole(dict[str, Any]):
    """A trait's dict, for whoever reads it: changed in place it would say what nobody was told.

    Copies of it are plain ones.

    Args:
        value: What is in it.
        name: The trait's name.
        example: How to assign it.

    Example:
        >>> from copy import copy
        >>> colors = Whole({"user": "#0a7"}, "colors", 'Write w.colors = {"user": "#0a7"}.')
        >>> colors, type(copy(colors))
        ({'user': '#0a7'}, <class 'dict'>)
    """

    __slots__ = ("_example", "_name")

    def __init__(self, value: dict[str, Any], name: str, example: str) -> None:
        super().__init__(value)
        self._name, self._example = name, example

    def _refuse(self, *args: Any, **more: Any) -> NoReturn:
        raise SettingError(
            f"`{self._name}` is changed by assigning all of it: in place it would change here only.",
            next_step=self._example,
        )

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = _refuse

    # What `w.colors |= …` assigns.
    __ior__ = dict.__or__  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type, tuple[dict[str, Any]]]:
        return dict, (dict(self),)
