"""What users hand in as ``agent=``: known or checked when the widget is made, not in the middle of a talk."""

from __future__ import annotations

import inspect
from typing import Any

from voice_widget.agents import Agent, Hints
from voice_widget.agents.houses.known import adapter_of
from voice_widget.errors import AgentError, SettingError
from voice_widget.threads.work import log_failure, name_of

_SHAPE = "Give a function of one turn: def agent(turn): return f'You said {turn.text}.'"


def as_agent(value: Any) -> Agent:
    """The agent, if it can be called with one turn; one of another package is made to.

    Raises:
        SettingError: It cannot; the message says why.

    Example:
        >>> as_agent(lambda turn: "Yes.")(None)
        'Yes.'
    """
    if isinstance(value, type):
        raise SettingError(
            f"The agent is the class {value.__name__}.", next_step=f"Give {value.__name__}(…)."
        )
    if (adapter := adapter_of(value)) is not None:
        return adapter(value)  # type: ignore[no-any-return]
    if not callable(value):
        raise SettingError(
            f"The agent is of type {type(value).__name__}, which cannot be called.", next_step=_SHAPE
        )
    try:
        inspect.signature(value).bind(None)
    except TypeError:
        raise SettingError(
            f"The agent {name_of(value)} does not take one argument.", next_step=_SHAPE
        ) from None
    except ValueError:
        pass  # a built-in without a signature: the first turn will tell
    return value  # type: ignore[no-any-return]


def may_hint(agent: Any) -> bool:
    """Whether it is worth asking for hints. Asking this may already run the user's code."""
    try:
        return hasattr(agent, "hints")
    except Exception:
        return True  # what is wrong is said when they are asked for


def hints_of(agent: Any) -> Hints:
    """What the agent says the recogniser should expect, as plain texts; nothing if it does not say.

    Raises:
        AgentError: It failed, or gave something else.

    Example:
        >>> hints_of(lambda turn: "Yes.")
        Hints(phrases=(), words=())
    """
    try:
        ask = getattr(agent, "hints", None)
        made = ask() if callable(ask) else None
        if not isinstance(made, Hints):
            return Hints()
        phrases, words = _texts(made.phrases), _texts(made.words)
    except Exception as error:
        # A talk without hints is worse, a widget that cannot be made is nothing.
        log_failure(f"{name_of(agent)}.hints() failed.", error)
        raise AgentError(
            f"{name_of(agent)}.hints() failed; the call goes on without what it expects to hear.",
            code="hints_failed",
            next_step="The traceback is in the log.",
        ) from None
    if phrases is None or words is None:
        raise AgentError(
            f"{name_of(agent)}.hints() gave something else than texts; the call goes on without them.",
            code="hints_failed",
            next_step="Give Hints(phrases=(…), words=(…)) of str.",
        )
    return Hints(phrases, words)


def _texts(given: Any) -> tuple[str, ...] | None:
    """Exactly `str`, in a tuple: they are read on another thread, which must run no code of the user's."""
    texts = None if isinstance(given, str) else tuple(given)
    if texts is None or not all(isinstance(text, str) for text in texts):
        return None
    return tuple(map(str.__str__, texts))
