"""What users hand in as ``agent=``: checked when the widget is made, not in the middle of a talk."""

from __future__ import annotations

import inspect
import logging
from typing import Any

from voice_widget.agents import Agent, Hints
from voice_widget.errors import AgentError, SettingError
from voice_widget.loop import name_of

LOG = logging.getLogger("voice_widget")
_SHAPE = "Give a function of one turn: def agent(turn): return f'You said {turn.text}.'"


def as_agent(value: Any) -> Agent:
    """The agent, if it can be called with one turn.

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


def hints_of(agent: Any) -> Hints:
    """What the agent says the recogniser should expect; nothing if it does not say.

    Raises:
        AgentError: It failed, or gave something else.
    """
    ask = getattr(agent, "hints", None)
    if not callable(ask):
        return Hints()
    try:
        made = ask()
    except Exception:
        # A talk without hints is worse, a widget that cannot be made is nothing.
        LOG.warning("%s.hints() failed.", name_of(agent), exc_info=True)
        raise AgentError(
            f"{name_of(agent)}.hints() failed; the call goes on without what it expects to hear.",
            code="hints_failed",
            next_step="The traceback is in the log.",
        ) from None
    if not isinstance(made, Hints):
        return Hints()
    texts = [*made.words, *made.phrases]
    if not all(isinstance(text, str) for text in texts) or isinstance(made.words, str):
        LOG.warning("%s.hints() gave something else than texts.", name_of(agent))
        raise AgentError(
            f"{name_of(agent)}.hints() gave something else than texts; the call goes on without them.",
            code="hints_failed",
            next_step="Give Hints(phrases=(…), words=(…)) of str.",
        )
    return made
