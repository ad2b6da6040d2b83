"""Functions of the notebook that the agent may call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

from voice_widget.errors import SettingError, reason
from voice_widget.realtime.state.records import ToolRow
from voice_widget.services.arguments import check_flag
from voice_widget.talk.setting_checks import refuse_unknown
from voice_widget.threads import loop as loops
from voice_widget.tools.approvals import Decision
from voice_widget.tools.tool import Options, Tool
from voice_widget.widget.verbs import Verbs
from voice_widget.widget.waiting import Waiting

if TYPE_CHECKING:
    pass

F = TypeVar("F", bound=Callable[..., Any] | Tool)


class Tools(Verbs):
    """What of a widget's talk has to do with tools."""

    @overload
    def tool(self, function: F, /) -> F: ...

    @overload
    def tool(self, /, **options: Unpack[Options]) -> Callable[[F], F]: ...

    def tool(self, function: Any = None, /, **options: Unpack[Options]) -> Any:
        """Let the agent call a function from now on, also in the call of the moment.

        It stands above a def, with options in brackets or without. The function stays what it was. A cell
        that is run again puts the new function in the place of the one before.

        Args:
            function: Plain, async, a generator or an async generator, as `Tool` takes it; or a `Tool`, which
                has its options.
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

    @property
    def approvals(self) -> list[ToolRow]:
        """The calls of tools that wait to be allowed, oldest first, as rows of ``tool_calls_df``."""
        return loops.call(self._wiring.talk.session.uses.waiting)

    def approve_tool_call(
        self, tool_call_id: str, *, arguments: Mapping[str, Any] | None = None, always: bool = False
    ) -> Waiting[None]:
        """Let a call run that waits for approval; the panel's card asks the same.

        Args:
            tool_call_id: Which, as ``approvals`` has it.
            arguments: Run it with these instead; the model is told.
            always: Never ask for this tool again, as long as the widget lives.

        Raises:
            SettingError: The arguments are no dict, or no JSON (``arguments_invalid``); on waiting: or do not
                fit. Or ``always`` is no flag.
            StateError: On waiting: it does not wait for approval, or not any more (``no_approval``).

        Example:
            >>> allow = lambda call: w.approve_tool_call(call["tool_call_id"])  # doctest: +SKIP
            >>> stop = w.on("approval", allow)  # doctest: +SKIP
        """
        check_flag("always", always)
        text = None if arguments is None else _as_json(arguments)
        return self._decide(tool_call_id, Decision(True, "python", always, arguments=text))

    def reject_tool_call(self, tool_call_id: str, reason: str | None = "") -> Waiting[None]:
        """Let a call not run that waits for approval.

        Args:
            tool_call_id: Which, as ``approvals`` has it.
            reason: Why, for the model.

        Raises:
            SettingError: The reason is no text.
            StateError: On waiting: it does not wait for approval, or not any more (``no_approval``).
        """
        if reason is not None and not isinstance(reason, str):
            raise SettingError(
                f"The reason is a {type(reason).__name__}, not a text.",
                next_step='Write reason="Not today.", or leave it out.',
            )
        return self._decide(tool_call_id, Decision(False, "python", reason=reason or ""))

    def _decide(self, tool_call_id: str, decision: Decision) -> Waiting[None]:
        return self._verb(self._wiring.talk.decide(str(tool_call_id), decision), "the tool's call to go on")

    def _add(self, function: F, options: Options) -> F:
        given: Any = function
        tool = given if isinstance(given, Tool) and not options else Tool(given, **options)
        self._wiring.told(self._wiring.talk.add_tool(tool))
        return function


def _as_json(arguments: Mapping[str, Any]) -> str:
    if not isinstance(arguments, Mapping):
        raise SettingError(
            f"The arguments are a {type(arguments).__name__}, not a dict.",
            code="arguments_invalid",
            next_step='Give a dict of plain values, such as {"days": 3}.',
        )
    try:
        return json.dumps(dict(arguments), ensure_ascii=False)
    except Exception as error:  # they may be any objects
        raise SettingError(
            f"The arguments are no JSON: {reason(error)}.",
            code="arguments_invalid",
            next_step='Give a dict of plain values, such as {"days": 3}.',
        ) from error
