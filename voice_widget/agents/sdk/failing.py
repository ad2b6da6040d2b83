"""What a function tool of the SDK raises: the SDK makes a text of it for the model, and tells nobody else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from agents import FunctionTool
from agents.tool import (
    resolve_function_tool_failure_error_function,
    set_function_tool_failure_error_function,
)

Raised = Callable[[str, Exception], None]


def seen(tool: FunctionTool, raised: Raised) -> FunctionTool:
    """A copy of the tool that says what it raises, and gives the model what the tool itself does.

    Where the tool was made without a text for errors they go past it anyway.

    Args:
        tool: The user's, which stays as it is.
        raised: Gets the id of the call and the error.
    """
    watched, words = copy.copy(tool), resolve_function_tool_failure_error_function(tool)
    if words is None:
        return watched

    def told(context: Any, error: Exception) -> Any:
        raised(context.tool_call_id, error)
        return words(context, error)

    return set_function_tool_failure_error_function(watched, told)
