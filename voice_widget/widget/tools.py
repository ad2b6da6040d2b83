"""Functions of the notebook that the agent may call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

from voice_widget.talk.setting_checks import refuse_unknown
from voice_widget.tools.tool import Options, Tool

if TYPE_CHECKING:
    from voice_widget.widget.wiring import Wiring

F = TypeVar("F", bound=Callable[..., Any])


class Tools:
    """What of a widget's talk has to do with tools."""

    _wiring: Wiring

    @overload
    def tool(self, function: F, /) -> F: ...

    @overload
    def tool(self, /, **options: Unpack[Options]) -> Callable[[F], F]: ...

    def tool(self, function: Any = None, /, **options: Unpack[Options]) -> Any:
        """Let the agent call a function from now on, also in the call of the moment.

        It stands above a def, with options in brackets or without. The function stays what it was. A cell
        that is run again puts the new function in the place of the one before.

        Args:
            function: Plain, async, a generator or an async generator, as `Tool` takes it.
            **options: Those of `Tool`.

        Raises:
            SettingError: It is no function, or cannot be described; or an option is unknown or impossible.

        Example:
            >>> @w.tool  # doctest: +SKIP
            ... def temperature(city: str) -> float:
            ...     '''The temperature in a city, in degrees.'''
            ...     return 12.5
        """
        refuse_unknown("The option", options, Options.__annotations__)
        if function is None:
            return lambda function: self._add(function, options)
        return self._add(function, options)

    def _add(self, function: F, options: Options) -> F:
        self._wiring.told(self._wiring.talk.add_tool(Tool(function, **options)))
        return function
