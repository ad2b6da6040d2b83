"""Tools: described from the function, run on a work thread, and their mistakes told to the model."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator

from voice_widget.errors import SettingError
from voice_widget.threads.work import Work
from voice_widget.tools.tool import Tool
from voice_widget.tools.tools import Tools


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


async def test_arguments_and_results_are_made_and_read_on_the_work_thread() -> None:
    threads: list[str] = []

    def here(value: Any) -> Any:
        threads.append(threading.current_thread().name)
        return value

    class Piece:
        def __str__(self) -> str:
            return str(here("piece"))

    def checked(n: Any) -> Iterator[Any]:
        yield Piece()
        yield Piece()

    checked.__annotations__["n"] = Annotated[int, AfterValidator(here)]
    assert await run(Tools([checked]), "checked", '{"n": 1}') == '"piece""piece"'
    assert threads == ["voice_widget work 1"] * 3


async def test_a_validator_that_raises_costs_its_call_only() -> None:
    threads: set[str] = set()

    class Odd(ValueError):
        def __str__(self) -> str:
            threads.add(threading.current_thread().name)
            return "an odd one"

    def refuse(value: int) -> int:
        raise Odd if value == 1 else KeyError("two")

    def checked(n: Any) -> None: ...

    checked.__annotations__["n"] = Annotated[int, AfterValidator(refuse)]
    tools = Tools([checked])
    assert "an odd one" in json.loads(await run(tools, "checked", '{"n": 1}'))["error"]
    assert json.loads(await run(tools, "checked", '{"n": 2}')) == {"error": "KeyError: 'two'"}
    assert threads == {"voice_widget work 1"}


async def test_the_words_of_what_a_tool_raised_are_made_on_the_work_thread() -> None:
    threads: set[str] = set()

    class Traced(Exception):
        def __str__(self) -> str:
            threads.add(threading.current_thread().name)
            return "traced"

    def fail() -> None:
        raise Traced

    assert json.loads(await run(Tools([fail]), "fail", "")) == {"error": "Traced: traced"}
    assert threads == {"voice_widget work 1"}


async def test_what_a_tool_gives_is_text_or_json() -> None:
    def give(n: int) -> Any:
        return [None, "", {"a": [1]}, iter(["a", "b"])][n]

    tools = Tools([give])
    assert [await run(tools, "give", f'{{"n": {n}}}') for n in range(4)] == ["null", "", '{"a": [1]}', "ab"]


def test_a_description_is_plain_json() -> None:
    class Text(str):
        pass

    class Kind:
        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            return handler(str)

        @classmethod
        def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
            return {"type": "string", "pattern": made}

    def take(kind: Any) -> None: ...

    take.__annotations__["kind"] = Kind
    made: Any = Text("a+")
    assert type(Tool(take).spec["parameters"]["properties"]["kind"]["pattern"]) is str
    made = object()
    with pytest.raises(SettingError, match="take cannot be described"):
        Tool(take)


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
