"""An agent of smolagents: ``ToolCallingAgent`` or ``CodeAgent``."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from typing import Any

from voice_widget.agents import Piece, Show, Thinking, ToolRun, Turn, Usage
from voice_widget.agents.houses.asking import history, instructions, unoffered
from voice_widget.agents.houses.refusals import in_words

NAME = "the smolagents agent"
_ANSWER = "final_answer"


class Smolagents:
    """Answers by an agent of smolagents: step by step, and its answer whole, as it gives it.

    Each answer runs on a copy with a memory of its own, which holds what was heard; the agent itself stays as
    it is.

    Args:
        agent: The agent.
        options: What its runs are given besides, by the package's own names: max_steps, additional_args.
    """

    def __init__(self, agent: Any, **options: Any) -> None:
        self._agent, self._options = agent, options

    def __call__(self, turn: Turn) -> Iterator[Piece]:
        """Give the answer to a turn.

        Raises:
            AgentError: The model refuses, or is not there.
        """
        yield from unoffered(turn, NAME)
        agent = _with_memory(self._agent, turn)
        with in_words(NAME):
            steps = agent.run(turn.text, **self._options, stream=True, reset=False)
            try:
                for step in steps:
                    yield from _pieces(step)
                    yield Thinking()  # some steps give nothing to tell
            finally:
                agent.interrupt()
                steps.close()


def _with_memory(agent: Any, turn: Turn) -> Any:
    from smolagents.memory import ActionStep, AgentMemory, TaskStep
    from smolagents.monitoring import Timing

    own = copy.copy(agent)
    # An answer that was interrupted may still run: two must not write into one memory.
    own.state = dict(agent.state)
    own.instructions = "\n\n".join(filter(None, (agent.instructions, instructions(turn))))
    own.memory = AgentMemory(own.system_prompt)
    now = time.time()
    steps = own.memory.steps
    for said in history(turn):
        if said.role == "assistant":
            step = ActionStep(step_number=len(steps), timing=Timing(now, now), model_output=said.text)
            steps.append(step)
        else:
            steps.append(TaskStep(task=said.text))
    return own


def _pieces(step: Any) -> Iterator[Piece]:
    """What is told of one step; by names, for the kinds of steps have changed before."""
    match type(step).__name__:
        case "ToolCall" if step.name != _ANSWER:
            arguments = step.arguments
            yield ToolRun(
                step.id, step.name, arguments if isinstance(arguments, dict) else {"input": arguments}
            )
        case "ToolOutput" if step.tool_call.name != _ANSWER:
            yield ToolRun(step.id, step.tool_call.name, output=step.observation)
        case "ActionStep":
            yield from _done(step)
        case "PlanningStep":
            yield from _used(step)
        case "FinalAnswerStep":
            output = step.output
            yield output if isinstance(output, str) else _said(output)


def _done(step: Any) -> Iterator[Piece]:
    """A step is over, and with it what it ran, also where nobody told of that."""
    yield from _used(step)
    for call in step.tool_calls or ():
        if call.name == _ANSWER:
            continue
        error = None if step.error is None else str(step.error)
        yield ToolRun(call.id, call.name, output=None if error else step.observations or "", error=error)


def _used(step: Any) -> Iterator[Piece]:
    if step.token_usage is not None:
        yield Usage(step.token_usage.input_tokens, step.token_usage.output_tokens)


def _said(output: Any) -> Piece:
    return str(output) if isinstance(output, int | float) else Show(output, type(output).__name__)
