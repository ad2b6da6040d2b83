"""The model of the two agents in a script, and what it hears; where the SDK is not loaded, too."""

from __future__ import annotations

import json
from collections.abc import Iterator

from voice_widget.agents import ToolCall, Turn
from voice_widget.engine.stages.recognisers.scripted import ScriptedStt

HEARD = ("two seats please", "what is the price")
PRICE = "Four hundred dollars for the two of you."
SORRY = "Please ask at the desk."


class Ears(ScriptedStt):
    """Hears that, in each session from the beginning."""

    def __init__(self) -> None:
        super().__init__(json.dumps([{"hear": text, "say": ""} for text in HEARD]))


def llm(turn: Turn) -> Iterator[str | ToolCall]:
    """The same model in a script: it does what the tools on offer make possible."""
    names = [tool["name"] for tool in turn.tools]
    if turn.text.startswith("guardrail triggered"):
        yield SORRY
    elif turn.text == HEARD[1]:
        yield PRICE
    elif "transfer_to_booking" in names:
        yield ToolCall("transfer_to_booking")
    elif len(turn.results) < 2:
        yield ToolCall("book", {"seats": 2})
    else:
        yield turn.results[-1].text
