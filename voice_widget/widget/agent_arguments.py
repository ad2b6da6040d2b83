"""What a widget is given for an agent of the OpenAI Agents SDK, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from voice_widget.agents.sdk.given import AUTO, SdkAgent, is_sdk
from voice_widget.errors import SettingError
from voice_widget.services.arguments import check_seconds
from voice_widget.tools.function_tools import AgentsTool, is_function_tool

if TYPE_CHECKING:
    from agents.realtime import RealtimeRunConfig

    from voice_widget.agents import Turn
    from voice_widget.services import Service


class AgentArguments(TypedDict, total=False):
    """What a ``RealtimeAgent`` is run with.

    Attributes:
        context: The object that its tools, guardrails and instructions get, and with any agent the
            ``FunctionTool``s among the widget's tools.
        llm: Its model where the service asks the kernel for its answers: `Chat`, or a function of one `Turn`.
        run_config: The SDK's, but for the settings of the session, which are the widget's.
        approval_timeout_s: After so many seconds without an answer a call of its tools is rejected; None:
            never; ``"auto"``, as where it is not given: 60 s.
    """

    context: Any
    llm: Callable[[Turn], Any] | None
    run_config: RealtimeRunConfig | None
    approval_timeout_s: float | Literal["auto"] | None


AGENT = tuple(AgentArguments.__annotations__)


def fitting(agent: SdkAgent, service: Service, data: Any, settings: Mapping[str, Any]) -> SdkAgent:
    """The agent, if it can be run at this service and with these settings.

    Raises:
        SettingError: It cannot.
    """
    if data is not None:
        raise data_unused()
    if agent.approval_timeout_s not in (None, AUTO):
        check_seconds("approval_timeout_s", agent.approval_timeout_s)
    if settings.get("instructions") is not None:
        raise SettingError(
            "`instructions` are given, and the RealtimeAgent has its own.",
            next_step="Leave them out: write RealtimeAgent(instructions=…).",
        )
    scripted = getattr(service, "scripted", False)
    if service.capabilities.kernel_agent and agent.llm is None and not scripted:
        raise SettingError(
            f"The {service.name} asks the kernel for its answers, and the RealtimeAgent has no model there.",
            next_step='Give llm=Chat("http://127.0.0.1:11434/v1", "llama3.2"), or service=OpenAI().',
        )
    return agent


def answers_itself(service: Service, what: str) -> SettingError | None:
    """What is given for the kernel to answer would reach nobody, if the service's own model answers.

    Args:
        service: Who is called.
        what: The argument's name.

    Returns:
        The error; None: the service asks the kernel.
    """
    if service.capabilities.kernel_agent:
        return None
    return SettingError(
        f"`{what}` is given, and nobody would ask it: {service.name} answers with a model of its own.",
        next_step="Leave it out, or use service=Local(); a RealtimeAgent runs at any service.",
    )


def with_context(
    tools: tuple[Any, ...], agent: Any, given: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The tools, those of the Agents SDK with the context; and what is left for the agent.

    Args:
        tools: As they were given.
        agent: As it was given.
        given: Of `AgentArguments`.
    """
    context, theirs = given.get("context"), any(map(is_function_tool, tools))
    left = dict(given)
    if theirs and not is_sdk(agent, "RealtimeAgent"):
        left.pop("context", None)
    return tuple(
        AgentsTool(tool, context=context) if is_function_tool(tool) else tool for tool in tools
    ), left


def data_unused() -> SettingError:
    """There is data that would reach nobody."""
    return SettingError(
        "`data` is for the default agent, and you gave one of your own.",
        next_step="Leave `data` out and let your agent use it.",
    )


def apart(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of arguments those of `AgentArguments`, all of them, and the others."""
    return (
        {name: arguments.get(name, AUTO if name == "approval_timeout_s" else None) for name in AGENT},
        {name: value for name, value in arguments.items() if name not in AGENT},
    )
