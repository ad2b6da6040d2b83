"""Which agents of other packages are known, by doubles of their classes: the packages are not needed."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from voice_widget import ScriptedService, VoiceWidget
from voice_widget.agents import functions
from voice_widget.agents.houses.known import HOUSES, adapter_of
from voice_widget.agents.houses.langgraph import LangGraph
from voice_widget.agents.houses.pydantic_ai import PydanticAI
from voice_widget.agents.houses.smolagents import Smolagents


def stranger(package: str, kind: str, base: type = object) -> Any:
    """An object of a class of another package, one below the class by which it is known."""
    known = type(kind, (base,), {"__module__": f"{package}.inner"})
    return type("Own", (known,), {"__module__": "__main__"})()


@pytest.mark.parametrize(
    ("package", "kind", "adapter"),
    [
        ("pydantic_ai", "AbstractAgent", PydanticAI),
        ("langgraph", "PregelProtocol", LangGraph),
        ("smolagents", "MultiStepAgent", Smolagents),
    ],
)
def test_an_agent_of_a_house_is_known_and_its_package_not_imported(package: str, kind: str, adapter: type):
    agent = functions.as_agent(stranger(package, kind))
    assert type(agent) is adapter
    assert functions.as_agent(agent) is agent
    assert package not in sys.modules or package in {house.package for house in HOUSES}


@pytest.mark.parametrize(
    ("package", "kind"),
    [("pydantic", "AbstractAgent"), ("langgraph", "StateGraph"), ("mine", "MultiStepAgent")],
)
def test_what_is_of_no_house_is_not_taken_for_one(package: str, kind: str):
    assert adapter_of(stranger(package, kind)) is None


def test_the_widget_takes_the_agent_itself():
    w = VoiceWidget(agent=stranger("smolagents", "MultiStepAgent"), service=ScriptedService([]))
    w.close()
