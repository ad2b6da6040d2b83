"""A function describes itself, and what a model writes is held to that."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from voice_widget.errors import SettingError
from voice_widget.tools.tool import Tool


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


def test_a_function_describes_itself() -> None:
    spec = Tool(book).spec
    assert (spec["type"], spec["name"], spec["description"]) == (
        "function",
        "book",
        "Book a table.\n\nNot for large groups.",
    )
    properties = spec["parameters"]["properties"]
    assert properties["day"] == {"description": "The day of the week.", "type": "string"}
    assert properties["seats"] == {"description": "How many people.", "type": "integer", "default": 2}
    assert properties["where"]["enum"] == ["inside", "outside"]
    assert spec["parameters"]["required"] == ["day"]


def test_it_may_be_described_otherwise() -> None:
    spec = Tool(lambda day: day, name="look", description="Look at a day.").spec
    assert (spec["name"], spec["description"]) == ("look", "Look at a day.")


def test_a_parameter_may_have_any_name_that_python_allows() -> None:
    def save(copy: bool, json: str, model_config: int, _quietly: bool = False, schema: str = "") -> None: ...

    tool = Tool(save)
    assert list(tool.spec["parameters"]["properties"]) == [
        "copy",
        "json",
        "model_config",
        "_quietly",
        "schema",
    ]
    assert tool.arguments('{"copy": true, "json": "{}", "model_config": 3}') == {
        "copy": True,
        "json": "{}",
        "model_config": 3,
        "_quietly": False,
        "schema": "",
    }


def test_a_mistake_of_the_models_names_the_argument() -> None:
    with pytest.raises(ValueError, match=r"seats\n.*integer"):
        Tool(book).arguments('{"day": "Sun", "seats": "many"}')


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
    ("function", "options", "says"),
    [
        (42, {}, "not a int"),
        (lambda x: x, {}, "cannot be the name"),
        (book, {"name": "look up"}, "'look up' cannot be the name"),
        (book, {"timeout_s": 0}, "timeout_s must be a number of seconds above 0"),
        (book, {"cancel_on_interruption": "yes"}, "cancel_on_interruption must be True or False"),
    ],
)
def test_what_is_no_tool_is_refused_at_once(function: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        Tool(function, **options)


def test_parameters_without_a_name_are_refused() -> None:
    def many(*values: int) -> None: ...

    with pytest.raises(SettingError, match="values"):
        Tool(many)
