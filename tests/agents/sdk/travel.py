"""Two agents of the Agents SDK: one hands over, the other has a tool that must be allowed and a guardrail."""

from __future__ import annotations

import threading
from typing import Any

from agents import Agent, GuardrailFunctionOutput, RunContextWrapper, function_tool, output_guardrail
from agents.realtime import RealtimeAgent

RUN_CONFIG: Any = {"guardrails_settings": {"debounce_text_length": 20}}


def triage(threads: list[str] | None = None) -> RealtimeAgent[Any]:
    """The agent that a call begins with.

    Args:
        threads: Gets the names of the threads on which its own code runs.
    """
    seen = [] if threads is None else threads

    @function_tool(needs_approval=True)
    async def book(context: RunContextWrapper[Any], seats: int) -> str:
        """Book seats.

        Args:
            context: The SDK's.
            seats: How many.
        """
        seen.append(threading.current_thread().name)
        context.context["booked"] = seats
        return f"{seats} seats booked."

    @output_guardrail
    async def no_prices(
        context: RunContextWrapper[Any], agent: Agent[Any], output: Any
    ) -> GuardrailFunctionOutput:
        seen.append(threading.current_thread().name)
        return GuardrailFunctionOutput("a price", tripwire_triggered="dollars" in output)

    booking: RealtimeAgent[Any] = RealtimeAgent(
        "booking", instructions="You book.", tools=[book], output_guardrails=[no_prices]
    )
    return RealtimeAgent("triage", instructions="You greet.", handoffs=[booking])
