"""One Python function that an agent may call, as it describes itself to the model."""

from __future__ import annotations

import functools
import inspect
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, TypedDict

from voice_widget.errors import SettingError, refusing_class, shown
from voice_widget.services.arguments import check_flag, check_seconds, check_texts
from voice_widget.tools.docstrings import about, about_arguments
from voice_widget.tools.previews import Preview
from voice_widget.tools.schemas import sendable, taken_by

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


TIMEOUT_S = 30.0
"""Longer nobody waits in silence for an answer; what takes longer says so, or yields how far it is."""
BACKGROUND_TIMEOUT_S = 600.0
"""So long what runs in the background may give nothing: nobody waits for that in silence."""
FILLER_AFTER_S = 0.8
"""Sooner nobody takes a silence for one."""

APPROVAL_TIMEOUT_S = 60.0
NeedsApproval = bool | Callable[[dict[str, Any]], bool | Awaitable[bool]]


class Options(TypedDict, total=False):
    """What `Tool` may be told beside its function."""

    name: str | None
    description: str | None
    timeout_s: float | Literal["auto"] | None
    cancel_on_interruption: bool
    needs_approval: NeedsApproval
    approval_timeout_s: float | None
    filler: str | Sequence[str] | None
    filler_after_s: float
    speak_progress: bool
    background: bool


