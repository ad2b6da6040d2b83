"""Tools: described from the function, run on a work thread, and their mistakes told to the model."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any, Literal

import pytest

from voice_widget.errors import SettingError
from voice_widget.loop import Work
from voice_widget.tools import Tool, Tools


def book(day: str, seats: int = 2, where: Literal["inside", "outside"] = "inside") -> dict[str, Any]:
    """Book a table.

    Not for large groups.

    Args:
        day: The day of the week.
        seats (int): How many people.

    Returns:
        What was booked.
    """
    return {"day": day, "seats": seats, "where": where}


async def run(tools: Tools, name: str, arguments: str) -> Any:
    return await tools.run(name, arguments, Work(), threading.Event())


def test_a_function_describes_itself() -> None:
    spec = Tool(book).spec
    assert (spec["type"], spec["name"], spec["description"]) == (
        "function",
        "book",
        "Book a table.\n\nNot for large groups.",
    )
    properties = spec["parameters"]["properties"]
    assert properties["day"] == {"description": "The day of the week.", "type": "string"}
    assert properties["seats"]["description"] == "How many people."
    assert properties["where"]["enum"] == ["inside", "outside"]
    assert spec["parameters"]["required"] == ["day"]


async def test_it_runs_with_checked_arguments_off_the_loop() -> None:
    threads = []

    def where(n: int) -> int:
        threads.append(threading.current_thread().name)
        return n + 1

    assert await run(Tools([where]), "where", '{"n": "41"}') == "42"
    assert threads[0].startswith("voice_widget work")


async def test_async_functions_and_texts_are_fine() -> None:
    async def greet(name: str) -> str:
        await asyncio.sleep(0)
        return f"Hello {name}."

    assert await run(Tools([greet]), "greet", '{"name": "Ada"}') == "Hello Ada."


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("book", "{", "not JSON"),
        ("book", "{}", "day"),
        ("book", '{"day": "Monday", "price": 3}', "price"),
        ("sell", "{}", "no tool 'sell'"),
    ],
)
async def test_the_models_mistakes_are_told_to_it(name: str, arguments: str, says: str) -> None:
    assert says in json.loads(await run(Tools([book]), name, arguments))["error"]


async def test_a_raising_tool_is_an_output_too(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("the printer burns")

    assert json.loads(await run(Tools([fail]), "fail", "")) == {"error": "RuntimeError: the printer burns"}
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    ("functions", "says"),
    [
        ([book, book], "Two tools"),
        ([lambda x: x], "cannot be the name"),
        ([42], "not a int"),
    ],
)
def test_what_is_no_tool_is_refused_at_once(functions: list[Any], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        Tools(functions)


def test_parameters_without_a_name_are_refused() -> None:
    def many(*values: int) -> None: ...

    with pytest.raises(SettingError, match="values"):
        Tools([many])
