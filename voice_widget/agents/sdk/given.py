"""What users give for an agent of the OpenAI Agents SDK, checked when the widget is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, Final, Literal

from voice_widget.agents import Turn
from voice_widget.agents.functions import as_agent
from voice_widget.errors import AgentError, SettingError

_WRONG = {
    "Agent": "Make it a RealtimeAgent(name=…, instructions=…): the other one only reads and writes text.",
    "RealtimeRunner": "Give the RealtimeAgent itself: the widget has a runner of its own.",
    "RealtimeSession": "Give the RealtimeAgent itself: the widget begins a session with each call.",
}
AUTO: Final = "auto"
RUN_CONFIG = (
    "output_guardrails",
    "guardrails_settings",
    "tool_execution",
    "tool_error_formatter",
    "async_tool_calls",
)
"""What of the SDK's ``RealtimeRunConfig`` is taken."""
PRIVATE: Mapping[str, tuple[str, ...]] = {
    "_dispatch_snapshot_from_settings": ("agent", "settings"),
    "_run_output_guardrails": ("text", "response_id", "agent_snapshot"),
}
"""Methods of the SDK's ``RealtimeSession`` that it does not promise, with the parameters that count here."""


class SdkAgent:
    """A ``RealtimeAgent`` with what it is run with.

    Where the service asks the kernel for its answers it is asked as any agent is, and lets its model answer.

    Args:
        agent: The ``RealtimeAgent`` with which a call begins.
        context: The object that its tools, hooks and instructions get.
        llm: Its model where the service asks the kernel; None: nobody answers there.
        run_config: The SDK's ``RealtimeRunConfig``, but for the settings of the session.
        approval_timeout_s: So many seconds somebody may take to allow a call of its tools; None: for ever;
            ``"auto"``: as long as with other tools.
    """

    def __init__(
        self,
        agent: Any,
        context: Any = None,
        llm: Callable[[Turn], Any] | None = None,
        run_config: dict[str, Any] | None = None,
        approval_timeout_s: float | Literal["auto"] | None = AUTO,
    ) -> None:
        self.approval_timeout_s = approval_timeout_s
        self.agent, self.context, self.llm, self.run_config = agent, context, llm, run_config or {}

    def own_tools(self) -> dict[str, str]:
        """The tools and handoffs that it is known to bring, and those of agents that it may hand over to.

        What only a call shows is not among them: tools of servers, or of agents behind a handoff of the
        user's own making, and what is enabled by a function.

        Returns:
            By name, with the agent's.
        """
        found: dict[str, str] = {}
        for agent in reached(self.agent):
            tools = [tool for tool in agent.tools if getattr(tool, "is_enabled", True) is True]
            names = [getattr(tool, "name", None) for tool in tools]
            for name in (*names, *map(_hands_over_by, agent.handoffs)):
                if isinstance(name, str):
                    found.setdefault(name, str(agent.name))
        return found

    def hints(self) -> Any:
        """What its model says the recogniser should expect, if it says anything."""
        made = getattr(self.llm, "hints", None)
        return made() if callable(made) else None

    def examples(self) -> Any:
        """The sentences that its model offers, if any."""
        made = getattr(self.llm, "examples", None)
        return made() if callable(made) else None

    def __call__(self, turn: Turn) -> Any:
        """Let the model answer.

        Raises:
            AgentError: There is none.
        """
        if self.llm is None:
            raise AgentError(
                "The RealtimeAgent has no model at this service, which asks the kernel for its answers.",
                code="agent_without_model",
                next_step="Make the widget with llm=…, or with service=OpenAI().",
            )
        return self.llm(turn)


def reached(agent: Any) -> list[Any]:
    """The agent and those to which it may hand over, each once, in the order in which they are found."""
    known: list[Any] = []
    todo = [agent]
    while todo:
        one = todo.pop(0)
        if not any(one is other for other in known):
            known.append(one)
            todo += [other for other in one.handoffs if is_sdk(other, "RealtimeAgent")]
    return known


def _hands_over_by(handoff: Any) -> str | None:
    """The name of the tool by which the model hands over."""
    if not is_sdk(handoff, "RealtimeAgent"):
        return getattr(handoff, "tool_name", None) if getattr(handoff, "is_enabled", True) is True else None
    from agents.handoffs import Handoff

    return Handoff.default_tool_name(handoff)


def is_sdk(value: Any, name: str) -> bool:
    """Whether this is an object of the SDK's class of that name, or of one derived from it."""
    return any(
        kind.__name__ == name and kind.__module__.partition(".")[0] == "agents"
        for kind in type(value).__mro__
    )


def sdk_agent_of(
    agent: Any, *, context: Any, llm: Any, run_config: Any, approval_timeout_s: Any = AUTO
) -> SdkAgent | None:
    """The agent with what it is run with; None: it is none of the SDK's.

    Raises:
        SettingError: It is something else of the SDK's, or what it is run with cannot be.
    """
    if isinstance(agent, SdkAgent):
        return agent
    if not is_sdk(agent, "RealtimeAgent"):
        for name, next_step in _WRONG.items():
            if is_sdk(agent, name):
                raise SettingError(f"The agent is the Agents SDK's {name}.", next_step=next_step)
        waits = None if approval_timeout_s == AUTO else "given"
        given = {"context": context, "llm": llm, "run_config": run_config, "approval_timeout_s": waits}
        for name, value in given.items():
            if value is not None:
                if name == "context":
                    raise SettingError(
                        "`context` is for a RealtimeAgent or a FunctionTool among the tools: there is none.",
                        next_step="Leave it out, or give agent=RealtimeAgent(…) or tools=[my_tool].",
                    )
                raise SettingError(
                    f"`{name}` is for a RealtimeAgent, and the agent is none.",
                    next_step="Leave it out, or give agent=RealtimeAgent(…).",
                )
        return None
    check_sdk()
    model = None if llm is None else as_agent(llm)
    return SdkAgent(agent, context, model, _checked(run_config), approval_timeout_s)


def check_sdk() -> None:
    """The SDK that is installed has what sessions are run by here.

    Raises:
        AgentError: It has not, or otherwise (``agents_changed``).
    """
    from agents.realtime import RealtimeSession

    for name, needed in PRIVATE.items():
        method = getattr(RealtimeSession, name, None)
        has = tuple(signature(method).parameters) if callable(method) else ()
        if not set(needed) <= set(has):
            raise AgentError(
                "The Agents SDK that is installed is not one that this widget knows: RealtimeSession has no "
                f"{name}({', '.join(needed)}).",
                code="agents_changed",
                next_step="Install version 0.24 of openai-agents, and restart the kernel.",
            )


def _checked(run_config: Any) -> dict[str, Any]:
    if run_config is None:
        return {}
    if not isinstance(run_config, dict):
        raise SettingError(
            f"`run_config` is a {type(run_config).__name__}, not a dict.",
            next_step='Write run_config={"output_guardrails": [my_guardrail]}.',
        )
    for name in run_config:
        if name not in RUN_CONFIG:
            raise SettingError(
                f"`run_config` cannot have {name!r} here.",
                next_step=f"It may have {', '.join(RUN_CONFIG)}; settings are the widget's own arguments.",
            )
    return dict(run_config)
