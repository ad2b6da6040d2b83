"""An agent of Pydantic AI."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from voice_widget.agents import Piece, Show, Thinking, ToolRun, Turn, Usage
from voice_widget.agents.houses.asking import history, instructions, unoffered
from voice_widget.agents.houses.refusals import in_words

NAME = "the Pydantic AI agent"


class PydanticAI:
    """Answers by an agent of Pydantic AI, word by word; its tools run as they do without a voice.

    The agent is told what was heard, and nothing is kept on it. An output that is no text is shown in the
    cell.

    Args:
        agent: The agent.
        options: What its runs are given besides, by the package's own names: deps, model, usage_limits.
    """

    def __init__(self, agent: Any, **options: Any) -> None:
        self._agent, self._options = agent, options

    async def __call__(self, turn: Turn) -> AsyncIterator[Piece]:
        """Stream the answer to a turn.

        Raises:
            AgentError: The model refuses, or is not there.
        """
        for notice in unoffered(turn, NAME):
            yield notice
        with in_words(NAME):
            async with aclosing(self._run(turn)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _run(self, turn: Turn) -> Any:
        from pydantic_ai.capabilities import ReinjectSystemPrompt

        options = {
            "instructions": instructions(turn),
            **self._options,
            # With a history given, the agent's own system prompt would be left out.
            "capabilities": [*self._options.get("capabilities", ()), ReinjectSystemPrompt()],
        }
        told = _messages(turn)
        async with self._agent.run_stream_events(
            turn.text or None, message_history=told, **options
        ) as events:
            spoke = False
            async for event in events:
                for piece in _pieces(event) or [Thinking()]:
                    spoke = spoke or isinstance(piece, str)
                    yield piece
                if event.event_kind == "agent_run_result":
                    for piece in _result(event.result, spoke):
                        yield piece


def _messages(turn: Turn) -> list[Any]:
    from pydantic_ai.messages import ModelRequest, ModelResponse, SystemPromptPart, TextPart, UserPromptPart

    def message(role: str, text: str) -> Any:
        if role == "assistant":
            return ModelResponse(parts=[TextPart(text)])
        return ModelRequest(parts=[UserPromptPart(text) if role == "user" else SystemPromptPart(text)])

    return [message(said.role, said.text) for said in history(turn)]


def _pieces(event: Any) -> list[Piece]:
    match event.event_kind:
        case "part_start" if event.part.part_kind == "text":
            return [event.part.content] if event.part.content else []
        case "part_delta" if event.delta.part_delta_kind == "text":
            return [event.delta.content_delta]
        case "function_tool_call":
            part = event.part
            return [ToolRun(part.tool_call_id, part.tool_name, part.args_as_json_str())]
        case "function_tool_result":
            return [_returned(event.part)]
    return []


def _returned(part: Any) -> ToolRun:
    named = {"call_id": part.tool_call_id, "name": part.tool_name or ""}
    if part.part_kind == "retry-prompt":
        return ToolRun(**named, error=part.model_response())
    text = part.model_response_str()
    return ToolRun(**named, output=text, error=text if part.outcome == "failed" else None)


def _result(result: Any, spoke: bool) -> list[Piece]:
    used = result.usage
    pieces: list[Piece] = [
        Usage(
            used.input_tokens,
            used.output_tokens,
            used.cache_read_tokens,
            (used.details or {}).get("reasoning_tokens", 0),
        )
    ]
    output = result.output
    if isinstance(output, str):
        return pieces if spoke else [*pieces, output]
    return [*pieces, Show(output, type(output).__name__)]
