"""Which agents of other packages are known, and what makes a function of one turn of them: the one table."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

_ROOM = "voice_widget.agents.houses"


class House(NamedTuple):
    """One package whose agents are known.

    Attributes:
        package: The package in which the class is made.
        kind: The class that all of its agents are of, by its name: it is not imported to be known.
        module: The module of this room.
        adapter: What in it makes an agent of ours.
    """

    package: str
    kind: str
    module: str
    adapter: str


HOUSES = (
    House("pydantic_ai", "AbstractAgent", "pydantic_ai", "PydanticAI"),
    House("langgraph", "PregelProtocol", "langgraph", "LangGraph"),
    House("smolagents", "MultiStepAgent", "smolagents", "Smolagents"),
)


def adapter_of(value: Any) -> Callable[[Any], Any] | None:
    """What makes an agent of ours of this object; None: it is of no house.

    Example:
        >>> adapter_of(lambda turn: "Yes.")
    """
    for kind in type(value).__mro__:
        package = kind.__module__.partition(".")[0]
        for house in HOUSES:
            if (package, kind.__name__) == (house.package, house.kind):
                made: Callable[[Any], Any] = getattr(
                    importlib.import_module(f"{_ROOM}.{house.module}"), house.adapter
                )
                return made
    return None