@refusing_class("Give tools=[my_function].")
class Tool:
    """One function with its description for the model.

    The name is the function's, the description its docstring up to ``Args:``, the parameters come from the
    annotations and from the lines under ``Args:``.

    Args:
        function: Plain, async, a generator or an async generator. What a generator yields is progress; it
            gives what it returns or, if that is nothing, what it yielded last.
        name: Another name than the function's.
        description: Another description than the docstring's.
        timeout_s: So many seconds it may give nothing before it is given up; None: it may take for ever;
            ``"auto"``: 30 s, in the background 600 s.
        cancel_on_interruption: When the user interrupts, nobody wants it any more: a generator is closed, an
            async function cancelled. Else it runs to its end, and the service gets what it gives. Interrupt,
            Escape and `interrupt` interrupt every tool, words of the user's those that are waited for.
        needs_approval: Nothing runs before somebody has allowed it; or a function of the arguments that says
            whether that is so. One that raises or returns nothing says yes.
        approval_timeout_s: After so many seconds without an answer it is rejected; None: never.
        filler: Spoken while it runs, once for each answer and while nobody speaks; of several each in turn.
        filler_after_s: So many seconds after it has begun, if it is not done by then.
        speak_progress: The texts that a generator yields are spoken, the latest when nobody speaks.
        background: It runs beside the talk: the model is told at once that it was started, goes on talking,
            and answers what it gives when it has ended and nobody speaks. With a ``filler`` that is said in
            place of the model's own word.

    Raises:
        SettingError: It is no function, or cannot be described; or an option is impossible.

    Example:
        >>> def add(a: int, b: int = 1) -> int:
        ...     '''Add two numbers.'''
        ...     return a + b
        >>> Tool(add).spec["parameters"]["required"]
        ['a']
    """

    editable = True  # who allows a call may change its arguments; not those of an agent's own tools
    preview: Callable[..., Awaitable[Preview]] | None = None  # what it would give, for who is to allow it
    filler: tuple[str, ...] = ()
    filler_after_s = FILLER_AFTER_S
    speak_progress = background = False

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        timeout_s: float | Literal["auto"] | None = "auto",
        cancel_on_interruption: bool = False,
        needs_approval: NeedsApproval = False,
        approval_timeout_s: float | None = APPROVAL_TIMEOUT_S,
        filler: str | Sequence[str] | None = None,
        filler_after_s: float = FILLER_AFTER_S,
        speak_progress: bool = False,
        background: bool = False,
    ) -> None:
        if not callable(function):
            raise SettingError(
                f"A tool is a function, not a {type(function).__name__}.", next_step=_instead(function)
            )
        self.function = function
        named = _named(function)
        name = getattr(named, "__name__", type(named).__name__) if name is None else name
        matched = _NAME.fullmatch(name) if isinstance(name, str) else None
        if matched is None:
            raise SettingError(
                f"{shown(name)} cannot be the name of a tool.",
                next_step='Use a def with a name, or give one: Tool(my_function, name="look_up").',
            )
        self.name = matched[0]
        check_texts(optional=True, description=None if description == "" else description)
        check_flag("background", background)
        if isinstance(timeout_s, str) and timeout_s == "auto":
            timeout_s = BACKGROUND_TIMEOUT_S if background else TIMEOUT_S
        if timeout_s is not None:
            check_seconds("timeout_s", timeout_s)
        if approval_timeout_s is not None:
            check_seconds("approval_timeout_s", approval_timeout_s)
        check_flag("cancel_on_interruption", cancel_on_interruption)
        if cancel_on_interruption and not _cancellable(function):
            raise SettingError(
                f"The tool {self.name} is a plain function, which nothing can cancel.",
                next_step="Make it async or a generator, or leave cancel_on_interruption out.",
            )
        if not callable(needs_approval):
            check_flag("needs_approval", needs_approval)
        elif inspect.isgeneratorfunction(needs_approval) or inspect.isasyncgenfunction(needs_approval):
            raise SettingError(
                f"What needs_approval of the tool {self.name} asks is a generator, which gives no answer.",
                next_step="Let it return True or False.",
            )
        check_seconds("filler_after_s", filler_after_s)
        check_flag("speak_progress", speak_progress)
        self.filler, self.filler_after_s = _fillers(filler), filler_after_s
        self.speak_progress, self.background = speak_progress, background
        self.timeout_s, self.cancel_on_interruption = timeout_s, cancel_on_interruption
        self.needs_approval, self.approval_timeout_s = needs_approval, approval_timeout_s
        text = inspect.getdoc(named) or ""
        self._model, self._names, parameters = taken_by(function, self.name, about_arguments(text))
        spec = {
            "type": "function",
            "name": self.name,
            "description": about(text) if description is None else str.__str__(description),
            "parameters": parameters,
        }
        self.spec: dict[str, Any] = sendable(spec)

    def arguments(self, text: str) -> dict[str, Any]:
        """The arguments that a model sent, checked and converted, maybe by the user's types.

        Raises:
            ValueError: The model's mistake.
        """
        try:
            value = json.loads(text or "{}")
        except ValueError as error:
            raise ValueError(f"The arguments are not JSON: {error}") from None
        checked = self._model.model_validate(value)
        return {name: getattr(checked, field) for field, name in self._names.items()}


def _instead(given: Any) -> str:
    """What to do with what is no function."""
    if any(kind.__name__ == "FunctionTool" for kind in type(given).__mro__):
        return (
            "A FunctionTool has options of its own, as function_tool(timeout=5): give it as it is, "
            "tools=[my_tool]. For approval_timeout_s and others write @w.tool in the place of @function_tool."
        )
    return "Give tools=[my_function]."


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    """What has the name and the docstring."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _fillers(filler: Any) -> tuple[str, ...]:
    told = (filler,) if isinstance(filler, str) else () if filler is None else filler
    if not isinstance(told, (list, tuple)) or not all(
        isinstance(text, str) and text.strip() for text in told
    ):
        raise SettingError(
            f"{shown(filler)} cannot be spoken while a tool runs.",
            next_step='Give a text, such as filler="One moment.", or a list of texts.',
        )
    return tuple(map(str.__str__, told))


def _cancellable(function: Callable[..., Any]) -> bool:
    function = _named(function)
    called = function if inspect.isroutine(function) else inspect.getattr_static(function, "__call__")
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction, inspect.isgeneratorfunction)
    return any(is_kind(called) for is_kind in kinds)
